"""The embedded store: one run per folder, authentication, and nothing acknowledged is lost by a crash."""

from pathlib import Path

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from service.store.connection import connect
from service.store.embedded import EmbeddedStore, StoreProblem, find_running, hold_folder


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
