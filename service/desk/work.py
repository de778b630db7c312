"""My work: what waits for a person, what they asked for, what is overdue, and their notices, over all kinds.

It reads queues and heads of cases, and unseals numbers at most: a line names numbers and states, never a reason.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from service.access.relations import DEPUTIES, Relations
from service.access.repository import Accounts
from service.casework.operations import Kind
from service.casework.shown import About, Shown
from service.casework.waits import OWN, Waiting, Waits, keys_of
from service.clock import Clock
from service.notices.repository import Notice, Notices
from service.person import Person
from service.workflow import Party

MOST, FIRST = 200, 50
"""Lines of one list, and those that its page shows at first; the oldest stand first, so that none is forgotten."""
RECENT = timedelta(days=30)
"""How long what has ended still stands among what one asked for."""
_TOGETHER = 100
"""Cases that are read at once for the numbers that they name."""
_SHOWN_FILES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One case in a list. `verb` is empty where nothing is the person's to do, else `page` is where they do it;
    `place_of` is whom one stands in for."""

    kind: str
    case: str
    shown: Shown
    state: str
    requester: str
    files: tuple[str, ...]
    since: datetime
    due: date | None
    overdue: bool
    verb: str = ""
    page: str = ""
    place_of: str = ""
    about: About | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """One person's lists. What is overdue stands in its own list and in no other."""

    overdue: tuple[Line, ...]
    waiting: tuple[Line, ...]
    asked: tuple[Line, ...]
    more: int = 0
    """How many more wait than are listed."""
    more_overdue: int = 0
    more_asked: int = 0


