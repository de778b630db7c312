"""Entering records from a workbook: every sub-category's sheet, all or none, in the page and on the command line."""

import html
import io
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from service.app import create_app
from service.audit.verifier import verify
from service.bootstrap import Archive
from service.catalogue.model import Catalogue
from service.cli import cli
from service.errors import Forbidden, Invalid, NotFound
from service.files.rules import HEAD, File
from service.intake import sheet, workbook
from service.intake.workbook import Line
from service.person import SYSTEM
from service.store.embedded import EmbeddedStore
from tests.cast import CAST, DEPARTMENTS, PASSWORD
from tests.house.test_routes import log_in

HR, CLERK = CAST["hr"], CAST["clerk"]
CATALOGUE = Catalogue.load()
GIVEN = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
ID_NUMBER = "990101199003071237"
INTERNAL = ("training", "internal")


@pytest.fixture
def files(archive: Archive) -> list[File]:
    south = {**GIVEN, "name": "江南", "department": "south"}
    return [archive.opening.open(HR, GIVEN), archive.opening.open(HR, south)]


def filled(sheets: dict[str, list[dict[str, object]]]) -> io.BytesIO:
    """The template with these lines; a line names its columns."""
    book = load_workbook(io.BytesIO(workbook.template(CATALOGUE)))
    for code, lines in sheets.items():
        page = next(one for one in book.worksheets if one.title.endswith(f" {code}"))
        heads = [str(cell.value).removesuffix(sheet.REQUIRED) for cell in page[1]]
        for line in lines:
            page.append([line.get(head) for head in heads])
            assert set(line) <= set(heads)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def line(file_no: str, fields: dict[str, object], kind: tuple[str, str] = INTERNAL) -> Line:
    return Line("", 1, file_no, *kind, fields)


def test_the_template_has_a_sheet_for_each_subcategory() -> None:
    """Eighteen sheets with the catalogue's columns; choices can be picked, and what is needed is marked."""
    book = load_workbook(io.BytesIO(workbook.template(CATALOGUE)))
    codes = [sub.code for sub in CATALOGUE.subcategories()]
    assert [one.title.split()[-1] for one in book.worksheets[1:]] == codes
    education = next(one for one in book.worksheets if one.title.endswith("education"))
    assert [cell.value for cell in education[1]][:3] == ["档案编号（必填）", "学历（必填）", "毕业院校（必填）"]
    kinds = sorted(one.type for one in education.data_validations.dataValidation)
    assert kinds == ["date", "list"]
    contract = next(one for one in book.worksheets if one.title.endswith("contract"))
    assert "续签情况·续签开始日期" in [cell.value for cell in contract[1]]


def test_a_filled_workbook_gives_its_records() -> None:
    """Real dates, labels of choices, and lines that go on with the record above them."""
    complaint = {"档案编号": "KF-1", "周期": "2025-Q2", "解决数量": 2, "各次投诉·客户或单号": "工单 7"}
    found = workbook.lines(
        filled(
            {
                "internal": [{"档案编号": "KF-2", "培训时间": date(2025, 5, 6), "课程名称": "投诉处理"}],
                "complaints": [complaint, {"各次投诉·客户或单号": "工单 8", "各次投诉·受理日期": "2025-05-12"}],
                "contact": [{"档案编号": "KF-1", "手机号码": "13812345678", "日期": "2025-01-02"}],
            }
        ),
        CATALOGUE,
    )
    by = {one.subcategory: one for one in found}
    assert by["internal"].fields == {"date": "2025-05-06", "course": "投诉处理"}
    assert by["complaints"].fields["cases"] == [{"customer": "工单 7"}, {"customer": "工单 8", "date": "2025-05-12"}]
    assert (by["contact"].date, by["contact"].row, len(found)) == ("2025-01-02", 2, 3)


def test_what_is_no_such_workbook_is_refused() -> None:
    """A renamed sheet, a changed head and an empty template each name the sheet and the mend."""
    renamed = load_workbook(filled({"internal": [{"档案编号": "KF-1"}]}))
    next(one for one in renamed.worksheets if one.title.endswith("internal")).title = "随便"
    headless = load_workbook(filled({"internal": [{"档案编号": "KF-1"}]}))
    next(one for one in headless.worksheets if one.title.endswith("internal"))["B1"] = "别的"
    for book in (renamed, headless, load_workbook(filled({}))):
        out = io.BytesIO()
        book.save(out)
        with pytest.raises(Invalid) as refused:
            workbook.lines(out, CATALOGUE)
        assert [fault.name for fault in refused.value.fields] == ["sheet"]


