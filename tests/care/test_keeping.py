"""Facilities and archivists over the years: corrected, retired, designated again; faults between inspections."""

from datetime import timedelta
from typing import Any

import pytest

from service.app import create_app
from service.audit.trail import SYSTEM_CHAIN
from service.bootstrap import Archive
from service.care.rules import Agreement, Event, Facility, State
from service.clock import SetClock
from service.errors import Conflict, Forbidden, Invalid
from service.person import SYSTEM, Role
from tests.care.test_care import waiting
from tests.cast import CAST, PASSWORD

CHIEF, ARCHIVIST = CAST["archives"], CAST["archivist"]


@pytest.fixture
def fire(timed: Archive) -> Facility:
    return timed.care.add_facility(CHIEF, {"kind": "fire", "name": "灭火器", "where": "一号库房", "every_days": "30"})


def acts(archive: Archive) -> list[tuple[str, dict[str, str]]]:
    return [(one.action, dict(one.ids)) for one in archive.audit.trail.chain(SYSTEM_CHAIN)]


def test_a_facility_is_corrected(timed: Archive, fire: Facility, set_clock: SetClock) -> None:
    """K4: its name, place and plan, over the version that was seen; what falls due follows the new plan."""
    given = {"kind": "fire", "name": "七氟丙烷", "where": "二号库房", "every_days": "90", "due": "2026-03-20"}
    changed = timed.care.edit_facility(CHIEF, fire.id, 1, given)
    assert timed.care.room(CHIEF).facilities == (changed,)
    assert (changed.name, changed.every_days, changed.due.isoformat()) == ("七氟丙烷", 90, "2026-03-20")
    with pytest.raises(Conflict):
        timed.care.edit_facility(CHIEF, fire.id, 1, given)
    with pytest.raises(Invalid):
        timed.care.edit_facility(CHIEF, fire.id, 2, {**given, "every_days": "0"})
    with pytest.raises(Forbidden):
        timed.care.edit_facility(ARCHIVIST, fire.id, 2, given)
    assert acts(timed)[-1] == ("facility.changed", {"facility": fire.id})


