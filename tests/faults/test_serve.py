"""kill -9 of the store and of the web server while people write: what was acknowledged is there, and it goes on."""

import os
import signal
import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from service.bench.running import Running, serving, until
from service.store.embedded import free_port

pytestmark = pytest.mark.slow
PASSWORD = "dangan-demo"


def children(root: int, word: str) -> list[int]:
    """Processes below `root` whose command line has the word."""
    found, family = [], {root}
    for _ in range(4):
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if parent in family and int(entry.name) not in family:
                family.add(int(entry.name))
                if word in line:
                    found.append(int(entry.name))
    return found


def ready(running: Running) -> bool | None:
    status, said = running.ask("GET", "/readyz")
    return (status == 200 and bool(said.get("demo"))) or None


def test_kill_store_and_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four writers keep adding records; store and web server are killed twice; every 201 can be read afterwards."""
    monkeypatch.setenv("DANGAN_DEMO_COUNT", "4")
    monkeypatch.setenv("DANGAN_DEMO_SCANS", "1")
    acknowledged: list[tuple[str, str]] = []
    strange: list[int] = []
    stop = threading.Event()
    with serving(tmp_path / "data", free_port(), demo=True) as running:
        until(lambda: ready(running), 120, 0.3)
        running.log_in("hr", PASSWORD)
        files = [one["file_no"] for one in running.ask("GET", "/api/v1/files", size=4)[1]["items"]]

        def write(file_no: str) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                fields = {"date": "2025-05-06", "course": f"课程{number}"}
                body = {"category": "training", "subcategory": "internal", "fields": fields}
                try:
                    status, said = running.ask("POST", f"/api/v1/files/{file_no}/records", body)
                except (OSError, HTTPException):
                    time.sleep(0.2)
                    continue
                if status == 201:
                    acknowledged.append((file_no, said["id"]))
                elif status != 503:
                    strange.append(status)
                time.sleep(0.02)

        writers = [threading.Thread(target=write, args=(file_no,)) for file_no in files]
        for one in writers:
            one.start()
        for word in ("secantusd", "service web", "secantusd", "service web"):
            before = len(acknowledged)
            until(lambda before=before: len(acknowledged) > before + 20 or None, 120, 0.1)  # type: ignore[misc]
            for pid in children(running.process.pid, word):
                os.kill(pid, signal.SIGKILL)
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 20 or None, 120, 0.1)
        stop.set()
        for one in writers:
            one.join()
        assert strange == []
        for file_no in files:
            kept = {one["id"] for one in running.ask("GET", f"/api/v1/files/{file_no}/records")[1]["items"]}
            wanted = {record for number, record in acknowledged if number == file_no}
            assert wanted <= kept
