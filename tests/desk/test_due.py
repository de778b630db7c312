"""What falls due is told exactly once, whatever happens to the timers (L5, M1)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from service.bootstrap import Archive
from service.casework.operations import Kind
from service.casework.repository import Kept
from service.clock import SetClock
from service.files.rules import File
from tests.desk.conftest import Errand, ask, due
from tests.workflow.test_engine import Event, State


def told(archive: Archive, *names: str) -> Counter[tuple[str, str]]:
    """How often each of the people was told of which event."""
    return Counter((name, one.event) for name in names for one in archive.notices.of(name))


def test_a_reminder_before_the_day_and_one_after_it(archive: Archive, asked: Kept[Errand], set_clock: SetClock) -> None:
    """The head whose step it is hears of it a day before and a day after, each once; nobody else does."""
    said = []
    for _ in range(10):  # from the 2nd to the 11th
        said.append(archive.due.tell() + archive.due.tell())
        set_clock.advance(timedelta(days=1))
    assert said == [0, 0, 0, 0, 0, 0, 1, 0, 1, 0]
    assert told(archive, "head", "head2", "clerk") == {("head", "soon"): 1, ("head", "overdue"): 1}


def test_after_a_night_without_power_what_was_missed_is_told_once(
    archive: Archive, asked: Kept[Errand], set_clock: SetClock
) -> None:
    """No timer ran for a month: the overdue case is told, the reminder that came too late is not."""
    set_clock.advance(timedelta(days=30))
    assert [archive.due.tell(), archive.due.tell()] == [1, 0]
    assert told(archive, "head") == {("head", "overdue"): 1}


def test_two_timers_tell_once(
    archive: Archive, kind: Kind[Errand, State, Event], file: File, set_clock: SetClock
) -> None:
    """Eight cases and four timers at the same moment: eight notices."""
    for _ in range(8):
        ask(archive, kind, file, date(2026, 3, 3))
    set_clock.advance(timedelta(days=3))
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: due(archive).tell(), range(4)))
    assert sum(counts) == 8
    assert told(archive, "head") == {("head", "overdue"): 8}


class PowerCut(Exception):
    """What ends a timer in the middle of its work."""


def test_a_timer_that_dies_on_its_way_leaves_the_rest_to_the_next(
    archive: Archive, kind: Kind[Errand, State, Event], file: File, set_clock: SetClock
) -> None:
    """The first dies between its notice and its commit on the third case: that notice is not there, and comes later."""
    for _ in range(5):
        ask(archive, kind, file, date(2026, 3, 3))
    set_clock.advance(timedelta(days=3))
    dying = due(archive)
    real, calls = dying._notices.tell, []

    def tell(*given: object) -> None:
        real(*given)
        calls.append(given)
        if len(calls) == 3:
            raise PowerCut

    archive.notices.tell = tell
    with pytest.raises(PowerCut):
        dying.tell()
    archive.notices.tell = real
    assert told(archive, "head") == {("head", "overdue"): 2}
    assert due(archive).tell() == 3
    assert told(archive, "head") == {("head", "overdue"): 5}
