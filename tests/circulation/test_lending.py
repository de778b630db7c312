"""Loans of paper originals, from the application to the check on return."""

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from service.app import create_app
from service.audit.trail import account_chain, file_chain
from service.bootstrap import Archive, build
from service.casework.waits import keys_of
from service.circulation.lending.register import Wanted
from service.circulation.lending.rules import Event
from service.clock import SetClock
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.person import SYSTEM, Person, Role
from tests.cast import CAST, PASSWORD
from tests.circulation.borrowing import CHECK, approved, asked, lent, step
from tests.scans.conftest import plate


def test_staff_borrow_with_two_signatures(archive: Archive, file: File) -> None:
    """L2: the department's head signs, then the archives office's head; the archivist hands over, and it is due."""
    loan = lent(archive, file)
    assert [move.event for move in loan.case.history] == ["create", "sign", "approve", "hand-over"]
    assert loan.case.due == loan.loan.until
    assert [one.original for one in archive.lending.out(CAST["archivist"], file.file_no)] == [file.file_no]
    assert list(archive.audit.trail.chain(file_chain(file.file_no)))[-1].action == "loans.hand-over"


def test_no_pledge_no_paper(archive: Archive, file: File) -> None:
    """K3: what is approved is handed over when its borrower has signed the pledge, and not before."""
    loan = step(archive, step(archive, asked(archive, file), "head", Event.SIGN), "archives", Event.APPROVE)
    with pytest.raises(Conflict, match="承诺书"):
        step(archive, loan, "archivist", Event.HAND_OVER)
    archive.pledging.sign(CAST["clerk"], 1)
    assert step(archive, loan, "archivist", Event.HAND_OVER).case.state == "lent"


def test_an_archivist_borrows_under_an_agreement_that_holds(archive: Archive, file: File) -> None:
    """K3: who keeps the archives signs no pledge; without an agreement, or once it ran out, they get no paper."""
    archive.accounts.create(SYSTEM, "archivist2", "白露", Role.ARCHIVIST, PASSWORD, "north")
    borrower, today = Person("archivist2", "白露", Role.ARCHIVIST, "north"), archive.clock.today()
    given = {"items": file.file_no, "reason": "核对装订", "until": (today + timedelta(days=3)).isoformat()}
    loan = archive.lending.ask(borrower, given)
    loan = step(archive, step(archive, loan, "head", Event.SIGN), "archives", Event.APPROVE)
    assert loan.unsigned == "agreement"
    with pytest.raises(Conflict, match="保密协议"):
        step(archive, loan, "archivist", Event.HAND_OVER)
    archive.care.add_keeper(CAST["archives"], "archivist2")
    agreed = {"agreed": today.isoformat(), "expires": (today + timedelta(days=1)).isoformat()}
    archive.care.note_agreement(CAST["archives"], "archivist2", agreed)
    assert archive.lending.get(borrower, loan.case.id).unsigned is None
    later = build(archive.settings, archive.store, SetClock(archive.clock.now() + timedelta(days=2)))
    assert later.lending.get(borrower, loan.case.id).unsigned == "agreement"
    assert step(archive, loan, "archivist", Event.HAND_OVER).case.state == "lent"


