"""Rooms, cabinets and boxes on the real store; what lies in them, labels and stocktakes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pypdfium2
import pytest

from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.intake.rules import Entry
from service.places.operations import place_chain
from service.places.repository import PLACES
from service.places.rules import Kind, Place, compared
from tests.cast import CAST

ARCHIVIST = CAST["archivist"]


@pytest.fixture
def files(archive: Archive) -> list[File]:
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open_all(
        CAST["hr"], [Entry({**given, "name": name}) for name in ("林晓", "欧阳静怡", "王伟")]
    )


@pytest.fixture
def room(archive: Archive) -> Place:
    return archive.places.add(ARCHIVIST, Kind.ROOM, "", {"name": "一号库房"})


@pytest.fixture
def cabinet(archive: Archive, room: Place) -> Place:
    return archive.places.add(ARCHIVIST, Kind.CABINET, room.code, {"name": "合同柜"})


@pytest.fixture
def box(archive: Archive, cabinet: Place) -> Place:
    given = {"name": "2021 年合同", "capacity": "2", "category": "onboarding", "year": "2021"}
    return archive.places.add(ARCHIVIST, Kind.BOX, cabinet.code, given)


def test_an_original_has_a_place_that_is_found(
    archive: Archive, files: list[File], room: Place, cabinet: Place, box: Place
) -> None:
    """A file laid into a box is found by room, cabinet and box, and the file's chain says so (S5)."""
    archive.places.put(ARCHIVIST, files[0].file_no, box.code)
    assert [one.code for one in archive.places.where(CAST["hr"], files[0].file_no)] == [
        room.code, cabinet.code, box.code,
    ]  # fmt: skip
    assert list(archive.audit.trail.chain(file_chain(files[0].file_no)))[-1].action == "place.put"


def test_moving_a_box_moves_what_is_in_it(archive: Archive, files: list[File], room: Place, box: Place) -> None:
    """The box goes to another cabinet, and so does the file in it; each cabinet counts what it holds."""
    archive.places.put(ARCHIVIST, files[0].file_no, box.code)
    other = archive.places.add(ARCHIVIST, Kind.CABINET, room.code, {"name": "新柜"})
    now = archive.places.inside(ARCHIVIST, box.code).place
    archive.places.edit(ARCHIVIST, box.code, now.version, {"parent": other.code})
    assert [one.name for one in archive.places.where(ARCHIVIST, files[0].file_no)] == [
        "一号库房",
        "新柜",
        "2021 年合同",
    ]
    assert archive.places.inside(ARCHIVIST, other.code).place.holds == 1
    assert archive.places.inside(ARCHIVIST, box.parent).place.holds == 0


def test_a_full_box_takes_no_more(archive: Archive, files: list[File], box: Place) -> None:
    """Three archivists lay three files into a box for two at once: two get in, and the count is right."""

    def lay(file: File) -> bool:
        try:
            archive.places.put(ARCHIVIST, file.file_no, box.code)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lay, files)) == 2
    found = archive.places.inside(ARCHIVIST, box.code)
    assert (found.place.holds, len(found.originals)) == (2, 2)


def test_an_original_lies_in_one_place(archive: Archive, files: list[File], cabinet: Place, box: Place) -> None:
    """Laid into another box it is gone from the first; laid into the same box again nothing changes."""
    other = archive.places.add(ARCHIVIST, Kind.BOX, cabinet.code, {"name": "另一盒"})
    for code in (box.code, other.code, other.code):
        archive.places.put(ARCHIVIST, files[0].file_no, code)
    assert archive.places.inside(ARCHIVIST, box.code).place.holds == 0
    assert archive.places.inside(ARCHIVIST, other.code).place.holds == 1


