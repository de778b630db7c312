"""Supplements: evidence, a clock of working days, and no other door (B4)."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest

from service.app import create_app
from service.bootstrap import Archive
from service.clock import SetClock
from service.errors import Conflict, Invalid
from service.files.rules import File
from service.intake.submissions.rules import Event, State, spread
from service.intake.workbook import Line
from service.person import SYSTEM
from service.records.rules import Event as RecordEvent
from service.records.rules import State as RecordState
from tests.cast import CAST, PASSWORD
from tests.intake.submissions.conftest import ARCHIVIST, CLERK, HR, promoted, prove, states
from tests.scans.conftest import plate


def test_a_supplement_needs_its_evidence_and_has_a_clock(archive: Archive, files: list[File]) -> None:
    """A change of post is received with its scan; five working days later it is due (B4)."""
    one = promoted(archive, files[0])
    assert one.case.state is State.DRAFT
    with pytest.raises(Conflict, match="证明文件"):
        archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    prove(archive, one)
    received = archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    assert received.case.due == date(2026, 3, 9)
    checked = archive.supplements.take(ARCHIVIST, one.id, Event.CHECK, received.version, {"verdict": "verified"})
    assert checked.case.due == received.case.due
    filed = archive.supplements.take(ARCHIVIST, one.id, Event.FILE, checked.version, {})
    assert (filed.case.due, states(archive, one)) == (None, {RecordState.FILED})


def test_the_clock_follows_the_days_that_the_office_marked(archive: Archive, files: list[File]) -> None:
    """A day off of the office's own moves the due day by one (B4)."""
    _, version = archive.administration.settings(CAST["admin"])
    archive.administration.change_settings(CAST["admin"], {"own_days": "2026-03-05休"}, version)
    one = promoted(archive, files[0])
    prove(archive, one)
    assert archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {}).case.due == date(2026, 3, 10)


def test_an_overdue_supplement_stands_on_top(archive: Archive, files: list[File], set_clock: SetClock) -> None:
    """The day after its due day it is overdue for whoever has it (B4, M1): the office, or the clerk after that."""
    one = promoted(archive, files[0])
    prove(archive, one)
    received = archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    set_clock.advance(timedelta(days=8))
    assert [line.case for line in archive.work.of(ARCHIVIST).overdue] == [one.id]
    back = archive.supplements.take(ARCHIVIST, one.id, Event.SEND_BACK, received.version, {"reason": "没有盖章"})
    assert (back.case.due, archive.work.of(ARCHIVIST).overdue) == (received.case.due, ())
    assert [line.case for line in archive.work.of(CLERK).overdue] == [one.id]
    again = archive.supplements.take(CLERK, one.id, Event.SUBMIT, back.version, {})
    assert again.case.due == date(2026, 3, 17)


def test_due_days_follow_the_days_that_are_marked_later(
    archive: Archive, files: list[File], set_clock: SetClock
) -> None:
    """B4: a day off that is marked while a supplement waits moves its day, once, with an event, and keeps its place."""
    one = promoted(archive, files[0])
    prove(archive, one)
    archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    assert archive.redating.run() == 0
    _, version = archive.administration.settings(CAST["admin"])
    archive.administration.change_settings(CAST["admin"], {"own_days": "2026-03-05休"}, version)
    set_clock.advance(timedelta(days=2))
    (before,) = archive.waits.of("role:archivist")
    assert (archive.redating.run(), archive.redating.run()) == (1, 0)
    (after,) = archive.waits.of("role:archivist")
    assert (after.at, after.due) == (before.at, date(2026, 3, 10))
    now = archive.supplements.get(ARCHIVIST, one.id)
    assert (now.case.due, now.case.history[-1].event) == (date(2026, 3, 10), Event.SUBMIT)
    events = [event.action for event in archive.audit.trail.chain(f"file:{files[0].file_no}")]
    assert events.count("supplements.redated") == 1
    set_clock.advance(timedelta(days=7))
    assert [line.case for line in archive.work.of(ARCHIVIST).overdue] == [one.id]


def test_a_filed_change_of_post_is_the_files_post(archive: Archive, files: list[File]) -> None:
    """P4, B4: when a supplement is filed and not before; one that was found false changes nothing."""
    for file, verdict, post in ((files[0], "verified", "客服组长"), (files[1], "false", "客服专员")):
        one = promoted(archive, file)
        prove(archive, one)
        archive.supplements.take(CLERK, one.id, Event.SUBMIT, None, {})
        assert archive.kept_files.get(file.file_no).post == "客服专员"
        archive.supplements.check_and_file(ARCHIVIST, one.id, None, {"verdict": verdict, "reason": "印章不符"})
        assert archive.kept_files.get(file.file_no).post == post


