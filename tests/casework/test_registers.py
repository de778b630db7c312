"""The registers on pages, paper and sheets: by period and person, numbered on, whole, and after a destruction."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from service.app import create_app
from service.bootstrap import Archive, build
from service.care.register_views import INSPECTIONS, TRAININGS
from service.care.rules import Event as Caring
from service.care.rules import Training
from service.casework import register as registers
from service.circulation.lending.register_views import HEAD as LOANS
from service.circulation.lending.rules import Event as Lending
from service.circulation.registers import operations
from service.circulation.registers.views import HEAD as VIEWS
from service.clock import SetClock
from service.files.rules import File
from service.intake.submissions.register_views import HEAD as HANDED
from service.intake.submissions.rules import spread
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD

CHIEF, ARCHIVIST, CLERK, HR = CAST["archives"], CAST["archivist"], CAST["clerk"], CAST["hr"]
Get = Callable[[str], str]


@pytest.fixture
def archive(archive: Archive, set_clock: SetClock) -> Archive:
    """The archive on 2 March 2026, with a clock that can be set and the accounts of those who stand in registers."""
    made = build(archive.settings, archive.store, set_clock)
    for name in ("auditor", "clerk", "head", "hr", "archivist", "archives"):
        one = CAST[name]
        made.accounts.create(SYSTEM, name, one.name, one.role, PASSWORD, one.department)
    return made


@pytest.fixture
def file(archive: Archive) -> File:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(HR, given)


class Reader:
    """The auditor before the registers."""

    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    @property
    def _headers(self) -> dict[str, str]:
        """Of a new session: a clock that is set ahead ends the last one."""
        given = {"username": "auditor", "password": PASSWORD}
        return {"Authorization": f"Bearer {self._client.post('/api/v1/session', json=given).json['token']}"}

    def page(self, path: str, status: int = 200) -> str:
        answer = self._client.get(path, headers=self._headers)
        assert answer.status_code == status, path
        return answer.text

    def rows(self, path: str) -> list[list[str]]:
        """The cells of a page's register."""
        body = self.page(path).partition("<tbody>")[2].partition("</tbody>")[0]
        rows = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", body, re.S))
        return [[re.sub(r"<[^>]+>", " ", cell).strip() for cell in row] for row in rows]

    def sheet(self, name: str, **asked: str) -> list[tuple[str, ...]]:
        answer = self._client.post(f"/registers/{name}/export", data=asked, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return list(load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True))

    def items(self, path: str) -> list[dict[str, str]]:
        return self._client.get(f"/api/v1/registers/{path}", headers=self._headers).json["items"]


@pytest.fixture
def reader(archive: Archive) -> Reader:
    return Reader(create_app(archive).test_client())


def lend(archive: Archive, file: File, name: str) -> str:
    until = (archive.clock.today() + timedelta(days=7)).isoformat()
    loan = archive.lending.ask(CAST[name], {"items": file.file_no, "reason": "核对原件", "until": until})
    if loan.case.state == "asked":
        archive.lending.take(CAST["head"], loan.case.id, Lending.SIGN, None, {})
    archive.pledging.sign(CAST[name], 1)
    archive.lending.take(CHIEF, loan.case.id, Lending.APPROVE, None, {})
    archive.lending.take(ARCHIVIST, loan.case.id, Lending.HAND_OVER, None, {})
    archive.lending.take(ARCHIVIST, loan.case.id, Lending.RETURN, None, {})
    archive.lending.take(ARCHIVIST, loan.case.id, Lending.CLOSE, None, {"condition": "complete", "pages": "12"})
    return str(loan.case.id)


def test_loans_are_found_by_borrower_and_day(archive: Archive, file: File, reader: Reader, set_clock: SetClock) -> None:
    """L3: by account or name, and by the office's day of handing over, on the page, by the API and for the sheet."""
    first = lend(archive, file, "clerk")
    set_clock.advance(timedelta(days=40, hours=-8))  # half past one in the morning of 11 April, in the office
    second = lend(archive, file, "head")
    for path, found in (
        ("account=clerk", [first]), ("account=周文", [first]), ("account=吴敏", [second]), ("account=nobody", []),
        ("from=2026-03-03", [second]), ("to=2026-03-02", [first]), ("from=2026-04-11&to=2026-04-11", [second]),
        ("from=2026-03-01&to=2026-04-30", [second, first]),
    ):  # fmt: skip
        assert [one["id"] for one in reader.items(f"loans?{path}")] == found, path
        assert len(reader.rows(f"/registers/loans?{path}")) == len(found), path
    head, *rows = reader.sheet("loans", **{"from": "2026-04-01"})
    assert head == LOANS
    assert [row[:4] for row in rows] == [("1", "吴敏", "北方客服部", file.file_no)]
    reader.page("/registers/loans?from=2026-04-02&to=2026-04-01", 422)


