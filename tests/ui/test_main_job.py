"""What people do all day, in a real browser, at an office screen's and a phone's width."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from service.demo.drawing import draw
from tests.ui.looking import check, log_in

pytestmark = pytest.mark.browser


def test_hr_opens_a_file_and_finds_it_by_number(page: Page, address: str) -> None:
    """HR opens a file, records a contact with a mistake, mends it, and finds the file by its number."""
    log_in(page, address, "hr")
    check(page)
    page.click("nav.side >> text=建档")
    check(page)
    name = f"测试{page.viewport_size['width']}"
    page.fill("#name", name)
    page.select_option("#department", "north")
    page.fill("#post", "客服专员")
    page.fill("#hire_date", "2024-03-01")
    page.click("main button:has-text('建立档案')")
    page.wait_for_selector("h1:has-text('测试')")
    check(page)
    number = page.locator("dl .mono").first.inner_text()
    page.click("summary:has-text('录入材料')")
    page.click(".sheet >> text=联系方式")
    page.fill("#mobile", "123")
    page.click("main button:has-text('保存')")
    page.wait_for_selector("#fault-mobile")
    check(page)
    page.fill("#mobile", "19912345678")
    page.click("main button:has-text('保存')")
    page.wait_for_selector("text=材料已保存")
    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    page.wait_for_selector("h1:has-text('检索')")
    for _ in range(20):  # findable within a second or two of being saved
        if page.locator(f"tr[data-href] a:has-text('{name}')").count():
            break
        page.wait_for_timeout(200)
        page.reload()
    check(page)
    page.click(f"tr[data-href] a:has-text('{name}')")
    page.wait_for_selector(f"h1:has-text('{name}')")


def test_a_record_is_handed_in_checked_and_filed(page: Page, address: str) -> None:
    """A clerk's record waits as 待审 until the archivist files it."""
    log_in(page, address, "clerk")
    page.click("nav.side >> text=档案")
    check(page)
    page.locator("tr[data-href]").first.click()
    number = page.locator("dl .mono").first.inner_text()
    page.click("summary:has-text('录入材料')")
    page.click(".sheet >> text=行业荣誉")
    what = f"行业之星{page.viewport_size['width']}"
    page.fill("#what", what)
    page.fill("#date", "2025-06-01")
    page.click("main button:has-text('保存')")
    page.wait_for_selector(".head .state:has-text('待审')")
    check(page)
    log_in(page, address, "archivist")
    page.goto(f"{address}/files/{number}")
    page.click(f"tr.line a:has-text('{what}')")
    page.click(".opened a:has-text('打开所在的提交')")
    check(page)
    page.select_option("select[name$='verdict']", "verified")
    page.click("button:has-text('核验并归档')")
    page.wait_for_selector("h1:has-text('我的工作')")
    check(page)
    page.goto(f"{address}/files/{number}")
    page.click(f"tr.line a:has-text('{what}')")
    page.click(".opened a:has-text('打开材料')")
    page.wait_for_selector(".head .state:has-text('已归档')")
    check(page)


def test_a_scan_is_found_by_a_word_printed_on_it(page: Page, address: str, tmp_path: Path) -> None:
    """A clerk uploads a scan and it is read; HR finds it by a word on it and sees that word marked on the page."""
    width = page.viewport_size["width"]
    paper = tmp_path / "scan.jpg"
    paper.write_bytes(draw(["客户服务管理师证书", "持证人已通过职业技能考核", f"证书编号：KH-{width}"], seed=width))
    log_in(page, address, "clerk")
    page.click("nav.side >> text=档案")
    page.locator("tr[data-href]").first.click()
    page.click("summary:has-text('录入材料')")
    page.click(".sheet >> text=职业资格")
    page.fill("#date", "2025-06-01")
    page.fill("#certificate", f"客户服务管理师 {width}")
    page.click("main button:has-text('保存')")
    page.set_input_files("#choose", paper)
    page.wait_for_selector("#uploads .state:has-text('可检索')", timeout=90_000)
    check(page)
    log_in(page, address, "hr")
    page.goto(f"{address}/search?kind=pages&q=KH-{width}")
    page.wait_for_selector("mark")
    check(page)
    page.locator("tr[data-href] a").first.click()
    page.wait_for_selector(".viewer .found")
    assert page.locator(".viewer .found").count() >= 1
    assert f"KH-{width}" in page.locator(".said .text").inner_text()
    check(page)
