"""Random walks: whatever people try on a case, and what must hold of it afterwards, for any table."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from service.errors import Conflict, Forbidden
from service.workflow import Case, Hand, Party, Workflow, begun
from tests.workflow.test_engine import AT, HANDS

Walk = Sequence[tuple[StrEnum, Hand, AbstractSet[str]]]


def walks(table: Workflow[Any, Any], events: type[StrEnum], most: int = 10) -> st.SearchStrategy[Walk]:
    """Events, hands, and the facts that hold at each; any of those that the table's guards ask for."""
    facts = sorted({guard.fact for step in table.steps.values() for guard in step.guards})
    holding = st.sets(st.sampled_from(facts)) if facts else st.just(set())
    return st.lists(st.tuples(st.sampled_from(list(events)), HANDS, holding), max_size=most)


def walked(table: Workflow[Any, Any], first: StrEnum, walk: Walk, requester: str = "clerk") -> Case:
    """A case after whatever was tried; whoever it concerns took steps as its requester alone."""
    now = Case("1", requester, "north", ("KF-1",), first, begun(requester, AT, first))
    for event, by, facts in walk:
        try:
            now = table.move(now, event, by, AT, facts=facts)
        except (Conflict, Forbidden):
            continue
        assert not by.concerned or now.history[-1].party is Party.REQUESTER
    return now


def check(table: Workflow[Any, Any], case: Case, first: StrEnum) -> None:
    """No state beside the table, and nobody two parties of one case, their deputies included."""
    assert table.replayed(case.history, first) is case.state
    for one in case.history:
        for other in case.history:
            if one.party is not other.party:
                assert {one.by, one.place_of}.isdisjoint({other.by, other.place_of})


def parties(case: Case, *events: str) -> list[Party]:
    """As what the first step of each of these events was taken."""
    taken = {move.event: move.party for move in reversed(case.history)}
    return [taken[event] for event in events if event in taken]
