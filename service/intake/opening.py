"""Opening files (B1, S2): permission first, then every row's rules, then one transaction with all events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Act, Audit, file_chain
from service.catalogue import validation
from service.catalogue.model import Catalogue
from service.catalogue.values import Refused, read
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid
from service.files.operations import FileOperations
from service.files.repository import Files, NewFile
from service.files.rules import HEAD, HIRED, File
from service.intake.rules import Entry, Given, namesakes, repeated
from service.person import Person
from service.records.repository import Records, new_id
from service.records.rules import Record, first_state
from service.store.connection import Store, Transaction
from service.store.keys import FileCipher, Keyring

MOST = 2000
"""Files that are opened in one transaction; a company with more sends several sheets."""
_IDENTITY = ("basic", "identity")
SAME_NAMES = "有与已有档案或另一行同名的：请先核对，确认不是同一人后再建档"
SAME_NAME = "已有同名的档案：请先检索核对，确认不是同一人后再建档"


@dataclass(frozen=True, slots=True)
class _Ready:
    """An entry whose every value was found right."""

    values: Mapping[str, Any]
    id_number: str | None
    records: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check run found: faults by row, and the rows whose name another file, or another row, has."""

    faults: tuple[tuple[int, FieldError], ...]
    same_names: tuple[int, ...]
    ready: tuple[_Ready, ...]


class Opening:
    """Opening one file or many; all of them or none."""

    def __init__(
        self, store: Store, listed: FileOperations, files: Files, records: Records, keys: Keyring, audit: Audit,
        gate: Gate, clock: Clock, catalogue: Catalogue,
    ) -> None:  # fmt: skip
        self._store, self._listed, self._files, self._records, self._keys = store, listed, files, records, keys
        self._audit, self._gate, self._clock, self._catalogue = audit, gate, clock, catalogue

    def open(self, person: Person, given: Mapping[str, Any], *, confirmed: bool = False) -> File:
        """Open a file with the next number of the rule; an ID number that was typed becomes its identity record.

        Raises Invalid with every wrong field, and where another file has the ID number; Conflict where one
        has the same name and it was not `confirmed` that this is somebody else.
        """
        found = self.check(person, [Entry(given)])
        if found.faults:
            raise Invalid(fields=[fault for _, fault in found.faults])
        if found.same_names and not confirmed:
            raise Conflict(SAME_NAME)
        return self._open(person, found.ready)[0]

    def open_all(self, person: Person, entries: Sequence[Entry], *, confirmed: bool = False) -> list[File]:
        """Open many files with their first records, all or none. Raises as `open` does, naming each row."""
        found = self.check(person, entries)
        if found.faults:
            named = [
                FieldError(f"rows.{row}.{one.name}", "第 %(row)s 行，%(fault)s", {"row": row, "fault": one})
                for row, one in found.faults
            ]
            raise Invalid(fields=named)
        if found.same_names and not confirmed:
            raise Conflict(SAME_NAMES)
        return self._open(person, found.ready)

    def may(self, person: Person) -> None:
        """Raises Forbidden or NotFound to those who may not open files."""
        self._gate.require(person, Action.OPEN_FILE)

    def check(self, person: Person, entries: Sequence[Entry]) -> Checked:
        """Every fault of every row at once; changes nothing."""
        self._gate.require(person, Action.OPEN_FILE)
        if not 1 <= len(entries) <= MOST:
            raise Invalid(fields=[FieldError("rows", "每次须有 1 至 %(most)s 份档案：请分成几张表", {"most": MOST})])
        departments = self._listed.departments()
        faults: list[tuple[int, FieldError]] = []
        ready: list[_Ready] = []
        names: dict[int, str | None] = {}
        numbers: dict[int, str | None] = {}
        for at, entry in enumerate(entries, 1):
            row = entry.row or at
            names[row], numbers[row] = _typed(entry, "name"), _typed(entry, "id_number")
            try:
                values = self._listed.head(entry.given, departments)
                records = self._values(entry, values)
            except Invalid as refused:
                faults += [(row, fault) for fault in refused.fields]
                continue
            given = [one.fields.get("id_number") for one in records if one.kind == _IDENTITY]
            numbers[row] = next((number for number in given if number), values.get("id_number"))
            ready.append(_Ready(values, numbers[row], records))
        there = [(row, number) for row, number in numbers.items() if number]
        faults += repeated(there, self._files.known_id_numbers([number for _, number in there]))
        named = {row: name for row, name in names.items() if name}
        same = namesakes(named, self._files.known_names(list(named.values())))
        return Checked(tuple(sorted(faults, key=lambda one: one[0])), same, tuple(ready))

    def _values(self, entry: Entry, head: Mapping[str, Any]) -> tuple[Given, ...]:
        """The entry's records as they are kept, the identity record first where an ID number was typed."""
        given = list(entry.records)
        if head.get("id_number") and not any(one.kind == _IDENTITY for one in given):
            given.insert(0, Given("basic", "identity", {"name": head["name"], "id_number": head["id_number"]}))
        kept: list[Given] = []
        known: dict[str, Any] = {}
        followed = {validation.FOLLOWED: [(head["hire_date"], HIRED)]}
        for one in given:
            sub = self._catalogue.to_add(one.category, one.subcategory)
            identity = one.kind == _IDENTITY
            values = validation.validate(sub, one.fields, followed if identity else known)
            if identity:
                known = {validation.BIRTH: validation.born(values)}
            kept.append(replace(one, fields=values, date=validation.record_date(sub, values, one.date)))
        return tuple(kept)

    def _open(self, person: Person, ready: Sequence[_Ready]) -> list[File]:
        files = self._listed.numbered(person, [one.values for one in ready])
        work = list(zip(files, ready, strict=True))

        def write(tx: Transaction) -> list[File]:
            ciphers = self._keys.create(tx, [new.file.file_no for new, _ in work])
            made = [
                (replace(new, file=replace(new.file, records=len(one.records)), id_number=one.id_number), one)
                for new, one in work
            ]
            self._files.add(tx, [new for new, _ in made], ciphers)
            records = [pair for new, one in made for pair in self._made(person, new, one, ciphers)]
            self._records.add(tx, records)
            self._audit.begin(tx, person, self._acts(made, [record for record, _ in records]))
            return [new.file for new, _ in made]

        return self._store.transact(write, queue=[file_chain(new.file.file_no) for new, _ in work])

    def _made(
        self, person: Person, new: NewFile, one: _Ready, ciphers: Mapping[str, FileCipher]
    ) -> list[tuple[Record, FileCipher]]:
        file_no, now, state = new.file.file_no, self._clock.now(), first_state(person, draft=False)
        return [
            (
                Record(
                    new_id(), file_no, number, given.category, given.subcategory, given.date, given.fields, state,
                    person.account, now,
                ),
                ciphers[file_no],
            )
            for number, given in enumerate(one.records, 1)
        ]  # fmt: skip

    def _acts(self, made: Sequence[tuple[NewFile, _Ready]], records: Sequence[Record]) -> dict[str, list[Act]]:
        acts = {file_chain(new.file.file_no): [Act("file.opened", {"file": new.file.file_no})] for new, _ in made}
        for record in records:
            ids = {"file": record.file_no, "record": record.id}
            acts[file_chain(record.file_no)].append(Act("record.added", ids))
        return acts


def _typed(entry: Entry, name: str) -> str | None:
    """What was typed into a field of the head as it would be kept, also in a row with faults."""
    field = HEAD.field(name)
    try:
        return str(read(field, entry.given.get(name)) or "") or None if field else None
    except Refused:
        return None
