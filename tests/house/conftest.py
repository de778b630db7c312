"""A larger archive, and the application over it with the whole cast."""

import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

import tests.recording  # noqa: F401 - listens from the first client on
from scanner_ingest.worker import Worker
from service.app import create_app
from service.bootstrap import Archive
from service.files.rules import File
from service.intake.rules import Entry, Given
from service.intake.submissions.rules import spread
from service.person import SYSTEM, Role
from service.places.rules import Kind
from tests.cast import CAST, PASSWORD
from tests.scans.conftest import Plate, plate

FILES, ACCOUNTS, SCANS = 600, 201, 205


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    for person in CAST.values():
        archive.accounts.create(
            SYSTEM, person.account, person.name, person.role, PASSWORD, person.department, person.file_no
        )
    return create_app(archive).test_client()


@pytest.fixture
def first(archive: Archive) -> File:
    """The file of the cast's agent."""
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(CAST["hr"], given)


@pytest.fixture
def scan(archive: Archive, first: File) -> tuple[str, str]:
    """A record of that file with a scan that was read; both ids."""
    contract = {"number": "HT-2021-7", "start": "2021-03-01"}
    record = archive.records.add(CAST["hr"], first.file_no, "onboarding", "contract", contract)
    kept, _ = archive.scans.upload(CAST["hr"], record.id, io.BytesIO(plate("甲方")), "a.png")
    Worker(archive, Plate()).once()
    return record.id, kept.id


@pytest.fixture
def ids(archive: Archive, first: File, scan: tuple[str, str]) -> dict[str, str]:
    """What stands in the places of a route's rule: one of everything that has an address."""
    archivist = CAST["archivist"]
    room = archive.places.add(archivist, Kind.ROOM, "", {"name": "一号库房"})
    box = archive.places.add(archivist, Kind.BOX, room.code, {"name": "合同一"})
    stocktake = archive.stocktaking.begin(archivist, box.code)
    until = (archive.clock.now() + timedelta(days=1)).isoformat()
    asked = {"files": [first.file_no], "purpose": "business", "reason": "核对合同", "until": until}
    borrowed = {"items": first.file_no, "reason": "核对合同", "until": until[:10]}
    lines = spread("training", "internal", {"date": "2025-05-06", "course": "礼仪"}, [{"file_no": first.file_no}])
    promotion = spread("career", "promotion", {"date": "2025-05-06", "to_post": "组长"}, [{"file_no": first.file_no}])
    archives = CAST["archives"]
    fire = archive.care.add_facility(
        archives, {"kind": "fire", "name": "灭火器", "every_days": "30", "due": until[:10]}
    )
    archive.care.add_keeper(archives, "archivist")
    archive.care.remind()
    duties = {one.content.matter: one.case.id for one in archive.care.inspections(archives)[0]}
    return {
        "facility_id": fire.id, "care/duties/case_id": duties["inspection"], "care/keepers/account": "archivist",
        "submissions/case_id": archive.submissions.create(CAST["clerk"], lines).id,
        "supplements/case_id": archive.supplements.create(CAST["clerk"], promotion).id,
        "file_no": first.file_no, "record_id": scan[0], "scan_id": scan[1], "code": box.code,
        "stocktake_id": stocktake.id, "loans/case_id": archive.lending.ask(CAST["clerk"], borrowed).case.id,
        "case_id": archive.viewing.ask(CAST["clerk"], asked).case.id,
    }  # fmt: skip


@pytest.fixture
def large(archive: Archive, scan: tuple[str, str]) -> None:
    """More of everything than any one filter may match."""
    trainings = [Given("training", "internal", {"date": f"2025-05-{n + 1:02}", "course": f"课程{n}"}) for n in range(2)]
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    entries = [Entry({**given, "name": f"同名者{n % 2}"}, tuple(trainings)) for n in range(FILES)]
    for start in range(0, FILES, 200):
        archive.opening.open_all(CAST["hr"], entries[start : start + 200], confirmed=True)
    for n in range(SCANS):
        archive.scans.upload(CAST["hr"], scan[0], io.BytesIO(plate(str(n), (40, 200))), "a.png")
    for n in range(ACCOUNTS):
        archive.accounts.create(SYSTEM, f"agent{n}", "某人", Role.AGENT, PASSWORD, "north")
