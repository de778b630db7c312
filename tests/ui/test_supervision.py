"""Supervision in a browser (M1): the overview of each who may see it, and the lists behind its numbers."""

import pytest
from playwright.sync_api import Page, expect

from tests.ui.looking import check, log_in

pytestmark = pytest.mark.browser


def test_the_archives_head_goes_from_a_number_to_its_list(page: Page, address: str) -> None:
    """Every number leads to its lines, each page is clean at both widths, and prints without the frame."""
    log_in(page, address, "archives")
    page.goto(f"{address}/supervision")
    check(page)
    links = page.locator("main table a[href^='/supervision/']")
    expect(links.first).to_be_visible()
    for path in dict.fromkeys(link.get_attribute("href") for link in links.all()):
        page.goto(address + path)
        expect(page.locator("main h1").first).to_be_visible()
        check(page)
    page.emulate_media(media="print")
    expect(page.locator("nav.side")).to_be_hidden()


@pytest.mark.parametrize("name", ["leadership", "auditor"])
def test_others_see_the_numbers_alone(page: Page, address: str, name: str) -> None:
    """Leadership and the auditor get the overview, which leads them to no list."""
    log_in(page, address, name)
    page.goto(f"{address}/supervision")
    check(page)
    expect(page.locator("main table").first).to_be_visible()
    assert page.locator("main table a[href^='/supervision/']").count() == 0
