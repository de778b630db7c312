"""Handing in, checking, filing and sending back on the real store (B2, B3, P2); supplements with a clock (B4)."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import load_workbook

from indexer.follow import Follower
from service.access.policy import Action
from service.app import create_app
from service.bootstrap import Archive, build
from service.clock import SetClock
from service.config import Settings
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.fulltext.port import Kind
from service.intake.submissions.operations import Submission
from service.intake.submissions.register import Wanted
from service.intake.submissions.rules import Event, State, spread
from service.intake.workbook import Line
from service.person import SYSTEM
from service.records.rules import Event as RecordEvent
from service.records.rules import State as RecordState
from service.records.rules import Verdict
from service.scans.rules import State as Read
from service.store.connection import Store
from tests.cast import CAST, DEPARTMENTS, PASSWORD
from tests.scans.conftest import plate
from tests.serving import Served, serving

HR, CLERK, ARCHIVIST, ARCHIVES = CAST["hr"], CAST["clerk"], CAST["archivist"], CAST["archives"]
COURSE = {"date": "2026-02-06", "course": "投诉处理"}
GENUINE = {"verdict": "verified"}
LIKE = {
    State.DRAFT: RecordState.DRAFT, State.SUBMITTED: RecordState.SUBMITTED, State.CHECKED: RecordState.SUBMITTED,
    State.FILED: RecordState.FILED, State.RETURNED: RecordState.RETURNED, State.WITHDRAWN: RecordState.WITHDRAWN,
}  # fmt: skip
"""The state of a case's records."""


@pytest.fixture
def archive(store: Store, data_folder, tmp_path, set_clock: SetClock, master: bytes) -> Archive:
    """An archive on Monday, 2 March 2026, with a clock that can be set."""
    made = build(Settings(data=tmp_path, master_key=data_folder / "keys" / "master.key"), store, set_clock)
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    return made


@pytest.fixture
def files(archive: Archive) -> list[File]:
    """Three agents of the north."""
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return [archive.opening.open(HR, {**given, "name": name}) for name in ("林晓", "欧阳若溪", "田文")]


def batch(archive: Archive, files: Sequence[File], scores: Sequence[int], **how: bool) -> Submission:
    agents = [{"file_no": file.file_no, "score": score} for file, score in zip(files, scores, strict=True)]
    return archive.submissions.create(CLERK, spread("training", "internal", COURSE, agents), **how)


def states(archive: Archive, one: Submission) -> set[str]:
    return {archive.kept_records.get(record).state for record in one.content.records}


def promoted(archive: Archive, file: File) -> Submission:
    fields = {"date": "2026-03-01", "from_post": "客服专员", "to_post": "客服组长"}
    return archive.supplements.create(CLERK, spread("career", "promotion", fields, [{"file_no": file.file_no}]))


def prove(archive: Archive, one: Submission) -> None:
    for record in one.content.records:
        archive.scans.upload(CLERK, record, io.BytesIO(plate("任命")), "a.png")


def test_a_training_of_many_agents_is_handed_in_checked_and_filed(archive: Archive, files: list[File]) -> None:
    """What is common is filled in once; the records move with their submission, with who and when (B3, P2)."""
    one = batch(archive, files, [91, 78, 85])
    assert states(archive, one) == {RecordState.SUBMITTED}
    checked = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, one.version, {"verdict": "verified"})
    filed = archive.submissions.take(ARCHIVIST, one.id, Event.FILE, checked.version, {})
    assert filed.case.state is State.FILED
    for file, score, record_id in zip(files, [91, 78, 85], one.content.records, strict=True):
        record = archive.kept_records.get(record_id)
        assert (record.file_no, record.fields["score"], record.fields["course"]) == (file.file_no, score, "投诉处理")
        assert (record.state, record.author, record.checked_by) == (RecordState.FILED, "clerk", "archivist")
        assert (record.verification.verdict, record.verification.by) == (Verdict.VERIFIED, "archivist")


def test_what_an_agent_has_of_their_own_stands_over_what_is_common() -> None:
    """A row without a number and without a value is no row; a name behind a number is left away."""
    lines = spread("training", "internal", COURSE, [{"file_no": "KF-1 林晓", "course": "礼仪"}, {"file_no": " "}, {}])
    assert [(line.file_no, line.fields["course"], line.fields["date"]) for line in lines] == [
        ("KF-1", "礼仪", "2026-02-06")
    ]


