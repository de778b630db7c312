"""`dangan bench start`: from the start to a page, on an empty folder and on the demo's, and the memory at rest."""

import tempfile
import time
from pathlib import Path

from service.bench.house import store_kind
from service.bench.report import Report
from service.bench.running import Running, serving, until
from service.config import Settings

_IDLE = 150
"""Seconds after which a worker that has nothing to read has begun anew (`scanner_ingest.worker`)."""


def run(scans: int = 60, port: int = 8481, rest_seconds: float = 15) -> Report:
    with tempfile.TemporaryDirectory(prefix="dangan-bench-") as folder:
        empty, demo = Path(folder) / "empty", Path(folder) / "demo"
        report = Report("start", {"store": store_kind(Settings(data=empty)), "scans": scans})
        with serving(empty, port) as running:  # makes its keys, its user and its indexes
            until(lambda: _ready(running))
        seconds = _start(empty, port)
        report.add("second start to ready, empty, s", f"{seconds:.1f}", aim="<= 8")
        with serving(demo, port, demo=True, demo_scans=scans) as running:
            until(lambda: _loaded(running), 600, 0.5)
            until(lambda: _read(running), 900, 2)
            time.sleep(rest_seconds)
            report.add("memory once all scans are read, all processes, MB", _megabytes(running))
            time.sleep(_IDLE)
            report.add("memory some minutes later, MB", _megabytes(running), aim="<= 700")
        seconds = _start(demo, port, report, rest_seconds)
        report.add("second start to ready, demo archive, s", f"{seconds:.1f}", aim="<= 8")
    return report


def _start(data: Path, port: int, report: Report | None = None, rest_seconds: float = 0) -> float:
    began = time.perf_counter()
    with serving(data, port) as running:
        until(lambda: _ready(running))
        took = time.perf_counter() - began
        if report is not None:
            time.sleep(rest_seconds)
            report.add("memory at rest, all processes, MB", _megabytes(running), aim="<= 700")
        return took


def _ready(running: Running) -> bool | None:
    return running.ask("GET", "/readyz")[0] == 200 or None


def _loaded(running: Running) -> bool | None:
    status, said = running.ask("GET", "/readyz")
    return (status == 200 and bool(said.get("demo"))) or None


def _read(running: Running) -> bool | None:
    """Whether no scan waits for its reading."""
    if not running.token:
        running.log_in("hr", "dangan-demo")
    return running.ask("GET", "/api/v1/scans/unread")[1]["unread"] == 0 or None


def _megabytes(running: Running) -> str:
    return f"{running.memory() / 2**20:.0f}"
