"""Moving house: an archive goes to another server and back, equal document by document and blob by blob."""

import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from scanner_ingest.worker import Worker
from service.audit.verifier import verify
from service.bootstrap import Archive, build, opened
from service.clock import SystemClock
from service.config import Settings
from service.demo.load import load
from service.moving import move
from service.person import SYSTEM
from service.store.blobs import Blobs
from service.store.connection import connect
from service.store.copying import Copied, unfinished
from service.store.embedded import EmbeddedStore, StoreProblem, free_port, hold_folder
from service.store.heartbeats import Heartbeats
from service.store.leash import launch
from service.store.programs import Kind, choose, installed
from tests.scans.conftest import Plate

OTHER: Kind = "rs" if installed(Path("data"), "rs") else "py"
"""The server that is moved to: the other one where it is installed."""


def settings_of(data: Path, master: Path, server: Kind = "py") -> Settings:
    return Settings(data=data, master_key=master, store_server=server, demo_count=3, demo_scans=2)


def told_nothing(_: Copied) -> None:
    pass


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
        move(away, str(back.data), "dangan", None, None, told_nothing)
    with opened(back) as archive:
        assert contents(archive) == before
        assert list(verify(archive.audit.trail)) == []
    with opened(home) as archive:
        assert contents(archive) == before


@pytest.mark.slow
def test_a_move_that_is_cut_off_goes_on(home: Settings, tmp_path: Path) -> None:
    """Until it is ended nobody works on the copy; the second run writes what is missing, changed or too much."""
    with running(tmp_path / "server", "py") as uri:
        done: list[str] = []

        def cut(one: Copied) -> None:
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
        moved = {one.name: one for one in move(home, uri, "dangan", None, None, told_nothing)}
        assert (moved[first].written, moved[second].written) == (0, 1)
        assert store.db[first].find_one({"_id": "stray"}) is None
        assert build(home, store).accounts.known("hr")
        with pytest.raises(StoreProblem, match="holds an archive already"):
            move(home, uri, "dangan", None, None, told_nothing)
        store.close()


@pytest.mark.slow
def test_what_must_not_be_mixed_is_refused(home: Settings, tmp_path: Path) -> None:
    """A target with other data, an archive that runs, another master key and a folder without one are told apart."""
    with running(tmp_path / "server", "py") as uri:
        store = connect(uri)
        store.db["things"].insert_one({})
        with pytest.raises(StoreProblem, match="holds an archive already"):
            move(home, uri, "dangan", None, None, told_nothing)
        assert store.db.list_collection_names() == ["things"]
        store.close()
    with hold_folder(home.data), pytest.raises(StoreProblem, match="in use by another run"):
        move(home, str(tmp_path / "x"), "dangan", None, None, told_nothing)
    (tmp_path / "other").write_bytes(os.urandom(96))
    with pytest.raises(StoreProblem, match="master key is not the one"):
        move(settings_of(home.data, tmp_path / "other"), str(tmp_path / "x"), "dangan", None, None, told_nothing)
    empty = settings_of(tmp_path / "empty", tmp_path / "key")
    with pytest.raises(StoreProblem, match="no archive to move"):
        move(empty, str(tmp_path / os.urandom(2).hex()), "dangan", None, None, told_nothing)


@pytest.mark.slow
def test_an_archive_that_runs_is_not_copied(home: Settings, tmp_path: Path) -> None:
    """On servers of its own a sign of life tells, at the beginning and at the end, and the web gives one too."""
    to = str(tmp_path / "back")
    with running(tmp_path / "server", "py") as uri:
        move(home, uri, "dangan", None, None, told_nothing)
        away = Settings(mongodb_uri=uri, master_key=home.master_key_file)
        store = connect(uri)
        store.db["heartbeats"].delete_many({})
        beats = Heartbeats(store, SystemClock())

        def started(one: Copied) -> None:
            if one.name == "records":
                beats.beat("timer")

        with pytest.raises(StoreProblem, match=r"is running \(timer\): stop all of its parts.*wait 15 seconds"):
            move(away, to, "dangan", None, None, started)
        store.db["heartbeats"].delete_many({})
        beats.go_on("web")
        until = time.monotonic() + 5
        while "web" not in beats.all() and time.monotonic() < until:
            time.sleep(0.02)
        with pytest.raises(StoreProblem, match=r"is running \(web\)"):
            move(away, to, "dangan", None, None, told_nothing)
        assert unfinished_in(tmp_path / "back")
        store.close()


