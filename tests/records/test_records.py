"""Records on the real store: adding, checking, versions, masks, and who sees what."""

import pytest
from cryptography.exceptions import InvalidTag

from service.bootstrap import Archive
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.records.rules import Event, Record, State, changes
from tests.cast import CAST, holding

HR, CLERK, ARCHIVIST = CAST["hr"], CAST["clerk"], CAST["archivist"]
COURSE = {"date": "2025-05-06", "course": "投诉处理", "score": "92.5"}
ID_NUMBER = "990101199003071237"


@pytest.fixture
def file(archive: Archive) -> File:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(HR, given)


def test_a_keeper_files_at_once_and_a_clerk_hands_in(archive: Archive, file: File) -> None:
    """HR's records are filed; a clerk's wait to be checked (B3)."""
    assert archive.records.add(HR, file.file_no, "training", "internal", COURSE).state is State.FILED
    assert archive.records.add(CLERK, file.file_no, "training", "internal", COURSE).state is State.SUBMITTED


def test_checking(archive: Archive, file: File) -> None:
    """The archives office sends back with a reason, the clerk mends and hands in again, and it is filed."""
    record = archive.records.add(CLERK, file.file_no, "training", "internal", COURSE)
    with pytest.raises(Invalid):
        archive.records.move(ARCHIVIST, record.id, 1, Event.SEND_BACK)
    archive.records.move(ARCHIVIST, record.id, 1, Event.SEND_BACK, "缺少成绩单")
    assert archive.records.get(CLERK, record.id).note == "缺少成绩单"
    archive.records.edit(CLERK, record.id, 2, {**COURSE, "score": 93})
    archive.records.move(CLERK, record.id, 3, Event.SUBMIT)
    assert archive.records.move(ARCHIVIST, record.id, 4, Event.FILE).state is State.FILED
    with pytest.raises(Conflict):
        archive.records.move(ARCHIVIST, record.id, 5, Event.FILE)


def test_nobody_checks_their_own(archive: Archive, file: File) -> None:
    """Who handed a record in may not file it, whatever their role."""
    record = archive.records.add(HR, file.file_no, "training", "internal", COURSE, draft=True)
    archive.records.move(HR, record.id, 1, Event.SUBMIT)
    with pytest.raises(Forbidden):
        archive.records.move(HR, record.id, 2, Event.FILE)


def test_verification_needs_a_reason_for_doubt(archive: Archive, file: File) -> None:
    """A record is verified by a keeper; doubt and falsehood need a reason (B2)."""
    record = archive.records.add(HR, file.file_no, "training", "internal", COURSE)
    with pytest.raises(Invalid):
        archive.records.verify(ARCHIVIST, record.id, 1, "false")
    checked = archive.records.verify(ARCHIVIST, record.id, 1, "doubtful", "印章不清")
    assert archive.records.get(HR, checked.id).verification.by == "archivist"
    with pytest.raises(NotFound):
        archive.records.verify(CLERK, record.id, 2, "verified")


def test_every_version_is_kept(archive: Archive, file: File) -> None:
    """Each edit keeps the version before, and a lost race shows what stands there."""
    record = archive.records.add(HR, file.file_no, "training", "internal", COURSE)
    archive.records.edit(HR, record.id, 1, {**COURSE, "score": 95})
    with pytest.raises(Conflict) as lost:
        archive.records.edit(HR, record.id, 1, {**COURSE, "score": 50})
    assert lost.value.current.fields["score"] == 95
    assert [one.fields["score"] for one in archive.records.versions(HR, record.id)] == [92.5]


def test_who_sees_what(archive: Archive, file: File) -> None:
    """A head sees filed records masked and with a pass alone, the clerk their own, the agent no opinions (V1, V2)."""
    identity = {"name": "林晓", "id_number": ID_NUMBER}
    archive.records.add(HR, file.file_no, "basic", "identity", identity)
    opinion = {"source": "colleague", "date": "2025-01-05", "opinion": "认真负责"}
    archive.records.add(HR, file.file_no, "appraisal", "opinion", opinion)
    archive.records.add(CLERK, file.file_no, "training", "internal", COURSE)
    archive.records.add(CLERK, file.file_no, "training", "internal", COURSE, draft=True)

    def seen(name: str) -> list[str]:
        return [f"{r.subcategory}/{r.state}" for r in archive.records.of_file(CAST[name], file.file_no)]

    assert seen("hr") == ["identity/filed", "internal/submitted", "opinion/filed"]
    assert seen("head") == []
    assert seen("clerk") == ["internal/submitted", "internal/draft"]
    assert seen("agent") == ["identity/filed"]
    passed = archive.records.of_file(holding(archive, "head", file.file_no), file.file_no)
    assert [record.subcategory for record in passed] == ["identity", "opinion"]
    masked = passed[0]
    assert masked.fields["id_number"] != ID_NUMBER
    assert archive.records.of_file(HR, file.file_no)[0].fields["id_number"] == ID_NUMBER


