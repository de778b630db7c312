"""A grant of single records or pages, by the routes: the pass opens those, and nothing else of the file (V2, V5)."""

import io
from collections.abc import Sequence

import pytest
from flask.testing import FlaskClient
from PIL import Image

from scanner_ingest.worker import Worker
from service.app import create_app
from service.bootstrap import Archive
from service.circulation.viewing.operations import Request
from service.files.rules import File
from service.person import SYSTEM
from service.scans.rules import Scan
from tests.cast import CAST, PASSWORD
from tests.circulation.conftest import Ask, Bearer, Take
from tests.scans.conftest import Plate, plate


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    for name in ("clerk", "head", "archivist"):
        one = CAST[name]
        archive.accounts.create(SYSTEM, name, one.name, one.role, PASSWORD, one.department)
    return create_app(archive).test_client()


@pytest.fixture
def scans(archive: Archive, file: File) -> list[Scan]:
    """Two trainings, each with a scan of three pages."""
    sheets = [Image.open(io.BytesIO(plate(sign))).convert("RGB") for sign in "一二三"]
    kept = []
    for day in (6, 7):
        record = archive.records.add(
            CAST["hr"], file.file_no, "training", "internal", {"date": f"2025-05-0{day}", "course": f"第{day}课"}
        )
        sent = io.BytesIO()
        sheets[0].save(sent, "PDF", save_all=True, append_images=sheets[1:], title=str(day))
        sent.seek(0)
        kept.append(archive.scans.upload(CAST["hr"], record.id, sent, "a.pdf")[0])
    reader = Worker(archive, Plate())
    while reader.once():
        pass
    return [archive.scans.state(CAST["hr"], one.id) for one in kept]


def open_to(client: FlaskClient, headers: dict[str, str], scans: Sequence[Scan], file: File) -> set[str]:
    """Of all routes that show something of the two scans, their records or the file on paper, those that answer."""
    paths = [f"/files/{file.file_no}/print"]
    for scan in scans:
        api = f"/api/v1/scans/{scan.id}"
        for page in (1, 2, 3):
            paths += [f"{api}/pages/{page}/image", f"{api}/pages/{page}", f"{api}/pages/{page}/thumbnail"]
            paths.append(f"/scans/{scan.id}?page={page}")
        paths += [f"{api}/content", f"/scans/{scan.id}/print", f"/api/v1/records/{scan.record_id}"]
        paths += [f"/records/{scan.record_id}", f"/records/{scan.record_id}/row", f"/records/{scan.record_id}/edit"]
    found = {path for path in paths if client.get(path, headers=headers).status_code == 200}
    said = {scan.id: f"scan-{name}" for name, scan in zip("ab", scans, strict=True)}
    said |= {scan.record_id: f"record-{name}" for name, scan in zip("ab", scans, strict=True)}
    for key, name in said.items():
        found = {path.replace(key, name).replace("/api/v1", "api:") for path in found}
    return found


def granted(
    client: FlaskClient, bearer: Bearer, signed: Request, records: Sequence[str], pages: Sequence[str]
) -> dict[str, str]:  # fmt: skip
    """The archivist picks on the page; the clerk signs the pledge."""
    office, address = bearer("archivist"), f"/view-requests/{signed.case.id}/parts"
    form = client.get(address, headers=office).text
    assert all(f'value="{one}"' in form for one in (*records, *pages))
    sent = {"version": signed.case.version, "records": records, "pages": pages}
    assert client.post(address, data=sent, headers=office).status_code == 302
    clerk = bearer("clerk")
    assert client.post("/api/v1/pledge", json={"version": 1}, headers=clerk).status_code == 200
    return clerk


PAGE_TWO = {
    "api:/scans/scan-a/pages/2/image", "api:/scans/scan-a/pages/2", "api:/scans/scan-a/pages/2/thumbnail",
    "/scans/scan-a?page=2",
}  # fmt: skip


