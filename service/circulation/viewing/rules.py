"""What a request to view asks for, and how it goes from hand to hand (V2, V5). Pure: no I/O, no clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from service.access.grants import Pass, Purpose, network
from service.access.policy import Action
from service.casework.shown import Shown
from service.errors import FieldError, Invalid
from service.person import Person, Role
from service.workflow import Case, Party, Step, Workflow

MOST_FILES, MOST_PARTS, LONGEST_REASON = 20, 200, 2000
_NUMBER = re.compile(r"[\w./-]{1,40}")
_PAGE = re.compile(r"[0-9a-f]{24}/[1-9][0-9]{0,4}")


class State(StrEnum):
    ASKED = "asked"
    SIGNED = "signed"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class Event(StrEnum):
    SIGN = "sign"
    GRANT = "grant"
    REFUSE = "refuse"
    REVOKE = "revoke"
    WITHDRAW = "withdraw"


_OFFICE = (Party.ARCHIVIST, Party.ARCHIVES_HEAD)
_ASKER = (Party.REQUESTER,)
WORKFLOW = Workflow[State, Event](
    Step(State.ASKED, Event.SIGN, State.SIGNED, (Party.HEAD,), notice=_ASKER),
    Step(State.ASKED, Event.REFUSE, State.REFUSED, (Party.HEAD,), notice=_ASKER),
    Step(State.ASKED, Event.WITHDRAW, State.WITHDRAWN, _ASKER, waits=False),
    Step(State.SIGNED, Event.GRANT, State.GRANTED, _OFFICE, notice=_ASKER),
    Step(State.SIGNED, Event.REFUSE, State.REFUSED, _OFFICE, notice=_ASKER),
    Step(State.SIGNED, Event.WITHDRAW, State.WITHDRAWN, _ASKER, waits=False),
    Step(State.GRANTED, Event.REVOKE, State.REVOKED, _OFFICE, notice=_ASKER, waits=False),
    Step(State.GRANTED, Event.WITHDRAW, State.WITHDRAWN, _ASKER, waits=False),
)
"""A granted request waits for nobody: its pass ends by itself, when it is given back, or when it is revoked."""


def stands(state: str, asked: Any, now: datetime) -> str:
    """The badge of a request: what was granted says so while it can still be opened, and is over from its end on."""
    return "ended" if state == State.GRANTED and asked is not None and asked.until <= now else state


SHOWN = Shown(
    "查阅申请", "viewing.detail", {State.ASKED: "签字", State.SIGNED: "审批"},
    {
        Event.SIGN: "部门负责人已在您的查阅申请上签字", Event.GRANT: "您的查阅申请已批准，现在可以查阅",
        Event.REFUSE: "您的查阅申请未获同意，请查看理由", Event.REVOKE: "您的查阅通行证已收回",
    },
    own={State.GRANTED: ("开始查阅", "desk.begin_viewing")}, by_pass=True, named=attrgetter("named"), stands=stands,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, and once it is granted what was granted.

    `named` are the files' numbers as they were typed, whether there are such files or not: who may not know of a
    file learns nothing by asking for it. Empty parts mean all of the files.
    """

    named: tuple[str, ...]
    purpose: Purpose
    reason: str
    start: datetime
    until: datetime
    categories: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    original: bool = False
    masked: bool = True

    def given(self) -> dict[str, Any]:
        """In the shape in which it is asked for, and kept."""
        plain = asdict(self)
        plain["files"] = plain.pop("named")
        plain["from"], plain["until"] = plain.pop("start").isoformat(), plain["until"].isoformat()
        return plain


def first_state(person: Person) -> State:
    """A head's own application bears a head's signature already; nobody in the house signs for its leadership."""
    return State.SIGNED if person.role in (Role.HEAD, Role.LEADERSHIP) else State.ASKED


def action_for(state: State, event: Event) -> Action:
    """What the policy is asked for a step."""
    if event is Event.WITHDRAW:
        return Action.ASK_VIEWING
    refused_by_head = event is Event.REFUSE and state is State.ASKED
    return Action.SIGN_VIEWING if event is Event.SIGN or refused_by_head else Action.GRANT_VIEWING


def pass_of(case: Case, asked: Asked) -> Pass:
    """The pass that a granted request becomes; it has the request's id."""
    return Pass(
        case.id, case.requester, case.files, asked.purpose, asked.start, asked.until, asked.categories, asked.records,
        asked.pages, asked.places, asked.original, asked.masked,
    )  # fmt: skip


