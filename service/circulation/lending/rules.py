"""What a loan is, and how it goes from hand to hand (L1-L6). Pure: no I/O, no clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

from service.access.policy import Action
from service.casework.shown import OVERDUE, SOON, Shown
from service.circulation.lending.checking import Check, Condition
from service.errors import FieldError, Invalid
from service.person import Person, Role
from service.workflow import Guard, Party, Step, Workflow

AVAILABLE, QUEUED = "available", "queued"
"""Events of notices: what one waits for can be had; it was approved, and has still to be waited for."""
MOST_ORIGINALS, LONGEST_REASON, LONGEST_NAME = 50, 2000, 100
_CODE = re.compile(r"[\w./-]{1,40}")


class State(StrEnum):
    ASKED = "asked"
    OUTSIDE = "asked-outside"  # an organisation's application, which the general manager alone approves
    SIGNED = "signed"
    APPROVED = "approved"
    LENT = "lent"
    EXTENDING = "extending"
    CHECKING = "checking"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    SIGN = "sign"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand-over"
    EXTEND = "extend"
    GRANT_EXTENSION = "grant-extension"
    REFUSE_EXTENSION = "refuse-extension"
    RETURN = "return"
    CLOSE = "close"
    FOUND = "found"


FREE = Guard("free", "原件已借出或已丢失，或者有人排在前面：归还后再办理")
BEFORE_DUE = Guard("before-due", "借阅已经到期，不能再申请续借：请先归还")
LOST = Guard("lost", "这次借阅没有丢失的原件，请刷新后查看")
_ASKER = (Party.REQUESTER,)
_DESK = (Party.ARCHIVIST,)
_CHIEF = (Party.ARCHIVES_HEAD,)
WORKFLOW = Workflow[State, Event](
    Step(State.ASKED, Event.SIGN, State.SIGNED, (Party.HEAD,), notice=_ASKER),
    Step(State.ASKED, Event.REFUSE, State.REFUSED, (Party.HEAD,), notice=_ASKER),
    Step(State.SIGNED, Event.APPROVE, State.APPROVED, _CHIEF, notice=_ASKER),
    Step(State.SIGNED, Event.REFUSE, State.REFUSED, _CHIEF, notice=_ASKER),
    Step(State.OUTSIDE, Event.APPROVE, State.APPROVED, (Party.LEADERSHIP,), notice=_ASKER),
    Step(State.OUTSIDE, Event.REFUSE, State.REFUSED, (Party.LEADERSHIP,), notice=_ASKER),
    *(
        Step(state, Event.WITHDRAW, State.WITHDRAWN, _ASKER, waits=False)
        for state in (State.ASKED, State.OUTSIDE, State.SIGNED)
    ),
    Step(State.APPROVED, Event.WITHDRAW, State.WITHDRAWN, _ASKER + _DESK, notice=_ASKER, waits=False),
    Step(State.APPROVED, Event.HAND_OVER, State.LENT, _DESK, guard=FREE, notice=_ASKER),
    Step(State.LENT, Event.EXTEND, State.EXTENDING, _ASKER, guard=BEFORE_DUE, waits=False),
    Step(State.EXTENDING, Event.GRANT_EXTENSION, State.LENT, _CHIEF, notice=_ASKER),
    Step(State.EXTENDING, Event.REFUSE_EXTENSION, State.LENT, _CHIEF, notice=_ASKER),
    Step(State.LENT, Event.RETURN, State.CHECKING, _DESK, notice=_ASKER),
    Step(State.EXTENDING, Event.RETURN, State.CHECKING, _DESK, notice=_ASKER, waits=False),
    Step(State.CHECKING, Event.CLOSE, State.CLOSED, _DESK, notice=_ASKER),
    Step(State.CLOSED, Event.FOUND, State.CLOSED, _DESK, guard=LOST, notice=_ASKER, waits=False),
)
SHOWN = Shown(
    "借阅申请", "lending.detail",
    {
        State.ASKED: "签字", State.OUTSIDE: "审批", State.SIGNED: "审批", State.APPROVED: "办理借出",
        State.LENT: "办理归还", State.EXTENDING: "审批续借", State.CHECKING: "核对归还",
    },
    {
        Event.SIGN: "部门负责人已在您的借阅申请上签字", Event.APPROVE: "您的借阅申请已批准，请按借出日期领取原件",
        Event.REFUSE: "您的借阅申请未获同意，请查看理由", Event.HAND_OVER: "原件已借出，请按期归还",
        Event.GRANT_EXTENSION: "续借已同意，归还日期已更新", Event.REFUSE_EXTENSION: "续借未获同意，请按期归还",
        Event.RETURN: "原件已收回，正在核对", Event.CLOSE: "您的借阅已办结",
        Event.FOUND: "丢失的原件已经找到",
        AVAILABLE: "您等候的原件可以借出了，请到档案室领取",
        QUEUED: "您的借阅申请已批准；原件正借出或有人排在前面，可以领取时会通知您",
        Event.WITHDRAW: "档案室已撤回您的借阅申请，请查看理由",
        SOON: "有借出的原件即将到期：请按期归还，或在到期前申请续借", OVERDUE: "有借出的原件已逾期：请尽快归还",
    },
    own={State.LENT: ("申请续借", "lending.detail")}, named=attrgetter("named"), minds=(State.LENT, State.EXTENDING),
)  # fmt: skip
OUT = frozenset({State.LENT, State.EXTENDING})
"""The originals are with the borrower."""
AT_DESK = OUT | {State.APPROVED, State.CHECKING}
"""Paper is handed over or taken back."""
BEFORE = frozenset({State.ASKED, State.SIGNED, State.APPROVED})
"""A colleague's application on its way to the desk."""
REGISTERED = OUT | {State.CHECKING, State.CLOSED}
"""What stands in the register of loans (L3)."""


