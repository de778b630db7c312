"""`make pictures`: the pictures of README and docs, taken of the demo archive while it is used."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page

from service.demo.drawing import draw
from tests.ui.demo import browser, demo
from tests.ui.looking import ask, log_in

IMAGES = Path(__file__).parents[2] / "docs" / "images"
OFFICE, PHONE = (1360, 840), (390, 720)
SOON = (datetime.now(UTC).date() + timedelta(days=5)).isoformat()
WORD = "劳动合同"


class Camera:
    """Somebody's screen: goes to a page, and takes its picture under a name."""

    def __init__(self, chromium: Browser, address: str, who: str, size: tuple[int, int] = OFFICE) -> None:
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", locale="zh-CN"
        )
        self.page: Page = context.new_page()
        self._address = address
        log_in(self.page, address, who)

    def take(self, name: str, path: str = "") -> None:
        if path:
            self.page.goto(f"{self._address}{path}")
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=IMAGES / f"{name}.png")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dangan-pictures-") as data, demo(Path(data), 40, 8) as address:
        file_no = _hired(address)
        loan, viewing = _lent(address, file_no), _granted(address, file_no)
        _until_read(address)
        written_on = [*_CONTRACT[:-1], f"{_CONTRACT[-1]}续签两年"]
        ask(address, "archivist", "POST", f"loans/{loan}/returned", draw(written_on, 7))
        _until(lambda: bool(ask(address, "archivist", "GET", f"loans/{loan}/returned")["items"]))
        with browser() as chromium:
            hr = Camera(chromium, address, "hr")
            hr.take("search", f"/search?kind=pages&q={WORD}")
            hr.page.click(".found td:has(.evidence) a >> nth=0")
            hr.take("viewer")
            hr.take("checklist", f"/files/{file_no}")
            archivist = Camera(chromium, address, "archivist")
            archivist.take("file", f"/files/{_complete(address)}")
            archivist.page.goto(f"{address}/loans/{loan}")
            archivist.page.click("main summary >> nth=0")
            archivist.page.locator("main summary >> nth=0").evaluate(
                "one => scrollBy(0, one.getBoundingClientRect().top - 90)"
            )
            archivist.take("return")
            archivist.take("register", "/registers/views")
            head = Camera(chromium, address, "archives")
            head.take("work", "/work")
            head.take("supervision", "/supervision")
            clerk = Camera(chromium, address, "clerk")
            clerk.page.goto(f"{address}/view-requests/{viewing}")
            clerk.page.click("main a:has-text('开始查阅')")
            clerk.page.wait_for_selector("#sheet")
            clerk.take("pass")
            _count(Camera(chromium, address, "archivist", PHONE), address, file_no)


_CONTRACT = [
    "劳动合同书", "合同编号：HT-2026-118", "甲方（用人单位）：云溪远景科技有限公司", "乙方（劳动者）：欧阳若溪",
    "根据《中华人民共和国劳动合同法》，双方平等自愿，", "协商一致，订立本合同，共同遵守。", "第一条　合同期限三年。",
    "第二条　工作岗位：客服专员。", "甲方（盖章）：　　　　　　乙方（签字）：",
]  # fmt: skip


def _hired(address: str) -> str:
    """Somebody new, whose contract is scanned and filed."""
    given = {"name": "欧阳若溪", "department": "north", "post": "客服专员", "hire_date": "2026-09-01"}
    file_no = str(ask(address, "hr", "POST", "files", given)["file_no"])
    fields = {"number": "HT-2026-118", "start": "2026-09-01"}
    contract = {"category": "onboarding", "subcategory": "contract", "fields": fields}
    record = ask(address, "hr", "POST", f"files/{file_no}/records", contract)
    ask(address, "hr", "POST", f"records/{record['id']}/scans", draw(_CONTRACT, 7))
    return file_no


def _lent(address: str, file_no: str) -> str:
    """The department's head borrows its paper and brings it back."""
    ask(address, "head", "POST", "pledge", {"version": 1})
    loan = ask(address, "head", "POST", "loans", {"items": [file_no], "reason": "仲裁需要原件", "until": SOON})
    for who, event in (("archives", "approve"), ("archivist", "hand-over"), ("archivist", "return")):
        ask(address, who, "POST", f"loans/{loan['id']}/{event}", {})
    return str(loan["id"])


def _granted(address: str, file_no: str) -> str:
    """A clerk may look at the file, and has signed the pledge."""
    given = {"files": [file_no], "purpose": "appraisal", "reason": "核对年度考核", "until": SOON}
    one = ask(address, "clerk", "POST", "view-requests", given)
    for who, event in (("head", "sign"), ("archivist", "grant")):
        ask(address, who, "POST", f"view-requests/{one['id']}/{event}", {})
    ask(address, "clerk", "POST", "pledge", {"version": 1})
    return str(one["id"])


def _until_read(address: str) -> None:
    _until(lambda: ask(address, "hr", "GET", "scans/unread")["unread"] == 0)
    time.sleep(3)  # until the last of them is found


def _complete(address: str) -> str:
    """A file with paper in it, the fuller the better."""
    hits = ask(address, "hr", "GET", f"search?kind=pages&q={quote(WORD)}")["hits"]
    return str(hits[-1]["file_no"])


def _count(phone: Camera, address: str, file_no: str) -> None:
    """A stocktake of the new agent's box, with one label scanned and one that stands elsewhere."""
    box = _box(address, file_no)
    phone.page.goto(f"{address}/places/{box}")
    with phone.page.expect_navigation():
        phone.page.click("main button:has-text('盘点')")
    for code in (file_no, _complete(address)):
        phone.page.fill("#code", code)
        with phone.page.expect_navigation():
            phone.page.keyboard.press("Enter")
    phone.take("stocktake")


def _box(address: str, file_no: str) -> str:
    code = ""
    for kind, name in (("room", "二号库房"), ("cabinet", "柜一"), ("shelf", "上层"), ("box", "在职 丙")):
        code = str(ask(address, "archivist", "POST", "places", {"kind": kind, "parent": code, "name": name})["code"])
    ask(address, "archivist", "POST", f"places/{code}/originals", {"code": file_no})
    return code


def _until(done: Callable[[], bool], seconds: float = 600) -> None:
    limit = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < limit
        time.sleep(1)


if __name__ == "__main__":
    main()
