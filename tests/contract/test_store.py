"""The store's contract: everything of MongoDB that the archive relies on, asked of one address.

Both embedded servers keep it. `DANGAN_TEST_MONGODB_URI` asks it of a MongoDB instead (docs/mongodb.md).
"""

import io
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gridfs
import pytest
from pymongo import IndexModel, MongoClient, ReturnDocument
from pymongo.errors import AutoReconnect, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from indexer.follow import CHANGES, is_lost
from service.audit.repository import HEADS
from service.audit.repository import INDEXES as AUDIT_INDEXES
from service.audit.trail import Audit, file_chain
from service.audit.verifier import verify
from service.clock import SystemClock
from service.errors import NotFound, Unavailable
from service.person import SYSTEM
from service.store.blobs import SEGMENT, Blobs
from service.store.blobs import indexes as blob_indexes
from service.store.connection import LostRace, Store, Transaction, connect
from service.store.counters import Counters
from service.store.keys import KeyProblem, Keyring
from tests.contract import stores
from tests.contract.stores import Server

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module", params=["mongodb"] if stores.URI else ["py", "rs"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if request.param == "mongodb":
        yield Server("mongodb", stores.URI)
        return
    if request.param == "rs":
        request.getfixturevalue("store_rs")
    with stores.serving(tmp_path_factory.mktemp(request.param), request.param) as running:
        yield running


@pytest.fixture
def store(server: Server) -> Iterator[Store]:
    """A database that nobody else has."""
    made = connect(server.uri, f"dangan_test_{uuid.uuid4().hex[:12]}")
    yield made
    made.client.drop_database(made.db.name)
    made.close()


@pytest.fixture
def audit(store: Store) -> Audit:
    store.create_indexes(AUDIT_INDEXES)
    return Audit(store, SystemClock())


def side_by_side(work: Callable[[int], Any], count: int = 16) -> list[Any]:
    """What `count` threads that begin together came to: a result, or the error that they met."""
    together = threading.Barrier(count)

    def one(number: int) -> Any:
        together.wait()
        try:
            return work(number)
        except PyMongoError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


# transactions


def test_a_transaction_is_kept_whole_or_not_at_all(store: Store) -> None:
    """What was written before an error is gone with it, in every collection, new ones too; inside it reads itself."""
    store.db["kept"].insert_one({"_id": "before"})

    def work(tx: Transaction, fail: bool) -> None:
        store.db["kept"].insert_one({"_id": "a"}, session=tx.session)
        store.db["new"].insert_many([{"_id": n} for n in range(3)], session=tx.session)
        assert store.db["new"].count_documents({}, session=tx.session) == 3
        assert store.db["new"].find_one({"_id": 1}) is None  # and nobody else does
        store.db["kept"].delete_one({"_id": "before"}, session=tx.session)
        if fail:
            raise NotFound

    with pytest.raises(NotFound):
        store.transact(lambda tx: work(tx, True))
    assert [found["_id"] for found in store.db["kept"].find()] == ["before"]
    assert store.db["new"].count_documents({}) == 0
    store.transact(lambda tx: work(tx, False))
    assert [found["_id"] for found in store.db["kept"].find()] == ["a"]
    assert store.db["new"].count_documents({}) == 3


def test_a_transaction_sees_one_moment(store: Store) -> None:
    """What others commit meanwhile does not appear in it."""
    store.db["things"].insert_one({"_id": 1, "value": "old"})

    def work(tx: Transaction) -> str:
        store.db["things"].find_one({"_id": 1}, session=tx.session)
        store.db["things"].insert_one({"_id": uuid.uuid4().hex})
        store.db["things"].update_one({"_id": 1}, {"$set": {"value": "new"}})
        return store.db["things"].find_one({"_id": 1}, session=tx.session)["value"]

    assert store.transact(work) == "old"
    assert store.db["things"].find_one({"_id": 1})["value"] == "new"


def test_writers_of_one_document_all_win_in_the_end(store: Store) -> None:
    """A conflict is transient: the driver starts the transaction again, and no increment is lost or doubled."""
    store.db["things"].insert_one({"_id": 1, "value": 0})

    def add(number: int) -> None:
        def work(tx: Transaction) -> None:
            value = store.db["things"].find_one({"_id": 1}, session=tx.session)["value"]
            store.db["things"].update_one({"_id": 1}, {"$set": {"value": value + 1}}, session=tx.session)
            store.db["log"].insert_one({"by": number}, session=tx.session)

        for _ in range(5):
            store.transact(work)

    assert side_by_side(add, 6) == [None] * 6
    assert store.db["things"].find_one({"_id": 1})["value"] == 30
    assert store.db["log"].count_documents({}) == 30


