"""The check of what came back: original by original, against the scans, and what is found again (L6)."""

import random

import pytest

from scanner_ingest.worker import Worker
from service.app import create_app
from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.circulation.lending.checking import Archived, Check, Condition, read_check
from service.circulation.lending.operations import Lending
from service.circulation.lending.rules import AVAILABLE, Event, Loan, kept
from service.errors import Conflict, Forbidden, Invalid
from service.files.rules import File
from service.person import SYSTEM, Role
from tests.cast import CAST, PASSWORD
from tests.circulation.borrowing import approved, asked, lent, step
from tests.circulation.planted import originals, scanned
from tests.circulation.test_returned import tiff
from tests.scans.conftest import Plate

DESK = CAST["archivist"]
BAD = {"pages": "9", "note": "途中遗失一件", "answers": "周文"}


@pytest.fixture
def records(archive: Archive, file: File) -> tuple[str, str]:
    """Two records of the file."""
    fields = ({"date": "2025-05-06", "course": "礼仪"}, {"date": "2025-06-06", "course": "质检"})
    one, two = (archive.records.add(CAST["hr"], file.file_no, "training", "internal", said).id for said in fields)
    return one, two


def faults(archive: Archive, loan: Lending, event: Event = Event.CLOSE, **given: object) -> list[str]:
    """The fields for which a step is refused."""
    with pytest.raises(Invalid) as refused:
        archive.lending.take(DESK, loan.case.id, event, None, given)
    return [fault.name for fault in refused.value.fields]


@pytest.mark.parametrize(
    ("archived", "counted", "met"),
    [
        (Archived(), 7, True),
        (Archived(3), 3, True),
        (Archived(3), 2, False),
        (Archived(3), 4, False),
        (Archived(3, unscanned=1), 4, True),
        (Archived(3, unscanned=1), 2, False),
    ],
)
def test_pages_are_held_against_the_scans(archived: Archived, counted: int, met: bool) -> None:
    """What was never scanned may hold more pages; fewer than were scanned are always too few."""
    assert archived.is_met_by(counted) is met
    given = {"condition": "complete", "pages": str(counted)}
    if met:
        assert read_check(given, ["KF-1"], archived).pages == counted
        return
    with pytest.raises(Invalid) as refused:
        read_check(given, ["KF-1"], archived)
    assert [(one.name, one.values) for one in refused.value.fields] == [("note", {"counted": counted, "pages": 3})]
    assert read_check({**given, "note": "一页已另行归档"}, ["KF-1"], archived).note


def test_a_count_that_differs_is_explained(archive: Archive, file: File, records: tuple[str, str]) -> None:
    """Two pages are archived: the desk sees so, and one is not closed as complete without a word."""
    pages = originals()
    archive.scans.upload(CAST["hr"], records[0], tiff([pages[0], pages[3]]), "a.tif")
    worker = Worker(archive, Plate())
    assert worker.once()
    loan = step(archive, lent(archive, file, items=records[0]), "archivist", Event.RETURN)
    assert archive.lending.get(DESK, loan.case.id).archived == Archived(2, 0)
    assert archive.lending.get(CAST["clerk"], loan.case.id).archived is None
    assert faults(archive, loan, pages="1", condition="complete") == ["note"]
    archive.comparing.upload(DESK, loan.case.id, [tiff([scanned(pages[0], random.Random(1))])])
    assert worker.once()
    assert archive.lending.get(DESK, loan.case.id).archived == Archived(2, 0, differs=True)
    assert faults(archive, loan, pages="2", condition="complete") == ["note"]
    closed = step(archive, loan, "archivist", Event.CLOSE, pages="2", condition="complete", note="第二页没有放进扫描仪")
    assert closed.case.state == "closed"


