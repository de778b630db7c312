"""Random walks of submissions and supplements: on the pure tables, and on the store with the cast."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.access.relations import Deputy
from service.bootstrap import Archive
from service.errors import DanganError
from service.files.rules import File
from service.intake.submissions.rules import SUPPLEMENTS, WORKFLOW, Event, State, spread
from service.person import SYSTEM
from service.store.connection import Transaction
from service.workflow import Case, Party
from tests.cast import CAST, PASSWORD
from tests.intake.submissions.conftest import LIKE
from tests.scans.conftest import plate
from tests.workflow.walking import Walk, check, walked, walks

FAMILIAR = st.sampled_from(["clerk", "head", "hr", "archivist", "archives", "leadership", "auditor"])
TRIES = st.lists(st.tuples(FAMILIAR, st.sampled_from(list(Event))), min_size=1, max_size=10)
WAY = (("clerk", Event.SUBMIT), ("archivist", Event.CHECK), ("archivist", Event.FILE))
"""How one comes to be filed; a walk begins after some of it, so that it comes far."""
DUE = (State.SUBMITTED, State.CHECKED, State.RETURNED)
OFFICE = (Party.ARCHIVIST, Party.ARCHIVES_HEAD)
FIRST = st.sampled_from([State.DRAFT, State.SUBMITTED])
COURSE = {"date": "2026-02-06", "course": "投诉处理"}
PROMOTED = {"date": "2026-03-01", "to_post": "客服组长"}


def check_handed(case: Case, first: State) -> None:
    """Besides: what is filed was checked by the archives office since it was last handed in, and by nobody else."""
    events = [move.event for move in case.history]
    if case.state is State.FILED:
        assert events[-2:] == [Event.CHECK, Event.FILE]
        assert {move.party for move in case.history[-2:]} <= {Party.ARCHIVIST, Party.ARCHIVES_HEAD}
    if case.state is State.WITHDRAWN:
        assert case.history[-1].party is Party.REQUESTER
    ended = [at for at, event in enumerate(events) if event in (Event.FILE, Event.WITHDRAW)]
    assert ended in ([], [len(events) - 1])


def check_walk(walk: Walk, first: State) -> None:
    for table in (WORKFLOW, SUPPLEMENTS):
        now = walked(table, first, walk)
        check(table, now, first)
        check_handed(now, first)


@given(FIRST, walks(SUPPLEMENTS, Event))
def test_walks_on_the_tables(first: State, walk: Walk) -> None:
    """B3, B4: whatever people try, a submission and a supplement are where their histories say."""
    check_walk(walk, first)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(FIRST, walks(SUPPLEMENTS, Event))
def test_ten_thousand_walks_on_the_tables(first: State, walk: Walk) -> None:
    """The same, ten thousand times."""
    check_walk(walk, first)


@pytest.fixture
def file(archive: Archive) -> File:
    """A file, and an archivist for whom somebody can stand in."""
    who = CAST["archivist"]
    archive.accounts.create(SYSTEM, who.account, who.name, who.role, PASSWORD, who.department)
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open(CAST["hr"], given)


def stand(archive: Archive, file: File, *, deputy: bool, relative: bool) -> None:
    """HR stands in for the archivist or does not; the file is that of a relative of the archives head's or is not."""
    today = archive.clock.today()
    away = Deputy("archivist", "hr", today, today)

    def work(tx: Transaction) -> None:
        archive.relations.keep_relatives(tx, "archives", [file.file_no] if relative else [])
        if deputy:
            archive.relations.name_deputy(tx, away)
        else:
            archive.relations.drop_deputy(tx, "archivist")

    archive.store.transact(work)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["clerk", "hr", "archivist"]),
    st.fixed_dictionaries(dict.fromkeys(("special", "proved", "deputy", "relative"), st.booleans())),
    st.integers(0, len(WAY)), TRIES,
)  # fmt: skip
def test_two_hundred_walks_on_the_store(
    archive: Archive, file: File, asker: str, how: dict[str, bool], along: int, tries: list[tuple[str, Event]]
) -> None:
    """B3, B4: the records are as their case is, it waits for whom the table says, and unproved nothing is received;
    nobody handles their own or a relative's, whoever stands in for whom."""
    stand(archive, file, deputy=how["deputy"], relative=how["relative"])
    agents = [{"file_no": file.file_no}]
    if how["special"]:
        room, lines = archive.supplements, spread("career", "promotion", PROMOTED, agents)
    else:
        room, lines = archive.submissions, spread("training", "internal", COURSE, agents)
    one = room.create(CAST[asker], lines, draft=True)
    (record,) = one.content.records
    if how["proved"]:
        archive.scans.upload(CAST[asker], record, io.BytesIO(plate("任命", (40, 200))), "a.png")
    for account, event in (*((asker if name == "clerk" else name, event) for name, event in WAY[:along]), *tries):
        try:
            room.take(CAST[account], one.id, event, None, {"reason": "因故", "verdict": "verified"})
        except DanganError:
            continue
    now = room.kind.cases.get(one.id).case
    check(room.kind.workflow, now, State.DRAFT)
    check_handed(now, State.DRAFT)
    kept = archive.kept_records.get(record)
    assert (kept.state, kept.author) == (LIKE[State(now.state)], now.requester)
    assert not how["special"] or how["proved"] or now.state in (State.DRAFT, State.WITHDRAWN)
    assert (now.due is not None) == (how["special"] and now.state in DUE)
    assert not how["relative"] or all(move.by != "archives" for move in now.history if move.party in OFFICE)
    names = {now.requester, "archivist"}
    waits = {name for name in names if one.id in {w.case for w in archive.work.of(CAST[name]).waiting}}
    own = {State.DRAFT: {now.requester}, State.RETURNED: {now.requester}, State.FILED: set(), State.WITHDRAWN: set()}
    assert waits == own.get(State(now.state), {"archivist"} - {now.requester})