def test_what_is_retired_falls_due_no_more(timed: Archive, fire: Facility, set_clock: SetClock) -> None:
    """K4: a camera that was taken down ends its open duty, and no timer begins another; its history stays."""
    set_clock.advance(timedelta(days=25))
    assert timed.care.remind() == 1
    retired = timed.care.retire_facility(CHIEF, fire.id)
    assert (retired.retired, waiting(timed, "archivist")) == (set_clock.today(), [])
    set_clock.advance(timedelta(days=400))
    assert (timed.care.remind(), timed.due.tell()) == (0, 0)
    (duty,) = timed.care.inspections(CHIEF)[0]
    assert (duty.case.state, duty.case.history[-1].by) == (State.ENDED, "archives")
    for late in (
        lambda: timed.care.retire_facility(CHIEF, fire.id),
        lambda: timed.care.report(ARCHIVIST, fire.id, {"note": "坏"}),
        lambda: timed.care.edit_facility(CHIEF, fire.id, 3, {"kind": "fire", "name": "a", "every_days": "3"}),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            late()


def test_a_fault_between_two_inspections_is_recorded_at_once(
    timed: Archive, fire: Facility, set_clock: SetClock
) -> None:
    """K4: its duty begins with the finding, waits for the archivists, takes further findings, and the plan goes on
    from the repair; who found it may repair it."""
    assert timed.care.remind() == 0
    with pytest.raises(Invalid):
        timed.care.report(ARCHIVIST, fire.id, {"note": " "})
    found = timed.care.report(ARCHIVIST, fire.id, {"note": "喷头脱落"})
    assert (found.case.state, waiting(timed, "archivist")) == (State.FAULTY, [found.case.id])
    again = timed.care.report(ARCHIVIST, fire.id, {"note": "压力也不足"})
    assert [move.note for move in again.case.history[1:]] == ["喷头脱落", "压力也不足"]
    set_clock.advance(timedelta(days=3))
    done = timed.care.take(ARCHIVIST, found.case.id, Event.REPAIR, None, {"note": "已更换"})
    assert done.case.state is State.DONE
    assert timed.care.facility(ARCHIVIST, fire.id).due == set_clock.today() + timedelta(days=30)
    timed.care.remind()
    for person in (CAST["auditor"], CAST["hr"]):
        with pytest.raises(Forbidden):
            timed.care.report(person, fire.id, {"note": "坏"})


def test_what_is_faulty_past_its_next_day(timed: Archive, fire: Facility, set_clock: SetClock) -> None:
    """K4: while a fault waits for its repair no second inspection begins, it is chased once it is late, and after the
    repair the next one is counted from that day."""
    set_clock.advance(timedelta(days=30))
    timed.care.remind()
    (duty,) = timed.care.inspections(CHIEF)[0]
    timed.care.take(ARCHIVIST, duty.case.id, Event.FAULT, None, {"note": "压力不足"})
    set_clock.advance(timedelta(days=65))
    assert timed.care.remind() == 0
    assert [timed.due.tell(), timed.due.tell()] == [1, 0]
    assert [one.event for one in timed.notices.of("archivist")] == ["overdue"]
    timed.care.take(ARCHIVIST, duty.case.id, Event.REPAIR, None, {"note": "已充装"})
    assert timed.care.facility(CHIEF, fire.id).due == set_clock.today() + timedelta(days=30)
    assert timed.care.remind() == 0


def signed(today: Any, days: int) -> dict[str, str]:
    return {"agreed": today.isoformat(), "expires": (today + timedelta(days=days)).isoformat()}


def test_agreements_are_kept_one_by_one(timed: Archive, set_clock: SetClock) -> None:
    """K3: a renewal takes nothing away of the one before; each is an event with its days, with a duty and without."""
    timed.care.add_keeper(CHIEF, "archivist")
    assert timed.care.agreements(CHIEF, "archivist") == []
    first = set_clock.today()
    timed.care.note_agreement(CHIEF, "archivist", signed(first, 365))
    set_clock.advance(timedelta(days=360))
    assert timed.care.remind() == 2  # the training, never had, and the agreement
    second = set_clock.today()
    timed.care.note_agreement(CHIEF, "archivist", signed(second, 730))
    assert timed.care.agreements(CAST["auditor"], "archivist") == [
        Agreement("archivist", second, second + timedelta(days=730), "archives"),
        Agreement("archivist", first, first + timedelta(days=365), "archives"),
    ]
    noted = [ids for action, ids in acts(timed) if action == "keeper.agreed"]
    assert noted == [{"account": "archivist", **signed(first, 365)}, {"account": "archivist", **signed(second, 730)}]


def test_an_agreement_of_before_is_kept_too(timed: Archive, set_clock: SetClock) -> None:
    """K3: of an archivist whose last agreement alone was kept, that one is listed, and stays at the next."""
    timed.care.add_keeper(CHIEF, "archivist")
    old = {"agreed": "2024-05-01", "expires": "2026-04-30"}
    timed.store.collection("keepers").update_one({"_id": "archivist"}, {"$set": old})
    timed.store.collection("facilities").update_many({}, {"$unset": {"retired": ""}})
    assert [one.by for one in timed.care.agreements(CHIEF, "archivist")] == [""]
    for days in (365, 366):
        timed.care.note_agreement(CHIEF, "archivist", signed(set_clock.today(), days))
    every = timed.care.agreements(CHIEF, "archivist")
    assert [(one.agreed.isoformat(), one.by) for one in every] == [
        ("2026-03-02", "archives"), ("2026-03-02", "archives"), ("2024-05-01", ""),
    ]  # fmt: skip


def test_who_was_designated_once_is_designated_again(timed: Archive, set_clock: SetClock) -> None:
    """K1: from that day on, with the agreement and trainings that they have; but nobody twice at a time."""
    timed.care.add_keeper(CHIEF, "archivist")
    timed.care.note_agreement(CHIEF, "archivist", signed(set_clock.today(), 365))
    timed.care.end_keeper(CHIEF, "archivist")
    set_clock.advance(timedelta(days=10))
    again = timed.care.add_keeper(CHIEF, "archivist")
    assert (again.since, again.until, again.bound(set_clock.today())) == (set_clock.today(), None, True)
    with pytest.raises(Invalid):
        timed.care.add_keeper(CHIEF, "archivist")
    assert [action for action, _ in acts(timed)].count("keeper.made") == 2


def test_archivists_alone_are_designated(timed: Archive) -> None:
    """K1: no agent, no colleague of another office, and nobody whose account is shut."""
    for name, role in (("agent", Role.AGENT), ("hr", Role.HR)):
        timed.accounts.create(SYSTEM, name, name, role, PASSWORD)
    timed.accounts.set_active(CAST["admin"], "archivist", active=False)
    for account in ("agent", "hr", "archivist", "nobody"):
        with pytest.raises(Invalid) as refused:
            timed.care.add_keeper(CHIEF, account)
        assert [fault.name for fault in refused.value.fields] == ["account"]


def test_who_left_owes_nothing(timed: Archive, set_clock: SetClock) -> None:
    """K1: when an archivist's account is shut, the timer ends the designation and what was owed, once."""
    timed.care.add_keeper(CHIEF, "archivist")
    assert timed.care.remind() == 2
    timed.accounts.set_active(CAST["admin"], "archivist", active=False)
    assert (timed.care.remind(), timed.care.remind()) == (0, 0)
    assert timed.care.keeper(CHIEF, "archivist")[0].until == set_clock.today()
    assert waiting(timed, "archives") == []
    assert {one.case.history[-1].by for one in timed.care.inspections(CHIEF)[0]} == {"system"}


def test_pages_and_api_keep_what_there_is(timed: Archive, fire: Facility) -> None:
    """K1, K4: the archives head corrects, retires and ends by both; an archivist reports what they find by both."""
    client = create_app(timed).test_client()
    headers = {}
    for name in ("archives", "archivist"):
        token = client.post("/api/v1/session", json={"username": name, "password": PASSWORD}).json["token"]
        headers[name] = {"Authorization": f"Bearer {token}"}
    path = f"/care/facilities/{fire.id}"
    page = client.get(path, headers=headers["archivist"]).text
    assert ("报告问题" in page, "修改设施" in page, "停用设施" in page) == (True, False, False)
    assert client.post(f"{path}/findings", data={"note": "门锁坏了"}, headers=headers["archivist"]).status_code == 302
    assert client.post(f"{path}/findings", data={"note": ""}, headers=headers["archivist"]).status_code == 422
    said = client.post(f"/api/v1{path}/findings", json={"note": "又坏了"}, headers=headers["archivist"])
    assert (said.status_code, said.json["state"]) == (201, "faulty")
    head = client.get(path, headers=headers["archives"]).text
    assert ("报告问题" in head, "修改设施" in head, "停用设施" in head) == (True, True, True)
    version = client.get("/api/v1/care", headers=headers["archives"]).json["facilities"][0]["version"]
    plan = {"kind": "door", "name": "东门", "every_days": 30}
    edited = client.patch(f"/api/v1{path}", json={**plan, "version": version}, headers=headers["archives"])
    assert (edited.status_code, edited.json["name"], edited.json["version"]) == (200, "东门", version + 1)
    form = {**plan, "version": version}
    assert client.post(path, data=form, headers=headers["archives"]).status_code == 409
    assert client.post(f"{path}/retire", headers=headers["archives"]).status_code == 302
    assert "已停用" in client.get("/care", headers=headers["archives"]).text
    client.post("/api/v1/care/keepers", json={"account": "archivist"}, headers=headers["archives"])
    ended = client.post("/api/v1/care/keepers/archivist/end", headers=headers["archives"])
    assert (ended.status_code, ended.json["until"]) == (200, timed.clock.today().isoformat())
    assert "重新指定" in client.get("/care/keepers/archivist", headers=headers["archives"]).text
    again = client.get("/api/v1/care/keepers/archivist/agreements", headers=headers["archives"])
    assert again.json["items"] == []
