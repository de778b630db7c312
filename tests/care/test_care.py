"""Care of the room on the real store: facilities, keepers, and the duties that fall due."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.app import create_app
from service.bootstrap import Archive, build
from service.care.rules import Event, State
from service.casework.repository import Kept
from service.casework.waits import keys_of
from service.clock import SetClock
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.store.turns import Turns
from service.timer import due_jobs
from tests.cast import CAST, PASSWORD

CHIEF, ARCHIVIST = CAST["archives"], CAST["archivist"]


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
    every = timed.trainings.read(CAST["auditor"], lambda one: one.account == "archivist", None)
    assert ([one.subject for one in every[0]], every[1]) == (["保密制度与案例"], None)
    assert timed.trainings.export(CAST["auditor"], lambda one: one.account == "archives") == []
    assert timed.care.remind() == 0
    set_clock.advance(timedelta(days=360))
    assert timed.care.remind() == 2


def test_a_designation_that_ends_ends_its_duties(timed: Archive, set_clock: SetClock) -> None:
    """K1, K3: what the person still owed waits for nobody any more, and its history says who ended it and when."""
    timed.care.add_keeper(CHIEF, "archivist")
    assert timed.care.remind() == 2
    ended = timed.care.end_keeper(CHIEF, "archivist")
    assert (ended.until, ended.agreement_duty, ended.training_duty) == (set_clock.today(), "", "")
    assert waiting(timed, "archives") == []
    owed = timed.care.inspections(CHIEF)[0]
    assert [(one.case.state, one.case.history[-1].event, one.case.history[-1].by) for one in owed] == [
        (State.ENDED, "end", "archives"), (State.ENDED, "end", "archives"),
    ]  # fmt: skip
    assert timed.care.remind() == 0
    with pytest.raises(Conflict):
        timed.care.end_keeper(CHIEF, "archivist")


def test_my_work_names_the_duty(timed: Archive, set_clock: SetClock) -> None:
    """K1, K4: which facility stands where, or whose agreement and training, and until when; in API and page."""
    timed.care.add_facility(CHIEF, {"kind": "fire", "name": "灭火器", "where": "一号库房", "every_days": "7"})
    timed.care.add_keeper(CHIEF, "archivist")
    timed.care.remind()
    due, today = set_clock.today() + timedelta(days=7), set_clock.today()
    client = create_app(timed).test_client()
    token = client.post("/api/v1/session", json={"username": "archives", "password": PASSWORD}).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    lines = client.get("/api/v1/work", headers=headers).json["waiting"]
    assert {(line["title"], line["about"], line["due"]) for line in lines} == {
        ("设施巡检", "灭火器 · 一号库房", due.isoformat()), ("保密协议", "archivist", today.isoformat()),
        ("保密培训", "archivist", today.isoformat()),
    }  # fmt: skip
    page = client.get("/work", headers=headers).text
    assert all(said in page for said in ("设施巡检", "灭火器 · 一号库房", "保密培训", ARCHIVIST.name))


def test_a_duty_that_begins_a_year_late_is_told(timed: Archive, set_clock: SetClock) -> None:
    """K4: no timer ran for a year; the inspection that begins then is overdue, and told once."""
    timed.care.add_facility(CHIEF, {"kind": "fire", "name": "灭火器", "every_days": "30"})
    set_clock.advance(timedelta(days=400))
    assert timed.care.remind() == 1
    assert [timed.due.tell(), timed.due.tell()] == [1, 0]
    assert [notice.event for notice in timed.notices.of("archivist")] == ["overdue"]


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


def room_full(archive: Archive) -> None:
    """Five things to inspect within a month, and an archivist who has signed and learnt nothing yet."""
    for n in range(5):
        archive.care.add_facility(CHIEF, {"kind": "fire", "name": f"灭火器 {n}", "every_days": "30"})
    archive.care.add_keeper(CHIEF, "archivist")


def test_after_a_night_without_power_four_timers_begin_and_tell_once(timed: Archive, set_clock: SetClock) -> None:
    """K1, K4: no timer ran for two months; then four start at once, and each duty is there once and told once."""
    room_full(timed)
    set_clock.advance(timedelta(days=60))

    def timer(_: int) -> None:
        own = build(timed.settings, timed.store, set_clock)
        turns = Turns(own.store, set_clock)
        for name, every, work in due_jobs(own):
            if name != "sweep" and turns.take(name, every):
                work()

    for _ in range(2):  # and again, when all of it is due anew
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(timer, range(4)))
        set_clock.advance(timedelta(minutes=10))
    duties = timed.care.inspections(CHIEF)[0]
    assert Counter(one.content.matter for one in duties) == {"inspection": 5, "agreement": 1, "training": 1}
    told = Counter((notice.case, notice.event) for notice in timed.notices.of("archives"))
    assert told == {(one.case.id, "overdue"): 1 for one in duties}


def test_four_at_once_without_a_turn_begin_each_duty_once(timed: Archive, set_clock: SetClock) -> None:
    """Even where four look at the same moment, which turns prevent, what is due is begun once."""
    room_full(timed)
    set_clock.advance(timedelta(days=60))
    with ThreadPoolExecutor(4) as pool:
        begun = list(pool.map(lambda _: timed.care.remind(), range(4)))
    assert sum(begun) == 7
    assert len(timed.care.inspections(CHIEF)[0]) == 7
    assert timed.care.remind() == 0


class PowerCut(Exception):
    """What ends a timer in the middle of its work."""


def test_a_timer_that_dies_on_its_way_leaves_no_half_duty(timed: Archive, set_clock: SetClock) -> None:
    """The first dies after noting the third duty and before its commit: that one is not there, and comes later."""
    room_full(timed)
    set_clock.advance(timedelta(days=60))
    real, calls = timed.care._care.replace_facility, []

    def replace_facility(*given: object) -> None:
        real(*given)
        calls.append(given)
        if len(calls) == 3:
            raise PowerCut

    timed.care._care.replace_facility = replace_facility
    with pytest.raises(PowerCut):
        timed.care.remind()
    timed.care._care.replace_facility = real
    assert len(timed.care.inspections(CHIEF)[0]) == 2
    assert timed.care.remind() == 5
    facilities = {one.duty for one in timed.care.room(CHIEF).facilities}
    duties = timed.care.inspections(CHIEF)[0]
    assert facilities == {one.case.id for one in duties if one.content.matter == "inspection"}
