"""Which labels a person prints, and the event of each file whose name goes onto one. Permission first."""

from collections.abc import Mapping, Sequence

from bson import ObjectId

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Act, Audit, file_chain
from service.catalogue.model import Catalogue
from service.errors import FieldError, Invalid
from service.files.repository import Files
from service.files.rules import File
from service.person import Person
from service.places import wording
from service.places.labels import SHEETS, printed
from service.places.repository import Places
from service.records.repository import Records
from service.records.rules import Record
from service.store.connection import Store, Transaction

MOST = 100
"""Codes that one types; all that stands in a place is labelled at once, and that is 200 at most."""


class Labelling:
    """Printing labels."""

    def __init__(
        self, store: Store, places: Places, files: Files, records: Records, audit: Audit, gate: Gate,
        catalogue: Catalogue,
    ) -> None:  # fmt: skip
        self._store, self._places, self._files, self._records = store, places, files, records
        self._audit, self._gate, self._catalogue = audit, gate, catalogue

    def print(self, person: Person, codes: Sequence[str], sheet: str, first: int = 1) -> bytes:
        """A PDF with a label for each file number, record's id and place's code. Raises Invalid with what is wrong."""
        self._gate.require(person, Action.KEEP_PLACES)
        wanted = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
        if not 1 <= len(wanted) <= MOST:
            raise Invalid(fields=[FieldError("codes", "标签：请写明 1 至 %(most)s 个编号", {"most": MOST})])
        return self._printed(person, wanted, sheet, first, whole=True)

    def print_inside(self, person: Person, code: str, sheet: str, first: int = 1) -> bytes:
        """The same for all that stands in a place or lies in a box. Raises NotFound, Invalid where that is nothing."""
        self._gate.require(person, Action.KEEP_PLACES)
        place = self._places.get(code)
        wanted = [one.id for one in self._places.contents(place.code)]
        wanted += [one.code for one in self._places.inside(place.code)]
        if not wanted:
            raise Invalid(fields=[FieldError("inside", "标签：这里还没有放东西")])
        return self._printed(person, wanted, sheet, first, whole=False)

    def _printed(self, person: Person, wanted: Sequence[str], sheet: str, first: int, *, whole: bool) -> bytes:
        """`whole`: it is a fault if one of the codes is unknown; else those are left out."""
        if sheet not in SHEETS:
            raise Invalid(fields=[FieldError("sheet", "标签纸：请从列出的规格中选择")])
        most = SHEETS[sheet].labels
        if not 1 <= first <= most:
            raise Invalid(fields=[FieldError("first", "从第几枚开始：应为 1 至 %(most)s 的整数", {"most": most})])
        places, records = self._places.many(wanted), self._kept(person, wanted)
        files = self._of_files([*wanted, *(record.file_no for record in records.values())])
        made = {code: wording.of_place(place, self._catalogue) for code, place in places.items()}
        made |= {number: wording.of_file(files[number]) for number in wanted if number in files}
        made |= {
            id_: wording.of_record(record, files[record.file_no], self._catalogue)
            for id_, record in records.items()
            if record.file_no in files
        }
        unknown = [number for number, code in enumerate(wanted, 1) if code not in made]
        if unknown and whole:
            at = {"number": unknown[0]}
            raise Invalid(fields=[FieldError("codes", "标签：第 %(number)s 个编号不存在，请核对", at)])
        self._note(person, [code for code in wanted if code in files], records)
        return printed([made[code] for code in wanted if code in made], SHEETS[sheet], first)

    def _kept(self, person: Person, codes: Sequence[str]) -> dict[str, Record]:
        """Those of the codes that are records' ids, and not somebody's drafts."""
        ids, found = [code for code in codes if ObjectId.is_valid(code)], dict[str, Record]()
        for start in range(0, len(ids), 100):
            found |= self._records.many(ids[start : start + 100])
        return {
            id_: record
            for id_, record in found.items()
            if self._gate.decide(person, Action.READ_RECORD, record.subject("", hidden_from_agent=False)).allowed
        }

    def _of_files(self, numbers: Sequence[str]) -> dict[str, File]:
        wanted, found = list(dict.fromkeys(numbers)), dict[str, File]()
        for start in range(0, len(wanted), 100):
            found |= self._files.many(wanted[start : start + 100])
        return found

    def _note(self, person: Person, numbers: Sequence[str], records: Mapping[str, Record]) -> None:
        """A label shows a name: each is a print, and its event is committed before the first byte (design §2)."""
        acts: dict[str, list[Act]] = {number: [Act("file.labelled", {"file": number})] for number in numbers}
        for record in records.values():
            ids = {"file": record.file_no, "record": record.id}
            acts.setdefault(record.file_no, []).append(Act("file.labelled", ids))
        chains = {file_chain(number): of_file for number, of_file in acts.items()}

        def work(tx: Transaction) -> None:
            for chain, of_file in chains.items():
                self._audit.append_all(tx, person, of_file, subject=chain, change=False)

        if chains:
            self._store.transact(work, queue=tuple(chains))
