"""Random walks of the duties of care, on their table and on the store."""

from collections.abc import Callable
from datetime import timedelta
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.bootstrap import Archive
from service.care.rules import WORKFLOW, Duty, Event, State
from service.casework.repository import Kept
from service.clock import SetClock
from service.errors import DanganError
from service.workflow import Case
from tests.cast import CAST
from tests.workflow.walking import Walk, check, walked, walks

FIRST = st.sampled_from([State.DUE, State.RENEW])
WAYS = {State.DUE: (["pass"], ["fault", "repair"], ["end"], ["fault", "end"]), State.RENEW: (["renew"], ["end"])}


def check_duty(case: Case, first: State) -> None:
    """Besides: what is over was in order, repaired, renewed or ended, and nothing comes after it."""
    check(WORKFLOW, case, first)
    if case.state in (State.DONE, State.ENDED):
        assert [event for event, _same in groupby(move.event for move in case.history[1:])] in WAYS[first]


@given(FIRST, walks(WORKFLOW, Event, 6))
def test_walks_on_the_table(first: State, walk: Walk) -> None:
    """K1, K4: whatever people try, a duty is where its history says."""
    check_duty(walked(WORKFLOW, first, walk, "system"), first)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(FIRST, walks(WORKFLOW, Event, 6))
def test_ten_thousand_walks_on_the_table(first: State, walk: Walk) -> None:
    """The same, ten thousand times."""
    check_duty(walked(WORKFLOW, first, walk, "system"), first)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["archivist", "archives", "hr", "clerk"]), st.sampled_from(Event)), max_size=5)
)
def test_two_hundred_walks_on_the_store(
    timed: Archive, set_clock: SetClock, duty: Callable[[], Kept[Duty]], walk: list[tuple[str, Event]]
) -> None:
    """K4: what is kept is where its history says, and there is a new duty once the last one is over, and not before."""
    before = [kept.case for kept in timed.care.inspections(CAST["archives"])[0]]
    set_clock.advance(timedelta(days=40))
    begun = timed.care.remind()
    assert begun == (not before or before[0].state is State.DONE)
    for account, event in walk:
        try:
            timed.care.take(CAST[account], duty().case.id, event, None, {"note": "因故"})
        except DanganError:
            continue
    check_duty(duty().case, State.DUE)