def test_one_wrong_line_keeps_all_back(archive: Archive, files: list[File]) -> None:
    """The fault names the agent's row and its field, and nothing was kept."""
    with pytest.raises(Invalid) as refused:
        batch(archive, files, [91, 780, 85])
    assert [fault.name for fault in refused.value.fields] == ["agents.2.score"]
    assert archive.submissions.mine(CLERK) == ([], None)
    assert list(archive.kept_records.of_file(files[0].file_no, 10)) == []


def test_nobody_hands_in_for_another_department(archive: Archive, files: list[File]) -> None:
    """A file of the south is, to the north's clerk, no file; and a head hands nothing in."""
    south = archive.opening.open(
        HR, {"name": "高远", "department": "south", "post": "客服专员", "hire_date": "2021-03-01"}
    )
    with pytest.raises(Invalid) as refused:
        batch(archive, [south], [90])
    assert [fault.name for fault in refused.value.fields] == ["agents.1.file_no"]
    with pytest.raises(Forbidden):
        archive.submissions.create(CAST["head"], [])


def test_the_clerk_sees_the_reason_and_answers_it(archive: Archive, files: list[File]) -> None:
    """Sent back with a reason that lies with the records too; mended, handed in again, and filed (B3)."""
    one = batch(archive, files[:1], [91])
    with pytest.raises(Invalid):
        archive.submissions.take(ARCHIVIST, one.id, Event.SEND_BACK, one.version, {})
    archive.submissions.take(ARCHIVIST, one.id, Event.SEND_BACK, one.version, {"reason": "缺少成绩单"})
    back = archive.submissions.get(CLERK, one.id)
    assert (back.case.history[-1].note, back.records[0].note) == ("缺少成绩单", "缺少成绩单")
    assert back.open == (Event.SUBMIT, Event.WITHDRAW)
    assert [line.case for line in archive.work.of(CLERK).waiting] == [one.id]
    assert archive.work.unread(CLERK) == 1
    record = back.records[0]
    archive.records.edit(CLERK, record.id, record.version, {**COURSE, "score": 92})
    again = archive.submissions.take(CLERK, one.id, Event.SUBMIT, back.version, {"note": "已补成绩单"})
    assert again.case.history[-1].note == "已补成绩单"
    assert archive.submissions.check_and_file(ARCHIVIST, one.id, again.version, GENUINE).case.state is State.FILED


def test_a_doubt_or_a_falsehood_says_why(archive: Archive, files: list[File]) -> None:
    """Each record of a batch has a verdict of its own (B2); without a reason, nothing is kept."""
    one = batch(archive, files, [91, 78, 85])
    first, second, third = one.content.records
    given = {"verdict": "verified", "records": [{"id": second, "verdict": "false"}]}
    with pytest.raises(Invalid) as refused:
        archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, one.version, given)
    assert [fault.name for fault in refused.value.fields] == ["records.2.reason"]
    given["records"][0]["reason"] = "证书编号查无此证"
    checked = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, one.version, given)
    verdicts = {record.id: record.verification.verdict for record in checked.records}
    assert verdicts == {first: Verdict.VERIFIED, second: Verdict.FALSE, third: Verdict.VERIFIED}


def test_what_changed_after_the_check_is_checked_again(archive: Archive, files: list[File]) -> None:
    """An edit between check and filing keeps the submission from being filed until somebody has looked again."""
    one = batch(archive, files[:1], [91])
    checked = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, one.version, {"verdict": "verified"})
    record = checked.records[0]
    archive.records.edit(CLERK, record.id, record.version, {**COURSE, "score": 99})
    with pytest.raises(Conflict, match="重新核验"):
        archive.submissions.take(ARCHIVIST, one.id, Event.FILE, checked.version, {})
    assert states(archive, one) == {RecordState.SUBMITTED}
    again = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, checked.version, {})
    with pytest.raises(Conflict, match="重新核验"):
        archive.submissions.take(ARCHIVIST, one.id, Event.FILE, again.version, {})
    again = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, again.version, GENUINE)
    assert archive.submissions.take(ARCHIVIST, one.id, Event.FILE, again.version, {}).case.state is State.FILED


