"""Reading and signing the pledge, and changing its text (K3). Permission first, then one transaction with its event."""

from dataclasses import dataclass
from datetime import datetime

from service.access.gate import Gate
from service.access.pledges import Pledges, Text
from service.access.policy import Action
from service.audit.trail import SYSTEM_CHAIN, Audit, account_chain
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid
from service.person import Person
from service.store.connection import Store, Transaction

LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Pledge:
    """The pledge in force, and when the person signed it."""

    text: Text
    signed: datetime | None


class Pledging:
    """The pledge. Whoever may ask to view signs it; whoever keeps the settings keeps its text."""

    def __init__(self, store: Store, pledges: Pledges, audit: Audit, gate: Gate, clock: Clock) -> None:
        self._store, self._pledges, self._audit, self._gate, self._clock = store, pledges, audit, gate, clock

    def read(self, person: Person) -> Pledge:
        self._gate.require(person, Action.ASK_VIEWING)
        text = self._pledges.text(self._pledges.version())
        return Pledge(text, self._pledges.signed(person.account, text.version))

    def sign(self, person: Person, version: int) -> Pledge:
        """Sign the version that was read. Raises Conflict where another is in force by now."""
        self._gate.require(person, Action.ASK_VIEWING)
        if version != self._pledges.version():
            raise Conflict("承诺书已有新的版本：请重新阅读后签署")

        def work(tx: Transaction) -> None:
            self._pledges.sign(tx, person.account, version, self._clock.now())
            ids = {"version": str(version)}
            self._audit.append(tx, person, "pledge.signed", subject=account_chain(person.account), ids=ids)

        self._store.transact(work, queue=(account_chain(person.account),))
        return self.read(person)

    def for_change(self, person: Person) -> Text:
        """The text in force, to those alone who may change it."""
        self._gate.require(person, Action.KEEP_SETTINGS)
        return self._pledges.text(self._pledges.version())

    def change(self, person: Person, version: int, text: str) -> Text:
        """A new version of the text, which everybody signs anew. Raises Invalid, or Conflict if someone was faster."""
        self._gate.require(person, Action.KEEP_SETTINGS)
        if not text.strip() or len(text) > LONGEST:
            raise Invalid(fields=[FieldError("text", "承诺书：必须填写，最多 %(most)s 字", {"most": LONGEST})])
        if version != self._pledges.version():
            raise Conflict
        made = Text(version + 1, text.strip(), person.account, self._clock.now())

        def work(tx: Transaction) -> None:
            self._pledges.keep(tx, made)
            ids = {"version": str(made.version)}
            self._audit.append(tx, person, "pledge.changed", subject=SYSTEM_CHAIN, ids=ids)

        self._store.transact(work, queue=(SYSTEM_CHAIN,))
        return made
