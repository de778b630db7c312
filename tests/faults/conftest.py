"""Programs of the archive as processes of their own, to be killed or measured."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.bootstrap import Archive
from service.records.rules import Record
from service.store.embedded import EmbeddedStore
from tests.cast import CAST


class Programs:
    """The indexer and one ingest worker as processes of their own, to be killed."""

    def __init__(self, archive: Archive, server: EmbeddedStore) -> None:
        self._environment = {
            **os.environ, "DANGAN_MONGODB_URI": server.running.uri, "DANGAN_DATA": str(archive.settings.data),
            "DANGAN_MONGODB_DATABASE": archive.store.db.name, "DANGAN_MASTER_KEY": str(archive.settings.master_key),
        }  # fmt: skip
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, names: tuple[str, ...] = ("indexer", "scanner_ingest")) -> None:
        for name in names:
            self._running.append(subprocess.Popen([sys.executable, "-m", name], env=self._environment))

    def peaks(self) -> dict[str, int]:
        """MiB that the first program and its child of this moment have held at most."""
        pid = self._running[0].pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {"worker": _peak(str(pid)), "child": max((_peak(child) for child in children), default=0)}

    def kill(self) -> None:
        for one in self._running:
            one.send_signal(signal.SIGKILL)
            one.wait()
        self._running = []


def _peak(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


@pytest.fixture
def record(archive: Archive) -> Record:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    file = archive.opening.open(CAST["hr"], given)
    contract = {"number": "HT-1", "start": "2021-03-01"}
    return archive.records.add(CAST["hr"], file.file_no, "onboarding", "contract", contract)


@pytest.fixture
def programs(archive: Archive, server: EmbeddedStore) -> Iterator[Programs]:
    made = Programs(archive, server)
    yield made
    made.kill()
