"""What the archives office finds of what was handed in, and when it must look again (B2)."""

import io

import pytest

from service.bootstrap import Archive
from service.errors import Conflict, Forbidden, Invalid
from service.files.rules import File
from service.intake.submissions.rules import Event, State, spread
from service.person import SYSTEM
from service.records.rules import State as RecordState
from service.records.rules import Verdict
from service.scans.rules import State as Read
from tests.cast import PASSWORD
from tests.intake.submissions.conftest import (
    ARCHIVES,
    ARCHIVIST,
    CLERK,
    COURSE,
    GENUINE,
    HR,
    batch,
    promoted,
    prove,
    states,
)
from tests.scans.conftest import plate


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
