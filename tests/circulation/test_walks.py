"""Random walks of requests to view and of loans: on the pure tables, and on the store with the cast."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.access.relations import Deputy
from service.bootstrap import Archive
from service.circulation.lending import rules as lending
from service.circulation.viewing.rules import WORKFLOW, Event, State, first_state
from service.errors import DanganError
from service.files.rules import File
from service.person import SYSTEM, Role
from service.store.connection import Transaction
from service.workflow import Case, Party
from tests.cast import CAST, PASSWORD
from tests.circulation.conftest import Ask
from tests.workflow.walking import Walk, check, parties, walked, walks

LOANS = lending.WORKFLOW
FAMILIAR = st.sampled_from(["clerk", "head", "head2", "hr", "archivist", "archives", "leadership", "auditor"])
STEPS = st.lists(st.tuples(FAMILIAR, st.sampled_from(list(Event))), min_size=1, max_size=7)
TRIES = st.lists(
    st.tuples(st.integers(0, 1), FAMILIAR, st.sampled_from(list(lending.Event))), min_size=1, max_size=14
)  # fmt: skip
ASKING = st.sampled_from(["clerk", "head", "leadership", "head2"])
CONCERNED = st.sampled_from(["", "", "head", "archivist"])
WAY = ((0, "head", "sign"), (0, "archives", "approve"), (0, "archivist", "hand-over"))
"""How the first of two loans comes to be lent; a walk begins after some of it, so that it comes far."""


def check_request(case: Case, first: State) -> None:
    """Besides: no grant without the signature before it."""
    check(WORKFLOW, case, first)
    if case.state in (State.GRANTED, State.REVOKED) and first is State.ASKED:
        assert [move.party for move in case.history[:2]] == [Party.REQUESTER, Party.HEAD]


def check_loan(case: Case, first: lending.State) -> None:
    """Besides: nothing is out without the signatures that the policy asks for, and nothing closed without a check."""
    check(LOANS, case, first)
    if case.state in lending.REGISTERED:
        wanted = {
            lending.State.ASKED: [Party.HEAD, Party.ARCHIVES_HEAD, Party.ARCHIVIST],
            lending.State.SIGNED: [Party.ARCHIVES_HEAD, Party.ARCHIVIST],
            lending.State.OUTSIDE: [Party.LEADERSHIP, Party.ARCHIVIST],
        }
        assert parties(case, "sign", "approve", "hand-over") == wanted[first]
    if case.state is lending.State.CLOSED:
        ended = [move.event for move in case.history if move.event != "found"]
        assert ended[-2:] == ["return", "close"]


@given(walks(WORKFLOW, Event))
def test_walks_on_the_table(walk: Walk) -> None:
    """V2: whatever people try, a request is where its history says."""
    check_request(walked(WORKFLOW, State.ASKED, walk), State.ASKED)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(walks(WORKFLOW, Event))
def test_ten_thousand_walks_on_the_table(walk: Walk) -> None:
    """The same, ten thousand times."""
    check_request(walked(WORKFLOW, State.ASKED, walk), State.ASKED)


FIRST = st.sampled_from([lending.State.ASKED, lending.State.SIGNED, lending.State.OUTSIDE])


@given(FIRST, walks(LOANS, lending.Event, 12))
def test_walks_of_loans_on_the_table(first: lending.State, walk: Walk) -> None:
    """L1, L2: whatever people try, a loan is where its history says, and out with its signatures alone."""
    check_loan(walked(LOANS, first, walk), first)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(FIRST, walks(LOANS, lending.Event, 12))
def test_ten_thousand_walks_of_loans_on_the_table(first: lending.State, walk: Walk) -> None:
    """The same, ten thousand times."""
    check_loan(walked(LOANS, first, walk), first)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["clerk", "head", "leadership"]), STEPS)
def test_two_hundred_walks_on_the_store(archive: Archive, ask: Ask, name: str, walk: list[tuple[str, Event]]) -> None:
    """V2, V5: what is kept is where its history says, and a pass runs while it is granted, and no longer."""
    one = ask(CAST[name])
    for account, event in walk:
        try:
            archive.viewing.take(CAST[account], one.case.id, event, None, {"note": "因故"})
        except DanganError:
            continue
    now = archive.viewing.kind.cases.get(one.case.id).case
    check_request(now, first_state(CAST[name]))
    running = [held.id for held in archive.passes.of(name) if held.id == now.id]
    assert running == ([now.id] if now.state is State.GRANTED else [])
    if running:  # a person holds so many at a time, and no more
        archive.store.transact(lambda tx: archive.passes.end(tx, now.id, archive.clock.now()))


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ASKING, min_size=2, max_size=2), st.booleans(), CONCERNED, st.integers(0, len(WAY)), TRIES)
def test_two_hundred_walks_of_loans_on_the_store(
    archive: Archive, file: File, asking: list[str], away: bool, concerned: str, along: int,
    tries: list[tuple[int, str, lending.Event]],
) -> None:  # fmt: skip
    """L2, L4: two loans of one record are where their histories say, and it is out by one of them, or by none; with
    a head who is away and replaced now and then, and with somebody whose relative's record it is."""
    stand(archive, file, away=away, concerned=concerned)
    training = {"date": "2025-05-06", "course": "礼仪"}
    record = archive.records.add(CAST["hr"], file.file_no, "training", "internal", training)
    today = archive.clock.today()
    given = {
        "items": record.id, "reason": "核对原件", "until": (today + timedelta(days=7)).isoformat(), "note": "因故",
        "condition": "complete", "pages": "1",
    }  # fmt: skip
    asked = [archive.lending.ask(CAST[name], given).case for name in asking]
    for name in set(asking):
        archive.pledging.sign(CAST[name], 1)
    said = {**given, "until": (today + timedelta(days=9)).isoformat()}
    for which, account, event in (*WAY[:along], *tries):
        try:
            archive.lending.take(CAST[account], asked[which].id, lending.Event(event), None, said)
        except DanganError:
            continue
    now = [archive.lending.kind.cases.get(case.id).case for case in asked]
    for before, after in zip(asked, now, strict=True):
        check_loan(after, before.state)
        others = [move for move in after.history if move.party is not Party.REQUESTER]
        assert concerned not in {name for move in others for name in (move.by, move.place_of)}
        assert away or all(move.by == move.place_of for move in others)
    away_with = [case.id for case in now if case.state in lending.OUT | {lending.State.CHECKING}]
    assert [
        one.loan for one in archive.lending.out(CAST["archivist"], file.file_no) if one.original == record.id
    ] == away_with


def stand(archive: Archive, file: File, *, away: bool, concerned: str) -> None:
    """Let the other head stand in for the north's, or nobody, and let the file be a relative's of `concerned`."""
    if archive.people.get("head") is None:
        archive.accounts.create(SYSTEM, "head", CAST["head"].name, Role.HEAD, PASSWORD, "north")
    today = archive.clock.today()

    def work(tx: Transaction) -> None:
        archive.relations.drop_deputy(tx, "head")
        if away:
            archive.relations.name_deputy(tx, Deputy("head", "head2", today, today))
        for name in ("head", "archivist"):
            archive.relations.keep_relatives(tx, name, [file.file_no] if name == concerned else [])

    archive.store.transact(work)
