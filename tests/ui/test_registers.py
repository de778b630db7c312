"""The registers in a browser (V4, L3, K1, K4): searched, listed whole, printed, and one reached from the other."""

import pytest
from playwright.sync_api import Page, expect

from tests.ui.looking import check, log_in

pytestmark = pytest.mark.browser


def test_the_auditor_goes_through_all_registers(page: Page, address: str) -> None:
    """V4, L3, K4: each is a tab of the others, is clean at both widths, and prints without the frame."""
    log_in(page, address, "auditor")
    page.goto(f"{address}/registers/views")
    for name, title in (
        ("查阅", "档案查阅登记簿"), ("借阅", "档案借阅登记簿"), ("移交", "材料移交登记簿"), ("培训", "保密培训登记簿"),
        ("巡检", "设施巡检登记簿"),
    ):  # fmt: skip
        page.locator("nav.tabs").first.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("main h1").first).to_have_text(title)
        expect(page.locator("article.paper tbody tr").first).to_be_visible()
        check(page)
    page.emulate_media(media="print")
    expect(page.locator("nav.side")).to_be_hidden()
    expect(page.locator("article.paper h1")).to_be_visible()


def test_a_register_is_searched_by_person_and_days(page: Page, address: str) -> None:
    """L3: by name and days, kept while one goes on; nothing that fits is said, and the days must be in order."""
    log_in(page, address, "archives")
    page.goto(f"{address}/registers/submissions")
    page.fill("#account", "周文")
    page.fill("#from", "2020-01-01")
    page.click("text=筛选")
    expect(page.locator("article.paper tbody tr").first).to_contain_text("周文")
    expect(page.locator("article.paper > p")).to_contain_text("2020-01-01")
    page.fill("#to", "2020-02-01")
    page.click("text=筛选")
    expect(page.locator("main .empty")).to_be_visible()
    check(page)
    page.click("text=清空条件")
    expect(page.locator("#account")).to_have_value("")


def test_views_are_listed_whole(page: Page, address: str) -> None:
    """V4: where a page does not hold all of it, one click lists all for the printer."""
    log_in(page, address, "auditor")
    page.goto(f"{address}/registers/views")
    page.click("text=全部列出")
    expect(page.locator("main .actions >> text=全部列出")).to_have_count(0)
    expect(page.locator("text=更早的登记")).to_have_count(0)
    check(page)
