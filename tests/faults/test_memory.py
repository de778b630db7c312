"""How much memory reading takes at most, whatever is uploaded; and that a part which asks for it is started afresh."""

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from service.bootstrap import Archive
from service.config import Settings
from service.records.rules import Record
from service.scans.rules import State
from service.supervisor import Part, Supervisor
from tests.cast import CAST
from tests.faults.conftest import Programs
from tests.scans.paper import paper

HR = CAST["hr"]
MOST = 1536
"""MiB, of the worker and of the child that opens originals, each."""


def saved(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def crowded() -> bytes:
    """A square page full of lines."""
    lines = [(60 + 760 * x, 40 + 50 * y, "甲方云溪远景科技有限公司，乙方林晓，") for x in range(3) for y in range(46)]
    return saved(paper(lines, (2400, 2400)), "PNG")


HEAVY: dict[str, Callable[[], bytes]] = {
    "a square page full of lines": crowded,
    "120 million pixels, PNG": lambda: saved(Image.new("RGB", (10900, 10900), "white"), "PNG"),
    "120 million pixels, transparent": lambda: saved(Image.new("RGBA", (10900, 10900), (0, 0, 0, 0)), "PNG"),
    "199 MB, TIFF": lambda: saved(Image.new("RGB", (8000, 8300), "white"), "TIFF"),
    "64 million pixels, HEIC": lambda: saved(Image.new("RGB", (8000, 8000), "white"), "HEIF"),
    "cut in the middle": lambda: saved(Image.effect_noise((3000, 3000), 90).convert("RGB"), "JPEG")[:500_000],
}


@pytest.mark.slow
def test_the_worker_stays_small(
    archive: Archive, record: Record, programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the heaviest originals ends as searchable or failed, and neither worker nor child takes 1.5 GB."""
    programs.start(("scanner_ingest",))
    most = {"worker": 0, "child": 0}
    for what, make in HEAVY.items():
        scan, _ = archive.scans.upload(HR, record.id, io.BytesIO(make()), "a")
        until = time.monotonic() + 240
        while archive.scans.state(HR, scan.id).state in (State.STORED, State.READING):
            assert time.monotonic() < until, what
            most = {part: max(size, programs.peaks()[part]) for part, size in most.items()}
            time.sleep(0.1)
        with capsys.disabled():
            print(f"\n{what}: {archive.scans.state(HR, scan.id).state}, peaks so far {most} MiB")
    assert max(most.values()) < MOST


def test_a_part_that_asks_for_it_is_started_afresh_at_once(tmp_path: Path) -> None:
    """A part that ran well and ended by itself is no failure; one that ends as soon as it starts has to wait."""
    supervisor = Supervisor(Settings(data=tmp_path))
    part = Part("ingest-1", [sys.executable, "-c", ""])
    for ran, failures in ((100.0, 0), (0.0, 1), (0.0, 2)):
        part.start()
        assert part.process is not None
        part.process.wait()
        now = time.monotonic()
        part.started = now - ran
        supervisor._look_after(part, now)
        assert (part.failures, part.process is not None) == (failures, failures == 0)
        if part.process is not None:
            part.process.wait()
