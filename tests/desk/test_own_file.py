"""What an agent has of their own file, and what the file is as one bound document."""

import re

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.bootstrap import Archive
from service.files.rules import File
from tests.cast import CAST
from tests.desk.conftest import bearer

HR = CAST["hr"]
OPINION = {"source": "colleague", "date": "2025-01-05", "opinion": "认真负责"}


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    return create_app(archive).test_client()


@pytest.fixture
def filled(archive: Archive, file: File) -> File:
    """Records that were entered in no order at all; one is what a colleague thinks."""
    for category, sub, fields in (
        ("training", "internal", {"date": "2025-05-06", "course": "投诉处理"}),
        ("appraisal", "opinion", OPINION),
        ("training", "internal", {"date": "2022-01-01", "course": "服务礼仪"}),
        ("basic", "contact", {"mobile": "13812345678"}),
    ):
        archive.records.add(HR, file.file_no, category, sub, fields)
    return file


def test_an_agent_sees_their_own_file_and_no_other(archive: Archive, client: FlaskClient, filled: File) -> None:
    """V1: their records without what others think of them, on the page and by the API; of another's file, nothing."""
    given = {"name": "何雨", "department": "north", "post": "客服", "hire_date": "2021-03-01"}
    other = archive.opening.open(HR, given)
    headers = bearer(client, "agent")
    assert filled.file_no == CAST["agent"].file_no
    items = client.get(f"/api/v1/files/{filled.file_no}/records", headers=headers).json["items"]
    assert [one["subcategory"] for one in items] == ["contact", "internal", "internal"]
    page = client.get(f"/files/{filled.file_no}", headers=headers).text
    assert ("投诉处理" in page, "认真负责" in page) == (True, False)
    for path in (f"/files/{other.file_no}", f"/api/v1/files/{other.file_no}", f"/api/v1/files/{other.file_no}/records"):
        assert client.get(path, headers=headers).status_code == 404, path


def test_a_file_is_printed_as_one_document(client: FlaskClient, filled: File) -> None:
    """S4: cover, contents list and records, both in binding order: by category, and within one by date."""
    page = client.get(f"/files/{filled.file_no}/print", headers=bearer(client, "archivist")).text
    assert page.index("客服员档案") < page.index("卷内目录")
    listed = page.partition("卷内目录")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(<td.*?)</tr>", listed)]
    order = [("联系方式", ""), ("内部培训", "2022-01-01"), ("内部培训", "2025-05-06"), ("评价意见", "2025-01-05")]
    assert [(row[2], row[4]) for row in rows] == order
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    entries = re.findall(r'<section class="entry"><h2>(\d+)&ensp;(\S+?)(?:&ensp;|<)', page)
    assert entries == [(str(n), name) for n, (name, _) in enumerate(order, 1)]
