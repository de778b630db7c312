"""`dangan import`: the same check and the same operations as the pages, for a file on the disk. Prints nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.catalogue.model import Catalogue
from service.errors import Sentence
from service.files.rules import HEAD
from service.intake import sheet, workbook
from service.intake.entering import place
from service.intake.opening import MOST, SAME_NAMES, Opening
from service.intake.rules import Entry
from service.intake.submissions.receiving import Receiving
from service.person import Person


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: how many rows there were, the faults (where, what), and the numbers of what was made."""

    kind: str
    rows: int
    faults: Sequence[tuple[str, str]] = ()
    made: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """One import by one person. `check` only looks; `confirmed` opens files of a name that the archive has."""

    opening: Opening
    receiving: Receiving
    catalogue: Catalogue
    departments: Mapping[str, str]

    def run(self, person: Person, path: Path, *, check: bool, confirmed: bool) -> Outcome:
        """Raises DanganError where the file is none that can be read, or the person may not."""
        with path.open("rb") as content:
            if sheet.TITLE in sheet.sheets(content, 1):
                rows = sheet.rows(content, HEAD.fields, self.departments, MOST)
                return self._files(
                    person, [Entry(given, row=row) for row, given in rows.items()], check=check, confirmed=confirmed
                )
            return self._records(person, workbook.lines(content, self.catalogue), check=check)

    def _files(self, person: Person, entries: Sequence[Entry], *, check: bool, confirmed: bool) -> Outcome:
        found = self.opening.check(person, entries)
        faults = [(str(Sentence("第 %(row)s 行", {"row": row})), str(fault)) for row, fault in found.faults]
        if not confirmed:
            faults += [(str(Sentence("第 %(row)s 行", {"row": row})), SAME_NAMES) for row in found.same_names]
        if faults or check:
            return Outcome("files", len(entries), faults)
        made = self.opening.open_all(person, entries, confirmed=confirmed)
        return Outcome("files", len(entries), made=[file.file_no for file in made])

    def _records(self, person: Person, lines: Sequence[workbook.Line], *, check: bool) -> Outcome:
        found = self.receiving.check(person, lines)
        faults = [(str(place(lines[at])), str(fault)) for at, fault in found.faults]
        if faults or check:
            return Outcome("records", len(lines), faults)
        return Outcome("records", len(lines), made=[one.id for one in self.receiving.enter(person, lines)])
