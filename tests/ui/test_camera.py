"""A phone among the shelves: its camera is a file of pictures of printed labels."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from service.places.labels import SHEETS, Label, printed
from tests.ui.demo import CHROMIUM, FLAGS
from tests.ui.looking import SIZES, ask, check, log_in

pytestmark = pytest.mark.browser
WIDTH, HEIGHT, HELD = 640, 480, 12
"""A picture's size, and for how many pictures a label is held before the camera."""


def filmed(codes: list[str], to: Path) -> Path:
    """One label after the other as a camera sees them, for ever."""
    sheet = SHEETS["2x4"]
    pages = [pypdfium2.PdfDocument(printed([Label(code, "林晓", (code,))], sheet))[0] for code in codes]
    with to.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode())
        for page in pages:
            seen = np.full((HEIGHT, WIDTH), 200, np.uint8)
            label = page.render(scale=1.9, grayscale=True).to_numpy()[60:440, :590]
            seen[40 : 40 + label.shape[0], 20 : 20 + label.shape[1]] = label
            grey = np.full(WIDTH * HEIGHT // 2, 128, np.uint8)
            film.write(HELD * (b"FRAME\n" + seen.tobytes() + grey.tobytes()))
    return to


@pytest.fixture(scope="module")
def shelf(address: str) -> tuple[str, list[str]]:
    """A box with two bags in it."""
    code = ""
    for kind, name in (("room", "三号库房"), ("box", "在职 丁")):
        code = ask(address, "archivist", "POST", "places", {"kind": kind, "parent": code, "name": name})["code"]
    bags = []
    for name in ("陆一鸣", "陆一凡"):
        given = {"name": name, "department": "north", "post": "客服专员", "hire_date": "2023-04-01"}
        bags.append(str(ask(address, "hr", "POST", "files", given)["file_no"]))
        ask(address, "archivist", "POST", f"places/{code}/originals", {"code": bags[-1]})
    return code, bags


@pytest.fixture(scope="module")
def phone(
    chromium: Browser, shelf: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser whose camera sees the labels of both bags; `archive.example` is the archive, unprotected on its way."""
    film = filmed(shelf[1], tmp_path_factory.mktemp("film") / "labels.y4m")
    flags = (
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}", "--host-resolver-rules=MAP archive.example 127.0.0.1",
    )  # fmt: skip
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    yield browser
    browser.close()


@pytest.fixture
def page(phone: Browser) -> Iterator[Page]:
    width, height = SIZES["phone"]
    context = phone.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", locale="zh-CN")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_the_camera_takes_one_label_after_the_other(page: Page, address: str, shelf: tuple[str, list[str]]) -> None:
    """S5: one tap, and every label that is held before it is noted and said; the page says that nothing is missing."""
    code, bags = shelf
    log_in(page, address, "archivist")
    page.goto(f"{address}/places/{code}")
    page.click("main button:has-text('盘点')")
    page.click("#camera button")
    expect(page.locator("#result")).to_contain_text("账实相符", timeout=30_000)
    expect(page.locator("#camera [role=status]")).to_contain_text("已登记")
    assert page.locator("#camera video").is_visible()
    check(page)
    page.click("#camera button")
    assert page.locator("#camera video").is_hidden()
    begun = page.url.rsplit("/", 1)[1]
    assert sorted(ask(address, "archivist", "GET", f"stocktakes/{begun}")["found"]) == sorted(bags)


def test_the_desks_camera_opens_a_loan(page: Page, address: str, shelf: tuple[str, list[str]]) -> None:
    """L6: the label of a bag that is lent is held before the desk's camera, and its loan opens."""
    ask(address, "head", "POST", "pledge", {"version": 1})
    until = (datetime.now(UTC).date() + timedelta(days=5)).isoformat()
    loan = ask(address, "head", "POST", "loans", {"items": shelf[1], "reason": "仲裁需要原件", "until": until})["id"]
    for name, event in (("archives", "approve"), ("archivist", "hand-over")):
        ask(address, name, "POST", f"loans/{loan}/{event}", {})
    log_in(page, address, "archivist")
    page.goto(f"{address}/loans/desk")
    with page.expect_navigation(timeout=30_000):
        page.click("#camera button")
    assert page.url == f"{address}/loans/{loan}"


def test_a_page_without_https_says_what_is_needed(page: Page, address: str) -> None:
    """A browser gives no camera to a page that is unprotected on its way: there is no button, and it is said why."""
    unprotected = address.replace("127.0.0.1", "archive.example")
    log_in(page, unprotected, "archivist")
    page.goto(f"{unprotected}/loans/desk")
    expect(page.locator("#camera [role=status]")).to_contain_text("https")
    assert page.locator("#camera button").is_hidden()
    check(page)