class Held(StrEnum):
    """Why an approved loan is not handed over now."""

    TAKEN = "taken"  # out, in whole or in part, or others are first in line
    EARLY = "early"
    EXPIRED = "expired"


class Unsigned(StrEnum):
    """What its borrower has not signed, without which no paper is handed over (K3)."""

    PLEDGE = "pledge"
    AGREEMENT = "agreement"  # of an archivist, which the archives office's head registers
    SLIP = "slip"  # by an organisation's bearer, who has no account


class Item(StrEnum):
    FILE = "file"
    RECORD = "record"


@dataclass(frozen=True, slots=True)
class Original:
    """The paper of a whole file, or of one record of it."""

    item: Item
    id: str
    file_no: str


@dataclass(frozen=True, slots=True)
class Loan:
    """What is borrowed, why and for how long.

    `named` is what was typed, `originals` what of it there is. `wanted` is the day that an extension asks for, `found`
    what was lost and is there again. `signed` says that an organisation's bearer signed the pledge on the slip.
    """

    named: tuple[str, ...]
    originals: tuple[Original, ...]
    reason: str
    start: date
    until: date
    organisation: str = ""
    bearer: str = ""
    extensions: int = 0
    wanted: date | None = None
    check: Check | None = None
    found: tuple[str, ...] = ()
    signed: bool = False

    def lost(self) -> tuple[str, ...]:
        """The originals that did not come back, and were not found."""
        return tuple(id_ for id_ in (self.check.lost() if self.check else ()) if id_ not in self.found)

    def file_nos(self) -> tuple[str, ...]:
        """The files that the originals belong to."""
        return tuple(dict.fromkeys(one.file_no for one in self.originals))

    def given(self) -> dict[str, Any]:
        """In the shape in which it is kept."""
        plain = asdict(self)
        plain["start"], plain["until"] = self.start.isoformat(), self.until.isoformat()
        plain["wanted"] = self.wanted.isoformat() if self.wanted else None
        return plain


def kept(said: Mapping[str, Any]) -> Loan:
    """What `Loan.given` gave, as it was kept."""
    originals = tuple(Original(Item(o["item"]), o["id"], o["file_no"]) for o in said["originals"])
    return Loan(
        tuple(said["named"]), originals, said["reason"], date.fromisoformat(said["start"]),
        date.fromisoformat(said["until"]), said["organisation"], said["bearer"], said["extensions"],
        date.fromisoformat(said["wanted"]) if said["wanted"] else None,
        _check(said["check"], originals) if said["check"] else None, tuple(said.get("found", ())),
        said.get("signed", False),
    )  # fmt: skip


