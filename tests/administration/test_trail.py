"""The trail as an auditor reads it: filters, pages, and what each finds."""

from datetime import timedelta

import pytest

from service.app import create_app
from service.audit.trail import Act, file_chain
from service.bootstrap import Archive
from service.clock import SetClock
from service.errors import Forbidden
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD

FILE = "KF-2021-00001"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def clock(set_clock: SetClock) -> SetClock:
    return set_clock


@pytest.fixture
def long_chain(archive: Archive, clock: SetClock) -> Archive:
    """A file's chain of one change by HR, then 250 looks of the archivist a day later."""
    write(archive, "hr", [Act("file.changed")])
    clock.advance(DAY)
    write(archive, "archivist", [Act("file.read")] * 250)
    return archive


def write(archive: Archive, name: str, acts: list[Act]) -> None:
    archive.store.transact(lambda tx: archive.audit.append_all(tx, CAST[name], acts, subject=file_chain(FILE)))


@pytest.mark.parametrize("wanted", [{"account": "hr"}, {"action": "file.changed"}, {"day": "2026-03-02"}])
def test_a_filter_finds_what_lies_behind_many_others(long_chain: Archive, wanted: dict[str, str]) -> None:
    """A file's one old event is found by person, by action and by day, behind 250 others."""
    assert [(one.seq, one.action) for one in page(long_chain, **wanted)[0]] == [(1, "file.changed")]


def page(archive: Archive, before: str = "", **wanted: str) -> tuple[list, str]:
    day = archive.clock.today() - DAY if wanted.pop("day", "") else None
    return archive.administration.trail(CAST["auditor"], file_no=FILE, before=before, day=day, **wanted)


def test_pages_of_a_chain_have_every_event_once(long_chain: Archive) -> None:
    """A file's 251 events fill pages of a hundred, newest first, none twice; a filter's pages are as full."""
    seen, more = page(long_chain)
    assert len(seen) == 100
    while more:
        rest, more = page(long_chain, more)
        seen += rest
    assert [one.seq for one in seen] == list(range(251, 0, -1))
    found, more = page(long_chain, action="file.read")
    assert (len(found), found[-1].seq) == (100, int(more))


def test_a_page_that_found_nothing_leads_on(long_chain: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where so many events were looked at and none fits, the page says so and goes on to the older ones."""
    monkeypatch.setattr("service.administration.operations.MOST_WINDOWS", 2)
    found, more = page(long_chain, account="hr")
    assert (found, more) == ([], "52")
    assert [one.seq for one in page(long_chain, more, account="hr")[0]] == [1]


def test_the_days_and_the_people_of_the_whole_trail(archive: Archive, clock: SetClock) -> None:
    """Without a file the trail is read by person, action and day, over several pages, each event once."""
    write(archive, "hr", [Act("file.changed")])
    clock.advance(DAY)
    for _ in range(3):
        write(archive, "archivist", [Act("file.read")] * 60)
        clock.advance(HOUR)
    trail, auditor = archive.administration.trail, CAST["auditor"]
    assert [one.action for one in trail(auditor, account="hr")[0]] == ["file.changed"]
    assert [one.account for one in trail(auditor, action="file.changed")[0]] == ["hr"]
    yesterday = archive.clock.today() - DAY
    assert {one.account for one in trail(auditor, day=yesterday)[0]} == {"hr", "system"}
    seen, more = trail(auditor, account="archivist")
    while more:
        rest, more = trail(auditor, account="archivist", before=more)
        seen += rest
    assert [one.seq for one in seen] == sorted((one.seq for one in seen), reverse=True)
    assert len(seen) == 180


def test_reading_the_trail_is_an_event_and_no_clerks_matter(archive: Archive) -> None:
    """Who reads the trail stands in it; a clerk may not."""
    archive.administration.trail(CAST["auditor"])
    assert archive.administration.trail(CAST["admin"], action="trail.read")[0][1].account == "auditor"
    with pytest.raises(Forbidden):
        archive.administration.trail(CAST["clerk"])


def test_the_page_goes_on_though_it_shows_nothing(long_chain: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a filter that has found nothing yet offers the next one."""
    monkeypatch.setattr("service.administration.operations.MOST_WINDOWS", 2)
    long_chain.accounts.create(SYSTEM, "auditor", "褚明", CAST["auditor"].role, PASSWORD, "office")
    client = create_app(long_chain).test_client()
    token = client.post("/api/v1/session", json={"username": "auditor", "password": PASSWORD}).json["token"]
    asked = {"file_no": FILE, "account": "hr"}
    shown = client.get("/admin/trail", query_string=asked, headers={"Authorization": f"Bearer {token}"}).text
    assert "before=52" in shown
    assert "没有符合条件的事件" in shown