def test_the_head_of_the_file_follows_its_identity(archive: Archive, file: File) -> None:
    """A filed identity's new name is the file's name, and its ID number is unique in the archive."""
    record = archive.records.add(HR, file.file_no, "basic", "identity", {"name": "林晓", "id_number": ID_NUMBER})
    archive.records.edit(HR, record.id, 1, {"name": "林晓晓", "id_number": ID_NUMBER})
    assert archive.files.get(HR, file.file_no).name == "林晓晓"
    given = {"name": "别人", "department": "north", "post": "客服", "hire_date": "2022-01-01"}
    with pytest.raises(Invalid):
        archive.opening.open(HR, {**given, "id_number": ID_NUMBER})


def test_an_id_number_stays_taken_while_a_record_of_it_stands(archive: Archive, file: File) -> None:
    """A second identity record without a number frees it for nobody; only where the one that has it is found false, or
    changed, may another file be opened with it, and then the first file cannot have it back."""
    identity, given = (
        ("basic", "identity"),
        {"name": "别人", "department": "north", "post": "客服", "hire_date": "2022-01-01"},
    )
    first = archive.records.add(HR, file.file_no, *identity, {"name": "林晓", "id_number": ID_NUMBER})
    second = archive.records.add(HR, file.file_no, *identity, {"name": "林晓"})
    archive.records.edit(HR, second.id, 1, {"name": "林晓", "ethnicity": "汉族"})
    archive.records.verify(ARCHIVIST, second.id, 2, "verified")
    with pytest.raises(Invalid):
        archive.opening.open(HR, {**given, "id_number": ID_NUMBER})
    archive.records.verify(ARCHIVIST, first.id, 1, "false", "证件系伪造")
    archive.opening.open(HR, {**given, "id_number": ID_NUMBER})
    with pytest.raises(Invalid):
        archive.records.verify(ARCHIVIST, first.id, 2, "verified")


def test_the_birth_is_that_of_the_identity_that_stands(archive: Archive, file: File) -> None:
    """Dates are held against the last filed identity record that is not false, whose ID number tells it, too."""
    archive.records.add(HR, file.file_no, "basic", "identity", {"name": "林晓", "birth_date": "1960-01-01"}, draft=True)
    wrong = archive.records.add(HR, file.file_no, "basic", "identity", {"name": "林晓", "birth_date": "2001-01-01"})
    school = {"level": "本科", "school": "某大学", "graduation_date": "1999-07-01"}
    with pytest.raises(Invalid):
        archive.records.add(HR, file.file_no, "basic", "education", school)
    archive.records.verify(ARCHIVIST, wrong.id, 1, "false", "年份有误")
    archive.records.add(HR, file.file_no, "basic", "identity", {"name": "林晓", "id_number": ID_NUMBER})
    archive.records.add(HR, file.file_no, "basic", "education", school)
    with pytest.raises(Invalid):
        archive.records.add(HR, file.file_no, "basic", "education", {**school, "graduation_date": "1989-07-01"})


def test_a_birth_that_comes_late_is_held_against_what_followed_it(archive: Archive, file: File) -> None:
    """A birth date may lie neither behind a graduation or a hire that the file has, nor may an ID number say so."""
    school = {"level": "本科", "school": "某大学", "graduation_date": "1989-07-01"}
    archive.records.add(HR, file.file_no, "basic", "education", school)
    with pytest.raises(Invalid) as refused:
        archive.records.add(HR, file.file_no, "basic", "identity", {"name": "林晓", "birth_date": "1990-03-07"})
    assert [str(fault) for fault in refused.value.fields] == ["出生日期晚于毕业时间：请检查年份"]
    with pytest.raises(Invalid) as refused:
        archive.records.add(HR, file.file_no, "basic", "identity", {"name": "林晓", "id_number": ID_NUMBER})
    assert [fault.name for fault in refused.value.fields] == ["id_number"]
    fresh = {"name": "王小满", "department": "north", "post": "客服", "hire_date": "1989-01-01"}
    with pytest.raises(Invalid):
        archive.opening.open(HR, {**fresh, "id_number": ID_NUMBER})
    other = archive.opening.open(HR, fresh)
    with pytest.raises(Invalid):
        archive.records.add(HR, other.file_no, "basic", "identity", {"name": "王小满", "birth_date": "1990-03-07"})


