"""The API of an archive on a port of its own, a thread for each request; and what clients get who want one thing."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from werkzeug.serving import make_server

from service.app import create_app
from service.bootstrap import Archive
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD


class Served:
    """Some of the cast, logged in."""

    def __init__(self, address: str, names: Sequence[str]) -> None:
        self._address, self._tokens = address, dict[str, str]()
        for name in names:
            self._tokens[name] = self.ask("", "session", {"username": name, "password": PASSWORD})[1]["token"]

    def ask(self, name: str, path: str, given: Mapping[str, Any]) -> tuple[int, Any]:
        """Status and answer of one POST over a connection of its own."""
        sent = Request(f"{self._address}/api/v1/{path}", json.dumps(given).encode(), method="POST")
        sent.add_header("Content-Type", "application/json")
        if name:
            sent.add_header("Authorization", f"Bearer {self._tokens[name]}")
        try:
            with urlopen(sent, timeout=60) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refused:
            return refused.code, json.load(refused)

    def at_once(self, names: Sequence[str], paths: Sequence[str], given: Mapping[str, Any]) -> Counter[int]:
        """How often which status is answered when all paths are asked for at the same time, by the names in turn."""

        def attempt(number: int) -> int:
            return self.ask(names[number % len(names)], paths[number], given)[0]

        with ThreadPoolExecutor(len(paths)) as pool:
            return Counter(pool.map(attempt, range(len(paths))))


@contextmanager
def serving(archive: Archive, *names: str) -> Iterator[Served]:
    """Serve the archive to these, who get their accounts."""
    for one in (CAST[name] for name in names):
        archive.accounts.create(SYSTEM, one.account, one.name, one.role, PASSWORD, one.department)
    server = make_server("127.0.0.1", 0, create_app(archive), threaded=True)
    running = Thread(target=server.serve_forever)
    running.start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}", names)
    finally:
        server.shutdown()
        running.join()
