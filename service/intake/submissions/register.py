"""The register of handed-over material (材料移交登记簿): who handed what in, and who received it. Read from the cases.

It has no book of its own, and unseals no value of a record. Its pages and API stand in a room each beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.audit.trail import Audit, account_chain
from service.casework.operations import Kind
from service.casework.repository import Kept
from service.errors import FieldError, Invalid
from service.intake.submissions.rules import Event, Handed, State
from service.person import Person
from service.records.repository import Records

PAGE, MOST_EXPORTED = 100, 5000
MOST_READ = 20
"""Windows of cases that are looked through for one page; what is left is on the next one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which file and department; all where nothing is named. `below` goes on with a list."""

    file_no: str = ""
    department: str = ""
    below: int | None = None


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
    """The register of one kind of case, submissions or supplements. Reading it is an event too."""

    def __init__(
        self, kind: Kind[Handed, State, Event], audit: Audit, gate: Gate, accounts: Accounts, records: Records
    ) -> None:
        self._kind, self._audit, self._gate, self._accounts, self._records = kind, audit, gate, accounts, records

    def read(self, person: Person, wanted: Wanted) -> tuple[list[Line], int | None]:
        """A page, newest first, and where to go on."""
        self._gate.require(person, Action.READ_HANDED)
        self._note(person, "register.read")
        found, more = self._page(wanted)
        return list(self._lines(found)), more

    def export(self, person: Person, wanted: Wanted) -> list[Line]:
        """All that is asked for, for a sheet. Raises Invalid where it is too long."""
        self._gate.require(person, Action.READ_HANDED)
        lines: list[Line] = []
        more = wanted.below
        while True:
            found, more = self._page(Wanted(wanted.file_no, wanted.department, more))
            lines += self._lines(found)
            if len(lines) > MOST_EXPORTED:
                fault = "登记簿超过 %(most)s 行：请按档案或部门缩小范围后再导出"
                raise Invalid(fields=[FieldError("department", fault, {"most": MOST_EXPORTED})])
            if more is None:
                self._note(person, "register.exported")
                return lines

    def _note(self, person: Person, action: str) -> None:
        ids = {"register": self._kind.name}
        self._audit.record(person, action, subject=account_chain(person.account), ids=ids)

    def _page(self, wanted: Wanted) -> tuple[list[Kept[Handed]], int | None]:
        """Whole windows, until a page is full."""
        found: list[Kept[Handed]] = []
        below: int | None = wanted.below
        for _ in range(MOST_READ):
            window, below = self._kind.cases.window(below)
            found += [one for one in window if _asked(one, wanted)]
            if below <= 1:
                return found, None
            if len(found) >= PAGE:
                break
        return found, below

    def _lines(self, found: list[Kept[Handed]]) -> Iterator[Line]:
        for start in range(0, len(found), PAGE):
            part = found[start : start + PAGE]
            ends = {one.case.id: _ends(one.content) for one in part}
            kinds = self._records.kinds({record for records in ends.values() for record in records})
            moves = {one.case.id: next((m for m in one.case.history if m.event == Event.FILE), None) for one in part}
            people = {one.case.requester for one in part} | {move.by for move in moves.values() if move}
            names = self._accounts.names(people)
            for one in part:
                case, filed = one.case, moves[one.case.id]
                yield Line(
                    case.id, _handed_at(one), case.department, case.requester,
                    names.get(case.requester, case.requester), case.files,
                    tuple(dict.fromkeys(kinds[record] for record in ends[case.id] if record in kinds)),
                    len(one.content.records) if one.content else 0, State(case.state),
                    names.get(filed.by, filed.by) if filed else "", filed.at if filed else None,
                )  # fmt: skip


def _asked(one: Kept[Handed], wanted: Wanted) -> bool:
    """Whether a case stands in the register: it was handed in, and is what is looked for."""
    if not any(move.after == State.SUBMITTED for move in one.case.history):
        return False
    fits = not wanted.file_no or wanted.file_no in one.case.files
    return fits and (not wanted.department or one.case.department == wanted.department)


def _handed_at(one: Kept[Any]) -> datetime:
    return next(move.at for move in one.case.history if move.after == State.SUBMITTED)


def _ends(content: Handed | None) -> tuple[str, ...]:
    """The first and the last record: a batch has one kind, a workbook seldom more than a few."""
    return (content.records[0], content.records[-1]) if content and content.records else ()
