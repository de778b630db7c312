"""Random walks of requests to view: on the pure table, and on the store with the cast."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.bootstrap import Archive
from service.circulation.viewing.rules import WORKFLOW, Event, State, first_state
from service.errors import Conflict, DanganError, Forbidden
from service.workflow import Case, Hand, Party, begun
from tests.cast import CAST
from tests.circulation.conftest import Ask
from tests.workflow.test_engine import AT, HANDS

WALK = st.lists(st.tuples(st.sampled_from(list(Event)), HANDS), max_size=10)
FAMILIAR = st.sampled_from(["clerk", "head", "head2", "hr", "archivist", "archives", "leadership", "auditor"])
STEPS = st.lists(st.tuples(FAMILIAR, st.sampled_from(list(Event))), min_size=1, max_size=7)


def walked(walk: list[tuple[Event, Hand]]) -> Case:
    """A clerk's request after whatever was tried."""
    now = Case("1", "clerk", "north", ("KF-1",), State.ASKED, begun("clerk", AT, State.ASKED))
    for event, by in walk:
        try:
            now = WORKFLOW.move(now, event, by, AT)
        except (Conflict, Forbidden):
            continue
    return now


def check(case: Case, first: State) -> None:
    """No state beside the table, nobody two parties of one request, and no grant without the signature before it."""
    assert WORKFLOW.replayed(case.history, first) is case.state
    for one in case.history:
        for other in case.history:
            if one.party is not other.party:
                assert {one.by, one.place_of}.isdisjoint({other.by, other.place_of})
    if case.state in (State.GRANTED, State.REVOKED) and first is State.ASKED:
        assert [move.party for move in case.history[:2]] == [Party.REQUESTER, Party.HEAD]


@given(WALK)
def test_walks_on_the_table(walk: list[tuple[Event, Hand]]) -> None:
    """V2: whatever people try, a request is where its history says."""
    check(walked(walk), State.ASKED)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(WALK)
def test_ten_thousand_walks_on_the_table(walk: list[tuple[Event, Hand]]) -> None:
    """The same, ten thousand times."""
    check(walked(walk), State.ASKED)


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
    check(now, first_state(CAST[name]))
    running = [held.id for held in archive.passes.of(name) if held.id == now.id]
    assert running == ([now.id] if now.state is State.GRANTED else [])
    if running:  # a person holds so many at a time, and no more
        archive.store.transact(lambda tx: archive.passes.end(tx, now.id, archive.clock.now()))
