"""Facilities, keepers, and the duties that fall due about them (K1, K3, K4). Pure: no I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from service.casework.shown import About, Shown
from service.errors import FieldError, Invalid
from service.workflow import Party, Step, Workflow

LONGEST_NAME, LONGEST_NOTE = 60, 1000


class FacilityKind(StrEnum):
    CABINET = "cabinet"
    FIRE = "fire"
    DAMP = "damp"
    INSECTS = "insects"
    CAMERA = "camera"
    DOOR = "door"


KINDS = {
    FacilityKind.CABINET: "柜架", FacilityKind.FIRE: "防火", FacilityKind.DAMP: "防潮", FacilityKind.INSECTS: "防虫",
    FacilityKind.CAMERA: "监控", FacilityKind.DOOR: "门禁",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facility:
    """Something that protects the paper, inspected every so many days until it is retired; `duty` is the open one."""

    id: str
    kind: FacilityKind
    name: str
    where: str
    every_days: int
    due: date
    duty: str = ""
    version: int = 1
    retired: date | None = None


@dataclass(frozen=True, slots=True)
class Keeper:
    """A designated archivist, the confidentiality agreement that they signed, and their last training."""

    account: str
    since: date
    until: date | None = None
    agreed: date | None = None
    expires: date | None = None
    trained: date | None = None
    agreement_duty: str = ""
    training_duty: str = ""
    version: int = 1

    def bound(self, today: date) -> bool:
        """Whether an agreement of theirs holds today (K3)."""
        return self.until is None and self.expires is not None and self.expires >= today


@dataclass(frozen=True, slots=True)
class Agreement:
    """One confidentiality agreement: whose, signed when, valid until when, and who entered it; nobody knows of those
    that were entered before they were kept one by one."""

    account: str
    agreed: date
    expires: date
    by: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """One training in confidentiality: of whom, about what, when, how long."""

    account: str
    subject: str
    day: date
    hours: float
    by: str


class Matter(StrEnum):
    """What a duty is about."""

    INSPECTION = "inspection"
    AGREEMENT = "agreement"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that has to be done about a facility or a keeper (its id or account)."""

    matter: Matter
    subject: str
    name: str
    where: str = ""


MATTERS = {Matter.INSPECTION: "设施巡检", Matter.AGREEMENT: "保密协议", Matter.TRAINING: "保密培训"}


def kept_duty(said: Mapping[str, Any]) -> Duty:
    return Duty(Matter(said["matter"]), said["subject"], said["name"], said.get("where", ""))


def about(duty: Duty) -> About:
    """What a duty is called where it stands among other work: which facility, and where, or whose it is."""
    if duty.matter is Matter.INSPECTION:
        return About(MATTERS[duty.matter], " · ".join(filter(None, (duty.name, duty.where))))
    return About(MATTERS[duty.matter], account=duty.subject)


class State(StrEnum):
    DUE = "due"
    RENEW = "renew"  # an agreement or a training, which the archives head sees to
    FAULTY = "faulty"
    DONE = "done"
    ENDED = "ended"  # nobody owes it any more


OPEN = frozenset({State.DUE, State.RENEW, State.FAULTY})
"""What is still to be done."""


class Event(StrEnum):
    PASS = "pass"  # noqa: S105 - an inspection that finds everything in order
    FAULT = "fault"
    REPAIR = "repair"
    RENEW = "renew"
    END = "end"


WORKFLOW = Workflow[State, Event](
    Step(State.DUE, Event.PASS, State.DONE, (Party.ARCHIVIST,)),
    Step(State.DUE, Event.FAULT, State.FAULTY, (Party.ARCHIVIST,)),
    Step(State.FAULTY, Event.FAULT, State.FAULTY, (Party.ARCHIVIST,)),
    Step(State.FAULTY, Event.REPAIR, State.DONE, (Party.ARCHIVIST,)),
    Step(State.RENEW, Event.RENEW, State.DONE, (Party.ARCHIVES_HEAD,)),
    *(
        Step(state, Event.END, State.ENDED, (Party.ARCHIVES_HEAD, Party.REQUESTER), waits=False)
        for state in sorted(OPEN)
    ),
)
"""A duty's requester is the timer, which ends those of somebody whose account is shut."""
SHOWN = Shown(
    "库房看护", "care.duty", {State.DUE: "登记巡检", State.FAULTY: "登记维修", State.RENEW: "登记更新"},
    about=about,
)  # fmt: skip