def test_a_due_day_in_a_year_nobody_knows_says_so(archive: Archive, files: list[File], set_clock: SetClock) -> None:
    """B4: whoever looks at the supplement is warned, however many days are marked, until the year is complete."""
    set_clock.advance(datetime(2098, 12, 30, 1, tzinfo=UTC) - set_clock.now())
    one = promoted(archive, files[0])
    prove(archive, one)
    sent = archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    assert sent.unknown_years == (2098, 2099)
    admin = CAST["admin"]
    archive.administration.change_settings(
        admin, {"own_days": "2099-01-01休"}, archive.administration.settings(admin)[1]
    )
    assert archive.supplements.get(ARCHIVIST, one.id).unknown_years == (2098, 2099)
    archive.administration.change_settings(admin, {"own_years": "2099 2098"}, archive.administration.settings(admin)[1])
    assert archive.supplements.get(ARCHIVIST, one.id).unknown_years == ()
    assert archive.administration.unknown_years(admin) == ()


def test_what_is_overdue_stands_on_top_of_its_list(archive: Archive, files: list[File], set_clock: SetClock) -> None:
    """B4: of all supplements the overdue ones come first, each once; page and API say of each that it is."""
    late = promoted(archive, files[0])
    prove(archive, late)
    archive.supplements.take(CLERK, late.id, Event.SUBMIT, late.version, {})
    set_clock.advance(timedelta(days=8))
    newer = [promoted(archive, file) for file in files[1:]]
    found, more = archive.supplements.all(ARCHIVIST)
    assert [kept.case.id for kept in found] == [late.id, *(one.id for one in reversed(newer))]
    assert more is None
    archive.accounts.create(SYSTEM, "archivist", "钱芳", ARCHIVIST.role, PASSWORD, ARCHIVIST.department)
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "archivist", "password": PASSWORD}).json["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    items = client.get("/api/v1/supplements?all=yes", headers=bearer).json["items"]
    assert [one["overdue"] for one in items] == [True, False, False]
    assert client.get(f"/api/v1/supplements/{late.id}", headers=bearer).json["overdue"]
    assert client.get("/supplements?all=yes", headers=bearer).text.count("逾期") == 1
    assert "逾期" in client.get(f"/supplements/{late.id}", headers=bearer).text


def test_a_change_of_post_comes_by_no_other_door(archive: Archive, files: list[File]) -> None:
    """B4: from a department, a promotion or penalty is a supplement, whichever way it comes, with its evidence."""
    no, promotion = files[0].file_no, {"date": "2026-03-01", "to_post": "客服组长"}
    with pytest.raises(Invalid) as refused:
        archive.submissions.create(CLERK, spread("career", "promotion", promotion, [{"file_no": no}]))
    assert [fault.name for fault in refused.value.fields] == ["subcategory"]
    line = Line("岗位晋升", 2, no, "career", "promotion", promotion)
    assert [fault.name for _, fault in archive.receiving.check(CLERK, [line]).faults] == ["subcategory"]
    with pytest.raises(Invalid):
        archive.receiving.enter(CLERK, [line])
    added = archive.receiving.add(CLERK, no, "career", "promotion", promotion)
    assert (added.state, added.case.partition("/")[0]) == (RecordState.DRAFT, "supplements")
    draft = archive.receiving.add(CLERK, no, "career", "promotion", promotion, draft=True)
    with pytest.raises(Conflict, match="证明文件"):
        archive.receiving.move(CLERK, draft.id, 1, RecordEvent.SUBMIT)
    adopted = archive.records.get(CLERK, draft.id)
    assert (adopted.state, adopted.case.partition("/")[0]) == (RecordState.DRAFT, "supplements")
    archive.scans.upload(CLERK, draft.id, io.BytesIO(plate("任命")), "a.png")
    sent = archive.receiving.move(CLERK, draft.id, adopted.version, RecordEvent.SUBMIT)
    case = archive.supplements.get(CLERK, sent.case.partition("/")[2]).case
    assert (sent.state, case.due) == (RecordState.SUBMITTED, date(2026, 3, 9))
    assert archive.receiving.add(HR, no, "career", "promotion", promotion).state is RecordState.FILED


def test_an_award_may_be_either(archive: Archive, files: list[File]) -> None:
    """B3, B4: whether an award is an important one, its department says."""
    award = spread("rewards", "award", {"date": "2026-03-01", "name": "优秀客服员奖"}, [{"file_no": files[0].file_no}])
    assert archive.submissions.create(CLERK, award).case.state is State.SUBMITTED
    assert archive.supplements.create(CLERK, award).case.state is State.DRAFT
