"""What of a page a masked reader never gets, by whatever way: text, image, thumbnail, search (K2)."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from service.bootstrap import Archive
from service.person import Person
from service.records.rules import Record
from service.scans.rules import Scan
from tests.cast import CAST, holding
from tests.scans.conftest import ID_NUMBER, plate

HR = CAST["hr"]
MADE = f"证号 {ID_NUMBER} 住 杭州市文三路12号"
HIDDEN = (51, 51, 51)


@pytest.fixture
def scan(archive: Archive, record: Record, work: Callable[[], None]) -> Scan:
    """A page that shows the address of the file's contact record beside a number."""
    contact = {"mobile": "13812345678", "home_address": "杭州市文三路 12 号"}
    archive.records.add(HR, record.file_no, "basic", "contact", contact)
    kept, _ = archive.scans.upload(HR, record.id, io.BytesIO(plate(MADE)), "a.png")
    work()
    return archive.scans.state(HR, kept.id)


def covered(jpeg: bytes, words: int) -> list[bool]:
    """Whether each of the signs that `Plate` lays side by side is painted over."""
    image = Image.open(io.BytesIO(jpeg)).convert("RGB")
    points = [image.getpixel((int((n + 0.5) * image.width / words), image.height // 2)) for n in range(words)]
    return [all(abs(a - b) < 25 for a, b in zip(point, HIDDEN, strict=True)) for point in points]


def reader(archive: Archive, scan: Scan) -> Person:
    return holding(archive, "head", scan.file_no)


def test_numbers_and_the_files_own_address_are_hidden_in_text_image_and_thumbnail(archive: Archive, scan: Scan) -> None:
    """K2: a number by its form and an address because the file says it; a keeper gets all three as they are stored."""
    head = reader(archive, scan)
    wanted = [False] * 3 + [True] * 18 + [False] * 3 + [True] * 9
    assert [sign == "*" for sign in archive.scans.text(head, scan.id, 1).text] == wanted
    painted = covered(archive.scans.thumbnail(head, scan.id, 1), len(MADE))
    assert all(there for there, sign in zip(painted, wanted, strict=True) if sign)
    assert not any(painted[:2] + painted[22:23])
    assert archive.scans.text(HR, scan.id, 1).text == MADE
    assert archive.scans.thumbnail(HR, scan.id, 1) != archive.scans.thumbnail(head, scan.id, 1)


def test_a_correction_uncovers_nothing(archive: Archive, scan: Scan) -> None:
    """K2: where the number was deleted from the text by hand, it stays covered on the image and in what was read."""
    head = reader(archive, scan)
    before = archive.scans.thumbnail(head, scan.id, 1)
    archive.arranging.correct(HR, scan.id, 1, 1, "证号 住")
    page = archive.scans.text(head, scan.id, 1)
    assert (page.text, page.read) == ("证号 住", "证号 " + "*" * 18 + " 住 " + "*" * 9)
    assert covered(archive.scans.thumbnail(head, scan.id, 1), len(MADE)) == covered(before, len(MADE))
