"""What the pages of all registers share: days and people that are asked for, running numbers, all of it at once.

Which lines there are and what stands in their cells is told by each register's own room.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from flask import render_template, request, url_for
from flask_babel import gettext as _

from service.casework.register import MOST_EXPORTED, MOST_PRINTED, Days
from service.clock import Clock
from service.errors import FieldError, Invalid
from service.web.inputs import day, whole_number

L = TypeVar("L")
M = TypeVar("M")
Part = tuple[list[L], M | None, bool]
"""Lines, where to go on, and whether all were asked for and are more than a print holds."""


def days() -> Days:
    """The days that a query string or form asks for. Raises Invalid."""
    asked = Days(day("from"), day("to"))
    if asked.first and asked.last and asked.first > asked.last:
        raise Invalid(fields=[FieldError("to", "截止日期：不能早于起始日期")])
    return asked


def said(name: str) -> str:
    """A word of a query string or form."""
    return request.values.get(name, "").strip()[:60]


def below(place: str) -> int | None:
    """From where a list goes on; `place` names where the query string says so."""
    return whole_number(place) if request.method == "GET" else None


def part(read: Callable[[], tuple[list[L], M | None]], whole: Callable[[], tuple[list[L], bool]]) -> Part[L, M]:
    """A page of a register, or all of it where that is asked for."""
    if request.args.get("all") == "yes":
        lines, cut = whole()
        return lines, None, cut
    return *read(), False


def numbered(rows: Sequence[Sequence[str]], first: int = 1) -> list[list[str]]:
    """Rows with their running number before them."""
    return [[str(number), *row] for number, row in enumerate(rows, first)]


def moment(at: datetime | None, clock: Clock) -> str:
    """A moment as registers write it, in the office's time."""
    return f"{at.astimezone(clock.zone):%Y-%m-%d %H:%M}" if at else "—"


def tabs(
    here: str, name: str, choices: Mapping[str, str], asked: Mapping[str, str], chosen: str
) -> list[tuple[str, str, None, bool]]:  # fmt: skip
    """A tab for each choice that a register is narrowed to by `name`; what else is asked for stays."""
    return [
        (url_for(here, **{**asked, name: code}), str(_(text)), None, code == chosen)  # type: ignore[arg-type]
        for code, text in choices.items()
    ]


def page(
    template: str, found: Part[L, M], rows: Sequence[Sequence[str]], *, here: str, export: str,
    asked: Mapping[str, str], route: Mapping[str, Any] | None = None, among: str = "", **given: Any,
) -> str:  # fmt: skip
    """The page of a register at the endpoint `here`; `asked` is what it is searched by, `route` what its address has,
    `among` the endpoint that stands for it among all registers where that is another one."""
    lines, more, cut = found
    route, first = route or {}, whole_number("line", 1) or 1
    looked = {**route, **{name: value for name, value in asked.items() if value}}
    return render_template(
        template, rows=list(zip(lines, numbered(rows, first), strict=True)), asked=asked,
        more=url_for(here, below=more, line=first + len(rows), **looked) if more else "",
        whole=url_for(here, all="yes", **looked) if more or first > 1 else "",
        clear=url_for(here, **route) if any(asked.values()) else "", export=url_for(export, **route),
        cut=cut, among=among or here, most=MOST_PRINTED, most_exported=MOST_EXPORTED, **given,
    )  # fmt: skip
