"""The whole run as a process: a store that crashed comes back, and nothing outlives the one that started it."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.config import Settings
from service.store.embedded import free_port
from service.supervisor import Supervisor

WAIT = 90.0


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def below(pid: int) -> dict[int, str]:
    """The processes that a process has started, and what each of them runs."""
    found: dict[int, str] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                child = int(stat.parent.name)
                command = (stat.parent / "cmdline").read_text().replace("\0", " ")
                found |= {child: command, **below(child)}
        except OSError:  # it has ended meanwhile
            continue
    return found


@contextmanager
def served(data: Path) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], bool]]]:
    """`dangan serve`, and whether it answers."""
    port = free_port()
    environment = {**os.environ, "DANGAN_DATA": str(data), "DANGAN_PORT": str(port), "DANGAN_INGEST_WORKERS": "1"}

    def ready() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    with (data.parent / "serve.log").open("ab") as log:
        command = [sys.executable, "-m", "service", "serve"]
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # whoever runs the tests may have nohup
        )  # fmt: skip
        try:
            until(ready, "start")
            yield process, ready
        finally:
            left = below(process.pid)
            process.kill()
            process.wait()
            for pid in filter(there, left):  # where the test fails
                os.kill(pid, signal.SIGKILL)


def there(pid: int) -> bool:
    """Whether it still runs; what nobody has waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_the_run(tmp_path: Path, number: signal.Signals) -> None:
    """A crashed store is started again; a closed terminal (SIGHUP) ends every part, and so does kill -9 of the run."""
    with served(tmp_path / "data") as (process, ready):
        parts = below(process.pid)
        store = next(pid for pid, command in parts.items() if "secantusd" in command)
        os.kill(store, signal.SIGKILL)
        until(lambda: not there(store) and ready(), "the store's return")
        parts |= below(process.pid)
        assert len(parts) >= 6, parts
        process.send_signal(number)
        process.wait(WAIT)
        until(lambda: not any(there(pid) for pid in parts), f"all ended after {number.name}")
        assert process.returncode == (0 if number is signal.SIGHUP else -signal.SIGKILL)


def test_nohup_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who starts it so that a closed terminal is ignored gets that."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    monkeypatch.setattr(Supervisor, "_embedded", lambda _: None)
    monkeypatch.setattr(Supervisor, "_start_parts", lambda self: setattr(self, "stopping", True))
    monkeypatch.setattr(Supervisor, "_offer_setup", lambda _: None)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        Supervisor(Settings(data=tmp_path, port=free_port())).run()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
