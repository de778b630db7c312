"""Whose turn it is: a due-date job runs once in its time, however many timers there are."""

from datetime import timedelta

from pymongo.errors import DuplicateKeyError

from service.clock import Clock
from service.store.connection import Store

COLLECTION = "turns"


class Turns:
    """One small document for each job, moved by compare-and-set."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._turns = store.collection(COLLECTION)
        self._clock = clock

    def take(self, job: str, every: timedelta) -> bool:
        """Whether `job` is due and this caller is the one to do it."""
        now = self._clock.now()
        found = self._turns.find_one({"_id": job})
        if found is None:
            try:
                self._turns.insert_one({"_id": job, "at": now})
            except DuplicateKeyError:
                return False
            return True
        if abs(now - found["at"]) < every:  # further ahead lies only what a clock that was set wrong has left
            return False
        return self._turns.update_one({"_id": job, "at": found["at"]}, {"$set": {"at": now}}).modified_count == 1
