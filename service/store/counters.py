"""Numbers that only grow: file numbers, places in a queue. Taken outside transactions, so that none is hot."""

import random
import threading
import time
from datetime import datetime, timedelta

from pymongo.errors import DuplicateKeyError

from service.store.connection import Store

COLLECTION = "counters"
SETTLING = timedelta(minutes=5)
"""Longer than any transaction lasts."""
_ATTEMPTS = 200


class Counters:
    """One document for each counter. A number may stay unused; none is given twice."""

    def __init__(self, store: Store) -> None:
        self._counters = store.collection(COLLECTION)
        self._guard = threading.Lock()

    def take(self, name: str, count: int = 1) -> int:
        """The first of `count` numbers, from 1 on.

        By a look and a compare-and-set: the embedded store reads a whole collection for find_one_and_update.
        """
        with self._guard:  # those of one process need not race
            for attempt in range(_ATTEMPTS):
                last = self.last(name)
                if self._move(name, last, last + count):
                    return last + 1
                time.sleep(random.uniform(0, 0.001 * min(attempt, 16)))  # noqa: S311
        raise RuntimeError("a counter gives no numbers")

    def _move(self, name: str, last: int, to: int) -> bool:
        if last:
            moved = self._counters.update_one({"_id": name, "next": last}, {"$set": {"next": to}})
            return moved.modified_count == 1
        try:
            self._counters.insert_one({"_id": name, "next": to})
        except DuplicateKeyError:
            return False
        return True

    def known(self, names: list[str]) -> list[str]:
        """Those of at most 200 counters that have given a number."""
        return [found["_id"] for found in self._counters.find({"_id": {"$in": names[:200]}}, {"_id": 1})]

    def last(self, name: str) -> int:
        """The last number that was taken; 0 before the first."""
        found = self._counters.find_one({"_id": name})
        return int(found["next"]) if found else 0

    def span(self, name: str, now: datetime) -> tuple[int, int, int]:
        """Of a queue: the first place that may be filled, the first that may still be filled late, and the end.

        A place is reserved before its transaction, so an empty one counts as settled only after a while.
        """
        counter = self._counters.find_one({"_id": name}) or {}
        end = int(counter.get("next", 0)) + 1
        safe = int(counter.get("safe", 0))
        if counter and now - counter.get("seen_at", datetime.min.replace(tzinfo=now.tzinfo)) > SETTLING:
            safe = int(counter.get("seen", 0))
            self._counters.update_one({"_id": name}, {"$set": {"safe": safe, "seen": end, "seen_at": now}})
        return int(counter.get("low", 0)), safe, end

    def drained(self, name: str, below: int) -> None:
        """No place of the queue below `below` is filled, nor will be."""
        self._counters.update_one({"_id": name}, {"$max": {"low": below}})
