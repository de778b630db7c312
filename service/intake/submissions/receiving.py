"""Records that come one by one, or many in a workbook: a keeper's are filed, what others hand in becomes a case.

What is always a supplement (B4) becomes one here too, and waits as a draft for its evidence.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from service.errors import Conflict, FieldError, Invalid
from service.intake.entering import Checked, Entering
from service.intake.submissions.operations import Submissions
from service.intake.submissions.rules import ALWAYS_SPECIAL, AS_SUPPLEMENT, JUDGED, MOST, Event, State
from service.intake.workbook import MOST as MOST_ENTERED
from service.intake.workbook import Line
from service.person import Person
from service.records.operations import RecordOperations
from service.records.repository import Records
from service.records.rules import Event as RecordEvent
from service.records.rules import Record, first_state
from service.records.rules import State as RecordState


class Receiving:
    """The door between records and the cases of what is handed in. Every method asks the gate first."""

    def __init__(
        self, submissions: Submissions, supplements: Submissions, entering: Entering, entries: RecordOperations,
        records: Records,
    ) -> None:  # fmt: skip
        self._rooms = {room.kind.name: room for room in (submissions, supplements)}
        self._submissions, self._supplements = submissions, supplements
        self._entering, self._entries, self._records = entering, entries, records

    def add(
        self, person: Person, file_no: str, category: str, subcategory: str, fields: Mapping[str, Any],
        *, date: str = "", draft: bool = False,
    ) -> Record:  # fmt: skip
        """A new record: filed by a keeper at once, a draft kept as it is, what a clerk hands in as a case of one."""
        if draft or _files(person):
            return self._entries.add(person, file_no, category, subcategory, fields, date=date, draft=draft)
        self._entries.for_add(person, file_no)
        found = self._entering.check(person, [Line("", 1, file_no, category, subcategory, dict(fields), date)])
        if found.faults:
            raise Invalid(fields=[fault for _, fault in found.faults])
        room = self._room(category, subcategory)
        room.begin(person, found.ready, draft=room.evidence)
        return self._entries.get(person, found.ready[0].id)

    def most(self, person: Person) -> int:
        """How many records the person may enter at once: what is handed in is checked one by one."""
        return MOST_ENTERED if _files(person) else MOST

    def check(self, person: Person, lines: Sequence[Line]) -> Checked:
        """Every fault of the lines of a workbook; changes nothing. Raises Invalid where there are too many."""
        self._few(person, lines)
        found = self._entering.check(person, lines)
        faults = sorted([*found.faults, *self._special(person, lines)], key=lambda one: one[0])
        return Checked(tuple(faults), () if faults else found.ready)

    def enter(self, person: Person, lines: Sequence[Line]) -> list[Record]:
        """The records of a workbook, all or none: a keeper's are filed at once, what a clerk hands in is one case."""
        if _files(person):
            return self._entering.enter(person, lines)
        self._few(person, lines)
        if self._special(person, lines):
            raise Invalid(fields=[AS_SUPPLEMENT])
        return list(self._submissions.begin(person, self._entering.ready(person, lines)).records)

    def move(self, person: Person, record_id: str, version: int, event: RecordEvent, reason: str = "") -> Record:
        """Move a record that stands alone, or is a case of one; those of a larger case move with it."""
        record = self._records.get(record_id)
        if not record.case:
            if event is RecordEvent.SUBMIT and record.state is RecordState.DRAFT:
                return self._hand_in(person, record, version)
            return self._entries.move(person, record_id, version, event, reason)
        shown = self._entries.get(person, record_id)  # to those alone who may know of it
        kind, _, case_id = record.case.partition("/")
        room = self._rooms[kind]
        kept = room.kind.cases.get(case_id)
        if len(kept.content.records if kept.content else ()) != 1:
            return self._entries.move(person, record_id, version, event, reason)  # says that it moves with its case
        if version != record.version:
            raise Conflict(current=shown)
        if event is RecordEvent.FILE and kept.case.state is State.SUBMITTED and room.may_check(person):
            raise Conflict(JUDGED.refusal)
        room.take(person, case_id, Event(event.value), None, {"reason": reason})
        return self._entries.get(person, record_id)

    def _hand_in(self, person: Person, record: Record, version: int) -> Record:
        """A draft that stood alone becomes a case of one."""
        self._entries.for_edit(person, record.id)
        if version != record.version:
            raise Conflict(current=record)
        self._entries.complete(record)
        room = self._room(record.category, record.subcategory)
        case = room.adopt(person, record).case
        if room.evidence:
            room.take(person, case.id, Event.SUBMIT, case.version, {})
        return self._entries.get(person, record.id)

    def _room(self, category: str, subcategory: str) -> Submissions:
        return self._supplements if (category, subcategory) in ALWAYS_SPECIAL else self._submissions

    def _few(self, person: Person, lines: Sequence[Line]) -> None:
        if len(lines) > self.most(person):
            fault = "每次最多提交 %(most)s 份材料，以便逐份审核：请分成几个文件"
            raise Invalid(fields=[FieldError("lines", fault, {"most": self.most(person)})])

    def _special(self, person: Person, lines: Sequence[Line]) -> list[tuple[int, FieldError]]:
        """The lines that a workbook cannot hand in: evidence does not come with it."""
        found = [at for at, line in enumerate(lines) if (line.category, line.subcategory) in ALWAYS_SPECIAL]
        return [] if _files(person) else [(at, AS_SUPPLEMENT) for at in found]


def _files(person: Person) -> bool:
    """Whether the person files records by themselves."""
    return first_state(person, draft=False) is RecordState.FILED
