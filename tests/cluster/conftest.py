"""A cluster without containers, and what its clients do."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.bench.running import Running
from service.bootstrap import Archive, build, connected
from service.person import SYSTEM
from service.store.programs import Kind, installed
from tests.cast import CAST, DEPARTMENTS, PASSWORD
from tests.cluster.parts import Cluster, cluster, eventually
from tests.contract.server import HOME, Server

warnings.filterwarnings("ignore", category=UserWarning, module="elasticsearch")


@pytest.fixture(scope="module")
def elasticsearch() -> Iterator[Server]:
    if not (HOME / "bin" / "elasticsearch").exists():
        if os.environ.get("DANGAN_REQUIRE_ELASTICSEARCH") == "1":
            pytest.fail("Elasticsearch is required and is not there: run `make elasticsearch`")
        pytest.skip("THE CLUSTER IS NOT TESTED: run `make elasticsearch` to fetch its engine")
    server = Server()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def parts(elasticsearch: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    kind: Kind = "rs" if installed(Path("data"), "rs") else "py"
    if kind == "py" and os.environ.get("DANGAN_REQUIRE_STORE_RS") == "1":
        pytest.fail("the Rust store server is required and is not there: run `make store-rs`")
    with cluster(tmp_path_factory.mktemp("cluster"), elasticsearch, kind) as running:
        try:
            eventually(lambda: client(running).ask("GET", "/readyz")[0] == 200, 180)
        except AssertionError:
            print(running.said("service-1"))
            raise
        yield running


@pytest.fixture(scope="module")
def archive(parts: Cluster) -> Iterator[Archive]:
    """The cluster's archive as its own programs see it, with the cast and their departments."""
    store = connected(parts.settings())
    made = build(parts.settings(), store)
    for code, name in DEPARTMENTS.items():
        made.accounts.put_department(SYSTEM, code, name)
    for person in CAST.values():
        made.accounts.create(
            SYSTEM, person.account, person.name, person.role, PASSWORD, person.department, person.file_no
        )
    yield made
    store.close()


def client(parts: Cluster, account: str = "") -> Running:
    """Somebody who asks over HTTP, logged in where an account is named."""
    made = Running(parts.running["service-1"], parts.port)
    if account:
        made.log_in(account, PASSWORD)
    return made


def indexed(archive: Archive) -> dict[str, int]:
    """Each file's version in the index; empty where the engine does not answer."""
    return dict(archive.reader.versions())


def stored(archive: Archive) -> dict[str, int]:
    """Each file's version in the store."""
    chain = archive.audit.trail.changed
    return {found["_id"]: chain(f"file:{found['_id']}") for found in archive.store.walk("files", {"_id": 1})}