def test_an_original_is_taken_out(archive: Archive, files: list[File], cabinet: Place, box: Place) -> None:
    """It has no place any more, the box counts less, the file's chain says so; once, and from its own box only."""
    other = archive.places.add(ARCHIVIST, Kind.BOX, cabinet.code, {"name": "另一盒"})
    archive.places.put(ARCHIVIST, files[0].file_no, box.code)
    with pytest.raises(Conflict):
        archive.places.take_out(ARCHIVIST, files[0].file_no, other.code)
    archive.places.take_out(ARCHIVIST, files[0].file_no, box.code)
    assert archive.places.where(ARCHIVIST, files[0].file_no) == ()
    assert archive.places.inside(ARCHIVIST, box.code).place.holds == 0
    assert list(archive.audit.trail.chain(file_chain(files[0].file_no)))[-1].action == "place.taken-out"
    with pytest.raises(Conflict):
        archive.places.take_out(ARCHIVIST, files[0].file_no, box.code)


def test_an_empty_place_is_closed(archive: Archive, files: list[File], cabinet: Place, box: Place) -> None:
    """It is there to be read, and stands nowhere and takes nothing any more; while something is in it, it stays."""
    archive.places.put(ARCHIVIST, files[0].file_no, box.code)
    for full in (box.code, cabinet.code):
        with pytest.raises(Conflict, match="其中还有"):
            archive.places.close(ARCHIVIST, full)
    archive.places.take_out(ARCHIVIST, files[0].file_no, box.code)
    archive.places.close(ARCHIVIST, box.code)
    there = archive.places.inside(ARCHIVIST, box.code)
    assert [one.code for one in there.path] == [cabinet.parent, cabinet.code, box.code]
    assert there.place.closed_at is not None
    around = archive.places.inside(ARCHIVIST, cabinet.code)
    assert (around.places, around.place.holds) == ((), 0)
    refused = (
        lambda: archive.places.put(ARCHIVIST, files[0].file_no, box.code),
        lambda: archive.places.edit(ARCHIVIST, box.code, there.place.version, {"name": "新名"}),
        lambda: archive.places.close(ARCHIVIST, box.code),
        lambda: archive.stocktaking.begin(ARCHIVIST, box.code),
    )
    for attempt in refused:
        with pytest.raises(Conflict, match="停用"):
            attempt()
    assert list(archive.audit.trail.chain(place_chain(box.code)))[-1].action == "place.closed"
    archive.places.close(ARCHIVIST, cabinet.code)
    with pytest.raises(Conflict, match="停用"):
        archive.places.add(ARCHIVIST, Kind.BOX, cabinet.code, {"name": "新盒"})


def test_a_room_is_closed(archive: Archive, room: Place) -> None:
    """It is no longer among the rooms, and the next one has another code."""
    archive.places.close(ARCHIVIST, room.code)
    assert archive.places.rooms(ARCHIVIST) == []
    assert archive.places.add(ARCHIVIST, Kind.ROOM, "", {"name": "二号库房"}).code != room.code


def test_a_place_is_filled_or_closed(archive: Archive, files: list[File], box: Place) -> None:
    """Something is laid into a box while it is closed: one of both is done, and the other refused."""

    def done(work: Callable[[], object]) -> bool:
        try:
            work()
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        laid = pool.submit(done, lambda: archive.places.put(ARCHIVIST, files[0].file_no, box.code))
        closed = pool.submit(done, lambda: archive.places.close(ARCHIVIST, box.code))
    now = archive.places.inside(ARCHIVIST, box.code)
    assert (laid.result(), closed.result()) in ((True, False), (False, True))
    assert (now.place.holds, len(now.originals), now.place.closed_at is None) == (
        (1, 1, True) if laid.result() else (0, 0, False)
    )


