"""My work over a kind of case of its own: lists, counts, notices, deputies and relatives."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from service.access.policy import Action, Subject
from service.app import create_app
from service.bootstrap import Archive
from service.casework.operations import Kind
from service.casework.repository import Kept
from service.clock import SetClock
from service.errors import Forbidden, Invalid, NotFound
from service.files.rules import File
from tests.cast import CAST
from tests.desk.conftest import Errand, ask, bearer
from tests.workflow.test_engine import Event, State


def sign(archive: Archive, kind: Kind[Errand, State, Event], kept: Kept[Errand], name: str = "head") -> Kept[Errand]:
    subject = Subject(kept.case.files[0], "north")
    return archive.casework.take(
        CAST[name], kind, kept, kept.case.version, Event.SIGN, action=Action.READ_FILE, subject=subject
    )


def waiting(archive: Archive, name: str) -> list[str]:
    return [line.case for line in archive.work.of(CAST[name]).waiting]


def test_a_case_stands_with_whom_it_waits_for_and_with_who_asked(archive: Archive, asked: Kept[Errand]) -> None:
    """The head finds it with a verb, the clerk among what they asked for without one, the other head nowhere."""
    (line,) = archive.work.of(CAST["head"]).waiting
    assert (line.case, line.verb, line.files, line.overdue) == (asked.case.id, "签字", asked.case.files, False)
    (mine,) = archive.work.of(CAST["clerk"]).asked
    assert (mine.case, mine.verb) == (asked.case.id, "")
    assert waiting(archive, "head2") == []
    assert [archive.work.count(CAST[name]) for name in ("head", "clerk", "archivist")] == [1, 0, 0]


def test_what_is_past_its_day_stands_on_top_and_nowhere_else(
    archive: Archive, asked: Kept[Errand], set_clock: SetClock
) -> None:
    """On the due day nothing is overdue; on the day after, it is, for the head as for the clerk (M1)."""
    set_clock.advance(timedelta(days=7))
    assert waiting(archive, "head") == [asked.case.id]
    set_clock.advance(timedelta(days=1))
    for name in ("head", "clerk"):
        desk = archive.work.of(CAST[name])
        assert [line.case for line in desk.overdue] == [asked.case.id]
        assert desk.waiting == desk.asked == ()


def test_who_asked_is_told_and_what_was_seen_counts_no_more(
    archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand]
) -> None:
    """A signature is a notice to the clerk until they look; after it the case waits for the archivists."""
    sign(archive, kind, asked)
    assert archive.work.unread(CAST["clerk"]) == 1
    ((notice, shown),) = archive.work.notices(CAST["clerk"])
    assert (notice.case, shown.news[notice.event]) == (asked.case.id, "负责人已签字")
    assert archive.work.unread(CAST["clerk"]) == 0
    assert waiting(archive, "archivist") == waiting(archive, "archives") == [asked.case.id]


def test_a_deputy_finds_the_work_of_who_is_away(
    archive: Archive, kind: Kind[Errand, State, Event], asked: Kept[Errand], set_clock: SetClock
) -> None:
    """From the first to the last day, and no longer; the line says in whose place, and the step is taken."""
    today = set_clock.today()
    archive.standing.name_deputy(CAST["head"], "head", "head2", today + timedelta(days=1), today + timedelta(days=2))
    assert waiting(archive, "head2") == []
    set_clock.advance(timedelta(days=1))
    (line,) = archive.work.of(CAST["head2"]).waiting
    assert (line.case, line.place_of) == (asked.case.id, "head")
    assert sign(archive, kind, asked, "head2").case.history[-1].place_of == "head"
    set_clock.advance(timedelta(days=2))
    assert archive.standing.deputy(CAST["head"], "head") is None


def test_nobody_finds_work_that_is_not_theirs_to_do(archive: Archive, asked: Kept[Errand], file: File) -> None:
    """Neither what is about a relative's file, nor, as a deputy, what one asked for."""
    archive.standing.keep_relatives(CAST["hr"], "head", [file.file_no])
    assert waiting(archive, "head") == []
    archive.standing.keep_relatives(CAST["admin"], "head", [])
    today = archive.clock.today()
    archive.standing.name_deputy(CAST["admin"], "head", "clerk", today, today)
    assert waiting(archive, "clerk") == []
    assert waiting(archive, "head") == [asked.case.id]


def test_a_relatives_file_counts_wherever_it_stands(
    archive: Archive, kind: Kind[Errand, State, Event], file: File
) -> None:
    """Of four files the last is a relative's: the case does not wait for the head either."""
    given = {"department": "north", "post": "客服", "hire_date": "2021-03-01"}
    others = [archive.opening.open(CAST["hr"], {**given, "name": name}).file_no for name in ("何雨", "田文", "孙阳")]
    archive.casework.begin(
        CAST["clerk"], kind, State.ASKED, Errand("四人"), action=Action.READ_FILE,
        subject=Subject(file.file_no, "north"), files=[*others, file.file_no],
    )  # fmt: skip
    (line,) = archive.work.of(CAST["head"]).waiting
    assert line.files == tuple(others)
    archive.standing.keep_relatives(CAST["hr"], "head", [file.file_no])
    assert waiting(archive, "head") == []


