"""The gate that every operation passes first: asks the policy, and leaves an event of each refusal (P3)."""

from collections.abc import Callable
from dataclasses import replace

from service.access.policy import HOUSE, Action, Decision, Subject, decide, hides_opinion
from service.audit.trail import Audit, account_chain
from service.errors import Forbidden, NotFound, PledgeUnsigned
from service.person import Person


class Gate:
    """`require` lets through, or raises what the person may be told.

    `opinions` is whether the company lets people read what others think of them (V1).
    """

    def __init__(self, audit: Audit, opinions: Callable[[], bool] = lambda: False) -> None:
        self._audit, self.opinions = audit, opinions

    def decide(self, person: Person, action: Action, subject: Subject = HOUSE) -> Decision:
        if hides_opinion(person, subject) and self.opinions():
            subject = replace(subject, hidden_from_agent=False)
        return decide(person, action, subject)

    def require(self, person: Person, action: Action, subject: Subject = HOUSE) -> Decision:
        """The decision, if it allows. Raises NotFound to those who may not know, else Forbidden."""
        decision = self.decide(person, action, subject)
        if not decision.allowed:
            ids = {"wanted": action.value, "file": subject.file_no}
            self._audit.record(person, "refused", subject=account_chain(person.account), ids=ids)
            if decision.unsigned:
                raise PledgeUnsigned
            raise Forbidden if decision.known else NotFound
        return decision