def test_a_place_of_before_is_read(archive: Archive, box: Place) -> None:
    """One that was kept when no place could be closed is open, and is closed as any other."""
    archive.store.collection(PLACES).update_many({"_id": box.code}, {"$unset": {"closed_at": ""}})
    assert archive.places.inside(ARCHIVIST, box.code).place.closed_at is None
    assert archive.places.close(ARCHIVIST, box.code).closed_at is not None


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        (Kind.SHELF, {"name": ""}, "name"),
        (Kind.SHELF, {"name": "层", "capacity": "0"}, "capacity"),
        (Kind.SHELF, {"name": "层", "year": "去年"}, "year"),
        (Kind.SHELF, {"name": "层", "category": "nothing"}, "category"),
        (Kind.ROOM, {"name": "库房"}, "parent"),
    ],
)
def test_what_cannot_be_is_refused(archive: Archive, cabinet: Place, kind: Kind, given: dict, field: str) -> None:
    """A wrong value is named with its field, and nothing is made."""
    with pytest.raises(Invalid) as refused:
        archive.places.add(ARCHIVIST, kind, cabinet.code, given)
    assert [fault.name for fault in refused.value.fields] == [field]
    assert archive.places.inside(ARCHIVIST, cabinet.code).places == ()


def test_hr_finds_paper_and_moves_none(archive: Archive, files: list[File], box: Place) -> None:
    """HR sees where things lie; placing is the archivists'; a clerk knows of no places."""
    archive.places.inside(CAST["hr"], box.code)
    with pytest.raises(Forbidden):
        archive.places.put(CAST["hr"], files[0].file_no, box.code)
    with pytest.raises((Forbidden, NotFound)):
        archive.places.inside(CAST["clerk"], box.code)


def test_a_stocktake_tells_what_differs(archive: Archive, files: list[File], cabinet: Place, box: Place) -> None:
    """What is missing, what belongs elsewhere and what has no place; closing keeps it and dates the box (S5, M1)."""
    other = archive.places.add(ARCHIVIST, Kind.BOX, cabinet.code, {"name": "另一盒"})
    archive.places.put(ARCHIVIST, files[0].file_no, box.code)
    archive.places.put(ARCHIVIST, files[1].file_no, other.code)
    begun = archive.stocktaking.begin(ARCHIVIST, box.code)
    assert archive.stocktaking.begin(ARCHIVIST, box.code).id == begun.id
    for file in files[1:]:
        archive.stocktaking.scan(ARCHIVIST, begun.id, file.file_no)
    with pytest.raises(Invalid):
        archive.stocktaking.scan(ARCHIVIST, begun.id, "nothing")
    closed = archive.stocktaking.close(ARCHIVIST, begun.id)
    assert closed.difference is not None
    assert closed.difference.missing == (files[0].file_no,)
    assert closed.difference.misplaced == (files[1].file_no,)
    assert closed.difference.surplus == (files[2].file_no,)
    assert archive.places.inside(ARCHIVIST, box.code).place.checked_at is not None
    with pytest.raises(Conflict):
        archive.stocktaking.scan(ARCHIVIST, begun.id, files[0].file_no)


def test_nothing_differs_where_all_is_there() -> None:
    """A complete place is clean, in whatever order it was scanned."""
    assert compared({"a", "b"}, ["b", "a", "b"], set(), {}).clean


def test_labels_hold_number_name_date_and_code(archive: Archive, files: list[File], box: Place) -> None:
    """A sheet with a bag's and a box's label, the first place left free; each name's print is an event (S3)."""
    made = archive.labelling.print(ARCHIVIST, [files[1].file_no, box.code], "3x8", 24)
    document = pypdfium2.PdfDocument(made)
    texts = [page.get_textpage().get_text_bounded() for page in document]
    assert len(texts) == 2
    for words in ("欧阳静怡", files[1].file_no, "2021-03-01"):
        assert words in texts[0]
    for words in ("2021 年合同", box.code, "入职信息", "2021 年"):
        assert words in texts[1]
    assert list(archive.audit.trail.chain(file_chain(files[1].file_no)))[-1].action == "file.labelled"
    with pytest.raises(Invalid):
        archive.labelling.print(ARCHIVIST, ["nothing"], "3x8")
