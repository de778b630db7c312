"""A whole archive served by `dangan`'s own web server, and a headless Chromium to look at it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.ui.demo import browser, demo
from tests.ui.looking import SIZES


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo archive, started as its users start it."""
    with demo(tmp_path_factory.mktemp("ui"), 24, 2) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as made:
        yield made


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
