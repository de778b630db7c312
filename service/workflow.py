"""One small engine for every state table: (state, event) -> next state, and who may move it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from service.errors import Conflict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Step(Generic[S, E]):
    """One row: from `state`, on `event`, to `next`."""

    state: S
    event: E
    next: S


class Workflow(Generic[S, E]):
    """A table of steps. What is not in it cannot happen."""

    def __init__(self, *steps: tuple[S, E, S]) -> None:
        self._steps = {(state, event): Step(state, event, after) for state, event, after in steps}

    def move(self, state: S, event: E) -> S:
        """The state after `event`. Raises Conflict where the table has no such step."""
        step = self._steps.get((state, event))
        if step is None:
            raise Conflict("当前状态不能办理这一步，请刷新后查看")
        return step.next

    def events(self, state: S) -> Iterable[E]:
        """What can happen in `state`."""
        return [event for (start, event) in self._steps if start == state]
