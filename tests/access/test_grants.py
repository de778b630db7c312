"""Passes and what the policy makes of them. Pure: when, where, for what and how much a pass opens (V2, V5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.access.grants import Pass, Purpose
from service.access.policy import Action, Subject, decide
from tests.cast import CAST

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCAN, OTHER = "a" * 24, "b" * 24
PASS = Pass("1", "head", ("KF-1",), Purpose.APPRAISAL, NINE, NINE + HOUR, places=("10.1.0.0/16", "fd00::/8"))
RECORD = Subject("KF-1", "south", author="hr", category="training", record="r1")
LOOKS = (Action.READ_RECORD, Action.READ_SCAN)


@pytest.mark.parametrize(("now", "origin", "purpose", "opens"), [
    (NINE, "10.1.2.3", "", True), (NINE, "fd00::7", "appraisal", True),
    (NINE - timedelta(seconds=1), "10.1.2.3", "", False), (NINE + HOUR, "10.1.2.3", "", False),
    (NINE, "10.2.0.1", "", False), (NINE, "", "", False), (NINE, "not an address", "", False),
    (NINE, "10.1.2.3", "dispute", False),
])  # fmt: skip
def test_when_where_and_for_what_a_pass_opens(now: datetime, origin: str, purpose: str, opens: bool) -> None:
    """V5: within its window, from its places, and not for another purpose than its own."""
    assert PASS.opens(now, origin, purpose) is opens


@pytest.mark.parametrize(("limits", "subject", "allowed"), [
    ({}, RECORD, True),
    ({}, replace(RECORD, file_no="KF-2"), False),
    ({}, replace(RECORD, state="submitted"), False),
    ({"categories": ("training",)}, RECORD, True),
    ({"categories": ("basic",)}, RECORD, False),
    ({"records": ("r1",)}, RECORD, True),
    ({"records": ("r2",)}, RECORD, False),
    ({"pages": (f"{SCAN}/2",)}, RECORD, False),
    ({"pages": (f"{SCAN}/2",)}, replace(RECORD, scan=SCAN), True),
    ({"pages": (f"{SCAN}/2",)}, replace(RECORD, scan=SCAN, page=2), True),
    ({"pages": (f"{SCAN}/2",)}, replace(RECORD, scan=SCAN, page=1), False),
    ({"pages": (f"{SCAN}/2",)}, replace(RECORD, scan=OTHER, page=2), False),
])  # fmt: skip
def test_how_much_a_pass_shows(limits: dict[str, object], subject: Subject, allowed: bool) -> None:
    """V2: of the files, categories, records and pages that it names, what is filed, and nothing else."""
    head = replace(CAST["head"], passes=(replace(PASS, **limits),), pledged=True)
    for action in LOOKS:
        decision = decide(head, action, subject)
        assert (decision.allowed, decision.watermark) == (allowed, allowed)


def test_without_the_pledge_a_pass_shows_nothing() -> None:
    """K3: no signature, no access; that a signature is missing is said."""
    head = replace(CAST["head"], passes=(PASS,))
    for action in LOOKS:
        decision = decide(head, action, RECORD)
        assert (decision.allowed, decision.known, decision.unsigned) == (False, True, True)


def test_masked_and_without_the_original_unless_granted() -> None:
    """K2: a pass hides sensitive numbers and keeps the original back, unless it says otherwise; it changes nothing."""
    plain = replace(CAST["head"], passes=(PASS,), pledged=True)
    more = replace(plain, passes=(PASS, replace(PASS, id="2", masked=False, original=True)))
    assert decide(plain, Action.READ_SCAN, RECORD).masked
    assert not decide(plain, Action.READ_ORIGINAL, RECORD).allowed
    decision = decide(more, Action.READ_SCAN, RECORD)
    assert (decision.masked, decision.original, decision.grant.id) == (False, True, "2")
    assert decide(more, Action.READ_ORIGINAL, RECORD).allowed
    for action in (Action.EDIT_RECORD, Action.ADD_SCAN, Action.ARRANGE_SCAN, Action.EDIT_FILE):
        assert not decide(more, action, RECORD).allowed
        assert decide(more, action, RECORD).known


def test_a_head_without_a_pass_sees_the_list_alone() -> None:
    """V2: a head knows which files their department has, and reads what is in them through a pass."""
    head, own = CAST["head"], Subject("KF-1", "north", author="hr", category="training", record="r1")
    assert decide(head, Action.READ_FILE, Subject("KF-1", "north")).allowed
    for action in (*LOOKS, Action.READ_ORIGINAL):
        assert not decide(head, action, own).allowed
