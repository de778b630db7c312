"""The file's page, uploading, the viewer and arranging, by mouse and by keyboard."""

import io
import time

import pytest
from playwright.sync_api import Page, Route, expect
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from service.demo.drawing import draw
from tests.ui.looking import ask, check, log_in

pytestmark = pytest.mark.browser
office = pytest.mark.parametrize("page", ["office"], indirect=True)


@pytest.fixture(scope="module")
def file_no(address: str) -> str:
    """A file with a record of a contract."""
    given = {"name": "阿卜杜热依木·买买提", "department": "north", "post": "客服专员", "hire_date": "2022-03-01"}
    made = ask(address, "hr", "POST", "files", given)
    contract = {
        "category": "onboarding",
        "subcategory": "contract",
        "fields": {"number": "HT-2022-1", "start": "2022-03-01"},
    }
    ask(address, "hr", "POST", f"files/{made['file_no']}/records", contract)
    return str(made["file_no"])


@pytest.fixture(scope="module")
def record_id(address: str, file_no: str) -> str:
    return str(ask(address, "archivist", "GET", f"files/{file_no}/records")["items"][0]["id"])


@pytest.fixture(scope="module")
def scan_id(address: str, record_id: str) -> str:
    """Three born-digital pages, which are read at once."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    for number in "一二三":
        canvas.setFont("STSong-Light", 20)
        for row, line in enumerate((f"劳动合同书第{number}页", "甲乙双方自愿订立本合同", "共同遵守以下各条约定")):
            canvas.drawString(100, 700 - 40 * row, line)
        canvas.showPage()
    canvas.save()
    scan = ask(address, "hr", "POST", f"records/{record_id}/scans", out.getvalue())
    until = time.monotonic() + 60
    while ask(address, "archivist", "GET", f"scans/{scan['id']}")["state"] != "searchable":
        assert time.monotonic() < until
        time.sleep(0.3)
    return str(scan["id"])


def test_a_record_opens_in_place(page: Page, address: str, file_no: str, scan_id: str) -> None:
    """A row opens below itself with its fields and scans, closes again, and the page stays where it was."""
    log_in(page, address, "hr")
    page.goto(f"{address}/files/{file_no}")
    check(page)
    link = page.locator("tr.line a").first
    link.press("Enter")
    expect(page.locator(".opened")).to_contain_text("HT-2022-1")
    expect(page.locator(".opened .scan-strip li")).to_have_count(1)
    assert link.get_attribute("aria-expanded") == "true"
    check(page)
    link.press("Enter")
    expect(page.locator(".opened")).to_be_hidden()
    assert page.url == f"{address}/files/{file_no}"


def test_an_upload_is_cancelled_and_sent_again(page: Page, address: str, file_no: str) -> None:
    """From the file's page one chooses the record; what was cancelled is not kept, and is sent again by one button."""
    paper = draw(["职业资格证书"], seed=page.viewport_size["width"])
    chosen = [("证书.jpg", "image/jpeg", paper), ("空.pdf", "application/pdf", b"")]
    held: list[Route] = []
    log_in(page, address, "hr")
    page.goto(f"{address}/files/{file_no}")
    page.click("text=上传扫描件")
    page.route("**/api/v1/records/*/scans", lambda route: held.append(route))
    page.set_input_files("#choose", [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in chosen])
    row, empty = page.locator("#uploads li").first, page.locator("#uploads li").last
    expect(empty.locator(".mend")).to_contain_text("文件是空的")
    expect(row.locator(".state")).to_have_text("请先选择材料")
    expect(row.locator("canvas")).to_be_visible()
    page.select_option("#target", index=1)
    expect(row.locator(".cancel")).to_be_visible()
    row.locator(".cancel").click()
    expect(row.locator(".mend")).to_contain_text("已取消")
    check(page)
    page.unroute("**/api/v1/records/*/scans")
    row.locator(".retry").click()
    expect(row.locator(".result")).to_be_visible(timeout=20_000)
    expect(page.locator(".upload .sum")).to_contain_text("已保存 1 个")


