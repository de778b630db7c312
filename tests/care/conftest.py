"""The archives office on a clock that is set, and a facility with a plan."""

from collections.abc import Callable

import pytest

from service.bootstrap import Archive, build
from service.casework.repository import Kept
from service.clock import SetClock
from service.person import SYSTEM
from tests.cast import CAST, PASSWORD

CHIEF, ARCHIVIST = CAST["archives"], CAST["archivist"]


@pytest.fixture
def timed(set_clock: SetClock, archive: Archive) -> Archive:
    """The same archive on a clock that is set, with the archives office's accounts."""
    made = build(archive.settings, archive.store, set_clock)
    for person in (CHIEF, ARCHIVIST):
        made.accounts.create(SYSTEM, person.account, person.name, person.role, PASSWORD, person.department)
    return made


@pytest.fixture
def duty(timed: Archive) -> Callable[[], Kept]:
    """The newest duty."""
    timed.care.add_facility(CHIEF, {"kind": "fire", "name": "灭火器", "where": "一号库房", "every_days": "30"})
    return lambda: timed.care.inspections(CHIEF)[0][0]
