"""The embedded store: one run per folder, authentication, and nothing acknowledged is lost by a crash."""

import io
from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from pymongo.operations import IndexModel

from service.audit.verifier import verify
from service.bootstrap import build
from service.config import Settings
from service.doctor import examine
from service.person import SYSTEM, Role
from service.store import connection
from service.store.blobs import Blobs
from service.store.connection import Store, connect
from service.store.embedded import EmbeddedStore, StoreProblem, find_running, hold_folder
from service.store.keys import SYSTEM_SUBJECT
from service.store.programs import Kind, installed


def test_a_second_run_on_the_folder_is_refused(tmp_path: Path) -> None:
    """Whoever starts on a folder that is in use is told so, and what to do."""
    with hold_folder(tmp_path), pytest.raises(StoreProblem, match="in use by another run"):
        hold_folder(tmp_path)
    hold_folder(tmp_path).close()


def test_strangers_are_not_let_in(server: EmbeddedStore) -> None:
    """Without the password the store answers no question."""
    with (
        MongoClient(f"mongodb://127.0.0.1:{server.running.port}/?directConnection=true") as client,
        pytest.raises(OperationFailure),
    ):
        client["dangan"]["files"].find_one()


def test_acknowledged_writes_survive_a_crash(tmp_path: Path) -> None:
    """What was answered before kill -9 is there after the next start, on the same port and password."""
    with hold_folder(tmp_path):
        embedded = EmbeddedStore(tmp_path)
        store = connect(embedded.start().uri)
        for n in range(50):
            store.transact(lambda tx, n=n: store.db["things"].insert_one({"_id": n}, session=tx.session))
        embedded.kill()
        assert not embedded.alive()
        embedded.start()
        assert find_running(tmp_path) == embedded.running
        assert store.db["things"].count_documents({}) == 50
        store.close()
        embedded.stop()


def test_a_folder_is_opened_by_either_server(tmp_path: Path, store_rs: Kind) -> None:
    """What one server left, the other opens, goes on with, and leaves: keys, chains, documents and blobs."""
    content, ids = b"x" * 3_000_000, []
    with hold_folder(tmp_path):
        for turn, kind in enumerate(("py", store_rs, "py")):
            embedded = EmbeddedStore(tmp_path, kind)
            made = connect(embedded.start().uri)
            archive = build(Settings(data=tmp_path), made)
            archive.accounts.create(SYSTEM, f"person{turn}", "某人", Role.HR, "一个新的长密码-2026", "north")
            made.create_indexes({"things": [IndexModel([("of", 1), ("n", 1)], name="of_1_n_1", unique=True)]})
            made.db["things"].insert_one({"_id": turn, "of": "one", "n": turn + 1})
            assert [one["_id"] for one in made.db["things"].find({"of": "one", "n": {"$gte": 1}})] == [*range(turn + 1)]
            assert made.db["things"].find_one({"_id": 0, "of": "one", "n": 1})
            blobs = Blobs(made, "scans")
            ids.append(blobs.put(archive.keys.system, SYSTEM_SUBJECT, io.BytesIO(content + bytes([turn]))))
            for number, blob in enumerate(ids):
                assert archive.accounts.known(f"person{number}")
                assert blobs.bytes(archive.keys.system, blob) == content + bytes([number])
            assert list(verify(archive.audit.trail)) == []
            assert find_running(tmp_path) == embedded.running
            made.close()
            embedded.stop()


def test_a_folder_whose_keys_it_cannot_read_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that would look past what another one has indexed does not serve; the way out is named."""
    wanted = {"things": [IndexModel([("n", 1)], name="n_1", unique=True)]}
    store.create_indexes(wanted)
    store.create_indexes(wanted)
    monkeypatch.setattr(connection, "NEWER_KEYS", "unique")
    with pytest.raises(StoreProblem, match="DANGAN_STORE_SERVER=rs"):
        store.create_indexes(wanted)


def test_the_wanted_server_is_taken_or_missed(tmp_path: Path) -> None:
    """A server in the data folder's bin/ comes first; one that is wanted and missing is named."""
    (tmp_path / "bin").mkdir()
    for kind in ("rs", "py"):
        program = tmp_path / "bin" / f"secantusd-{kind}"
        program.touch(mode=0o700)
        assert installed(tmp_path, kind).path == str(program)
        program.unlink()
    if installed(tmp_path, "rs") is None:
        with pytest.raises(StoreProblem, match="DANGAN_STORE_SERVER is rs"):
            EmbeddedStore(tmp_path, "rs")


def test_the_doctor_says_which_server_runs(tmp_path: Path) -> None:
    """It names the server and what the other one would gain, and finds a missing index; secrets are masked."""
    said = list(examine(Settings(data=tmp_path, store_server="py", elasticsearch_password="geheim-2026")))
    at = said.index("store server: secantusd-py")
    assert "secantusd-rs would take three times as many changes a second" in said[at + 1]
    assert said[at + 2 :] == [
        "store: answers; master key: fits",
        "search: embedded (tantivy); no answer, or no index yet",
    ]
    assert not any("geheim" in line for line in said)
