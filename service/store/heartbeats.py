"""Signs of life of our programs: one small document each, so that a part that stopped is seen."""

import socket
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta

from pymongo import IndexModel
from pymongo.errors import PyMongoError

from service.clock import Clock
from service.store.connection import Document, Store

COLLECTION = "heartbeats"
EVERY = 2.0
"""Seconds between two written beats of a program."""
_LOOK = 1.0
_WAITING = 5.0
"""Seconds between the beats of a program that waits for people."""
INDEXES = {COLLECTION: (IndexModel([("at", 1)], expireAfterSeconds=24 * 3600),)}


def here(program: str) -> str:
    """The name of one of several alike: with its host's, which is its own in each container."""
    return f"{program}@{socket.gethostname()}"


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

    def go_on(self, program: str) -> None:
        """Beat from a thread of its own as long as this process lives, through outages too."""

        def beat() -> None:
            while True:
                with suppress(PyMongoError):
                    self.beat(program)
                time.sleep(_WAITING)

        threading.Thread(target=beat, name="heartbeat", daemon=True).start()

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
        """Every program that has beaten in the last day, the latest first; a handful."""
        last = self._beats.find({}, sort=[("at", -1)], limit=100)
        return {found["_id"]: (found["at"], found.get("facts", {})) for found in last}
