"""What administrators add to the catalogue (S1), and who may look at it. Permission, rules, one transaction."""

from collections.abc import Callable, Mapping
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import SYSTEM_CHAIN, Audit
from service.catalogue import own
from service.catalogue.model import Category
from service.catalogue.own import Own
from service.catalogue.repository import CompanyCatalogue
from service.errors import Conflict
from service.person import Person
from service.store.connection import Store, Transaction


class CatalogueKeeping:
    """Fields and sub-categories of the company's own: added, changed, retired, never deleted."""

    def __init__(self, store: Store, catalogue: CompanyCatalogue, audit: Audit, gate: Gate) -> None:
        self._store, self._catalogue, self._audit, self._gate = store, catalogue, audit, gate

    def categories(self, person: Person) -> tuple[Category, ...]:
        """The whole catalogue, to those who keep it, and to those who read files or add records."""
        if not self._gate.decide(person, Action.KEEP_SETTINGS).allowed:
            self._gate.require(person, Action.READ_FILE)
        return self._catalogue.categories

    def added(self, person: Person) -> Own:
        """What the company added, to those who keep it."""
        self._gate.require(person, Action.KEEP_SETTINGS)
        return self._catalogue.own()

    def version(self, person: Person) -> int:
        """The version that a change names."""
        self.categories(person)
        return self._catalogue.own().version

    def add_subcategory(self, person: Person, given: Mapping[str, Any], version: int) -> str:
        """One sub-category more; its code. Raises Invalid with every wrong value, or Conflict."""
        return self._change(
            person, version, "subcategory.added", lambda now: own.with_subcategory(self._catalogue, now, given)
        )

    def add_field(self, person: Person, given: Mapping[str, Any], version: int) -> str:
        """One field more in a sub-category; its name. Raises Invalid, NotFound or Conflict."""
        return self._change(person, version, "field.added", lambda now: own.with_field(self._catalogue, now, given))

    def change_field(self, person: Person, sub: str, name: str, given: Mapping[str, Any], version: int) -> None:
        """Other labels, flags and choices, or retired. Raises Invalid, NotFound or Conflict."""
        self._change(
            person, version, "field.changed", lambda now: (own.with_change(now, sub, name, given), f"{sub}.{name}")
        )

    def retire(self, person: Person, code: str, retired: bool, version: int) -> None:
        """No more records are added to the sub-category, or they are again. Raises NotFound or Conflict."""
        act = "subcategory.retired" if retired else "subcategory.resumed"
        self._change(person, version, act, lambda now: (own.with_retired(now, code, retired), code))

    def _change(self, person: Person, version: int, act: str, work: Callable[[Own], tuple[Own, str]]) -> str:
        self._gate.require(person, Action.KEEP_SETTINGS)
        now = self._catalogue.own()
        if now.version != version:
            raise Conflict(current=now)
        changed, name = work(now)

        def write(tx: Transaction) -> None:
            self._catalogue.keep(tx, changed, version)
            self._audit.append(tx, person, f"catalogue.{act}", subject=SYSTEM_CHAIN, ids={"name": name})

        self._store.transact(write, queue=(SYSTEM_CHAIN,))
        return name
