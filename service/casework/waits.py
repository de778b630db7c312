"""What waits for whom: one small document for each case that waits, under each key that its next step may come from.

A key is an account (`account:head`), the heads of a department (`head:north`) or a role (`role:archivist`). The
documents of a key are numbered, and looked through in windows, so that a long queue costs no more than a short one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pymongo import IndexModel

from service.clock import Clock
from service.person import Person, Role
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.workflow import Case, Party

COLLECTION = "waits"
WINDOW = 100
OWN = "account:"
"""How the key of one account begins: under it nobody stands in for another."""
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (
        IndexModel([("key", 1), ("n", 1)], unique=True),
        IndexModel([("kind", 1), ("case", 1)]),
        IndexModel([("due", 1)]),
        IndexModel([("late", 1)]),
    ),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case of a `kind` that waits for the step of someone under `key` since `at`, until `due` where it has a day."""

    key: str
    kind: str
    case: str
    state: str
    requester: str
    files: tuple[str, ...]
    at: datetime
    due: date | None
    department: str | None = None
    """The case's; none where it came to wait before this was noted."""


class Waits:
    """The queues of all keys."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._waits, self._numbers, self._clock = store.collection(COLLECTION), Counters(store), clock

    def numbers(self, keys: Sequence[str]) -> dict[str, int]:
        """A place in each queue; taken outside the transaction, so that none is hot."""
        return {key: self._numbers.take(f"waits/{key}") for key in keys}

    def put(self, tx: Transaction, kind: str, case: Case, places: Mapping[str, int]) -> None:
        """Let `case` wait under these keys and no others; under none when it waits for nobody."""
        self._waits.delete_many({"kind": kind, "case": case.id}, session=tx.session)
        today = self._clock.today()
        late = {"late": today.isoformat()} if case.due and case.due < today else {}
        documents = [
            {**late, "key": key, "n": place, "kind": kind, "case": case.id, "state": case.state,
             "requester": case.requester,
             "department": case.department, "files": list(case.files),
             "at": self._clock.now(), "due": case.due.isoformat() if case.due else None}
            for key, place in places.items()
        ]  # fmt: skip
        if documents:
            self._waits.insert_many(documents, session=tx.session)

    def redate(self, tx: Transaction, kind: str, case: Case) -> None:
        """Let `case` wait until another day, at the place in its queues that it has."""
        today = self._clock.today()
        change: Document = {"$set": {"due": case.due.isoformat() if case.due else None}}
        if case.due and case.due < today:
            change["$set"]["late"] = today.isoformat()
        self._waits.update_many({"kind": kind, "case": case.id}, change, session=tx.session)

    def of(self, key: str) -> Iterator[Waiting]:
        """Everything that waits under `key`, the oldest first."""
        name, now = f"waits/{key}", self._clock.now()
        low, safe, end = self._numbers.span(name, now)
        drained = True
        for start in range(max(low, 1), end, WINDOW):
            window = {"key": key, "n": {"$gte": start, "$lt": min(start + WINDOW, end)}}
            found = list(self._waits.find(window, sort=[("n", 1)]))
            drained = drained and not found and start + WINDOW <= safe
            if drained:
                self._numbers.drained(name, start + WINDOW)
            yield from (_waiting(one) for one in found)

    def due(self, first: date, last: date) -> Iterator[Waiting]:
        """What is due from the first to the last day, or came to wait then and was late already, a day at a time."""
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal).isoformat()
            for asked in ({"due": day}, {"late": day}):
                yield from (_waiting(one) for one in self._waits.find(asked, comment="walk"))


def keys_of(person: Person) -> tuple[str, ...]:
    """The keys under which cases wait for one person. Pure."""
    keys = [f"{OWN}{person.account}"]
    if person.role is Role.HEAD and person.department:
        keys.append(f"head:{person.department}")
    if person.role is Role.ARCHIVES_HEAD:
        keys.append(f"role:{Role.ARCHIVIST}")
    if person.role in (Role.HR, Role.ARCHIVIST, Role.ARCHIVES_HEAD, Role.LEADERSHIP):
        keys.append(f"role:{person.role}")
    return tuple(keys)


def watched(kind: str) -> str:
    """The key under which supervision finds cases of a kind that lie with their requester. Pure."""
    return f"watch:{kind}"


def key_for(party: Party, case: Case) -> str | None:
    """The key of whoever is `party` to `case`; our own programs need none. Pure."""
    match party:
        case Party.REQUESTER:
            return f"{OWN}{case.requester}"
        case Party.HEAD:
            return f"head:{case.department}"
        case Party.SYSTEM:
            return None
        case _:
            return f"role:{party}"


def _waiting(found: Document) -> Waiting:
    due = date.fromisoformat(found["due"]) if found["due"] else None
    return Waiting(
        found["key"], found["kind"], found["case"], found["state"], found["requester"], tuple(found["files"]),
        found["at"], due, found.get("department"),
    )  # fmt: skip
