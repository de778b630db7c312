"""Whose turn it is: what waits for the same paper, in whole or in part, and who hears when it can be had (L4)."""

from datetime import timedelta

import pytest

from service.bootstrap import Archive, build
from service.circulation.lending.operations import Lending
from service.circulation.lending.repository import LINES
from service.circulation.lending.rules import AVAILABLE, QUEUED, Event, Held, State
from service.clock import SetClock
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.places.rules import Kind
from tests.cast import CAST
from tests.circulation.borrowing import CHECK, approved, asked, lent, step

DESK = CAST["archivist"]
TRAINING = {"date": "2025-05-06", "course": "礼仪"}


@pytest.fixture
def record(archive: Archive, file: File) -> str:
    """A record of the file."""
    return archive.records.add(
        CAST["hr"], file.file_no, "onboarding", "contract", {"number": "1", "start": "2021-03-01"}
    ).id


def came_back(archive: Archive, loan: Lending) -> None:
    step(archive, loan, "archivist", Event.RETURN)
    step(archive, loan, "archivist", Event.CLOSE, **CHECK)


def heard(archive: Archive, name: str, loan: Lending) -> list[str]:
    """What somebody was told of one loan, the first first."""
    return [one.event for one in reversed(archive.notices.of(name)) if one.case == loan.case.id]


def test_what_is_out_is_lent_to_nobody_else(archive: Archive, file: File) -> None:
    """A second loan waits in line until the first is back, and its borrower is told then (L4)."""
    first = lent(archive, file)
    second = approved(archive, file, "head")
    with pytest.raises(Conflict, match="归还"):
        step(archive, second, "archivist", Event.HAND_OVER)
    step(archive, first, "archivist", Event.RETURN)
    step(archive, first, "archivist", Event.CLOSE, **CHECK)
    assert AVAILABLE in [notice.event for notice in archive.notices.of("head")]
    assert step(archive, second, "archivist", Event.HAND_OVER).case.state == "lent"


def test_who_came_first_is_served_first(archive: Archive, file: File) -> None:
    """Of two that were approved, the later one is not handed over while the earlier one waits."""
    first, second = approved(archive, file), approved(archive, file, "head")
    with pytest.raises(Conflict, match="排在前面"):
        step(archive, second, "archivist", Event.HAND_OVER)
    step(archive, first, "clerk", Event.WITHDRAW)
    assert step(archive, second, "archivist", Event.HAND_OVER).case.state == "lent"


def test_a_record_of_a_file_that_is_out_is_out(archive: Archive, file: File) -> None:
    """While the whole file is lent none of its records is, and the other way round."""
    contract = {"number": "1", "start": "2021-03-01"}
    record = archive.records.add(CAST["hr"], file.file_no, "onboarding", "contract", contract)
    lent(archive, file)
    part = asked(archive, file, "head", items=record.id)
    part = step(archive, part, "archives", Event.APPROVE)
    with pytest.raises(Conflict):
        step(archive, part, "archivist", Event.HAND_OVER)


def test_a_part_waits_for_the_whole_and_the_whole_for_a_part(archive: Archive, file: File, record: str) -> None:
    """The file comes back: whoever waits for a record of it is told; when that does, whoever waits for the file."""
    whole = lent(archive, file)
    part = approved(archive, file, "head", items=record)
    again = approved(archive, file, "leadership")
    assert heard(archive, "head", part) == [QUEUED]
    came_back(archive, whole)
    assert (heard(archive, "head", part), heard(archive, "leadership", again)) == ([QUEUED, AVAILABLE], [QUEUED])
    came_back(archive, step(archive, part, "archivist", Event.HAND_OVER))
    assert heard(archive, "leadership", again) == [QUEUED, AVAILABLE]
    assert step(archive, again, "archivist", Event.HAND_OVER).case.state == "lent"


def test_a_whole_file_does_not_pass_a_record_that_was_approved_before(
    archive: Archive, file: File, record: str
) -> None:
    """Who came first for a record is served before who came later for all of it, and is told so from the beginning."""
    part, whole = approved(archive, file, "clerk", items=record), approved(archive, file, "head")
    assert (heard(archive, "clerk", part)[-1], heard(archive, "head", whole)) == ("approve", [QUEUED])
    with pytest.raises(Conflict, match="排在前面"):
        step(archive, whole, "archivist", Event.HAND_OVER)
    step(archive, part, "clerk", Event.WITHDRAW)
    assert heard(archive, "head", whole) == [QUEUED, AVAILABLE]


def test_two_records_of_one_file_do_not_wait_for_each_other(archive: Archive, file: File, record: str) -> None:
    """What shares a bag is not the same paper; and nobody is told twice that it is their turn."""
    other = archive.records.add(
        CAST["hr"], file.file_no, "training", "internal", {"date": "2025-05-06", "course": "礼仪"}
    ).id
    one, two = approved(archive, file, "clerk", items=record), approved(archive, file, "head", items=other)
    both = approved(archive, file, "leadership", items=f"{record} {other}")
    step(archive, one, "clerk", Event.WITHDRAW)
    assert (heard(archive, "head", two), heard(archive, "leadership", both)) == (["approve"], [QUEUED])
    came_back(archive, step(archive, two, "archivist", Event.HAND_OVER))
    assert heard(archive, "leadership", both) == [QUEUED, AVAILABLE]


