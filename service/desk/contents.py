"""What a file's page says of its records: sections in binding order, and what is missing. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.catalogue import derived
from service.catalogue.model import Catalogue, Category, Expected, SubCategory
from service.records.rules import Gap, Record, gaps
from service.scans.rules import Held


@dataclass(frozen=True, slots=True)
class Line:
    """One record as a row; `scans` is None where there are none, or none that the reader may see."""

    record: Record
    sub: SubCategory
    title: str
    scans: Held | None


@dataclass(frozen=True, slots=True)
class Section:
    """A category with its records, and what of it each file should have and this one has not."""

    category: Category
    lines: tuple[Line, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the checklist; `gap` is None where the file has it."""

    item: Expected
    gap: Gap | None


@dataclass(frozen=True, slots=True)
class Checklist:
    """What each file should have, and what of it this one is without (B1, I7)."""

    checks: tuple[Check, ...]

    @property
    def there(self) -> int:
        return sum(one.gap is None for one in self.checks)

    @property
    def share(self) -> int:
        return 100 * self.there // len(self.checks) if self.checks else 100

    @property
    def next(self) -> Gap | None:
        """What is to be done next: a record comes before its paper."""
        return next((one.gap for one in self.checks if one.gap is not None), None)


def sections(
    catalogue: Catalogue, records: Sequence[Record], scans: Mapping[str, Held], language: str = "zh"
) -> list[Section]:
    """Every category, in binding order; `records` are in that order already, titles in the reader's language."""
    made = []
    for category in catalogue.categories:
        lines = []
        for record in (one for one in records if one.category == category.code):
            sub = catalogue.subcategory(record.category, record.subcategory)
            lines.append(Line(record, sub, derived.title(sub, record.fields, language), scans.get(record.id)))
        asked = [item for sub in category.subcategories for item in sub.checklist]
        made.append(Section(category, tuple(lines), gaps(asked, records, scans)))
    return made


def checklist(catalogue: Catalogue, shown: Sequence[Section]) -> Checklist:
    """Who does not see all records cannot tell what is missing: ask it only for those who do."""
    found = {gap.item.key: gap for section in shown for gap in section.gaps}
    return Checklist(tuple(Check(item, found.get(item.key)) for item in catalogue.checklist()))