def test_what_was_handed_over_names_every_kind(archive: Archive, file: File, reader: Reader) -> None:
    """B3: of three records the one in the middle is of another kind: it is named too; by who handed in and when."""
    who = [{"file_no": file.file_no}]
    lines = [
        *spread("training", "internal", {"date": "2026-02-06", "course": "投诉处理"}, who),
        *spread("rewards", "award", {"date": "2026-02-07", "name": "优秀客服员奖"}, who),
        *spread("training", "internal", {"date": "2026-02-08", "course": "礼仪"}, who),
    ]
    archive.submissions.create(CLERK, lines)
    head, row = reader.sheet("submissions", account="周文", to="2026-03-02")
    assert head == HANDED
    assert row[2:8] == ("北方客服部", "周文", file.file_no, "内部培训、奖励", "3", "—")
    assert len(reader.items("submissions?account=clerk&from=2026-03-02")) == 1
    assert reader.items("submissions?account=head") == reader.items("submissions?from=2026-03-03") == []


def test_views_of_years_ago_are_found(archive: Archive, file: File, reader: Reader, set_clock: SetClock) -> None:
    """V4: by file, by person or by days; and where none of these is named, the page says how far back it looks."""
    archive.records.of_file(HR, file.file_no)
    set_clock.advance(timedelta(days=3 * 365))
    assert reader.items("views") == []
    assert "2028-02-29 以来" in reader.page("/registers/views")
    for asked in (f"file_no={file.file_no}", "account=hr", "account=孙丽", "from=2026-03-01&to=2026-03-31"):
        assert [one["account"] for one in reader.items(f"views?{asked}")] == ["hr"], asked
    assert reader.items("views?account=hr&to=2026-03-01") == []
    ((number, at, *row),) = reader.rows("/registers/views?from=2026-03-01&to=2026-03-02")
    assert (number, at, row[0]) == ("1", "2026-03-02 09:00:00", "孙丽")
    assert reader.items("views?to=9999-12-31&from=0001-01-01") == []  # a page looks back a year: the next ones find it
    head, line = reader.sheet("views", **{"from": "0001-01-01", "to": "9999-12-31"})
    assert (head, line[4]) == (VIEWS, file.file_no)


def train(archive: Archive, count: int) -> None:
    """Many trainings of one day each, entered at once."""
    first, numbers = date(2025, 1, 1), [archive.care._care.number() for _ in range(count)]
    archive.care.add_keeper(CHIEF, "archivist")

    def work(tx: object) -> None:
        for n in numbers:
            one = Training("archivist", f"第{n}课", first + timedelta(days=n), 1.5, "archives")
            archive.care._care.add_training(tx, one, n)

    archive.store.transact(work)


