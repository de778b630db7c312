"""How Elasticsearch is reached: over TLS with its authority, with one user alone, and past a node that is away."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.config import Settings
from service.fulltext import elastic
from service.fulltext.port import Document, EngineDown, Kind, Query
from service.store.embedded import free_port
from tests.contract.conftest import settings_of
from tests.contract.server import Server
from tests.contract.test_engine import ALL, CORPUS

pytestmark = pytest.mark.contract
SOME = list(CORPUS.rows)[:5]


@pytest.fixture
def guarded(elasticsearch: Server) -> Iterator[Server]:
    """A second server, which speaks TLS alone. (The first one says whether there is an Elasticsearch at all.)"""
    server = Server(tls=True)
    server.start()
    yield server
    server.stop()


def total(settings: Settings) -> int:
    """How many files are found with these settings, by a client of their own."""
    client = elastic.connect(settings)
    try:
        return elastic.Reader(client, settings.elasticsearch_prefix).search(Query(Kind.FILES, ALL)).total
    finally:
        client.close()


def fill(settings: Settings) -> None:
    client = elastic.connect(settings)
    elastic.Writer(client, settings.elasticsearch_prefix).rebuild((no, CORPUS.documents(no)) for no in SOME)
    client.close()


def test_tls_with_its_authority(guarded: Server, tmp_path: Path) -> None:
    """With the authority's file everything works; without it, or in plain HTTP, nothing is asked at all."""
    settings = settings_of(guarded, tmp_path, "dangan-tls")
    with pytest.raises(EngineDown):
        total(settings)
    settings.elasticsearch_ca = guarded.authority
    fill(settings)
    assert total(settings) == len(SOME)
    settings.elasticsearch_url = guarded.url.replace("https", "http")
    settings.elasticsearch_ca = None
    with pytest.raises(EngineDown):
        total(settings)


def test_a_node_that_is_away_is_passed_over(elasticsearch: Server, tmp_path: Path) -> None:
    """Each request is tried once more, on another node; where all are away the engine is down."""
    settings = settings_of(elasticsearch, tmp_path, "dangan-nodes")
    fill(settings)
    away = f"http://127.0.0.1:{free_port()}"
    for nodes in (f"{away},{elasticsearch.url}", f"{elasticsearch.url}, {away}"):
        settings.elasticsearch_url = nodes
        assert [total(settings) for _ in range(4)] == [len(SOME)] * 4
    settings.elasticsearch_url = away
    with pytest.raises(EngineDown):
        total(settings)


def test_a_wrong_password_and_foreign_indices_are_refused(elasticsearch: Server, tmp_path: Path) -> None:
    """Who is not let in sees the engine as down; our user has no right to what is not named like ours."""
    settings = settings_of(elasticsearch, tmp_path, "dangan-user")
    fill(settings)
    with pytest.raises(EngineDown):
        fill(settings.model_copy(update={"elasticsearch_prefix": "payroll"}))
    settings.elasticsearch_password = settings.elasticsearch_password.__class__("wrong-2026")
    with pytest.raises(EngineDown):
        total(settings)


def test_a_rebuild_that_was_cut_off_leaves_nothing(elasticsearch: Server, tmp_path: Path) -> None:
    """Its half-made indices go with the next one: they hold tokens of files that may be gone by then (T4)."""
    settings = settings_of(elasticsearch, tmp_path, "dangan-cut")
    client = elastic.connect(settings)
    writer = elastic.Writer(client, settings.elasticsearch_prefix)

    def cut_off() -> Iterator[tuple[str, list[Document]]]:
        yield SOME[0], CORPUS.documents(SOME[0])
        raise InterruptedError

    fill(settings)
    with pytest.raises(InterruptedError):
        writer.rebuild(cut_off())
    assert len(client.indices.get_alias(index="dangan-cut-*")) == 2 * len(Kind)
    fill(settings)
    assert len(client.indices.get_alias(index="dangan-cut-*")) == len(Kind)
    assert total(settings) == len(SOME)
    client.close()


def test_a_node_that_hangs_holds_up_few_pages(elasticsearch: Server, tmp_path: Path) -> None:
    """A node that takes the question and says nothing is given up, and the next searches do not wait for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = settings_of(elasticsearch, tmp_path, "dangan-hangs")
        settings.elasticsearch_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        reader = elastic.Reader(elastic.connect(settings), settings.elasticsearch_prefix)
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(EngineDown):
                reader.search(Query(Kind.FILES, ALL))
        assert time.monotonic() - began < 9


class Busy(BaseHTTPRequestHandler):
    """A node that takes no write at first, and lets in who has the key."""

    refused, keys = 0, set[str]()

    def do_PUT(self) -> None:
        read = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).keys.add(str(self.headers["Authorization"]))
        writes = [line for line in read.splitlines() if b'"_index"' in line]
        status = 201 if type(self).refused >= 2 else 429
        type(self).refused += status == 429
        answer = json.dumps({"errors": status == 429, "items": [{"index": {"status": status}} for _ in writes]})
        self.send_response(200)
        for name, value in (
            ("Content-Type", "application/json"), ("X-Elastic-Product", "Elasticsearch"),
            ("Content-Length", str(len(answer))),
        ):  # fmt: skip
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Not on the tests' output."""


def test_a_busy_node_is_waited_for(elasticsearch: Server, tmp_path: Path) -> None:
    """Writes that are answered with 429 are sent again, with the API key, instead of beginning a rebuild anew."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = settings_of(elasticsearch, tmp_path, "dangan-busy")
        settings.elasticsearch_url = f"http://127.0.0.1:{server.server_address[1]}"
        settings.elasticsearch_user, settings.elasticsearch_password = None, None
        settings.elasticsearch_api_key = SecretStr("c2VjcmV0")
        writer = elastic.Writer(elastic.connect(settings), settings.elasticsearch_prefix)
        documents = [one for no in SOME for one in CORPUS.documents(no)]
        writer._bulk([elastic._write("dangan-busy", one) for one in documents])
        server.shutdown()
    assert (Busy.refused, Busy.keys) == (2, {"ApiKey c2VjcmV0"})


def test_what_is_gone_leaves_nothing_in_the_index(elasticsearch: Server, tmp_path: Path) -> None:
    """T4: after a destruction the indices hold no removed document, once the shard lets go of it."""
    settings = settings_of(elasticsearch, tmp_path, "dangan-gone")
    fill(settings)
    client = elastic.connect(settings)
    writer = elastic.Writer(client, settings.elasticsearch_prefix)
    writer.put([(SOME[0], [])])
    assert writer.expunge()
    docs = client.indices.stats(index="dangan-gone-files-*", metric="docs")["_all"]["total"]["docs"]
    client.close()
    assert (docs["count"], docs["deleted"]) == (len(SOME) - 1, 0)
