"""Whose turn it is: what keeps an approved loan from being handed over, and who is told when it no longer does (L4)."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.casework.operations import Kind
from service.circulation.lending.repository import Originals
from service.circulation.lending.rules import AVAILABLE, Event, Held, Loan, Original, State, held
from service.clock import Clock
from service.notices.repository import Notices
from service.store.connection import Transaction


@dataclass(frozen=True, slots=True)
class Turn:
    """A loan that waits for originals, and the number of the notice by which its borrower would hear of them."""

    originals: tuple[Original, ...]
    account: str
    number: int


class Turns:
    """The line before the originals. Whoever asks has asked the policy."""

    def __init__(self, originals: Originals, kind: Kind[Loan, State, Event], notices: Notices, clock: Clock) -> None:
        self._originals, self._kind, self._notices, self._clock = originals, kind, notices, clock

    def held(self, loan_id: str, loan: Loan) -> Held | None:
        """Why an approved loan is not handed over now; none where it can be."""
        return held(loan, self._clock.today(), self._originals.is_free(loan.originals, loan_id))

    def after(self, loan_id: str, loan: Loan) -> Mapping[str, Turn]:
        """Whose turn it would be if this loan neither had anything nor waited; those whose turn it is already are
        left out, since they were told."""
        waiting = self._originals.waiting(loan.originals)
        waiting.pop(loan_id, None)
        turns: dict[str, Turn] = {}
        for one, kept in self._kind.cases.many(list(waiting)).items():
            if kept.content is None or self._originals.is_free(kept.content.originals, one):
                continue
            if self._originals.is_free(kept.content.originals, one, without=loan_id):
                number = self._notices.number(waiting[one])
                turns[one] = Turn(kept.content.originals, waiting[one], number)
        return turns

    def tell(self, tx: Transaction, turns: Mapping[str, Turn]) -> None:
        """Tell those whose turn it is now indeed."""
        for loan_id, turn in turns.items():
            if self._originals.is_free(turn.originals, loan_id, tx):
                self._notices.tell(tx, turn.account, turn.number, self._kind.name, loan_id, AVAILABLE)
