"""The file of the cast's agent, and requests to view it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.bootstrap import Archive
from service.circulation.viewing.operations import Request
from service.circulation.viewing.rules import Event
from service.files.rules import File
from service.person import Person
from tests.cast import CAST, PASSWORD

Ask = Callable[..., Request]
Bearer = Callable[[str], dict[str, str]]
Take = Callable[..., Request]


@pytest.fixture
def file(archive: Archive) -> File:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(CAST["hr"], given)


@pytest.fixture
def ask(archive: Archive, file: File) -> Ask:
    """Ask to view the file for a day; the clerk, where nobody else is named."""

    def made(person: Person = CAST["clerk"], **change: Any) -> Request:
        until = (archive.clock.now() + timedelta(days=1)).isoformat()
        asked = {"files": [file.file_no], "purpose": "appraisal", "reason": "核对年度考核", "until": until}
        return archive.viewing.ask(person, {**asked, **change})

    return made


@pytest.fixture
def take(archive: Archive) -> Take:
    """Let one of the cast take a step."""

    def taken(name: str, one: Request, event: str, **given: Any) -> Request:
        return archive.viewing.take(CAST[name], one.case.id, Event(event), one.case.version, given)

    return taken


@pytest.fixture
def bearer(client: FlaskClient) -> Bearer:
    """The headers of whoever logs in by the API; the module's own client knows the accounts."""

    def log_in(name: str) -> dict[str, str]:
        answer = client.post("/api/v1/session", json={"username": name, "password": PASSWORD})
        return {"Authorization": f"Bearer {answer.json['token']}"}

    return log_in