def test_a_lost_race_is_started_again(store: Store) -> None:
    """Compare-and-set on a head inside transactions: losers start again, and the chain has no gap."""
    store.db["heads"].insert_one({"_id": "a", "seq": 0})

    def append(tx: Transaction) -> None:
        seq = store.db["heads"].find_one({"_id": "a"}, session=tx.session)["seq"]
        moved = store.db["heads"].update_one({"_id": "a", "seq": seq}, {"$inc": {"seq": 1}}, session=tx.session)
        if moved.modified_count == 0:
            raise LostRace
        store.db["events"].insert_one({"_id": seq + 1}, session=tx.session)

    assert side_by_side(lambda _: [store.transact(append) for _ in range(4)] and None, 6) == [None] * 6
    assert sorted(found["_id"] for found in store.db["events"].find()) == list(range(1, 25))


def test_chains_hold_across_processes_clients(server: Server, store: Store, audit: Audit) -> None:
    """Two clients without a common queue append to the same chains: every event is there, and the chains verify."""
    others = connect(server.uri, store.db.name)
    audits = (audit, Audit(others, SystemClock()))

    def append(number: int) -> None:
        mine, chain = audits[number % 2], file_chain(f"KF-{number % 3}")
        kept = (store, others)[number % 2]
        for _ in range(5):
            kept.transact(lambda tx: mine.append(tx, SYSTEM, "file.changed", subject=chain), queue=[chain])

    assert side_by_side(append, 8) == [None] * 8
    assert store.db["audit"].count_documents({}) == 40
    assert list(verify(audit.trail)) == []
    others.close()


def test_a_client_that_vanishes_holds_nothing_for_long(server: Server, store: Store) -> None:
    """A transaction whose client is gone is rolled back within a minute, and others write the same document."""
    store.db["things"].insert_one({"_id": 1, "value": 0})
    gone = MongoClient(server.uri)
    session = gone.start_session()
    session.start_transaction()
    gone[store.db.name]["things"].update_one({"_id": 1}, {"$set": {"value": 9}}, session=session)
    gone.close()
    until = datetime.now(UTC) + timedelta(seconds=75)

    def add(tx: Transaction) -> None:
        store.db["things"].update_one({"_id": 1}, {"$inc": {"value": 1}}, session=tx.session)

    while True:
        try:
            store.transact(add)
            break
        except Unavailable:  # what a person is told meanwhile: try again
            assert datetime.now(UTC) < until
    assert store.db["things"].find_one({"_id": 1})["value"] == 1


# races for what is unique


def test_one_of_many_gets_a_unique_value(store: Store) -> None:
    """Of 16 who insert one value at once, one is told yes, the others duplicate key, inside a transaction or not."""
    store.create_indexes({"things": [IndexModel([("key", 1)], unique=True)]})
    for number, inside in enumerate((False, True)):

        def insert(by: int, number: int = number, inside: bool = inside) -> str:
            document = {"key": number, "by": by}
            if inside:
                store.transact(lambda tx: store.db["things"].insert_one(document, session=tx.session) and None)
            else:
                store.db["things"].insert_one(document)
            return "mine"

        got = side_by_side(insert)
        assert got.count("mine") == 1
        assert {type(one) for one in got if one != "mine"} == {DuplicateKeyError}
        assert store.db["things"].count_documents({"key": number}) == 1


def test_a_partial_index_is_unique_where_it_holds(store: Store) -> None:
    """Documents without the field are free; those with it are not, also when an update brings it in."""
    only = {"digest": {"$exists": True}}
    store.create_indexes({"files": [IndexModel([("digest", 1)], unique=True, partialFilterExpression=only)]})
    store.db["files"].insert_many([{"_id": n} for n in range(16)])
    got = side_by_side(lambda n: store.db["files"].update_one({"_id": n}, {"$set": {"digest": "d"}}).modified_count)
    assert got.count(1) == 1
    assert {type(one) for one in got if one != 1} == {DuplicateKeyError}
    winner = store.db["files"].find_one({"digest": "d"})["_id"]
    store.db["files"].update_one({"_id": winner}, {"$unset": {"digest": ""}})
    assert store.db["files"].update_one({"_id": 15 - winner}, {"$set": {"digest": "d"}}).modified_count == 1


def test_a_counter_gives_no_number_twice(store: Store) -> None:
    """Sixteen who take numbers of a new counter at once get different ones, from 1 on."""
    counters = Counters(store)
    taken = [n for some in side_by_side(lambda _: [counters.take("x") for _ in range(5)]) for n in some]
    assert (len(set(taken)), min(taken) >= 1) == (80, True)


