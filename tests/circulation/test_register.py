"""The register of views, held against the server's own log over a scripted day; and many clients at once."""

import io
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from scanner_ingest.worker import Worker
from service.app import create_app
from service.bootstrap import Archive
from service.casework.register import Days
from service.circulation.registers import operations
from service.circulation.registers.operations import VIEWS, Wanted
from service.errors import Forbidden, Invalid
from service.files.rules import File
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD, equipped, holding
from tests.circulation.conftest import Ask, Bearer, Take
from tests.house.test_routes import RULES
from tests.scans.conftest import Plate, plate

SERVED = {
    "scans_api.image": ("scan.page",),
    "scans_api.text": ("scan.text",),
    "scans_api.content": ("scan.original",),
    "scans.printed": ("scan.printed",),
    "scans.viewer": ("scan.look", "scan.text"),
    "printing.file": ("file.printed",),
    "desk.file_page": ("file.read",),
    "records_api.of_file": ("file.read",),
    **dict.fromkeys(("records_api.get", "records_api.versions"), ("record.read",)),
    **dict.fromkeys(("records.detail", "records.row", "records.edit_page"), ("record.read",)),
    **dict.fromkeys(("submissions.detail", "submissions_api.get"), ("record.read",)),
    **dict.fromkeys(("supplements.detail", "supplements_api.get"), ("record.read",)),
    **dict.fromkeys(("lending.letter", "lending_api.letter"), ("loans.letter-read",)),
    "lending_api.returned_page": ("loans.returned-read",),
}
"""What shows something of what lies in a file, by endpoint, and what the register calls it (of one record)."""
PLAIN = frozenset(
    {
        "files.edit_page", "files_api.get_file", "records.new_page", "places_api.where",  # a file's head, and its place
        "places_api.where_record",
        "scans.pages_page", "scans_api.get", "scans_api.of_record", "scans_api.thumbnail",  # nothing that can be read
        "desk.begin_viewing", "viewing.choose", "viewing.detail", "viewing.paper", "viewing_api.get",  # what is asked
        "lending.detail", "lending.slip", "lending_api.get", "lending_api.comparisons", "care.duty",
    }
)  # fmt: skip
"""What has a file, a record, a scan or a case in its address and shows nothing of what lies in a file."""
NAMED = frozenset({"file_no", "record_id", "scan_id", "case_id"})


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    for name in ("agent", "clerk", "head", "hr", "archivist", "auditor"):
        one = CAST[name]
        archive.accounts.create(SYSTEM, name, one.name, one.role, PASSWORD, one.department, one.file_no)
    return create_app(archive).test_client()