def test_all_or_none(archive: Archive, files: list[File]) -> None:
    """Every fault is named by its line, nothing is kept then; without one all are, with whole chains of events."""
    north, south = (file.file_no for file in files)
    good = {"date": "2025-05-06", "course": "投诉处理"}
    wrong = [
        line(north, good), line("KF-9", good), line(south, {"date": "2025-02-30"}),
        line(north, {}, ("moon", "sun")),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        archive.entering.enter(HR, wrong)
    names = [fault.name for fault in refused.value.fields]
    assert names == ["lines.2.file_no", "lines.3.date", "lines.3.course", "lines.4.category"]
    assert archive.records.of_file(HR, north) == []
    identity = {"name": "林晓晓", "birth_date": "1990-03-07", "id_number": ID_NUMBER}
    made = archive.entering.enter(
        HR, [line(north, identity, ("basic", "identity")), *[line(north, good)] * 3, line(south, good)]
    )
    assert [(one.file_no, one.number) for one in made] == [(north, 1), (north, 2), (north, 3), (north, 4), (south, 1)]
    assert archive.files.get(HR, north).name == "林晓晓"
    assert list(verify(archive.audit.trail)) == []
    assert archive.records.add(HR, north, *INTERNAL, good).number == 5


def test_lines_are_held_against_each_other(archive: Archive, files: list[File]) -> None:
    """A graduation before the birth that another line brings, and an ID number twice, are found."""
    north, south = (file.file_no for file in files)
    identity = {"name": "林晓", "birth_date": "1990-03-07", "id_number": ID_NUMBER}
    school = {"level": "本科", "school": "某大学", "graduation_date": "1989-07-01"}
    found = archive.entering.check(
        HR, [line(north, identity, ("basic", "identity")), line(north, school, ("basic", "education"))]
    )
    assert [(at, fault.name) for at, fault in found.faults] == [(1, "graduation_date")]
    lines = [line(no, identity, ("basic", "identity")) for no in (north, south)]
    assert [(at, fault.name) for at, fault in archive.entering.check(HR, lines).faults] == [(1, "id_number")]
    archive.entering.enter(HR, lines[:1])
    assert archive.entering.check(HR, lines[:1]).faults == ()


def test_who_may_enter(archive: Archive, files: list[File]) -> None:
    """A clerk hands in for their own department, and cannot tell another's file from none; others may not at all."""
    north, south = (file.file_no for file in files)
    good = {"date": "2025-05-06", "course": "投诉处理"}
    found = archive.entering.check(CLERK, [line(north, good), line(south, good)])
    assert [(at, fault.name) for at, fault in found.faults] == [(1, "file_no")]
    assert archive.receiving.enter(CLERK, [line(north, good)])[0].state == "submitted"
    for name in ("head", "agent", "admin", "stranger"):
        with pytest.raises((Forbidden, NotFound)):
            archive.entering.check(CAST[name], [line(north, good)])


def test_a_clerks_workbook_is_one_submission(archive: Archive, files: list[File]) -> None:
    """B3: its records wait together for the archives office, and are filed together; a keeper's are filed at once."""
    north = files[0].file_no
    lines = [line(north, {"date": f"2025-05-0{day}", "course": "投诉处理"}) for day in (6, 7)]
    made = archive.receiving.enter(CLERK, lines)
    (waiting,) = archive.work.of(CAST["archivist"]).waiting
    assert {one.case for one in made} == {f"submissions/{waiting.case}"}
    filed = archive.submissions.check_and_file(CAST["archivist"], waiting.case, None, {"verdict": "verified"})
    assert [(one.state, one.verification.verdict) for one in filed.records] == [("filed", "verified")] * 2
    with pytest.raises(Invalid):
        archive.receiving.check(CLERK, lines * 51)
    assert archive.receiving.check(HR, lines * 51).faults == ()
    assert [(one.case, one.state) for one in archive.receiving.enter(HR, lines)] == [("", "filed")] * 2


def test_a_clerk_enters_a_workbook_on_the_page(archive: Archive, files: list[File]) -> None:
    """B3: the page says that the archives office will check, and leads to the submission."""
    archive.accounts.create(SYSTEM, "clerk", CLERK.name, CLERK.role, PASSWORD, CLERK.department)
    client = create_app(archive).test_client()
    bearer = {"Authorization": f"Bearer {log_in(client, 'clerk')}"}
    book = filled({"internal": [{"档案编号": files[0].file_no, "培训时间": "2025-05-06", "课程名称": "投诉处理"}]})
    right = client.post("/records/import/check", data={"sheet": (book, "a.xlsx")}, headers=bearer)
    assert "提交 1 份材料" in right.text
    lines = html.unescape(right.text.split('name="lines" value="')[1].split('">')[0])
    sent = client.post("/records/import/", data={"lines": lines}, headers=bearer)
    assert "待审" in client.get(sent.headers["Location"], headers=bearer).text
    assert sent.headers["Location"].startswith("/submissions/")


def test_the_page_checks_and_enters(archive: Archive, files: list[File]) -> None:
    """The template is filled and checked; a fault is shown with its sheet and row; then all are entered."""
    archive.accounts.create(SYSTEM, "hr", HR.name, HR.role, PASSWORD, HR.department)
    client = create_app(archive).test_client()
    token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD}).json["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/records/import/template.xlsx", headers=bearer).data[:2] == b"PK"
    course = {"档案编号": files[0].file_no, "培训时间": "2025-05-06"}

    def send(lines: list[dict[str, object]]):
        book = filled({"internal": lines})
        return client.post("/records/import/check", data={"sheet": (book, "a.xlsx")}, headers=bearer)

    wrong = send([course])
    assert wrong.status_code == 422
    assert "课程名称：必须填写" in wrong.text
    right = send([{**course, "课程名称": "投诉处理"}])
    lines = html.unescape(right.text.split('name="lines" value="')[1].split('">')[0])
    assert client.post("/records/import/", data={"lines": lines}, headers=bearer).status_code == 302
    assert len(archive.records.of_file(HR, files[0].file_no)) == 1
    body = {"lines": [{"file_no": "KF-9", "category": "training", "subcategory": "internal", "fields": {}}]}
    checked = client.post("/api/v1/records/import", json={**body, "check": True}, headers=bearer)
    assert [(one["line"], one["name"]) for one in checked.json["faults"]] == [(1, "file_no")]
    assert client.post("/api/v1/records/import", json=body, headers=bearer).status_code == 422


