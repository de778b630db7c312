"""The trail in MongoDB: events, the last link of each chain, and checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError
from pymongo.read_concern import ReadConcern

from service.audit.event import GENESIS, Event
from service.store.connection import Document, LostRace, Store, Transaction

EVENTS, HEADS, CHECKPOINTS = "audit", "audit_heads", "audit_checkpoints"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    EVENTS: (
        IndexModel([("at", ASCENDING)]),
        IndexModel([("account", ASCENDING), ("at", ASCENDING)]),
        IndexModel([("action", ASCENDING), ("at", ASCENDING)]),
    ),
    HEADS: (),
    CHECKPOINTS: (),
}
PAGE = 100
_REMEMBERED = 4096
"""Chains whose last link a process remembers."""


class Trail:
    """Events and heads. Only `Audit` writes here."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._events = store.collection(EVENTS)
        self._heads = store.collection(HEADS)
        self._checkpoints = store.collection(CHECKPOINTS)
        self._links: dict[str, tuple[int, str]] = {}

    def head(self, subject: str, tx: Transaction | None = None) -> tuple[int, str]:
        """The last link of a chain: its number and digest; (0, "") where nothing was written yet."""
        found = self._heads.find_one({"_id": subject}, session=tx.session if tx else None)
        return (found["seq"], found["digest"]) if found else (0, GENESIS)

    def changed(self, subject: str) -> int:
        """The number of the last event that changed the subject; 0 where nothing did."""
        found = self._heads.find_one({"_id": subject}, {"changed": 1})
        return int(found.get("changed", 0)) if found else 0

    def all_changed(self, subjects: list[str]) -> dict[str, int]:
        """The same of up to a hundred subjects."""
        found = self._heads.find({"_id": {"$in": subjects}}, {"changed": 1})
        return {head["_id"]: int(head.get("changed", 0)) for head in found}

    def remembered(self, subject: str, tx: Transaction) -> tuple[int, str]:
        """The last link as this process knows it, which saves a look: where it is out of date, `write` says so."""
        return self._links.get(subject) or self.head(subject, tx)

    def write(self, tx: Transaction, events: Sequence[Event], *, change: bool) -> bool:
        """Add events of one chain after the link that the first of them names; False when the chain has moved on.

        With `change` the head also notes that its subject is no longer what it was: the indexer follows that.
        Raises LostRace where the same number is written at once.
        """
        first, last = events[0], events[-1]
        moved: Document = {"seq": last.seq, "digest": last.digest}
        if change:
            moved["changed"] = last.seq
        self._remember(last)
        try:
            if first.seq == 1:
                self._heads.insert_one({"_id": last.subject, **moved}, session=tx.session)
            else:
                seen = {"_id": last.subject, "digest": first.previous}  # which holds the number, too
                if self._heads.update_one(seen, {"$set": moved}, session=tx.session).matched_count == 0:
                    return False
            if len(events) == 1:
                self._events.insert_one(_document(last), session=tx.session)
            else:
                self._events.insert_many([_document(event) for event in events], session=tx.session)
        except (DuplicateKeyError, BulkWriteError) as error:
            raise LostRace from error
        return True

    def heads_of(self, subjects: Sequence[str], tx: Transaction) -> dict[str, tuple[int, str]]:
        """Number and digest of the last link of each of these chains; those that are not there are left out."""
        found = self._heads.find({"_id": {"$in": list(subjects)}}, session=tx.session)
        return {head["_id"]: (head["seq"], head["digest"]) for head in found}

    def write_each(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Add one look to each of many chains, after the links that they name. Raises LostRace where one moved on."""
        moves = [
            UpdateOne({"_id": one.subject, "digest": one.previous}, {"$set": {"seq": one.seq, "digest": one.digest}})
            for one in events
        ]
        try:
            if self._heads.bulk_write(moves, ordered=False, session=tx.session).matched_count != len(events):
                raise LostRace
            self._events.insert_many([_document(event) for event in events], session=tx.session)
        except (DuplicateKeyError, BulkWriteError) as error:
            raise LostRace from error

    def _remember(self, last: Event) -> None:
        """Before it is known whether it will be kept: a link that is not the head's matches nothing."""
        if len(self._links) >= _REMEMBERED:
            self._links.clear()
        self._links[last.subject] = (last.seq, last.digest)

    def begin(self, tx: Transaction, chains: Sequence[Sequence[Event]]) -> None:
        """The first events of new chains, and their heads. Raises LostRace where one of them is not new."""
        events = [_document(event) for chain in chains for event in chain]
        heads = [
            {"_id": last.subject, "seq": last.seq, "digest": last.digest, "changed": last.seq}
            for last in (chain[-1] for chain in chains)
        ]
        try:
            self._events.insert_many(events, session=tx.session)
            self._heads.insert_many(heads, session=tx.session)
        except (DuplicateKeyError, BulkWriteError) as error:
            raise LostRace from error

    def has(self, event: Event) -> bool:
        """Whether exactly this event was kept, for good."""
        kept = self._events.with_options(read_concern=ReadConcern("majority"))
        return kept.find_one({"_id": _id(event.subject, event.seq), "digest": event.digest}, {"_id": 1}) is not None

    def chain(self, subject: str, first: int = 1, last: int | None = None) -> Iterator[Event]:
        """Events of one chain in order, read in bounded steps."""
        end = self.head(subject)[0] if last is None else last
        for start in range(first, end + 1, PAGE):
            ids = [_id(subject, seq) for seq in range(start, min(start + PAGE, end + 1))]
            found = [_event(one) for one in self._events.find({"_id": {"$in": ids}})]
            yield from sorted(found, key=lambda event: event.seq)

    def beyond(self, subject: str, seq: int) -> Event | None:
        """An event that stands behind the head, where none may."""
        found = self._events.find_one({"_id": _id(subject, seq + 1)})
        return _event(found) if found else None

    def between(self, after: datetime, before: datetime, *, account: str = "", action: str = "") -> list[Event]:
        """Events of a span of time, newest first; the caller keeps the span short."""
        query: dict[str, Any] = {"at": {"$gte": after, "$lt": before}}
        if account:
            query["account"] = account
        if action:
            query["action"] = action
        found = [_event(one) for one in self._events.find(query)]
        return sorted(found, key=lambda event: (event.at, event.subject, event.seq), reverse=True)

    def heads(self) -> Iterator[tuple[str, int, str]]:
        """The last link of every chain, for the verifier."""
        for head in self._store.walk(HEADS):
            yield head["_id"], head["seq"], head["digest"]

    def checkpoints(self) -> Iterator[Document]:
        return self._store.walk(CHECKPOINTS)

    def moved(self, after: datetime, before: datetime) -> list[tuple[str, int, str]]:
        """The heads that moved in a short span of time, for a checkpoint; a bulk opening moves many at once."""
        span = {"at": {"$gte": after, "$lt": before}}
        subjects = list({event["subject"] for event in self._events.find(span, {"subject": 1}, comment="walk")})
        parts = (subjects[start : start + PAGE] for start in range(0, len(subjects), PAGE))
        heads = (head for part in parts for head in self._heads.find({"_id": {"$in": part}}))
        return [(head["_id"], head["seq"], head["digest"]) for head in heads]

    def last_signed(self) -> int:
        """The number of the last checkpoint, as it is counted beside them."""
        found = self._store.collection("counters").find_one({"_id": "checkpoints"})
        return int(found["last"]) if found else 0

    def write_checkpoint(self, tx: Transaction, document: Document) -> None:
        """Add a checkpoint; two at once cannot have one number."""
        self._checkpoints.insert_one(document, session=tx.session)
        self._store.collection("counters").update_one(
            {"_id": "checkpoints"}, {"$set": {"last": document["_id"]}}, upsert=True, session=tx.session
        )

    def write_key(self, document: Document) -> None:
        """Keep the signing key; the first one stays."""
        with suppress(DuplicateKeyError):
            self._checkpoints.insert_one(document)

    def checkpoint(self, number: int) -> Document | None:
        return self._checkpoints.find_one({"_id": number})


def _id(subject: str, seq: int) -> str:
    """Unique, so that no chain forks; and how a chain is read, so that no index has to be kept for it."""
    return f"{subject}/{seq}"


def _document(event: Event) -> Document:
    return {
        "_id": _id(event.subject, event.seq), "subject": event.subject, "seq": event.seq, "at": event.at,
        "account": event.account, "role": event.role, "origin": event.origin, "action": event.action,
        "ids": dict(event.ids), "before": event.before, "after": event.after, "previous": event.previous,
        "digest": event.digest,
    }  # fmt: skip


def _event(found: Document) -> Event:
    return Event(**{name: found[name] for name in Event.__dataclass_fields__})
