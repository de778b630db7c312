"""The register of handed-over material (材料移交登记簿): who handed what in, and who received it. Read from the cases.

It has no book of its own, and unseals no value of a record. Its pages and API stand in a room each beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.audit.trail import Audit
from service.casework.operations import Kind
from service.casework.register import EVERY_DAY, Days, Register
from service.casework.repository import Kept
from service.clock import Clock
from service.intake.submissions.rules import Event, Handed, State, handed_at
from service.person import Person
from service.records.repository import Records

_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which file, department and whom (an account, or what somebody is called), handed in in which days; all where
    nothing is named. `below` goes on with a list."""

    file_no: str = ""
    department: str = ""
    below: int | None = None
    account: str = ""
    days: Days = EVERY_DAY


@dataclass(frozen=True, slots=True)
class Line:
    """What was handed in at once: since when, by whom, of which files and kinds, how many, and who received it."""

    id: str
    at: datetime
    department: str
    requester: str
    name: str
    files: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]
    count: int
    state: State
    receiver: str = ""
    received: datetime | None = None


class HandedRegister:
    """The register of one kind of case, submissions or supplements."""

    def __init__(
        self, kind: Kind[Handed, State, Event], audit: Audit, gate: Gate, accounts: Accounts, records: Records,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._register = Register(kind.name, kind.cases.window, Action.READ_HANDED, audit, gate)
        self._accounts, self._records, self._clock = accounts, records, clock

    def read(self, person: Person, wanted: Wanted) -> tuple[list[Line], int | None]:
        """A page, newest first, and where to go on."""
        found, more = self._register.read(person, self._asked(wanted), wanted.below)
        return list(self._lines(found)), more

    def whole(self, person: Person, wanted: Wanted) -> tuple[list[Line], bool]:
        """All that is asked for, for paper, and whether there are more than these, the newest ones."""
        found, cut = self._register.whole(person, self._asked(wanted))
        return list(self._lines(found)), cut

    def export(self, person: Person, wanted: Wanted) -> list[Line]:
        """All that is asked for, for a sheet. Raises Invalid where it is too long."""
        return list(self._lines(self._register.export(person, self._asked(wanted))))

    def _asked(self, wanted: Wanted) -> Callable[[Kept[Handed]], bool]:
        people = self._accounts.called(wanted.account) if wanted.account else frozenset()
        return lambda one: _asked(wanted, people, self._clock.zone, one)

    def _kinds(self, found: list[Kept[Handed]]) -> dict[str, tuple[str, str]]:
        """Of what kind each record is of what was handed in."""
        ids = [record for one in found if one.content for record in one.content.records]
        kinds: dict[str, tuple[str, str]] = {}
        for start in range(0, len(ids), _TOGETHER):
            kinds |= self._records.kinds(ids[start : start + _TOGETHER])
        return kinds

    def _lines(self, found: list[Kept[Handed]]) -> Iterator[Line]:
        for start in range(0, len(found), _TOGETHER):
            part = found[start : start + _TOGETHER]
            kinds = self._kinds(part)
            moves = {one.case.id: next((m for m in one.case.history if m.event == Event.FILE), None) for one in part}
            people = {one.case.requester for one in part} | {move.by for move in moves.values() if move}
            names = self._accounts.names(people)
            for one in part:
                case, filed, records = one.case, moves[one.case.id], one.content.records if one.content else ()
                yield Line(
                    case.id, _handed_at(one), case.department, case.requester,
                    names.get(case.requester, case.requester), case.files,
                    tuple(dict.fromkeys(kinds[record] for record in records if record in kinds)), len(records),
                    State(case.state),
                    names.get(filed.by, filed.by) if filed else "", filed.at if filed else None,
                )  # fmt: skip


def _asked(wanted: Wanted, people: frozenset[str], zone: ZoneInfo, one: Kept[Handed]) -> bool:
    """Whether a case stands in the register: it was handed in, and is what is looked for."""
    if handed_at(one.case) is None:
        return False
    fits = not wanted.file_no or wanted.file_no in one.case.files
    fits = fits and (not wanted.account or one.case.requester in people)
    in_time = wanted.days.hold(_handed_at(one).astimezone(zone).date())
    return fits and in_time and (not wanted.department or one.case.department == wanted.department)


def _handed_at(one: Kept[Any]) -> datetime:
    return handed_at(one.case) or one.case.history[0].at
