"""What a rebuild reads of pages: their text, without the places of their words."""

import io
from collections.abc import Callable

from service.bootstrap import Archive
from service.records.rules import Record
from tests.cast import CAST
from tests.scans.conftest import plate


def test_a_page_is_read_with_and_without_its_words(
    archive: Archive, record: Record, work: Callable[[], None]
) -> None:  # fmt: skip
    """Both have the same text, whatever signs stand in it; only a page that is shown has the words' places."""
    text = '合同"编号\\：HT-7\n甲方'
    scan, _ = archive.scans.upload(CAST["hr"], record.id, io.BytesIO(plate(text)), "a.png")
    work()
    placed = archive.kept_scans.page(archive.kept_scans.get(scan.id), 1)
    (bare,) = archive.kept_scans.pages_of([record.id])[record.id]
    assert placed.text == bare.text == text
    assert (len(placed.words), bare.words) == (len(text), ())