def test_every_page_that_is_served_has_its_line(
    archive: Archive, client: FlaskClient, bearer: Bearer, file: File, ask: Ask, take: Take,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """V4: over a day of HR, the agent, a clerk with a pass and one without, log and register say the same."""
    record = archive.records.add(
        CAST["hr"], file.file_no, "training", "internal", {"date": "2025-05-06", "course": "a"}
    )
    scan, _ = archive.scans.upload(CAST["hr"], record.id, io.BytesIO(plate("一")), "a.png")
    Worker(archive, Plate()).once()
    paths = (
        f"/files/{file.file_no}", f"/api/v1/files/{file.file_no}/records", f"/api/v1/records/{record.id}",
        f"/scans/{scan.id}", f"/api/v1/scans/{scan.id}/pages/1", f"/api/v1/scans/{scan.id}/pages/1/image",
        f"/api/v1/scans/{scan.id}/pages/1/thumbnail", f"/api/v1/scans/{scan.id}/content",
        f"/scans/{scan.id}/print", f"/files/{file.file_no}/print", f"/records/{record.id}", f"/records/{record.id}/row",
        f"/records/{record.id}/edit", f"/api/v1/records/{record.id}/versions",
    )  # fmt: skip
    hr, agent, clerk = bearer("hr"), bearer("agent"), bearer("clerk")
    assert client.put("/api/v1/session/purpose", json={"purpose": "promotion"}, headers=hr).status_code == 204

    def a_round(headers: dict[str, str]) -> None:
        for path in paths:
            assert client.get(path, headers=headers).status_code < 500

    a_round(clerk)
    take("archivist", take("head", ask(), "sign"), "grant")
    assert client.get(paths[5], headers=clerk).json["mend"] == "/api/v1/pledge"
    assert client.post("/api/v1/pledge", json={"version": 1}, headers=clerk).status_code == 200
    for headers in (clerk, hr, agent, clerk):
        a_round(headers)
    log = capfd.readouterr()
    served: Counter[str] = Counter()
    routes = client.application.url_map.bind("localhost")
    for path, status in re.findall(r"method=GET .*?path=(\S+) .*?status=(\d+)", log.out + log.err):
        if status == "200":
            served.update(SERVED.get(routes.match(path)[0], ()))
    lines = client.get("/api/v1/registers/views", headers=bearer("auditor")).json["items"]
    assert Counter(line["action"] for line in lines) == served
    assert (served["scan.page"], served["scan.printed"], served["file.printed"]) == (4, 1, 1)
    seen = {(line["account"], line["purpose"], bool(line["pass"])) for line in lines if line["action"] == "scan.page"}
    assert seen == {("clerk", "appraisal", True), ("hr", "promotion", False), ("agent", None, False)}


def test_no_route_is_served_unseen(client: FlaskClient) -> None:
    """V4: whatever is new and names a file, a record, a scan or a case is told apart here: registered, or plain."""
    every = client.application.url_map.iter_rules()
    found = {rule.endpoint for rule in every if "GET" in rule.methods and NAMED & rule.arguments}
    assert found == SERVED.keys() | PLAIN
    assert found <= RULES.keys()
    assert {action for actions in SERVED.values() for action in actions} <= VIEWS


def test_what_a_refused_change_shows_has_its_line(
    archive: Archive, client: FlaskClient, bearer: Bearer, file: File
) -> None:  # fmt: skip
    """P3, V4: a lost race and a wrong value show the record or the page as it stands, and so are looks like others."""
    contract = {"number": "HT-2021-7", "start": "2021-03-01"}
    record = archive.records.add(CAST["archivist"], file.file_no, "onboarding", "contract", contract)
    scan, _ = archive.scans.upload(CAST["hr"], record.id, io.BytesIO(plate("一")), "a.png")
    Worker(archive, Plate()).once()
    hr, api = bearer("hr"), f"/api/v1/records/{record.id}"
    tries = (
        (client.post, f"{api}/verify", {"json": {"verdict": "verified", "version": 0}}, 409),
        (client.patch, api, {"json": {"version": 0, "fields": contract}}, 409),
        (client.patch, f"/api/v1/scans/{scan.id}/pages/1", {"json": {"version": 0, "text": "二"}}, 409),
        (client.post, f"/records/{record.id}/edit", {"data": {"version": "0", **contract}}, 409),
        (client.post, f"/records/{record.id}/verify", {"data": {"version": "1", "verdict": "false"}}, 422),
        (client.post, f"/records/{record.id}/file", {"data": {"version": "1"}}, 409),
    )  # fmt: skip
    wanted = []
    for send, path, given, status in tries:
        answer = send(path, headers=hr, **given)
        assert (answer.status_code, "HT-2021-7" in answer.text or "一" in answer.text) == (status, True), path
        wanted.insert(0, "scan.text" if "/scans/" in path else "record.read")
        lines = client.get("/api/v1/registers/views", headers=bearer("auditor")).json["items"]
        assert [line["action"] for line in lines] == wanted, path


def test_the_register_is_filtered_and_goes_on(archive: Archive, file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """V4: by person, file and day, page by page, and every line once."""
    monkeypatch.setattr(operations, "PAGE", 3)
    auditor, day = CAST["auditor"], Days(archive.clock.today(), archive.clock.today())
    for name in ("hr", "archivist", "hr", "hr", "hr"):
        archive.records.of_file(equipped(archive, name), file.file_no)

    def seen(**wanted: object) -> list[tuple[str, int]]:
        found, more = archive.views.read(auditor, Wanted(**wanted))
        rows = [(line.event.account, line.event.seq) for line in found]
        return rows + seen(**{**wanted, "before": more}) if more else rows

    everything = seen()
    assert [account for account, _ in everything] == ["hr", "hr", "hr", "archivist", "hr"]
    assert seen(file_no=file.file_no) == seen(days=day) == everything
    assert seen(account="archivist") == [everything[3]]
    assert seen(file_no=file.file_no, account="hr", days=day) == [one for one in everything if one[0] == "hr"]
    assert seen(file_no="KF-2021-99999") == []
    with pytest.raises(Invalid):
        archive.views.read(auditor, Wanted(before="yesterday"))
    for name in ("hr", "head", "admin"):
        with pytest.raises(Forbidden):
            archive.views.read(CAST[name], Wanted())


def test_the_register_is_exported(archive: Archive, client: FlaskClient, bearer: Bearer, file: File) -> None:
    """V4: the sheet has the columns that such a register usually has, and is an event of its own."""
    archive.records.of_file(holding(archive, "head", file.file_no), file.file_no)
    answer = client.post("/registers/views/export", headers=bearer("archivist"))
    rows = list(load_workbook(io.BytesIO(answer.data)).worksheets[0].iter_rows(values_only=True))
    assert rows[0][:6] == ("序号", "查阅时间", "查阅人", "部门", "档案编号", "查阅内容")
    assert (rows[1][2], rows[1][3], rows[1][4]) == ("吴敏", "北方客服部", file.file_no)
    actions = [event.action for event in archive.audit.trail.chain("account:archivist")]
    assert actions[-1] == "register.exported"


def test_fifty_clients_grant_one_request(
    archive: Archive, client: FlaskClient, bearer: Bearer, ask: Ask, take: Take
) -> None:
    """Exactly one succeeds, the others are told that it was done, and nobody meets a fault."""
    case_id, headers = take("head", ask(), "sign").case.id, bearer("archivist")

    def attempt(_: int) -> int:
        other = client.application.test_client()
        return other.post(f"/api/v1/view-requests/{case_id}/grant", json={}, headers=headers).status_code

    with ThreadPoolExecutor(50) as pool:
        assert Counter(pool.map(attempt, range(50))) == {200: 1, 409: 49}
    assert len(archive.passes.of("clerk")) == 1
