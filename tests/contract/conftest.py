"""The engines that the contract holds for: tantivy always, Elasticsearch where `make elasticsearch` has fetched it."""

import os
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.config import Settings
from service.fulltext import elastic, embedded
from service.fulltext.port import Reader, Writer
from tests.contract.server import HOME, Server

Make = Callable[[], tuple[Reader, Writer]]


@pytest.fixture(scope="session")
def elasticsearch() -> Iterator[Server]:
    """A real server with security, and a user of ours with the least rights."""
    if not (HOME / "bin" / "elasticsearch").exists():
        if os.environ.get("DANGAN_REQUIRE_ELASTICSEARCH") == "1":
            pytest.fail("Elasticsearch is required and is not there: run `make elasticsearch`")
        pytest.skip("NOT TESTED ON ELASTICSEARCH: run `make elasticsearch` to fetch it")
    server = Server()
    server.start()
    yield server
    server.stop()


def settings_of(server: Server, folder: Path, prefix: str) -> Settings:
    return Settings(
        data=folder, elasticsearch_url=server.url, elasticsearch_user=server.user,
        elasticsearch_password=server.password, elasticsearch_prefix=prefix,
    )  # fmt: skip


@pytest.fixture(scope="module", params=["tantivy", pytest.param("elasticsearch", marks=pytest.mark.contract)])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes a new, empty place of one engine: its reader and its writer."""

    def tantivy() -> tuple[Reader, Writer]:
        folder = tmp_path_factory.mktemp("index")
        return embedded.Reader(folder), embedded.Writer(folder)

    if request.param == "tantivy":
        return tantivy
    server = request.getfixturevalue("elasticsearch")

    def remote() -> tuple[Reader, Writer]:
        prefix = f"dangan-{uuid.uuid4().hex[:8]}"
        client = elastic.connect(settings_of(server, tmp_path_factory.mktemp("x"), prefix))
        request.addfinalizer(client.close)
        return elastic.Reader(client, prefix), elastic.Writer(client, prefix)

    return remote


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    """The client warns of a password without TLS; the server listens on loopback alone."""
    warnings.filterwarnings("ignore", category=UserWarning, module="elasticsearch")
