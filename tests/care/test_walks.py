"""Random walks of the duties of care on their table."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.care.rules import WORKFLOW, Event, State
from service.workflow import Case
from tests.workflow.walking import Walk, check, walked, walks

FIRST = st.sampled_from([State.DUE, State.RENEW])
WAYS = {State.DUE: (["pass"], ["fault", "repair"]), State.RENEW: (["renew"], ["end"])}


def check_duty(case: Case, first: State) -> None:
    """Besides: what is over was in order, repaired, renewed or ended, and nothing comes after it."""
    check(WORKFLOW, case, first)
    if case.state in (State.DONE, State.ENDED):
        assert [move.event for move in case.history[1:]] in WAYS[first]


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
