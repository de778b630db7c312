"""The records and pages of the files that a request names, for the granting archivist to pick from (V2, V5)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.catalogue import derived
from service.catalogue.model import Catalogue, SubCategory
from service.person import Person
from service.records.operations import RecordOperations
from service.scans.operations import ScanOperations


@dataclass(frozen=True, slots=True)
class Part:
    """One record that can be granted as a whole, or by single pages, each named `scan/number`, scan by scan."""

    record: str
    sub: SubCategory
    title: str
    date: str
    scans: tuple[tuple[str, ...], ...]

    @property
    def pages(self) -> tuple[str, ...]:
        return tuple(page for scan in self.scans for page in scan)


class Parts:
    """What may be picked. Asking for it is a reading of the file, with its event."""

    def __init__(self, records: RecordOperations, scans: ScanOperations, catalogue: Catalogue) -> None:
        self._records, self._scans, self._catalogue = records, scans, catalogue

    def of(self, person: Person, file_no: str, language: str = "zh") -> list[Part]:
        """The filed records of a file in binding order; a pass shows no others."""
        made = []
        for record in self._records.of_file(person, file_no):
            if record.state != "filed":
                continue
            sub = self._catalogue.subcategory(record.category, record.subcategory)
            scans = self._scans.of_record(person, record.id)
            pages = tuple(tuple(f"{scan.id}/{page}" for page in scan.shown()) for scan in scans if scan.shown())
            made.append(Part(record.id, sub, derived.title(sub, record.fields, language), record.date, pages))
        return made


def picked(parts: Sequence[Part], records: Collection[str], pages: Collection[str]) -> tuple[list[str], list[str]]:
    """The records and pages of a grant. Where single pages are picked, a record that was picked whole gives all of its
    pages: a pass of pages shows no record's own values."""
    known = {page for part in parts for page in part.pages}
    single = [page for page in pages if page in known]
    whole = [part for part in parts if part.record in records]
    if not single:
        return [part.record for part in whole], []
    return [], list(dict.fromkeys([*single, *(page for part in whole for page in part.pages)]))