@office
def test_the_viewer_by_keyboard(page: Page, address: str, scan_id: str) -> None:
    """Pages, hits, turns, the panel and the help are a key each, and pages turn without leaving the page."""
    log_in(page, address, "hr")
    page.goto(f"{address}/scans/{scan_id}?q=合同")
    expect(page.locator(".bar .nth")).to_have_text("1 / 2")
    check(page)
    page.keyboard.press("n")
    expect(page.locator(".bar .nth")).to_have_text("2 / 2")
    page.evaluate("window.stays = true")
    page.wait_for_selector("#strip .has >> nth=2")
    page.keyboard.press("n")  # over the end of a page to the next one that has some
    expect(page.locator("#text .text")).to_contain_text("第二页")
    page.keyboard.press("N")
    expect(page.locator("#text .text")).to_contain_text("第一页")
    expect(page.locator(".bar .nth")).to_have_text("2 / 2")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#text .text")).to_contain_text("第二页")
    assert "page=2" in page.url
    assert page.evaluate("window.stays")
    upright = page.get_attribute("#sheet", "viewBox").split()
    page.keyboard.press("r")
    assert page.get_attribute("#sheet", "viewBox").split()[2:] == upright[:1:-1]
    expect(page.locator("#keep-turn")).to_be_visible()
    page.keyboard.press("i")
    expect(page.locator("#side")).to_be_hidden()
    before = page.locator("#percent").inner_text()
    page.keyboard.press("+")
    assert page.locator("#percent").inner_text() != before
    page.keyboard.press("?")
    expect(page.locator("#viewer-keys")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    page.go_back()
    expect(page.locator("#text .text")).to_contain_text("第一页")


def test_the_text_over_the_image_is_where_it_is_printed(page: Page, address: str, scan_id: str) -> None:
    """What is selected over the image is copied as the page's text has it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    log_in(page, address, "hr")
    page.goto(f"{address}/scans/{scan_id}")
    check(page)
    page.evaluate(
        "getSelection().setBaseAndExtent(document.querySelectorAll('#sheet .word')[0].firstChild, 2,"
        " document.querySelectorAll('#sheet .word')[1].firstChild, 4)"
    )
    page.evaluate("document.execCommand('copy')")
    assert page.evaluate("navigator.clipboard.readText()") == "合同书第一页\n甲乙双方"
    word, sheet = page.locator("#sheet .word").first.bounding_box(), page.locator("#sheet").bounding_box()
    assert abs((word["x"] - sheet["x"]) / sheet["width"] - 100 / 595) < 0.02
    page.keyboard.press("i")  # on a phone the panel lies over the page
    check(page)


@office
def test_pages_are_arranged_with_undo(page: Page, address: str, scan_id: str) -> None:
    """Steps are shown at once, taken back and done again, and saved all together."""
    log_in(page, address, "hr")
    page.goto(f"{address}/scans/{scan_id}/pages")
    check(page)
    order = "[...document.querySelectorAll('#leaves li')].map((one) => one.dataset.page).join('')"
    page.click("#leaves li:first-child [value=later]")
    page.click("#leaves li[data-page='3'] [value=withdraw]")
    assert page.evaluate(order) == "213"
    page.keyboard.press("Control+z")
    expect(page.locator("#leaves li[data-withdrawn]")).to_have_count(0)
    page.click("#redo")
    expect(page.locator("#leaves li[data-withdrawn]")).to_have_count(1)
    page.click("#save")
    page.wait_for_selector("#strip")
    kept = ask(address, "archivist", "GET", f"scans/{scan_id}")["arrangement"]
    assert [(one["page"], one["withdrawn"]) for one in kept] == [(2, False), (1, False), (3, True)]


def test_what_cannot_be_undone_is_asked_first(page: Page, address: str) -> None:
    """The page's own dialog puts the question; Esc leaves everything as it was, and the focus where it was."""
    log_in(page, address, "admin")
    page.click("nav.side >> text=账号")
    button = page.locator("tr:has-text('stranger') button:has-text('停用')")
    button.click()
    expect(page.locator("#ask")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).to_be_hidden()
    expect(button).to_be_focused()


@office
def test_a_doubt_needs_its_reason(page: Page, address: str, record_id: str) -> None:
    """What is wrong stands at its field with the focus in it, and what was typed is still there."""
    log_in(page, address, "archivist")
    page.goto(f"{address}/records/{record_id}")
    check(page)
    page.locator(".verdicts label:has-text('存疑')").click()
    page.click("text=登记核验结论")
    expect(page.locator("#fault-reason")).to_contain_text("必须填写原因")
    check(page)
    expect(page.locator(".verdicts input:checked")).to_have_value("doubtful")
    page.fill("#reason", "公章不清楚")
    page.click("text=登记核验结论")
    expect(page.locator(".head .state:has-text('存疑')")).to_be_visible()
    page.goto(f"{address}/records/{record_id}/edit")
    check(page)
