"""Pages and API over the whole application, as the cast sees them."""

import html
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openpyxl import load_workbook

from service.app import OPEN_TO_ALL, create_app
from service.bootstrap import Archive, build
from service.config import Settings
from service.person import SYSTEM
from service.store.connection import connect
from service.store.embedded import EmbeddedStore, hold_folder
from tests.cast import CAST, PASSWORD
from tests.house.test_routes import address

GIVEN = {"name": "欧阳小满", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
ID_NUMBER = "990101199003071237"
BODILESS = {
    "/api/v1/places/{code}/stocktakes", "/api/v1/stocktakes/{stocktake_id}/close", "/api/v1/scans/{scan_id}/retry",
    "/api/v1/care/facilities/{facility_id}/retire", "/api/v1/care/keepers/{account}/end",
    "/api/v1/places/{code}/originals/{item}/take-out",
    "/api/v1/places/{code}/close",
}  # fmt: skip
"""Where there is nothing to send."""
LogIn = Callable[[str], dict[str, str]]


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    for person in CAST.values():
        archive.accounts.create(
            SYSTEM, person.account, person.name, person.role, PASSWORD, person.department, person.file_no
        )
    return create_app(archive).test_client()


@pytest.fixture
def bearer(client: FlaskClient) -> LogIn:
    """The headers of someone of the cast."""

    def log_in(name: str) -> dict[str, str]:
        answer = client.post("/api/v1/session", json={"username": name, "password": PASSWORD})
        return {"Authorization": f"Bearer {answer.json['token']}"}

    return log_in


def page_log_in(client: FlaskClient, name: str) -> None:
    client.delete_cookie("dangan")
    page = client.get("/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login", data={"account": name, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 302
    if name == "hr":  # whoever looks directly says what for, once a session
        token = client.get("/purpose").text.split('name="csrf_token" value="')[1].split('"')[0]
        assert client.post("/purpose", data={"purpose": "hiring", "csrf_token": token}).status_code == 302


def test_a_password_that_somebody_gave_is_changed_first(client: FlaskClient, archive: Archive) -> None:
    """After a reset every page leads to the change of the password, the API refuses, and then all is as before."""
    given = archive.accounts.reset_password(CAST["admin"], "hr")
    token = client.post("/api/v1/session", json={"username": "hr", "password": given}).json["token"]
    refused = client.get("/api/v1/files", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, "临时密码" in refused.json["title"]) == (403, True)
    page = client.get("/login").text
    csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/login", data={"account": "hr", "password": given, "csrf_token": csrf})
    assert client.get("/files").headers["Location"] == "/password"
    page = client.get("/password").text
    assert "临时密码" in page
    csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
    changed = client.post("/password", data={"old": given, "new": PASSWORD, "csrf_token": csrf})
    assert changed.headers["Location"] == "/login"
    page_log_in(client, "hr")
    assert client.get("/files").status_code == 200


def test_nobody_gets_in_without_logging_in(client: FlaskClient) -> None:
    """Every route but the log-in, the probes and static files asks who one is."""
    assert len(OPEN_TO_ALL) == 11
    asked = 0
    for rule in client.application.url_map.iter_rules():
        if rule.endpoint in OPEN_TO_ALL:
            continue
        path = address(rule.rule, {"file_no": "KF-1", "record_id": "0" * 24})
        method = "GET" if "GET" in rule.methods else next(iter(rule.methods - {"HEAD", "OPTIONS"}))
        answer = client.open(path, method=method, headers={"Authorization": "Bearer nobody"})
        assert answer.status_code in (302, 401), (rule.endpoint, answer.status_code)
        asked += 1
    assert asked > 20


def test_the_api_opens_a_file_and_fills_it(client: FlaskClient, bearer: LogIn) -> None:
    """Opening, adding, changing and a lost race, by the names that others rely on."""
    hr = bearer("hr")
    opened = client.post("/api/v1/files", json=GIVEN, headers=hr)
    assert (opened.status_code, opened.json["file_no"]) == (201, "KF-2021-00001")
    body = {"category": "training", "subcategory": "internal", "fields": {"date": "2025-05-06", "course": "投诉处理"}}
    record = client.post("/api/v1/files/KF-2021-00001/records", json=body, headers=hr)
    assert (record.status_code, record.json["version"], record.json["date"]) == (201, 1, "2025-05-06")
    path = f"/api/v1/records/{record.json['id']}"
    fields = {"date": "2025-05-06", "course": "服务礼仪"}
    assert client.patch(path, json={"version": 1, "fields": fields}, headers=hr).json["version"] == 2
    lost = client.patch(path, json={"version": 1, "fields": fields}, headers=hr)
    assert (lost.status_code, lost.json["version"]) == (409, 2)
    assert lost.json["current"]["fields"]["course"] == "服务礼仪"


def test_problems_name_the_field_and_repeat_nothing(client: FlaskClient, bearer: LogIn) -> None:
    """A 422 is problem JSON with every wrong field, and nothing that was sent stands in it."""
    answer = client.post("/api/v1/files", json={**GIVEN, "id_number": ID_NUMBER[:-1] + "X"}, headers=bearer("hr"))
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert [error["name"] for error in answer.json["errors"]] == ["id_number"]
    assert ID_NUMBER[:-1] not in answer.text
    assert client.post("/api/v1/files", data="{", headers=bearer("hr")).status_code == 400


@pytest.mark.parametrize(
    ("name", "status"),
    [("hr", 200), ("clerk", 200), ("head", 200), ("agent", 200), ("head2", 404), ("admin", 404), ("stranger", 404)],
)
def test_who_gets_a_file(client: FlaskClient, bearer: LogIn, name: str, status: int) -> None:
    """The same file by the whole cast: readers 200, the others cannot tell that it exists."""
    client.post("/api/v1/files", json=GIVEN, headers=bearer("hr"))
    assert client.get("/api/v1/files/KF-2021-00001", headers=bearer(name)).status_code == status
    assert client.get("/api/v1/files/KF-2021-99999", headers=bearer(name)).status_code == 404


def test_a_page_form_needs_its_token(client: FlaskClient) -> None:
    """A form that another site sends with our cookie is refused, and changes nothing."""
    page_log_in(client, "hr")
    assert client.post("/files/open", data=GIVEN).status_code == 400
    assert "KF-2021-00001" not in client.get("/files").text


def test_hr_does_it_with_pages(client: FlaskClient) -> None:
    """HR opens a file, records the identity, and finds both on the file's page."""
    page_log_in(client, "hr")
    token = client.get("/files/open").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/files/open", data={**GIVEN, "csrf_token": token})
    assert answer.headers["Location"].endswith("/files/KF-2021-00001")
    path = "/files/KF-2021-00001/records/new/basic/identity"
    wrong = client.post(path, data={"name": "欧阳小满", "id_number": "1", "csrf_token": token})
    assert wrong.status_code == 422
    assert "身份证号码应为 18 位" in wrong.text
    right = {"name": "欧阳小满", "id_number": ID_NUMBER, "csrf_token": token}
    assert client.post(path, data=right, follow_redirects=True).status_code == 200
    page = client.get("/files/KF-2021-00001").text
    assert "欧阳小满" in page
    assert "身份信息" in page


def test_every_page_of_the_menu_opens(client: FlaskClient) -> None:
    """Each person's menu leads to pages that answer."""
    for name in ("hr", "admin", "auditor", "clerk", "agent", "leadership", "stranger"):
        page_log_in(client, name)
        home = client.get("/").text
        links = {
            part.split('"')[0] for part in home.split('<nav class="side"')[1].split("</nav>")[0].split('href="')[1:]
        }
        for link in links:
            assert client.get(link).status_code == 200, (name, link)


def test_answers_are_guarded(client: FlaskClient) -> None:
    """Every answer carries the headers that keep it from being framed, sniffed or kept."""
    headers = client.get("/login").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_log_holds_no_words(client: FlaskClient, capfd: pytest.CaptureFixture[str]) -> None:
    """What is typed into the box is not in the log, which carries the path alone."""
    page_log_in(client, "hr")
    client.get("/search?q=欧阳小满")
    said = "".join(capfd.readouterr())
    assert "/search" in said
    assert "欧阳" not in said


def test_openapi_describes_the_api(client: FlaskClient) -> None:
    """The specification is 3.1 and names the routes that others rely on."""
    spec = client.get("/api/v1/openapi.json").json
    assert spec["openapi"].startswith("3.1")
    assert {"/api/v1/files", "/api/v1/files/{file_no}/records", "/api/v1/session"} <= set(spec["paths"])
    contract = spec["components"]["schemas"]["onboarding.contract"]
    assert contract["required"] == ["number", "start"]
    assert contract["properties"]["renewals"]["items"]["properties"]["type"]["enum"] == ["fixed", "open", "task"]
    sent = spec["paths"]["/api/v1/files/{file_no}/records"]["post"]["requestBody"]["content"]["application/json"]
    assert {"$ref": "#/components/schemas/onboarding.contract"} in sent["schema"]["properties"]["fields"]["anyOf"]
    Draft202012Validator.check_schema(spec["components"]["schemas"]["Problem"])
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            answers = {code: one for code, one in operation["responses"].items() if code.startswith("2")}
            assert answers, (path, method)
            for answer in answers.values():
                for media, content in answer.get("content", {}).items():
                    Draft202012Validator.check_schema(content["schema"])
                    assert content["schema"] or media != "application/json", (path, method)
            assert "application/problem+json" in operation["responses"]["4XX"]["content"]
            assert "requestBody" in operation or method in ("get", "delete") or path in BODILESS, (path, method)


def test_a_store_that_is_gone_is_said(tmp_path: Path) -> None:
    """Without its store the archive answers 503 with plain words, on pages and by API."""
    with hold_folder(tmp_path):
        embedded = EmbeddedStore(tmp_path)
        store = connect(f"{embedded.start().uri}&serverSelectionTimeoutMS=300")
        built = build(Settings(data=tmp_path), store)
        built.accounts.create(SYSTEM, "hr", "孙丽", CAST["hr"].role, PASSWORD, "hr")
        client = create_app(built).test_client()
        page_log_in(client, "hr")
        embedded.kill()
        for path in ("/", "/files", "/api/v1/files"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "服务暂时不可用" in answer.text or "\\u670d" in answer.text
        store.close()


def test_searching_beyond_what_can_be_paged_is_refused(client: FlaskClient, bearer: LogIn) -> None:
    """A page behind the 10,000th hit, and a day that is none, are named instead of answered with something else."""
    for query, field in (
        ("page=101&size=100", "page"),
        ("hired_from=2021-3-001", "hired_from"),
        ("sort=age", "sort"),
        ("facets=age", "facets"),
    ):
        answer = client.get(f"/api/v1/search?{query}", headers=bearer("hr"))
        assert (answer.status_code, [error["name"] for error in answer.json["errors"]]) == (422, [field])


def test_times_are_the_offices(client: FlaskClient) -> None:
    """The trail shows the time of the office, not that of Greenwich, and only who may search has the box."""
    page_log_in(client, "auditor")
    page = client.get("/admin/trail").text
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    assert any(f"{now - timedelta(minutes=ago):%Y-%m-%d %H:%M}" in page for ago in range(3))
    assert 'id="find"' not in page
    page_log_in(client, "hr")
    assert 'id="find"' in client.get("/").text


def test_too_many_tries_from_one_address(client: FlaskClient) -> None:
    """After thirty tries in a minute, whatever the accounts, the address is told to wait, in our own words."""
    answers = [client.post("/api/v1/session", json={"username": f"n{n}", "password": "x"}) for n in range(31)]
    assert [answer.status_code for answer in answers[:30]] == [401] * 30
    assert answers[30].status_code == 429
    assert "一分钟" in answers[30].json["title"]


def test_the_master_keys_copy_is_asked_for(client: FlaskClient) -> None:
    """Administrators are reminded on their home page until one of them confirms; others are not."""
    page_log_in(client, "hr")
    assert "还没有人确认" not in client.get("/").text
    page_log_in(client, "admin")
    assert "还没有人确认" in client.get("/").text
    token = client.get("/admin/health").text.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.post("/admin/key", data={"csrf_token": token}).status_code == 302
    assert "还没有人确认" not in client.get("/").text


def test_a_lost_race_shows_both_versions(client: FlaskClient, archive: Archive) -> None:
    """The page puts what stands there beside what was typed, field by field, and keeps what was typed."""
    file = archive.opening.open(CAST["hr"], GIVEN)
    archive.files.edit(CAST["hr"], file.file_no, 1, {"post": "组长"})
    page_log_in(client, "hr")
    form = client.get(f"/files/{file.file_no}/edit").text
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post(
        f"/files/{file.file_no}/edit", data={**GIVEN, "post": "主管", "version": "1", "csrf_token": token}
    )
    assert answer.status_code == 409
    rows = answer.text.split('class="list versus"')[1].split("</table>")[0]
    assert "组长" in rows
    assert "主管" in rows
    assert rows.count('class="other"') == 2


def test_a_sheet_is_checked_and_imported(client: FlaskClient, archive: Archive) -> None:
    """The template, filled, is checked first; only then, and as a whole, are its files opened."""
    page_log_in(client, "hr")
    empty = client.get("/files/import/template.xlsx")
    book = load_workbook(io.BytesIO(empty.data))
    book.worksheets[0].append(["张伟", "北方客服部", "客服专员", "2021-03-01", None])
    book.worksheets[0].append(["李娜", "南方客服部", "客服专员", "2022-03-01", ID_NUMBER])
    out = io.BytesIO()
    book.save(out)
    token = client.get("/files/import").text.split('name="csrf_token" value="')[1].split('"')[0]
    checked = client.post(
        "/files/import/check", data={"csrf_token": token, "sheet": (io.BytesIO(out.getvalue()), "a.xlsx")}
    )
    assert checked.status_code == 200
    assert archive.files.list(CAST["hr"])[0] == []
    rows = html.unescape(checked.text.split('name="rows" value="')[1].split('">')[0])
    assert client.post("/files/import", data={"csrf_token": token, "rows": rows}).status_code == 302
    assert [file.name for file in archive.files.list(CAST["hr"])[0]] == ["李娜", "张伟"]
    wrong = client.post(
        "/files/import/check", data={"csrf_token": token, "sheet": (io.BytesIO(out.getvalue()), "a.xlsx")}
    )
    assert wrong.status_code == 422
    assert "同一号码" in wrong.text
    assert ID_NUMBER not in wrong.text


def test_a_group_is_filled_in_rows(client: FlaskClient, archive: Archive) -> None:
    """The form has one empty row more than there are; a fault stands at its row, and what was typed stays."""
    file = archive.opening.open(CAST["hr"], GIVEN)
    page_log_in(client, "hr")
    path = f"/files/{file.file_no}/records/new/performance/complaints"
    form = client.get(path).text
    assert 'name="cases.1.date"' in form
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    rows = {"cases.1.customer": "工单 7", "cases.1.date": "2025-05-12", "cases.1.what": "回访不及时"}
    given = {"period": "2025-Q2", "number": "2", "csrf_token": token, **rows, "cases.3.what": "少发一件"}
    wrong = client.post(path, data=given)
    assert wrong.status_code == 422
    assert 'id="fault-cases.2.date"' in wrong.text
    assert "少发一件" in wrong.text
    assert 'name="cases.3.date"' in wrong.text
    right = {**given, "cases.3.customer": "工单 8", "cases.3.date": "2025-05-20", "cases.4.what": ""}
    assert client.post(path, data=right).status_code == 302
    record = archive.records.of_file(CAST["hr"], file.file_no)[0]
    assert [row["customer"] for row in record.fields["cases"]] == ["工单 7", "工单 8"]
    page_log_in(client, "archivist")  # reads without saying what for
    page = client.get(f"/records/{record.id}").text
    assert "工单 8" in page
    again = client.get(f"/records/{record.id}/edit").text
    assert 'name="cases.3.date"' in again


def test_a_record_opens_in_place_as_it_does_on_its_page(client: FlaskClient, archive: Archive) -> None:
    """The fragment of the file's page shows the same values to the same people, and leaves the same event."""
    file = archive.opening.open(CAST["hr"], {**GIVEN, "id_number": ID_NUMBER})
    record = archive.records.of_file(CAST["hr"], file.file_no)[0]
    chain = f"file:{file.file_no}"
    for name, value in (("hr", ID_NUMBER), ("agent", "*")):
        page_log_in(client, name)
        before = archive.audit.trail.head(chain)[0]
        row = client.get(f"/records/{record.id}/row").text
        assert value in row
        assert (ID_NUMBER in row) == (name == "hr")
        events = archive.audit.trail.chain(chain, before + 1, before + 9)
        assert [(one.account, one.action) for one in events] == [(name, "record.read")]
    page_log_in(client, "clerk")
    assert client.get(f"/records/{record.id}/row").status_code == 404


def test_a_wrong_day_of_leaving_is_said_at_its_field(client: FlaskClient, archive: Archive) -> None:
    """The form comes back with what was typed and the mend, and nothing has changed."""
    file = archive.opening.open(CAST["hr"], GIVEN)
    page_log_in(client, "hr")
    token = client.get(f"/files/{file.file_no}/edit").text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"left_on": "2020-01-01", "version": "1", "csrf_token": token}
    answer = client.post(f"/files/{file.file_no}/leave", data=form)
    assert answer.status_code == 422
    assert 'id="fault-left_on"' in answer.text
    assert 'value="2020-01-01"' in answer.text
    assert archive.files.get(CAST["hr"], file.file_no).status == "active"
