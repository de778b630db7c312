"""The gate that every operation passes first: asks the policy, and leaves an event of each refusal (P3)."""

from service.access.policy import HOUSE, Action, Decision, Subject, decide
from service.audit.trail import Audit, account_chain
from service.errors import Forbidden, NotFound
from service.person import Person


class Gate:
    """`require` lets through, or raises what the person may be told."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def decide(self, person: Person, action: Action, subject: Subject = HOUSE) -> Decision:
        return decide(person, action, subject)

    def require(self, person: Person, action: Action, subject: Subject = HOUSE) -> Decision:
        """The decision, if it allows. Raises NotFound to those who may not know, else Forbidden."""
        decision = decide(person, action, subject)
        if not decision.allowed:
            ids = {"wanted": action.value, "file": subject.file_no}
            self._audit.record(person, "refused", subject=account_chain(person.account), ids=ids)
            raise Forbidden if decision.known else NotFound
        return decision