@pytest.mark.parametrize(
    ("kind", "unfinished", "missing"),
    [
        (("basic", "identity"), {"sex": "female"}, "name"),
        (("onboarding", "hire"), {"post": "客服专员"}, "hire_date"),
    ],
)
def test_an_unfinished_draft_is_not_handed_in(
    archive: Archive, files: list[File], kind: tuple[str, str], unfinished: dict[str, str], missing: str
) -> None:
    """B3: what a draft lacks is named when it is handed in, whether it stood alone or lay in a draft of a case."""
    no = files[0].file_no
    alone = archive.receiving.add(CLERK, no, *kind, unfinished, draft=True)
    with pytest.raises(Invalid) as refused:
        archive.receiving.move(CLERK, alone.id, 1, RecordEvent.SUBMIT)
    assert missing in [fault.name for fault in refused.value.fields]
    fields = {"name": "林晓", "hire_date": "2021-03-01", "department": "北方客服部", "post": "客服专员"}
    asked = {field.name for field in archive.catalogue.subcategory(*kind).fields}
    whole = {name: value for name, value in fields.items() if name in asked}
    one = archive.submissions.create(CLERK, spread(*kind, whole, [{"file_no": no}]), draft=True)
    archive.records.edit(CLERK, one.records[0].id, 1, unfinished)
    with pytest.raises(Invalid) as refused:
        archive.submissions.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    assert f"records.1.{missing}" in [fault.name for fault in refused.value.fields]
    assert no in str(refused.value.fields[0])
    assert states(archive, one) == {RecordState.DRAFT}


def test_what_was_kept_unfinished_before_is_not_filed(archive: Archive, files: list[File]) -> None:
    """B3: an identity without a name that was handed in when nobody asked is sent back, and is no fault of ours."""
    fields = {"name": "林晓", "sex": "female"}
    one = archive.submissions.create(CLERK, spread("basic", "identity", fields, [{"file_no": files[0].file_no}]))
    archive.store.db["records"].update_one({}, {"$unset": {"fields.name": ""}})
    checked = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, one.version, GENUINE)
    with pytest.raises(Invalid) as refused:
        archive.submissions.take(ARCHIVIST, one.id, Event.FILE, checked.version, {})
    assert [fault.name for fault in refused.value.fields] == ["records.1.name"]


def test_evidence_that_changed_after_the_check_is_checked_again(archive: Archive, files: list[File]) -> None:
    """B2, B4: a page withdrawn or a scan that came after the check keeps a supplement from being filed unseen."""
    one = promoted(archive, files[0])
    prove(archive, one)
    sent = archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    now = archive.supplements.take(ARCHIVIST, one.id, Event.CHECK, sent.version, GENUINE)
    (scan,) = archive.kept_scans.of_record(one.content.records[0])
    archive.scans.upload(CLERK, scan.record_id, io.BytesIO(plate("另一份", (60, 200))), "b.png")
    with pytest.raises(Conflict, match="重新核验"):
        archive.supplements.take(ARCHIVIST, one.id, Event.FILE, now.version, {})
    now = archive.supplements.take(ARCHIVIST, one.id, Event.CHECK, now.version, GENUINE)
    archive.arranging.step(CLERK, scan.id, archive.kept_scans.get(scan.id).version, 1, "withdraw")
    with pytest.raises(Conflict, match="重新核验"):
        archive.supplements.take(ARCHIVIST, one.id, Event.FILE, now.version, {})
    now = archive.supplements.take(ARCHIVIST, one.id, Event.CHECK, now.version, GENUINE)
    other = archive.kept_scans.of_record(scan.record_id)[1]
    archive.arranging.step(CLERK, other.id, other.version, 1, "withdraw")
    now = archive.supplements.take(ARCHIVIST, one.id, Event.CHECK, now.version, GENUINE)
    with pytest.raises(Conflict, match="证明文件"):
        archive.supplements.take(ARCHIVIST, one.id, Event.FILE, now.version, {})


