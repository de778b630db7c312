"""Numbers that only grow: file numbers, places in a queue. Taken outside transactions, so that none is hot."""

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from service.store.connection import Store

COLLECTION = "counters"
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
