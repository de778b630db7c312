"""What comes back is laid over what went out: missing, swapped and written-on pages show, a turned one is no damage."""

import io
import random
from datetime import timedelta

import pytest
from PIL import Image

from scanner_ingest.compare import compared
from scanner_ingest.worker import Worker
from service.bootstrap import Archive
from service.circulation.lending.findings import Finding
from service.circulation.lending.rules import Event
from service.errors import Conflict
from tests.cast import CAST
from tests.circulation.planted import originals, scanned, written_on
from tests.scans.conftest import Plate

ARCHIVIST = CAST["archivist"]


def tiff(pages: list[Image.Image]) -> io.BytesIO:
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="jpeg")
    out.seek(0)
    return out


def kinds(archived: list[Image.Image], returned: list[Image.Image]) -> set[Finding]:
    return {one.finding for one in compared(archived, returned)}


def test_damage_shows_and_a_turned_page_is_none() -> None:
    """One of each: clean, turned, missing, out of order, another's page, written on (L6)."""
    chance, pages = random.Random(3), originals()
    went = [scanned(page, chance) for page in (pages[0], pages[3])]
    assert kinds(went, [scanned(pages[0], chance), scanned(pages[3], chance, turn=180)]) == set()
    assert kinds(went, [scanned(pages[3], chance)]) == {Finding.MISSING}
    assert kinds(went, [scanned(pages[3], chance), scanned(pages[0], chance)]) == {Finding.MOVED}
    assert kinds(went, [scanned(pages[0], chance), scanned(pages[4], chance)]) == {Finding.MISSING, Finding.SURPLUS}
    found = compared(went, [scanned(written_on(pages[0], chance), chance), scanned(pages[3], chance)])
    assert [(one.finding, one.page) for one in found] == [(Finding.MARKED, 1)]
    assert found[0].boxes


@pytest.mark.slow
def test_forty_planted_cases() -> None:
    """Eight each of missing, swapped, written on, clean and turned: all damage found, at most two false alarms.

    A page of the same form with other words on it, put in another's place, may show as one that was written on.
    """
    chance, pages = random.Random(40), originals()
    damage = {
        "missing": {Finding.MISSING},
        "swapped": {Finding.MOVED, Finding.SURPLUS, Finding.MARKED},
        "written": {Finding.MARKED},
    }
    missed, alarms = [], []
    for kind in ("missing", "swapped", "written", "clean", "turned"):
        for number in range(8):
            *chosen, other = chance.sample(pages, 4)
            at, went, back = chance.randrange(3), [scanned(page, chance) for page in chosen], list(chosen)
            if kind == "missing":
                del back[at]
            elif kind == "swapped" and number % 2:
                back[at] = other
            elif kind == "swapped":
                back[0], back[2] = back[2], back[0]
            elif kind == "written":
                back[at] = written_on(back[at], chance)
            turned = chance.choice([90, 180, 270])
            found = kinds(
                went,
                [scanned(page, chance, turned if kind == "turned" and n == at else 0) for n, page in enumerate(back)],
            )
            if kind in damage and not found & damage[kind]:
                missed.append((kind, number))
            if kind not in damage and found:
                alarms.append((kind, number, found))
    assert missed == []
    assert len(alarms) <= 2, alarms


def test_the_desk_compares_what_came_back(archive: Archive) -> None:
    """A loan's two scanned pages come back as one; the desk is told which is missing, and the file's chain keeps it. A
    comparison that takes its worker with it is given up."""
    given = {"name": "林晓", "department": "north", "post": "客服专员", "hire_date": "2021-03-01"}
    file = archive.opening.open(CAST["hr"], given)
    contract = {"number": "HT-2021-7", "start": "2021-03-01"}
    record = archive.records.add(CAST["hr"], file.file_no, "onboarding", "contract", contract)
    pages, chance = originals(), random.Random(1)
    scan, _ = archive.scans.upload(CAST["hr"], record.id, tiff([pages[0], pages[3]]), "a.tif")
    worker = Worker(archive, Plate())
    assert worker.once()
    until = (archive.clock.today() + timedelta(days=3)).isoformat()
    loan = archive.lending.ask(CAST["head"], {"items": record.id, "reason": "核对", "until": until}).case.id
    archive.pledging.sign(CAST["head"], 1)
    for name, event in (("archives", Event.APPROVE), ("archivist", Event.HAND_OVER)):
        archive.lending.take(CAST[name], loan, event, None, {})
    with pytest.raises(Conflict):
        archive.comparing.upload(ARCHIVIST, loan, tiff([pages[0]]))
    archive.lending.take(ARCHIVIST, loan, Event.RETURN, None, {})
    archive.comparing.upload(ARCHIVIST, loan, tiff([scanned(pages[0], chance)]))
    assert worker.once()
    (compared_,) = archive.comparing.of_loan(ARCHIVIST, loan)
    assert [(one.finding, one.page) for one in compared_.findings] == [(Finding.MISSING, 2)]
    assert (compared_.pages[1].scan_id, compared_.pages[1].number) == (scan.id, 2)
    actions = [event.action for event in archive.audit.trail.chain(f"file:{file.file_no}")]
    assert actions[-2:] == ["loans.scanned", "loans.compared"]
    archive.comparing.upload(ARCHIVIST, loan, tiff([scanned(pages[3], chance)]))
    archive.store.db["jobs"].update_many({}, {"$set": {"attempt": 3}})  # as if it had taken three workers with it
    assert worker.once()
    assert {one.reason for one in archive.comparing.of_loan(ARCHIVIST, loan)} == {"", "比对程序几次中断：请人工核对"}
