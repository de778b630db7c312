"""The register of loans (档案借阅登记簿, L3): who borrowed what, when it was due, and how it came back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.audit.trail import Audit
from service.casework.operations import Kind
from service.casework.register import Register
from service.casework.repository import Kept
from service.circulation.lending.rules import OUT, REGISTERED, Event, Loan, State
from service.clock import Clock
from service.person import Person

_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which file and department, and whether only what is out; all where nothing is named."""

    file_no: str = ""
    department: str = ""
    out: bool = False
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One loan, and whoever handed the paper over. What was typed is gone with a destroyed file."""

    kept: Kept[Loan]
    name: str
    handed: datetime | None
    by: str
    returned: datetime | None
    overdue: bool

    @property
    def borrower(self) -> str:
        loan = self.kept.content
        return loan.bearer if loan and loan.bearer else self.name

    @property
    def due(self) -> date | None:
        return self.kept.content.until if self.kept.content else None


class LoansRegister:
    """Loans from the hand-over on. Reading it is an event too."""

    def __init__(
        self, kind: Kind[Loan, State, Event], audit: Audit, gate: Gate, accounts: Accounts, clock: Clock
    ) -> None:
        self._register = Register(kind.name, kind.cases.window, Action.READ_LOANS, audit, gate)
        self._accounts, self._clock = accounts, clock

    def read(self, person: Person, wanted: Wanted) -> tuple[list[Line], int | None]:
        """A page, newest first, and where to go on."""
        found, more = self._register.read(person, partial(_asked, wanted), wanted.below)
        return list(self._lines(found)), more

    def export(self, person: Person, wanted: Wanted) -> list[Line]:
        """All that is asked for, for a sheet. Raises Invalid where it is too long."""
        return list(self._lines(self._register.export(person, partial(_asked, wanted))))

    def _lines(self, found: Sequence[Kept[Loan]]) -> Iterator[Line]:
        today = self._clock.today()
        for start in range(0, len(found), _TOGETHER):
            part = found[start : start + _TOGETHER]
            moves = {one.case.id: {move.event: move for move in one.case.history} for one in part}
            handing = {case: steps[Event.HAND_OVER].by for case, steps in moves.items() if Event.HAND_OVER in steps}
            names = self._accounts.names({*(one.case.requester for one in part), *handing.values()})
            for one in part:
                case, steps = one.case, moves[one.case.id]
                out, back, by = steps.get(Event.HAND_OVER), steps.get(Event.RETURN), handing.get(case.id, "")
                yield Line(
                    one, names.get(case.requester, case.requester), out.at if out else None, names.get(by, by),
                    back.at if back else None, case.due is not None and case.due < today,
                )  # fmt: skip


def _asked(wanted: Wanted, one: Kept[Loan]) -> bool:
    """Whether a loan stands in the register, and is what is looked for."""
    state = State(one.case.state)
    if state not in (OUT if wanted.out else REGISTERED):
        return False
    fits = not wanted.file_no or wanted.file_no in one.case.files
    return fits and (not wanted.department or one.case.department == wanted.department)
