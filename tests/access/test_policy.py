"""The policy's table: default is deny, and each role's row."""

import pytest

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
