"""What a file is and how it moves: opened, transferred, left, come back. Pure: no I/O, no clock."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from service.access.policy import Subject
from service.errors import FieldError, Invalid
from service.workflow import Workflow


class Status(StrEnum):
    """Where a file stands. `held` and `destroyed` are moved by disposition."""

    ACTIVE = "active"
    LEFT = "left"
    HELD = "held"
    DESTROYED = "destroyed"


class Event(StrEnum):
    """What happens to a file as the agent's work changes (P4)."""

    TRANSFER = "transfer"
    LEAVE = "leave"
    COME_BACK = "come-back"


WORKFLOW = Workflow[Status, Event](
    (Status.ACTIVE, Event.TRANSFER, Status.ACTIVE),
    (Status.ACTIVE, Event.LEAVE, Status.LEFT),
    (Status.LEFT, Event.COME_BACK, Status.ACTIVE),
)


@dataclass(frozen=True, slots=True)
class AgentFile:
    """One agent's personnel file, as its cover reads. Dates are ISO 8601 days; `records` counts its entries.

    `n` is the file's place in the order of opening, over the whole archive: lists without search walk it.
    """

    file_no: str
    n: int
    name: str
    department: str
    post: str
    hire_date: str
    left_on: str | None
    status: Status
    records: int
    version: int
    opened_by: str
    opened_at: str

    @property
    def subject(self) -> Subject:
        """The file as the policy sees it."""
        return Subject(file_no=self.file_no, department=self.department, state="", status=self.status)


def transfer(file: AgentFile, department: str, post: str | None) -> AgentFile:
    """The file after its agent moved to another department. Raises Conflict, Invalid."""
    status = WORKFLOW.move(file.status, Event.TRANSFER)
    if not department:
        raise Invalid(fields=[FieldError("department", "请选择调入部门")])
    if department == file.department:
        raise Invalid(fields=[FieldError("department", "调入部门与现部门相同：请选择另一个部门")])
    return replace(file, status=status, department=department, post=post or file.post)


def leave(file: AgentFile, left_on: str, today: date) -> AgentFile:
    """The file after its agent left; retention counts from `left_on` (T1). Raises Conflict, Invalid."""
    status = WORKFLOW.move(file.status, Event.LEAVE)
    day = _day("left_on", left_on, "离职日期")
    if day.isoformat() < file.hire_date:
        raise Invalid(fields=[FieldError("left_on", "离职日期早于入职日期：请检查年份")])
    if day > today:
        raise Invalid(fields=[FieldError("left_on", "离职日期晚于今天：请在离职当日或之后登记")])
    return replace(file, status=status, left_on=day.isoformat())


def come_back(file: AgentFile, department: str | None, post: str | None) -> AgentFile:
    """The file of an agent who was hired again: it goes on under its number. Raises Conflict."""
    status = WORKFLOW.move(file.status, Event.COME_BACK)
    return replace(file, status=status, left_on=None, department=department or file.department, post=post or file.post)


def _day(name: str, text: str, label: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            fields=[FieldError(name, "%(label)s不是有效日期：请按 2021-03-01 的格式填写", {"label": label})]
        ) from None
