"""Handing in, filing and sending back on the real store (B3, P2)."""

import io

import pytest
from openpyxl import load_workbook

from indexer.follow import Follower
from service.access.policy import Action
from service.app import create_app
from service.bootstrap import Archive
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.fulltext.port import Kind
from service.intake.submissions.register import Wanted
from service.intake.submissions.rules import Event, State, spread
from service.person import SYSTEM
from service.records.rules import Event as RecordEvent
from service.records.rules import State as RecordState
from service.records.rules import Verdict
from tests.cast import CAST, PASSWORD
from tests.intake.submissions.conftest import (
    ARCHIVES,
    ARCHIVIST,
    CLERK,
    COURSE,
    GENUINE,
    HR,
    LIKE,
    batch,
    promoted,
    prove,
    states,
)
from tests.scans.conftest import plate
from tests.serving import Served


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
