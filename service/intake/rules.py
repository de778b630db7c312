"""What is handed in when files are opened. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import FieldError


@dataclass(frozen=True, slots=True)
class Given:
    """A record as it was typed."""

    category: str
    subcategory: str
    fields: Mapping[str, Any]
    date: str = ""

    @property
    def kind(self) -> tuple[str, str]:
        return self.category, self.subcategory


@dataclass(frozen=True, slots=True)
class Entry:
    """One file to be opened: its head as it was typed, and records that lie in it from the start."""

    given: Mapping[str, Any]
    records: tuple[Given, ...] = ()


def repeated(numbers: Sequence[str | None], known: frozenset[str]) -> list[tuple[int, FieldError]]:
    """Rows (from 1) whose ID number another file, or a row before, has already."""
    faults, seen = [], set()
    for row, number in enumerate(numbers, 1):
        if number in known:
            faults.append((row, FieldError("id_number", "身份证号码：已有档案使用同一号码，请先检索核对")))
        elif number in seen:
            faults.append((row, FieldError("id_number", "身份证号码：与前面某一行相同，请核对")))
        if number:
            seen.add(number)
    return faults
