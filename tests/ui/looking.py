"""What all browser tests do: log in, look for complaints, ask axe."""

import json
import urllib.request
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.cast import PASSWORD

SIZES = {"office": (1440, 900), "phone": (390, 844)}


def log_in(page: Page, address: str, name: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/login")
    page.fill("#account", name)
    page.fill("#password", PASSWORD)
    page.click("#login button")
    page.wait_for_selector("nav.side")
    if name == "hr":  # whoever looks directly says what for, once a session
        page.goto(f"{address}/purpose")
        page.click("main button[value=appraisal]")


def check(page: Page) -> None:
    """axe finds nothing, and nothing is wider than the screen."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def check_contrast(page: Page) -> None:
    """What a theme can break: the contrast of words."""
    found = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert found.violations_count == 0, found.generate_report()


def ask(address: str, name: str, method: str, path: str, body: Any = None) -> Any:
    """One request to the API as `name`; bytes are sent as the upload of a file."""
    token = _send(address, "POST", "session", {"username": name, "password": PASSWORD})["token"]
    return _send(address, method, path, body, {"Authorization": f"Bearer {token}"})


def _send(address: str, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    kind, data = "application/json", None
    if body is not None and not isinstance(body, bytes):
        data = json.dumps(body).encode()
    if isinstance(body, bytes):
        kind = "multipart/form-data; boundary=edge"
        head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        data = head + body + b"\r\n--edge--\r\n"
    request = urllib.request.Request(
        f"{address}/api/v1/{path}", data=data, method=method, headers={"Content-Type": kind, **(headers or {})}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")
