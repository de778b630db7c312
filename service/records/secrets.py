"""A file's own sensitive values, to be looked for in its texts where these are masked. Shown to nobody."""

from service.catalogue import derived
from service.catalogue.model import Catalogue
from service.catalogue.runs import own
from service.files.rules import File
from service.records.repository import Records


class Secrets:
    """Reads the records of those kinds alone that have sensitive fields."""

    def __init__(self, records: Records, catalogue: Catalogue) -> None:
        self._records, self._catalogue = records, catalogue

    def of(self, file: File) -> tuple[str, ...]:
        """In whatever record of the file they stand, filed or not."""
        said: list[str] = []
        for sub in self._catalogue.subcategories():
            if any(field.sensitive for field in sub.fields):
                for record in self._records.of_file(file.file_no, file.records, (sub.category, sub.code)):
                    said += derived.secrets(sub, record.fields)
        return own(said)