def test_a_reading_that_ends_after_the_check_changes_nothing(archive: Archive, files: list[File]) -> None:
    """B4: what was checked is the paper; that its text is read a moment later asks for no second check."""
    one = promoted(archive, files[0])
    prove(archive, one)
    sent = archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    now = archive.supplements.take(ARCHIVIST, one.id, Event.CHECK, sent.version, GENUINE)
    (scan,) = archive.kept_scans.of_record(one.content.records[0])
    archive.store.transact(lambda tx: archive.kept_scans.set_state(tx, scan.id, Read.SEARCHABLE))
    assert archive.supplements.take(ARCHIVIST, one.id, Event.FILE, now.version, {}).case.state is State.FILED


def test_what_cannot_be_read_is_no_evidence(archive: Archive, files: list[File]) -> None:
    """B4: a scan whose reading failed proves nothing."""
    one = promoted(archive, files[0])
    prove(archive, one)
    (scan,) = archive.kept_scans.of_record(one.content.records[0])
    archive.store.transact(lambda tx: archive.kept_scans.set_state(tx, scan.id, Read.FAILED, "broken"))
    with pytest.raises(Conflict, match="证明文件"):
        archive.supplements.take(CLERK, one.id, Event.SUBMIT, one.version, {})


def test_nothing_is_filed_without_a_verdict(archive: Archive, files: list[File]) -> None:
    """B2: filing at once asks for a verdict on each record, and a check without one lets nothing be filed."""
    one = batch(archive, files, [91, 78, 85])
    first = one.content.records[0]
    some = {"records": [{"id": first, "verdict": "verified"}]}
    with pytest.raises(Invalid) as refused:
        archive.submissions.check_and_file(ARCHIVIST, one.id, one.version, some)
    assert [fault.name for fault in refused.value.fields] == ["records.2.verdict", "records.3.verdict"]
    checked = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, one.version, some)
    assert checked.judged == {first}
    with pytest.raises(Conflict, match="没有核验结论"):
        archive.submissions.take(ARCHIVIST, one.id, Event.FILE, checked.version, {})
    rest = {**GENUINE, "records": [{"id": first, "verdict": ""}]}
    assert archive.submissions.check_and_file(ARCHIVES, one.id, checked.version, rest).case.state is State.FILED


def test_who_corrects_one_verdict_verified_no_other(archive: Archive, files: list[File]) -> None:
    """B2: the page sends every row; the second archivist's name stands at those alone that they changed."""
    one = batch(archive, files, [91, 78, 85])
    now = archive.submissions.take(ARCHIVIST, one.id, Event.CHECK, one.version, GENUINE)
    rows = [{"id": record, "verdict": "verified"} for record in one.content.records]
    rows[1] |= {"verdict": "doubtful", "reason": "公章不清"}
    now = archive.submissions.take(ARCHIVES, one.id, Event.CHECK, now.version, {"records": rows})
    assert [record.verification.by for record in now.records] == ["archivist", "archives", "archivist"]
    assert [record.version for record in now.records] == [2, 3, 2]


def test_nobody_verifies_what_is_still_handed_in(archive: Archive, files: list[File]) -> None:
    """B2: while its case waits, a record is verified with it and not by itself; nor does its author verify it ever."""
    own = archive.submissions.create(
        ARCHIVIST, spread("training", "internal", COURSE, [{"file_no": files[0].file_no}])
    )  # fmt: skip
    with pytest.raises(Forbidden):
        archive.records.verify(ARCHIVIST, own.content.records[0], None, "verified")
    with pytest.raises(Conflict, match="所在的提交"):
        archive.records.verify(HR, own.content.records[0], None, "verified")
    archive.submissions.check_and_file(ARCHIVES, own.id, own.version, GENUINE)
    assert archive.records.verify(HR, own.content.records[0], None, "doubtful", "再核").verification.by == "hr"


def test_nobody_files_what_they_handed_in(archive: Archive, files: list[File]) -> None:
    """An archivist's own submission waits for another hand."""
    own = archive.submissions.create(
        ARCHIVIST, spread("training", "internal", COURSE, [{"file_no": files[0].file_no}])
    )  # fmt: skip
    with pytest.raises(Forbidden, match="同一人"):
        archive.submissions.take(ARCHIVIST, own.id, Event.CHECK, own.version, {})
    assert archive.work.of(ARCHIVIST).waiting == ()
    assert archive.submissions.check_and_file(ARCHIVES, own.id, own.version, GENUINE).case.state is State.FILED


