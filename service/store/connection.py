"""The connection to MongoDB's protocol, and the one helper for a transaction."""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bson.codec_options import CodecOptions
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.operations import IndexModel
from pymongo.read_concern import ReadConcern

from service.errors import Conflict, Unavailable, Uncertain
from service.store import outage
from service.store.embedded import StoreProblem

Document = dict[str, Any]
T = TypeVar("T")

MAJORITY = WriteConcern(w="majority", j=True)
CONTENDED = 60.0
"""Seconds that a transaction goes on losing races before it says so; the store keeps nothing of those."""
NEWER_KEYS = "numberKeys"
"""How `secantusd-rs` from 0.5.3-beta.196 on marks an index; a server that lists it would look past its numbers."""
PATIENCE = 8.0
"""Seconds that a transaction waits for a store that is away: a crashed one is back in three."""


@dataclass(slots=True)
class Transaction:
    """What a repository writes in. All of it is kept, or none."""

    session: ClientSession
    proof: Callable[[], bool] | None = None
    """Whether it was kept, asked when the commit was never answered; its event tells. One without an event
    must be such that running twice does no harm."""


class LostRace(Exception):
    """Someone wrote first inside this transaction's window; `transact` starts it again."""


class Queues:
    """One lock per subject: writers on one file wait for each other, people on different files never do."""

    def __init__(self, keep: int = 4096) -> None:
        self._guard = threading.Lock()
        self._locks: OrderedDict[str, threading.RLock] = OrderedDict()
        self._keep = keep

    def _lock(self, subject: str) -> threading.RLock:
        with self._guard:
            lock = self._locks.setdefault(subject, threading.RLock())
            self._locks.move_to_end(subject)
            while len(self._locks) > self._keep:
                self._locks.popitem(last=False)
            return lock

    @contextmanager
    def all(self, subjects: Sequence[str]) -> Iterator[None]:
        with ExitStack() as stack:
            for subject in sorted(set(subjects)):  # one order for everyone: no two can wait crosswise
                stack.enter_context(self._lock(subject))
            yield


class Store:
    """The archive's database. `db` writes with majority and journal, so that what was answered stays."""

    def __init__(self, client: MongoClient[Document], database: str, patience: float = PATIENCE) -> None:
        self.client, self._patience = client, patience
        self.db: Database[Document] = client.get_database(
            database, codec_options=CodecOptions(tz_aware=True), write_concern=MAJORITY
        )
        self._queues = Queues()
        self.retries = 0

    def collection(self, name: str) -> Collection[Document]:
        return self.db[name]

    def transact(self, work: Callable[[Transaction], T], *, queue: Sequence[str] = ()) -> T:
        """Run `work` in one transaction, again from the start when the store says it may be retried.

        `queue` names the subjects ("file:KF-2021-00042") that it writes to. Raises Unavailable when the store
        cannot be reached or kept refusing and Conflict when others kept winning, and then nothing was kept;
        Uncertain when the store went away while it was asked to keep it.
        """
        doubt: _Doubt[T] | None = None
        began, attempt = time.monotonic(), 0
        with self._queues.all(queue), self.client.start_session() as session:
            while True:
                patience, met = CONTENDED, None
                try:
                    if doubt is not None and doubt.kept():
                        return _kept(doubt.result)
                    return _kept(_once(session, work, began + self._patience))
                except _Doubt as unanswered:
                    doubt = unanswered
                except LostRace:
                    pass
                except PyMongoError as error:
                    if outage.away(error):
                        patience = self._patience
                    elif not outage.passes(error):
                        raise
                    met = error
                if time.monotonic() - began > patience:
                    if doubt is not None:
                        raise Uncertain from met
                    # Where nobody was seen to win, somebody may hold what they will never keep: nothing has changed.
                    raise Conflict if met is None else Unavailable from met
                self.retries, attempt = self.retries + 1, attempt + 1
                time.sleep(random.uniform(0, 0.002 * 2 ** min(attempt, 6)))  # noqa: S311

    def walk(self, collection: str, projection: Document | None = None) -> Iterator[Document]:
        """Every document once, by one cursor: for rebuild, verify and backup, never for an answer to a person."""
        with self.db[collection].find({}, projection, batch_size=500, comment="walk") as cursor:
            yield from cursor

    def create_indexes(self, collections: dict[str, Sequence[IndexModel]]) -> None:
        """Make what is missing; called at every start.

        What is there is not asked for again: a server may note more in an index than another one knows to compare.
        Raises StoreProblem where the server cannot find by the keys that another one has written.
        """
        for name, models in collections.items():
            there = self.db[name].index_information()
            if any(NEWER_KEYS in index for index in there.values()):
                raise StoreProblem(
                    "this data folder was served by a newer secantusd-rs, whose indexes the server that runs now "
                    "cannot read: start it with that one again (DANGAN_STORE_SERVER=rs), or upgrade both"
                )
            missing = [model for model in models if not _same(model.document, there.get(model.document["name"]))]
            if missing:
                self.db[name].create_indexes(missing)

    def close(self) -> None:
        self.client.close()


def _same(wanted: Mapping[str, Any], there: Mapping[str, Any] | None) -> bool:
    """Whether an index of that name is what is wanted; where it is not, the server says what is wrong."""
    options = ("unique", "expireAfterSeconds", "partialFilterExpression")
    return there is not None and all(wanted.get(option) == there.get(option) for option in options)


class _Doubt(Exception, Generic[T]):
    """A commit that was never answered, and what `work` gave: kept or not, only the store can tell."""

    def __init__(self, tx: Transaction, result: T) -> None:
        self._proof, self.result = tx.proof, result

    def kept(self) -> bool:
        return self._proof is not None and self._proof()


def _once(session: ClientSession, work: Callable[[Transaction], T], until: float) -> T:
    """One attempt. A commit is asked again until it is answered, as the driver's specification has it."""
    session.start_transaction(ReadConcern("snapshot"), MAJORITY, ReadPreference.PRIMARY)
    tx = Transaction(session)
    try:
        result = work(tx)
    except BaseException:
        session.abort_transaction()
        raise
    unanswered = False
    while True:
        try:
            session.commit_transaction()
            return result
        except PyMongoError as error:
            unknown = error.has_error_label("UnknownTransactionCommitResult")
            # A server that was restarted knows nothing of a transaction that it kept: that refusal says nothing,
            # and the driver may have asked twice before we hear of it.
            if not unknown and not unanswered and not outage.forgotten(error):
                raise
            if not unknown or time.monotonic() > until:
                raise _Doubt(tx, result) from error
            unanswered = True


def _kept(result: T) -> T:
    outage.note_kept()
    return result


def connect(uri: str, database: str = "dangan", user: str | None = None, password: str | None = None) -> Store:
    """A store at `uri`, with the user where the address names none. Nothing is sent until it is used; never hangs."""
    named: dict[str, Any] = {"username": user, "password": password} if user else {}
    client: MongoClient[Document] = MongoClient(
        uri,
        **named,
        tz_aware=True,
        connectTimeoutMS=5_000,
        serverSelectionTimeoutMS=5_000,
        socketTimeoutMS=60_000,
        waitQueueTimeoutMS=20_000,
        maxPoolSize=64,
        appname="dangan",
    )
    return Store(client, database)
