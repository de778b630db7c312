"""What a place is, what may stand in it, and what a stocktake found. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from service.errors import Conflict, FieldError, Invalid

LARGEST = 200
"""Things that one place can hold: more would not be found again, and no look-up matches more (design §2)."""
LONGEST_NAME = 40


class Kind(StrEnum):
    ROOM = "room"  # 库房
    CABINET = "cabinet"  # 柜
    SHELF = "shelf"  # 层
    BOX = "box"  # 盒


class Item(StrEnum):
    """What lies in a box: a whole file's bag, or the original of one record."""

    FILE = "file"
    RECORD = "record"


KINDS = {Kind.ROOM: "库房", Kind.CABINET: "柜", Kind.SHELF: "层", Kind.BOX: "档案盒"}
LETTERS = {Kind.ROOM: "K", Kind.CABINET: "G", Kind.SHELF: "C", Kind.BOX: "H"}
"""A place's code begins with its kind's letter (库 柜 层 盒) and never changes, whatever moves."""
_INSIDE: dict[Kind, frozenset[Kind]] = {
    Kind.ROOM: frozenset(),
    Kind.CABINET: frozenset({Kind.ROOM}),
    Kind.SHELF: frozenset({Kind.CABINET, Kind.ROOM}),
    Kind.BOX: frozenset({Kind.SHELF, Kind.CABINET, Kind.ROOM}),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `holds` counts what stands directly in it; `category` and `year` are on its label (S5).

    One that was closed holds nothing, and takes nothing any more; it is never erased.
    """

    code: str
    kind: Kind
    name: str
    parent: str = ""
    capacity: int = LARGEST
    category: str = ""
    year: str = ""
    holds: int = 0
    checked_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 1

    @property
    def free(self) -> int:
        return 0 if self.closed_at else max(0, self.capacity - self.holds)


@dataclass(frozen=True, slots=True)
class Placed:
    """That the original of a file, or of one of its records, lies in a box since `at`."""

    id: str
    item: Item
    file_no: str
    box: str
    by: str
    at: datetime


def check_kind(text: str) -> Kind:
    """A kind of place by its word. Raises Invalid."""
    if text not in set(Kind):
        raise Invalid(fields=[FieldError("kind", "种类：请从库房、柜、层、档案盒中选择")])
    return Kind(text)


def check_name(name: str) -> str:
    """The name as it is kept. Raises Invalid."""
    kept = " ".join(name.split())
    if not kept or len(kept) > LONGEST_NAME:
        raise Invalid(fields=[FieldError("name", "名称：请填写，最多 %(most)s 个字", {"most": LONGEST_NAME})])
    return kept


def check_capacity(text: object, holds: int = 0) -> int:
    """How much a place can hold. Raises Invalid where it is no number, too large, or less than stands in it."""
    try:
        number = int(str(text).strip() or LARGEST)
    except ValueError:
        number = 0
    if not 1 <= number <= LARGEST:
        raise Invalid(fields=[FieldError("capacity", "容量：应为 1 至 %(most)s 的整数", {"most": LARGEST})])
    if number < holds:
        raise Invalid(fields=[FieldError("capacity", "容量：其中已有 %(count)s 件，不能更小", {"count": holds})])
    return number


def check_year(year: str) -> str:
    """A label's year, or none. Raises Invalid."""
    if year and not (year.isdecimal() and len(year) == 4):
        raise Invalid(fields=[FieldError("year", "年度：请填写四位年份，如 2021")])
    return year


def check_parent(kind: Kind, parent: Place | None) -> None:
    """Raises Invalid where a place of this kind cannot stand there, Conflict where it is full."""
    if parent is None:
        if kind is not Kind.ROOM:
            raise Invalid(fields=[FieldError("parent", "上级位置：请选择它放在哪里")])
        return
    if parent.kind not in _INSIDE[kind]:
        raise Invalid(fields=[FieldError("parent", "上级位置：这种位置不能放在那里")])
    check_open(parent)
    if not parent.free:
        raise Conflict("那里已经放满，请换一处或调整容量")


def check_open(place: Place) -> None:
    """Raises Conflict where a place was closed."""
    if place.closed_at is not None:
        raise Conflict("%(code)s 已停用：请换一处", code=place.code)


def may_hold(kind: Kind) -> tuple[Kind, ...]:
    """The kinds of places that may stand in one of this kind."""
    return tuple(inner for inner, outers in _INSIDE.items() if kind in outers)


@dataclass(frozen=True, slots=True)
class Lent:
    """An original that is not in its place because somebody has borrowed it until a day."""

    id: str
    due: date


@dataclass(frozen=True, slots=True)
class Difference:
    """What a stocktake found: not there, there but kept elsewhere, there without a place at all; and what is lent."""

    missing: tuple[str, ...]
    misplaced: tuple[str, ...]
    surplus: tuple[str, ...]
    lent: tuple[Lent, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether all is accounted for: what is lent stands in the register of loans."""
        return not (self.missing or self.misplaced or self.surplus)


def compared(
    expected: Collection[str], found: Iterable[str], elsewhere: Collection[str], lent: Mapping[str, date]
) -> Difference:
    """Compare what should stand in a place with what was scanned there; `elsewhere` has its place in another.

    `lent` says until when what is expected may be out.
    """
    seen = dict.fromkeys(found)
    absent = sorted(one for one in expected if one not in seen)
    extra = [one for one in seen if one not in set(expected)]
    return Difference(
        tuple(one for one in absent if one not in lent),
        tuple(one for one in extra if one in elsewhere),
        tuple(one for one in extra if one not in elsewhere),
        tuple(Lent(one, lent[one]) for one in absent if one in lent),
    )