def test_one_of_several_is_lost(archive: Archive, file: File, records: tuple[str, str]) -> None:
    """What came back is free at once, the lost one alone is not; each original has its condition."""
    loan = step(archive, lent(archive, file, items=" ".join(records)), "archivist", Event.RETURN)
    waits = approved(archive, file, "head", items=records[0])
    lost = approved(archive, file, "leadership", items=records[1])
    assert faults(archive, loan, **BAD) == [f"conditions.{one}" for one in records]
    assert faults(archive, loan, pages="9", condition="complete", conditions={records[1]: "lost"}) == [
        "note",
        "answers",
    ]
    given = {**BAD, f"conditions.{records[0]}": "complete", f"conditions.{records[1]}": "lost"}
    closed = step(archive, loan, "archivist", Event.CLOSE, **given)
    assert closed.loan.check == Check(
        9, {records[0]: Condition.COMPLETE, records[1]: Condition.LOST}, BAD["note"], BAD["answers"]
    )
    assert [(one.original, one.lost) for one in archive.lending.out(DESK, file.file_no)] == [(records[1], True)]
    assert step(archive, waits, "archivist", Event.HAND_OVER).case.state == "lent"
    with pytest.raises(Conflict):
        step(archive, lost, "archivist", Event.HAND_OVER)


def test_what_was_lost_is_found(archive: Archive, file: File, records: tuple[str, str]) -> None:
    """An archivist registers it with where and how; it can be lent again, and whoever waits for it is told."""
    loan = step(archive, lent(archive, file, items=" ".join(records)), "archivist", Event.RETURN)
    closed = step(archive, loan, "archivist", Event.CLOSE, condition="lost", **BAD)
    waits = approved(archive, file, "head", items=records[1])
    assert faults(archive, closed, Event.FOUND) == ["note"]
    assert faults(archive, closed, Event.FOUND, note="夹在别的盒里") == ["originals"]
    with pytest.raises(Forbidden):
        step(archive, closed, "clerk", Event.FOUND, note="夹在别的盒里")
    given = {"note": "夹在别的盒里", "originals": [records[1]]}
    found = archive.lending.take(DESK, closed.case.id, Event.FOUND, None, given)
    assert (found.case.state, found.loan.lost(), found.loan.found) == ("closed", (records[0],), (records[1],))
    assert [event.action for event in archive.audit.trail.chain(file_chain(file.file_no))][-1] == "loans.found"
    assert AVAILABLE in [one.event for one in archive.notices.of("head") if one.case == waits.case.id]
    assert step(archive, waits, "archivist", Event.HAND_OVER).case.state == "lent"
    step(archive, closed, "archivist", Event.FOUND, note="也在那里")  # the one that was still lost
    with pytest.raises(Conflict, match="没有丢失"):
        step(archive, closed, "archivist", Event.FOUND, note="又找到一次")


def test_the_desk_checks_and_finds_on_its_page(archive: Archive, file: File, records: tuple[str, str]) -> None:
    """Each original has its field, what is wrong is shown where it was typed, and the register says what was found."""
    loan = step(archive, lent(archive, file, items=" ".join(records)), "archivist", Event.RETURN)
    archive.accounts.create(SYSTEM, "archivist", "钱芳", Role.ARCHIVIST, PASSWORD, "archives")
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "archivist", "password": PASSWORD}).json["token"]
    headers, page = {"Authorization": f"Bearer {token}"}, f"/loans/{loan.case.id}"
    form = {"version": str(loan.case.version), "pages": "3", "note": "少一份", "answers": "周文"}
    form |= {f"conditions.{one}": "lost" for one in records}
    assert all(f'name="conditions.{one}"' in client.get(page, headers=headers).text for one in records)
    refused = client.post(f"{page}/close", headers=headers, data={**form, "answers": ""})
    assert refused.status_code == 422
    assert "责任人：损坏或丢失时必须填写由谁负责" in refused.text
    assert client.post(f"{page}/close", headers=headers, data=form).status_code == 302
    version = str(loan.case.version + 1)
    found = {"version": version, "note": "夹在别的盒里", f"originals.{records[0]}": "yes"}
    assert f'name="originals.{records[1]}"' in client.get(page, headers=headers).text
    assert client.post(f"{page}/found", headers=headers, data=found).status_code == 302
    assert archive.lending.get(DESK, loan.case.id).loan.lost() == (records[1],)
    assert "丢失 少一份（找到 1 件）" in client.get("/registers/loans", headers=headers).text


def test_an_early_check_is_read(archive: Archive, file: File, records: tuple[str, str]) -> None:
    """Where a check had one condition, it is that of all originals."""
    loan: Loan = asked(archive, file, items=" ".join(records)).loan
    early = {"pages": 3, "condition": "lost", "note": "遗失", "answers": "周文"}
    said = {**loan.given(), "check": early}
    del said["found"]
    assert kept(said).lost() == records
