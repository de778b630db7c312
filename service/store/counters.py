"""Numbers that only grow: file numbers, places in a queue. Taken outside transactions, so that none is hot."""

from datetime import datetime, timedelta

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from service.store.connection import Store

COLLECTION = "counters"
SETTLING = timedelta(minutes=5)
"""Longer than any transaction lasts."""
_ATTEMPTS = 20


class Counters:
    """One document for each counter. A number may stay unused; none is given twice."""

    def __init__(self, store: Store) -> None:
        self._counters = store.collection(COLLECTION)

    def take(self, name: str, count: int = 1) -> int:
        """The first of `count` numbers, from 1 on.

        Who loses the race for a counter's first number is told nothing by the embedded store, though the
        numbers are used up, and gets a duplicate key from MongoDB: either way others are taken.
        """
        for _ in range(_ATTEMPTS):
            try:
                found = self._counters.find_one_and_update(
                    {"_id": name}, {"$inc": {"next": count}}, upsert=True, return_document=ReturnDocument.AFTER
                )
            except DuplicateKeyError:
                continue
            if found is not None:
                return int(found["next"]) - count + 1
        raise RuntimeError("a counter gives no numbers")

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