def read(given: Mapping[str, Any], categories: Sequence[str], now: datetime, zone: ZoneInfo, most_days: int) -> Asked:
    """What a form or an API asks for. Raises Invalid with every wrong field; says nothing about which files exist."""
    faults: list[FieldError] = []

    def wrong(name: str, message: str, **values: Any) -> None:
        faults.append(FieldError(name, message, values))

    files = tuple(dict.fromkeys(_many(given.get("files") or given.get("file_no"))))
    if not files or len(files) > MOST_FILES or not all(_NUMBER.fullmatch(one) for one in files):
        wrong("files", "档案编号：请填写 1 至 %(most)s 个编号，用空格或逗号隔开", most=MOST_FILES)
    purpose = str(given.get("purpose") or "")
    if purpose not in set(Purpose):
        wrong("purpose", "查阅用途：请从列出的用途中选择")
    reason = str(given.get("reason") or "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        wrong("reason", "查阅事由：必须填写，最多 %(most)s 字", most=LONGEST_REASON)
    start, until = _instant(given.get("from"), zone), _instant(given.get("until"), zone, last=True)
    start = start or now
    if until is None:
        wrong("until", "截止时间：请按 2026-03-01T17:30 的格式填写")
        until = start
    elif until <= max(start, now):
        wrong("until", "截止时间：应晚于开始时间和现在")
    elif until - start > timedelta(days=most_days):
        wrong("until", "截止时间：一次查阅最长 %(days)s 天，请缩短或分次申请", days=most_days)
    kinds, records, pages = (tuple(_many(given.get(name))) for name in ("categories", "records", "pages"))
    if not set(kinds) <= set(categories):
        wrong("categories", "类别：请从列出的类别中选择")
    if len(records) > MOST_PARTS:
        wrong("records", "材料：一次最多 %(most)s 份", most=MOST_PARTS)
    if len(pages) > MOST_PARTS or not all(_PAGE.fullmatch(one) for one in pages):
        wrong("pages", "页：请写成 扫描件编号/页码，一次最多 %(most)s 页", most=MOST_PARTS)
    places = tuple(_many(given.get("places")))
    if not all(_is_network(one) for one in places):
        wrong("places", "查阅地点：请填写网络地址，如 10.1.0.0/16")
    original, masked = _yes(given.get("original")), _yes(given.get("masked", True))
    if original and (masked or pages):
        wrong("original", "下载原件：原件不能遮盖号码，也不能只给其中几页；请取消下载，或不遮盖并给出整份")
    if faults:
        raise Invalid(fields=faults)
    return Asked(
        files, Purpose(purpose), reason, start, until, kinds, records, pages, places, original, masked
    )  # fmt: skip


def narrowed(asked: Asked, granted: Asked, now: datetime) -> Asked:
    """What is granted of what was asked for, from now on at the earliest: what the head signed may be narrowed, and
    never widened (V2). Raises Invalid with every field that would."""
    faults = []
    if granted.purpose is not asked.purpose:
        faults.append(FieldError("purpose", "查阅用途：须与申请一致；用途不同请申请人另行申请"))
    if granted.until > asked.until:
        faults.append(FieldError("until", "截止时间：不能晚于申请的时间；需要更久请申请人另行申请"))
    for name, message in (
        ("categories", "类别：只能从申请的类别中选择，至少一个"),
        ("records", "材料：只能从申请的材料中选择"),
        ("pages", "页：只能从申请的页中选择"),
    ):
        wanted, given = set(getattr(asked, name)), set(getattr(granted, name))
        if wanted and not (given and given <= wanted):
            faults.append(FieldError(name, message))
    if granted.original and not asked.original:
        faults.append(FieldError("original", "下载原件：申请中没有要求，请取消；确有需要请申请人另行申请"))
    if asked.masked and not granted.masked:
        faults.append(FieldError("masked", "完整号码：申请中没有要求，请保持遮盖；确有需要请申请人另行申请"))
    if faults:
        raise Invalid(fields=faults)
    return replace(granted, start=max(granted.start, asked.start, now))


def kept(said: Mapping[str, Any]) -> Asked:
    """What `Asked.given` gave, as it was kept."""
    return Asked(
        tuple(said["files"]), Purpose(said["purpose"]), said["reason"], datetime.fromisoformat(said["from"]),
        datetime.fromisoformat(said["until"]), tuple(said["categories"]), tuple(said["records"]),
        tuple(said["pages"]), tuple(said["places"]), said["original"], said["masked"],
    )  # fmt: skip


def _many(value: Any) -> list[str]:
    parts = value if isinstance(value, (list, tuple)) else re.split(r"[\s,，、;；]+", str(value or ""))
    return [text for one in parts if (text := str(one).strip())]


def _instant(value: Any, zone: ZoneInfo, *, last: bool = False) -> datetime | None:
    """A moment, in the office's time where it names no other; a day alone is its beginning, or as the last its end."""
    text = str(value or "").strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) == 10 and last:
        found += timedelta(days=1)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _is_network(text: str) -> bool:
    try:
        network(text)
    except ValueError:
        return False
    return True


def _yes(value: Any) -> bool:
    return value is True or str(value).lower() in ("yes", "true", "on", "1")