def unfinished_in(data: Path) -> bool:
    with running(data, "py") as uri, closing(connect(uri)) as store:
        return unfinished(store)


@pytest.mark.slow
def test_an_archive_that_is_changed_meanwhile_is_copied_again(home: Settings, tmp_path: Path) -> None:
    """A change after its chain was copied is seen by the chain's last link; the second run writes what it changed."""
    with running(tmp_path / "first", "py") as here, running(tmp_path / "second", "py") as there:
        move(home, here, "dangan", None, None, told_nothing)
        source = Settings(mongodb_uri=here, master_key=home.master_key_file)
        with opened(source) as archive:

            def change(one: Copied) -> None:
                if one.name == "audit_heads":
                    archive.accounts.put_department(SYSTEM, "new", "新部门")

            with pytest.raises(StoreProblem, match=r"was worked on while it was copied; stop all.* run the move again"):
                move(source, there, "dangan", None, None, change)
            store = connect(there)
            with pytest.raises(StoreProblem, match="run `dangan move` again"):
                build(home, store)
            moved = move(source, there, "dangan", None, None, told_nothing)
            assert {one.name for one in moved if one.written} >= {"audit", "audit_heads"}
            assert contents(build(home, store)) == contents(archive)
            store.close()


def test_a_folder_is_found_by_nobody_while_it_is_moved(home: Settings, tmp_path: Path) -> None:
    """`dangan import`, `user` and `web` find neither the source's store nor the target's."""
    met: list[str] = []

    def look(_: Copied) -> None:
        for settings in (home, settings_of(tmp_path / "to", home.master_key_file)):
            with pytest.raises(StoreProblem, match="is not running") as refused, opened(settings):
                pass
            met.append(str(refused.value))

    move(home, str(tmp_path / "to"), "dangan", None, None, look)
    assert len(met) > 20


@pytest.mark.slow
def test_a_move_that_is_cut_off_at_its_end_goes_on(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is copied and the indexes are made, but nobody works there before the trail was checked."""
    with running(tmp_path / "server", "py") as uri:
        with monkeypatch.context() as cut:
            cut.setattr("service.moving.verify", _cut_off)
            with pytest.raises(KeyboardInterrupt):
                move(home, uri, "dangan", None, None, told_nothing)
        store = connect(uri)
        assert "at_1" in store.db["audit"].index_information()
        with pytest.raises(StoreProblem, match="run `dangan move` again"):
            build(home, store)
        assert [one.name for one in move(home, uri, "dangan", None, None, told_nothing) if one.written] == []
        assert build(home, store).accounts.known("hr")
        store.close()


def _cut_off(_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_target_that_cannot_be_used_is_told_apart(home: Settings, tmp_path: Path) -> None:
    """Away, misspelt, closed to us, and without transactions: one line each, with the mend and without the address."""

    def refused(to: str, user: str | None = None) -> str:
        password = "hush" if user else None
        with pytest.raises(StoreProblem) as problem:
            move(home, to, "dangan", user, password, told_nothing)
        assert "hush" not in str(problem.value)
        return str(problem.value)

    away = f"127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=300"
    assert "--to does not answer (ServerSelectionTimeoutError): see whether it runs" in refused(f"mongodb://{away}")
    for misspelt in ("mongdb://host/", "mongodb://a:hush/x@host/", "mongodb://host:70000/"):
        assert "--to is not an address of MongoDB" in refused(misspelt)
    with running(tmp_path / "server", "py") as uri:
        place = uri.partition("@")[2]
        assert "--to does not let us in (18): see whether user and password" in refused(f"mongodb://{place}", "dangan")
        assert "--to does not let us in" in refused(f"mongodb://{place}")
    with alone(tmp_path / "alone") as uri:
        assert "--to stands alone, and there are no transactions on it: start it with --replSet" in refused(uri)


@contextmanager
def alone(data: Path) -> Iterator[str]:
    """A server that is no replica set."""
    port = free_port()
    program = choose(data, "py")
    command = [program.path, "--port", str(port), "--storage-path", str(data), "--standalone", "--log-level", "ERROR"]
    process = launch(command)
    try:
        yield f"mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=20000"
    finally:
        process.kill()
        process.wait()
