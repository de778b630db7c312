"""What all tests stand on: one real embedded store for the run, a database of its own for each test."""

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import request_finished

from service.access.repository import SESSIONS
from service.audit.repository import INDEXES as AUDIT_INDEXES
from service.audit.trail import Audit
from service.bootstrap import INDEXES, Archive, build
from service.clock import SetClock, SystemClock
from service.config import Settings
from service.person import SYSTEM
from service.store import jobs
from service.store.connection import Store, connect
from service.store.embedded import EmbeddedStore, hold_folder
from service.store.keys import Keyring, master_key
from service.store.programs import Kind, installed
from tests.cast import DEPARTMENTS
from tests.described import watch


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured (`record_property`), also where they ran in other processes."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, value in report.user_properties if report.when == "call" else ():
            terminalreporter.write_line(f"{report.nodeid} {name}: {value}")


@pytest.fixture(autouse=True)
def answers_as_described() -> Iterator[None]:
    """In whatever test, the API takes and gives what its description says."""
    seen: list[str] = []
    look = watch(seen)
    with request_finished.connected_to(look):
        yield
    assert not seen, "\n".join(dict.fromkeys(seen))


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def server(data_folder: Path) -> Iterator[EmbeddedStore]:
    held = hold_folder(data_folder)
    embedded = EmbeddedStore(data_folder, Settings().store_server)
    embedded.start()
    yield embedded
    embedded.stop()
    held.close()


@pytest.fixture(scope="session")
def store_rs() -> Kind:
    """The Rust store server, where it is installed."""
    if installed(Path("data"), "rs") is None:
        if os.environ.get("DANGAN_REQUIRE_STORE_RS") == "1":
            pytest.fail("the Rust store server is required and is not there: run `make store-rs`")
        pytest.skip("NOT TESTED ON secantusd-rs: run `make store-rs` to build it")
    return "rs"


@pytest.fixture
def store(server: EmbeddedStore) -> Iterator[Store]:
    """A database that nobody else has, with the indexes of the store's own rooms."""
    made = connect(server.running.uri, f"test_{uuid.uuid4().hex[:12]}")
    made.create_indexes({**AUDIT_INDEXES, **jobs.INDEXES})
    yield made
    made.client.drop_database(made.db.name)
    made.close()


@pytest.fixture(scope="session")
def master(data_folder: Path) -> bytes:
    return master_key(data_folder / "keys" / "master.key", create=True)[0]


@pytest.fixture
def keys(store: Store, master: bytes) -> Keyring:
    return Keyring(store, master)


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """A Monday in March. The store goes by its own clock, so in archives of that day it must not end sessions."""
    lasting = tuple(one for one in INDEXES[SESSIONS] if "expireAfterSeconds" not in one.document)
    monkeypatch.setitem(INDEXES, SESSIONS, lasting)
    return SetClock(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture
def audit(store: Store, clock: SystemClock) -> Audit:
    return Audit(store, clock)


@pytest.fixture
def archive(store: Store, data_folder: Path, tmp_path: Path, clock: SystemClock, master: bytes) -> Archive:
    """A whole archive, wired as it is in production, with the departments of the cast."""
    settings = Settings(data=tmp_path, master_key=data_folder / "keys" / "master.key")
    made = build(settings, store, clock)
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    return made
