"""What a file's page says of its records: sections in binding order, and what is missing. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.catalogue import derived
from service.catalogue.model import Catalogue, Category, SubCategory
from service.records.rules import THERE, Record
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
    """A category with its records, and the sub-categories that a file should have and this one has not."""

    category: Category
    lines: tuple[Line, ...]
    missing: tuple[SubCategory, ...]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many of the expected sub-categories are there (I7)."""

    there: int
    expected: int

    @property
    def share(self) -> int:
        return 100 * self.there // self.expected if self.expected else 100


def sections(
    catalogue: Catalogue, records: Sequence[Record], scans: Mapping[str, Held], language: str = "zh"
) -> list[Section]:
    """Every category, in binding order; `records` are in that order already, titles in the reader's language."""
    there = {(one.category, one.subcategory) for one in records if one.state in THERE}
    made = []
    for category in catalogue.categories:
        lines = []
        for record in (one for one in records if one.category == category.code):
            sub = catalogue.subcategory(record.category, record.subcategory)
            lines.append(Line(record, sub, derived.title(sub, record.fields, language), scans.get(record.id)))
        missing = derived.missing(category.subcategories, there)
        made.append(Section(category, tuple(lines), missing))
    return made


def completeness(catalogue: Catalogue, shown: Sequence[Section]) -> Completeness:
    """Who does not see all records cannot tell what is missing: ask it only for those who do."""
    expected = sum(sub.expected for sub in catalogue.subcategories())
    return Completeness(expected - sum(len(section.missing) for section in shown), expected)
