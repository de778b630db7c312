"""The ten daily tasks in a real browser: three clicks at most from my work to done, typing and scanning aside.

Each stands at one width, an office screen's or a phone's; what it needs beforehand is asked of the API.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from service.demo.drawing import draw
from tests.ui.looking import ask, check, check_contrast, log_in

pytestmark = pytest.mark.browser
office = pytest.mark.parametrize("page", ["office"], indirect=True)
phone = pytest.mark.parametrize("page", ["phone"], indirect=True)

MOST = 3
SOON = (datetime.now(UTC).date() + timedelta(days=5)).isoformat()
LATER = (datetime.now(UTC).date() + timedelta(days=12)).isoformat()


class Hand:
    """Somebody at their work, whose clicks are counted; every page that they come to is looked at."""

    def __init__(self, page: Page, address: str, name: str) -> None:
        self.page, self.clicks = page, 0
        log_in(page, address, name)
        page.goto(f"{address}/work")
        check(page)

    def click(self, where: str) -> None:
        """One click that leads to another page."""
        self.clicks += 1
        with self.page.expect_navigation():
            self.page.click(where)
        check(self.page)

    def verb(self, kind: str, words: str) -> None:
        """The verb button of the newest line of a kind."""
        self.click(f"main tr:has-text('{kind}') >> .do a:text-is('{words}') >> nth=-1")

    def choose(self, where: str, value: str) -> None:
        """A choice by hand, which is a click like any other."""
        self.clicks += 1
        self.page.select_option(where, value)

    def done(self, words: str) -> None:
        """The page says so, and it took no more clicks than it may."""
        expect(self.page.locator("main")).to_contain_text(words)
        assert self.clicks <= MOST, self.clicks


def opened(address: str) -> str:
    """A new file of the north, whose agent has a long name."""
    given = {"name": "阿卜杜热依木·买买提艾力", "department": "north", "post": "客服专员", "hire_date": "2023-04-01"}
    return str(ask(address, "hr", "POST", "files", {**given, "confirm_duplicate": True})["file_no"])


@pytest.fixture(scope="module")
def file_no(address: str) -> str:
    """A file with a contract and its scan."""
    number = opened(address)
    contract = {
        "category": "onboarding",
        "subcategory": "contract",
        "fields": {"number": "HT-9", "start": "2023-04-01"},
    }
    record = ask(address, "hr", "POST", f"files/{number}/records", contract)
    ask(address, "hr", "POST", f"records/{record['id']}/scans", draw(["劳动合同书", "合同编号：HT-9"], seed=9))
    return number


@pytest.fixture(scope="module")
def box(address: str, file_no: str) -> str:
    """A box with that file's bag in it."""
    code = ""
    for kind, name in (("room", "二号库房"), ("cabinet", "柜一"), ("shelf", "上层"), ("box", "在职 丙")):
        code = ask(address, "archivist", "POST", "places", {"kind": kind, "parent": code, "name": name})["code"]
    ask(address, "archivist", "POST", f"places/{code}/originals", {"code": file_no})
    return code


def move(address: str, kind: str, case: dict[str, Any], *steps: tuple[str, str]) -> None:
    """Let people take a case's steps."""
    for name, event in steps:
        ask(address, name, "POST", f"{kind}/{case['id']}/{event}", {})


def asked_to_view(address: str, file_no: str) -> dict[str, Any]:
    given = {"files": [file_no], "purpose": "appraisal", "reason": "核对年度考核", "until": SOON}
    return dict(ask(address, "clerk", "POST", "view-requests", given))


def borrowed(address: str, *steps: tuple[str, str]) -> str:
    """A file that the north's head, who signed the pledge, asks to borrow; the loan is approved and goes on so."""
    number = opened(address)
    ask(address, "head", "POST", "pledge", {"version": 1})
    loan = ask(address, "head", "POST", "loans", {"items": [number], "reason": "仲裁需要原件", "until": SOON})
    move(address, "loans", loan, ("archives", "approve"), *steps)
    return number


@phone
def test_submit(page: Page, address: str, file_no: str) -> None:
    """B3: a clerk hands in a training record."""
    hand = Hand(page, address, "clerk")
    hand.click("main a:has-text('提交新材料')")
    hand.click("main a:text-is('内部培训')")
    page.fill("[name=date]", "2026-09-01")
    page.fill("[name=course]", "投诉处理进阶")
    page.fill("[name='agents.1.file_no']", file_no)
    hand.click("main button:has-text('提交审核')")
    hand.done("已提交，等待档案室审核")


