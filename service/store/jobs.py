"""Work that is done later, leased from MongoDB: lease with fencing token, heartbeat, retry, dead letter.

A waiting job has a place in its queue, a number that only grows. A worker looks at a window of places, never
at the whole queue, so that a long backlog costs no more than a short one (design: at most 200 matched).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from bson import ObjectId
from pymongo import IndexModel

from service.clock import Clock
from service.errors import NotFound
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.store.windows import backwards

COLLECTION = "jobs"
WINDOW = 100
MOST_COUNTED = 1000
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (
        IndexModel([("queue", 1), ("place", 1)], unique=True, partialFilterExpression={"place": {"$exists": True}}),
        IndexModel([("queue", 1), ("dead", 1)], partialFilterExpression={"dead": {"$exists": True}}),
        IndexModel([("subject", 1)]),
    ),
}


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that is ours until `until`, if nobody else has the token since."""

    id: str
    queue: str
    subject: str
    attempt: int
    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was given up, and why."""

    subject: str
    reason: str
    at: datetime


class LeaseLost(Exception):
    """Someone else has the job now: stop, and write nothing."""


class Jobs:
    """Queues of jobs, one document each. `subject` names what is to be worked on, a scan's id for one."""

    def __init__(self, store: Store, clock: Clock, lease: timedelta = timedelta(seconds=60)) -> None:
        self._jobs = store.collection(COLLECTION)
        self._places = Counters(store)
        self._clock = clock
        self._lease = lease

    def reserve(self, queue: str, count: int = 1) -> int:
        """The first of `count` places. Taken outside the transaction: a place may stay empty, none is hot."""
        return self._places.take(f"jobs/{queue}", count)

    def enqueue(self, tx: Transaction, queue: str, subject: str, place: int) -> str:
        """A new job at a reserved place, kept in this transaction."""
        job_id = ObjectId()
        self._jobs.insert_one(
            {"_id": job_id, "queue": queue, "subject": subject, "place": place, "attempt": 0,
             "after": self._clock.now(), "made": self._clock.now()},
            session=tx.session,
        )  # fmt: skip
        return str(job_id)

    def lease(self, queue: str) -> Lease | None:
        """The next job that nobody works on, or None."""
        now = self._clock.now()
        low, safe, end = self._places.span(f"jobs/{queue}", now)
        drained = True
        for start in range(low, end, WINDOW):
            window = {"queue": queue, "place": {"$gte": start, "$lt": min(start + WINDOW, end)}}
            waiting = list(self._jobs.find(window, sort=[("place", 1)]))
            for job in waiting:
                if job["after"] <= now and job.get("until", now) <= now:
                    taken = self._take(job, now)
                    if taken is not None:
                        return taken
            drained = drained and not waiting and start + WINDOW <= safe
            if drained:
                self._places.drained(f"jobs/{queue}", start + WINDOW)
        return None

    def waiting(self, queue: str) -> int:
        """How many jobs wait or are being worked on; counted no further than `MOST_COUNTED`."""
        low, _, end = self._places.span(f"jobs/{queue}", self._clock.now())
        count = 0
        for start in range(low, min(end, low + 20 * MOST_COUNTED), WINDOW):
            window = {"queue": queue, "place": {"$gte": start, "$lt": min(start + WINDOW, end)}}
            count += self._jobs.count_documents(window)
            if count >= MOST_COUNTED:
                return MOST_COUNTED
        return count

    def _take(self, job: Document, now: datetime) -> Lease | None:
        token = secrets.token_hex(8)
        until = now + self._lease
        attempt = job["attempt"] + 1
        taken = self._jobs.update_one(
            {"_id": job["_id"], "token": job.get("token"), "attempt": job["attempt"], "place": job["place"]},
            {"$set": {"token": token, "until": until, "attempt": attempt}},
        )
        if taken.matched_count == 0:
            return None
        return Lease(str(job["_id"]), job["queue"], job["subject"], attempt, token, until)

    def renew(self, lease: Lease) -> None:
        """The heartbeat. Raises LeaseLost."""
        renewed = self._jobs.update_one(
            {"_id": ObjectId(lease.id), "token": lease.token},
            {"$set": {"until": self._clock.now() + self._lease}},
        )
        if renewed.matched_count == 0:
            raise LeaseLost

    def hold(self, tx: Transaction, lease: Lease) -> None:
        """Whether the job is still ours, for a write that belongs to it. Raises LeaseLost."""
        held = self._jobs.update_one(
            {"_id": ObjectId(lease.id), "token": lease.token}, {"$inc": {"held": 1}}, session=tx.session
        )
        if held.matched_count == 0:
            raise LeaseLost

    def forget(self, tx: Transaction, queue: str, subject: str) -> None:
        """Remove the dead letters of `subject`: other work takes their place."""
        self._jobs.delete_many({"queue": queue, "subject": subject, "dead": {"$exists": True}}, session=tx.session)

    def dead(self, queue: str, most: int = 100) -> list[DeadLetter]:
        """The last dead letters of a year, newest first."""
        now = self._clock.now()

        def read(start: datetime, end: datetime) -> list[DeadLetter]:
            found = self._jobs.find({"queue": queue, "dead": {"$gte": start, "$lt": end}}, sort=[("dead", -1)])
            return [DeadLetter(one["subject"], one["reason"], one["dead"]) for one in found]

        return list(islice(backwards(read, now - timedelta(days=365), now + timedelta(seconds=1)), most))

    def finish(self, tx: Transaction, lease: Lease) -> None:
        """The job is done, in the same transaction as its result. Raises LeaseLost: then keep nothing."""
        done = self._jobs.delete_one({"_id": ObjectId(lease.id), "token": lease.token}, session=tx.session)
        if done.deleted_count == 0:
            raise LeaseLost

    def retry(self, lease: Lease, wait: timedelta) -> None:
        """Try again after `wait`, at the end of the queue. Raises LeaseLost."""
        moved = self._jobs.update_one(
            {"_id": ObjectId(lease.id), "token": lease.token},
            {
                "$set": {"after": self._clock.now() + wait, "place": self.reserve(lease.queue)},
                "$unset": {"until": "", "token": ""},
            },
        )
        if moved.matched_count == 0:
            raise LeaseLost

    def bury(self, tx: Transaction, lease: Lease, reason: str) -> None:
        """Give up: a dead letter with its reason, until someone revives it. Raises LeaseLost."""
        buried = self._jobs.update_one(
            {"_id": ObjectId(lease.id), "token": lease.token},
            {
                "$set": {"dead": self._clock.now(), "reason": reason},
                "$unset": {"place": "", "until": "", "token": ""},
            },
            session=tx.session,
        )
        if buried.matched_count == 0:
            raise LeaseLost

    def revive(self, tx: Transaction, queue: str, subject: str, place: int) -> None:
        """Put a dead job of `subject` back into its queue. Raises NotFound when there is none."""
        revived = self._jobs.update_one(
            {"queue": queue, "subject": subject, "dead": {"$exists": True}},
            {
                "$set": {"place": place, "attempt": 0, "after": self._clock.now()},
                "$unset": {"dead": "", "reason": ""},
            },
            session=tx.session,
        )
        if revived.matched_count == 0:
            raise NotFound
