"""What supervision looks for (M1), and how it is counted. Pure: no I/O, no clock."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from service.catalogue.model import Expected, SubCategory
from service.places.rules import Place

PAGE, MOST_EXPORTED = 100, 5000


class Matter(StrEnum):
    """One thing that may be left undone."""

    SUPPLEMENTS = "supplements"  # received, and not filed within the working days (B4)
    RETURNED = "returned"  # sent back to a department, and not handed in again (B4)
    LOANS = "loans"  # not returned on their day (L5)
    UNVERIFIED = "unverified"  # filed, and nobody said whether they are genuine (B2)
    DOUBTFUL = "doubtful"  # filed, and found doubtful or false (B2)
    MISSING = "missing"  # files without a record, or its paper, that each should have (B1, I7)
    PLACES = "places"  # boxes that nobody has counted for long
    FAULTS = "faults"  # found at an inspection, and not repaired (K4)
    INSPECTIONS = "inspections"  # due soon, or overdue (K4)
    RENEWALS = "renewals"  # archivists' agreements and trainings (K1, K3)
    AGREEMENTS = "agreements"  # archivists without a valid agreement, whether they were designated or not (K3)


TITLES: Mapping[Matter, str] = {
    Matter.SUPPLEMENTS: "逾期未归档的特殊情况补充", Matter.RETURNED: "退回后未重交的特殊情况补充",
    Matter.DOUBTFUL: "存疑或虚假的材料", Matter.AGREEMENTS: "没有有效保密协议的档案管理人员",
    Matter.LOANS: "逾期未还的借阅", Matter.UNVERIFIED: "未核验的材料",
    Matter.MISSING: "缺少必备材料的档案", Matter.PLACES: "久未盘点的档案盒", Matter.FAULTS: "未维修的设施问题",
    Matter.INSPECTIONS: "到期的设施巡检", Matter.RENEWALS: "到期的保密协议和培训",
}  # fmt: skip
BY_DEPARTMENT = (
    Matter.SUPPLEMENTS, Matter.RETURNED, Matter.LOANS, Matter.UNVERIFIED, Matter.DOUBTFUL, Matter.MISSING,
)  # fmt: skip
"""What some department is behind with; the rest is the archives office's own."""
SEARCHED = (Matter.UNVERIFIED, Matter.DOUBTFUL, Matter.MISSING)
"""What the search index tells."""
OF_CARE = (Matter.FAULTS, Matter.INSPECTIONS, Matter.RENEWALS)


@dataclass(frozen=True, slots=True)
class Count:
    """How many of one matter, and how many in each department; `total` is None where nobody can tell now."""

    matter: Matter
    total: int | None
    departments: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing left undone. `id` is that of the case, record, file or place; `day` its due day, or the last count's.

    `name` is a person's, a place's or a facility's; `kinds` the record's kind, or what a file is without.
    """

    matter: Matter
    id: str
    name: str
    files: tuple[str, ...] = ()
    department: str = ""
    kinds: tuple[SubCategory | Expected, ...] = ()
    day: date | None = None


def uncounted(place: Place, now: datetime, days: int) -> bool:
    """Whether something lies in a box that nobody has counted for so many days."""
    return bool(place.holds) and (place.checked_at is None or now - place.checked_at > timedelta(days=days))


def counted(matter: Matter, departments: Iterable[str]) -> Count:
    """A count of things, each of the department that it is named by."""
    each = Counter(departments)
    return Count(matter, each.total(), each if matter in BY_DEPARTMENT else {})
