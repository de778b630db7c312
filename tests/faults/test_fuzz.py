"""Whatever is sent to the API, it answers as its description says, and never with a fault of its own."""

import io
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.app import create_app
from service.bootstrap import Archive
from service.intake.submissions.rules import spread
from service.person import SYSTEM
from service.places.rules import Kind
from tests.cast import CAST, PASSWORD
from tests.scans.conftest import plate

pytestmark = pytest.mark.slow
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
COURSE = {"date": "2025-05-06", "course": "投诉处理"}


@pytest.fixture(autouse=True)
def answers_as_described() -> None:
    """Here schemathesis looks at the answers, and what is sent need not fit: a check run answers that too."""


@pytest.fixture
def known(archive: Archive) -> dict[str, dict[str, str]]:
    """One of each thing that an address can name: by the beginning of the address, the part and its value."""
    for one in CAST.values():
        archive.accounts.create(SYSTEM, one.account, one.name, one.role, PASSWORD, one.department, one.file_no)
    hr, clerk, archivist = CAST["hr"], CAST["clerk"], CAST["archivist"]
    person = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    number = archive.opening.open(hr, person).file_no
    record = archive.records.add(hr, number, "training", "internal", COURSE)
    scan, _ = archive.scans.upload(hr, record.id, io.BytesIO(plate("一")), "a.png")
    handed = archive.submissions.create(clerk, spread("training", "internal", COURSE, [{"file_no": number}]))
    until = (archive.clock.now() + timedelta(days=1)).isoformat()
    wanted = {"files": [number], "purpose": "appraisal", "reason": "考核", "until": until}
    viewed = archive.viewing.ask(clerk, wanted)
    lent = archive.lending.ask(clerk, {"items": [number], "reason": "仲裁", "until": until[:10]})
    room = archive.places.add(archivist, Kind.ROOM, "", {"name": "一号库房"})
    return {
        "/files/": {"file_no": number}, "/records/": {"record_id": record.id}, "/scans/": {"scan_id": scan.id},
        "/submissions/": {"case_id": handed.case.id}, "/view-requests/": {"case_id": viewed.case.id},
        "/loans/": {"case_id": lent.case.id}, "/places/": {"code": room.code}, "/deputies/": {"account": "clerk"},
        "/relatives/": {"account": "archivist"}, "/care/keepers/": {"account": "archivist"},
        "/stocktakes/": {"stocktake_id": archive.stocktaking.begin(archivist, room.code).id},
    }  # fmt: skip


@pytest.mark.timeout(600)
@pytest.mark.parametrize("who", ["hr", "archives", "clerk"])
def test_nothing_that_is_sent_makes_it_fail(archive: Archive, known: dict[str, dict[str, str]], who: str) -> None:
    """Values of every kind, fitting and not, to every operation: refused or done, and answered as described."""
    app = create_app(archive)
    login = app.test_client().post("/api/v1/session", json={"username": who, "password": PASSWORD})
    headers = {"Authorization": f"Bearer {login.json['token']}"}
    tried = 0
    for found in schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations():
        operation = found.ok()
        if operation.method == "delete" and operation.path.endswith("/session"):
            continue
        parts = next((part for start, part in known.items() if operation.path.startswith(f"/api/v1{start}")), {})
        throw(operation, parts, headers)
        tried += 1
    assert tried > 60


def throw(operation: Any, parts: dict[str, str], headers: dict[str, str]) -> None:
    """Send requests that fit and others to one operation, each at what there is."""

    @seed(20260302)
    @settings(max_examples=16, deadline=None, database=None)
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def send(case: Case) -> None:
        case.path_parameters.update({name: value for name, value in parts.items() if name in case.path_parameters})
        case.call_and_validate(headers=headers, checks=CHECKS)

    send()
