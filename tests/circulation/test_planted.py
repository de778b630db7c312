"""Planted damage beside what the comparison finds, case by case (L6): on the planted page, and nowhere else."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from PIL import Image

from scanner_ingest.compare import compared
from service.circulation.lending.findings import Finding, Found
from tests.circulation.planted import back, originals, photographed, scanned, torn, written_on

DAMAGE = {
    "missing": {Finding.MISSING},
    "exchanged": {Finding.MOVED},
    "replaced": {Finding.MISSING, Finding.SURPLUS, Finding.MARKED},
    "written": {Finding.MARKED},
    "torn": {Finding.TORN, Finding.MARKED},
}
"""A page of the same form with other words on it, put in another's place, may show as one that was written on; and a
piece that the scanner's white lid stands for, as ink that is gone."""
Images = list[Image.Image]
Record = Callable[[str, object], None]


@dataclass
class Outcome:
    """What became of the cases: damage that was not found, and findings where there is none."""

    cases: Counter[str] = field(default_factory=Counter)
    missed: list[object] = field(default_factory=list)
    alarms: list[object] = field(default_factory=list)

    def judge(self, name: str, went: Images, came: Images, damage: str = "", places: tuple[int, ...] = ()) -> None:
        """Compare, and hold what is found against the damage planted at `places` (pages from 1)."""
        self.cases[name] += 1
        case = (name, self.cases[name])
        findings = compared(went, came).findings

        def planted(one: Found) -> bool:
            return bool(damage) and one.finding in DAMAGE[damage] and (one.page or one.returned) in places

        if damage and not any(planted(one) for one in findings):
            self.missed.append((case, findings))
        self.alarms += [(case, one) for one in findings if not planted(one)]

    def told(self) -> str:
        cases = ", ".join(f"{name} {count}" for name, count in self.cases.items())
        return f"{self.cases.total()} cases ({cases}): {len(self.missed)} missed, {len(self.alarms)} false alarms"


@pytest.mark.slow
def test_forty_planted_cases(record_property: Record) -> None:
    """Eight each of missing, swapped, written on, clean and turned: all damage found on its page, at most two false
    alarms, those beside the damage counted too."""
    chance, outcome = random.Random(40), Outcome()
    archived = [scanned(page, chance) for page in originals()]
    for kind in ("missing", "swapped", "written", "clean", "turned"):
        for number in range(8):
            *chosen, other = chance.sample(range(len(archived)), 4)
            at, turns, damage = chance.randrange(3), [0, 0, 0], kind if kind in DAMAGE else ""
            pages, places = [originals()[one] for one in chosen], (at + 1,)
            if kind == "missing":
                del pages[at]
            elif kind == "swapped" and number % 2:
                pages[at], damage = originals()[other], "replaced"
            elif kind == "swapped":
                pages.reverse()
                damage, places = "exchanged", (1, 2, 3)
            elif kind == "written":
                pages[at] = written_on(pages[at], chance)
            elif kind == "turned":
                turns[at] = chance.choice([90, 180, 270])
            came = [scanned(page, chance, turn) for page, turn in zip(pages, turns, strict=False)]
            outcome.judge(kind, [archived[one] for one in chosen], came, damage, places)
    record_property("figures", outcome.told())
    assert outcome.missed == []
    assert len(outcome.alarms) <= 2, outcome.alarms


@pytest.mark.slow
def test_torn_pages_empty_backs_and_photos(record_property: Record) -> None:
    """Eight torn pages, eight files of two-sided sheets, and sixteen photographed: as above."""
    chance, outcome = random.Random(41), Outcome()
    archived = [scanned(page, chance) for page in originals()]
    for number in range(8):
        chosen, at = chance.sample(range(len(archived)), 3), chance.randrange(3)
        lid = (None, "white", "#222")[number % 3]
        pages = [originals()[one] for one in chosen]
        came = [scanned(page, chance) for page in pages]
        came[at] = scanned(torn(pages[at], chance, lid), chance, lid=lid)
        outcome.judge("torn", [archived[one] for one in chosen], came, "torn", (at + 1,))
    backs = [back(), back(2)]
    archived_backs = [scanned(page, chance) for page in backs]
    for number in range(8):
        first, second = chance.sample(range(len(archived)), 2)
        went = [archived[first], archived_backs[0], archived[second], archived_backs[1]]
        pages, damage, places = [originals()[first], backs[0], originals()[second], backs[1]], "", (2 + number % 4,)
        if number in (2, 4):
            damage = "written"
            pages[places[0] - 1] = written_on(pages[places[0] - 1], chance)
        elif number == 5:
            damage, places = "missing", (1, 2)
            del pages[:2]
        outcome.judge("two-sided", went, [scanned(page, chance, 180 * (number % 2)) for page in pages], damage, places)
    for number in range(16):
        chosen, at = chance.sample(range(len(archived)), 2), chance.randrange(2)
        pages, damage = [originals()[one] for one in chosen], ("", "", "written", "torn")[number % 4]
        if damage:
            pages[at] = written_on(pages[at], chance) if damage == "written" else torn(pages[at], chance, None)
        came = [photographed(page, chance) for page in pages]
        outcome.judge("photographed", [archived[one] for one in chosen], came, damage, (at + 1,))
    record_property("figures", outcome.told())
    assert outcome.missed == []
    assert len(outcome.alarms) <= 2, outcome.alarms
