"""The register of inspections, findings and repairs (K4): every duty of care with its history. Read from the cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.audit.trail import Audit
from service.care.rules import OPEN, Duty, Event, State
from service.casework.operations import Kind
from service.casework.register import EVERY_DAY, Days, Register
from service.casework.repository import Kept
from service.clock import Clock
from service.person import Person


@dataclass(frozen=True, slots=True)
class Wanted:
    """About which facility, with a step of whom (an account, or what somebody is called), in which days, and whether
    only what is still to be done; all where nothing is named. `below` goes on with a list."""

    facility: str = ""
    account: str = ""
    open: bool = False
    days: Days = EVERY_DAY
    below: int | None = None


class InspectionsRegister:
    """Reading it is an event too."""

    def __init__(
        self, kind: Kind[Duty, State, Event], audit: Audit, gate: Gate, accounts: Accounts, clock: Clock
    ) -> None:
        self._register = Register("inspections", kind.cases.window, Action.READ_CARE, audit, gate)
        self._accounts, self._clock = accounts, clock

    def read(self, person: Person, wanted: Wanted) -> tuple[list[Kept[Duty]], int | None]:
        """A page, newest first, and where to go on."""
        return self._register.read(person, self._asked(wanted), wanted.below)

    def whole(self, person: Person, wanted: Wanted) -> tuple[list[Kept[Duty]], bool]:
        """All that is asked for, for paper, and whether there are more than these, the newest ones."""
        return self._register.whole(person, self._asked(wanted))

    def export(self, person: Person, wanted: Wanted) -> list[Kept[Duty]]:
        """All that is asked for, for a sheet. Raises Invalid where it is too long."""
        return self._register.export(person, self._asked(wanted))

    def _asked(self, wanted: Wanted) -> Callable[[Kept[Duty]], bool]:
        people = self._accounts.called(wanted.account) if wanted.account else frozenset()

        def fits(one: Kept[Duty]) -> bool:
            case, duty = one.case, one.content
            if (wanted.open and case.state not in OPEN) or not any(map(wanted.days.hold, days(one, self._clock.zone))):
                return False
            if wanted.account and people.isdisjoint(move.by for move in case.history):
                return False
            return not wanted.facility or (duty is not None and duty.subject == wanted.facility)

        return fits


def days(one: Kept[Duty], zone: ZoneInfo) -> list[date]:
    """The days of a duty: when it is due, and those of its steps. Pure."""
    case = one.case
    steps = [move.at.astimezone(zone).date() for move in case.history[1:]]
    return [case.due or case.history[0].at.astimezone(zone).date(), *steps]
