"""The frame, the lists and the search page, in a real browser: by mouse, by keyboard alone, in both languages."""

import re
import threading

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from service.app import create_app
from service.bootstrap import Archive
from service.store.embedded import free_port
from tests.ui.looking import check, check_contrast, log_in

pytestmark = pytest.mark.browser

MORE = {
    "hr": ("/search?q=客服", "/search?kind=pages&q=客服", "/search?q=nobody-like-this", "/nowhere", "/password"),
    "admin": ("/admin/catalogue/", "/admin/accounts/clerk"),
    "archivist": ("/scans/failed", "/work/notices"),
}
"""Pages beside those of the menu."""


@pytest.mark.parametrize(
    "name", ["hr", "archivist", "clerk", "head", "agent", "leadership", "admin", "auditor", "stranger"]
)
def test_everybodys_pages_are_clean(page: Page, address: str, name: str) -> None:
    """Every page of each person's menu opens without a complaint of axe, light and dark."""
    log_in(page, address, name)
    links = page.eval_on_selector_all("nav.side a", "all => all.map(one => one.getAttribute('href'))")
    for link in dict.fromkeys([*links, *MORE.get(name, ())]):
        page.goto(f"{address}{link}")
        both(page)


def test_the_pages_before_the_menu_are_clean(page: Page, address: str, archive: Archive) -> None:
    """Logging in, saying what for, and making the first administrator: axe finds nothing, light and dark."""
    page.goto(f"{address}/login")
    both(page)
    log_in(page, address, "hr")
    page.goto(f"{address}/purpose")
    both(page)
    port = free_port()
    server = make_server("127.0.0.1", port, create_app(archive), threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        page.goto(f"http://127.0.0.1:{port}/setup?token={archive.accounts.offer_setup()}")
        page.wait_for_selector("input[name=password]")
        both(page)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def both(page: Page) -> None:
    check(page)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    check_contrast(page)


def test_search_by_keyboard_alone(page: Page, address: str) -> None:
    """From `/` to a page with its words marked and back to the same row, without a mouse."""
    log_in(page, address, "hr")
    page.goto(address)  # whole, so that its keys are listened to
    page.keyboard.press("/")
    page.keyboard.type("客服")
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('检索')")
    for _ in range(60):  # the demo may still be on its way into the index
        if page.locator(".found tr[data-href]").count() > 1:
            break
        page.wait_for_timeout(500)
        page.reload()
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator(".found tr.at a").inner_text()
    assert page.locator(":focus").inner_text() == second
    page.keyboard.press("Enter")
    page.wait_for_selector(f"h1:has-text('{second}')")
    page.keyboard.press("Escape")
    page.wait_for_selector(".found tr.at")
    assert page.locator(".found tr.at a").inner_text() == second


def test_what_was_understood_is_taken_away_again(page: Page, address: str) -> None:
    """Each part of a search is a chip; without it the search goes on."""
    log_in(page, address, "hr")
    page.goto(f"{address}/search?q=客服 北方&status=active")
    assert page.locator(".chips a:not(.clear)").count() == 3
    page.click(".chips a:has-text('北方')")
    page.wait_for_selector(".chips")
    assert page.locator(".chips a:not(.clear)").count() == 2
    assert "status=active" in page.url


def test_the_menu_folds_and_columns_go_and_both_are_remembered(chromium: Browser, address: str) -> None:
    """A folded menu and a hidden column are still so on the next page."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    log_in(page, address, "hr")
    page.click("#fold")
    page.goto(f"{address}/files")
    assert page.locator("nav.side").bounding_box()["width"] < 80
    page.click(".columns summary")
    page.click(".columns label:has-text('岗位')")
    page.reload()
    assert not page.locator("th:has-text('岗位')").is_visible()
    assert page.locator("th:has-text('部门')").is_visible()
    context.close()


def test_a_person_reads_english_when_they_choose_it(page: Page, address: str) -> None:
    """The switch in the person's menu turns the page English, and no Chinese but people's data is left in the frame."""
    log_in(page, address, "admin")
    page.click(".who summary")
    page.click(".choice button:has-text('English')")
    page.wait_for_selector("html[lang=en]")
    check(page)
    page.goto(f"{address}/admin/settings")
    assert page.inner_text("h1") == "Policy settings"
    text = page.inner_text("main")
    assert re.findall(r"[\u4e00-\u9fff]", text) == []


@pytest.mark.parametrize("link", ["/", "/search?q=客服", "/files", "/files/open"])
def test_nothing_is_wider_at_twice_the_size(chromium: Browser, address: str, link: str) -> None:
    """At 200 % zoom of an office screen nothing has to be scrolled sideways."""
    context = chromium.new_context(viewport={"width": 683, "height": 384}, locale="zh-CN")
    page = context.new_page()
    log_in(page, address, "hr")
    page.goto(f"{address}{link}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