def test_graduation_is_held_against_the_birth_date(archive: Archive, file: File) -> None:
    """A diploma dated before the agent's birth is refused by its field."""
    archive.records.add(HR, file.file_no, "basic", "identity", {"name": "林晓", "birth_date": "1990-03-07"})
    given = {"level": "本科", "school": "某大学", "graduation_date": "1989-07-01"}
    with pytest.raises(Invalid) as refused:
        archive.records.add(HR, file.file_no, "basic", "education", given)
    assert [fault.name for fault in refused.value.fields] == ["graduation_date"]


def test_binding_order(archive: Archive, file: File) -> None:
    """Records come by category, and within one by date (policy §2)."""
    archive.records.add(HR, file.file_no, "training", "internal", {**COURSE, "date": "2025-05-06"})
    archive.records.add(HR, file.file_no, "training", "internal", {**COURSE, "date": "2022-01-01"})
    archive.records.add(HR, file.file_no, "basic", "contact", {"mobile": "13812345678"})
    dates = [(r.category, r.date) for r in archive.records.of_file(HR, file.file_no)]
    assert dates == [("basic", ""), ("training", "2022-01-01"), ("training", "2025-05-06")]


@pytest.mark.parametrize("date", ["abcdefghij", "2025-13-01", "张三的秘密"])
def test_a_date_that_is_none_is_refused(archive: Archive, file: File, date: str) -> None:
    """The date of a record whose fields have none is a day, or it is refused by its name."""
    with pytest.raises(Invalid) as refused:
        archive.records.add(HR, file.file_no, "basic", "contact", {"mobile": "13812345678"}, date=date)
    assert [fault.name for fault in refused.value.fields] == ["date"]


def test_the_reason_of_a_verification_is_masked_too(archive: Archive, file: File) -> None:
    """A number typed into the reason is starred for a masked reader, as it is everywhere else."""
    record = archive.records.add(HR, file.file_no, "training", "internal", COURSE)
    archive.records.verify(ARCHIVIST, record.id, 1, "doubtful", f"与 {ID_NUMBER} 不符")
    assert ID_NUMBER not in archive.records.get(holding(archive, "head", file.file_no), record.id).verification.reason
    assert ID_NUMBER in archive.records.get(HR, record.id).verification.reason


CASE = {"customer": "工单 7", "date": "2025-05-12", "what": "回访不及时"}


def test_a_group_is_sealed_value_by_value(archive: Archive, file: File) -> None:
    """The rows' shape stays visible in the store, their values do not, and none opens in another's place."""
    given = {"period": "2025-Q2", "number": 2, "cases": [CASE, {**CASE, "customer": "工单 8"}]}
    record = archive.records.add(HR, file.file_no, "performance", "complaints", given)
    assert archive.records.get(HR, record.id).fields["cases"] == given["cases"]
    kept = archive.store.db["records"].find_one({})["fields"]["cases"]
    assert [set(row) for row in kept] == [set(CASE)] * 2
    assert all(isinstance(value, bytes) for row in kept for value in row.values())
    archive.store.db["records"].update_one({}, {"$set": {"fields.cases": kept[::-1]}})
    with pytest.raises(InvalidTag):
        archive.records.get(HR, record.id)


def test_a_former_text_can_be_changed(archive: Archive, file: File) -> None:
    """A record from when renewals were a text is read as a row, edited, and its old version still shows the text."""
    record = archive.records.add(HR, file.file_no, "onboarding", "contract", {"number": "1", "start": "2021-03-01"})
    sealed = archive.keys.cipher(file.file_no).seal(f"records/{record.id}/fields/renewals", "续签三年")
    archive.store.db["records"].update_one({}, {"$set": {"fields.renewals": sealed}})
    old = archive.records.for_edit(HR, record.id)
    assert old.fields["renewals"] == [{"note": "续签三年"}]
    rows = [{"start": "2024-03-01", "note": "续签三年"}]
    archive.records.edit(HR, record.id, 1, {**old.fields, "renewals": rows})
    assert archive.records.get(HR, record.id).fields["renewals"] == rows
    assert archive.records.versions(HR, record.id)[0].fields["renewals"] == [{"note": "续签三年"}]


