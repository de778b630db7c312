"""Entering many records at once (I1): permission first, then every line's rules, then one transaction with events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import file_chain
from service.catalogue import validation
from service.catalogue.model import Catalogue
from service.clock import Clock
from service.errors import DanganError, FieldError, Invalid, NotFound, Sentence
from service.files.repository import Files
from service.files.rules import File
from service.intake.workbook import MOST, Line
from service.person import Person
from service.records.operations import RecordOperations
from service.records.repository import new_id
from service.records.rules import Record, first_state
from service.store.connection import Store, Transaction

_IDENTITY = ("basic", "identity")
_NO_FILE = FieldError("file_no", "档案编号：没有这份档案，或您无权为它录入材料")
_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check run found: faults by line (from 0), and the records that are ready where there is none."""

    faults: tuple[tuple[int, FieldError], ...]
    ready: tuple[Record, ...]


class Entering:
    """Records of many files, all of them or none."""

    def __init__(
        self, store: Store, files: Files, records: RecordOperations, gate: Gate, clock: Clock, catalogue: Catalogue
    ) -> None:
        self._store, self._files, self._records = store, files, records
        self._gate, self._clock, self._catalogue = gate, clock, catalogue

    def may(self, person: Person) -> None:
        """Raises Forbidden or NotFound to those who may not add records."""
        self._gate.require(person, Action.ADD_RECORD)

    def check(self, person: Person, lines: Sequence[Line]) -> Checked:
        """Every fault of every line at once; changes nothing."""
        self.may(person)
        if not 1 <= len(lines) <= MOST:
            raise Invalid(fields=[FieldError("lines", "每次须有 1 至 %(most)s 份材料：请分成几个文件", {"most": MOST})])
        files = self._allowed(person, list(dict.fromkeys(line.file_no for line in lines)))
        faults: list[tuple[int, FieldError]] = []
        ready: list[Record] = []
        births = self._births(lines, files)
        for at, line in enumerate(lines):
            file = files.get(line.file_no)
            if file is None:
                faults.append((at, _NO_FILE))
                continue
            try:
                ready.append(self._record(person, file, line, births))
            except Invalid as refused:
                faults += [(at, fault) for fault in refused.fields]
        if not faults:
            faults += self._shared(ready)
        return Checked(tuple(sorted(faults, key=lambda one: one[0])), () if faults else tuple(ready))

    def ready(self, person: Person, lines: Sequence[Line]) -> tuple[Record, ...]:
        """The records of all lines, not kept yet. Raises Invalid with every fault, named by its line from 1."""
        found = self.check(person, lines)
        if found.faults:
            named = [
                FieldError(
                    f"lines.{at + 1}.{one.name}", "%(place)s，%(fault)s", {"place": place(lines[at]), "fault": one}
                )
                for at, one in found.faults
            ]
            raise Invalid(fields=named)
        return found.ready

    def enter(self, person: Person, lines: Sequence[Line]) -> list[Record]:
        """Keep every line's record, or none, of somebody who files by themselves. Raises Invalid as `ready` does."""
        by_file: dict[str, list[Record]] = {}
        for record in self.ready(person, lines):
            by_file.setdefault(record.file_no, []).append(record)

        def work(tx: Transaction) -> list[Record]:
            return [
                record
                for file_no, records in by_file.items()
                for record in self._records.keep(tx, person, file_no, records)
            ]

        return self._store.transact(work, queue=[file_chain(file_no) for file_no in by_file])

    def _allowed(self, person: Person, numbers: Sequence[str]) -> dict[str, File]:
        """The files that the person may add to; each one refused is an event."""
        found: dict[str, File] = {}
        for start in range(0, len(numbers), _TOGETHER):
            for file_no, file in self._files.many(list(numbers[start : start + _TOGETHER])).items():
                try:
                    self._gate.require(person, Action.ADD_RECORD, file.subject())
                except DanganError:
                    continue
                found[file_no] = file
        return found

    def _births(self, lines: Sequence[Line], files: Mapping[str, File]) -> dict[str, Any]:
        """Dates of birth that these lines bring with them, by file."""
        found: dict[str, Any] = {}
        for line in lines:
            if line.given.kind == _IDENTITY and line.file_no in files and line.fields.get("birth_date"):
                found[line.file_no] = line.fields["birth_date"]
        return found

    def _record(self, person: Person, file: File, line: Line, births: Mapping[str, Any]) -> Record:
        try:
            sub = self._catalogue.to_add(line.category, line.subcategory)
        except NotFound as error:
            fault = FieldError("category", "没有这个类别和子类：请核对 category 与 subcategory")
            raise Invalid(fields=[fault]) from error
        known = self._records.known(file, sub)
        if file.file_no in births:
            known = {**known, validation.BIRTH: births[file.file_no]}
        kept = validation.validate(sub, line.fields, known)
        return Record(
            new_id(), file.file_no, 0, line.category, line.subcategory, validation.record_date(sub, kept, line.date),
            kept, first_state(person, draft=False), person.account, self._clock.now(),
        )  # fmt: skip

    def _shared(self, ready: Sequence[Record]) -> list[tuple[int, FieldError]]:
        """Lines whose ID number another file, or another file's line before, has already."""
        numbers = {at: one.fields["id_number"] for at, one in enumerate(ready) if one.fields.get("id_number")}
        holders = self._files.holders(list(numbers.values()))
        faults = []
        for at, number in numbers.items():
            if holders.setdefault(number, ready[at].file_no) != ready[at].file_no:
                faults.append((at, FieldError("id_number", "身份证号码：已有另一份档案使用同一号码，请核对")))
        return faults


def place(line: Line) -> Sentence:
    """Where a line stands, for a person: the sheet and its row, or which one it is where there is no sheet."""
    if not line.sheet:
        return Sentence("第 %(row)s 份", {"row": line.row})
    return Sentence("工作表“%(sheet)s”第 %(row)s 行", {"sheet": line.sheet, "row": line.row})