def test_a_submission_is_its_clerks_and_the_archives_offices_to_see(archive: Archive, files: list[File]) -> None:
    """To everybody else there is none: not to the head, not to HR, not to another clerk."""
    one = batch(archive, files[:1], [91])
    assert archive.submissions.get(CLERK, one.id).records
    for name in ("head", "head2", "hr", "agent", "leadership", "admin", "auditor", "stranger"):
        with pytest.raises(NotFound):
            archive.submissions.get(CAST[name], one.id)
    with pytest.raises(Forbidden):
        archive.submissions.all(CLERK)


def test_a_record_moves_with_its_case_and_not_alone(archive: Archive, files: list[File]) -> None:
    """Of a batch, none is filed by itself; a record that was handed in alone is a case of one that follows it."""
    many = batch(archive, files, [91, 78, 85])
    with pytest.raises(Conflict, match="一并办理"):
        archive.receiving.move(ARCHIVIST, many.content.records[0], 1, RecordEvent.FILE)
    record = archive.receiving.add(CLERK, files[0].file_no, "training", "internal", COURSE)
    (case,) = [line.case for line in archive.work.of(CLERK).asked if line.case != many.id]
    with pytest.raises(Conflict, match="先核验"):
        archive.receiving.move(ARCHIVIST, record.id, 1, RecordEvent.FILE)
    archive.submissions.take(ARCHIVIST, case, Event.CHECK, None, GENUINE)
    assert archive.receiving.move(ARCHIVIST, record.id, 2, RecordEvent.FILE).state is RecordState.FILED
    assert archive.submissions.get(CLERK, case).case.state is State.FILED


def test_a_draft_that_is_handed_in_becomes_a_case(archive: Archive, files: list[File]) -> None:
    """A draft waits for nobody; handed in, it waits for the archives office."""
    record = archive.receiving.add(CLERK, files[0].file_no, "training", "internal", COURSE, draft=True)
    assert archive.work.of(ARCHIVIST).waiting == ()
    moved = archive.receiving.move(CLERK, record.id, 1, RecordEvent.SUBMIT)
    assert (moved.state, moved.case.startswith("submissions/")) == (RecordState.SUBMITTED, True)
    assert len(archive.work.of(ARCHIVIST).waiting) == 1


def test_a_clerk_takes_back_what_came_back(archive: Archive, files: list[File]) -> None:
    """B3: withdrawn, it waits for nobody, its records count nowhere and change no more; its history stays for both."""
    one = batch(archive, files[:2], [91, 78])
    back = archive.submissions.take(ARCHIVIST, one.id, Event.SEND_BACK, one.version, {"reason": "日期有误"})
    assert Event.WITHDRAW in archive.submissions.get(CLERK, one.id).open
    gone = archive.submissions.take(CLERK, one.id, Event.WITHDRAW, back.version, {})
    assert (gone.case.state, gone.open, states(archive, one)) == (State.WITHDRAWN, (), {RecordState.WITHDRAWN})
    assert archive.work.of(CLERK).waiting == archive.work.of(ARCHIVIST).waiting == ()
    assert [line.case for line in archive.work.of(CLERK).asked] == [one.id]
    seen = archive.submissions.get(ARCHIVIST, one.id)
    assert ([move.event for move in seen.case.history], seen.records) == (["create", "send-back", "withdraw"], ())
    with pytest.raises((Forbidden, NotFound)):
        archive.records.edit(CLERK, one.content.records[0], 3, {**COURSE, "score": 99})
    Follower(archive).rebuild()
    assert archive.search.count(HR, Kind.RECORDS, {}) == 0


