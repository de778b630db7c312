"""One small engine for every state table: (state, event) -> next state. Who may move is the policy's. Pure."""

from enum import StrEnum
from typing import Generic, TypeVar

from service.errors import Conflict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class Workflow(Generic[S, E]):
    """A table of steps. What is not in it cannot happen."""

    def __init__(self, *steps: tuple[S, E, S]) -> None:
        self._steps = {(state, event): after for state, event, after in steps}

    def move(self, state: S, event: E) -> S:
        """The state after `event`. Raises Conflict where the table has no such step."""
        after = self._steps.get((state, event))
        if after is None:
            raise Conflict("当前状态不能办理这一步，请刷新后查看")
        return after
