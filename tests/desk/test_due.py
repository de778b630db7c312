"""What falls due is told exactly once, whatever happens to the timers (L5, M1)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.bootstrap import Archive
from service.casework.operations import Kind
from service.casework.repository import Kept
from service.circulation.lending.rules import Event as Lent
from service.clock import SetClock
from service.files.rules import File
from service.person import SYSTEM, Role
from tests.cast import CAST, PASSWORD
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


def test_a_borrower_is_reminded_and_chased(archive: Archive, file: File, set_clock: SetClock) -> None:
    """L5: whoever has the paper hears before its day, while it may still be extended, and after it, as the desk."""
    given = {"items": file.file_no, "reason": "工伤认定需要原件", "until": "2026-03-09"}
    loan = archive.lending.ask(CAST["clerk"], given).case.id
    archive.pledging.sign(CAST["clerk"], 1)
    for name, event in (("head", "sign"), ("archives", "approve"), ("archivist", "hand-over")):
        archive.lending.take(CAST[name], loan, Lent(event), None, {})
    set_clock.advance(timedelta(days=6))
    assert [archive.due.tell(), archive.due.tell()] == [1, 0]
    assert Lent.EXTEND in archive.lending.get(CAST["clerk"], loan).open
    assert told(archive, "clerk", "archivist", "head")["clerk", "soon"] == 1
    archive.lending.take(CAST["clerk"], loan, Lent.EXTEND, None, {"until": "2026-03-12"})
    set_clock.advance(timedelta(days=2))
    assert archive.due.tell() == 1  # the extension was asked for, and is not granted
    said = told(archive, "clerk", "archivist", "archives", "head")
    assert {one: n for one, n in said.items() if one[1] in ("soon", "overdue")} == {
        ("clerk", "soon"): 1, ("archivist", "soon"): 1, ("archives", "soon"): 1,
        ("clerk", "overdue"): 1, ("archives", "overdue"): 1,
    }  # fmt: skip


def test_whoever_stands_in_is_told_too(archive: Archive, asked: Kept[Errand], set_clock: SetClock) -> None:
    """While the head is away their deputy hears of what falls due as well, unless they asked for it themselves."""
    day = date(2026, 3, 8)
    archive.standing.name_deputy(CAST["head"], "head", "head2", date(2026, 3, 8), date(2026, 3, 8))
    set_clock.advance(day - date(2026, 3, 2))
    assert archive.due.tell() == 1
    archive.standing.name_deputy(CAST["head"], "head", "clerk", date(2026, 3, 10), date(2026, 3, 10))
    set_clock.advance(timedelta(days=2))
    assert archive.due.tell() == 1
    said = told(archive, "head", "head2", "clerk")
    assert {one for one in said.elements() if one[1] in ("soon", "overdue")} == {
        ("head", "soon"), ("head2", "soon"), ("head", "overdue"),
    }  # fmt: skip


def test_a_post_that_nobody_holds_is_told_when_somebody_does(
    archive: Archive, asked: Kept[Errand], set_clock: SetClock
) -> None:
    """A head who was appointed after the day still hears that it has passed."""
    account, version = archive.people.get("head"), archive.people.get("head").version
    archive.store.transact(lambda tx: archive.people.replace(tx, replace(account, active=False), version))
    set_clock.advance(timedelta(days=9))
    assert archive.due.tell() == 0
    archive.accounts.create(SYSTEM, "newhead", "许宁", Role.HEAD, PASSWORD, "north")
    assert [archive.due.tell(), archive.due.tell()] == [1, 0]
    assert told(archive, "head", "newhead") == {("newhead", "overdue"): 1}


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
