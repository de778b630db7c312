"""Fifty clients at once over HTTP: of one step of a loan, and of fifty loans of one original, one gets through."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.bootstrap import Archive
from service.circulation.lending.rules import QUEUED, Event
from service.files.rules import File
from tests.cast import CAST
from tests.circulation.borrowing import approved, asked, step
from tests.serving import Served, serving

ONE = {200: 1, 409: 49}


@pytest.fixture
def served(archive: Archive) -> Iterator[Served]:
    with serving(archive, "clerk", "head", "archives", "archivist") as made:
        yield made


def test_fifty_clients_take_each_step_of_a_loan(archive: Archive, file: File, served: Served) -> None:
    """L2, L4-L6: one signs, approves, hands over, extends, grants, takes back and closes; it happened once, and was
    told once."""
    loan = asked(archive, file)
    archive.pledging.sign(CAST["clerk"], 1)
    later = (loan.loan.until + timedelta(days=5)).isoformat()
    steps: tuple[tuple[str, Event, dict[str, Any]], ...] = (
        ("head", Event.SIGN, {}), ("archives", Event.APPROVE, {}), ("archivist", Event.HAND_OVER, {}),
        ("clerk", Event.EXTEND, {"until": later}), ("archives", Event.GRANT_EXTENSION, {}),
        ("archivist", Event.RETURN, {}), ("archivist", Event.CLOSE, {"condition": "complete", "pages": 12}),
    )  # fmt: skip
    for version, (name, event, given) in enumerate(steps, 1):
        path = f"loans/{loan.case.id}/{event}"
        assert served.at_once([name], [path] * 50, {**given, "version": version}) == ONE, event
    now = archive.lending.get(CAST["archives"], loan.case.id)
    assert [move.event for move in now.case.history] == ["create", *(event for _, event, _ in steps)]
    assert (now.loan.extensions, now.loan.until.isoformat()) == (1, later)
    told = Counter(one.event for one in archive.notices.of("clerk"))
    assert told == {event: 1 for name, event, _ in steps if name != "clerk"}
    assert archive.lending.out(CAST["archivist"], file.file_no) == []


@pytest.mark.parametrize("event", [Event.REFUSE, Event.REFUSE_EXTENSION])
def test_fifty_clients_refuse(archive: Archive, file: File, served: Served, event: Event) -> None:
    """One refusal is kept and told, of an application as of an extension."""
    loan = asked(archive, file, "head")
    if event is Event.REFUSE_EXTENSION:
        archive.pledging.sign(CAST["head"], 1)
        for name, before in (("archives", Event.APPROVE), ("archivist", Event.HAND_OVER)):
            loan = step(archive, loan, name, before)
        loan = step(archive, loan, "head", Event.EXTEND, until=(loan.loan.until + timedelta(days=3)).isoformat())
    given = {"version": loan.case.version, "note": "年底盘点"}
    assert served.at_once(["archives"], [f"loans/{loan.case.id}/{event}"] * 50, given) == ONE
    now = archive.lending.get(CAST["head"], loan.case.id)
    assert [move.event for move in now.case.history].count(event) == 1
    assert [one.event for one in archive.notices.of("head")].count(event) == 1
    if event is Event.REFUSE_EXTENSION:
        assert (now.case.state, now.loan.wanted, now.case.due) == ("lent", None, now.loan.until)


def test_fifty_loans_of_one_original(archive: Archive, file: File, served: Served) -> None:
    """L4: fifty borrow one file, all are approved and nobody has the paper: one hand-over of fifty gets through."""
    loans = [approved(archive, file, "head") for _ in range(50)]
    paths = [f"loans/{one.case.id}/hand-over" for one in loans]
    assert served.at_once(["archivist"], paths, {}) == ONE
    (out,) = archive.lending.out(CAST["archivist"], file.file_no)
    assert out.loan == loans[0].case.id
    assert Counter(one.event for one in archive.notices.of("head"))[QUEUED] == 49
