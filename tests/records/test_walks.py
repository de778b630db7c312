"""Random walks of records that stand alone, and of files, on their pure tables."""

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.files import rules as files
from service.records import rules as records
from service.workflow import Case, Party, Workflow
from tests.workflow.walking import Walk, check, walked, walks

RECORDS = st.tuples(
    st.just(records.WORKFLOW), st.sampled_from(list(records.State)), walks(records.WORKFLOW, records.Event)
)
FILES = st.tuples(st.just(files.WORKFLOW), st.sampled_from(list(files.Status)), walks(files.WORKFLOW, files.Event))
ENDED = {records.State.FILED, records.State.WITHDRAWN, files.Status.DESTROYED}


def check_walk(table: Workflow[Any, Any], first: StrEnum, walk: Walk) -> None:
    """Besides: nothing ends twice, the author alone hands in and takes back, and others alone check."""
    now = walked(table, first, walk)
    check(table, now, first)
    if first in ENDED:
        assert len(now.history) == 1
    check_parties(now)


def check_parties(case: Case) -> None:
    for move in case.history[1:]:
        own = move.event in (records.Event.SUBMIT, records.Event.WITHDRAW)
        assert (move.party is Party.REQUESTER) == own


@given(RECORDS | FILES)
def test_walks_on_the_tables(walk: tuple[Workflow[Any, Any], StrEnum, Walk]) -> None:
    """B3, T1: whatever people try, a record and a file are where their histories say."""
    check_walk(*walk)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(RECORDS | FILES)
def test_ten_thousand_walks_on_the_tables(walk: tuple[Workflow[Any, Any], StrEnum, Walk]) -> None:
    """The same, ten thousand times."""
    check_walk(*walk)