def test_one_of_many_moves_a_lease(store: Store) -> None:
    """find_one_and_update by what was read gives one winner and None to the others."""
    store.db["jobs"].insert_one({"_id": 1, "token": None, "attempt": 0})

    def take(by: int) -> Any:
        return store.db["jobs"].find_one_and_update(
            {"_id": 1, "token": None, "attempt": 0}, {"$set": {"token": by}, "$inc": {"attempt": 1}},
            return_document=ReturnDocument.AFTER,
        )  # fmt: skip

    winners = [one for one in side_by_side(take) if one is not None]
    assert [one["attempt"] for one in winners] == [1]


# the change stream


def watched(store: Store, token: Any = None) -> Any:
    return store.db[HEADS].watch(CHANGES, resume_after=token, max_await_time_ms=200)


def subjects(stream: Any, count: int) -> list[str]:
    """The next `count` changed subjects; fails where they do not come."""
    seen: list[str] = []
    until = datetime.now(UTC) + timedelta(seconds=20)
    while len(seen) < count:
        assert datetime.now(UTC) < until, seen
        if (event := stream.try_next()) is not None:
            seen.append(str(event["documentKey"]["_id"]))
    return seen


def test_the_stream_tells_changes_and_not_looks(store: Store, audit: Audit) -> None:
    """Each committed change comes once and in order; looks and what was rolled back do not come."""
    with watched(store) as stream:
        assert stream.try_next() is None
        store.transact(lambda tx: audit.append(tx, SYSTEM, "file.opened", subject="file:1"))
        audit.record(SYSTEM, "file.looked", subject="file:1")

        def lost(tx: Transaction) -> None:
            audit.append(tx, SYSTEM, "file.changed", subject="file:3")
            raise NotFound

        with pytest.raises(NotFound):
            store.transact(lost)
        store.transact(lambda tx: audit.append(tx, SYSTEM, "file.changed", subject="file:1"))
        store.transact(lambda tx: audit.append(tx, SYSTEM, "file.opened", subject="file:2"))
        assert subjects(stream, 3) == ["file:1", "file:1", "file:2"]
        assert stream.try_next() is None


def test_the_stream_goes_on_after_its_token(server: Server, store: Store, audit: Audit) -> None:
    """Another client with the kept token gets everything since, also after a quiet time, and nothing twice."""
    with watched(store) as stream:
        stream.try_next()
        quiet = stream.resume_token
        store.transact(lambda tx: audit.append(tx, SYSTEM, "file.opened", subject="file:1"))
        assert subjects(stream, 1) == ["file:1"]
        token = stream.resume_token
    for number in (2, 3):
        chain = f"file:{number}"
        store.transact(lambda tx, chain=chain: audit.append(tx, SYSTEM, "file.opened", subject=chain))
    other = connect(server.uri, store.db.name)
    with watched(other, token) as stream:
        assert subjects(stream, 2) == ["file:2", "file:3"]
    with watched(other, quiet) as stream:
        assert subjects(stream, 3) == ["file:1", "file:2", "file:3"]
    other.close()


def test_a_token_that_leads_nowhere_is_known(store: Store, audit: Audit) -> None:
    """A token that the server does not know, another server's for one, is told apart from other errors."""
    store.transact(lambda tx: audit.append(tx, SYSTEM, "file.opened", subject="file:1"))
    with pytest.raises(OperationFailure) as error, watched(store, {"_data": "82" + "00" * 40}) as stream:
        stream.try_next()
    assert is_lost(error.value)


def test_a_token_that_is_too_old_is_known(server: Server, tmp_path: Path) -> None:
    """When the log has moved on, the server says so instead of leaving changes out."""
    if server.embedded is None:
        pytest.skip("only for servers that this test may start")
    kind = server.embedded.running.server
    with stores.serving(tmp_path, kind, kept_changes=100) as short, closing(connect(short.uri)) as store:
        with watched(store) as stream:
            stream.try_next()
            token = stream.resume_token
        store.db["things"].insert_many([{} for _ in range(3000)])
        with pytest.raises(OperationFailure) as error, watched(store, token) as stream:
            stream.try_next()
        assert is_lost(error.value)


# GridFS, TTL, windows, keys, who may come in