def test_each_version_says_what_it_changed(archive: Archive, file: File) -> None:
    """Values, state and verdict, each as it was and as it became, by whom and when, the newest version first (P2)."""
    hr = CAST["hr"]
    made = archive.records.add(hr, file.file_no, "training", "internal", {"date": "2025-05-06", "course": "投诉处理"})
    archive.records.edit(hr, made.id, 1, {"date": "2025-05-06", "course": "服务礼仪"})
    now = archive.records.verify(CAST["archivist"], made.id, 2, "doubtful", "成绩单缺章")
    sub = archive.catalogue.subcategory("training", "internal")
    verified, edited = changes(sub, [now, *archive.records.versions(hr, made.id)])
    assert (verified.version, verified.fields, verified.verdict) == (3, (), (None, "doubtful"))
    assert [(field.name, before, after) for field, before, after in edited.fields] == [
        ("course", "投诉处理", "服务礼仪")
    ]
    assert edited.verdict is None
    assert [one.by for one in (verified, edited)] == ["archivist", "hr"]
    assert made.made_at <= edited.at <= verified.at


def test_a_draft_may_be_unfinished(archive: Archive, file: File) -> None:
    """It is kept with what is there, which must be right, and is handed in when nothing that is required is missing."""
    draft = archive.receiving.add(CLERK, file.file_no, "training", "internal", {"course": "投诉处理"}, draft=True)
    with pytest.raises(Invalid):
        archive.receiving.add(CLERK, file.file_no, "training", "internal", {"date": "五月"}, draft=True)
    with pytest.raises(Invalid) as refused:
        archive.receiving.move(CLERK, draft.id, 1, Event.SUBMIT)
    assert [fault.name for fault in refused.value.fields] == ["date"]
    archive.records.edit(CLERK, draft.id, 1, {"course": "服务礼仪"})
    archive.records.edit(CLERK, draft.id, 2, COURSE)
    assert archive.receiving.move(CLERK, draft.id, 3, Event.SUBMIT).state is State.SUBMITTED


def test_nobody_verifies_their_own_or_a_relatives(archive: Archive, file: File) -> None:
    """B2: who wrote a record does not say that it is genuine, nor does whose file it is or a relative of theirs."""
    own = archive.records.add(ARCHIVIST, file.file_no, "training", "internal", COURSE)
    with pytest.raises(Forbidden, match="他人"):
        archive.records.verify(ARCHIVIST, own.id, 1, "verified")
    assert not archive.records.may_check(ARCHIVIST, own)
    archive.store.transact(lambda tx: archive.relations.keep_relatives(tx, "archives", [file.file_no]))
    with pytest.raises(Forbidden, match="亲属"):
        archive.records.verify(CAST["archives"], own.id, 1, "verified")
    assert archive.records.verify(HR, own.id, 1, "verified").verification.by == "hr"


def test_a_change_of_post_changes_the_files_post(archive: Archive, file: File) -> None:
    """P4: the last one by its date, once it is filed and was not found false; what was corrected by hand then stays."""

    def post() -> str:
        return archive.files.get(HR, file.file_no).post

    def promoted(date: str, to_post: str, **more: str) -> Record:
        fields = {"date": date, "to_post": to_post, **more}
        return archive.records.add(HR, file.file_no, "career", "promotion", fields)

    last = promoted("2025-05-01", "客服主管", from_post="客服专员")
    assert post() == "客服主管"
    promoted("2023-05-01", "客服组长")
    assert post() == "客服主管"
    archive.files.edit(HR, file.file_no, archive.files.get(HR, file.file_no).version, {"post": "客服主管（夜班）"})
    archive.records.verify(ARCHIVIST, last.id, None, "verified")
    assert post() == "客服主管（夜班）"
    archive.records.edit(HR, last.id, 2, {"date": "2025-05-01", "to_post": "客服经理"})
    assert post() == "客服经理"
    archive.records.add(HR, file.file_no, "career", "promotion", {"date": "2026-01-01", "to_post": "总监"}, draft=True)
    promoted("2025-09-01", "客服副经理", from_post="客服组长")  # from before the file was opened
    assert post() == "客服经理"
