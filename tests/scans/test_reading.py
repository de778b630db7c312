"""The real recognition, on a page that the project draws, upright and turned."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from scanner_ingest.bench import ocr, plain
from scanner_ingest.ocr import RapidOcr
from service.demo.drawing import draw
from service.fulltext.text import marks, parse
from service.scans.rules import boxes

LINES = ["毕业证书", "学生欧阳若溪，在本校工商管理专业", "修完全部课程，成绩合格，准予毕业。", "编号：HT-2021-00042"]


@pytest.fixture(scope="module")
def engine() -> RapidOcr:
    return RapidOcr()


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return Image.open(io.BytesIO(draw(LINES, seed=3))).convert("RGB")


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_page_is_read_upright(engine: RapidOcr, page: Image.Image, turned: int) -> None:
    """Every printed line is read, also from a page that lies upside down, and the turn is told."""
    reading = engine.read(page.rotate(turned, expand=True))
    assert (reading.turn + turned) % 360 == 0
    for line in LINES:
        assert plain(line) in plain(reading.text)


def test_a_blank_page_is_read_as_empty(engine: RapidOcr) -> None:
    """A page without a word is no fault: it has no text and no words."""
    reading = engine.read(Image.new("RGB", (64, 64), "white"))
    assert (reading.turn, reading.text, reading.words) == (0, "", ())


def test_words_have_their_boxes(engine: RapidOcr, page: Image.Image) -> None:
    """The boxes of a found word lie where it is printed: the title in the middle of the page's upper part."""
    reading = engine.read(page)
    found = boxes(reading.words, marks(reading.text, parse("毕业证书")))
    assert len(found) == 4
    assert all(0.35 < x < 0.65 and 0.08 < y < 0.2 for x, y, _, _ in found)


def test_the_bench_counts_errors(tmp_path: Path, page: Image.Image, engine: RapidOcr) -> None:
    """The bench compares with the ground truth of a folder: the fields of a right one are found."""
    page.save(tmp_path / "a.png")
    truth = {
        "pages": {"p": {"fields": {"name": "欧阳若溪"}, "lines": [{"t": line} for line in LINES]}},
        "images": [{"file": "a.png", "page": "p", "degradation": "clean"}],
    }
    (tmp_path / "groundtruth.json").write_text(json.dumps(truth))
    assert " 1.0000 " in ocr(tmp_path, engine).splitlines()[-1]
