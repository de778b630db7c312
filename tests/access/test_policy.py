"""The policy's table: default is deny, and each role's row."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service.access.grants import Pass, Purpose
from service.access.policy import TABLE, Action, Subject, decide
from service.person import Role
from tests.cast import CAST

NORTH = Subject("KF-2021-00001", "north")


def test_default_is_deny() -> None:
    """Who has no row may do nothing; leadership and strangers have none for files."""
    assert set(TABLE) == set(Role)
    for name in ("leadership", "stranger"):
        assert not any(decide(CAST[name], action, NORTH).allowed for action in Action)


@pytest.mark.parametrize("name", ["leadership", "admin", "auditor", "stranger", "head2"])
def test_a_file_out_of_reach_is_not_known(name: str) -> None:
    """Those without a right to a file are not even told that it exists."""
    decision = decide(CAST[name], Action.READ_FILE, NORTH)
    assert (decision.allowed, decision.known) == (False, False)


def test_knowing_is_not_doing() -> None:
    """A head knows of the department's files but may not edit them: 403, not 404."""
    decision = decide(CAST["head"], Action.EDIT_FILE, NORTH)
    assert (decision.allowed, decision.known) == (False, True)


@pytest.mark.parametrize(("state", "readers"), [
    ("draft", {"clerk"}),
    ("submitted", {"clerk", "hr", "archivist", "archives"}),
    ("returned", {"clerk", "hr", "archivist", "archives"}),
    ("filed", {"clerk", "hr", "archivist", "archives", "agent"}),
])  # fmt: skip
def test_who_reads_a_clerks_record_in_each_state(state: str, readers: set[str]) -> None:
    """Drafts are their author's alone; submitted ones also the keepers'; filed ones the file's readers'."""
    subject = Subject("KF-2021-00001", "north", author="clerk", state=state)
    assert {name for name, person in CAST.items() if decide(person, Action.READ_RECORD, subject).allowed} == readers


def test_the_agent_reads_masked_and_no_opinions() -> None:
    """The agent sees their own file masked, without others' opinions, and no other file."""
    agent = CAST["agent"]
    assert decide(agent, Action.READ_RECORD, NORTH).masked
    opinion = Subject("KF-2021-00001", "north", hidden_from_agent=True)
    assert not decide(agent, Action.READ_RECORD, opinion).allowed
    assert not decide(agent, Action.READ_FILE, Subject("KF-2021-00002", "north")).known


@pytest.mark.parametrize("name", ["clerk", "head", "head2", "leadership"])
def test_whoever_was_an_agent_keeps_their_own_file(name: str) -> None:
    """V1: promoted, or in another department, one sees one's own file as before, and nobody else's by it."""
    person = replace(CAST[name], file_no=NORTH.file_no)
    for action in (Action.READ_FILE, Action.READ_RECORD, Action.READ_SCAN):
        decision = decide(person, action, NORTH)
        assert (decision.allowed, decision.masked) == (True, True)
    assert not decide(person, Action.READ_RECORD, Subject("KF-2021-00002", "north")).allowed
    assert not decide(person, Action.EDIT_RECORD, NORTH).allowed


def test_nobody_reads_what_others_think_of_them() -> None:
    """V1: not by an office, nor through a pass; what others think of others is read as ever."""
    opinion = Subject("KF-2021-00001", "north", author="boss", hidden_from_agent=True, record="r1")
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    own = Pass("1", "head", ("KF-2021-00001", "KF-2021-00002"), Purpose.BUSINESS, moment, moment)
    for name in ("clerk", "head", "hr", "archivist", "archives", "leadership"):
        person = replace(CAST[name], file_no=NORTH.file_no, passes=(own,), pledged=True)
        for action in (Action.READ_RECORD, Action.READ_SCAN, Action.READ_ORIGINAL, Action.EDIT_RECORD):
            assert not decide(person, action, opinion).allowed, (name, action)
        assert decide(person, Action.READ_RECORD, replace(opinion, file_no="KF-2021-00002")).allowed


def test_keepers_read_everything_unmasked() -> None:
    """HR and the archives office read and write all files unmasked, with the original."""
    for name in ("hr", "archivist", "archives"):
        decision = decide(CAST[name], Action.READ_RECORD, NORTH)
        assert (decision.allowed, decision.masked, decision.original) == (True, False, True)


@pytest.mark.parametrize("action", [Action.EDIT_RECORD, Action.ADD_SCAN, Action.ARRANGE_SCAN])
def test_what_is_filed_is_out_of_its_authors_hands(action: Action) -> None:
    """A clerk changes what they wrote until it is filed, and reads it afterwards; then only keepers change it (B3)."""
    clerk = CAST["clerk"]
    for state in ("draft", "submitted", "returned"):
        assert decide(clerk, action, Subject("KF-2021-00001", "north", author="clerk", state=state)).allowed
    filed = Subject("KF-2021-00001", "north", author="clerk", state="filed")
    assert not decide(clerk, action, filed).allowed
    assert decide(clerk, Action.READ_RECORD, filed).allowed
    assert decide(CAST["archivist"], action, filed).allowed
