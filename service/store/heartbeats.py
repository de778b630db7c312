"""Signs of life of our programs: one small document each, so that a part that stopped is seen."""

from datetime import datetime, timedelta

from pymongo import IndexModel

from service.clock import Clock
from service.store.connection import Document, Store

COLLECTION = "heartbeats"
INDEXES = {COLLECTION: (IndexModel([("at", 1)], expireAfterSeconds=24 * 3600),)}


class Heartbeats:
    """`beat` says that a program is alive; `facts` may carry what it is at, in numbers and never in names."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._beats = store.collection(COLLECTION)
        self._clock = clock

    def beat(self, program: str, facts: Document | None = None) -> None:
        self._beats.update_one({"_id": program}, {"$set": {"at": self._clock.now(), "facts": facts or {}}}, upsert=True)

    def last(self, program: str) -> tuple[datetime, Document] | None:
        found = self._beats.find_one({"_id": program})
        return (found["at"], found.get("facts", {})) if found else None

    def alive(self, program: str, within: timedelta) -> bool:
        """Whether `program` has beaten within that time."""
        last = self.last(program)
        return last is not None and self._clock.now() - last[0] <= within

    def all(self) -> dict[str, tuple[datetime, Document]]:
        """Every program that has beaten in the last day; a handful."""
        return {found["_id"]: (found["at"], found.get("facts", {})) for found in self._beats.find({}, limit=100)}
