"""The originals of records on the pages: where one lies, its label, borrowing it, and finding its loan at the desk."""

import re
from collections.abc import Callable

import pytest

from service.app import create_app
from service.bootstrap import Archive
from service.files.rules import File
from service.person import SYSTEM
from service.places.rules import Place
from service.records.rules import Record
from tests.cast import CAST, PASSWORD
from tests.places.conftest import ARCHIVIST, contract, lend, opened

# Two addresses that a page leads to: with them the paper is asked for and labelled.
Page = Callable[..., str]
BORROW, LABEL = "/loans/new?items={}", "/labels?codes={}"


@pytest.fixture
def page(archive: Archive) -> Page:
    """What a page says to an archivist or to HR."""
    client, headers = create_app(archive).test_client(), {}
    for name in ("archivist", "hr"):
        person = CAST[name]
        archive.accounts.create(SYSTEM, name, person.name, person.role, PASSWORD, person.department)
        token = client.post(
            "/api/v1/session", json={"username": name, "password": PASSWORD, "purpose": "appraisal"}
        ).json["token"]
        headers[name] = {"Authorization": f"Bearer {token}"}

    def shown(path: str, name: str = "archivist", status: int = 200) -> str:
        answer = client.get(path, headers=headers[name])
        assert answer.status_code == status, answer.text
        return answer.text

    return shown


@pytest.fixture
def files(archive: Archive) -> list[File]:
    return opened(archive, 2)


@pytest.fixture
def file(files: list[File]) -> File:
    return files[0]


@pytest.fixture
def record(archive: Archive, file: File) -> Record:
    return contract(archive, file)


def test_a_records_page_says_where_its_paper_is(
    archive: Archive, page: Page, file: File, record: Record, box: Place
) -> None:
    """S5: no place yet, then in its file's bag, then in a box of its own, then out; label and loan are one click."""
    at = f"/records/{record.id}"
    first = page(at)
    assert "未放置" in first
    assert all(link.format(record.id) in first for link in (BORROW, LABEL))
    archive.places.put(ARCHIVIST, file.file_no, box.code)
    assert "（随整份档案）" in page(at)
    archive.places.put(ARCHIVIST, record.id, box.code)
    assert "（随整份档案）" not in page(at)
    assert box.name in page(at)
    lend(archive, record.id)
    assert "已借出，应还" in page(at)
    assert "/registers/loans" not in page(at, "hr")  # which HR may not read
    assert "/registers/loans" not in page(f"/files/{file.file_no}", "hr")
    assert "/registers/loans" in page(f"/files/{file.file_no}")


def test_a_box_is_borrowed_and_labelled_from_its_page(
    archive: Archive, page: Page, file: File, record: Record, box: Place
) -> None:
    """L2, S3: the box's page leads to a loan of all that is in it, and to the labels of all that is in it."""
    empty = page(f"/places/{box.code}")
    assert BORROW.format(box.code) not in empty
    for code in (file.file_no, record.id):
        archive.places.put(ARCHIVIST, code, box.code)
    full = page(f"/places/{box.code}")
    assert BORROW.format(box.code) in full
    assert f"/labels?inside={box.code}" in full
    assert "共 2 枚" in page(f"/labels?inside={box.code}")


def test_the_desk_finds_a_loan_by_the_boxs_label(
    archive: Archive, page: Page, files: list[File], record: Record, box: Place
) -> None:
    """L6: one loan opens at once; of several one is picked; a record's label finds the loan of its whole file."""
    other = contract(archive, files[1])
    for code in (record.id, other.id):
        archive.places.put(ARCHIVIST, code, box.code)
    assert "没有与这个编号有关的借阅" in page(f"/loans/desk?code={box.code}", status=404)
    whole = lend(archive, files[0].file_no)
    assert archive.lending.at_desk(ARCHIVIST, box.code) == (whole,)
    assert archive.lending.at_desk(ARCHIVIST, record.id) == (whole,)
    alone = lend(archive, other.id)
    assert set(archive.lending.at_desk(ARCHIVIST, box.code)) == {whole, alone}
    listed = page(f"/loans/desk?code={box.code}")
    assert set(re.findall(r"/loans/([0-9a-f]{24})", listed)) == {whole, alone}
    assert "归还" in listed
