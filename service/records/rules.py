"""What a record is, how it is submitted, filed and sent back, and what verification found. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from service.access.policy import Subject
from service.person import Person, Role
from service.workflow import Party, Step, Workflow


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    FILED = "filed"
    RETURNED = "returned"


class Event(StrEnum):
    SUBMIT = "submit"
    FILE = "file"
    SEND_BACK = "send-back"


class Verdict(StrEnum):
    """What verification found (B2)."""

    VERIFIED = "verified"
    DOUBTFUL = "doubtful"
    FALSE = "false"


_OFFICE = (Party.HR, Party.ARCHIVIST, Party.ARCHIVES_HEAD)
WORKFLOW = Workflow[State, Event](
    Step(State.DRAFT, Event.SUBMIT, State.SUBMITTED, (Party.REQUESTER,)),
    Step(State.RETURNED, Event.SUBMIT, State.SUBMITTED, (Party.REQUESTER,)),
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
    """One entry. `number` counts within the file; `fields` are the catalogue's, as kept."""

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
    masked: bool = field(default=False, compare=False)

    def subject(self, department: str, hidden_from_agent: bool) -> Subject:
        return Subject(self.file_no, department, self.author, self.state, hidden_from_agent=hidden_from_agent)


def first_state(person: Person, draft: bool) -> State:
    """Keepers file directly; everyone else hands in, or keeps a draft."""
    if draft:
        return State.DRAFT
    keeper = person.role in (Role.HR, Role.ARCHIVIST, Role.ARCHIVES_HEAD, Role.SYSTEM)
    return State.FILED if keeper else State.SUBMITTED
