"""Care of the room on the real store: facilities, keepers, and the duties that fall due."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.bootstrap import Archive, build
from service.care.rules import Event, State
from service.casework.repository import Kept
from service.casework.waits import keys_of
from service.clock import SetClock
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD

CHIEF, ARCHIVIST = CAST["archives"], CAST["archivist"]


@pytest.fixture
def timed(archive: Archive, set_clock: SetClock) -> Archive:
    """The same archive on a clock that is set, with the archives office's accounts."""
    made = build(archive.settings, archive.store, set_clock)
    for person in (CHIEF, ARCHIVIST):
        made.accounts.create(SYSTEM, person.account, person.name, person.role, PASSWORD, person.department)
    return made


@pytest.fixture
def duty(timed: Archive) -> Callable[[], Kept]:
    """The newest duty."""
    timed.care.add_facility(CHIEF, {"kind": "fire", "name": "灭火器", "where": "一号库房", "every_days": "30"})
    return lambda: timed.care.inspections(CHIEF)[0][0]


def waiting(archive: Archive, name: str) -> list[str]:
    return [one.case for key in keys_of(CAST[name]) for one in archive.waits.of(key)]


def test_an_inspection_that_falls_due_is_announced_once(
    timed: Archive, set_clock: SetClock, duty: Callable[[], Kept]
) -> None:
    """K4: a week before its day the inspection waits for the archivists, however often the timer looks."""
    assert timed.care.remind() == 0
    set_clock.advance(timedelta(days=23))
    assert [timed.care.remind(), timed.care.remind()] == [1, 0]
    assert waiting(timed, "archivist") == [duty().case.id]
    assert timed.due.tell() == 0
    set_clock.advance(timedelta(days=8))
    assert timed.due.tell() == 1
    assert "overdue" in [notice.event for notice in timed.notices.of("archivist")]


def test_what_is_in_order_is_due_again_after_its_plan(
    timed: Archive, set_clock: SetClock, duty: Callable[[], Kept]
) -> None:
    """K4: the next inspection is counted from the day of this one, and the archives head sees the register."""
    set_clock.advance(timedelta(days=25))
    timed.care.remind()
    timed.care.take(ARCHIVIST, duty().case.id, Event.PASS, None, {})
    assert timed.care.room(CHIEF).facilities[0].due == set_clock.today() + timedelta(days=30)
    assert duty().case.state is State.DONE
    with pytest.raises(Conflict):
        timed.care.take(ARCHIVIST, duty().case.id, Event.PASS, None, {})


def test_a_fault_stays_open_until_it_is_repaired(timed: Archive, set_clock: SetClock, duty: Callable[[], Kept]) -> None:
    """K4: finding and repair are recorded with who and when; without words neither is taken."""
    set_clock.advance(timedelta(days=25))
    timed.care.remind()
    with pytest.raises(Invalid):
        timed.care.take(ARCHIVIST, duty().case.id, Event.FAULT, None, {})
    timed.care.take(ARCHIVIST, duty().case.id, Event.FAULT, None, {"note": "压力不足"})
    assert timed.care.remind() == 0
    assert waiting(timed, "archivist") == [duty().case.id]
    timed.care.take(ARCHIVIST, duty().case.id, Event.REPAIR, None, {"note": "消防公司充装"})
    assert [(move.event, move.note) for move in duty().case.history[1:]] == [
        ("fault", "压力不足"), ("repair", "消防公司充装"),
    ]  # fmt: skip
    assert waiting(timed, "archivist") == []


def test_a_designated_archivist_signs_and_is_trained(timed: Archive, set_clock: SetClock) -> None:
    """K1, K3: who is designated owes an agreement and a training; both end their duty, and both come again."""
    timed.care.add_keeper(CHIEF, "archivist")
    assert timed.care.remind() == 2
    assert len(waiting(timed, "archives")) == 2
    today = set_clock.today()
    agreed = {"agreed": today.isoformat(), "expires": (today + timedelta(days=365)).isoformat()}
    timed.care.note_agreement(CHIEF, "archivist", agreed)
    training = {"subject": "保密制度与案例", "day": today.isoformat(), "hours": "2"}
    timed.care.note_training(CHIEF, "archivist", training)
    assert waiting(timed, "archives") == []
    assert [one.subject for one in timed.care.trainings(CAST["auditor"])[0]] == ["保密制度与案例"]
    assert timed.care.remind() == 0
    set_clock.advance(timedelta(days=360))
    assert timed.care.remind() == 2


def test_an_agreement_that_has_run_out_is_refused(timed: Archive, set_clock: SetClock) -> None:
    """K3: the last day of an agreement lies ahead, and it is not signed tomorrow; both faults are named."""
    timed.care.add_keeper(CHIEF, "archivist")
    today = set_clock.today()
    given = {"agreed": (today + timedelta(days=1)).isoformat(), "expires": today.isoformat()}
    with pytest.raises(Invalid) as refused:
        timed.care.note_agreement(CHIEF, "archivist", given)
    assert [fault.name for fault in refused.value.fields] == ["agreed", "expires"]


def test_the_archives_head_keeps_and_the_archivists_inspect(timed: Archive) -> None:
    """K1: designating is the archives head's; the auditor reads; others know of none of it."""
    with pytest.raises(Forbidden):
        timed.care.add_keeper(ARCHIVIST, "archivist")
    timed.care.room(CAST["auditor"])
    for name in ("hr", "clerk", "head"):
        with pytest.raises((Forbidden, NotFound)):
            timed.care.room(CAST[name])
    with pytest.raises(Invalid):
        timed.care.add_keeper(CHIEF, "nobody")