def test_the_desk_withdraws_what_nobody_fetches(archive: Archive, file: File) -> None:
    """An approved loan does not block the line for good: an archivist withdraws it and says why, and both are told."""
    first, second = approved(archive, file), approved(archive, file, "head")
    with pytest.raises(Invalid) as refused:
        step(archive, first, "archivist", Event.WITHDRAW)
    assert [fault.name for fault in refused.value.fields] == ["note"]
    with pytest.raises(Forbidden):
        step(archive, first, "head", Event.WITHDRAW, note="不用了")
    assert step(archive, first, "archivist", Event.WITHDRAW, note="借阅人已离职").case.state == "withdrawn"
    assert (heard(archive, "clerk", first)[-1], heard(archive, "head", second)[-1]) == ("withdraw", AVAILABLE)


def test_paper_is_handed_over_within_its_days(archive: Archive, file: File) -> None:
    """Not before the day from which it was approved, and not when that time has passed."""
    today = archive.clock.today()
    loan = approved(archive, file, **{"from": (today + timedelta(days=1)).isoformat()})
    assert loan.held is Held.EARLY
    with pytest.raises(Conflict, match="到那天"):
        step(archive, loan, "archivist", Event.HAND_OVER)
    later = build(archive.settings, archive.store, SetClock(archive.clock.now() + timedelta(days=8)))
    assert [(kept.case.id, why) for kept, why in later.lending.desk(DESK).held] == [(loan.case.id, Held.EXPIRED)]
    with pytest.raises(Conflict, match="已过"):
        step(later, loan, "archivist", Event.HAND_OVER)
    just = build(archive.settings, archive.store, SetClock(archive.clock.now() + timedelta(days=7)))
    assert step(just, loan, "archivist", Event.HAND_OVER).case.state == "lent"


def test_the_desk_tells_apart_what_can_be_handed_over(archive: Archive, file: File, record: str) -> None:
    """Ready is what is there and whose turn it is; out is also that for which more days were asked for."""
    out = lent(archive, file)
    waits = approved(archive, file, "head", items=record)
    step(archive, out, "clerk", Event.EXTEND, until=(out.loan.until + timedelta(days=3)).isoformat())
    desk = archive.lending.desk(DESK)
    assert ([one.case.id for one in desk.ready], [one.case.id for one in desk.out]) == ([], [out.case.id])
    assert [(one.case.id, why) for one, why in desk.held] == [(waits.case.id, Held.TAKEN)]
    came_back(archive, out)
    desk = archive.lending.desk(DESK)
    assert ([one.case.id for one in desk.ready], desk.out, desk.held) == ([waits.case.id], [], [])


def test_a_label_leads_to_whoever_has_the_paper(archive: Archive, file: File, record: str) -> None:
    """A slip, a bag, a record of a bag that is out: each opens the loan; what nobody borrows opens none."""
    with pytest.raises(NotFound):
        archive.lending.at_desk(DESK, file.file_no)
    loan = approved(archive, file)
    for code in (loan.case.id, file.file_no, record):
        assert archive.lending.at_desk(DESK, code) == (loan.case.id,)
    later = approved(archive, file, "head", items=record)
    step(archive, loan, "archivist", Event.HAND_OVER)
    assert archive.lending.at_desk(DESK, record) == (loan.case.id,)
    came_back(archive, loan)
    assert archive.lending.at_desk(DESK, file.file_no) == (later.case.id,)


def test_a_box_is_borrowed_with_all_that_lies_in_it(archive: Archive, file: File, record: str) -> None:
    """A bag and another file's record lie in it: both are out, and their labels and the box's open the loan."""
    given = {"name": "田文", "department": "north", "post": "客服专员", "hire_date": "2022-05-01"}
    other = archive.opening.open(CAST["hr"], given)
    single = archive.records.add(
        CAST["hr"], other.file_no, "training", "internal", {"date": "2025-05-06", "course": "礼仪"}
    )
    code = ""
    for kind in (Kind.ROOM, Kind.CABINET, Kind.SHELF, Kind.BOX):
        code = archive.places.add(DESK, kind, code, {"name": "甲"}).code
    for one in (file.file_no, single.id):
        archive.places.put(DESK, one, code)
    loan = lent(archive, file, items=code)
    assert {one.id for one in loan.loan.originals} == {file.file_no, single.id}
    assert {one.original for number in loan.case.files for one in archive.lending.out(DESK, number)} == {
        file.file_no, single.id,
    }  # fmt: skip
    for label in (code, file.file_no, single.id, record):
        assert archive.lending.at_desk(DESK, label) == (loan.case.id,)
    waits = approved(archive, other, "head")
    assert waits.held is Held.TAKEN
    came_back(archive, loan)
    assert heard(archive, "head", waits) == [QUEUED, AVAILABLE]


def test_who_stood_in_line_before_lines_knew_files_stands_first(archive: Archive, file: File, record: str) -> None:
    """Early documents, which know neither file nor time, are read, and come before all others."""
    early = approved(archive, file, "clerk")
    archive.store.collection(LINES).update_many({}, {"$unset": {"file": "", "at": ""}})
    later, part = approved(archive, file, "head"), approved(archive, file, "leadership", items=record)
    assert [archive.lending.get(DESK, one.case.id).held for one in (early, later, part)] == [
        None,
        Held.TAKEN,
        Held.TAKEN,
    ]
    step(archive, early, "archivist", Event.HAND_OVER)
    assert archive.lending.get(DESK, later.case.id).case.state is State.APPROVED