def test_an_organisation_borrows_with_the_general_manager(archive: Archive, file: File) -> None:
    """L1: the archivist enters the application and scans its letter; leadership reads it and approves, nobody else.

    K3: its bearer signs the pledge on the slip before the paper is handed over.
    """
    loan = asked(archive, file, "archivist", organisation="市社会保险中心", bearer="何某")
    with pytest.raises(Forbidden):
        step(archive, loan, "archives", Event.APPROVE)
    with pytest.raises(Conflict, match="书面申请"):
        step(archive, loan, "leadership", Event.APPROVE)
    with pytest.raises(Invalid) as refused:
        archive.letters.keep(CAST["archivist"], loan, None)
    assert [fault.name for fault in refused.value.fields] == ["file"]
    sent = plate("关于借阅档案的函")
    with pytest.raises(Forbidden):
        archive.letters.keep(CAST["clerk"], loan, io.BytesIO(sent))
    archive.letters.keep(CAST["archivist"], loan, io.BytesIO(sent))
    with pytest.raises(Conflict, match="已经上传"):
        archive.letters.keep(CAST["archivist"], loan, io.BytesIO(plate("另一份")))
    leader = CAST["leadership"]
    media_type, content = archive.letters.read(leader, archive.lending.get(leader, loan.case.id))
    assert (media_type, b"".join(content)) == ("image/png", sent)
    actions = [event.action for event in archive.audit.trail.chain(file_chain(file.file_no))]
    assert actions[-2:] == ["loans.letter-kept", "loans.letter-read"]
    assert step(archive, loan, "leadership", Event.APPROVE).case.state == "approved"
    with pytest.raises(Invalid) as refused:
        step(archive, loan, "archives", Event.HAND_OVER)
    assert [fault.name for fault in refused.value.fields] == ["signed"]
    assert archive.lending.slip(CAST["archives"], loan.case.id)[1] == archive.pledging.read(leader).text.text
    assert step(archive, loan, "archives", Event.HAND_OVER, signed="yes").loan.signed
    with pytest.raises(Forbidden):
        asked(archive, file, "clerk", organisation="市社会保险中心", bearer="何某")


def test_the_register_is_searched_and_exported(archive: Archive, file: File) -> None:
    """L3: borrower, times, due date and check stand in it, for whom it is open, by file, department and what is out."""
    loan = lent(archive, file)
    other = archive.opening.open(
        CAST["hr"], {"name": "田文", "department": "south", "post": "客服专员", "hire_date": "2022-05-01"}
    )
    asked(archive, other, "head2")  # never handed over: not in it
    auditor = CAST["auditor"]
    (line,) = archive.loans.read(auditor, Wanted(out=True))[0]
    assert (line.kept.case.id, line.by, line.returned) == (loan.case.id, "archivist", None)
    step(archive, step(archive, loan, "archivist", Event.RETURN), "archivist", Event.CLOSE, **CHECK)
    assert archive.loans.read(auditor, Wanted(out=True))[0] == []
    assert archive.loans.read(auditor, Wanted(file_no=other.file_no))[0] == []
    assert archive.loans.read(auditor, Wanted(department="south"))[0] == []
    archive.accounts.create(SYSTEM, "auditor", "褚明", Role.AUDITOR, PASSWORD, "office")
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "auditor", "password": PASSWORD}).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert "完好" in client.get(f"/registers/loans?file_no={file.file_no}", headers=headers).text
    sheet = load_workbook(io.BytesIO(client.post("/registers/loans/export", headers=headers).data)).worksheets[0]
    assert [cell.value for cell in sheet[2]][2:5] == ["北方客服部", file.file_no, "工伤认定需要原件"]
    assert sheet.max_row == 2
    actions = [event.action for event in archive.audit.trail.chain(account_chain("auditor"))]
    assert actions[-2:] == ["register.read", "register.exported"]
    with pytest.raises(Forbidden):
        archive.loans.read(CAST["clerk"], Wanted())


def test_an_extension_is_asked_for_before_the_due_date(archive: Archive, file: File) -> None:
    """L5: asked for in time it is approved and moves the due date; on the due date it is too late; it has its limit."""
    loan = lent(archive, file)
    for number in range(2):
        later = (loan.loan.until + timedelta(days=5)).isoformat()
        step(archive, loan, "clerk", Event.EXTEND, until=later)
        loan = step(archive, loan, "archives", Event.GRANT_EXTENSION)
        assert (loan.case.due.isoformat(), loan.loan.extensions) == (later, number + 1)
    with pytest.raises(Conflict, match="不能再续借"):
        step(archive, loan, "clerk", Event.EXTEND, until=(loan.loan.until + timedelta(days=5)).isoformat())


