"""kill -9 of the indexer and of the ingest in the middle of uploads: nothing lost, nothing doubled."""

import io
import time
from collections import Counter

import pytest
from PIL import Image

from indexer.follow import Follower
from service.bootstrap import Archive
from service.records.rules import Record
from service.search.rules import Criteria
from tests.cast import CAST
from tests.faults.conftest import Programs

pytestmark = pytest.mark.slow
HR = CAST["hr"]
UPLOADS = 50


def blank(n: int) -> bytes:
    """A small page without a word, each another one: what is tested is the work around the reading."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (255, 255, n)).save(out, "PNG")
    return out.getvalue()


def test_kill_indexer_and_ingest(archive: Archive, record: Record, programs: Programs) -> None:
    """Both are killed twice while 50 scans arrive; after their restart each scan is read once and index = store."""
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