def test_who_takes_back_and_when(archive: Archive, files: list[File]) -> None:
    """B3: a draft its clerk alone, whom alone it is then known to; what lies with the archives office, nobody."""
    draft, sent = batch(archive, files[:1], [91], draft=True), batch(archive, files[1:2], [78])
    with pytest.raises(NotFound):
        archive.submissions.take(ARCHIVIST, draft.id, Event.WITHDRAW, draft.version, {})
    assert archive.submissions.take(CLERK, draft.id, Event.WITHDRAW, None, {}).case.state is State.WITHDRAWN
    with pytest.raises(NotFound):
        archive.submissions.get(ARCHIVIST, draft.id)
    with pytest.raises(Conflict):
        archive.submissions.take(CLERK, sent.id, Event.WITHDRAW, sent.version, {})
    alone = archive.receiving.add(CLERK, files[2].file_no, "training", "internal", COURSE, draft=True)
    taken = archive.receiving.move(CLERK, alone.id, alone.version, RecordEvent.WITHDRAW)
    assert taken.state is RecordState.WITHDRAWN


@pytest.fixture
def served(archive: Archive) -> Iterator[Served]:
    with serving(archive, "clerk", "archivist", "archives") as made:
        yield made


@pytest.mark.parametrize("word", ["submissions", "supplements"])
@pytest.mark.parametrize("event", [Event.SUBMIT, Event.CHECK, Event.FILE, Event.SEND_BACK, Event.WITHDRAW])
def test_fifty_clients_at_once(archive: Archive, files: list[File], served: Served, word: str, event: Event) -> None:
    """B3, B4: over HTTP exactly one succeeds, the others are told that it was done, and the records moved once."""
    own = event in (Event.SUBMIT, Event.WITHDRAW)
    if word == "submissions":
        room, one = archive.submissions, batch(archive, files, [91, 78, 85], draft=own)
    else:
        room, one = archive.supplements, promoted(archive, files[0])
        prove(archive, one)
        one = one if own else room.take(CLERK, one.id, Event.SUBMIT, one.version, {})
    if event is Event.FILE:
        one = room.take(ARCHIVIST, one.id, Event.CHECK, one.version, GENUINE)
    names = ("clerk",) if own else ("archivist", "archives")
    given = {"version": one.version, "reason": "缺页"}
    assert served.at_once(names, [f"{word}/{one.id}/{event}"] * 50, given) == {200: 1, 409: 49}
    now = room.kind.cases.get(one.id).case
    assert [move.event for move in now.history].count(event) == 1
    assert room.kind.workflow.replayed(now.history, State(now.history[0].after)) is now.state
    assert {archive.kept_records.get(record).state for record in one.content.records} == {LIKE[State(now.state)]}


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


def test_the_policy_names_who_submits_and_who_checks(archive: Archive) -> None:
    """Clerks, HR and the archives office submit; the archives office alone checks (B3)."""
    may = {
        action: {name for name in CAST if archive.gate.decide(CAST[name], action).allowed}
        for action in (Action.SUBMIT, Action.CHECK_SUBMISSION)
    }
    assert may == {
        Action.SUBMIT: {"clerk", "hr", "archivist", "archives"},
        Action.CHECK_SUBMISSION: {"archivist", "archives"},
    }