class Work:
    """The lists of each person over all kinds that were registered."""

    def __init__(
        self, kinds: Sequence[tuple[Kind[Any, Any, Any], Shown]], waits: Waits, relations: Relations,
        accounts: Accounts, notices: Notices, clock: Clock,
    ) -> None:  # fmt: skip
        self._kinds = {kind.name: (kind, shown) for kind, shown in kinds}
        self._waits, self._relations, self._accounts = waits, relations, accounts
        self._notices, self._clock = notices, clock

    @property
    def kinds(self) -> tuple[Kind[Any, Any, Any], ...]:
        """All kinds that were registered."""
        return tuple(kind for kind, _shown in self._kinds.values())

    def kind(self, name: str) -> Kind[Any, Any, Any]:
        """A registered kind by its name."""
        return self._kinds[name][0]

    def of(self, person: Person, most: int = MOST) -> Desk:
        """What is on the person's desk, the oldest and the overdue first; nothing is read of what is not listed."""
        waiting = sorted(self._waiting(person), key=lambda line: (line.due or date.max, line.since))
        asked = list(self._asked(person))
        overdue = [line for line in waiting if line.overdue]
        known = {line.case for line in overdue}
        overdue += [line for line in asked if line.overdue and line.case not in known]
        calm = [line for line in waiting if not line.overdue]
        mine = [line for line in asked if not line.overdue]
        return Desk(
            self._named(overdue[:most]), self._named(calm[:most]), self._named(mine[:most]),
            max(0, len(calm) - most), max(0, len(overdue) - most), max(0, len(mine) - most),
        )  # fmt: skip

    def _named(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """The lines with the numbers that were asked for, whether there are such files or not, or with what a case
        is about that is about no file; and with how they stand now."""
        told: dict[str, tuple[str, ...]] = {}
        about: dict[str, About] = {}
        stands: dict[str, str] = {}
        states, now = {line.case: line.state for line in lines}, self._clock.now()
        for name, (kind, shown) in self._kinds.items():
            if shown.named is None and shown.about is None:
                continue
            ids = [line.case for line in lines if line.kind == name]
            for start in range(0, len(ids), _TOGETHER):
                for case_id, kept in kind.cases.many(ids[start : start + _TOGETHER]).items():
                    if kept.content is not None and shown.named is not None:
                        told[case_id] = tuple(shown.named(kept.content)[:_SHOWN_FILES])
                    if kept.content is not None and shown.about is not None:
                        about[case_id] = shown.about(kept.content)
                    if shown.stands is not None:
                        stands[case_id] = shown.stands(states[case_id], kept.content, now)
        return tuple(
            replace(
                line, files=told.get(line.case, line.files), about=about.get(line.case),
                state=stands.get(line.case, line.state),
            )
            for line in lines
        )  # fmt: skip

    def count(self, person: Person) -> int:
        """How many cases wait for the person."""
        return sum(1 for _ in self._waiting(person))

    def unread(self, person: Person) -> int:
        """How many notices the person has not seen."""
        return self._notices.unread(person.account)

    def notices(self, person: Person, below: int | None = None) -> list[tuple[Notice, Shown | None]]:
        """The person's last notices, newest first, and they count as seen; those about deputies are of no case."""
        found = self._notices.of(person.account, below)
        if below is None:
            self._notices.note_read(person.account)
        shown = {DEPUTIES: None, **{name: shown for name, (_kind, shown) in self._kinds.items()}}
        return [(one, shown[one.kind]) for one in found if one.kind in shown]

    def called(self, accounts: Collection[str]) -> dict[str, str]:
        """What people are called, by their accounts."""
        return self._accounts.names(accounts)

    def names(self, lines: Sequence[Line]) -> dict[str, str]:
        """The names of the accounts that stand in `lines`."""
        whose = {line.about.account for line in lines if line.about}
        return self._accounts.names(
            {name for line in lines for name in (line.requester, line.place_of, *whose) if name}
        )

    def _waiting(self, person: Person) -> Iterator[Line]:
        """What the person can take a step in, by themselves or for those who are away; each case once."""
        today, seen = self._clock.today(), set()
        acting = self._relations.acting(person)
        concerned = frozenset().union(*(self._relations.files_of(one) for one in acting))
        hands = {one.account for one in acting}
        for one in acting:
            for key in keys_of(one):
                own = key.startswith(OWN)
                if own and one is not person:  # nobody asks in another's name
                    continue
                for found in self._waits.of(key):
                    refused = not own and (found.requester in hands or not concerned.isdisjoint(found.files))
                    if refused or found.case in seen or found.kind not in self._kinds:
                        continue
                    seen.add(found.case)
                    yield self._line(found, today, "" if one is person else one.account)

    def _line(self, found: Waiting, today: date, place_of: str) -> Line:
        shown = self._kinds[found.kind][1]
        return Line(
            found.kind, found.case, shown, found.state, found.requester, found.files[:_SHOWN_FILES], found.at,
            found.due, found.due is not None and found.due < today, shown.verbs.get(found.state, "办理"), shown.page,
            place_of,
        )  # fmt: skip

    def _asked(self, person: Person) -> Iterator[Line]:
        """What the person asked for and waits for others, or ended lately."""
        today, recent = self._clock.today(), self._clock.now() - RECENT
        passes = {held.id for held in person.passes}
        for name, (kind, shown) in self._kinds.items():
            for case in kind.cases.asked(person.account):
                parties = kind.workflow.waits_for(case.state)
                if _is_own(parties) or (not parties and case.history[-1].at < recent):
                    continue
                late = bool(parties) and case.due is not None and case.due < today
                verb, page = shown.own.get(case.state, ("", ""))
                if late or (shown.by_pass and case.id not in passes):
                    verb, page = "", ""
                yield Line(
                    name, case.id, shown, case.state, case.requester, case.files[:_SHOWN_FILES], case.history[-1].at,
                    case.due, late, verb, page,
                )  # fmt: skip


def _is_own(parties: Sequence[Party]) -> bool:
    """Whether a case waits for its requester alone, and so stands among what waits for them."""
    return tuple(parties) == (Party.REQUESTER,)
