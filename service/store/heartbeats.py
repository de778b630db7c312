"""Signs of life of our programs: one small document each, so that a part that stopped is seen."""

import time
from datetime import datetime, timedelta

from pymongo import IndexModel

from service.clock import Clock
from service.store.connection import Document, Store

COLLECTION = "heartbeats"
EVERY = 2.0
"""Seconds between two written beats of a program."""
_LOOK = 1.0
INDEXES = {COLLECTION: (IndexModel([("at", 1)], expireAfterSeconds=24 * 3600),)}


class Heartbeats:
    """`beat` says that a program is alive, and writes at most every other second, however often it is called.

    `facts` may carry what the program is at, in numbers and never in names.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._beats = store.collection(COLLECTION)
        self._clock = clock
        self._beaten: dict[str, float] = {}
        self._seen: dict[str, tuple[float, tuple[datetime, Document] | None]] = {}

    def beat(self, program: str, facts: Document | None = None) -> None:
        if facts is None and time.monotonic() - self._beaten.get(program, -EVERY) < EVERY:
            return
        self._beaten[program] = time.monotonic()
        self._beats.update_one({"_id": program}, {"$set": {"at": self._clock.now(), "facts": facts or {}}}, upsert=True)

    def last(self, program: str) -> tuple[datetime, Document] | None:
        found = self._beats.find_one({"_id": program})
        return (found["at"], found.get("facts", {})) if found else None

    def alive(self, program: str, within: timedelta) -> bool:
        """Whether `program` has beaten within that time; looked up once a second at most."""
        asked, last = self._seen.get(program, (-_LOOK, None))
        if time.monotonic() - asked >= _LOOK:
            last = self.last(program)
            self._seen[program] = (time.monotonic(), last)
        return last is not None and self._clock.now() - last[0] <= within

    def all(self) -> dict[str, tuple[datetime, Document]]:
        """Every program that has beaten in the last day; a handful."""
        return {found["_id"]: (found["at"], found.get("facts", {})) for found in self._beats.find({}, limit=100)}
