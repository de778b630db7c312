"""What people do with records. Permission first, then rules, then one transaction with its event."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Protocol

from service.access.gate import Gate
from service.access.policy import Action, Decision
from service.access.relations import Relations
from service.audit.trail import Act, Audit, file_chain
from service.catalogue import derived, masks, validation
from service.catalogue.model import Catalogue, Field, SubCategory
from service.clock import Clock
from service.errors import Conflict, FieldError, Forbidden, Invalid
from service.files.repository import Files
from service.files.rules import HIRED, File
from service.person import Person
from service.records.mirroring import IDENTITY, Mirror
from service.records.repository import Records, new_id
from service.records.rules import WORKFLOW, Event, Record, State, Verdict, Verification, first_state
from service.store.connection import Store, Transaction
from service.store.keys import Keyring


class Taking(Protocol):
    """Whoever takes records in and moves them: this room, or one above it that makes cases of what is handed in."""

    def add(
        self, person: Person, file_no: str, category: str, subcategory: str, fields: Mapping[str, Any],
        *, date: str = "", draft: bool = False,
    ) -> Record: ...  # fmt: skip

    def move(self, person: Person, record_id: str, version: int, event: Event, reason: str = "") -> Record: ...


class RecordOperations:
    """Adding, reading, changing and checking records. Every method asks the gate first."""

    def __init__(
        self, store: Store, records: Records, files: Files, catalogue: Catalogue, audit: Audit, gate: Gate,
        clock: Clock, keys: Keyring, relations: Relations,
    ) -> None:  # fmt: skip
        self._store, self._records, self._files, self._catalogue, self._keys = store, records, files, catalogue, keys
        self._audit, self._gate, self._clock, self._relations = audit, gate, clock, relations
        self._mirror = Mirror(records, files, clock)

    def add(
        self, person: Person, file_no: str, category: str, subcategory: str, fields: Mapping[str, Any],
        *, date: str = "", draft: bool = False,
    ) -> Record:  # fmt: skip
        """A new record. Keepers file it at once; a clerk hands it in. Raises Invalid with every wrong field."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.ADD_RECORD, file.subject())
        sub = self._catalogue.to_add(category, subcategory)
        kept = validation.validate(sub, fields, self.known(file, sub), unfinished=draft)
        record = Record(
            new_id(), file_no, 0, category, subcategory, validation.record_date(sub, kept, date), kept,
            first_state(person, draft), person.account, self._clock.now(),
        )  # fmt: skip

        return self._store.transact(
            lambda tx: self.keep(tx, person, file_no, [record])[0], queue=(file_chain(file_no),)
        )

    def keep(self, tx: Transaction, person: Person, file_no: str, records: Sequence[Record]) -> list[Record]:
        """Keep new records of one file, checked already, with their numbers and events, inside a transaction."""
        first = self._files.count_records(tx, file_no, len(records))
        numbered = [replace(record, number=number) for number, record in enumerate(records, first)]
        cipher = self._keys.cipher(file_no, tx)
        self._records.add(tx, [(record, cipher) for record in numbered])
        for record in numbered:
            self._mirror.follow(tx, record, None)
        acts = [
            Act("record.added", {"file": file_no, "record": one.id}, after=cipher.fingerprint(asdict(one)))
            for one in numbered
        ]
        self._audit.append_all(tx, person, acts, subject=file_chain(file_no))
        return numbered

    def get(self, person: Person, record_id: str) -> Record:
        """A record as the person may see it, for what stands beside it. Raises NotFound to those who may not know."""
        record = self._records.get(record_id)
        return self._shown(record, self._require(person, Action.READ_RECORD, record))

    def read(self, person: Person, record_id: str) -> Record:
        """The same, as what the person came to see; the reading is an event (V4)."""
        return self._read(person, record_id, Action.READ_RECORD)

    def _read(self, person: Person, record_id: str, action: Action) -> Record:
        record = self._records.get(record_id)
        decision = self._require(person, action, record)
        ids = {"file": record.file_no, "record": record.id, **decision.reasons(person)}
        self._audit.record(person, "record.read", subject=file_chain(record.file_no), ids=ids)
        return self._shown(record, decision)

    def beside(self, person: Person, record_id: str, scan_id: str) -> Record:
        """The record that a scan hangs on; without its values to who may see single pages of it alone."""
        record = self._records.get(record_id)
        hidden = self._catalogue.subcategory(record.category, record.subcategory).hidden_from_agent
        subject = record.subject(self._files.get(record.file_no).department, hidden)
        self._gate.require(person, Action.READ_SCAN, replace(subject, scan=scan_id))
        decision = self._gate.decide(person, Action.READ_RECORD, subject)
        return self._shown(record, decision) if decision.allowed else replace(record, fields={}, note="", masked=True)

    def of_file(self, person: Person, file_no: str) -> list[Record]:
        """The file's records that the person may see, in binding order; the reading is an event."""
        return self._of_file(person, file_no, Action.READ_FILE, Action.READ_RECORD, "file.read")

    def printed(self, person: Person, file_no: str) -> list[Record]:
        """The same, to be printed: what is on paper leaves the house, so it takes the right to the originals (K2)."""
        return self._of_file(person, file_no, Action.READ_ORIGINAL, Action.READ_ORIGINAL, "file.printed")

    def _of_file(self, person: Person, file_no: str, to_file: Action, to_record: Action, event: str) -> list[Record]:
        file = self._files.get(file_no)
        reasons = self._gate.require(person, to_file, file.subject()).reasons(person)
        shown = []
        for record in self._records.of_file(file_no, file.records):
            decision = self._decide(person, to_record, record, file)
            if decision.allowed:
                shown.append(self._shown(record, decision))
                reasons = {**reasons, **decision.reasons(person)}
        ids = {"file": file_no, **reasons}
        self._audit.record(person, event, subject=file_chain(file_no), ids=ids)
        order = self._catalogue.binding_order
        return sorted(shown, key=lambda record: order(record.category, record.date, record.number))

    def for_edit(self, person: Person, record_id: str) -> Record:
        """A record, to those alone who may change it; its values stand in the form, so it is a reading."""
        return self._read(person, record_id, Action.EDIT_RECORD)

    def for_add(self, person: Person, file_no: str) -> File:
        """The file's head, to those alone who may add a record."""
        file = self._files.get(file_no)
        self._gate.require(person, Action.ADD_RECORD, file.subject())
        return file

    def head(self, person: Person, record_id: str) -> File:
        """The head of the file that a record lies in, to whoever may read the record."""
        record = self._records.get(record_id)
        self._require(person, Action.READ_RECORD, record)
        return self._files.get(record.file_no)

    def edit(self, person: Person, record_id: str, version: int, fields: Mapping[str, Any]) -> Record:
        """Change a record's fields; the version before is kept. Raises Invalid or Conflict."""
        record = self._records.get(record_id)
        self._require(person, Action.EDIT_RECORD, record)
        sub = self._catalogue.subcategory(record.category, record.subcategory).asked(record.fields)
        known = self.known(self._files.get(record.file_no), sub)
        kept = validation.validate(sub, fields, known, unfinished=record.state is State.DRAFT)
        changed = replace(record, fields=kept, date=validation.record_date(sub, kept, record.date))
        return self._replace(person, record, changed, version, "record.changed")

    def move(self, person: Person, record_id: str, version: int, event: Event, reason: str = "") -> Record:
        """Submit, withdraw, file, or send back with a reason (B3). The author cannot check their own."""
        record = self._records.get(record_id)
        wanted = Action.EDIT_RECORD if event in (Event.SUBMIT, Event.WITHDRAW) else Action.CHECK_RECORD
        self._require(person, wanted, record)
        if record.case:
            raise Conflict("这份材料与同一次提交的材料一并办理：请打开所在的提交")
        state = WORKFLOW.after(record.state, event)
        if wanted is Action.CHECK_RECORD:
            self._other_hands(person, record)
        if event in (Event.SUBMIT, Event.FILE):
            self.complete(record)
        if event is Event.SEND_BACK and not reason.strip():
            raise Invalid(fields=[FieldError("reason", "退回原因：必须填写")])
        checker = person.account if wanted is Action.CHECK_RECORD else ""
        changed = replace(record, state=state, note=reason.strip(), checked_by=checker)
        return self._replace(person, record, changed, version, f"record.{event}")

    def verify(self, person: Person, record_id: str, version: int | None, verdict: str, reason: str = "") -> Record:
        """Say whether the document is genuine (B2). A doubt or a falsehood needs its reason; nobody verifies their own.

        Without a version the record is taken as it stands: what was verified is the paper, not the typing.
        What is still handed in with others is verified with its case.
        """
        record = self._records.get(record_id)
        self._require(person, Action.CHECK_RECORD, record)
        self._other_hands(person, record)
        if record.case and record.state is not State.FILED:
            raise Conflict("这份材料正在办理提交：请打开所在的提交，在那里核验")
        if verdict not in set(Verdict):
            raise Invalid(fields=[FieldError("verdict", "核验结论：请选择属实、存疑或虚假")])
        if verdict != Verdict.VERIFIED and not reason.strip():
            raise Invalid(fields=[FieldError("reason", "核验说明：存疑或虚假时必须填写原因")])
        found = Verification(Verdict(verdict), person.account, self._clock.now(), reason.strip())
        seen = record.version if version is None else version
        return self._replace(person, record, replace(record, verification=found), seen, "record.verified")

    def may_check(self, person: Person, record: Record) -> bool:
        """Whether the person may check this record and say whether it is genuine; for a page that offers it."""
        decision = self._decide(person, Action.CHECK_RECORD, record, self._files.get(record.file_no))
        return decision.allowed and not self._bar(person, record)

    def _other_hands(self, person: Person, record: Record) -> None:
        """Raises Forbidden to whoever may check records, but not this one."""
        bar = self._bar(person, record)
        if bar:
            raise Forbidden(bar)

    def _bar(self, person: Person, record: Record) -> str:
        if record.author == person.account:
            return "自己提交的材料须由他人审核"
        concerned = record.file_no in self._relations.files_of(person)
        return "不能办理与本人或亲属的档案有关的材料，请交由他人办理" if concerned else ""

    def complete(self, record: Record) -> None:
        """Raises Invalid with every field that is missing or wrong: a draft may have been kept unfinished."""
        sub = self._catalogue.subcategory(record.category, record.subcategory).asked(record.fields)
        validation.validate(sub, record.fields, self.known(self._files.get(record.file_no), sub))

    def read_all(self, person: Person, ids: Sequence[str]) -> list[Record]:
        """At most a hundred records as what the person came to see; those that they may not are left out."""
        found = self._records.many(list(ids))
        files = self._files.many(list({record.file_no for record in found.values()}))
        shown = []
        for record_id in ids:
            record = found.get(record_id)
            if record is None or record.file_no not in files:
                continue
            decision = self._decide(person, Action.READ_RECORD, record, files[record.file_no])
            if decision.allowed:
                shown.append(self._shown(record, decision))
                ids_seen = {"file": record.file_no, "record": record.id, **decision.reasons(person)}
                self._audit.record(person, "record.read", subject=file_chain(record.file_no), ids=ids_seen)
        return shown

    def pass_on(self, tx: Transaction, person: Person, record: Record, event: Event, reason: str = "") -> None:
        """Move `record`, as it was read, with the case that it is part of; whoever calls has asked the gate."""
        checker = "" if event in (Event.SUBMIT, Event.WITHDRAW) else person.account
        state = WORKFLOW.after(record.state, event)
        moved = replace(record, state=state, note=reason, checked_by=checker)
        self._kept(tx, person, record, moved, record.version, f"record.{event}")

    def adopt(self, tx: Transaction, person: Person, record: Record, *, submit: bool) -> None:
        """Let a draft that stood alone belong to `record.case` from now on, and hand it in with it."""
        if submit:
            self.pass_on(tx, person, record, Event.SUBMIT)
        else:
            self._kept(tx, person, record, record, record.version, "record.adopted")

    def hand_over(self, tx: Transaction, person: Person, record: Record) -> None:
        """Let `record`, which is not filed, be `person`'s from now on, with the case that it is part of."""
        self._kept(tx, person, record, replace(record, author=person.account), record.version, "record.taken-over")

    def judge(self, tx: Transaction, person: Person, record: Record, verdict: Verdict, reason: str) -> None:
        """Say whether `record`, as it was read, is genuine, with the case that it is part of (B2)."""
        found = Verification(verdict, person.account, self._clock.now(), reason)
        self._kept(tx, person, record, replace(record, verification=found), record.version, "record.verified")

    def versions(self, person: Person, record_id: str) -> list[Record]:
        """Earlier versions, newest first, to whoever may read the present one."""
        record = self._records.get(record_id)
        decision = self._require(person, Action.READ_RECORD, record)
        return [self._shown(one, decision) for one in self._records.versions(record_id, record.version)]

    def read_versions(self, person: Person, record_id: str) -> list[Record]:
        """The same by themselves, as what the person came to see; the reading is an event (V4)."""
        return self.versions(person, self.read(person, record_id).id)

    def _replace(self, person: Person, before: Record, record: Record, version: int, action: str) -> Record:
        return self._store.transact(
            lambda tx: self._kept(tx, person, before, record, version, action), queue=(file_chain(record.file_no),)
        )

    def _kept(
        self, tx: Transaction, person: Person, before: Record, record: Record, version: int, action: str
    ) -> Record:  # fmt: skip
        made = replace(record, changed_by=person.account, changed_at=self._clock.now())
        kept = replace(made, version=version + 1)
        self._records.replace(tx, made, version)
        self._mirror.follow(tx, record, before)
        self._note(tx, person, action, kept, before)
        return kept

    def _note(self, tx: Transaction, person: Person, action: str, record: Record, before: Record) -> None:
        ids = {"file": record.file_no, "record": record.id}
        cipher = self._keys.cipher(record.file_no, tx)
        self._audit.append(
            tx, person, action, subject=file_chain(record.file_no), ids=ids,
            before=cipher.fingerprint(asdict(before)), after=cipher.fingerprint(asdict(record)),
        )  # fmt: skip

    def known(self, file: File, sub: SubCategory) -> dict[str, Any]:
        """What rules may look at in other records: the person's birth date, or for that itself what followed it."""
        if (sub.category, sub.code) == IDENTITY:
            return {validation.FOLLOWED: self._followed(file)}
        if not any(field.after == validation.BIRTH for field in sub.fields):
            return {}
        born = [day for one in self._mirror.standing(file, IDENTITY) if (day := validation.born(one.fields))]
        return {validation.BIRTH: born[-1]} if born else {}

    def _followed(self, file: File) -> list[tuple[str, Field]]:
        """Days of the file that lie after its person's birth, each with the field that it stands in."""
        days = [(file.hire_date, HIRED)]
        for sub in self._catalogue.subcategories():
            fields = [field for field in sub.fields if field.after == validation.BIRTH]
            records = self._mirror.standing(file, (sub.category, sub.code)) if fields else []
            days += [(one.fields[field.name], field) for one in records for field in fields if field.name in one.fields]
        return days

    def _decide(self, person: Person, action: Action, record: Record, file: File) -> Decision:
        hidden = self._catalogue.subcategory(record.category, record.subcategory).hidden_from_agent
        return self._gate.decide(person, action, record.subject(file.department, hidden))

    def _require(self, person: Person, action: Action, record: Record) -> Decision:
        hidden = self._catalogue.subcategory(record.category, record.subcategory).hidden_from_agent
        file = self._files.get(record.file_no)
        return self._gate.require(person, action, record.subject(file.department, hidden))

    def _shown(self, record: Record, decision: Decision) -> Record:
        sub = self._catalogue.subcategory(record.category, record.subcategory)
        if not decision.masked:
            return replace(record, fields=derived.current(sub, record.fields))
        checked = record.verification
        if checked is not None:
            checked = replace(checked, reason=masks.mask_text(checked.reason))
        note = masks.mask_text(record.note)
        fields = masks.mask(sub, record.fields)
        return replace(record, fields=fields, note=note, verification=checked, masked=True)
