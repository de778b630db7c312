"""The register of loans (档案借阅登记簿, L3): who borrowed what, when it was due, and how it came back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.audit.trail import Audit
from service.casework.operations import Kind
from service.casework.register import EVERY_DAY, Days, Register
from service.casework.repository import Kept
from service.circulation.lending.rules import OUT, REGISTERED, Event, Loan, State
from service.clock import Clock
from service.person import Person

_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which file, department and borrower (an account, or what somebody is called), handed over in which days, and
    whether only what is out; all where nothing is named."""

    file_no: str = ""
    department: str = ""
    out: bool = False
    below: int | None = None
    account: str = ""
    days: Days = EVERY_DAY


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
        found, more = self._register.read(person, self._asked(wanted), wanted.below)
        return list(self._lines(found)), more

    def whole(self, person: Person, wanted: Wanted) -> tuple[list[Line], bool]:
        """All that is asked for, for paper, and whether there are more than these, the newest ones."""
        found, cut = self._register.whole(person, self._asked(wanted))
        return list(self._lines(found)), cut

    def export(self, person: Person, wanted: Wanted) -> list[Line]:
        """All that is asked for, for a sheet. Raises Invalid where it is too long."""
        return list(self._lines(self._register.export(person, self._asked(wanted))))

    def _asked(self, wanted: Wanted) -> Callable[[Kept[Loan]], bool]:
        people = self._accounts.called(wanted.account) if wanted.account else frozenset()
        return lambda one: _asked(wanted, people, self._clock.zone, one)

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


def _asked(wanted: Wanted, people: frozenset[str], zone: ZoneInfo, one: Kept[Loan]) -> bool:
    """Whether a loan stands in the register, and is what is looked for."""
    state = State(one.case.state)
    if state not in (OUT if wanted.out else REGISTERED):
        return False
    case, loan = one.case, one.content
    handed = next((move.at for move in case.history if move.event == Event.HAND_OVER), case.history[0].at)
    fits = not wanted.file_no or wanted.file_no in case.files
    if wanted.account:
        fits = fits and (case.requester in people or (loan is not None and wanted.account == loan.bearer))
    in_time = wanted.days.hold(handed.astimezone(zone).date())
    return fits and in_time and (not wanted.department or case.department == wanted.department)