@office
def test_check(page: Page, address: str, file_no: str) -> None:
    """B2, B3: an archivist verifies and files what a clerk handed in."""
    course = {"date": "2026-08-01", "course": "质检要点"}
    given = {"category": "training", "subcategory": "internal", "fields": course, "agents": [{"file_no": file_no}]}
    ask(address, "clerk", "POST", "submissions", given)
    hand = Hand(page, address, "archivist")
    hand.verb("材料提交", "审核")
    hand.choose("select[name='records.1.verdict']", "verified")
    hand.click("main button:has-text('核验并归档')")
    hand.done("已归档")


@phone
def test_apply(page: Page, address: str, file_no: str) -> None:
    """V2: a clerk asks to view a file."""
    hand = Hand(page, address, "clerk")
    hand.click("main a:has-text('申请查阅')")
    page.fill("#files", file_no)
    hand.choose("#purpose", "promotion")
    page.fill("#reason", "晋升前核对培训记录")
    hand.click("main button:has-text('提交申请')")
    hand.done("申请已提交")


@office
def test_approve(page: Page, address: str, file_no: str) -> None:
    """V2: the head signs, the archives office grants; each from their own work."""
    asked_to_view(address, file_no)
    hand = Hand(page, address, "head")
    hand.verb("查阅申请", "签字")
    hand.click("main button:has-text('签字同意')")
    hand.done("已签字")
    hand = Hand(page, address, "archives")
    hand.verb("查阅申请", "审批")
    hand.click("main button:text-is('批准查阅')")
    hand.done("已批准")


@phone
def test_view(page: Page, address: str, file_no: str) -> None:
    """V2, K3: from my work to the first page that was granted, the pledge signed on the way."""
    one = asked_to_view(address, file_no)
    move(address, "view-requests", one, ("head", "sign"), ("archivist", "grant"))
    hand = Hand(page, address, "clerk")
    hand.verb("查阅申请", "开始查阅")
    with page.expect_response("**/pages/1/image*") as seen:
        hand.click("main button:has-text('签署承诺')")
    assert seen.value.ok
    assert seen.value.headers["content-type"].startswith("image/")
    expect(page.locator("#sheet image")).to_be_visible()
    hand.done("劳动合同")


@office
def test_lend(page: Page, address: str) -> None:
    """L2: paper that was approved changes hands."""
    borrowed(address)
    hand = Hand(page, address, "archivist")
    hand.verb("借阅申请", "办理借出")
    hand.click("main button:has-text('办理借出')")
    hand.done("已借出")
    page.click("main a:has-text('打印借阅单')")
    page.wait_for_selector(".paper svg")
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")  # paper stays white
    check_contrast(page)


@phone
def test_extend(page: Page, address: str) -> None:
    """L4: the borrower asks for more days, the archives office's head grants them."""
    borrowed(address, ("archivist", "hand-over"))
    hand = Hand(page, address, "head")
    hand.verb("借阅申请", "申请续借")
    page.fill("#until", LATER)
    hand.click("main button:has-text('提交续借申请')")
    hand.done("续借申请已提交")
    hand = Hand(page, address, "archives")
    hand.verb("借阅申请", "审批续借")
    hand.click("main button:text-is('同意续借')")
    hand.done(LATER)


@office
def test_return(page: Page, address: str) -> None:
    """L6: at the desk a scanned label opens the loan; it is taken back, counted and closed."""
    file_no = borrowed(address, ("archivist", "hand-over"))
    hand = Hand(page, address, "archivist")
    hand.click("nav.side >> text=借还台")
    page.fill("#code", file_no)
    with page.expect_navigation():
        page.keyboard.press("Enter")  # as a scanner does
    check(page)
    hand.click("main button:has-text('办理归还')")
    page.fill("#pages", "12")
    hand.click("main button:has-text('办结归还')")
    hand.done("归还已办结")


@office
def test_label(page: Page, address: str, file_no: str) -> None:
    """S2: a sheet of labels is printed."""
    hand = Hand(page, address, "archivist")
    hand.click("nav.side >> text=库房")
    hand.click("main a:has-text('打印标签')")
    page.fill("#codes", file_no)
    hand.clicks += 1
    with page.expect_response("**/labels") as made:
        page.click("main button:has-text('生成标签')")
    assert made.value.headers["content-type"] == "application/pdf"
    assert hand.clicks <= MOST


@phone
def test_stocktake(page: Page, address: str, box: str, file_no: str) -> None:
    """S5: with a phone among the shelves: the box's label, what stands in it, and the end."""
    hand = Hand(page, address, "archivist")
    hand.click("nav.side >> text=库房")
    page.fill("#here", box)
    hand.click("main button:has-text('开始盘点')")
    page.fill("#code", file_no)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    check(page)
    hand.click("main button:has-text('结束盘点')")
    hand.done("账实相符")
