"""kill -9 of the indexer and of the ingest in the middle of uploads: nothing lost, nothing doubled."""

import io
import os
import signal
import subprocess
import sys
import time

import pytest

from indexer.follow import Follower
from service.bootstrap import Archive
from service.scans.rules import State
from service.search.rules import Criteria
from service.store.embedded import EmbeddedStore
from tests.cast import CAST
from tests.scans.conftest import plate

pytestmark = pytest.mark.slow
HR = CAST["hr"]
UPLOADS = 50


def test_kill_indexer_and_ingest(archive: Archive, server: EmbeddedStore) -> None:
    """Both are killed twice while 50 scans arrive; after their restart each scan is read once and index = store."""
    environment = {
        **os.environ, "DANGAN_MONGODB_URI": server.running.uri, "DANGAN_MONGODB_DATABASE": archive.store.db.name,
        "DANGAN_DATA": str(archive.settings.data), "DANGAN_MASTER_KEY": str(archive.settings.master_key),
    }  # fmt: skip

    def start() -> list[subprocess.Popen[bytes]]:
        programs = ("indexer", "scanner_ingest")
        return [subprocess.Popen([sys.executable, "-m", one], env=environment) for one in programs]

    def kill(running: list[subprocess.Popen[bytes]]) -> None:
        for one in running:
            one.send_signal(signal.SIGKILL)
            one.wait()

    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    file = archive.files.open(HR, given)
    contract = {"number": "HT-1", "start": "2021-03-01"}
    record = archive.records.add(HR, file.file_no, "onboarding", "contract", contract)
    running = start()
    scans = []
    for n in range(UPLOADS):
        scans.append(archive.scans.upload(HR, record.id, io.BytesIO(plate(f"第{n}份")), "x.png")[0])
        if n in (20, 40):
            time.sleep(4)  # both are in the middle of their work
            kill(running)
            running = start()
    until = time.monotonic() + 240
    # The job that a killed worker held is leased again when its minute is over.
    while any(archive.scans.state(HR, scan.id).state is not State.SEARCHABLE for scan in scans):
        assert time.monotonic() < until
        time.sleep(1)
    time.sleep(2)
    kill(running)
    assert archive.store.db["pages"].count_documents({}) == UPLOADS
    assert archive.store.db["jobs"].count_documents({}) == 0
    assert archive.search.search(HR, Criteria("pages")).total == UPLOADS
    assert Follower(archive).reconcile() == 0
