"""Opening files: the identity record, many at once, and from a sheet."""

import html
import io
import re
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from service.app import create_app
from service.audit.verifier import verify
from service.bootstrap import Archive
from service.errors import Conflict, Forbidden, Invalid
from service.files.rules import HEAD
from service.intake import sheet
from service.intake.rules import Entry, Given
from service.person import SYSTEM
from tests.cast import CAST, DEPARTMENTS, PASSWORD
from tests.house.test_routes import log_in
from tests.scans.conftest import plate

HR = CAST["hr"]
ID_NUMBER = "990101199003071237"
GIVEN = {"name": "欧阳小满", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}


def rows(count: int) -> list[Entry]:
    training = Given("training", "internal", {"date": "2025-05-06", "course": "投诉处理"})
    return [Entry({**GIVEN, "name": f"客服员{n}", "hire_date": f"202{n % 3}-03-01"}, (training,)) for n in range(count)]


def test_an_id_number_becomes_the_identity_record(archive: Archive) -> None:
    """Who types an ID number at opening finds it again in the file's identity record, in the same transaction."""
    file = archive.opening.open(HR, {**GIVEN, "id_number": ID_NUMBER})
    record = archive.records.of_file(HR, file.file_no)[0]
    assert (record.category, record.subcategory, record.fields["id_number"]) == ("basic", "identity", ID_NUMBER)
    assert file.records == 1
    with pytest.raises(Invalid):
        archive.opening.open(HR, {**GIVEN, "name": "别人", "id_number": ID_NUMBER})


def test_many_are_opened_at_once(archive: Archive) -> None:
    """Two hundred files with a record each have their own numbers, their events, and whole chains."""
    made = archive.opening.open_all(HR, rows(200))
    assert len({file.file_no for file in made}) == 200
    assert archive.files.get(HR, made[7].file_no) == made[7]
    assert [record.fields["course"] for record in archive.records.of_file(HR, made[7].file_no)] == ["投诉处理"]
    assert list(verify(archive.audit.trail)) == []
    assert (
        archive.records.add(HR, made[7].file_no, "training", "internal", {"date": "2025-06-01", "course": "b"}).number
        == 2
    )


def test_one_bad_row_keeps_all_out(archive: Archive) -> None:
    """Every fault of every row is named by its row, and nothing is kept, not even a number's file."""
    entries = rows(5)
    entries[1] = Entry({**GIVEN, "department": "moon", "hire_date": "2021-13-01"})
    entries[3] = Entry({**GIVEN, "name": ""}, (Given("training", "internal", {"date": "2025-05-06"}),))
    with pytest.raises(Invalid) as refused:
        archive.opening.open_all(HR, entries)
    names = {fault.name for fault in refused.value.fields}
    assert names == {"rows.2.department", "rows.2.hire_date", "rows.4.name"}
    assert archive.files.list(HR)[0] == []


def test_an_id_number_twice_in_one_sheet(archive: Archive) -> None:
    """The second row with an ID number is refused, as is one that the archive knows already."""
    archive.opening.open(HR, {**GIVEN, "name": "旧人", "id_number": ID_NUMBER})
    found = archive.opening.check(HR, [Entry({**GIVEN, "id_number": ID_NUMBER})] * 2)
    assert [(row, fault.name) for row, fault in found.faults] == [(1, "id_number"), (2, "id_number")]
    other = "990101199003071018"
    found = archive.opening.check(HR, [Entry({**GIVEN, "id_number": other})] * 2)
    assert [row for row, _ in found.faults] == [2]


def test_rows_are_held_against_each_other_whatever_else_is_wrong(archive: Archive) -> None:
    """An ID number that stands twice is named though other rows have faults, by the rows of the sheet; two rows of one
    name are asked about, both."""
    other = "990101199003071018"
    entries = [
        Entry({**GIVEN, "id_number": other}, row=3),
        Entry({**GIVEN, "name": "上官云", "id_number": other, "hire_date": "x"}, row=6),
        Entry({**GIVEN, "department": "moon"}, row=9),
    ]
    found = archive.opening.check(HR, entries)
    assert [(row, fault.name) for row, fault in found.faults] == [(6, "hire_date"), (6, "id_number"), (9, "department")]
    assert found.same_names == (3, 9)
    twice = [Entry(GIVEN), Entry(GIVEN)]
    with pytest.raises(Conflict):
        archive.opening.open_all(HR, twice)
    assert len(archive.opening.open_all(HR, twice, confirmed=True)) == 2


def test_the_page_names_the_rows_of_the_sheet(archive: Archive) -> None:
    """With empty lines between, faults and namesakes bear the numbers that the sheet shows, and the right names."""
    archive.accounts.create(SYSTEM, "hr", "孙丽", HR.role, PASSWORD, "hr")
    client = create_app(archive).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {log_in(client, 'hr')}"
    nothing = (None,) * 5
    good = ("上官云", "北方客服部", "客服专员", "2021-03-01", None)
    wrong = ("司空大年", "北方客服部", "客服专员", "三月", None)

    def check(*lines: tuple[object, ...]) -> str:
        book = io.BytesIO(filled(*lines).getvalue())
        return client.post("/files/import/check", data={"sheet": (book, "a.xlsx")}).text

    assert "<tr><td>6</td><td>司空大年</td>" in check(good, nothing, nothing, nothing, wrong)
    assert "第 2 行、第 5 行" in check(good, nothing, nothing, good)


