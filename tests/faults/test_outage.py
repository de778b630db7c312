"""The wire to the store is cut at a chosen command: what people are told is true, whichever command it was."""

import uuid
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from pymongo import MongoClient

from service.app import create_app
from service.audit.trail import file_chain
from service.bootstrap import Archive, build
from service.config import Settings
from service.errors import Unavailable, Uncertain
from service.person import SYSTEM
from service.records.rules import Record
from service.store.connection import Store, connect
from service.store.embedded import EmbeddedStore, hold_folder
from tests.cast import CAST, PASSWORD
from tests.faults.wire import Wire

HR = CAST["hr"]
COURSE = {"date": "2025-05-06", "course": "礼仪"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A store of these tests' own: what a cut-off transaction holds is held there for a minute."""
    folder = tmp_path_factory.mktemp("faults")
    with hold_folder(folder):
        embedded = EmbeddedStore(folder)
        embedded.start()
        yield embedded
        embedded.kill()


@pytest.fixture
def store(server: EmbeddedStore) -> Iterator[Store]:
    made = connect(server.running.uri, f"test_{uuid.uuid4().hex[:12]}")
    yield made
    made.close()


@pytest.fixture
def wire(server: EmbeddedStore) -> Iterator[Wire]:
    made = Wire(server.running)
    yield made
    made.close()


@pytest.fixture
def far(archive: Archive, wire: Wire) -> Iterator[Archive]:
    """The same archive, over the wire, by a driver of little patience."""
    client: MongoClient[dict[str, object]] = MongoClient(
        wire.running.uri, tz_aware=True, serverSelectionTimeoutMS=250, heartbeatFrequencyMS=500
    )
    settings = Settings(data=archive.settings.data, master_key=archive.settings.master_key)
    yield build(settings, Store(client, archive.store.db.name, patience=0.5))
    client.close()


@pytest.fixture
def file_no(archive: Archive) -> str:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(HR, given).file_no


def added(archive: Archive, file_no: str) -> Record:
    return archive.records.add(HR, file_no, "training", "internal", COURSE)


def kept(archive: Archive, file_no: str) -> tuple[int, int]:
    """How many records the file has, and how many events say that one was added."""
    events = [event.action for event in archive.audit.trail.chain(file_chain(file_no))]
    return len(archive.records.of_file(HR, file_no)), events.count("record.added")


def test_a_commit_whose_answer_is_lost(archive: Archive, far: Archive, wire: Wire, file_no: str) -> None:
    """What was kept is answered as done, and is there once."""
    wire.lose("commitTransaction", "after", stay=False)
    record = added(far, file_no)
    assert archive.records.get(HR, record.id).fields["course"] == "礼仪"
    assert kept(archive, file_no) == (1, 1)


@pytest.mark.slow
def test_a_commit_that_the_server_has_forgotten(
    archive: Archive, wire: Wire, server: EmbeddedStore, file_no: str
) -> None:
    """A server that is killed behind the commit knows nothing of it when it is asked again; the event does."""

    def restart() -> None:
        wire.lost = lambda: None
        server.kill()
        server.start()

    with MongoClient[dict[str, object]](wire.running.uri, tz_aware=True) as client:
        settings = Settings(data=archive.settings.data, master_key=archive.settings.master_key)
        far = build(settings, Store(client, archive.store.db.name, patience=30))
        wire.lost = restart
        wire.lose("commitTransaction", "after", stay=False)
        added(far, file_no)
    assert kept(archive, file_no) == (1, 1)


def test_a_commit_that_never_arrives(archive: Archive, far: Archive, wire: Wire, file_no: str) -> None:
    """What was not kept is done again, once."""
    wire.lose("commitTransaction", "before", stay=False)
    added(far, file_no)
    assert kept(archive, file_no) == (1, 1)


def test_a_commit_that_nobody_can_ask_about(archive: Archive, far: Archive, wire: Wire, file_no: str) -> None:
    """Whoever may have saved something is not told that nothing was saved."""
    wire.lose("commitTransaction", "after", stay=True)
    with pytest.raises(Uncertain):
        added(far, file_no)
    assert kept(archive, file_no) == (1, 1)


def test_a_store_that_goes_away_before_the_commit(archive: Archive, far: Archive, wire: Wire, file_no: str) -> None:
    """Nothing was saved, and that is what is said."""
    wire.lose("insert", "after", stay=True)
    with pytest.raises(Unavailable) as told:
        added(far, file_no)
    assert not isinstance(told.value, Uncertain)
    assert kept(archive, file_no) == (0, 0)


@pytest.fixture
def client(far: Archive) -> FlaskClient:
    far.accounts.create(SYSTEM, HR.account, HR.name, HR.role, PASSWORD, HR.department)
    return create_app(far).test_client()


@pytest.mark.slow
def test_whichever_command_is_the_last(
    archive: Archive, client: FlaskClient, wire: Wire, file_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page or a change that the store leaves at any point is answered 503, and nothing is there twice."""
    monkeypatch.setattr("service.store.keys.KEPT_SECONDS", 0.0)  # so that keys, too, are looked up
    token = client.post("/api/v1/session", json={"username": "hr", "password": PASSWORD, "purpose": "appraisal"}).json[
        "token"
    ]
    bearer = {"Authorization": f"Bearer {token}"}
    saved, record = 0, {"category": "training", "subcategory": "internal", "fields": COURSE}
    for method, path, body in (
        ("GET", "/", None),
        ("GET", f"/files/{file_no}", None),
        ("GET", "/search?q=林", None),
        ("POST", f"/api/v1/files/{file_no}/records", record),
    ):
        status, commands = 503, 0
        while status == 503:
            wire.after(commands)
            answer = client.open(path, method=method, json=body, headers=bearer)
            status = answer.status_code
            assert status in (200, 201, 503), (path, commands)
            if method == "POST":
                unsure = status == 503 and answer.json["type"].endswith("uncertain")
                saved += status == 201 or (unsure and kept(archive, file_no)[0] > saved)
            archive.store.client.admin.command("killAllSessions", [])  # what a crash or a minute would end
            wire.mend()
            commands += 1
        assert commands > 4, path
    assert kept(archive, file_no) == (saved, saved)
