"""Requests to view on the real store: who asks, signs, grants, and what each may know."""

from datetime import timedelta

import pytest

from service.access.grants import Purpose
from service.app import create_app
from service.audit.trail import account_chain, file_chain
from service.bootstrap import Archive, build
from service.circulation.viewing.rules import Event, State
from service.clock import SetClock
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.person import SYSTEM, Person, Role
from service.store.connection import Store
from tests.cast import CAST, PASSWORD
from tests.circulation.conftest import Ask, Take


def test_an_application_is_signed_and_granted(archive: Archive, ask: Ask, take: Take, file: File) -> None:
    """V2: the clerk asks, their head signs, the archives office grants; each step is an event on the file's chain."""
    asked = ask()
    assert asked.open == (Event.WITHDRAW,)
    signed = take("head", asked, "sign")
    granted = take("archivist", signed, "grant", categories=["appraisal"])
    assert (granted.case.state, granted.asked.categories) == (State.GRANTED, ("appraisal",))
    assert granted.asked.purpose is Purpose.APPRAISAL
    assert [(move.event, move.by) for move in granted.case.history] == [
        ("create", "clerk"), ("sign", "head"), ("grant", "archivist"),
    ]  # fmt: skip
    actions = [event.action for event in archive.audit.trail.chain(file_chain(file.file_no))]
    assert actions[-3:] == ["view_requests.create", "view_requests.sign", "view_requests.grant"]
    assert archive.viewing.get(CAST["clerk"], asked.case.id).asked == granted.asked


@pytest.mark.parametrize(("asked", "given", "field"), [
    ({}, {"purpose": "business"}, "purpose"),
    ({}, {"until": "later"}, "until"),
    ({"categories": ["appraisal"]}, {"categories": ["appraisal", "basic"]}, "categories"),
    ({"categories": ["appraisal"]}, {"categories": []}, "categories"),
    ({"records": ["a" * 24]}, {"records": ["b" * 24]}, "records"),
    ({"pages": [f"{'a' * 24}/1"]}, {"pages": [f"{'a' * 24}/2"]}, "pages"),
    ({}, {"masked": False}, "masked"),
    ({"masked": False}, {"masked": False, "original": True}, "original"),
])  # fmt: skip
def test_a_grant_widens_nothing_that_was_signed(
    archive: Archive, ask: Ask, take: Take, asked: dict[str, object], given: dict[str, object], field: str
) -> None:
    """V2: the office grants what the head signed, or less; more is refused by its field, and no pass comes of it."""
    if "until" in given:
        given = {"until": (archive.clock.now() + timedelta(days=2)).isoformat()}
    signed = take("head", ask(**asked), "sign")
    with pytest.raises(Invalid) as refused:
        take("archivist", signed, "grant", **given)
    assert [fault.name for fault in refused.value.fields] == [field]
    assert archive.passes.of("clerk") == ()


def test_a_grant_keeps_what_was_asked_for(archive: Archive, ask: Ask, take: Take) -> None:
    """V2, V5: single pages that are picked of one record stay within it, and a pass begins with its grant."""
    signed = take("head", ask(records=["a" * 24]), "sign")
    granted = take("archivist", signed, "grant", records=[], pages=[f"{'b' * 24}/1"])
    (held,) = archive.passes.of("clerk")
    assert (held.records, held.pages) == (("a" * 24,), (f"{'b' * 24}/1",))
    assert held.start >= granted.case.history[-2].at


def test_who_knows_of_a_request(archive: Archive, ask: Ask) -> None:
    """The requester, their head and the archives office know of it; to all others there is no such request."""
    case_id = ask().case.id

    def knows(name: str) -> bool:
        try:
            archive.viewing.get(CAST[name], case_id)
        except NotFound:
            return False
        return True

    assert {name for name in CAST if knows(name)} == {"clerk", "head", "archivist", "archives"}


@pytest.mark.parametrize("name", ["agent", "archivist", "archives", "admin", "auditor", "stranger"])
def test_who_may_not_ask(ask: Ask, name: str) -> None:
    """V2: staff ask for their work; agents not for others' files, and those without a role for nothing."""
    with pytest.raises((Forbidden, NotFound)):
        ask(CAST[name])


def test_an_unknown_number_is_asked_for_like_any_other(
    archive: Archive, store: Store, ask: Ask, take: Take, file: File
) -> None:
    """Who may not know of a file is answered alike whether it exists or not, and no number is used up by asking."""
    south = Person("clerk2", "方南", Role.CLERK, "south")
    there, nowhere = ask(south), ask(south, files=["KF-2021-00002"])
    for one, number in ((there, file.file_no), (nowhere, "KF-2021-00002")):
        assert (one.case.state, one.asked.named, dict(one.files)) == (State.ASKED, (number,), {})
    assert archive.audit.trail.head(file_chain("KF-2021-00002"))[0] == 0
    assert [event.action for event in archive.audit.trail.chain(account_chain("clerk2"))] == ["view_requests.create"]
    signed = take("head2", nowhere, "sign")
    with pytest.raises(Invalid):
        take("archivist", signed, "grant")
    assert take("archivist", signed, "refuse", note="没有这份档案").case.state is State.REFUSED