@pytest.mark.parametrize(
    ("account", "deputy", "first", "last", "field"),
    [
        ("head", "nobody", 0, 1, "deputy"),
        ("head", "head", 0, 1, "deputy"),
        ("head", "agent", 0, 1, "deputy"),
        ("head", "head2", -1, 1, "first"),
        ("head", "head2", 3, 1, "last"),
        ("head", "head2", 0, 93, "last"),
        ("agent", "head2", 0, 1, "account"),
    ],
)  # fmt: skip
def test_a_deputy_is_a_colleague_for_a_time(
    archive: Archive, account: str, deputy: str, first: int, last: int, field: str
) -> None:
    """Somebody else who has an office role, from today on, for at most a quarter of a year."""
    today = archive.clock.today()
    with pytest.raises(Invalid) as refused:
        archive.standing.name_deputy(
            CAST["admin"], account, deputy, today + timedelta(days=first), today + timedelta(days=last)
        )
    assert [fault.name for fault in refused.value.fields] == [field]


def test_deputies_and_relatives_are_not_everybodys_to_record(archive: Archive) -> None:
    """Nobody names a deputy for another but an administrator; relatives are HR's and administrators' to record."""
    today = archive.clock.today()
    with pytest.raises(Forbidden):
        archive.standing.name_deputy(CAST["head2"], "head", "head2", today, today)
    with pytest.raises(Forbidden):
        archive.standing.relatives(CAST["head"], "head")
    with pytest.raises(NotFound):
        archive.standing.relatives(CAST["hr"], "nobody")


@pytest.fixture
def client(archive: Archive) -> FlaskClient:
    return create_app(archive).test_client()


def test_the_page_shows_a_line_with_its_verb_and_the_menu_counts(client: FlaskClient, asked: Kept[Errand]) -> None:
    """The head's page has one line with its button and names who asked; the menu and the API say the same number."""
    headers = bearer(client, "head")
    page = client.get("/work", headers=headers).text
    assert ">签字</a>" in page
    assert "周文" in page
    assert "核对合同" not in page
    assert "等待办理</span>1</b>" in page
    said = client.get("/api/v1/work", headers=headers).json
    assert [(one["id"], one["verb"]) for one in said["waiting"]] == [(asked.case.id, "签字")]


def test_the_bell_counts_until_it_is_looked_at(
    archive: Archive, client: FlaskClient, kind: Kind[Errand, State, Event], asked: Kept[Errand]
) -> None:
    """One notice beside the bell, its words on the page, and none afterwards."""
    headers = bearer(client, "clerk")
    sign(archive, kind, asked)
    assert 'aria-label="通知 1"' in client.get("/", headers=headers).text
    assert "负责人已签字" in client.get("/work/notices", headers=headers).text
    assert 'aria-label="通知"' in client.get("/", headers=headers).text


def test_a_deputy_is_named_over_the_api(client: FlaskClient) -> None:
    """Named, read and dropped again; a day that is no day is refused by its name."""
    headers = bearer(client, "head")
    first, last = "2026-03-02", "2026-03-06"
    given = {"deputy": "archives", "from": first, "until": last}
    assert client.put("/api/v1/deputies/head", json=given, headers=headers).json == given
    assert client.get("/api/v1/deputies/head", headers=headers).json == given
    wrong = client.put("/api/v1/deputies/head", json={**given, "until": "morgen"}, headers=headers)
    assert (wrong.status_code, wrong.json["errors"][0]["name"]) == (422, "until")
    assert client.delete("/api/v1/deputies/head", headers=headers).status_code == 204
    assert client.get("/api/v1/deputies/head", headers=headers).json["deputy"] is None


def test_a_deputy_is_picked_from_those_who_may_be_one(client: FlaskClient) -> None:
    """The head picks a colleague by name, their own department first; an agent, an administrator or the head
    themselves are not offered, and who needs no deputy is told of nobody."""
    page = client.get("/work/away", headers=bearer(client, "head")).text
    offered = re.findall(r'<option value="(\w+)"', page)
    assert offered[0] == "clerk"
    assert set(offered) == {"clerk", "head2", "hr", "archivist", "archives", "leadership"}
    assert "周文 · 北方客服部" in page
    assert re.findall(r'<option value="(\w+)"', client.get("/work/away", headers=bearer(client, "agent")).text) == []


def test_a_long_list_shows_its_first_lines_and_all_when_asked(
    archive: Archive, client: FlaskClient, kind: Kind[Errand, State, Event], file: File
) -> None:
    """Of 53 that wait the page shows the 50 oldest, says that there are three more, and lists them when asked to."""
    for _ in range(53):
        ask(archive, kind, file, None)
    headers = bearer(client, "head")
    first, whole = (client.get(path, headers=headers).text for path in ("/work", "/work?all=yes"))
    assert [page.count("跑腿申请") for page in (first, whole)] == [50, 53]
    assert ("另有 3 件" in first, "另有" in whole) == (True, False)
    assert '<span class="count">53</span>' in first
