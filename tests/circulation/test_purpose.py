"""What for: HR says it before the first look of a session (V3), a pass opens for its own purpose alone (V5)."""

import io

import pytest
from flask.testing import FlaskClient

from scanner_ingest.worker import Worker
from service.app import LOOKS, create_app
from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.circulation.registers.operations import VIEWS
from service.files.rules import File
from service.intake.submissions.rules import spread
from service.person import SYSTEM
from service.scans.rules import Scan
from tests.cast import CAST, PASSWORD
from tests.circulation.conftest import Ask, Bearer, Take
from tests.circulation.test_register import SERVED
from tests.scans.conftest import Plate, plate

HR = CAST["hr"]


@pytest.fixture
def scan(archive: Archive, file: File) -> Scan:
    contract = {"number": "HT-2021-7", "start": "2021-03-01"}
    record = archive.records.add(HR, file.file_no, "onboarding", "contract", contract)
    kept, _ = archive.scans.upload(HR, record.id, io.BytesIO(plate("甲方")), "a.png")
    Worker(archive, Plate()).once()
    return archive.scans.state(HR, kept.id)


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    for name in ("clerk", "hr"):
        one = CAST[name]
        archive.accounts.create(SYSTEM, name, one.name, one.role, PASSWORD, one.department)
    return create_app(archive).test_client()


def test_every_page_with_content_asks_hr_what_for(
    archive: Archive, client: FlaskClient, bearer: Bearer, file: File, scan: Scan
) -> None:
    """V3: each page that shows something of a file asks first, and its look then says it; reading a case does too."""
    course = {"date": "2025-05-06", "course": "投诉处理"}
    case = archive.submissions.create(HR, spread("training", "internal", course, [{"file_no": file.file_no}])).case
    paths = {
        "desk.file_page": f"/files/{file.file_no}", "printing.file": f"/files/{file.file_no}/print",
        "records.detail": f"/records/{scan.record_id}", "records.row": f"/records/{scan.record_id}/row",
        "records.edit_page": f"/records/{scan.record_id}/edit", "scans.viewer": f"/scans/{scan.id}",
        "scans.printed": f"/scans/{scan.id}/print", "scans.pages_page": f"/scans/{scan.id}/pages",
        "submissions.detail": f"/submissions/{case.id}", "supplements.detail": "",
    }  # fmt: skip
    assert set(paths) == LOOKS
    assert {page for page in SERVED if "_api." not in page} - {"lending.letter"} <= LOOKS  # which HR may not read
    hr, chain = bearer("hr"), file_chain(file.file_no)
    for path in filter(None, paths.values()):
        before = archive.audit.trail.head(chain)[0]
        answer = client.get(path, headers=hr)
        assert (answer.status_code, answer.location.split("?")[0]) == (302, "/purpose"), path
        assert archive.audit.trail.head(chain)[0] == before
    assert client.put("/api/v1/session/purpose", json={"purpose": "hiring"}, headers=hr).status_code == 204
    for path in filter(None, paths.values()):
        before = archive.audit.trail.head(chain)[0]
        assert client.get(path, headers=hr).status_code == 200, path
        looks = [one for one in archive.audit.trail.chain(chain, before + 1) if one.action in VIEWS]
        assert {one.ids.get("purpose") for one in looks} == {"hiring"}, path


def test_hr_looks_directly_for_three_purposes(client: FlaskClient, bearer: Bearer) -> None:
    """V3: hiring, promotion and appraisal; a dispute or other work is asked for like everybody's (V2)."""
    hr = bearer("hr")
    for purpose, status in (
        ("hiring", 204),
        ("promotion", 204),
        ("appraisal", 204),
        ("dispute", 422),
        ("business", 422),
    ):
        assert client.put("/api/v1/session/purpose", json={"purpose": purpose}, headers=hr).status_code == status
    page = client.get("/purpose", headers=hr).text
    assert ('value="hiring"' in page, 'value="dispute"' in page) == (True, False)


def test_a_viewing_that_is_begun_is_for_its_own_purpose(
    archive: Archive, client: FlaskClient, bearer: Bearer, ask: Ask, take: Take, scan: Scan
) -> None:
    """V5: what was begun for an appraisal opens nothing that was granted for a dispute until that is begun; over HTTP a
    pass opens from its network alone, and no more from the revocation on."""
    clerk, page = bearer("clerk"), f"/api/v1/scans/{scan.id}/pages/1"
    assert client.post("/api/v1/pledge", json={"version": 1}, headers=clerk).status_code == 200
    other = ask(purpose="dispute", categories=["basic"])
    take("archivist", take("head", other, "sign"), "grant")
    mine = take("archivist", take("head", ask(), "sign"), "grant", places="127.0.0.0/8")

    def opens(origin: str = "127.0.0.1") -> int:
        return client.get(page, headers=clerk, environ_base={"REMOTE_ADDR": origin}).status_code

    assert (opens(), opens("10.9.9.9")) == (200, 404)
    assert client.get(f"/view-requests/{other.case.id}/begin", headers=clerk).location == f"/files/{scan.file_no}"
    assert opens() == 404
    detail = client.get(f"/view-requests/{mine.case.id}", headers=clerk).text
    assert f"/view-requests/{mine.case.id}/begin" in detail
    assert client.get(f"/view-requests/{mine.case.id}/begin", headers=clerk).location == f"/scans/{scan.id}"
    assert opens() == 200
    look = list(archive.audit.trail.chain(file_chain(scan.file_no)))[-1]
    assert (look.ids["pass"], look.ids["purpose"]) == (mine.case.id, "appraisal")
    take("archivist", mine, "revoke", note="查阅已无必要")
    assert opens() == 404
