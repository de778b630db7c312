"""What is handed in when files are opened. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
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
    """One file to be opened: its head as it was typed, and records that lie in it from the start.

    `row` is where it stands in its sheet; 0 where it comes from none, and its place among the others says it.
    """

    given: Mapping[str, Any]
    records: tuple[Given, ...] = ()
    row: int = 0


def repeated(numbers: Iterable[tuple[int, str]], known: frozenset[str]) -> list[tuple[int, FieldError]]:
    """Rows whose ID number another file, or a row before, has already."""
    faults: list[tuple[int, FieldError]] = []
    seen: set[str] = set()
    for row, number in numbers:
        if number in known:
            faults.append((row, FieldError("id_number", "身份证号码：已有档案使用同一号码，请先检索核对")))
        elif number in seen:
            faults.append((row, FieldError("id_number", "身份证号码：与前面某一行相同，请核对")))
        seen.add(number)
    return faults


def namesakes(names: Mapping[int, str], known: frozenset[str]) -> tuple[int, ...]:
    """Rows whose name another file, or another row, has."""
    often = Counter(names.values())
    return tuple(row for row, name in names.items() if name in known or often[name] > 1)