def test_a_pass_of_one_page_opens_that_page_alone(
    client: FlaskClient, bearer: Bearer, ask: Ask, take: Take, scans: list[Scan], file: File
) -> None:
    """V2, V5: image, text, thumbnail and viewer of the page; no other page, no original, no print, no record."""
    signed = take("head", ask(), "sign")
    clerk = granted(client, bearer, signed, [], [f"{scans[0].id}/2"])
    assert open_to(client, clerk, scans, file) == PAGE_TWO
    began = client.get(f"/view-requests/{signed.case.id}/begin", headers=clerk)
    assert began.location == f"/scans/{scans[0].id}?page=2"
    assert f"/scans/{scans[0].id}?page=2" in client.get(f"/files/{file.file_no}", headers=clerk).text


def test_a_pass_of_one_record_opens_that_record_alone(
    client: FlaskClient, bearer: Bearer, ask: Ask, take: Take, scans: list[Scan], file: File
) -> None:
    """V2, V5: the record with its three pages; nothing of the other, and nothing to take away."""
    clerk = granted(client, bearer, take("head", ask(), "sign"), [scans[0].record_id], [])
    found = open_to(client, clerk, scans, file)
    assert len(found) == 15
    assert all("-a" in path for path in found)
    assert not any(path.endswith(("content", "print", "edit")) for path in found)


def test_a_record_beside_a_page_gives_its_pages(
    client: FlaskClient, bearer: Bearer, ask: Ask, take: Take, scans: list[Scan], file: File
) -> None:
    """V2: who gets one page of a record and another record whole sees the pages of both, and no record's values."""
    clerk = granted(client, bearer, take("head", ask(), "sign"), [scans[1].record_id], [f"{scans[0].id}/2"])
    found = open_to(client, clerk, scans, file)
    assert {path for path in found if "-a" in path} == PAGE_TWO
    assert len([path for path in found if "scan-b" in path]) == 12
    assert not any("record-" in path for path in found)


def test_with_download_a_record_is_printed_and_nothing_else(
    archive: Archive, client: FlaskClient, bearer: Bearer, ask: Ask, take: Take, scans: list[Scan], file: File
) -> None:
    """K2: who asked for the original and got one record prints that record; the other is not on the paper."""
    signed = take("head", ask(original="yes", masked=False), "sign")
    clerk = granted(client, bearer, signed, [scans[0].record_id], [])
    found = open_to(client, clerk, scans, file)
    assert {"api:/scans/scan-a/content", "/scans/scan-a/print", f"/files/{file.file_no}/print"} <= found
    assert not any("-b" in path for path in found)
    paper = client.get(f"/files/{file.file_no}/print", headers=clerk).text
    assert ("第6课" in paper, "第7课" in paper) == (True, False)


def test_nothing_picked_and_nothing_of_others_is_granted(
    archive: Archive, client: FlaskClient, bearer: Bearer, ask: Ask, take: Take, scans: list[Scan]
) -> None:
    """An empty choice is refused by its field, and so is one of what is not in the file; the clerk may not choose."""
    signed = take("head", ask(), "sign")
    address, office = f"/view-requests/{signed.case.id}/parts", bearer("archivist")
    for records in ([], ["0" * 24]):
        answer = client.post(address, data={"version": signed.case.version, "records": records}, headers=office)
        assert (answer.status_code, "请至少选择一份材料或一页" in answer.text) == (422, True)
    assert client.get(address, headers=bearer("clerk")).status_code == 403
    assert archive.passes.of("clerk") == ()


def test_what_was_not_asked_for_is_not_to_be_picked(
    archive: Archive, client: FlaskClient, bearer: Bearer, ask: Ask, take: Take, scans: list[Scan]
) -> None:
    """V2: a grant narrows; of a request for appraisals no training is offered, and none is granted when it is sent."""
    signed = take("head", ask(categories=["appraisal"]), "sign")
    address, office = f"/view-requests/{signed.case.id}/parts", bearer("archivist")
    assert scans[0].record_id not in client.get(address, headers=office).text
    sent = {"version": signed.case.version, "records": [scans[0].record_id]}
    assert client.post(address, data=sent, headers=office).status_code == 422
    assert archive.passes.of("clerk") == ()