def test_a_heads_own_application_goes_straight_to_the_archives_office(ask: Ask, take: Take) -> None:
    """Nobody signs for themselves: a head's application waits for the archives office at once."""
    asked = ask(CAST["head"])
    assert asked.case.state is State.SIGNED
    with pytest.raises(Forbidden):
        take("head", asked, "grant")
    assert take("archives", asked, "grant").case.state is State.GRANTED


def test_a_relatives_file_is_handled_by_others(archive: Archive, ask: Ask, take: Take, file: File) -> None:
    """Nobody signs or grants a request about their own or a relative's file."""
    signed = take("head", ask(), "sign")
    archive.store.transact(lambda tx: archive.relations.keep_relatives(tx, "archivist", [file.file_no]))
    with pytest.raises(Forbidden, match="亲属"):
        take("archivist", signed, "grant")
    assert take("archives", signed, "grant").case.state is State.GRANTED


def test_a_refusal_says_why(ask: Ask, take: Take) -> None:
    """Without a reason nothing is refused; with one the requester reads it, and no further step is there."""
    asked = ask()
    with pytest.raises(Invalid):
        take("head", asked, "refuse", note=" ")
    refused = take("head", asked, "refuse", note="与工作无关")
    assert refused.case.history[-1].note == "与工作无关"
    with pytest.raises(Conflict):
        take("archivist", refused, "grant")


@pytest.mark.parametrize(("field", "value"), [
    ("files", ""), ("files", ["x y"]), ("files", [f"KF-{n}" for n in range(21)]), ("purpose", "curiosity"),
    ("reason", ""), ("until", "soon"), ("until", "2020-01-01"), ("until", "2199-01-01"), ("categories", ["secrets"]),
    ("pages", ["1"]), ("original", True),
])  # fmt: skip
def test_what_an_application_must_say(ask: Ask, field: str, value: object) -> None:
    """V2, V5: each wrong field is named; nobody asks for longer than the company allows, nor for a masked original."""
    with pytest.raises(Invalid) as refused:
        ask(**{field: value})
    assert {fault.name for fault in refused.value.fields} == {field}


def test_what_was_typed_lies_sealed(store: Store, ask: Ask) -> None:
    """The reason does not stand in the document in clear."""
    ask(reason="与劳动仲裁有关")
    assert "仲裁" not in str(store.collection("view_requests").find_one())


def test_my_work_names_what_was_asked_for(archive: Archive, ask: Ask, file: File) -> None:
    """Neither the requester's list nor the head's tells which of the numbers there are."""
    named = (file.file_no, "KF-2021-00099")
    ask(files=list(named))
    ask(files=[named[1]])
    assert [line.files for line in archive.work.of(CAST["head"]).waiting] == [named, named[1:]]
    assert [line.files for line in archive.work.of(CAST["clerk"]).asked] == [named[1:], named]


def test_my_work_begins_a_viewing_while_its_pass_opens(archive: Archive, ask: Ask, take: Take) -> None:
    """What is granted has its verb in its requester's list until the pass is taken back."""
    granted = take("archivist", take("head", ask(), "sign"), "grant")

    def line() -> tuple[str, str]:
        (found,) = archive.work.of(archive.passes.equipped(CAST["clerk"])).asked
        return found.verb, found.page

    assert line() == ("开始查阅", "desk.begin_viewing")
    take("archivist", granted, "revoke", note="用途已变")
    assert line() == ("", "")


def test_a_pass_that_has_run_out_is_shown_as_over(archive: Archive, ask: Ask, take: Take) -> None:
    """V5: from its end on a granted request says that it is over, in my work and in the list, and opens nothing."""
    take("archivist", take("head", ask(), "sign"), "grant")
    (running,) = archive.work.of(archive.passes.equipped(CAST["clerk"])).asked
    assert running.state == "granted"
    later = build(archive.settings, archive.store, SetClock(archive.clock.now() + timedelta(days=2)))
    (over,) = later.work.of(later.passes.equipped(CAST["clerk"])).asked
    assert (over.state, over.verb, over.page) == ("ended", "", "")
    clerk = CAST["clerk"]
    later.accounts.create(SYSTEM, clerk.account, clerk.name, clerk.role, PASSWORD, clerk.department)
    client = create_app(later).test_client()
    token = client.post("/api/v1/session", json={"username": "clerk", "password": PASSWORD}).json["token"]
    page = client.get("/view-requests", headers={"Authorization": f"Bearer {token}"}).text
    assert ("已到期" in page, "可查阅" in page) == (True, False)
