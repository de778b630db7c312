"""Who saw what, when and for what (V4), read from the trail in short windows: the register is no book of its own.

Every page image, text, original and print is an event before its first byte; here they are found again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.access.rules import Account
from service.audit.event import Event
from service.audit.trail import LOOKS, Audit, account_chain, file_chain
from service.clock import Clock
from service.errors import FieldError, Invalid
from service.person import Person
from service.records.repository import Records
from service.store.windows import LONGEST, backwards

VIEWS = LOOKS - {"refused", "search"}
PAGE, MOST_EXPORTED = 100, 5000
MOST_READ = 5000
"""Events that are looked through for one page; what is left is on the next one."""
_STEP = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose views, of which file, on which day; all of them where nothing is named. `before` goes on with a list."""

    account: str = ""
    file_no: str = ""
    day: date | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the register: an event, its viewer's name and department, and the kind of record that was seen."""

    event: Event
    name: str
    department: str
    kind: tuple[str, str] | None


class ViewsRegister:
    """The register of views. Reading it is an event too."""

    def __init__(self, audit: Audit, gate: Gate, accounts: Accounts, records: Records, clock: Clock) -> None:
        self._audit, self._gate, self._accounts, self._records = audit, gate, accounts, records
        self._clock = clock

    def read(self, person: Person, wanted: Wanted) -> tuple[list[Line], str]:
        """A page of the register, newest first, and where to go on. Raises Invalid."""
        self._gate.require(person, Action.READ_VIEWS)
        self._note(person, "register.read", {})
        found, more = self._page(wanted)
        return self._lines(found), more

    def export(self, person: Person, wanted: Wanted) -> list[Line]:
        """All that is asked for, for a sheet. Raises Invalid where it is too long."""
        self._gate.require(person, Action.READ_VIEWS)
        lines: list[Line] = []
        more = "start"
        asked = replace(wanted, before="")
        while more:
            found, more = self._page(asked)
            lines += self._lines(found)
            asked = replace(asked, before=more)
            if len(lines) > MOST_EXPORTED:
                fault = "登记簿超过 %(most)s 行：请按人员、档案或日期缩小范围后再导出"
                raise Invalid(fields=[FieldError("day", fault, {"most": MOST_EXPORTED})])
        self._note(person, "register.exported", {"rows": str(len(lines))})
        return lines

    def _note(self, person: Person, action: str, more: Mapping[str, str]) -> None:
        ids = {"register": "views", **more}
        self._audit.record(person, action, subject=account_chain(person.account), ids=ids)

    def _page(self, wanted: Wanted) -> tuple[list[Event], str]:
        found: list[Event] = []
        last: Event | None = None
        for read, event in enumerate(self._of_file(wanted) if wanted.file_no else self._of_time(wanted)):
            apart = last is None or event.at != last.at or wanted.file_no
            if last is not None and apart and (len(found) >= PAGE or read >= MOST_READ):
                return found, str(last.seq) if wanted.file_no else last.at.isoformat()
            last = event
            if event.action in VIEWS and (not wanted.account or event.account == wanted.account):
                found.append(event)
        return found, ""

    def _of_time(self, wanted: Wanted) -> Iterator[Event]:
        """Events of the day, or of the last year, newest first."""
        start, end = self._span(wanted.day)
        if wanted.before:
            end = min(end, _instant(wanted.before))
        return backwards(
            lambda a, b: self._audit.trail.between(a, b, account=wanted.account), start, end,
            longest=LONGEST if wanted.account else timedelta(days=1),
        )  # fmt: skip

    def _of_file(self, wanted: Wanted) -> Iterator[Event]:
        """Events of the file's chain, newest first; chains are read by their numbers."""
        subject = file_chain(wanted.file_no)
        last = self._audit.trail.head(subject)[0]
        if wanted.before:
            last = min(last, _number(wanted.before) - 1)
        start, end = self._span(wanted.day)
        for high in range(last, 0, -_STEP):
            for event in reversed(list(self._audit.trail.chain(subject, max(1, high - _STEP + 1), high))):
                if event.at < start:
                    return
                if event.at < end:
                    yield event

    def _span(self, day: date | None) -> tuple[datetime, datetime]:
        if day is None:
            now = self._clock.now()
            return now - timedelta(days=366), now + timedelta(seconds=1)
        start = datetime.combine(day, time(), self._clock.zone)
        return start, start + timedelta(days=1)

    def _lines(self, events: list[Event]) -> list[Line]:
        people: dict[str, Account] = {}
        kinds: dict[str, tuple[str, str]] = {}
        for start in range(0, len(events), _STEP):
            part = events[start : start + _STEP]
            people |= self._accounts.many({event.account for event in part})
            kinds |= self._records.kinds({event.ids["record"] for event in part if "record" in event.ids})
        return [
            Line(
                event, people[event.account].name if event.account in people else "",
                (people[event.account].department or "") if event.account in people else "",
                kinds.get(event.ids.get("record", "")),
            )
            for event in events
        ]  # fmt: skip


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(fields=[FieldError("next", "翻页位置不正确：请从第一页开始")]) from None
    if found.tzinfo is None:
        raise Invalid(fields=[FieldError("next", "翻页位置不正确：请从第一页开始")])
    return found


def _number(text: str) -> int:
    if not text.isdecimal():
        raise Invalid(fields=[FieldError("next", "翻页位置不正确：请从第一页开始")])
    return int(text[:12])
