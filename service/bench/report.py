"""Figures as a table and as JSON, with the machine, versions and sizes that they belong to."""

import json
import os
import platform
import re
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of ours, the raw engine's beside it where there is one, and the aim."""

    what: str
    ours: str
    raw: str = ""
    ratio: str = ""
    aim: str = ""


@dataclass
class Report:
    """What one run of a bench found."""

    name: str
    sizes: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, ours: str, raw: str = "", ratio: str = "", aim: str = "") -> None:
        self.rows.append(Row(what, ours, raw, ratio, aim))

    def show(self, *, as_json: bool) -> None:
        """Print it."""
        if as_json:
            rows = [_numbered(row) for row in self.rows]
            told = {"bench": self.name, "machine": machine(), "versions": versions(), "sizes": self.sizes, "rows": rows}
            print(json.dumps(told, ensure_ascii=False))
            return
        caption = ", ".join(
            f"{name} {value}" for part in (machine(), versions(), self.sizes) for name, value in part.items()
        )
        table = Table(title=f"dangan bench {self.name}", caption=caption)
        for title in ("what", "ours", "raw", "ratio", "aim"):
            table.add_column(title)
        for row in self.rows:
            table.add_row(row.what, row.ours, row.raw, row.ratio, row.aim)
        Console().print(table)


def _numbered(row: Row) -> dict[str, Any]:
    """A row for machines: one number, or a list where the figure is several (`p50 / p95`); the aim stays a sentence."""
    shown = asdict(row)
    for name in ("ours", "raw", "ratio"):
        numbers = [float(one) for one in re.findall(r"\d+(?:\.\d+)?", shown[name])]
        shown[name] = numbers[0] if len(numbers) == 1 else numbers or None
    return shown


def machine() -> dict[str, Any]:
    """What it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cores": os.cpu_count(), "memory GB": round(memory), "system": platform.system()}


def versions() -> dict[str, str]:
    """Of Python and of the packages that are measured; the servers' own stand with the sizes."""
    found = {"python": platform.python_version()}
    for name in ("pymongo", "secantusdb", "tantivy", "elasticsearch"):
        with suppress(PackageNotFoundError):  # the embedded store need not be here
            found[name] = version(name)
    return found


def timed(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentile(seconds: Sequence[float], share: float) -> float:
    """In milliseconds, the value below which `share` of the sample lies."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def p50(seconds: Sequence[float]) -> float:
    return statistics.median(seconds) * 1000
