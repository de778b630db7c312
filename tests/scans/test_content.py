"""The original as it goes over HTTP: whole, in parts, not again, and never without its event."""

import io

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.person import SYSTEM
from service.records.rules import Record
from tests.cast import CAST, PASSWORD
from tests.scans.conftest import plate

DATA = plate("劳动合同书")


@pytest.fixture
def client(archive: Archive, record: Record) -> FlaskClient:
    archive.accounts.create(SYSTEM, "hr", "孙丽", CAST["hr"].role, PASSWORD, "hr")
    made = create_app(archive).test_client()
    token = made.post("/api/v1/session", json={"username": "hr", "password": PASSWORD}).json["token"]
    made.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return made


@pytest.fixture
def where(archive: Archive, client: FlaskClient, record: Record) -> str:
    """Where an uploaded original is."""
    scan, _ = archive.scans.upload(CAST["hr"], record.id, io.BytesIO(DATA), "a.png")
    return f"/api/v1/scans/{scan.id}/content"


def looks(archive: Archive, record: Record) -> int:
    events = archive.audit.trail.chain(file_chain(record.file_no))
    return [event.action for event in events].count("scan.original")


def test_the_whole_original(archive: Archive, client: FlaskClient, where: str, record: Record) -> None:
    """It comes byte for byte, as a download that bears no person's name, and leaves one event."""
    answer = client.get(where)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, DATA, "image/png")
    assert (answer.headers["Accept-Ranges"], answer.content_length) == ("bytes", len(DATA))
    assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{record.file_no}-')
    assert looks(archive, record) == 1


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("0-9", 0, 10), ("10-", 10, len(DATA)), ("-7", len(DATA) - 7, len(DATA)), (f"5-{10**9}", 5, len(DATA))],
)
def test_a_part_of_it(client: FlaskClient, where: str, asked: str, start: int, end: int) -> None:
    """A range gives these bytes and says which of how many they are."""
    answer = client.get(where, headers={"Range": f"bytes={asked}"})
    assert (answer.status_code, answer.data) == (206, DATA[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert answer.content_length == end - start


def test_a_part_that_there_is_not(archive: Archive, client: FlaskClient, where: str, record: Record) -> None:
    """Beyond its end nothing is sent, its length is told, and nobody has looked."""
    answer = client.get(where, headers={"Range": f"bytes={len(DATA)}-"})
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"
    assert looks(archive, record) == 0


def test_what_one_has_is_not_sent_again(archive: Archive, client: FlaskClient, where: str, record: Record) -> None:
    """Who names the tag of what they have gets nothing, and that is no look; another tag gets the whole."""
    tag = client.get(where).headers["ETag"]
    again = client.get(where, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, looks(archive, record)) == (304, b"", 1)
    assert client.get(where, headers={"If-None-Match": '"another"'}).status_code == 200
    assert looks(archive, record) == 2
