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
from service.casework.register import EVERY_DAY, MOST_EXPORTED, MOST_PRINTED, PAGE, Days, too_many
from service.clock import Clock
from service.errors import FieldError, Invalid
from service.person import Person
from service.records.repository import Records
from service.store.windows import LONGEST, backwards

VIEWS = LOOKS - {"refused", "search"}
MOST_READ = 5000
"""Events that are looked through for one page; what is left is on the next one."""
_STEP = 100
YEAR = timedelta(days=366)
"""How far back one page looks that neither a person nor a file narrows; the next one goes on from there."""
_BEGINNING = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose views (an account, or a name), of which file, in which days. `before` goes on with a list."""

    account: str = ""
    file_no: str = ""
    days: Days = EVERY_DAY
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

    def bounded(self, wanted: Wanted) -> Wanted:
        """What is looked through: the last year, where neither a person nor a file nor a first day is named."""
        days = wanted.days
        if wanted.account or wanted.file_no or days.first:
            return wanted
        last = min(days.last or self._clock.today(), self._clock.today())
        return replace(wanted, days=replace(days, first=max(_BEGINNING, last - YEAR)))

    def read(self, person: Person, wanted: Wanted) -> tuple[list[Line], str]:
        """A page of the register, newest first, and where to go on. Raises Invalid."""
        self._gate.require(person, Action.READ_VIEWS)
        self._note(person, "register.read", {})
        found, more = self._page(self.bounded(wanted), self._people(wanted))
        return self._lines(found), more

    def whole(self, person: Person, wanted: Wanted) -> tuple[list[Line], bool]:
        """All that is asked for, for paper, and whether there are more than these, the newest ones."""
        self._gate.require(person, Action.READ_VIEWS)
        self._note(person, "register.read", {})
        found = self._all(wanted, MOST_PRINTED)
        return self._lines(found[:MOST_PRINTED]), len(found) > MOST_PRINTED

    def export(self, person: Person, wanted: Wanted) -> list[Line]:
        """All that is asked for, for a sheet. Raises Invalid where it is too long."""
        self._gate.require(person, Action.READ_VIEWS)
        found = self._all(wanted, MOST_EXPORTED)
        if len(found) > MOST_EXPORTED:
            raise too_many()
        self._note(person, "register.exported", {"rows": str(len(found))})
        return self._lines(found)

    def _all(self, wanted: Wanted, most: int) -> list[Event]:
        """All that is asked for, or some more than `most` of it."""
        asked, people = replace(self.bounded(wanted), before=""), self._people(wanted)
        found, more = self._page(asked, people)
        while more and len(found) <= most:
            next_, more = self._page(replace(asked, before=more), people)
            found += next_
        return found

    def _people(self, wanted: Wanted) -> frozenset[str]:
        return self._accounts.called(wanted.account) if wanted.account else frozenset()

    def _note(self, person: Person, action: str, more: Mapping[str, str]) -> None:
        ids = {"register": "views", **more}
        self._audit.record(person, action, subject=account_chain(person.account), ids=ids)

    def _page(self, wanted: Wanted, people: frozenset[str]) -> tuple[list[Event], str]:
        found: list[Event] = []
        last: Event | None = None
        start, end = self._span(wanted)
        far = end - YEAR  # a page of all files and people looks no further
        low = start if wanted.file_no or len(people) == 1 else max(start, far)
        events = self._of_file(wanted, start, end) if wanted.file_no else self._of_time(people, low, end)
        for read, event in enumerate(events):
            apart = last is None or event.at != last.at or wanted.file_no
            if last is not None and apart and (len(found) >= PAGE or read >= MOST_READ):
                return found, str(last.seq) if wanted.file_no else last.at.isoformat()
            last = event
            if event.action in VIEWS and (not people or event.account in people):
                found.append(event)
        return found, low.isoformat() if low > start else ""

    def _of_time(self, people: frozenset[str], start: datetime, end: datetime) -> Iterator[Event]:
        """Events of a span of time, newest first."""
        one = next(iter(people)) if len(people) == 1 else ""
        return backwards(
            lambda a, b: self._audit.trail.between(a, b, account=one), start, end,
            longest=LONGEST if one else timedelta(days=1),
        )  # fmt: skip

    def _of_file(self, wanted: Wanted, start: datetime, end: datetime) -> Iterator[Event]:
        """Events of the file's chain, newest first; chains are read by their numbers."""
        subject = file_chain(wanted.file_no)
        last = self._audit.trail.head(subject)[0]
        if wanted.before:
            last = min(last, _number(wanted.before) - 1)
        for high in range(last, 0, -_STEP):
            for event in reversed(list(self._audit.trail.chain(subject, max(1, high - _STEP + 1), high))):
                if event.at < start:
                    return
                if event.at < end:
                    yield event

    def _span(self, wanted: Wanted) -> tuple[datetime, datetime]:
        """From the first instant of the days that are asked for to the end of the last, or to where a list goes on."""
        days, zone = wanted.days, self._clock.zone
        start = datetime.combine(max(days.first or _BEGINNING, _BEGINNING), time(), zone)
        end = self._clock.now() + timedelta(seconds=1)
        if days.last is not None and days.last < self._clock.today():
            end = datetime.combine(max(days.last, _BEGINNING) + timedelta(days=1), time(), zone)
        if wanted.before and not wanted.file_no:
            end = min(end, _instant(wanted.before))
        return start, end

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
