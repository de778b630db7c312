"""A register: page by page, and as a whole for a sheet. Each reading is an event.

A register of cases has no book of its own: it is read from the cases, newest first, through what its reader looks for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Audit, account_chain
from service.errors import FieldError, Invalid
from service.person import Person

PAGE, MOST_PRINTED, MOST_EXPORTED = 100, 2000, 5000
MOST_READ = 20
"""Windows of cases that are looked through for one page; what is left is on the next one."""
T = TypeVar("T")
Window = Callable[[int | None], tuple[list[T], int]]
"""Entries made before a place, newest first, and the place to go on from; 1 or less at the end."""


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to the last, both with it; open where none is named."""

    first: date | None = None
    last: date | None = None

    def hold(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


EVERY_DAY = Days()


class Register(Generic[T]):
    """What may be read of entries by whoever has the right `action`; `name` is what events call it."""

    def __init__(self, name: str, window: Window[T], action: Action, audit: Audit, gate: Gate) -> None:
        self._name, self._window, self._action, self._audit, self._gate = name, window, action, audit, gate

    def read(self, person: Person, fits: Callable[[T], bool], below: int | None) -> tuple[list[T], int | None]:
        """A page of those that fit, newest first, and where to go on."""
        self._gate.require(person, self._action)
        self._note(person, "register.read")
        return self._page(fits, below)

    def whole(self, person: Person, fits: Callable[[T], bool]) -> tuple[list[T], bool]:
        """All that fit, for paper, and whether there are more than these, the newest ones."""
        self._gate.require(person, self._action)
        self._note(person, "register.read")
        lines = self._all(fits, MOST_PRINTED)
        return lines[:MOST_PRINTED], len(lines) > MOST_PRINTED

    def export(self, person: Person, fits: Callable[[T], bool]) -> list[T]:
        """All that fit. Raises Invalid where they are too many for a sheet."""
        self._gate.require(person, self._action)
        lines = self._all(fits, MOST_EXPORTED)
        if len(lines) > MOST_EXPORTED:
            raise too_many()
        self._note(person, "register.exported")
        return lines

    def _all(self, fits: Callable[[T], bool], most: int) -> list[T]:
        """All that fit, or some more than `most` of them."""
        lines, more = self._page(fits, None)
        while more is not None and len(lines) <= most:
            found, more = self._page(fits, more)
            lines += found
        return lines

    def _note(self, person: Person, action: str) -> None:
        ids = {"register": self._name}
        self._audit.record(person, action, subject=account_chain(person.account), ids=ids)

    def _page(self, fits: Callable[[T], bool], below: int | None) -> tuple[list[T], int | None]:
        """Whole windows, until a page is full."""
        found: list[T] = []
        for _ in range(MOST_READ):
            window, start = self._window(below)
            found += [one for one in window if fits(one)]
            if start <= 1:
                return found, None
            below = start
            if len(found) >= PAGE:
                break
        return found, below


def too_many() -> Invalid:
    """A register that is longer than a sheet may be."""
    fault = "登记簿超过 %(most)s 行：请按日期、人员或档案缩小范围后再导出"
    return Invalid(fields=[FieldError("from", fault, {"most": MOST_EXPORTED})])
