"""Notices in MongoDB: one small document each, without a word that a person typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import IndexModel

from service.clock import Clock
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters

COLLECTION = "notices"
WINDOW, MOST_WINDOWS = 50, 10
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (IndexModel([("account", 1), ("n", 1)], unique=True),),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """That something happened to a case: `event` of a `kind` of case, by its id."""

    account: str
    number: int
    kind: str
    case: str
    event: str
    at: datetime


class Notices:
    """The notices of each account, numbered; what was read is one number for each account."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._notices, self._read = store.collection(COLLECTION), store.collection("notices_read")
        self._numbers, self._clock = Counters(store), clock

    def number(self, account: str) -> int:
        """The number of one more notice; taken outside the transaction, so that none is hot."""
        return self._numbers.take(f"notices/{account}")

    def tell(self, tx: Transaction, account: str, number: int, kind: str, case: str, event: str) -> None:
        """Tell the account, in the transaction of what happened."""
        document = {
            "account": account, "n": number, "kind": kind, "case": case, "event": event, "at": self._clock.now(),
        }  # fmt: skip
        self._notices.insert_one(document, session=tx.session)

    def of(self, account: str, below: int | None = None) -> list[Notice]:
        """The account's last notices, newest first, or those before number `below`; half a window of them at least,
        as far as there are: a number whose transaction lost its race is nobody's notice."""
        end = below if below is not None else self._numbers.last(f"notices/{account}") + 1
        found: list[Notice] = []
        for last in range(end, max(1, end - MOST_WINDOWS * WINDOW), -WINDOW):
            window = {"account": account, "n": {"$gte": last - WINDOW, "$lt": last}}
            found += [_notice(one) for one in self._notices.find(window, sort=[("n", -1)])]
            if len(found) >= WINDOW // 2:
                break
        return found

    def unread(self, account: str) -> int:
        """How many notices came since the account last looked; at most those that `of` gives are counted."""
        read = int((self._read.find_one({"_id": account}) or {"n": 0})["n"])
        return sum(notice.number > read for notice in self.of(account))

    def note_read(self, account: str) -> None:
        """The account has seen what there is."""
        last = self._numbers.last(f"notices/{account}")
        self._read.update_one({"_id": account}, {"$max": {"n": last}}, upsert=True)


def _notice(found: Document) -> Notice:
    return Notice(found["account"], found["n"], found["kind"], found["case"], found["event"], found["at"])