def test_importing_on_the_command_line(
    archive: Archive, server: EmbeddedStore, tmp_path: Path, client_env: dict[str, str]
) -> None:
    """`dangan import` checks, says what is wrong by row, and opens files or enters records as the account may."""
    archive.accounts.create(SYSTEM, "hr", HR.name, HR.role, PASSWORD, HR.department)
    archive.accounts.create(SYSTEM, "head", "吴敏", CAST["head"].role, PASSWORD, "north")

    def run(name: str, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["import", str(tmp_path / name), *words], env=client_env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    book = load_workbook(io.BytesIO(sheet.template(HEAD.fields, DEPARTMENTS)))
    book["档案"].append(["张伟", "北方客服部", "客服专员", "2021-03-01", None])
    book.save(tmp_path / "files.xlsx")
    assert run("files.xlsx", "--as", "hr", "--check") == (0, "1 files checked: no fault\n")
    assert archive.files.list(HR)[0] == []
    assert run("files.xlsx", "--as", "head")[0] == 1
    assert run("files.xlsx", "--as", "nobody")[0] == 1
    assert run("files.xlsx", "--as", "hr") == (0, "1 files imported, KF-2021-00001 to KF-2021-00001\n")
    code, said = run("files.xlsx", "--as", "hr")
    assert (code, "第 2 行" in said) == (1, True)
    course = {"档案编号": "KF-2021-00001", "培训时间": "2025-05-06"}
    (tmp_path / "bad.xlsx").write_bytes(filled({"internal": [course]}).getvalue())
    code, said = run("bad.xlsx", "--as", "hr")
    assert (code, "第 2 行: 课程名称：必须填写" in said) == (1, True)
    (tmp_path / "good.xlsx").write_bytes(filled({"internal": [{**course, "课程名称": "投诉处理"}]}).getvalue())
    assert run("good.xlsx", "--as", "hr") == (0, "1 records imported\n")
    (tmp_path / "none.xlsx").write_bytes(b"no sheet")
    assert run("none.xlsx", "--as", "hr")[0] == 1
    assert len(archive.records.of_file(HR, "KF-2021-00001")) == 1


@pytest.fixture
def client_env(archive: Archive, server: EmbeddedStore) -> dict[str, str]:
    """What a command needs to know to reach this test's archive."""
    return {
        "DANGAN_DATA": str(archive.settings.data), "DANGAN_MONGODB_URI": server.running.uri,
        "DANGAN_MONGODB_DATABASE": archive.store.db.name, "DANGAN_MASTER_KEY": str(archive.settings.master_key_file),
    }  # fmt: skip
