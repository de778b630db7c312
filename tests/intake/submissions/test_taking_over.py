"""Taking over what a colleague handed in and cannot answer any more (B3)."""

from dataclasses import replace

import pytest

from service.bootstrap import Archive
from service.errors import Forbidden, NotFound
from service.files.rules import File
from service.intake.submissions.rules import Event, State, spread
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD
from tests.intake.submissions.conftest import ARCHIVES, ARCHIVIST, CLERK, COURSE, GENUINE, HR, batch


def test_a_colleague_takes_over_what_came_back(archive: Archive, files: list[File]) -> None:
    """B3: with an event and a notice; it is theirs then to mend and hand in, and no more the former clerk's."""
    other = replace(CLERK, account="clerk2", name="吴敏")
    one = batch(archive, files[:2], [91, 78])
    with pytest.raises(NotFound):
        archive.submissions.get(other, one.id)
    archive.submissions.take(ARCHIVIST, one.id, Event.SEND_BACK, None, {"reason": "缺少成绩单"})
    assert [kept.case.id for kept in archive.submissions.left(other)[0]] == [one.id]
    south = replace(other, account="clerk3", department="south")
    assert archive.submissions.left(south)[0] == archive.submissions.left(CLERK)[0] == []
    for person in (south, CAST["head"], HR):
        with pytest.raises((NotFound, Forbidden)):
            archive.submissions.take(person, one.id, Event.TAKE_OVER, None, {})
    shown = archive.submissions.get(other, one.id)
    assert (shown.open, shown.records) == ((Event.TAKE_OVER,), ())
    now = archive.submissions.take(other, one.id, Event.TAKE_OVER, shown.version, {})
    assert (now.case.requester, len(now.records), now.open) == ("clerk2", 2, (Event.SUBMIT, Event.WITHDRAW))
    assert [notice.event for notice, _ in archive.work.notices(CLERK)] == ["take-over", "send-back"]
    assert [kept.case.id for kept in archive.submissions.mine(other)[0]] == [one.id]
    assert archive.submissions.mine(CLERK)[0] == []
    assert [line.case for line in archive.work.of(other).waiting] == [one.id]
    with pytest.raises(Forbidden):
        archive.submissions.take(CLERK, one.id, Event.SUBMIT, None, {})
    record = now.records[0]
    archive.records.edit(other, record.id, record.version, {**COURSE, "score": 92})
    sent = archive.submissions.take(other, one.id, Event.SUBMIT, now.version, {"note": "已补"})
    assert archive.submissions.check_and_file(ARCHIVIST, one.id, sent.version, GENUINE).case.state is State.FILED
    events = [event.action for event in archive.audit.trail.chain(f"file:{files[0].file_no}")]
    assert events.count("submissions.take-over") == events.count("record.taken-over") == 1


def test_a_draft_is_left_by_those_alone_who_are_gone(archive: Archive, files: list[File]) -> None:
    """B3: a draft is its clerk's alone, until their account is shut or they belong to another department."""
    archive.accounts.create(SYSTEM, "clerk", CLERK.name, CLERK.role, PASSWORD, "north")
    other = replace(CLERK, account="clerk2", name="吴敏")
    one = batch(archive, files[:1], [91], draft=True)
    assert archive.submissions.left(other)[0] == []
    with pytest.raises(NotFound):
        archive.submissions.take(other, one.id, Event.TAKE_OVER, None, {})
    archive.accounts.set_active(CAST["admin"], "clerk", active=False)
    assert [kept.case.id for kept in archive.submissions.left(other)[0]] == [one.id]
    taken = archive.submissions.take(other, one.id, Event.TAKE_OVER, None, {})
    assert archive.submissions.take(other, one.id, Event.SUBMIT, taken.version, {}).case.state is State.SUBMITTED


def test_who_checked_takes_nothing_over(archive: Archive, files: list[File]) -> None:
    """No two parts of one case by one person: whoever sent it back does not become its requester."""
    own = archive.submissions.create(
        ARCHIVIST, spread("training", "internal", COURSE, [{"file_no": files[0].file_no}])
    )  # fmt: skip
    archive.submissions.take(ARCHIVES, own.id, Event.SEND_BACK, None, {"reason": "日期有误"})
    with pytest.raises(Forbidden, match="同一人"):
        archive.submissions.take(ARCHIVES, own.id, Event.TAKE_OVER, None, {})
