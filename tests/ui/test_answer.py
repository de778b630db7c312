"""A submission goes back and forth in a real browser: what was doubted, the reason, the answer (B2, B3)."""

import pytest
from playwright.sync_api import Page, expect

from tests.ui.looking import ask, check, check_contrast, log_in

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("page", ["office", "phone"], indirect=True)
def test_what_came_back_is_answered(page: Page, address: str) -> None:
    """B3: the archivist sends back with a reason; the clerk reads it, answers, and the answer stands in the history."""
    given = {"name": "欧阳若溪", "department": "north", "post": "客服专员", "hire_date": "2023-04-01"}
    numbers = [ask(address, "hr", "POST", "files", {**given, "confirm_duplicate": True})["file_no"] for _ in range(2)]
    handed = {
        "category": "training", "subcategory": "internal", "fields": {"date": "2026-09-01", "course": "投诉处理进阶"},
        "agents": [{"file_no": number} for number in numbers],
    }  # fmt: skip
    one = f"{address}/submissions/{ask(address, 'clerk', 'POST', 'submissions', handed)['id']}"
    log_in(page, address, "archivist")
    page.goto(one)
    check(page)
    page.click("main button:has-text('核验并归档')")
    page.wait_for_selector(".say.wrong")
    check(page)
    expect(page.locator("select[name='records.1.verdict']")).to_have_value("")
    page.fill("#reason", "两份都缺少成绩单")
    page.click("main button:has-text('退回提交人')")
    log_in(page, address, "clerk")
    page.goto(one)
    check(page)
    expect(page.locator("main")).to_contain_text("退回原因：两份都缺少成绩单")
    page.fill("#note", "成绩单已补在各人材料中")
    page.click("main button:has-text('提交审核')")
    expect(page.locator(".timeline")).to_contain_text("周文 提交：成绩单已补在各人材料中")
    log_in(page, address, "archivist")
    page.goto(one)
    page.check("#all")
    page.click("main button:has-text('核验并归档')")
    expect(page.locator("main")).to_contain_text("已归档")
    page.goto(one)
    check(page)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    check_contrast(page)
    expect(page.locator("table.handed")).to_contain_text("钱芳")