def _check(said: Mapping[str, Any], originals: Sequence[Original]) -> Check:
    """An early check has one condition for all originals."""
    conditions = said.get("conditions") or {one.id: said["condition"] for one in originals}
    found = {id_: Condition(condition) for id_, condition in conditions.items()}
    return Check(said["pages"], found, said["note"], said["answers"])


def first_state(person: Person, organisation: str) -> State:
    """Outside organisations need the general manager alone; a head's own application bears a head's signature."""
    if organisation:
        return State.OUTSIDE
    return State.SIGNED if person.role in (Role.HEAD, Role.LEADERSHIP) else State.ASKED


def action_for(state: State, event: Event) -> Action:
    """What the policy is asked for a step."""
    match event:
        case Event.WITHDRAW | Event.EXTEND:
            return Action.ASK_LOAN
        case Event.SIGN:
            return Action.SIGN_LOAN
        case Event.REFUSE:
            return Action.SIGN_LOAN if state is State.ASKED else Action.APPROVE_LOAN
        case Event.APPROVE | Event.GRANT_EXTENSION | Event.REFUSE_EXTENSION:
            return Action.APPROVE_LOAN
        case _:
            return Action.HANDLE_LOAN


def read(given: Mapping[str, Any], today: date, most_days: int) -> Loan:
    """What a form or an API asks for, its originals still unknown. Raises Invalid with every wrong field."""
    faults: list[FieldError] = []

    def wrong(name: str, message: str, **values: Any) -> None:
        faults.append(FieldError(name, message, values))

    named = tuple(dict.fromkeys(_many(given.get("items"))))
    if not named or len(named) > MOST_ORIGINALS or not all(_CODE.fullmatch(one) for one in named):
        wrong("items", "借阅内容：请填写 1 至 %(most)s 个档案编号、材料标签或档案盒编号", most=MOST_ORIGINALS)
    reason = str(given.get("reason") or "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        wrong("reason", "借阅事由：必须填写，最多 %(most)s 字", most=LONGEST_REASON)
    start = day(given.get("from")) if given.get("from") else today
    until = day(given.get("until"))
    if start is None:
        wrong("from", "借出日期：请按 2026-03-01 的格式填写")
    if until is None:
        wrong("until", "归还日期：请按 2026-03-01 的格式填写")
    elif until < max(start or today, today):
        wrong("until", "归还日期：不能早于借出日期和今天")
    elif until - (start or today) > timedelta(days=most_days):
        wrong("until", "归还日期：一次最多借 %(days)s 天，到期前可以申请续借", days=most_days)
    organisation, bearer = (str(given.get(name) or "").strip() for name in ("organisation", "bearer"))
    if max(len(organisation), len(bearer)) > LONGEST_NAME:
        wrong("organisation", "借阅单位和经办人：最多 %(most)s 字", most=LONGEST_NAME)
    if organisation and not bearer:
        wrong("bearer", "经办人：请填写借阅单位前来办理的人")
    if faults or start is None or until is None:
        raise Invalid(fields=faults)
    return Loan(named, (), reason, start, until, organisation, bearer)


def read_extension(given: Mapping[str, Any], loan: Loan, most_days: int) -> date:
    """The day that an extension asks for. Raises Invalid."""
    wanted = day(given.get("until"))
    if wanted is None or wanted <= loan.until:
        raise Invalid(fields=[FieldError("until", "续借到：请填写晚于现在归还日期的日子")])
    if wanted - loan.until > timedelta(days=most_days):
        raise Invalid(fields=[FieldError("until", "续借到：一次最多续借 %(days)s 天", {"days": most_days})])
    return wanted


def held(loan: Loan, today: date, free: bool) -> Held | None:
    """Why an approved loan is not handed over today; none where it is."""
    if today > loan.until:
        return Held.EXPIRED
    if not free:
        return Held.TAKEN
    return Held.EARLY if today < loan.start else None


def day(value: Any) -> date | None:
    """An ISO day, or None where it is none."""
    try:
        return date.fromisoformat(str(value or "").strip())
    except ValueError:
        return None


def _many(value: Any) -> Sequence[str]:
    parts = value if isinstance(value, list | tuple) else re.split(r"[\s,，、;；]+", str(value or ""))
    return [text for one in parts if (text := str(one).strip())]
