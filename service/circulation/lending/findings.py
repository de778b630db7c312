"""What the comparison of returned pages with the archived ones can find (L6). Pure; comparing is the ingest's."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

COLLECTION = "loan_comparisons"
Box = tuple[float, float, float, float]
MOST_BOXES = 40
"""Kept of one page: more say no more."""


class Finding(StrEnum):
    MISSING = "missing"
    SURPLUS = "surplus"
    MOVED = "moved"
    MARKED = "marked"  # ink was added, or is gone
    TORN = "torn"  # a part of the sheet did not come back


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: of the archived page `page`, of the returned one `returned` (both from 1; 0 where there is none).

    Boxes are [x, y, width, height] in fractions of the archived page.
    """

    finding: Finding
    page: int
    returned: int
    boxes: tuple[Box, ...] = ()

    def kept(self) -> dict[str, Any]:
        return {**asdict(self), "boxes": [list(box) for box in self.boxes[:MOST_BOXES]]}


def found(kept: Mapping[str, Any]) -> Found:
    """What `Found.kept` gave."""
    boxes = tuple((box[0], box[1], box[2], box[3]) for box in kept["boxes"])
    return Found(Finding(kept["finding"]), kept["page"], kept["returned"], boxes)


class State(StrEnum):
    STORED = "stored"
    COMPARED = "compared"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Archived:
    """A page as it was before: which page of which scan."""

    scan_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A scan of what came back, beside the archived pages in their order.

    `returned` counts the pages that came back; `pages` are the archived ones, whose place (from 1) findings name;
    of the returned ones in `shown` there is a picture.
    """

    id: str
    loan: str
    file_no: str
    state: State
    by: str
    at: datetime
    reason: str = ""
    pages: tuple[Archived, ...] = ()
    returned: int = 0
    findings: tuple[Found, ...] = ()
    shown: frozenset[int] = frozenset()

    @property
    def clean(self) -> bool:
        return self.state is State.COMPARED and not self.findings


def pages_of(kept: Sequence[Mapping[str, Any]]) -> tuple[Archived, ...]:
    return tuple(Archived(one["scan_id"], one["number"]) for one in kept)
