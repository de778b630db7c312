"""The parts of docker-compose.yml as processes, by their own commands and environment; killed, they come back.

A store server with authentication stands in MongoDB's place, Elasticsearch with security in its own.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from service.config import Settings
from service.store.embedded import USER, EmbeddedStore, free_port, hold_folder
from service.store.programs import Kind
from tests.contract.server import Server as Elasticsearch

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = ("service", "indexer", "scanner_ingest", "timer")
BACK_AFTER = 1.0
"""Seconds until a part that ended is started again, as a container engine does."""


class Cluster:
    """All parts, running on loopback."""

    def __init__(self, folder: Path, store: EmbeddedStore, elasticsearch: Elasticsearch) -> None:
        self.folder, self.store, self.elasticsearch = folder, store, elasticsearch
        self.port = free_port()
        self._secrets = folder / "secrets"
        self._secrets.mkdir()
        for name, content in {
            "archive_master_key": os.urandom(96), "dangan_mongodb_password": store.running.password.encode(),
            "dangan_elasticsearch_password": elasticsearch.password.encode(),
        }.items():  # fmt: skip
            (self._secrets / name).write_bytes(content)
        self._there = {
            "DANGAN_MONGODB_URI": f"mongodb://127.0.0.1:{store.running.port}/?directConnection=true&authSource=admin",
            "DANGAN_MONGODB_USER": USER, "DANGAN_ELASTICSEARCH_URL": elasticsearch.url, "DANGAN_HOST": "127.0.0.1",
            "DANGAN_PORT": str(self.port), "DANGAN_DATA": str(folder / "data"), "DANGAN_SECRETS": str(self._secrets),
            "DANGAN_LOGINS_PER_MINUTE": "600", "PATH": os.environ["PATH"], "HOME": str(folder),
        }  # fmt: skip
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._halt = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper")

    def environment(self, name: str) -> dict[str, str]:
        """What the file says, with this machine's addresses in place of the containers'."""
        told = {key: _interpolated(value) for key, value in SERVICES[name]["environment"].items() if value}
        told = {key: value.replace("/run/secrets", str(self._secrets)) for key, value in told.items()}
        return {**told, **self._there}

    def settings(self) -> Settings:
        """The same for a test that looks into the archive itself."""
        there = self._there
        return Settings(
            data=self.folder / "data", master_key=self._secrets / "archive_master_key",
            mongodb_uri=there["DANGAN_MONGODB_URI"], mongodb_user=USER, mongodb_password=self.store.running.password,
            elasticsearch_url=self.elasticsearch.url, elasticsearch_user=self.elasticsearch.user,
            elasticsearch_password=self.elasticsearch.password,
        )  # fmt: skip

    def run(self, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """A command in a part's container."""
        command = [sys.executable, "-m", "service", *words]
        return subprocess.run(command, env=self.environment(name), capture_output=True, text=True, check=False)

    def start(self) -> None:
        for name in OURS:
            for number in range(SERVICES[name].get("deploy", {}).get("replicas", 1)):
                self._start(f"{name}-{number + 1}")
        self._keeper.start()

    def _start(self, label: str) -> None:
        name = label.rpartition("-")[0]
        command = [sys.executable, "-m", "service", *SERVICES[name]["command"]]
        with (self.folder / f"{label}.log").open("ab") as log:
            self.running[label] = subprocess.Popen(
                command, env=self.environment(name), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _keep(self) -> None:
        while not self._halt.wait(BACK_AFTER):
            for label, process in list(self.running.items()):
                if process.poll() is not None:
                    self._start(label)
            if not self.store.alive():
                self.store.start()
            if not self.elasticsearch.alive():
                self.elasticsearch.start()

    def kill(self, part: str) -> None:
        """kill -9 of the store, the engine, one web worker or one of our programs."""
        if part == "store":
            self.store.kill()
        elif part == "elasticsearch":
            self.elasticsearch.halt()
        elif part == "web worker":
            os.kill(_children(self.running["service-1"].pid)[0], signal.SIGKILL)
        else:
            self.running[part].kill()

    def said(self, label: str) -> str:
        """What a part has written."""
        return (self.folder / f"{label}.log").read_text()

    def stop(self) -> None:
        self._halt.set()
        if self._keeper.is_alive():
            self._keeper.join(120)
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _interpolated(value: str) -> str:
    """`${NAME:-default}` as the compose file means it where NAME is not set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@contextmanager
def cluster(folder: Path, elasticsearch: Elasticsearch, kind: Kind) -> Iterator[Cluster]:
    """Everything started; ready when the web service says so."""
    data = folder / "store"
    with hold_folder(data):
        store = EmbeddedStore(data, kind)
        store.start()
        made = Cluster(folder, store, elasticsearch)
        try:
            made.start()
            yield made
        finally:
            made.stop()
            store.stop()


def eventually(true: "Any", seconds: float, every: float = 0.2) -> Any:
    """What `true` gives as soon as it gives something. Fails behind its time."""
    limit = time.monotonic() + seconds
    while True:
        try:
            found = true()
        except OSError:
            found = None
        if found:
            return found
        assert time.monotonic() < limit, found
        time.sleep(every)
