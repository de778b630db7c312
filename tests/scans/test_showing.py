"""What is burned into a served page, and that the page can still be read."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image, ImageChops

from scanner_ingest import pages
from scanner_ingest.ocr import RapidOcr
from service.bootstrap import Archive
from service.demo.drawing import KINDS, draw
from service.demo.people import people
from service.records.rules import Record
from service.scans.showing import shown
from tests.cast import CAST, holding
from tests.scans.conftest import plate

HR = CAST["hr"]
SAID = "欧阳晓明 clerk 2026-11-25 12:07"


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def test_a_watermark_is_served_and_not_stored(archive: Archive, record: Record, work: Callable[[], None]) -> None:
    """K2: every quarter of a page that is seen through a pass is marked; the keeper's is as it was stored."""
    scan, _ = archive.scans.upload(HR, record.id, io.BytesIO(plate("一", (800, 1000))), "a.png")
    work()
    head = replace(holding(archive, "head", record.file_no), name="吴敏")
    before = archive.scans.image(HR, scan.id, 1)
    marked = ImageChops.difference(opened(archive.scans.image(head, scan.id, 1)), opened(before)).convert("L")
    assert archive.scans.image(HR, scan.id, 1) == before
    for left, top in ((0, 0), (400, 0), (0, 500), (400, 500)):
        assert marked.crop((left, top, left + 400, top + 500)).point(lambda value: value > 25 and 255).getbbox()


def test_a_dark_page_is_marked_too() -> None:
    """K2: a photo of a dark page bears its watermark as plainly as a white one."""
    for ground in ("white", "#181818"):
        out = io.BytesIO()
        Image.new("RGB", (800, 1000), ground).save(out, "JPEG")
        marked = ImageChops.difference(opened(shown(out.getvalue(), [], SAID)), opened(out.getvalue())).convert("L")
        assert marked.point(lambda value: value > 20 and 255).getbbox(), ground


def test_nothing_to_show_is_nothing_done() -> None:
    """Whoever looks by their role, unmasked, gets the stored bytes."""
    assert shown(b"not even an image", [], "") == b"not even an image"


@pytest.mark.slow
def test_the_account_and_the_time_are_read_in_twenty_of_twenty() -> None:
    """K2: recognition finds who looked and when on each served page, on no stored one, and most of the page itself."""
    engine, wanted = RapidOcr(), "clerk2026-11-2512:07"
    agents = [agent for agent in people(40) if {(c, s) for c, s, _ in agent.records} >= set(KINDS)]
    plain_lines = marked_lines = 0
    for number, (agent, make) in enumerate((agent, make) for agent in agents[:5] for make in KINDS.values()):
        lines = [line.replace("　", "").replace(" ", "")[:10] for line in make(agent)]
        stored = pages.preview(opened(draw(make(agent), number)))[0]
        plain = engine.read(opened(stored)).text.replace(" ", "")
        served = engine.read(opened(shown(stored, [], SAID))).text.replace(" ", "")
        assert wanted in served
        assert "clerk" not in plain
        plain_lines += sum(line in plain for line in lines)
        marked_lines += sum(line in served for line in lines)
    assert number == 19
    assert marked_lines > 0.75 * plain_lines
