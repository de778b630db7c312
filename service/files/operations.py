"""What people do with files. Permission first, then rules, then one transaction with its event."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action, Subject
from service.access.repository import Accounts
from service.audit.trail import Audit, file_chain
from service.catalogue import numbering, values
from service.catalogue.model import Field
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid
from service.files.repository import Files
from service.files.rules import WORKFLOW, Event, File, check_leaving
from service.person import Person
from service.store.connection import Store, Transaction
from service.store.keys import Keyring

_FIELDS = (
    Field("name", "text", "姓名", "Name", required=True),
    Field("department", "text", "部门", "Department", required=True),
    Field("post", "text", "岗位", "Post", required=True),
    Field("hire_date", "date", "入职时间", "Hire date", required=True),
    Field("id_number", "id_number", "身份证号码", "ID number", sensitive=True),
)
MOST_WINDOWS = 20
_LEFT_ON = Field("left_on", "date", "离职时间", "Left on", required=True)


class FileOperations:
    """Opening, reading and changing files. Every method asks the gate first."""

    def __init__(
        self, store: Store, files: Files, accounts: Accounts, keys: Keyring, audit: Audit, gate: Gate,
        clock: Clock, settings: PolicySettings,
    ) -> None:  # fmt: skip
        self._store, self._files, self._accounts, self._keys = store, files, accounts, keys
        self._audit, self._gate, self._clock, self._settings = audit, gate, clock, settings

    def open(self, person: Person, given: Mapping[str, Any], *, confirmed: bool = False) -> File:
        """Open a file with the next number of the rule (B1, S2).

        Raises Invalid with every wrong field, and where another file has the ID number; Conflict where one
        has the same name and it was not `confirmed` that this is somebody else.
        """
        self._gate.require(person, Action.OPEN_FILE)
        read = self._read(given, _FIELDS)
        id_number = read.pop("id_number", None)
        if not confirmed and self._files.same_name(read["name"]) is not None:
            raise Conflict("已有同名的档案：请先检索核对，确认不是同一人后再建档")
        rule = self._settings.value("numbering_rule")
        seq = self._files.next(numbering.prefix(rule, read["hire_date"]))
        file_no = numbering.render(rule, read["hire_date"], seq)
        place = self._files.next("n")
        file = File(file_no, **read, opened_by=person.account, opened_at=self._clock.now())

        def work(tx: Transaction) -> None:
            self._keys.create(tx, file_no)
            self._files.add(tx, file, place, id_number)
            self._audit.append(tx, person, "file.opened", subject=file_chain(file_no), ids={"file": file_no})

        self._store.transact(work, queue=(file_chain(file_no),))
        return file

    def get(self, person: Person, file_no: str) -> File:
        """A file's head. Raises NotFound to those who may not know of it."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.READ_FILE, file.subject())
        return file

    def edit(self, person: Person, file_no: str, version: int, given: Mapping[str, Any]) -> File:
        """Change name, department (a transfer), post or hire date. Raises Conflict with the present file."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.EDIT_FILE, file.subject())
        fields = tuple(field for field in _FIELDS if field.name in given and field.name != "id_number")
        unknown = [name for name in given if name not in {field.name for field in fields}]
        if unknown:
            raise Invalid(fields=[FieldError(name[:60], "这个字段不能在这里修改") for name in unknown])
        changed = replace(file, **self._read(given, fields))
        return self._replace(person, changed, version, "file.changed")

    def move(self, person: Person, file_no: str, version: int, event: Event, left_on: str = "") -> File:
        """Leaving, with its day, or coming back (T1 counts from leaving)."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.EDIT_FILE, file.subject())
        status = WORKFLOW.move(file.status, event)
        day = ""
        if event is Event.LEAVE:
            day = self._read({"left_on": left_on}, (_LEFT_ON,))["left_on"]
            check_leaving(file, day)
        return self._replace(person, replace(file, status=status, left_on=day), version, f"file.{event}")

    def _replace(self, person: Person, file: File, version: int, action: str) -> File:
        def work(tx: Transaction) -> File:
            kept = self._files.replace(tx, file, version)
            self._audit.append(tx, person, action, subject=file_chain(file.file_no), ids={"file": file.file_no})
            return kept

        return self._store.transact(work, queue=(file_chain(file.file_no),))

    def list(self, person: Person, below: int | None = None, size: int = 50) -> tuple[list[File], int | None]:
        """Files that the person may know of, newest first, and where to go on.

        Reads at most `MOST_WINDOWS` windows: who may know of few files among many gets a short page and goes on.
        """
        self._gate.require(person, Action.READ_FILE, Subject())
        shown: list[File] = []
        for _ in range(MOST_WINDOWS):
            window, start = self._files.window(below)
            for place, file in window:
                if self._gate.decide(person, Action.READ_FILE, file.subject()).allowed:
                    if len(shown) == size:
                        return shown, below
                    shown.append(file)
                below = place
            below = start
            if start <= 1:
                return shown, None
        return shown, below

    def opened(self, person: Person) -> int:
        """How many files were ever begun."""
        self._gate.require(person, Action.OPEN_FILE)
        return self._files.last("n")

    def _read(self, given: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
        faults, read = [], {}
        for field in fields:
            try:
                value = values.read(field, given.get(field.name))
            except values.Refused as refused:
                faults.append(FieldError(field.name, f"{field.zh}：{refused}"))
                continue
            if value is None and field.required:
                faults.append(FieldError(field.name, f"{field.zh}：必须填写"))
            if value is not None:
                read[field.name] = value
        if "department" in read and read["department"] not in self._accounts.departments():
            faults.append(FieldError("department", "部门：请从列出的部门中选择"))
        if faults:
            raise Invalid(fields=faults)
        return read