def test_same_names_are_asked_about(archive: Archive) -> None:
    """Rows whose name the archive has are named, and refused until confirmed; a changed name is free again."""
    file = archive.opening.open(HR, GIVEN)
    assert archive.opening.check(HR, [*rows(1), Entry(GIVEN)]).same_names == (2,)
    with pytest.raises(Conflict):
        archive.opening.open_all(HR, [Entry(GIVEN)])
    archive.files.edit(HR, file.file_no, 1, {"name": "欧阳大满"})
    assert archive.opening.open(HR, GIVEN).name == "欧阳小满"
    with pytest.raises(Conflict):
        archive.opening.open(HR, {**GIVEN, "name": "欧阳大满"})


def test_a_number_is_never_given_again(archive: Archive) -> None:
    """Under a changed rule, a number that some file ever had is passed over."""
    archive.administration.change_settings(CAST["admin"], {"numbering_rule": "KF{seq}"}, 0)
    archive.opening.open_all(HR, rows(12))
    archive.administration.change_settings(CAST["admin"], {"numbering_rule": "KF1{seq}"}, 1)
    assert [archive.opening.open(HR, {**GIVEN, "name": f"b{n}"}).file_no for n in range(4)] == [
        "KF13",
        "KF14",
        "KF15",
        "KF16",
    ]


def test_only_who_may_open_files_checks_a_sheet(archive: Archive) -> None:
    """A clerk may neither check nor import."""
    for act in (archive.opening.check, archive.opening.open_all):
        with pytest.raises(Forbidden):
            act(CAST["clerk"], rows(1))


def filled(*lines: tuple[object, ...]) -> io.BytesIO:
    book = load_workbook(io.BytesIO(sheet.template(HEAD.fields, DEPARTMENTS)))
    for line in lines:
        book["档案"].append(line)
    out = io.BytesIO()
    book.save(out)
    return out


def test_a_filled_template_gives_its_rows() -> None:
    """Departments may be written by name, dates be real dates; empty lines are left out, and the others keep their
    numbers."""
    first = ("张伟", "北方客服部", "客服专员", date(2021, 3, 1), None)
    book = filled(first, (None,) * 5, ("李娜", "south", "组长", "2022-01-02", ID_NUMBER))
    found = sheet.rows(
        book,
        HEAD.fields, DEPARTMENTS, 10,
    )  # fmt: skip
    assert found[2] == {
        "name": "张伟",
        "department": "north",
        "post": "客服专员",
        "hire_date": "2021-03-01",
        "id_number": "",
    }
    assert (found[4]["department"], found[4]["id_number"]) == ("south", ID_NUMBER)


def bomb() -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 70 * 2**20)
    return out


def without_columns() -> io.BytesIO:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["姓名", "备注"])
    book.save(out)
    return out


@pytest.mark.parametrize("content", [io.BytesIO(b""), io.BytesIO(b"no sheet"), bomb(), without_columns(), filled()])
def test_what_is_no_filled_template_is_refused(content: io.BytesIO) -> None:
    """An empty file, another kind, a bomb, missing columns and an empty template each name the sheet and the mend."""
    with pytest.raises(Invalid) as refused:
        sheet.rows(content, HEAD.fields, DEPARTMENTS, 10)
    assert [fault.name for fault in refused.value.fields] == ["sheet"]


def test_opening_leads_through_the_checklist(archive: Archive) -> None:
    """B1: right after opening, the page says what the file is without and what comes next, one click from its form."""
    archive.accounts.create(SYSTEM, "archivist", "钱芳", CAST["archivist"].role, PASSWORD, "archives")
    client = create_app(archive).test_client()
    bearer = {"Authorization": f"Bearer {log_in(client, 'archivist')}"}
    number = archive.opening.open(HR, {**GIVEN, "id_number": ID_NUMBER}).file_no
    identity = archive.records.of_file(HR, number)[0].id

    def next_step() -> tuple[str, str]:
        page = client.get(f"/files/{number}", headers=bearer).text
        found = re.search(r'id="checklist".*?btn-primary" href="([^"]+)">([^<]+)<', page, re.DOTALL)
        return (html.unescape(found[1]), found[2]) if found else ("", "")

    def upload(record: str) -> None:
        archive.scans.upload(HR, record, io.BytesIO(plate("复印件")), "a.png")

    assert next_step() == (f"/records/{identity}?checklist=yes#upload", "下一步：上传身份证复印件")
    upload(identity)
    form, words = next_step()
    assert (form, words) == (f"/files/{number}/records/new/basic/education?checklist=yes", "下一步：录入学历")
    saved = client.post(form, data={"level": "bachelor", "school": "江城大学"}, headers=bearer)
    assert saved.headers["Location"].endswith("?checklist=yes")
    assert "回到建档清单" in client.get(saved.headers["Location"], headers=bearer).text
    upload(saved.headers["Location"].split("/")[-1].partition("?")[0])
    begun = client.get(next_step()[0], headers=bearer).text  # what the head says is not asked again
    assert all(f'value="{said}"' in begun for said in ("2021-03-01", "北方客服部", GIVEN["post"]))
    for fields in (
        {"hire_date": "2021-03-01", "department": "北方客服部", "post": "客服"},
        {"number": "HT-1", "start": "2021-03-01"},
    ):
        saved = client.post(next_step()[0], data=fields, headers=bearer)
        assert saved.headers["Location"] == f"/files/{number}#checklist"
    assert next_step() == ("", "")