def test_lines_are_numbered_on_and_printed_whole(
    archive: Archive, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """K1: the second page begins at 101; all are listed for the printer, and where they are too many, so it is said."""
    train(archive, 130)
    path = "/registers/trainings"
    page = reader.page(path)
    (more,) = re.findall(r'href="([^"]+below=[^"]+)"', page)
    assert [row[0] for row in reader.rows(path)] == [str(n) for n in range(1, 101)]
    assert [row[0] for row in reader.rows(more.replace("&amp;", "&"))] == [str(n) for n in range(101, 131)]
    assert "全部列出" in page
    assert len(reader.rows(f"{path}?all=yes")) == 130
    assert "全部列出" not in reader.page(f"{path}?all=yes")
    assert [row[3] for row in reader.rows(f"{path}?from=2025-01-04&to=2025-01-05&account=archivist")] == [
        "第4课",
        "第3课",
    ]
    monkeypatch.setattr(registers, "MOST_PRINTED", 120)
    cut = reader.page(f"{path}?all=yes")
    assert ("只列出最新的" in cut, len(reader.rows(f"{path}?all=yes"))) == (True, 120)
    head, first, *rest = reader.sheet("trainings", **{"from": "2025-03-01"})
    assert (head, first[:2], len(rest)) == (TRAININGS, ("1", "2025-05-11"), 71)


def test_views_are_printed_whole(archive: Archive, file: File, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """V4: pages go on with their numbers, and all of it stands on one page for the printer."""
    monkeypatch.setattr(operations, "PAGE", 3)
    for _ in range(5):
        archive.records.of_file(HR, file.file_no)
    page = reader.page(f"/registers/views?file_no={file.file_no}")
    (more,) = re.findall(r'href="([^"]+below=[^"]+)"', page)
    assert [row[0] for row in reader.rows(more.replace("&amp;", "&"))] == ["4", "5"]
    whole = reader.rows(f"/registers/views?file_no={file.file_no}&all=yes")
    assert [row[0] for row in whole] == ["1", "2", "3", "4", "5"]


def test_inspections_are_found_and_exported(archive: Archive, reader: Reader, set_clock: SetClock) -> None:
    """K4: by facility, by who took a step, by day, and what is still open; with findings and repairs in the sheet."""
    fire = archive.care.add_facility(CHIEF, {"kind": "fire", "name": "灭火器", "every_days": "7"})
    archive.care.add_facility(CHIEF, {"kind": "door", "name": "门禁", "every_days": "7"})
    archive.care.remind()
    duties = {one.content.name: one.case.id for one in archive.care.inspections(CHIEF)[0]}
    archive.care.take(ARCHIVIST, duties["灭火器"], Caring.FAULT, None, {"note": "压力不足"})
    set_clock.advance(timedelta(days=1))
    archive.care.take(ARCHIVIST, duties["灭火器"], Caring.REPAIR, None, {"note": "已充装"})
    for asked, found in (
        ("", ["门禁", "灭火器"]), ("open=yes", ["门禁"]), (f"facility={fire.id}", ["灭火器"]),
        ("account=钱芳", ["灭火器"]),
        ("from=2026-03-03&to=2026-03-04", ["灭火器"]), ("from=2026-03-09", ["门禁", "灭火器"]), ("to=2026-03-01", []),
    ):  # fmt: skip
        assert [one["name"] for one in reader.items(f"inspections?{asked}")] == found, asked
        assert [row[2] for row in reader.rows(f"/registers/inspections?{asked}")] == found, asked
    head, row = reader.sheet("inspections", facility=fire.id)
    assert head == INSPECTIONS
    assert row == (
        "1", "设施巡检", "灭火器", "2026-03-09",
        "2026-03-02 钱芳 发现问题：压力不足\n2026-03-03 钱芳 完成维修：已充装", "已完成",
    )  # fmt: skip


def test_what_is_left_of_a_destroyed_file(archive: Archive, file: File, reader: Reader) -> None:
    """T4: its lines stay in every register, with who and when, and nothing that was typed."""
    lend(archive, file, "clerk")
    course = {"date": "2026-02-06", "course": "投诉处理"}
    archive.submissions.create(CLERK, spread("training", "internal", course, [{"file_no": file.file_no}]))
    archive.store.transact(lambda tx: archive.keys.destroy(tx, file.file_no))
    ((_, borrower, _, what, why, handed, *_),) = reader.rows(f"/registers/loans?file_no={file.file_no}")
    assert (borrower, what, why, handed) == ("周文", file.file_no, "—", "2026-03-02 09:00")
    ((_, at, _, by, what, kinds, count, *_),) = reader.rows(f"/registers/submissions?file_no={file.file_no}")
    assert (at, by, what, kinds, count) == ("2026-03-02 09:00", "周文", file.file_no, "—", "—")
    assert reader.sheet("loans")[1][4] == "—"
    assert reader.sheet("submissions")[1][5] == "—"


@pytest.mark.parametrize("path", ["views", "loans", "handed", "submissions", "supplements", "trainings", "inspections"])
def test_the_auditor_comes_from_each_register_to_every_other(reader: Reader, path: str) -> None:
    """V4, L3, K1, K4: none of them is to be reached through a page that is closed to who may read it."""
    page = reader.page(f"/registers/{path}")
    assert set(re.findall(r'href="/registers/(\w+)"', page)) >= {"views", "loans", "handed", "trainings", "inspections"}
    assert "/places" not in page
