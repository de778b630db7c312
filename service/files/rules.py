"""What a file is, and how its status moves. Pure: no I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.access.policy import Subject
from service.catalogue.model import Field, SubCategory
from service.errors import FieldError, Invalid
from service.workflow import Party, Step, Workflow


class Status(StrEnum):
    ACTIVE = "active"
    LEFT = "left"
    HELD = "held"
    DESTROYED = "destroyed"


class Event(StrEnum):
    LEAVE = "leave"
    COME_BACK = "come-back"


_KEEPERS = (Party.HR, Party.ARCHIVIST, Party.ARCHIVES_HEAD)
WORKFLOW = Workflow[Status, Event](
    Step(Status.ACTIVE, Event.LEAVE, Status.LEFT, _KEEPERS),
    Step(Status.LEFT, Event.COME_BACK, Status.ACTIVE, _KEEPERS),
)


HIRED = Field("hire_date", "date", "入职时间", "Hire date", required=True)
HEAD = SubCategory(
    "file", "档案", "File", "",
    (
        Field("name", "text", "姓名", "Name", required=True),
        Field("department", "text", "部门", "Department", required=True),
        Field("post", "text", "岗位", "Post", required=True),
        HIRED,
        Field("id_number", "id_number", "身份证号码", "ID number", sensitive=True),
    ),
)  # fmt: skip
"""What is asked when a file is opened, with the rules that the catalogue's fields have."""
LEAVING = SubCategory(
    "leaving", "离职", "Leaving", "", (Field("left_on", "date", "离职时间", "Left on", required=True),)
)


@dataclass(frozen=True, slots=True)
class File:
    """One agent's file. Dates are ISO days; `records` counts the entries ever made."""

    file_no: str
    name: str
    department: str
    post: str
    hire_date: str
    status: Status = Status.ACTIVE
    left_on: str = ""
    records: int = 0
    version: int = 1
    opened_by: str = ""
    opened_at: datetime | None = None

    def subject(self) -> Subject:
        return Subject(self.file_no, self.department, status=self.status)


def check_leaving(file: File, left_on: str) -> None:
    """Raises Invalid where the day of leaving lies before the hire."""
    if left_on < file.hire_date:
        raise Invalid(fields=[FieldError("left_on", "离职时间早于入职时间：请检查年份")])


def check_dates(file: File) -> None:
    """The same, where the day of the hire is what was changed."""
    if file.left_on and file.left_on < file.hire_date:
        raise Invalid(fields=[FieldError("hire_date", "入职时间晚于离职时间：请检查年份")])
