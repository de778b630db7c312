"""What people do with files. Permission first, then rules, then one transaction with its event."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action, Reach, Subject, reach
from service.access.repository import Accounts
from service.audit import event as trail
from service.audit.trail import LOOKS, Audit, file_chain
from service.catalogue import numbering, validation
from service.catalogue.model import SubCategory
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.errors import FieldError, Invalid
from service.files.recent import Recent
from service.files.repository import Files, NewFile, Placed
from service.files.rules import HEAD, LEAVING, WORKFLOW, Event, File, check_dates, check_leaving
from service.person import Person
from service.store.connection import Store, Transaction

MOST_WINDOWS = 100
"""Of 200 places each, where one department's files are looked for."""


class FileOperations:
    """Opening, reading and changing files. Every method asks the gate first."""

    def __init__(
        self, store: Store, files: Files, accounts: Accounts, audit: Audit, gate: Gate, clock: Clock,
        settings: PolicySettings,
    ) -> None:  # fmt: skip
        self._store, self._files, self._accounts = store, files, accounts
        self._recent = Recent(store)
        self._audit, self._gate, self._clock, self._settings = audit, gate, clock, settings

    def departments(self) -> dict[str, str]:
        """Every department's name by its code."""
        return self._accounts.departments()

    def head(self, given: Mapping[str, Any], departments: Mapping[str, str]) -> dict[str, Any]:
        """A file's head as it is kept. Raises Invalid with every wrong field."""
        return _validated(HEAD, given, departments)

    def number(self, typed: str) -> str:
        """A file's number as somebody typed it, in the way that it is written; one that is another rule's as it is."""
        there = typed.strip().upper()
        if self._audit.trail.head(file_chain(there))[0]:
            return there
        return numbering.typed(str(self._settings.value("numbering_rule")), typed)

    def numbered(self, person: Person, heads: Sequence[Mapping[str, Any]]) -> list[NewFile]:
        """Files with the next numbers of the rule; a number that any file ever had is passed over (S2)."""
        rule, now = self._settings.value("numbering_rule"), self._clock.now()
        waiting = Counter(numbering.prefix(rule, head["hire_date"]) for head in heads)
        next_of = {prefix: self._files.next(prefix, count) for prefix, count in waiting.items()}
        place = self._files.next("n", len(heads))
        made = []
        for offset, head in enumerate(heads):
            prefix = numbering.prefix(rule, head["hire_date"])
            file_no, next_of[prefix] = numbering.render(rule, head["hire_date"], next_of[prefix]), next_of[prefix] + 1
            while self._audit.trail.head(file_chain(file_no))[0]:  # given under another rule
                file_no = numbering.render(rule, head["hire_date"], self._files.next(prefix))
            values = {name: value for name, value in head.items() if name != "id_number"}
            made.append(NewFile(File(file_no, **values, opened_by=person.account, opened_at=now), place + offset))
        return made

    def may_open(self, person: Person) -> bool:
        return self._gate.decide(person, Action.OPEN_FILE).allowed

    def may_add(self, person: Person) -> bool:
        """Whether the person adds records at all; for a page that offers it."""
        return self._gate.decide(person, Action.ADD_RECORD).allowed

    def get(self, person: Person, file_no: str) -> File:
        """A file's head. Raises NotFound to those who may not know of it."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.READ_FILE, file.subject())
        return file

    def note_opened(self, person: Person, file_no: str) -> None:
        """Remember what the person looked at, for `recent`."""
        self._recent.note(person.account, file_no)

    def recent(self, person: Person) -> list[File]:
        """The files that the person opened last, as far as they may still know of them."""
        numbers = self._recent.of(person.account)
        files = self._files.many(numbers)
        found = [files[number] for number in numbers if number in files]
        return [one for one in found if self._gate.decide(person, Action.READ_FILE, one.subject()).allowed]

    def history(self, person: Person, file_no: str, most: int = 20) -> Sequence[trail.Event]:
        """The last changes of a file and what hangs on it, newest first, to who may change it; looks are left out."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.EDIT_FILE, file.subject())
        chain = file_chain(file_no)
        last = self._audit.trail.head(chain)[0]
        events = self._audit.trail.chain(chain, max(1, last - 99), last)
        return [event for event in events if event.action not in LOOKS][::-1][:most]

    def for_edit(self, person: Person, file_no: str) -> File:
        """The same, to those alone who may change it."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.EDIT_FILE, file.subject())
        return file

    def edit(self, person: Person, file_no: str, version: int, given: Mapping[str, Any]) -> File:
        """Change name, department (a transfer), post or hire date. Raises Conflict with the present file."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.EDIT_FILE, file.subject())
        if "id_number" in given:
            raise Invalid(fields=[FieldError("id_number", "身份证号码：请在身份信息材料中修改")])
        asked = replace(HEAD, fields=tuple(field for field in HEAD.fields if field.name in given))
        changed = replace(file, **_validated(asked, given, self.departments() if "department" in given else {}))
        check_dates(changed)
        return self._replace(person, file, changed, version, "file.changed")

    def move(self, person: Person, file_no: str, version: int, event: Event, left_on: str = "") -> File:
        """Leaving, with its day, or coming back (T1 counts from leaving)."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.EDIT_FILE, file.subject())
        status = WORKFLOW.after(file.status, event)
        day = ""
        if event is Event.LEAVE:
            day = validation.validate(LEAVING, {"left_on": left_on})["left_on"]
            check_leaving(file, day)
        return self._replace(person, file, replace(file, status=status, left_on=day), version, f"file.{event}")

    def _replace(self, person: Person, before: File, file: File, version: int, action: str) -> File:
        def work(tx: Transaction) -> File:
            kept = self._files.replace(tx, before, file, version)
            self._audit.append(
                tx, person, action, subject=file_chain(file.file_no), ids={"file": file.file_no},
                before=self._files.fingerprint(before), after=self._files.fingerprint(kept),
            )  # fmt: skip
            return kept

        return self._store.transact(work, queue=(file_chain(file.file_no),))

    def list(self, person: Person, below: int | None = None, size: int = 50) -> tuple[list[File], int | None]:
        """Files that the person may know of, newest first, and where to go on.

        Who reaches one department alone looks for its files, and for those that a pass shows. Reads at most
        `MOST_WINDOWS` windows: who may know of few files among very many gets a short page, empty even, and goes on.
        """
        self._gate.require(person, Action.READ_FILE, Subject())
        scope = reach(person, Action.READ_FILE)
        if scope is Reach.OWN:
            return [file for _, file in self._files.placed([person.file_no] if person.file_no else [])], None
        department = person.department or "" if scope is Reach.DEPARTMENT else None
        passed = self._passed(person) if department is not None else []
        shown: list[File] = []
        for _ in range(MOST_WINDOWS):
            window, start = self._files.window(below, department, size + 1)
            beside = [one for one in passed if start <= one[0] and (below is None or one[0] < below)]
            for place, file in sorted([*window, *beside], key=lambda one: -one[0]):
                if self._gate.decide(person, Action.READ_FILE, file.subject()).allowed:
                    if len(shown) == size:
                        return shown, below
                    shown.append(file)
                below = place
            below = start
            if start <= 1:
                return shown, None
        return shown, below

    def _passed(self, person: Person) -> Sequence[Placed]:
        """Files of other departments that the person's passes open, and their own."""
        own = [person.file_no] if person.file_no else []
        found = self._files.placed([*own, *(number for one in person.passes for number in one.files)])
        return [(place, file) for place, file in found if file.department != person.department]

    def opened(self, person: Person) -> int:
        """How many files were ever begun."""
        self._gate.require(person, Action.OPEN_FILE)
        return self._files.last("n")


def _validated(sub: SubCategory, given: Mapping[str, Any], departments: Mapping[str, str]) -> dict[str, Any]:
    wrong = [FieldError("department", "部门：请从列出的部门中选择")]
    asked = given.get("department")
    known = not asked or (isinstance(asked, str) and asked in departments)
    try:
        values = validation.validate(sub, given)
    except Invalid as refused:
        told = known or any(fault.name == "department" for fault in refused.fields)
        raise Invalid(fields=[*refused.fields, *([] if told else wrong)]) from refused
    if not known:
        raise Invalid(fields=wrong)
    return values
