"""Handing in, withdrawing, checking, filing and sending back (B2-B4). Permission and relation, rules, one transaction.

A record's state moves with its case, in the same transaction; a record that was handed in alone is a case of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.casework.operations import Casework, Kind
from service.casework.repository import Kept
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.repository import Files
from service.files.rules import File
from service.intake.entering import Checked, Entering
from service.intake.submissions.rules import MOST, SPECIAL, Event, Handed, Judged, State, judged
from service.intake.workbook import MOST as MOST_ENTERED
from service.intake.workbook import Line
from service.person import Person
from service.records.operations import RecordOperations
from service.records.repository import Records
from service.records.rules import Event as RecordEvent
from service.records.rules import Record, first_state
from service.records.rules import State as RecordState
from service.scans.repository import Scans
from service.store.connection import Transaction
from service.workflow import Case, Party

_CLERK = frozenset({Party.REQUESTER})
_PARTIES = _CLERK | {Party.ARCHIVIST, Party.ARCHIVES_HEAD}


@dataclass(frozen=True, slots=True)
class Submission:
    """A case as one person sees it: its records as they may see them, and the steps that are theirs to take."""

    case: Case
    content: Handed | None
    records: tuple[Record, ...]
    files: Mapping[str, File]
    scans: Mapping[str, int]
    open: tuple[Event, ...]
    names: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.case.id

    @property
    def version(self) -> int:
        return self.case.version


class Submissions:
    """Submissions, or supplements: the same but for their clock and evidence. Every method asks the gate first."""

    def __init__(
        self, kind: Kind[Handed, State, Event], casework: Casework, entering: Entering, entries: RecordOperations,
        records: Records, files: Files, scans: Scans, accounts: Accounts, gate: Gate,
        *, evidence: bool = False,
    ) -> None:  # fmt: skip
        self._casework, self.kind, self._entering, self._entries = casework, kind, entering, entries
        self._records, self._files, self._scans, self._accounts = records, files, scans, accounts
        self._gate, self.evidence = gate, evidence

    def may(self, person: Person) -> None:
        """Raises Forbidden to those who hand nothing in."""
        self._gate.require(person, Action.SUBMIT)

    def may_submit(self, person: Person) -> bool:
        return self._gate.decide(person, Action.SUBMIT).allowed

    def create(
        self, person: Person, lines: Sequence[Line], *, remark: str = "", draft: bool = False
    ) -> Submission:  # fmt: skip
        """Hand in new records, or keep them as a draft until their scans are there. Supplements begin as drafts.

        Raises Invalid with every fault, named by its line: all records are kept, or none.
        """
        self.may(person)
        if not 1 <= len(lines) <= MOST:
            most = FieldError("agents", "人员：请填写 1 至 %(most)s 人，更多请分几次提交", {"most": MOST})
            raise Invalid(fields=[most])
        if self.evidence and any((line.category, line.subcategory) not in SPECIAL for line in lines):
            special = FieldError(
                "subcategory", "特殊情况补充：只用于岗位变动、重要奖励和处罚，其他材料请按一般材料提交"
            )
            raise Invalid(fields=[special])
        found = self._entering.check(person, lines)
        if found.faults:
            raise Invalid(fields=[_named(lines[at].row, fault) for at, fault in found.faults])
        return self._begin(person, found.ready, remark, draft or self.evidence)

    def add(
        self, person: Person, file_no: str, category: str, subcategory: str, fields: Mapping[str, Any],
        *, date: str = "", draft: bool = False,
    ) -> Record:  # fmt: skip
        """A new record: filed by a keeper at once, a draft kept as it is, what a clerk hands in as a case of one."""
        if draft or first_state(person, draft) is RecordState.FILED:
            return self._entries.add(person, file_no, category, subcategory, fields, date=date, draft=draft)
        self._entries.for_add(person, file_no)
        found = self._entering.check(person, [Line("", 1, file_no, category, subcategory, dict(fields), date)])
        if found.faults:
            raise Invalid(fields=[fault for _, fault in found.faults])
        self._begin(person, found.ready, "", draft=False)
        return self._entries.get(person, found.ready[0].id)

    def most(self, person: Person) -> int:
        """How many records the person may enter at once: what is handed in is checked one by one."""
        return MOST_ENTERED if first_state(person, draft=False) is RecordState.FILED else MOST

    def check(self, person: Person, lines: Sequence[Line]) -> Checked:
        """Every fault of the lines of a workbook; changes nothing. Raises Invalid where there are too many."""
        self._few(person, lines)
        return self._entering.check(person, lines)

    def enter(self, person: Person, lines: Sequence[Line]) -> list[Record]:
        """The records of a workbook, all or none: a keeper's are filed at once, what a clerk hands in is one case."""
        if first_state(person, draft=False) is RecordState.FILED:
            return self._entering.enter(person, lines)
        self._few(person, lines)
        return list(self._begin(person, self._entering.ready(person, lines), "", draft=False).records)

    def move(self, person: Person, record_id: str, version: int, event: RecordEvent, reason: str = "") -> Record:
        """Move a record that stands alone, or is a case of one; those of a larger case move with it."""
        record = self._records.get(record_id)
        if not record.case:
            if event is RecordEvent.SUBMIT and record.state is RecordState.DRAFT:
                self._entries.for_edit(person, record_id)
                if version != record.version:
                    raise Conflict(current=record)
                self._adopt(person, record)
                return self._entries.get(person, record_id)
            return self._entries.move(person, record_id, version, event, reason)
        shown = self._entries.get(person, record_id)  # to those alone who may know of it
        kept = self.kind.cases.get(record.case.partition("/")[2])
        if not record.case.startswith(f"{self.kind.name}/") or len(kept.content.records if kept.content else ()) != 1:
            return self._entries.move(person, record_id, version, event, reason)  # says that it moves with its case
        if version != record.version:
            raise Conflict(current=shown)
        given = {"reason": reason}
        if event is RecordEvent.FILE and kept.case.state is State.SUBMITTED:
            self.take(person, kept.case.id, Event.CHECK, None, {})
        self.take(person, kept.case.id, Event(event.value), None, given)
        return self._entries.get(person, record_id)

    def get(self, person: Person, case_id: str) -> Submission:
        """A case with its records, to who handed it in and to the archives office. Raises NotFound to all others."""
        return self._shown(person, self._known(person, case_id))

    def mine(self, person: Person, below: int | None = None) -> tuple[list[Kept[Handed]], int | None]:
        """What the person handed in, newest first, and where to go on."""
        self.may(person)
        found, start = self.kind.cases.of_requester(person.account, below)
        return found, start if start > 1 else None

    def all(self, person: Person, below: int | None = None) -> tuple[list[Kept[Handed]], int | None]:
        """What everybody handed in, newest first, for the archives office."""
        self._gate.require(person, Action.CHECK_SUBMISSION)
        found, start = self.kind.cases.window(below)
        return found, start if start > 1 else None

    def may_check(self, person: Person) -> bool:
        return self._gate.decide(person, Action.CHECK_SUBMISSION).allowed

    def check_and_file(
        self, person: Person, case_id: str, version: int | None, given: Mapping[str, Any]
    ) -> Submission:  # fmt: skip
        """The two steps that mostly follow each other."""
        checked = self.take(person, case_id, Event.CHECK, version, given)
        return self.take(person, case_id, Event.FILE, checked.case.version, {})

    def take(
        self, person: Person, case_id: str, event: Event, version: int | None, given: Mapping[str, Any]
    ) -> Submission:  # fmt: skip
        """Take a step; the records move with it. A check may say of each record whether it is genuine.

        Raises NotFound, Forbidden, Invalid, or Conflict where the step is not to be taken or someone was faster.
        """
        kept = self._known(person, case_id)
        action = _action_for(State(kept.case.state), event)
        hand = self._casework.hand(person, kept.case, action)
        content = kept.content
        if content is None:
            raise Conflict("所涉档案已销毁，不能再办理")
        found = self._records.many(list(content.records))
        records = [found[one] for one in content.records if one in found]
        theirs = event in self.kind.workflow.open_to(kept.case, hand)
        reason = str(given.get("reason") or given.get("note") or "").strip()
        verdicts: dict[str, Judged] = {}
        if theirs and event is Event.SEND_BACK and not reason:
            raise Invalid(fields=[FieldError("reason", "退回原因：必须填写，提交人会看到")])
        if theirs and event is Event.CHECK:
            verdicts = judged(content.records, given)
            checked = {record.id: record.version + (record.id in verdicts) for record in records}
            content = replace(content, checked=checked)

        def also(tx: Transaction, _now: Kept[Handed]) -> None:
            for record in records:
                if event is Event.CHECK and record.id in verdicts:
                    said = verdicts[record.id]
                    self._entries.judge(tx, person, record, said.verdict, said.reason)
                elif event is not Event.CHECK:
                    self._entries.pass_on(tx, person, record, RecordEvent(event.value), reason)

        due = kept.case.due if event is Event.CHECK else None
        taken = self._casework.take(
            person, self.kind, kept, kept.case.version if version is None else version, event, action=action,
            note="" if event is Event.CHECK else reason, facts=self._facts(records, content), content=content,
            due=due, also=also,
        )  # fmt: skip
        return self._shown(person, taken)

    def _few(self, person: Person, lines: Sequence[Line]) -> None:
        if len(lines) > self.most(person):
            fault = "每次最多提交 %(most)s 份材料，以便逐份审核：请分成几个文件"
            raise Invalid(fields=[FieldError("lines", fault, {"most": self.most(person)})])

    def _facts(self, records: Sequence[Record], content: Handed) -> set[str]:
        facts = set()
        if self._scans.states([record.id for record in records]).keys() >= {record.id for record in records}:
            facts.add("evidence")
        if content.checked == {record.id: record.version for record in records}:
            facts.add("checked")
        return facts

    def _begin(self, person: Person, ready: Sequence[Record], remark: str, draft: bool) -> Submission:
        state = State.DRAFT if draft else State.SUBMITTED
        by_file: dict[str, list[Record]] = {}
        for record in ready:
            by_file.setdefault(record.file_no, []).append(replace(record, state=RecordState(state.value)))

        def also(tx: Transaction, kept: Kept[Handed]) -> None:
            case = f"{self.kind.name}/{kept.case.id}"
            for file_no, records in by_file.items():
                self._entries.keep(tx, person, file_no, [replace(record, case=case) for record in records])

        handed = Handed(tuple(record.id for record in ready), remark.strip()[:2000])
        return self._shown(
            person,
            self._casework.begin(
                person, self.kind, state, handed, action=Action.SUBMIT, files=list(by_file), also=also
            ),
        )  # fmt: skip

    def _adopt(self, person: Person, record: Record) -> None:
        """Hand a draft in that stood alone: it becomes a case of one."""

        def also(tx: Transaction, kept: Kept[Handed]) -> None:
            owned = replace(record, case=f"{self.kind.name}/{kept.case.id}")
            self._entries.pass_on(tx, person, owned, RecordEvent.SUBMIT)

        self._casework.begin(
            person, self.kind, State.SUBMITTED, Handed((record.id,)), action=Action.SUBMIT, files=[record.file_no],
            also=also,
        )  # fmt: skip

    def _known(self, person: Person, case_id: str) -> Kept[Handed]:
        """What was never handed in is the clerk's alone."""
        kept = self.kind.cases.get(case_id)
        handed = any(move.after == State.SUBMITTED for move in kept.case.history)
        if self._casework.parties(person, kept.case).isdisjoint(_PARTIES if handed else _CLERK):
            raise NotFound
        return kept

    def _shown(self, person: Person, kept: Kept[Handed]) -> Submission:
        steps = self._casework.steps(person, self.kind, kept.case, _action_for)
        ids = list(kept.content.records) if kept.content else []
        records = self._entries.read_all(person, ids)
        files = self._files.many(list({record.file_no for record in records}))
        scans = {record: len(states) for record, states in self._scans.states([one.id for one in records]).items()}
        people = {kept.case.requester, *(move.by for move in kept.case.history)}
        people |= {move.place_of for move in kept.case.history}
        return Submission(
            kept.case, kept.content, tuple(records), files, scans, steps,
            self._accounts.names(people),
        )  # fmt: skip


def _action_for(_state: State, event: Event) -> Action:
    """What the policy is asked for a step."""
    return Action.SUBMIT if event in (Event.SUBMIT, Event.WITHDRAW) else Action.CHECK_SUBMISSION


def _named(row: int, fault: FieldError) -> FieldError:
    """A line's fault under the line's name."""
    return FieldError(f"agents.{row}.{fault.name}", "第 %(row)s 人，%(fault)s", {"row": row, "fault": fault})
