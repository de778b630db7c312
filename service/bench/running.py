"""A whole archive that runs as `dangan serve` starts it, for benches of the time that things take together."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from service.bench.house import OURS, forget_indices
from service.config import Settings

T = TypeVar("T")


class Running:
    """An archive that answers over HTTP."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process, self.port = process, port
        self.token = ""

    def ask(self, method: str, path: str, body: Any = None, **query: object) -> tuple[int, Any]:
        """Status and JSON of an answer; bytes are sent as they are, anything else as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if isinstance(body, tuple):
            headers["Content-Type"], body = body
        elif body is not None:
            headers["Content-Type"], body = "application/json", json.dumps(body)
        try:
            connection.request(method, path + ("?" + urlencode(query) if query else ""), body, headers)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(said) if said else None

    def log_in(self, account: str, password: str) -> None:
        self.token = self.ask("POST", "/api/v1/session", {"username": account, "password": password})[1]["token"]

    def memory(self) -> int:
        """Resident bytes of all processes; pages that they share are counted once (PSS)."""
        return sum(_pss(pid) for pid in _family(self.process.pid))


def _family(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family = {root}
    while True:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        if not more:
            return sorted(family)
        family |= more


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


@contextmanager
def serving(data: Path, port: int, *, demo: bool = False, demo_scans: int = 60) -> Iterator[Running]:
    """`dangan serve` (or `demo`) on a folder, from its start; stopped afterwards."""
    own = {"DANGAN_DATA": str(data), "DANGAN_PORT": str(port), "DANGAN_DEMO_SCANS": str(demo_scans)}
    env = {**os.environ, **OURS, **own}
    env.pop("DANGAN_DEMO", None)
    command = [sys.executable, "-m", "service", "demo" if demo else "serve"]
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield Running(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        forget_indices(Settings())


def until(ask: Callable[[], T | None], seconds: float = 120, every: float = 0.02) -> T:
    """What `ask` gives as soon as it gives something. Raises TimeoutError."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            found = ask()
        except OSError:
            found = None
        if found is not None:
            return found
        time.sleep(every)
    raise TimeoutError
