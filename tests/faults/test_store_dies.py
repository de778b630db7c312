"""kill -9 of the store while people write: each is told 503, and only that nothing was saved where nothing was."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from service.app import create_app
from service.bootstrap import build
from service.config import Settings
from service.person import SYSTEM
from service.store.connection import connect
from service.store.embedded import EmbeddedStore, hold_folder
from tests.cast import CAST, DEPARTMENTS, PASSWORD

pytestmark = pytest.mark.slow
WRITERS, KILLS = 8, 5


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedStore]:
    """A store of its own, to be killed."""
    with hold_folder(tmp_path):
        made = EmbeddedStore(tmp_path)
        made.start()
        yield made
        made.stop()


@pytest.fixture
def app(embedded: EmbeddedStore, tmp_path: Path) -> Iterator[Flask]:
    store = connect(embedded.running.uri)
    archive = build(Settings(data=tmp_path, logins_per_minute=1000), store)
    for code, name in DEPARTMENTS.items():
        archive.accounts.put_department(SYSTEM, code, name)
    hr = CAST["hr"]
    archive.accounts.create(SYSTEM, hr.account, hr.name, hr.role, PASSWORD, hr.department)
    yield create_app(archive)
    store.close()


class Writer(threading.Thread):
    """One person who adds records to a file and looks at pages, until told to stop."""

    def __init__(self, app: Flask, number: int, stop: threading.Event) -> None:
        super().__init__()
        self._client, self._number, self._until = app.test_client(), number, stop
        said = self._client.post(
            "/api/v1/session", json={"username": "hr", "password": PASSWORD, "purpose": "appraisal"}
        ).json
        self._bearer = {"Authorization": f"Bearer {said['token']}"}
        given = {"name": f"林{number}", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
        made = self._client.post("/api/v1/files", json=given, headers=self._bearer).json
        self.file_no = made["file_no"]
        self.answers: Counter[tuple[str, int]] = Counter()
        self.codes: dict[str, str] = {}
        """What was said of each record, by its course: `saved`, or the problem's code."""
        self.longest = 0.0

    def run(self) -> None:
        n = 0
        while not self._until.is_set():
            n += 1
            self._add(f"课程{self._number}-{n}")
            for path in (f"/files/{self.file_no}", "/", "/search?q=林", f"/api/v1/files/{self.file_no}/records"):
                self.answers[path, self._client.get(path, headers=self._bearer).status_code] += 1

    def _add(self, course: str) -> None:
        fields = {"date": "2025-05-06", "course": course, "score": 80}
        body = {"category": "training", "subcategory": "internal", "fields": fields}
        began = time.monotonic()
        answer = self._client.post(f"/api/v1/files/{self.file_no}/records", json=body, headers=self._bearer)
        self.longest = max(self.longest, time.monotonic() - began)
        self.answers["add", answer.status_code] += 1
        self.codes[course] = "saved" if answer.status_code == 201 else answer.json["type"].partition("#")[2]

    def kept(self) -> Counter[str]:
        """The courses that are in the archive, and how often."""
        found = self._client.get(f"/api/v1/files/{self.file_no}/records", headers=self._bearer).json
        return Counter(record["fields"]["course"] for record in found["items"])


def test_kill_the_store(app: Flask, embedded: EmbeddedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five times: no answer but a success or 503; what was saved is there once, what was not saved is not there."""
    monkeypatch.setattr("service.store.keys.KEPT_SECONDS", 0.0)  # so that keys are looked up while it dies
    stop = threading.Event()
    writers = [Writer(app, n, stop) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for n in range(KILLS):
        time.sleep(1.0 + 0.13 * n)
        embedded.kill()
        time.sleep(12.0 if n == 2 else 0.5)  # once longer than anybody waits
        embedded.start()
    time.sleep(1.0)
    stop.set()
    for writer in writers:
        writer.join(60)
    answers = sum((writer.answers for writer in writers), Counter())
    assert {status for _, status in answers} <= {200, 201, 503}, answers
    assert max(writer.longest for writer in writers) < 30
    for writer in writers:
        kept = writer.kept()
        wrong = {
            course: (code, kept[course])
            for course, code in writer.codes.items()
            if kept[course] not in {"saved": (1,), "unavailable": (0,), "uncertain": (0, 1)}[code]
        }
        assert not wrong
