"""Reading a long span of time in short windows, so that no filter matches more than a page or so. Pure."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

FIRST = timedelta(milliseconds=250)
LONGEST = timedelta(days=400)
AIM = 60
"""How many rows a window should hold; the next one is cut by how dense the last one was."""


def backwards(
    read: Callable[[datetime, datetime], list[T]], after: datetime, before: datetime, longest: timedelta = LONGEST
) -> Iterator[T]:
    """Rows of [after, before), newest first, as `read` gives them for one window [start, end).

    A window behind a quiet time may meet a busy one: `longest` bounds how much of it.
    """
    width, end = FIRST, before
    while end > after:
        start = max(after, end - width)
        rows = read(start, end)
        yield from rows
        factor = min(8.0, max(0.1, AIM / (len(rows) + 1)))
        width, end = min(longest, max(FIRST / 10, width * factor)), start
