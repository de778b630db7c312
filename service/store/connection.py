"""The connection to MongoDB's protocol, and the one helper for a transaction."""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from pymongo import MongoClient, ReadPreference, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, OperationFailure
from pymongo.operations import IndexModel
from pymongo.read_concern import ReadConcern

from service.errors import Conflict, Unavailable

Document = dict[str, Any]
T = TypeVar("T")

MAJORITY = WriteConcern(w="majority", j=True)
_WRITE_CONFLICT = 112
_ATTEMPTS = 30


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a repository writes in. All of it is kept, or none."""

    session: ClientSession


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

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self.client = client
        self.db: Database[Document] = client.get_database(
            database, codec_options=CodecOptions(tz_aware=True), write_concern=MAJORITY
        )
        self._queues = Queues()
        self.retries = 0

    def collection(self, name: str) -> Collection[Document]:
        return self.db[name]

    def transact(self, work: Callable[[Transaction], T], *, queue: Sequence[str] = ()) -> T:
        """Run `work` in one transaction, again from the start when the store says it may be retried.

        `queue` names the subjects ("file:KF-2021-00042") that it writes to. Raises Unavailable when the
        store cannot be reached and Conflict when others kept winning; then nothing was kept.
        """
        with self._queues.all(queue), _store_errors(), self.client.start_session() as session:
            for attempt in range(_ATTEMPTS):
                try:
                    return session.with_transaction(
                        lambda inner: work(Transaction(inner)),
                        read_concern=ReadConcern("snapshot"),
                        write_concern=MAJORITY,
                        read_preference=ReadPreference.PRIMARY,
                    )
                except LostRace:
                    self.retries += 1
                    time.sleep(random.uniform(0, 0.002 * 2 ** min(attempt, 6)))  # noqa: S311
        raise Conflict

    def walk(self, collection: str, projection: Document | None = None) -> Iterator[Document]:
        """Every document once, by one cursor: for rebuild, verify and backup, never for an answer to a person."""
        with self.db[collection].find({}, projection, batch_size=500, comment="walk") as cursor:
            yield from cursor

    def create_indexes(self, collections: dict[str, Sequence[IndexModel]]) -> None:
        """Make what is missing; called at every start."""
        for name, models in collections.items():
            if models:
                self.db[name].create_indexes(list(models))

    def close(self) -> None:
        self.client.close()


@contextmanager
def _store_errors() -> Iterator[None]:
    try:
        yield
    except ConnectionFailure as error:
        raise Unavailable from error
    except OperationFailure as error:
        if error.code == _WRITE_CONFLICT:
            raise Conflict from error
        raise


def connect(uri: str, database: str = "dangan") -> Store:
    """A store at `uri`. Nothing is sent until it is used; times out instead of hanging."""
    client: MongoClient[Document] = MongoClient(
        uri,
        tz_aware=True,
        connectTimeoutMS=5_000,
        serverSelectionTimeoutMS=5_000,
        socketTimeoutMS=60_000,
        waitQueueTimeoutMS=20_000,
        maxPoolSize=64,
        appname="dangan",
    )
    return Store(client, database)
