"""Figures as a table and as JSON, with the machine, versions and sizes that they belong to."""

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
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
        about = {"machine": machine(), **self.sizes}
        if as_json:
            rows = [asdict(row) for row in self.rows]
            print(json.dumps({"bench": self.name, "about": about, "rows": rows}, ensure_ascii=False))
            return
        table = Table(title=f"dangan bench {self.name}", caption=", ".join(f"{k} {v}" for k, v in about.items()))
        for title in ("what", "ours", "raw", "ratio", "aim"):
            table.add_column(title)
        for row in self.rows:
            table.add_row(row.what, row.ours, row.raw, row.ratio, row.aim)
        Console().print(table)


def machine() -> str:
    """Cores, memory and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    names = ("pymongo", "tantivy")
    versions = " ".join(f"{name} {version(name)}" for name in names)
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {python}, {versions}"


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
