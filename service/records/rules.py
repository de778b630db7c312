"""What a record is, how it is submitted, filed and sent back, and what verification found. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from service.access.policy import Subject
from service.catalogue.model import Expected, Field, SubCategory
from service.person import Person, Role
from service.workflow import Party, Step, Workflow


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    FILED = "filed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    SUBMIT = "submit"
    FILE = "file"
    SEND_BACK = "send-back"
    WITHDRAW = "withdraw"


class Verdict(StrEnum):
    """What verification found (B2)."""

    VERIFIED = "verified"
    DOUBTFUL = "doubtful"
    FALSE = "false"


_OFFICE = (Party.HR, Party.ARCHIVIST, Party.ARCHIVES_HEAD)
WORKFLOW = Workflow[State, Event](
    Step(State.DRAFT, Event.SUBMIT, State.SUBMITTED, (Party.REQUESTER,)),
    Step(State.RETURNED, Event.SUBMIT, State.SUBMITTED, (Party.REQUESTER,)),
    Step(State.DRAFT, Event.WITHDRAW, State.WITHDRAWN, (Party.REQUESTER,), waits=False),
    Step(State.RETURNED, Event.WITHDRAW, State.WITHDRAWN, (Party.REQUESTER,), waits=False),
    Step(State.SUBMITTED, Event.FILE, State.FILED, _OFFICE),
    Step(State.SUBMITTED, Event.SEND_BACK, State.RETURNED, _OFFICE),
)


@dataclass(frozen=True, slots=True)
class Verification:
    verdict: Verdict
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One entry. `number` counts within the file; `fields` are the catalogue's, as kept.

    `case` is what it was handed in with, `submissions/<id>` for one: it is filed and sent back with it, and not alone.
    `changed_by` and `changed_at` say who made this version of it, and when (P2); the first is its author's.
    """

    id: str
    file_no: str
    number: int
    category: str
    subcategory: str
    date: str
    fields: Mapping[str, Any]
    state: State
    author: str
    made_at: datetime
    version: int = 1
    verification: Verification | None = None
    note: str = ""
    checked_by: str = ""
    case: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    masked: bool = field(default=False, compare=False)

    @property
    def there(self) -> bool:
        """Whether it counts where one asks what a file has (I7): filed or still to be, and not found false (B2).

        A doubtful one counts: whether it is genuine is still to be found out.
        """
        false = self.verification is not None and self.verification.verdict is Verdict.FALSE
        return self.state in (State.FILED, State.SUBMITTED) and not false

    def subject(self, department: str, hidden_from_agent: bool) -> Subject:
        return Subject(
            self.file_no, department, self.author, self.state, hidden_from_agent=hidden_from_agent,
            category=self.category, record=self.id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gap:
    """What a file should have and has not. `record` is the one whose paper it is, where that is there already."""

    item: Expected
    record: str = ""


def gaps(items: Iterable[Expected], records: Sequence[Record], scanned: Collection[str]) -> tuple[Gap, ...]:
    """What of the checklist a file is without (B1); `scanned` are the records that have a scan."""
    found = []
    for item in items:
        kind = (item.sub.category, item.sub.code)
        there = [one.id for one in records if one.there and (one.category, one.subcategory) == kind]
        if not there or (item.paper and not any(one in scanned for one in there)):
            found.append(Gap(item, there[0] if there else ""))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Change:
    """What one version changed of the one before: values, state, verdict; each as it was and as it became."""

    version: int
    fields: tuple[tuple[Field, Any, Any], ...]
    state: tuple[State, State] | None
    verdict: tuple[Verdict | None, Verdict] | None
    by: str = ""
    at: datetime | None = None


def changes(sub: SubCategory, versions: Sequence[Record]) -> list[Change]:
    """What each version changed; `versions` run from the present one back."""
    return [_change(sub, before, after) for after, before in pairwise(versions)]


def _change(sub: SubCategory, before: Record, after: Record) -> Change:
    fields = tuple(
        (one, before.fields.get(one.name), after.fields.get(one.name))
        for one in sub.fields
        if before.fields.get(one.name) != after.fields.get(one.name)
    )
    state = (before.state, after.state) if before.state != after.state else None
    then, now = before.verification, after.verification
    verdict = (then.verdict if then else None, now.verdict) if now and now != then else None
    return Change(after.version, fields, state, verdict, after.changed_by, after.changed_at)


def first_state(person: Person, draft: bool) -> State:
    """Keepers file directly; everyone else hands in, or keeps a draft."""
    if draft:
        return State.DRAFT
    keeper = person.role in (Role.HR, Role.ARCHIVIST, Role.ARCHIVES_HEAD, Role.SYSTEM)
    return State.FILED if keeper else State.SUBMITTED
