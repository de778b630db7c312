"""When the office's days change, so do the days by which supplements are to be filed (B4). Work of the timer."""

from datetime import date

from service.casework.operations import Casework, Kind
from service.clock import Clock
from service.errors import Conflict
from service.intake.submissions.rules import Event, Handed, State
from service.workflow import Case, Party

_TOGETHER = 100


class Redating:
    """What waits is due so many working days after it came, by the settings as they stand now."""

    def __init__(self, casework: Casework, kind: Kind[Handed, State, Event], clock: Clock) -> None:
        self._casework, self._kind, self._clock = casework, kind, clock

    def run(self) -> int:
        """Move the days that no longer fit, each with its event; how many. A case that is in other hands just now is
        left for the next time."""
        waiting = list(dict.fromkeys(one.case for one in self._casework.waiting_for(Party.ARCHIVIST, self._kind)))
        moved = 0
        for start in range(0, len(waiting), _TOGETHER):
            for kept in self._kind.cases.many(waiting[start : start + _TOGETHER]).values():
                due = self._due(kept.case)
                if due is None or due == kept.case.due:
                    continue
                try:
                    self._casework.redate(self._kind, kept, due)
                except Conflict:
                    continue
                moved += 1
        return moved

    def _due(self, case: Case) -> date | None:
        """The day by which a case is due that was received as its history says."""
        received = [move for move in case.history if move.after == State.SUBMITTED]
        if not received or case.due is None:
            return None
        came = received[-1].at.astimezone(self._clock.zone).date()
        return self._casework.due(self._kind.workflow.step(State.DRAFT, Event.SUBMIT).deadline, came)
