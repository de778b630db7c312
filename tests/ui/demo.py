"""The demo archive as its users start it, and a headless Chromium to look at it."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from service.store.embedded import free_port

CHROMIUM = os.environ.get("DANGAN_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip


@contextmanager
def demo(data: Path, agents: int, scans: int) -> Iterator[str]:
    """Where it answers; it is asked to stop afterwards, and must."""
    port = free_port()
    environment = {
        **os.environ, "DANGAN_DATA": str(data), "DANGAN_PORT": str(port), "DANGAN_LOGINS_PER_MINUTE": "600",
        "DANGAN_DEMO_COUNT": str(agents), "DANGAN_DEMO_SCANS": str(scans),
    }  # fmt: skip
    running = subprocess.Popen([sys.executable, "-m", "service", "demo"], env=environment, cwd=Path.cwd())
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, running)
        yield url
    finally:
        running.terminate()
        assert running.wait(40) == 0


def _wait(url: str, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert running.poll() is None
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
                if b'"demo":true' in answer.read().replace(b" ", b""):
                    return
        except OSError:  # not there yet, or too busy to answer in time
            pass
        time.sleep(0.2)
    raise AssertionError("the archive did not get ready")


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield made
        finally:
            made.close()
