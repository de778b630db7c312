"""A box in a room, files whose bags lie in it, and loans of what lies there."""

from datetime import timedelta

import pytest

from service.bootstrap import Archive
from service.circulation.lending.rules import Event
from service.files.rules import File
from service.intake.rules import Entry
from service.places.rules import Kind, Place
from service.records.rules import Record
from tests.cast import CAST

ARCHIVIST = CAST["archivist"]


@pytest.fixture
def room(archive: Archive) -> Place:
    return archive.places.add(ARCHIVIST, Kind.ROOM, "", {"name": "一号库房"})


@pytest.fixture
def box(archive: Archive, room: Place) -> Place:
    given = {"name": "2021 年合同", "category": "onboarding", "year": "2021"}
    return archive.places.add(ARCHIVIST, Kind.BOX, room.code, given)


def opened(archive: Archive, count: int) -> list[File]:
    given = {"department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    return archive.opening.open_all(CAST["hr"], [Entry({**given, "name": f"林晓{n}"}) for n in range(count)])


def contract(archive: Archive, file: File, name: str = "hr", *, draft: bool = False) -> Record:
    given = {"number": "HT-1", "start": "2021-03-01"}
    return archive.records.add(CAST[name], file.file_no, "onboarding", "contract", given, draft=draft)


def lend(archive: Archive, *codes: str) -> str:
    """A loan of these, handed over."""
    day = (archive.clock.today() + timedelta(days=7)).isoformat()
    loan = archive.lending.ask(CAST["head"], {"items": list(codes), "reason": "仲裁", "until": day}).case.id
    archive.pledging.sign(CAST["head"], 1)
    for name, event in (("archives", Event.APPROVE), ("archivist", Event.HAND_OVER)):
        archive.lending.take(CAST[name], loan, event, None, {})
    return loan
