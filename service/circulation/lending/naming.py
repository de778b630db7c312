"""Which originals are meant by what people type or scan: numbers of files, labels of records, codes of boxes."""

from collections.abc import Mapping, Sequence

from service.circulation.lending.rules import Item, Original
from service.errors import NotFound
from service.files.repository import Files
from service.files.rules import File
from service.places.repository import Places
from service.places.rules import Kind
from service.records.repository import Records


class Naming:
    """Looks up originals. Whether anybody may know of them is its callers' to ask."""

    def __init__(self, files: Files, records: Records, places: Places) -> None:
        self._files, self._records, self._places = files, records, places

    def originals(self, named: Sequence[str]) -> tuple[Original, ...]:
        """The originals that these stand for; a box for all that lies in it, a whole file for its records too."""
        files = self._files.many(list(named))
        found: dict[str, Original] = {}
        for code in named:
            for original in self._named(code, files):
                found.setdefault(original.id, original)
        whole = {one.file_no for one in found.values() if one.item is Item.FILE}
        return tuple(one for one in found.values() if one.item is Item.FILE or one.file_no not in whole)

    def _named(self, code: str, files: Mapping[str, File]) -> list[Original]:
        if code in files:
            return [Original(Item.FILE, code, code)]
        try:
            record = self._records.get(code)
            return [Original(Item.RECORD, record.id, record.file_no)]
        except NotFound:
            pass
        try:
            if self._places.get(code).kind is not Kind.BOX:
                return []
        except NotFound:
            return []
        return [Original(Item(one.item), one.id, one.file_no) for one in self._places.contents(code)]
