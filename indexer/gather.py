"""Reading what is to be mirrored: one file as it stands, or all of them in the fewest looks at the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from service.audit.trail import file_chain
from service.bootstrap import Archive
from service.errors import NotFound
from service.files.rules import File
from service.records.rules import Record
from service.scans.rules import Page

TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Gathered:
    """A file with all that hangs on it; `version` is its chain's last change, read before the rest.

    What changes meanwhile comes again with a higher version.
    """

    file: File
    version: int
    records: tuple[Record, ...]
    pages: Mapping[str, Sequence[Page]]
    """The pages that readers see, by record; none yet of one whose scans are still to be read."""


def one(archive: Archive, file_no: str) -> Gathered | None:
    """One file in bounded looks; None where it, or its key, is gone."""
    version = archive.audit.trail.changed(file_chain(file_no))
    try:
        file = archive.kept_files.get(file_no)
        records = tuple(archive.kept_records.of_file(file_no, file.records))
        scans = archive.kept_scans.of_records([record.id for record in records])
        pages = {
            record_id: [
                page for scan in found for page in archive.kept_scans.pages(scan) if page.number in scan.shown()
            ]
            for record_id, found in scans.items()
            if found
        }
    except NotFound:
        return None
    return Gathered(file, version, records, pages)


def numbers(archive: Archive) -> Iterator[list[str]]:
    """The numbers of all files, a hundred at a time, for a rebuild."""
    found = (one["_id"] for one in archive.store.walk("files", {"_id": 1}))
    while batch := list(islice(found, TOGETHER)):
        yield batch


def together(archive: Archive, numbers: list[str]) -> Iterator[Gathered]:
    """Up to a hundred files in the fewest looks at the store."""
    versions = archive.audit.trail.all_changed([file_chain(file_no) for file_no in numbers])
    files = archive.kept_files.many(numbers)
    records = archive.kept_records.of_files(list(files))
    pages = archive.kept_scans.pages_of([record.id for found in records.values() for record in found])
    for file_no, file in files.items():
        yield Gathered(file, versions.get(file_chain(file_no), 0), tuple(records.get(file_no, ())), pages)
