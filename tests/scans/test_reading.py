"""The real recognition, on a page that the project draws, upright and turned."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from scanner_ingest.bench import ocr, plain
from scanner_ingest.lines import Line, in_one_script, laid, numerals, words_of
from scanner_ingest.ocr import RapidOcr
from service.demo.drawing import draw
from service.fulltext.text import marks, parse, prepare
from service.scans.rules import boxes
from tests.scans.paper import RED, font, paper, ruled, skewed, stamped

LINES = ["毕业证书", "学生欧阳若溪，在本校工商管理专业", "修完全部课程，成绩合格，准予毕业。", "编号：HT-2021-00042"]


@pytest.fixture(scope="module")
def engine() -> RapidOcr:
    return RapidOcr()


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return Image.open(io.BytesIO(draw(LINES, seed=3))).convert("RGB").resize((868, 1228))


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


def test_a_turned_page_has_its_boxes_upright(engine: RapidOcr) -> None:
    """Boxes are fractions of the page as it stands, whichever way it lay: a word's ends are where its ink is."""
    reading = engine.read(
        paper([(150, 200, "甲方：林晓"), (150, 400, "Zhang Wei 2021-00042 止")]).rotate(90, expand=True)
    )
    assert (reading.turn, reading.text.splitlines()[1].replace("止", "").rstrip()) == (270, "Zhang Wei 2021-00042")
    words = {word.text: word for word in reading.words}
    for text, before in (("Zhang", ""), ("Wei", "Zhang "), ("00042", "Zhang Wei 2021-")):
        x, y, width, height = words[text].box
        left, right = (150 + font(32).getlength(part) for part in (before, before + text))
        assert (x * 1000, (x + width) * 1000) == (pytest.approx(left, abs=14), pytest.approx(right, abs=14))
        assert y * 700 < 400 < (y + height) * 700


def test_a_turn_that_was_set_is_kept(engine: RapidOcr) -> None:
    """The page is read as the person turned it, right or wrong."""
    assert engine.read(paper([(150, 200, "甲方：林晓")]), 180).turn == 180


def test_print_under_a_seal_is_read_and_the_seal_is_not(engine: RapidOcr) -> None:
    """A seal's letters do not mix with the lines that it lies over; a page with a seal alone has no text."""
    lines = [(150, 200, "甲方：云溪远景科技有限公司"), (150, 260, "日期：2021年03月01日"), (150, 320, "乙方：林晓")]
    reading = engine.read(stamped(paper(lines), (330, 260)))
    assert plain(reading.text) == plain("".join(text for _, _, text in lines))
    assert engine.read(stamped(paper([]), (330, 260))).text == ""


def test_a_red_title_is_read(engine: RapidOcr) -> None:
    """Red print is print."""
    page = paper([(150, 300, "林晓")])
    ImageDraw.Draw(page).text((500, 150), "荣誉证书", font=font(60), fill=RED, anchor="mm")
    assert engine.read(page).text.splitlines() == ["荣誉证书", "林晓"]


def test_a_table_is_read_by_cells(engine: RapidOcr) -> None:
    """A label in the middle of its cell comes before the lines beside it, on a skewed page too."""
    lines = [
        (100, 220, "评语"),
        (260, 150, "服务质量优秀，"),
        (260, 220, "业务能力良好，"),
        (260, 290, "同意。"),
        (100, 380, "姓名"),
        (260, 380, "林晓"),
    ]
    page = skewed(ruled(paper(lines), (80, 240, 900), (100, 340, 420)), 2)
    assert engine.read(page).text.splitlines() == [text for _, _, text in lines]


def test_words_are_what_search_asks_for(engine: RapidOcr) -> None:
    """Numbers and Latin words are whole, Han characters single, and each stands in the text where it says."""
    reading = engine.read(paper([(150, 200, "Zhang Wei (江建) HT-2021")]))
    assert [word.text for word in reading.words if word.text.isalnum()] == ["Zhang", "Wei", "江", "建", "HT", "2021"]
    assert all(reading.text[word.at : word.at + len(word.text)] == word.text for word in reading.words)
    assert parse("zhang")[0].tokens[0] in prepare(reading.text).split()


@pytest.mark.parametrize(
    ("read", "meant"), [("二○一○年", "二〇一〇年"), ("○八", "〇八"), ("○○一", "〇〇一"), ("○优 ○良", "○优 ○良")]
)
def test_a_ring_among_numerals_is_a_zero(read: str, meant: str) -> None:
    """A ring beside Chinese numerals is the numeral zero; a ring to be ticked stays a ring."""
    assert numerals(read) == meant


@pytest.mark.parametrize(
    ("text", "sure", "meant"),
    [
        ("签订劳动合同，学生袁強", 0.8, "签订劳动合同，学生袁强"),
        ("签订劳动合同，学生袁強", 0.95, "签订劳动合同，学生袁強"),
        ("勞動合同書，學生袁強", 0.8, "勞動合同書，學生袁強"),
    ],
)
def test_a_doubtful_sign_is_of_the_page_s_script(text: str, sure: float, meant: str) -> None:
    """One traditional sign read with doubt on a simplified page is simplified; else nothing changes."""
    line = Line(text, sure, (sure,) * len(text), tuple(n / len(text) for n in range(len(text))))
    assert in_one_script([line])[0].text == meant


def test_a_standing_line_has_its_words_below_each_other() -> None:
    """A line that runs down the page: its words' boxes follow each other downwards; a narrow sign does not run down."""
    standing = np.array([(100, 100), (140, 100), (140, 300), (100, 300)], np.float32)
    words = words_of([Line("甲乙", 0.9, (0.9, 0.9), (0.25, 0.75))], [laid(standing)], 400, 400)
    assert [word.box for word in words] == [(0.25, 0.325, 0.1, 0.1), (0.25, 0.575, 0.1, 0.1)]
    assert np.array_equal(laid(standing, least=250), standing)


def test_the_bench_counts_errors(tmp_path: Path, page: Image.Image, engine: RapidOcr) -> None:
    """The bench compares with the ground truth of a folder: the fields of a right one are found."""
    page.save(tmp_path / "a.png")
    truth = {
        "pages": {"p": {"fields": {"name": "欧阳若溪"}, "lines": [{"t": line} for line in LINES]}},
        "images": [{"file": "a.png", "page": "p", "degradation": "clean"}],
    }
    (tmp_path / "groundtruth.json").write_text(json.dumps(truth))
    assert " 1.0000 " in ocr(tmp_path, engine).splitlines()[-1]
