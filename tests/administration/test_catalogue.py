"""Fields and sub-categories of the company's own, from the page to the search and the sheet (S1)."""

import io
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from indexer.follow import Follower
from service.app import create_app
from service.audit.trail import SYSTEM_CHAIN
from service.bootstrap import Archive, build
from service.catalogue import repository
from service.errors import Conflict, Forbidden, Invalid, NotFound
from service.files.rules import File
from service.person import SYSTEM, Person
from service.search.rules import Criteria
from tests.cast import CAST, PASSWORD, holding

HR, ADMIN = CAST["hr"], CAST["admin"]
COURSE = {"date": "2025-05-06", "course": "投诉处理"}
LEVEL = {"subcategory": "internal", "kind": "choice", "zh": "课程级别", "en": "Level", "choices": "初级\n高级"}


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    for name in ("admin", "hr", "head"):
        person = CAST[name]
        archive.accounts.create(SYSTEM, name, person.name, person.role, PASSWORD, person.department)
    return create_app(archive).test_client()


@pytest.fixture
def file(archive: Archive) -> File:
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(HR, given)


@pytest.fixture
def following(archive: Archive) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Follower(archive).run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(20)


def until(ask: Callable[[], bool]) -> None:
    limit = time.monotonic() + 8
    while not ask():
        assert time.monotonic() < limit
        time.sleep(0.05)


def submit(client: FlaskClient, path: str, given: dict[str, str]) -> int:
    token = client.get(path).text.split('name="csrf_token" value="')[1].split('"')[0]
    version = client.get(path).text.split('name="version" value="')[1].split('"')[0]
    return client.post(path, data={**given, "csrf_token": token, "version": version}).status_code


def log_in(client: FlaskClient, name: str) -> None:
    client.delete_cookie("dangan")
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login", data={"account": name, "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 302
    if name == "hr":  # whoever looks directly says what for, once a session
        token = client.get("/purpose").text.split('name="csrf_token" value="')[1].split('"')[0]
        assert client.post("/purpose", data={"purpose": "hiring", "csrf_token": token}).status_code == 302


def test_what_is_added_in_the_page_is_filled_found_masked_and_exported(
    archive: Archive, client: FlaskClient, file: File, following: None
) -> None:
    """An administrator adds a field and a sub-category; both are in the form, the search, the facets and the sheet."""
    log_in(client, "admin")
    new = "/admin/catalogue/fields/new"
    assert submit(client, new, {**LEVEL, "zh": "课程名称"}) == 422
    assert submit(client, new, {**LEVEL, "facet": "yes", "searchable": "yes"}) == 302
    given = {"category": "other", "zh": "体检", "en": "Check-up"}
    assert submit(client, "/admin/catalogue/subcategories/new", given) == 302
    secret = {"subcategory": "check_up", "kind": "text", "zh": "血型", "en": "Blood type"}
    assert submit(client, new, {**secret, "sensitive": "yes", "searchable": "yes"}) == 302
    assert "课程级别" in client.get("/admin/catalogue/").text

    log_in(client, "hr")
    form = f"/files/{file.file_no}/records/new"
    assert 'name="level"' in client.get(f"{form}/training/internal").text
    token = client.get(f"{form}/other/check_up").text.split('name="csrf_token" value="')[1].split('"')[0]
    for path, given in (
        ("training/internal", {**COURSE, "level": "c2"}),
        ("other/check_up", {"date": "2025-06-01", "blood_type": "RHAB"}),
    ):
        assert client.post(f"{form}/{path}", data={**given, "csrf_token": token}).status_code == 302

    head = holding(archive, "head", file.file_no)

    def found(person: Person, words: str) -> int | None:
        return archive.search.search(person, Criteria("records", words)).total

    until(lambda: found(HR, "RHAB") == 1)
    assert (found(HR, "高级"), found(head, "高级"), found(head, "RHAB")) == (1, 1, 0)
    facets = archive.search.search(HR, Criteria("records")).facets["attribute"]
    assert ("internal.level=高级", 1) in facets
    shown = client.get("/search?kind=records").text
    assert "内部培训 · 课程级别" in shown
    asked = {"kind": "records", "subcategory": "internal", "csrf_token": token}
    lines = list(load_workbook(io.BytesIO(client.post("/search/export", data=asked).data)).worksheets[0].values)
    assert (lines[0][-1], lines[1][-1]) == ("课程级别", "高级")
    signed = (archive.pledges.version(), archive.clock.now())
    archive.store.transact(lambda tx: archive.pledges.sign(tx, "head", *signed))
    log_in(client, "head")
    checkup = next(one for one in archive.records.of_file(HR, file.file_no) if one.subcategory == "check_up")
    page = client.get(f"/records/{checkup.id}").text
    assert ("RHAB" in page, "******" in page) == (False, True)