def read_facility(given: Mapping[str, Any], today: date) -> Facility:
    """A facility as a form or an API gives it, without an id. Raises Invalid with every wrong field."""
    faults: list[FieldError] = []
    kind, name, where = (str(given.get(field) or "").strip() for field in ("kind", "name", "where"))
    if kind not in set(FacilityKind):
        faults.append(FieldError("kind", "种类：请从列出的设施中选择"))
    if not name or len(name) > LONGEST_NAME:
        faults.append(FieldError("name", "名称：请填写，最多 %(most)s 个字", {"most": LONGEST_NAME}))
    if len(where) > LONGEST_NAME:
        faults.append(FieldError("where", "位置：最多 %(most)s 个字", {"most": LONGEST_NAME}))
    every = str(given.get("every_days") or "").strip()
    if not every.isdecimal() or not 1 <= int(every) <= 730:
        faults.append(FieldError("every_days", "巡检周期：应为 1 至 730 天"))
    due = _day(given.get("due"))
    if given.get("due") and due is None:
        faults.append(FieldError("due", "下次巡检：请按 2026-03-01 的格式填写"))
    if faults:
        raise Invalid(fields=faults)
    return Facility("", FacilityKind(kind), name, where, int(every), due or today + timedelta(days=int(every)))


def read_training(given: Mapping[str, Any], account: str, today: date, by: str) -> Training:
    """A training as it is entered. Raises Invalid with every wrong field."""
    faults: list[FieldError] = []
    subject, day = str(given.get("subject") or "").strip(), _day(given.get("day"))
    if not subject or len(subject) > LONGEST_NAME:
        faults.append(FieldError("subject", "培训内容：请填写，最多 %(most)s 个字", {"most": LONGEST_NAME}))
    if day is None or day > today:
        faults.append(FieldError("day", "培训日期：请填写今天或以前的日子"))
    try:
        hours = float(str(given.get("hours") or "").strip())
    except ValueError:
        hours = 0
    if not 0 < hours <= 200:
        faults.append(FieldError("hours", "学时：应为 0 至 200 之间的数"))
    if faults or day is None:
        raise Invalid(fields=faults)
    return Training(account, subject, day, hours, by)


def read_agreement(given: Mapping[str, Any], today: date) -> tuple[date, date]:
    """When an agreement was signed, and its last day. Raises Invalid."""
    agreed, expires = _day(given.get("agreed")), _day(given.get("expires"))
    faults = []
    if agreed is None or agreed > today:
        faults.append(FieldError("agreed", "签署日期：请填写今天或以前的日子"))
    if expires is None or expires <= today:
        faults.append(FieldError("expires", "有效期至：请填写今天以后的日子"))
    if faults or agreed is None or expires is None:
        raise Invalid(fields=faults)
    return agreed, expires


def read_note(given: Mapping[str, Any], message: str) -> str:
    """What was found or repaired. Raises Invalid where nothing is said."""
    note = str(given.get("note") or "").strip()
    if not note or len(note) > LONGEST_NOTE:
        raise Invalid(fields=[FieldError("note", message)])
    return note


def next_due(facility: Facility, done: date) -> date:
    """When a facility is inspected again: counted from the day on which it was found in order."""
    return done + timedelta(days=facility.every_days)


def training_due(keeper: Keeper, months: int) -> date:
    """Until when a keeper is to be trained again; at once where they never were."""
    if keeper.trained is None:
        return keeper.since
    years, month = divmod(keeper.trained.month - 1 + months, 12)
    return date(keeper.trained.year + years, month + 1, min(keeper.trained.day, 28))


def agreement_due(keeper: Keeper) -> date:
    """Until when a keeper is to sign again; at once where they never did."""
    return keeper.expires or keeper.since


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value or "").strip())
    except ValueError:
        return None
