"""Moving house: an archive goes to another server and back, equal document by document and blob by blob."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scanner_ingest.worker import Worker
from service.audit.verifier import verify
from service.bootstrap import Archive, build, opened
from service.config import Settings
from service.demo.load import load
from service.moving import move
from service.store.blobs import Blobs
from service.store.connection import connect
from service.store.embedded import EmbeddedStore, StoreProblem, hold_folder
from service.store.programs import Kind, installed
from tests.scans.conftest import Plate

OTHER: Kind = "rs" if installed(Path("data"), "rs") else "py"
"""The server that is moved to: the other one where it is installed."""


def settings_of(data: Path, master: Path, server: Kind = "py") -> Settings:
    return Settings(data=data, master_key=master, store_server=server, demo_count=3, demo_scans=2)


@contextmanager
def running(data: Path, server: Kind) -> Iterator[str]:
    """An embedded server in the place of one that somebody else runs: its address."""
    with hold_folder(data):
        embedded = EmbeddedStore(data, server)
        try:
            yield embedded.start().uri
        finally:
            embedded.stop()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small archive with read scans, on which nobody works."""
    data = tmp_path_factory.mktemp("home")
    settings = settings_of(data, data / "keys" / "master.key")
    with opened(settings) as archive:
        load(archive)
        while Worker(archive, Plate()).once():
            pass
        archive.checkpoints.sign()
    return settings


def contents(archive: Archive) -> dict[str, object]:
    """Every document of every collection, and every blob as it opens."""
    db = archive.store.db
    fading = ("index_state", "sessions", "heartbeats", "moves")
    found: dict[str, object] = {
        f"{name}/{one['_id']}": one
        for name in db.list_collection_names() if name not in fading for one in db[name].find()
    }  # fmt: skip
    for scan in db["scans"].find():
        kept = archive.kept_scans.get(scan["_id"])
        cipher = archive.keys.cipher(kept.file_no)
        found[f"content/{kept.id}"] = Blobs(archive.store, "scans").bytes(cipher, kept.blob)
        for page in archive.kept_scans.pages(kept):
            found[f"content/{kept.id}/{page.number}"] = Blobs(archive.store, "previews").bytes(cipher, page.image)
    return found


def test_there_and_back(home: Settings, tmp_path: Path) -> None:
    """To another server and back into a folder: equal each time, chains verify, and the source is untouched."""
    with opened(home) as archive:
        before = contents(archive)
    assert sum(key.startswith("content/") for key in before) >= 4
    back = settings_of(tmp_path / "back", home.master_key_file)
    with running(tmp_path / "server", OTHER) as uri:
        told: list[str] = []
        moved = move(home, uri, "dangan", None, None, lambda one: told.append(one.name))
        assert sorted(told) == told
        assert sum(one.written for one in moved) == sum(one.documents for one in moved) > 50
        store = connect(uri)
        there = build(home, store)
        assert contents(there) == before
        assert list(verify(there.audit.trail)) == []
        store.close()
        away = Settings(mongodb_uri=uri, master_key=home.master_key_file)
        move(away, str(back.data), "dangan", None, None, lambda _: None)
    with opened(back) as archive:
        assert contents(archive) == before
        assert list(verify(archive.audit.trail)) == []
    with opened(home) as archive:
        assert contents(archive) == before


def test_a_move_that_is_cut_off_goes_on(home: Settings, tmp_path: Path) -> None:
    """Until it is ended nobody works on the copy; the second run writes what is missing, changed or too much."""
    with running(tmp_path / "server", "py") as uri:
        done: list[str] = []

        def cut(one) -> None:
            done.append(one.name)
            if len(done) == 5:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            move(home, uri, "dangan", None, None, cut)
        store = connect(uri)
        with pytest.raises(StoreProblem, match="run `dangan move` again"):
            build(home, store)
        first, second = [name for name in done if store.db[name].find_one()][:2]
        store.db[first].insert_one({"_id": "stray"})
        some = store.db[second].find_one()
        store.db[second].replace_one({"_id": some["_id"]}, {"changed": True})
        moved = {one.name: one for one in move(home, uri, "dangan", None, None, lambda _: None)}
        assert (moved[first].written, moved[second].written) == (0, 1)
        assert store.db[first].find_one({"_id": "stray"}) is None
        assert build(home, store).accounts.known("hr")
        with pytest.raises(StoreProblem, match="holds an archive already"):
            move(home, uri, "dangan", None, None, lambda _: None)
        store.close()


def test_what_must_not_be_mixed_is_refused(home: Settings, tmp_path: Path) -> None:
    """A target with other data, an archive that runs and a folder without one are told apart."""
    with running(tmp_path / "server", "py") as uri:
        store = connect(uri)
        store.db["things"].insert_one({})
        with pytest.raises(StoreProblem, match="holds an archive already"):
            move(home, uri, "dangan", None, None, lambda _: None)
        assert store.db.list_collection_names() == ["things"]
        store.close()
    with hold_folder(home.data), pytest.raises(StoreProblem, match="in use by another run"):
        move(home, str(tmp_path / "x"), "dangan", None, None, lambda _: None)
    empty = settings_of(tmp_path / "empty", tmp_path / "key")
    with pytest.raises(StoreProblem, match="no archive to move"):
        move(empty, str(tmp_path / os.urandom(2).hex()), "dangan", None, None, lambda _: None)