def test_a_field_that_turns_sensitive_is_found_by_keepers_alone(
    archive: Archive, file: File, following: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records that have it are indexed anew, without anybody saving them."""
    monkeypatch.setattr(repository, "KEPT_SECONDS", 0.2)
    keeping = archive.catalogue_keeping
    keeping.add_field(ADMIN, {"subcategory": "internal", "kind": "text", "zh": "备考", "en": "Memo"}, 0)
    archive.records.add(HR, file.file_no, "training", "internal", {**COURSE, "memo": "天狼星"})
    head = holding(archive, "head", file.file_no)

    def found(person: Person) -> int | None:
        return archive.search.search(person, Criteria("records", "天狼星")).total

    until(lambda: found(head) == 1)
    keeping.change_field(ADMIN, "internal", "memo", {"sensitive": True}, 1)
    until(lambda: found(head) == 0)
    until(lambda: found(HR) == 1)


def test_another_process_sees_it(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second archive over the same store knows the field within two seconds, and neither loses the other's."""
    monkeypatch.setattr(repository, "KEPT_SECONDS", 0.1)
    other = build(archive.settings, archive.store, archive.clock)
    assert other.catalogue.subcategory("training", "internal").field("level") is None
    archive.catalogue_keeping.add_field(ADMIN, LEVEL, 0)
    time.sleep(0.15)
    assert other.catalogue.subcategory("training", "internal").field("level") is not None
    for late in (archive, other):
        with pytest.raises(Conflict) as lost:
            late.catalogue_keeping.add_field(ADMIN, {**LEVEL, "en": "Grade", "zh": "等第"}, 0)
        assert lost.value.current.version == 1
    events = list(archive.audit.trail.chain(SYSTEM_CHAIN, 1, 100))
    assert [dict(event.ids) for event in events if event.action == "catalogue.field.added"] == [{"name": "level"}]


def test_what_is_retired_is_kept_and_no_longer_asked(archive: Archive, file: File) -> None:
    """A retired field stays in the records that have it, also through an edit; a retired sub-category takes no more."""
    keeping = archive.catalogue_keeping
    keeping.add_field(ADMIN, LEVEL, 0)
    keeping.add_subcategory(ADMIN, {"category": "other", "zh": "体检", "en": "Check-up"}, 1)
    record = archive.records.add(HR, file.file_no, "training", "internal", {**COURSE, "level": "高级"})
    checkup = archive.records.add(HR, file.file_no, "other", "check_up", {"date": "2025-06-01"})
    keeping.change_field(ADMIN, "internal", "level", {"retired": True}, 2)
    keeping.retire(ADMIN, "check_up", True, 3)
    kept = archive.records.get(HR, record.id).fields
    assert archive.records.edit(HR, record.id, 1, {**kept, "course": "服务礼仪"}).fields["level"] == "c2"
    assert archive.records.get(HR, checkup.id).fields["date"] == "2025-06-01"
    with pytest.raises(Invalid):
        archive.records.add(HR, file.file_no, "training", "internal", {**COURSE, "level": "高级"})
    with pytest.raises(Invalid):
        archive.records.add(HR, file.file_no, "other", "check_up", {"date": "2025-06-01"})


def test_only_administrators_keep_the_catalogue(archive: Archive) -> None:
    """Readers may look at it; nobody but the administrator changes it, and leadership need not know of it."""
    keeping = archive.catalogue_keeping
    for name in ("hr", "clerk", "head", "agent", "archivist", "admin"):
        assert len(keeping.categories(CAST[name])) == 8
    for name in ("hr", "archives", "clerk"):
        with pytest.raises(Forbidden):
            keeping.add_field(CAST[name], LEVEL, 0)
    for name in ("leadership", "auditor", "stranger"):
        with pytest.raises((Forbidden, NotFound)):
            keeping.categories(CAST[name])


def test_settings_are_not_changed_over_another_s(archive: Archive) -> None:
    """Who names no version while somebody has changed the settings meets a conflict, not a fault."""
    archive.administration.change_settings(ADMIN, {"retention_years": "6"}, 0)
    with pytest.raises(Conflict):
        archive.administration.change_settings(ADMIN, {"retention_years": "7"}, 0)
