"""Groups of fields in a real browser: a row more, a row less, and the fault at its row."""

import pytest
from playwright.sync_api import Page

from tests.ui.looking import check, log_in

pytestmark = pytest.mark.browser


def test_rows_are_added_and_removed(page: Page, address: str) -> None:
    """Two renewals are typed, the first is removed, and the record keeps the second as its only row."""
    log_in(page, address, "hr")
    page.goto(f"{address}/files")
    page.locator("tr[data-href]").first.click()
    page.goto(f"{page.url}/records/new/onboarding/contract")
    page.fill("#number", "HT-1")
    page.fill("#start", "2021-03-01")
    page.fill("[name='renewals.1.note']", "先写的一行")
    page.click("[data-add]")
    page.fill("[name='renewals.2.start']", "2024-03-01")
    page.fill("[name='renewals.2.end']", "2023-03-01")
    page.locator("[data-remove]").first.click()
    page.click("main button:has-text('保存')")
    page.wait_for_selector("[id='fault-renewals.1.end']")
    check(page)
    page.fill("[name='renewals.1.end']", "2027-03-01")
    page.click("main button:has-text('保存')")
    page.wait_for_selector("text=材料已保存")
    assert "先写的一行" not in page.content()
