"""Sheets of labels as they come out of the printer: where each lies, what it says, what its code reads as."""

import itertools

import cv2
import numpy as np
import pypdfium2
import pytest
from reportlab.lib.units import mm

from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.errors import Invalid
from service.places.labels import SHEETS, Label, Sheet, printed
from service.places.rules import LONGEST_NAME, Kind, Place
from tests.places.conftest import ARCHIVIST, contract, opened

A4 = (595.3, 841.9)


def area(sheet: Sheet, place: int) -> tuple[float, float, float, float]:
    """Where on the page one label lies: left, bottom, right, top."""
    row, column = divmod(place % sheet.labels, sheet.columns)
    left = (sheet.left + column * (sheet.width + sheet.gap)) * mm
    top = A4[1] - (sheet.top + row * sheet.height) * mm
    return left, top - sheet.height * mm, left + sheet.width * mm, top


def pages(made: bytes) -> list[pypdfium2.PdfPage]:
    return list(pypdfium2.PdfDocument(made))


def texts(page: pypdfium2.PdfPage, within: tuple[float, float, float, float]) -> str:
    return str(page.get_textpage().get_text_bounded(*within))


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_lies_on_the_paper(name: str) -> None:
    """All labels of a sheet fit on A4, none lies on another, and the last of them is as whole as the first."""
    sheet = SHEETS[name]
    areas = [area(sheet, place) for place in range(sheet.labels)]
    assert all(
        left >= 0 and bottom >= -0.1 and right <= A4[0] + 0.1 and top <= A4[1] for left, bottom, right, top in areas
    )
    for one, other in itertools.combinations(areas, 2):
        assert (
            one[0] >= other[2] - 0.1 or other[0] >= one[2] - 0.1 or one[1] >= other[3] - 0.1 or other[1] >= one[3] - 0.1
        )
    labels = [Label(f"H{n:05}", f"第{n}盒", (f"H{n:05}",)) for n in range(sheet.labels)]
    (page,) = pages(printed(labels, sheet))
    for n, within in enumerate(areas):
        assert f"第{n}盒" in texts(page, within)


@pytest.mark.parametrize("name", SHEETS)
def test_the_codes_are_read(name: str) -> None:
    """The QR of a file, a record and a box reads as its code, from the page as it is printed (S3)."""
    codes = ["KF-2021-00001", "665f1f77bcf86cd799439011", "H00001"]
    sheet = SHEETS[name]
    (page,) = pages(printed([Label(code, "林晓", (code,)) for code in codes], sheet))
    picture = np.asarray(page.render(scale=3, grayscale=True).to_numpy())
    for place, code in enumerate(codes):
        left, bottom, right, top = (round(3 * edge) for edge in area(sheet, place))
        height = picture.shape[0]
        cut = np.ascontiguousarray(picture[max(0, height - top) : height - bottom, left:right])
        assert cv2.QRCodeDetector().detectAndDecode(cut)[0] == code


@pytest.mark.parametrize("name", SHEETS)
@pytest.mark.parametrize("title", ["长" * LONGEST_NAME, "W" * LONGEST_NAME, "名" * 200, "北京第一仓库 " * 5])
def test_a_long_name_stays_in_its_room(name: str, title: str) -> None:
    """However long a name is, it is wrapped, set smaller, at last cut: never over the code or another label."""
    sheet = SHEETS[name]
    label = Label("H00001", title, ("H00001", "档案盒 · 奖惩情况 · 2021 年", "入职 2021-03-01", "编" * 90))
    (page,) = pages(printed([label], sheet))
    left, bottom, right, top = area(sheet, 0)
    code = min((right - left) * 0.4, top - bottom - 6 * mm)
    text = page.get_textpage()
    for n in range(text.count_chars()):
        if text.get_text_range(n, 1).strip():
            box = text.get_charbox(n)
            assert left < box[0] < box[2] < right - code - 3 * mm
            assert bottom < box[1] < box[3] < top
    assert title[:4] in text.get_text_range().replace("\r\n", "")
    assert "入职 2021-03-01" in text.get_text_range()
    if len(title) <= LONGEST_NAME and title[0] != "W":
        assert "".join(title.split()) in "".join(text.get_text_range().split())


@pytest.mark.parametrize("first", [0, -1, 25, 100])
def test_the_first_label_is_one_of_the_sheet(archive: Archive, box: Place, first: int) -> None:
    """A place that the sheet does not have is refused, and named: nothing is printed over something else."""
    with pytest.raises(Invalid) as refused:
        archive.labelling.print(ARCHIVIST, [box.code], "3x8", first)
    assert [fault.name for fault in refused.value.fields] == ["first"]


def test_the_last_label_of_a_sheet_is_followed_by_a_new_page() -> None:
    """Three labels from the last place of a sheet on: one there, two at the top of the next."""
    sheet = SHEETS["2x4"]
    one, two = pages(printed([Label("H1", name, ()) for name in ("甲", "乙", "丙")], sheet, 8))
    assert "甲" in texts(one, area(sheet, 7))
    assert "乙" in texts(two, area(sheet, 0))
    assert "丙" in texts(two, area(sheet, 1))


def test_a_record_has_a_label(archive: Archive, box: Place) -> None:
    """S3: number, name, hire date, category and year on a record's bag, and an event on its file; no draft has one."""
    (file,) = opened(archive, 1)
    record = contract(archive, file)
    (page,) = pages(archive.labelling.print(ARCHIVIST, [record.id], "3x8"))
    said = page.get_textpage().get_text_range()
    for words in (file.file_no, "林晓0", "2021-03-01", "入职信息 劳动合同", "2021 年"):
        assert words in said
    event = list(archive.audit.trail.chain(file_chain(file.file_no)))[-1]
    assert (event.action, event.ids["record"]) == ("file.labelled", record.id)
    draft = contract(archive, file, "clerk", draft=True)
    with pytest.raises(Invalid):
        archive.labelling.print(ARCHIVIST, [draft.id], "3x8")


def test_a_whole_box_is_labelled_at_once(archive: Archive, box: Place) -> None:
    """However much lies in a box, files and records: a label for each, by the box's own code."""
    files = opened(archive, 110)
    record = contract(archive, files[0])
    for code in (*(file.file_no for file in files), record.id):
        archive.places.put(ARCHIVIST, code, box.code)
    made = pages(archive.labelling.print_inside(ARCHIVIST, box.code, "3x8"))
    said = "".join(page.get_textpage().get_text_range() for page in made)
    assert len(made) == 5
    assert all(file.file_no in said for file in files)
    assert "劳动合同" in said
    empty = archive.places.add(ARCHIVIST, Kind.ROOM, "", {"name": "二号库房"})
    with pytest.raises(Invalid):
        archive.labelling.print_inside(ARCHIVIST, empty.code, "3x8")
