"""Viewing passes in MongoDB, and handing a person those that open: one look-up a request.

Nothing typed stands in a pass: numbers, codes and times alone, in clear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pymongo import IndexModel

from service.access.grants import Pass, Purpose
from service.access.pledges import Pledges
from service.access.policy import HOLDERS
from service.clock import Clock
from service.person import Person
from service.store.connection import Document, Store, Transaction

COLLECTION = "grants"
MOST = 50
"""Passes of one person at a time; no more are granted."""
INDEXES: Mapping[str, Sequence[IndexModel]] = {COLLECTION: (IndexModel([("account", 1), ("until", 1)]),)}


class Passes:
    """Passes by the id of the request that each came from."""

    def __init__(self, store: Store, clock: Clock, pledges: Pledges) -> None:
        self._passes, self._clock, self._pledges = store.collection(COLLECTION), clock, pledges

    def of(self, account: str) -> tuple[Pass, ...]:
        """What the account holds and has not ended, those that have not begun among them."""
        held = {"account": account, "until": {"$gt": self._clock.now()}}
        return tuple(_pass(one) for one in self._passes.find(held, limit=MOST))

    def give(self, tx: Transaction, one: Pass) -> None:
        self._passes.insert_one(_document(one), session=tx.session)

    def end(self, tx: Transaction, pass_id: str, now: datetime) -> None:
        """Let a pass end at once; one that is over stays as it was."""
        running = {"_id": pass_id, "until": {"$gt": now}}
        self._passes.update_one(running, {"$set": {"until": now}}, session=tx.session)

    def equipped(self, person: Person, purpose: str = "", pledge: int = 0) -> Person:
        """The person with the passes that open now and where they are, for what they say that they look for.

        `pledge` is the version that they signed. Whoever looks by their role holds none, and costs no look-up.
        """
        if person.role not in HOLDERS:
            return replace(person, purpose=purpose)
        now = self._clock.now()
        held = tuple(one for one in self.of(person.account) if one.opens(now, person.origin, purpose))
        pledged = bool(held) and pledge == self._pledges.version()
        return replace(person, passes=held, pledged=pledged, purpose=purpose)


def _document(one: Pass) -> Document:
    return {
        "_id": one.id, "account": one.account, "files": list(one.files), "purpose": one.purpose, "from": one.start,
        "until": one.until, "categories": list(one.categories), "records": list(one.records), "pages": list(one.pages),
        "places": list(one.places), "original": one.original, "masked": one.masked,
    }  # fmt: skip


def _pass(found: Document) -> Pass:
    return Pass(
        found["_id"], found["account"], tuple(found["files"]), Purpose(found["purpose"]), found["from"],
        found["until"], tuple(found["categories"]), tuple(found["records"]), tuple(found["pages"]),
        tuple(found["places"]), found["original"], found["masked"],
    )  # fmt: skip
