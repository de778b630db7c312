"""kill -9 of the indexer and of the ingest in the middle of uploads: nothing lost, nothing doubled."""

import io
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from PIL import Image

from indexer.follow import Follower
from service.bootstrap import Archive
from service.search.rules import Criteria
from service.store.embedded import EmbeddedStore
from tests.cast import CAST

pytestmark = pytest.mark.slow
HR = CAST["hr"]
UPLOADS = 50


def blank(n: int) -> bytes:
    """A small page without a word, each another one: what is tested is the work around the reading."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (255, 255, n)).save(out, "PNG")
    return out.getvalue()


class Programs:
    """The indexer and one ingest worker as processes of their own, to be killed."""

    def __init__(self, archive: Archive, server: EmbeddedStore) -> None:
        self._environment = {
            **os.environ, "DANGAN_MONGODB_URI": server.running.uri, "DANGAN_DATA": str(archive.settings.data),
            "DANGAN_MONGODB_DATABASE": archive.store.db.name, "DANGAN_MASTER_KEY": str(archive.settings.master_key),
        }  # fmt: skip
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        for name in ("indexer", "scanner_ingest"):
            self._running.append(subprocess.Popen([sys.executable, "-m", name], env=self._environment))

    def kill(self) -> None:
        for one in self._running:
            one.send_signal(signal.SIGKILL)
            one.wait()
        self._running = []


@pytest.fixture
def programs(archive: Archive, server: EmbeddedStore) -> Iterator[Programs]:
    made = Programs(archive, server)
    yield made
    made.kill()


def test_kill_indexer_and_ingest(archive: Archive, programs: Programs) -> None:
    """Both are killed twice while 50 scans arrive; after their restart each scan is read once and index = store."""
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    file = archive.opening.open(HR, given)
    contract = {"number": "HT-1", "start": "2021-03-01"}
    record = archive.records.add(HR, file.file_no, "onboarding", "contract", contract)
    programs.start()
    scans = []
    for n in range(UPLOADS):
        scans.append(archive.scans.upload(HR, record.id, io.BytesIO(blank(n)), "x.png")[0])
        if n in (20, 40):
            time.sleep(6)  # both are in the middle of their work
            programs.kill()
            programs.start()
    until = time.monotonic() + 400
    # The job that a killed worker held is leased again when its minute is over.
    while (states := Counter(archive.scans.state(HR, scan.id).state for scan in scans)) != {"searchable": UPLOADS}:
        assert time.monotonic() < until, states
        time.sleep(1)
    time.sleep(3)
    programs.kill()
    assert archive.store.db["pages"].count_documents({}) == UPLOADS
    assert archive.store.db["jobs"].count_documents({}) == 0
    assert archive.search.search(HR, Criteria("pages")).total == UPLOADS
    assert Follower(archive).reconcile() == 0
