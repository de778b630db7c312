"""Cases on the real store, with the table of the engine's own tests."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest

from service.access.policy import Action, Subject
from service.access.relations import Deputy
from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.casework.operations import Kind
from service.casework.repository import INDEXES, Cases, Kept
from service.casework.waits import keys_of
from service.errors import Conflict, Forbidden, NotFound
from service.files.rules import File
from service.person import SYSTEM
from service.store.connection import Store
from tests.cast import CAST, PASSWORD
from tests.workflow.test_engine import TABLE, Event, State


@dataclass(frozen=True)
class Errand:
    """What the cases of these tests are about."""

    reason: str


@pytest.fixture
def kind(archive: Archive, store: Store) -> Kind[Errand, State, Event]:
    store.create_indexes({"errands": INDEXES})
    cases = Cases(store, archive.keys, "errands", State, lambda said: Errand(**said))
    return Kind(cases, TABLE)


@pytest.fixture
def file(archive: Archive) -> File:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(CAST["hr"], given)


@pytest.fixture
def asked(archive: Archive, kind: Kind[Errand, State, Event], file: File) -> Kept[Errand]:
    """The clerk has asked for something about the file of their department."""
    return archive.casework.begin(
        CAST["clerk"], kind, State.ASKED, Errand("核对合同"), action=Action.READ_FILE,
        subject=Subject(file.file_no, "north"), files=[file.file_no],
    )  # fmt: skip


def sign(archive: Archive, kind: Kind[Errand, State, Event], kept: Kept[Errand], name: str) -> Kept[Errand]:
    return archive.casework.take(
        CAST[name], kind, kept, kept.case.version, Event.SIGN, action=Action.READ_FILE,
        subject=Subject(kept.case.files[0], "north"), note="同意",
    )  # fmt: skip


def waiting(archive: Archive, name: str) -> list[str]:
    return [one.case for key in keys_of(CAST[name]) for one in archive.waits.of(key)]


def test_a_step_leaves_its_event_and_waits_for_the_next(
    archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand]
) -> None:
    """The request waits for the head, then for the archivist; each step is one event on the file's chain."""
    assert waiting(archive, "head") == [asked.case.id]
    assert waiting(archive, "head2") == []
    signed = sign(archive, kind, asked, "head")
    assert kind.cases.get(asked.case.id) == signed
    assert signed.case.history[1].note == "同意"
    assert waiting(archive, "head") == []
    assert waiting(archive, "archivist") == [asked.case.id]
    actions = [event.action for event in archive.audit.trail.chain(file_chain(asked.case.files[0]))]
    assert actions[-2:] == ["errands.create", "errands.sign"]


def test_what_people_typed_lies_sealed(store: Store, asked: Kept[Errand]) -> None:
    """Neither the reason nor a note stands in the document in clear."""
    assert "核对合同" not in str(store.collection("errands").find_one())


def test_who_may_not_know_of_the_file_knows_no_case(
    archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand]
) -> None:
    """The head of another department is answered as if there were nothing; the department's clerk is refused."""
    with pytest.raises(NotFound):
        sign(archive, kind, asked, "head2")
    with pytest.raises(Forbidden):
        sign(archive, kind, asked, "clerk")


def test_eight_sign_at_once(archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand]) -> None:
    """One signature is kept, the others meet a Conflict, and there is one event."""

    def attempt(_: int) -> bool:
        try:
            sign(archive, kind, asked, "head")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    actions = [event.action for event in archive.audit.trail.chain(file_chain(asked.case.files[0]))]
    assert actions.count("errands.sign") == 1


def test_a_deputy_signs_while_the_head_is_away(
    archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand]
) -> None:
    """The other department's head stands in from today on, and the history names both."""
    for name in ("head", "head2"):
        archive.accounts.create(
            SYSTEM, name, CAST[name].name, CAST[name].role, PASSWORD, CAST[name].department
        )  # fmt: skip
    today = archive.clock.today()
    deputy = Deputy("head", "head2", today, today + timedelta(days=7))
    archive.store.transact(lambda tx: archive.relations.name_deputy(tx, deputy))
    signed = sign(archive, kind, asked, "head2")
    assert (signed.case.history[1].by, signed.case.history[1].place_of) == ("head2", "head")


def test_a_relatives_request_is_anothers_to_handle(
    archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand]
) -> None:
    """A head whose relative's file it is signs nothing."""
    archive.store.transact(lambda tx: archive.relations.keep_relatives(tx, "head", asked.case.files))
    with pytest.raises(Forbidden, match="亲属"):
        sign(archive, kind, asked, "head")


def test_a_destroyed_file_takes_the_reason_with_it(
    archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand]
) -> None:
    """When the file's key is gone, who asked and when still stands there, and why does not."""
    archive.store.transact(lambda tx: archive.keys.destroy(tx, asked.case.files[0]))
    kept = kind.cases.get(asked.case.id)
    assert kept.content is None
    assert kept.case.requester == "clerk"