def test_how_long_a_loan_and_an_extension_may_be(archive: Archive, file: File) -> None:
    """L5: what the company set bounds both."""
    _, version = archive.administration.settings(CAST["admin"])
    archive.administration.change_settings(CAST["admin"], {"longest_loan_days": "5"}, version)
    today = archive.clock.today()
    with pytest.raises(Invalid) as refused:
        asked(archive, file, until=(today + timedelta(days=6)).isoformat())
    assert [(fault.name, fault.values) for fault in refused.value.fields] == [("until", {"days": 5})]
    loan = lent(archive, file, until=(today + timedelta(days=5)).isoformat())
    with pytest.raises(Invalid) as refused:
        step(archive, loan, "clerk", Event.EXTEND, until=(today + timedelta(days=11)).isoformat())
    assert [(fault.name, fault.values) for fault in refused.value.fields] == [("until", {"days": 5})]
    assert step(archive, loan, "clerk", Event.EXTEND, until=(today + timedelta(days=10)).isoformat()).loan.wanted


def test_on_the_due_date_it_is_too_late(archive: Archive, file: File) -> None:
    """L5: a loan that falls due today is given back, or overdue; it is not extended."""
    loan = step(archive, asked(archive, file, until=archive.clock.today().isoformat()), "head", Event.SIGN)
    step(archive, loan, "archives", Event.APPROVE)
    archive.pledging.sign(CAST["clerk"], 1)
    step(archive, loan, "archivist", Event.HAND_OVER)
    with pytest.raises(Conflict, match="到期"):
        step(archive, loan, "clerk", Event.EXTEND, until=(archive.clock.today() + timedelta(days=3)).isoformat())


def test_damage_and_loss_name_who_answers(archive: Archive, file: File) -> None:
    """L6: the check on return says what is damaged and who answers for it; what is lost is lent to nobody."""
    loan = step(archive, lent(archive, file), "archivist", Event.RETURN)
    with pytest.raises(Invalid) as refused:
        step(archive, loan, "archivist", Event.CLOSE, condition="lost", pages="0")
    assert {fault.name for fault in refused.value.fields} == {"note", "answers"}
    closed = step(archive, loan, "archivist", Event.CLOSE, condition="lost", pages="0", note="途中遗失", answers="周文")
    assert closed.loan.check.answers == "周文"
    assert archive.lending.out(CAST["archivist"], file.file_no)[0].lost
    with pytest.raises(Conflict):
        step(archive, approved(archive, file, "head"), "archivist", Event.HAND_OVER)


def test_no_two_steps_by_one_person(archive: Archive, file: File) -> None:
    """The archives head who approved does not hand over as well (L2)."""
    loan = approved(archive, file)
    with pytest.raises(Forbidden, match="同一人"):
        step(archive, loan, "archives", Event.HAND_OVER)


def test_a_loan_is_known_to_those_with_a_hand_in_it(archive: Archive, file: File) -> None:
    """The requester, their head and the archives office see a loan; others are told that there is none."""
    loan = asked(archive, file)
    for name in ("clerk", "head", "archivist", "auditor"):
        assert archive.lending.get(CAST[name], loan.case.id).case.id == loan.case.id
    for name in ("head2", "admin", "stranger", "agent"):
        with pytest.raises(NotFound):
            archive.lending.get(CAST[name], loan.case.id)
    assert [one.case for key in keys_of(CAST["head"]) for one in archive.waits.of(key)] == [loan.case.id]
    assert not [one for key in keys_of(Person("x", "x", Role.HEAD, "south")) for one in archive.waits.of(key)]


def test_whether_a_file_exists_is_not_told(archive: Archive, file: File) -> None:
    """A number that no file has is taken like any other; the archives office finds nothing to approve."""
    loan = step(archive, asked(archive, file, items="KF-1999-99999"), "head", Event.SIGN)
    assert loan.case.files == ()
    with pytest.raises(Invalid):
        step(archive, loan, "archives", Event.APPROVE)