def test_blobs_come_back_whole_and_in_parts(store: Store) -> None:
    """20 MB in and out, a range, the same content once, and nothing of it after its removal."""
    store.create_indexes(blob_indexes("scans"))
    cipher, content = Keyring(store, b"m" * 96).system, os.urandom(20 * 2**20 + 17)
    blobs = Blobs(store, "scans")
    blob = blobs.put(cipher, "KF-1", io.BytesIO(content))
    assert blobs.bytes(cipher, blob) == content
    start = 3 * SEGMENT - 5
    assert b"".join(blobs.read(cipher, blob, start, start + 10)) == content[start : start + 10]
    assert store.db["scans.chunks"].count_documents({"files_id": blob.id}) == 21
    blobs.delete(blob.id)
    assert store.db["scans.chunks"].count_documents({}) == 0
    with pytest.raises(gridfs.NoFile):
        gridfs.GridFSBucket(store.db, "scans").open_download_stream(blob.id)


def test_what_has_run_out_goes_by_itself(store: Store) -> None:
    """A TTL index removes sessions behind their time within two minutes, and leaves the others."""
    store.create_indexes({"sessions": [IndexModel([("expires", 1)], expireAfterSeconds=0)]})
    now = datetime.now(UTC)
    store.db["sessions"].insert_many([{"_id": n, "expires": now + timedelta(hours=n - 1)} for n in (0, 1, 2)])
    until = datetime.now(UTC) + timedelta(seconds=130)
    while store.db["sessions"].count_documents({}) != 1:
        assert datetime.now(UTC) < until
        threading.Event().wait(0.5)
    assert store.db["sessions"].find_one()["_id"] == 2


def test_windows_walks_and_times(store: Store) -> None:
    """Ranges bounded on both sides, sorted and projected; a walk over more than a batch; times to the millisecond."""
    store.create_indexes({"things": [IndexModel([("n", 1)], unique=True)]})
    store.create_indexes({"things": [IndexModel([("n", 1)], unique=True)]})  # at every start
    at = datetime(2026, 3, 2, 1, 2, 3, 456_000, UTC)
    store.db["things"].insert_many([{"n": n, "at": at + timedelta(milliseconds=n), "text": "x"} for n in range(1200)])
    window = store.db["things"].find({"n": {"$gte": 100, "$lt": 110}}, {"_id": 0, "n": 1}, sort=[("n", -1)], limit=3)
    assert list(window) == [{"n": 109}, {"n": 108}, {"n": 107}]
    assert sum(1 for _ in store.walk("things")) == 1200
    some = store.db["things"].find({"at": {"$gte": at, "$lt": at + timedelta(milliseconds=2)}})
    assert sorted(found["at"] for found in some) == [at, at + timedelta(milliseconds=1)]
    by_id = store.db["things"].find({}, sort=[("_id", 1)], limit=700)
    first = [found["_id"] for found in by_id]
    rest = [found["_id"] for found in store.db["things"].find({"_id": {"$gt": first[-1]}}, sort=[("_id", 1)])]
    assert (len(first), len(rest), first + rest) == (700, 500, sorted(first + rest))


def test_keys_open_with_their_master_alone(store: Store) -> None:
    """File keys are wrapped by the driver's encryption: another master key is told at once."""
    keys = Keyring(store, b"m" * 96)
    cipher = store.transact(lambda tx: keys.create(tx, ["KF-1"]))["KF-1"]
    sealed = cipher.seal("files/KF-1/name", "林晓")
    again = Keyring(store, b"m" * 96)
    assert again.cipher("KF-1").open("files/KF-1/name", sealed) == "林晓"
    assert store.db["key_vault"].count_documents({}) == 1
    with pytest.raises(KeyProblem):
        Keyring(store, b"n" * 96)


def test_strangers_are_not_let_in(server: Server) -> None:
    """Neither without a password nor with a wrong one."""
    told = parse_uri(server.uri)
    host, port = told["nodelist"][0]
    for named in ({}, {"username": told["username"], "password": "wrong", "authSource": "admin"}):
        with (
            MongoClient(host, port, directConnection=True, serverSelectionTimeoutMS=5000, **named) as client,
            pytest.raises(OperationFailure),
        ):
            client["dangan_test"]["files"].find_one()


def test_a_restart_is_waited_out(server: Server, store: Store) -> None:
    """A killed server's clients get an error that says so, and go on by themselves once it is back."""
    if server.embedded is None:
        pytest.skip("only for servers that this test may kill")
    store.db["things"].insert_one({"_id": 1})
    server.embedded.kill()
    quick = MongoClient(server.uri, serverSelectionTimeoutMS=300)
    with pytest.raises(AutoReconnect):
        quick["x"]["y"].find_one()
    quick.close()
    server.embedded.start()
    assert store.transact(lambda tx: store.db["things"].find_one({"_id": 1}, session=tx.session)) == {"_id": 1}
