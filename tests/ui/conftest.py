"""A whole archive served by `dangan`'s own web server, and a headless Chromium to look at it."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from service.store.embedded import free_port
from tests.ui.looking import SIZES

CHROMIUM = os.environ.get("DANGAN_TEST_CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic",
)  # fmt: skip


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo archive, started as its users start it."""
    port = free_port()
    environment = {
        **os.environ, "DANGAN_DATA": str(tmp_path_factory.mktemp("ui")), "DANGAN_PORT": str(port),
        "DANGAN_LOGINS_PER_MINUTE": "600", "DANGAN_DEMO_COUNT": "24", "DANGAN_DEMO_SCANS": "2",
    }  # fmt: skip
    running = subprocess.Popen([sys.executable, "-m", "service", "demo"], env=environment, cwd=Path.cwd())
    url = f"http://127.0.0.1:{port}"
    _wait(url, running)
    yield url
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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(params=sorted(SIZES))
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page at an office screen's or a phone's width; what its console complains of fails the test."""
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # Pages that are answered with 404 or 422 are what some of the tests are about; the browser notes them as errors.
    assert [said for said in complaints if not re.search("status of (404|422)", said)] == []