def test_the_register_of_what_was_handed_over(archive: Archive, files: list[File]) -> None:
    """B3: who handed in what and who received it, in the usual columns; drafts stand in none, reading is an event."""
    one = batch(archive, files, [91, 78, 85])
    batch(archive, files[:1], [60], draft=True)
    archive.submissions.check_and_file(ARCHIVES, one.id, one.version, GENUINE)
    for person in (CAST["auditor"], ARCHIVIST):
        archive.accounts.create(SYSTEM, person.account, person.name, person.role, PASSWORD, person.department)
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "auditor", "password": PASSWORD}).json["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert f"{files[0].file_no}、" in client.get("/registers/submissions?department=north", headers=bearer).text
    sheet = load_workbook(io.BytesIO(client.post("/registers/submissions/export", headers=bearer).data)).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    assert head[:7] == ("序号", "移交时间", "移交部门", "移交人", "档案编号", "材料", "份数")
    assert [(row[2], row[5], row[6], row[9]) for row in rows] == [("北方客服部", "内部培训", "3", "已归档")]
    assert archive.handed["submissions"][1].read(ARCHIVIST, Wanted(file_no="KF-9")) == ([], None)
    assert archive.handed["supplements"][1].read(ARCHIVIST, Wanted()) == ([], None)
    actions = [event.action for event in archive.audit.trail.chain("account:auditor")]
    assert actions[-2:] == ["register.read", "register.exported"]
    for name in ("clerk", "head", "hr", "admin", "leadership"):
        with pytest.raises((Forbidden, NotFound)):
            archive.handed["submissions"][1].read(CAST[name], Wanted())


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


def test_a_record_says_where_it_came_from(archive: Archive, files: list[File]) -> None:
    """P2: its submission, who submitted, who checked and verified it, and when; by API and on its pages."""
    for person in (HR, ARCHIVIST, CLERK):
        archive.accounts.create(SYSTEM, person.account, person.name, person.role, PASSWORD, person.department)
    one = batch(archive, files[:1], [91])
    archive.submissions.check_and_file(ARCHIVIST, one.id, None, GENUINE)
    record_id = one.content.records[0]
    client = create_app(archive).test_client()
    for person in (HR, CLERK, ARCHIVIST):
        token = client.post("/api/v1/session", json={"username": person.account, "password": PASSWORD}).json["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        said = client.get(f"/api/v1/records/{record_id}", headers=bearer).json
        assert (said["case"], said["author"], said["checked_by"]) == (f"submissions/{one.id}", "clerk", "archivist")
        assert said["verification"]["at"].startswith("2026-03-02")
        (record,) = client.get(f"/api/v1/submissions/{one.id}", headers=bearer).json["records"]
        assert record["verification"] == said["verification"]
        if person is not HR:  # who is asked what for, on a page
            assert f"/submissions/{one.id}" in client.get(f"/records/{record_id}", headers=bearer).text
            page = client.get(f"/submissions/{one.id}", headers=bearer).text
            assert "钱芳" in page[page.index("属实") : page.index("经过")]


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


def test_what_was_found_false_is_told(archive: Archive, files: list[File]) -> None:
    """B2: the clerk and HR hear that something filed was found false, and find it in the case; nobody hears of none."""
    archive.accounts.create(SYSTEM, "hr", "孙丽", HR.role, PASSWORD, HR.department)
    one, fine = batch(archive, files, [91, 78, 85]), batch(archive, files[:1], [70])
    rows = [{"id": one.content.records[1], "verdict": "false", "reason": "证书编号查无此证"}]
    archive.submissions.check_and_file(ARCHIVIST, one.id, None, {**GENUINE, "records": rows})
    archive.submissions.check_and_file(ARCHIVIST, fine.id, None, GENUINE)
    told = [[(notice.case, notice.event) for notice, _ in archive.work.notices(who)] for who in (CLERK, HR)]
    assert told == [[(fine.id, "file"), (one.id, "false")], [(one.id, "false")]]
    seen = archive.submissions.get(HR, one.id)
    assert [record.verification.verdict for record in seen.records] == ["verified", "false", "verified"]


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


def test_a_transfer_leaves_an_authors_unfiled_records_to_them(archive: Archive, files: list[File]) -> None:
    """B3: when the agent moves to another department, what came back and a draft are still their author's to mend;
    what is filed goes with the file."""
    one, draft = batch(archive, files[:1], [91]), batch(archive, files[:1], [60], draft=True)
    archive.submissions.take(ARCHIVIST, one.id, Event.SEND_BACK, None, {"reason": "缺少成绩单"})
    archive.files.edit(HR, files[0].file_no, archive.files.get(HR, files[0].file_no).version, {"department": "south"})
    back = archive.submissions.get(CLERK, one.id)
    assert len(back.records) == len(archive.submissions.get(CLERK, draft.id).records) == 1
    record = back.records[0]
    assert archive.records.head(CLERK, record.id).name == files[0].name
    archive.records.edit(CLERK, record.id, record.version, {**COURSE, "score": 92})
    archive.scans.upload(CLERK, record.id, io.BytesIO(plate("成绩单")), "a.png")
    sent = archive.submissions.take(CLERK, one.id, Event.SUBMIT, back.version, {})
    archive.submissions.check_and_file(ARCHIVIST, one.id, sent.version, GENUINE)
    with pytest.raises(NotFound):
        archive.records.get(CLERK, record.id)


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
