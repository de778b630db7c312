"""Handing in, withdrawing, checking, filing and sending back (B2-B4). Permission and relation, rules, one transaction.

A record's state moves with its case, in the same transaction; a record that was handed in alone is a case of one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from service.access.gate import Gate
from service.access.policy import Action
from service.access.repository import Accounts
from service.casework.operations import Casework, Kind
from service.casework.repository import Kept
from service.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from service.files.repository import Files
from service.files.rules import File
from service.intake.entering import Entering
from service.intake.submissions.judging import Judged, facts, judged, mark, standing
from service.intake.submissions.rules import (
    ALWAYS_SPECIAL,
    AS_SUPPLEMENT,
    MOST,
    SPECIAL,
    Event,
    Handed,
    State,
    handed_at,
    left_to,
    worst,
)
from service.intake.workbook import Line
from service.person import Person, Role
from service.records.operations import RecordOperations
from service.records.repository import Records
from service.records.rules import Event as RecordEvent
from service.records.rules import Record
from service.records.rules import State as RecordState
from service.scans.repository import Scans
from service.store.connection import Transaction
from service.workflow import Case, Party

_KEEPING = (Event.CHECK, Event.SEND_BACK, Event.TAKE_OVER)
"""What leaves the day as it is by which a case is to be filed."""
_CLERK = frozenset({Party.REQUESTER})
_PARTIES = _CLERK | {Party.ARCHIVIST, Party.ARCHIVES_HEAD}
_FILED = _PARTIES | {Party.HR}
"""HR sees what was filed with what (P2), and hears of what was found false (B2)."""


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
    judged: frozenset[str] = frozenset()
    """The records whose verdict stands: nothing of them changed since."""
    overdue: bool = False
    unknown_years: tuple[int, ...] = ()
    """The years up to its day of whose holidays nothing is known (B4)."""

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
        if not self.evidence and any((line.category, line.subcategory) in ALWAYS_SPECIAL for line in lines):
            raise Invalid(fields=[AS_SUPPLEMENT])
        found = self._entering.check(person, lines)
        if found.faults:
            raise Invalid(fields=[_named(lines[at].row, fault) for at, fault in found.faults])
        return self.begin(person, found.ready, remark, draft=draft or self.evidence)

    def get(self, person: Person, case_id: str) -> Submission:
        """A case with its records, to who handed it in and to the archives office. Raises NotFound to all others."""
        return self._shown(person, self._known(person, case_id))

    def mine(self, person: Person, below: int | None = None) -> tuple[list[Kept[Handed]], int | None]:
        """What the person handed in, newest first, and where to go on."""
        self.may(person)
        found, start = self.kind.cases.of_requester(person.account, below)
        return found, start if start > 1 else None

    def all(self, person: Person, below: int | None = None) -> tuple[list[Kept[Handed]], int | None]:
        """What everybody handed in, for the archives office: on top what is overdue, the longest first, then newest
        first."""
        self._gate.require(person, Action.CHECK_SUBMISSION)
        late = self._late()
        found, start = self.kind.cases.window(below)
        rest = [kept for kept in found if kept.case.id not in late]
        return [*(late.values() if below is None else ()), *rest], start if start > 1 else None

    @property
    def lists(self) -> Mapping[str, Callable[[Person, int | None], tuple[list[Kept[Handed]], int | None]]]:
        """The lists that there are, by what a query names them."""
        return {"mine": self.mine, "left": self.left, "all": self.all}

    def _late(self) -> dict[str, Kept[Handed]]:
        """At most a hundred that are overdue, the longest first; submissions have no clock."""
        if not self.evidence:
            return {}
        waiting = (one for one in self._casework.waiting_for(Party.ARCHIVIST, self.kind) if one.due)
        ids = [one.case for one in sorted(waiting, key=lambda one: one.due or date.max)[:100]]
        kept = self.kind.cases.many(ids)
        return {one: kept[one] for one in ids if one in kept and self.overdue(kept[one].case)}

    def left(self, person: Person, below: int | None = None) -> tuple[list[Kept[Handed]], int | None]:
        """What colleagues of the person's department have, and the person may take over."""
        self.may(person)
        found, start = self.kind.cases.of_department(person.department or "", below)
        return [kept for kept in found if self._left_to(person, kept.case)], start if start > 1 else None

    def _left_to(self, person: Person, case: Case) -> bool:
        if not self.may_submit(person) or not left_to(person, case, gone=True):
            return False
        of = self._accounts.get(case.requester)
        return left_to(person, case, gone=of is None or not of.active or of.department != case.department)

    def overdue(self, case: Case) -> bool:
        return self._casework.overdue(case)

    def may_check(self, person: Person) -> bool:
        return self._gate.decide(person, Action.CHECK_SUBMISSION).allowed

    def check_and_file(
        self, person: Person, case_id: str, version: int | None, given: Mapping[str, Any]
    ) -> Submission:  # fmt: skip
        """The two steps that mostly follow each other."""
        checked = self.take(person, case_id, Event.CHECK, version, given, whole=True)
        return self.take(person, case_id, Event.FILE, checked.case.version, {})

    def take(
        self, person: Person, case_id: str, event: Event, version: int | None, given: Mapping[str, Any],
        *, whole: bool = False,
    ) -> Submission:  # fmt: skip
        """Take a step; the records move with it, or come to whoever takes the case over.

        A check says of records whether they are genuine, `whole` of all.

        Raises NotFound, Forbidden, Invalid, or Conflict where the step is not to be taken or someone was faster.
        """
        kept = self._known(person, case_id)
        action = _action_for(State(kept.case.state), event)
        former, over = kept.case.requester, event is Event.TAKE_OVER
        if over and not self._left_to(person, kept.case):
            raise Forbidden
        hand = self._casework.hand(person, kept.case, action)
        content = kept.content
        if content is None:
            raise Conflict("所涉档案已销毁，不能再办理")
        kept_records = self._records.many(list(content.records))
        records = [kept_records[one] for one in content.records if one in kept_records]
        theirs = event in self.kind.workflow.open_to(kept.case, hand)
        reason = str(given.get("reason") or given.get("note") or "").strip()
        verdicts: dict[str, Judged] = {}
        if theirs and event is Event.SEND_BACK and not reason:
            raise Invalid(fields=[FieldError("reason", "退回原因：必须填写，提交人会看到")])
        papers = self._scans.laid([record.id for record in records])
        if theirs and event in (Event.SUBMIT, Event.FILE):
            self._complete(records)
        if theirs and event is Event.CHECK:
            holding = standing(records, papers, content)
            said = judged(content.records, given, set(content.records) - holding.keys() if whole else ())
            verdicts = {one: found for one, found in said.items() if found != holding.get(one)}
            marks = {
                record.id: mark(record.version + 1, papers.get(record.id, ()))
                for record in records
                if record.id in verdicts
            }
            content = replace(content, checked={**content.checked, **marks})

        def also(tx: Transaction, _now: Kept[Handed]) -> None:
            for record in records:
                if over:
                    self._entries.hand_over(tx, person, record)
                elif event is Event.CHECK and record.id in verdicts:
                    found = verdicts[record.id]
                    self._entries.judge(tx, person, record, found.verdict, found.reason)
                elif event is not Event.CHECK:
                    self._entries.pass_on(tx, person, record, RecordEvent(event.value), reason)

        due = kept.case.due if event in _KEEPING else None  # whoever has it
        news = {former: event.value} if over else self._found(former, records) if event is Event.FILE else {}
        taken = self._casework.take(
            person, self.kind, kept, kept.case.version if version is None else version, event, action=action,
            note="" if event is Event.CHECK else reason, facts=facts(records, papers, content), content=content,
            due=due, also=also, besides=news, requester=person.account if over else "",
        )  # fmt: skip
        return self._shown(person, taken)

    def _found(self, requester: str, records: Sequence[Record]) -> dict[str, str]:
        """Who is told that something was found of what is filed: whoever handed it in, and HR (B2)."""
        found = worst([record.verification.verdict for record in records if record.verification])
        if found is None:
            return {}
        hr = {one.account for one in self._accounts.each() if one.active and one.role is Role.HR}
        return dict.fromkeys(hr | {requester}, found)

    def _complete(self, records: Sequence[Record]) -> None:
        """Raises Invalid with what is missing, named by its record: a draft may have been kept unfinished."""
        faults = []
        for row, record in enumerate(records, 1):
            try:
                self._entries.complete(record)
            except Invalid as refused:
                faults += [
                    FieldError(
                        f"records.{row}.{fault.name}", "第 %(row)s 份（%(file)s），%(fault)s",
                        {"row": row, "file": record.file_no, "fault": fault},
                    )
                    for fault in refused.fields
                ]  # fmt: skip
        if faults:
            raise Invalid(fields=faults)

    def begin(self, person: Person, ready: Sequence[Record], remark: str = "", *, draft: bool = False) -> Submission:
        """Hand in records that are checked and not kept yet; whoever calls has asked the gate for each file."""
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

    def adopt(self, person: Person, record: Record) -> Kept[Handed]:
        """Make a case of one of a draft that stood alone: handed in, or a draft yet where evidence is asked for."""

        def also(tx: Transaction, kept: Kept[Handed]) -> None:
            owned = replace(record, case=f"{self.kind.name}/{kept.case.id}")
            self._entries.adopt(tx, person, owned, submit=not self.evidence)

        return self._casework.begin(
            person, self.kind, State.DRAFT if self.evidence else State.SUBMITTED, Handed((record.id,)),
            action=Action.SUBMIT, files=[record.file_no], also=also,
        )  # fmt: skip

    def _known(self, person: Person, case_id: str) -> Kept[Handed]:
        """What was never handed in is the clerk's alone, and a colleague's who may take it over."""
        kept = self.kind.cases.get(case_id)
        who = _PARTIES if handed_at(kept.case) else _CLERK
        who = _FILED if kept.case.state is State.FILED else who
        if self._casework.parties(person, kept.case).isdisjoint(who) and not self._left_to(person, kept.case):
            raise NotFound
        return kept

    def _shown(self, person: Person, kept: Kept[Handed]) -> Submission:
        steps = self._casework.steps(person, self.kind, kept.case, _action_for)
        steps = tuple(event for event in steps if event is not Event.TAKE_OVER)
        if self._left_to(person, kept.case):
            steps = (*steps, Event.TAKE_OVER)
        ids = list(kept.content.records) if kept.content else []
        records = self._entries.read_all(person, ids)
        files = self._files.many(list({record.file_no for record in records}))
        papers = self._scans.laid([one.id for one in records])
        scans = {record: len(laid) for record, laid in papers.items()}
        people = {kept.case.requester, *(move.by for move in kept.case.history)}
        people |= {move.place_of for move in kept.case.history}
        people |= {record.verification.by for record in records if record.verification}
        return Submission(
            kept.case, kept.content, tuple(records), files, scans, steps, self._accounts.names(people),
            frozenset(standing(records, papers, kept.content) if kept.content else ()),
            self.overdue(kept.case), self._casework.unknown_years(kept.case),
        )  # fmt: skip


def _action_for(_state: State, event: Event) -> Action:
    """What the policy is asked for a step."""
    own = event in (Event.SUBMIT, Event.WITHDRAW, Event.TAKE_OVER)
    return Action.SUBMIT if own else Action.CHECK_SUBMISSION


def _named(row: int, fault: FieldError) -> FieldError:
    """A line's fault under the line's name."""
    return FieldError(f"agents.{row}.{fault.name}", "第 %(row)s 人，%(fault)s", {"row": row, "fault": fault})
