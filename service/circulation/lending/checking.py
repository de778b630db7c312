"""The check of what came back: its condition, original by original, and its pages against the scans (L6). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.errors import FieldError, Invalid

LONGEST_NOTE = 2000


class Condition(StrEnum):
    """What the check found of one original."""

    COMPLETE = "complete"
    DAMAGED = "damaged"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Check:
    """The check on return: pages counted in all, the condition of each original by its id, and for damage or loss what
    and who answers for it."""

    pages: int
    conditions: Mapping[str, Condition]
    note: str = ""
    answers: str = ""

    @property
    def condition(self) -> Condition:
        """That of the original which fared worst."""
        return max(self.conditions.values(), key=list(Condition).index, default=Condition.COMPLETE)

    def lost(self) -> tuple[str, ...]:
        """The originals that did not come back."""
        return tuple(id_ for id_, one in self.conditions.items() if one is Condition.LOST)


@dataclass(frozen=True, slots=True)
class Archived:
    """What the archive knows of what was lent: its scanned pages, how many records have no scan, and whether what was
    compared since it came back differs."""

    pages: int = 0
    unscanned: int = 0
    differs: bool = False

    def is_met_by(self, counted: int) -> bool:
        """Whether so many pages can be all; where something has no scan there may be more."""
        return not self.pages or counted == self.pages or (counted > self.pages and self.unscanned > 0)


def read_check(given: Mapping[str, Any], originals: Sequence[str], archived: Archived) -> Check:
    """What the check on return found. Raises Invalid; damage and loss name what and who answers for it, and what is
    called complete in spite of what the scans say is explained.

    `condition` is that of all originals which `conditions` does not name.
    """
    faults: list[FieldError] = []
    conditions: dict[str, Condition] = {}
    for id_ in originals:
        said = _of_original(given, "conditions", id_) or str(given.get("condition") or "")
        if said in set(Condition):
            conditions[id_] = Condition(said)
        else:
            name = "condition" if len(originals) == 1 else f"conditions.{id_}"
            faults.append(FieldError(name, "检查结果：请选择完好、损坏或丢失"))
    pages = str(given.get("pages") if given.get("pages") is not None else "").strip()
    if not pages.isdecimal() or int(pages) > 100_000:
        faults.append(FieldError("pages", "页数：请填写清点到的页数"))
    note, answers = (str(given.get(name) or "").strip()[:LONGEST_NOTE] for name in ("note", "answers"))
    if faults:
        raise Invalid(fields=faults)
    check = Check(int(pages), conditions, note, answers)
    if check.condition is not Condition.COMPLETE:
        if not note:
            faults.append(FieldError("note", "情况说明：损坏或丢失时必须填写"))
        if not answers:
            faults.append(FieldError("answers", "责任人：损坏或丢失时必须填写由谁负责"))
    elif not note and not archived.is_met_by(check.pages):
        said = "情况说明：清点到 %(counted)s 页，存档的扫描件有 %(pages)s 页，请说明原因"
        faults.append(FieldError("note", said, {"counted": check.pages, "pages": archived.pages}))
    elif not note and archived.differs:
        faults.append(FieldError("note", "情况说明：与存档比对有差异，请说明核对的结果"))
    if faults:
        raise Invalid(fields=faults)
    return check


def read_found(given: Mapping[str, Any], lost: Sequence[str]) -> tuple[str, ...]:
    """Which of the lost originals were found: those that are named, or the only one. Raises Invalid."""
    found = tuple(one for one in lost if _of_original(given, "originals", one))
    if not str(given.get("note") or "").strip():
        raise Invalid(fields=[FieldError("note", "情况说明：请写明在哪里、怎样找到")])
    if not found and len(lost) != 1:
        raise Invalid(fields=[FieldError("originals", "找到的原件：请至少选择一件")])
    return found or tuple(lost)


def _of_original(given: Mapping[str, Any], name: str, id_: str) -> str:
    """What is said of one original, in an object or list of an API or in a field of a form."""
    said = given.get(name)
    if isinstance(said, Mapping):
        return str(said.get(id_) or "")
    if isinstance(said, list):
        return "yes" if id_ in said else ""
    return str(given.get(f"{name}.{id_}") or "")
