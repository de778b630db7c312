"""One small engine for every state table: (state, event) -> next, who, guard, deadline, notice. Pure: no I/O, no clock.

"Who" names what a person is to the case (its requester, the requester's head); the policy gates role and scope,
and both must hold. What is not in a table cannot happen.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from service.errors import Conflict, Forbidden

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

BEGUN = "create"
"""The event that begins every case's history."""


class Party(StrEnum):
    """What someone is to a case."""

    REQUESTER = "requester"  # 申请人
    HEAD = "head"  # the head of the requester's department
    HR = "hr"
    ARCHIVIST = "archivist"
    ARCHIVES_HEAD = "archives_head"
    LEADERSHIP = "leadership"
    SYSTEM = "system"  # the timer


@dataclass(frozen=True, slots=True)
class Guard:
    """A fact that must hold for a step, and what is said where it does not."""

    fact: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Step(Generic[S, E]):
    """One row of a table.

    `guard` is one or several, asked in their order;
    `deadline` is the key of the setting that says in how many working days the step after this one is due;
    `notice` names who is told; `waits` is False for what may happen at any time and is not waited for.
    """

    state: S
    event: E
    after: S
    who: tuple[Party, ...]
    guard: Guard | tuple[Guard, ...] = ()
    deadline: str = ""
    notice: tuple[Party, ...] = ()
    waits: bool = True

    @property
    def guards(self) -> tuple[Guard, ...]:
        return self.guard if isinstance(self.guard, tuple) else (self.guard,)


@dataclass(frozen=True, slots=True)
class Move:
    """A step that was taken: by whom, in whose place (the same account where nobody was away), as what, and when."""

    event: str
    after: str
    party: Party
    by: str
    place_of: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What every request has. Its history is part of it, and says how it came to be in its state."""

    id: str
    requester: str
    department: str
    files: tuple[str, ...]
    state: StrEnum
    history: tuple[Move, ...] = ()
    due: date | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Hand:
    """Whoever takes a step. `parties` is what they are to the case, each with the account in whose place.

    `concerned` is whether the case is about their own or a relative's file.
    """

    account: str
    parties: Mapping[Party, str] = field(default_factory=dict)
    concerned: bool = False


class Workflow(Generic[S, E]):
    """A table of steps."""

    def __init__(self, *steps: Step[S, E]) -> None:
        self.steps = {(step.state, step.event): step for step in steps}
        if len(self.steps) != len(steps):
            raise ValueError("a state has two steps of one event")

    def after(self, state: S, event: E) -> S:
        """The state after `event`. Raises Conflict where the table has no such step."""
        return self.step(state, event).after

    def step(self, state: S, event: E) -> Step[S, E]:
        """The row for `event` in `state`. Raises Conflict where there is none."""
        found = self.steps.get((state, event))
        if found is None:
            raise Conflict("当前状态不能办理这一步，请刷新后查看")
        return found

    def of(self, state: S) -> Iterator[Step[S, E]]:
        """The steps that may be taken in `state`."""
        return (step for step in self.steps.values() if step.state == state)

    def waits_for(self, state: S) -> tuple[Party, ...]:
        """Whose step a case in `state` waits for; nobody's when it has ended."""
        return tuple(dict.fromkeys(party for step in self.of(state) if step.waits for party in step.who))

    def move(
        self, case: Case, event: E, hand: Hand, at: datetime, *, note: str = "",
        facts: AbstractSet[str] = frozenset(), due: date | None = None,
    ) -> Case:  # fmt: skip
        """The case after `hand` took the step. Raises Conflict where the table or a guard has no such step now,
        Forbidden where it is not this person's to take."""
        step = self.step(case.state, event)  # type: ignore[arg-type]  # a case's states are its table's
        party = _party(case, step, hand)
        refused = next((guard for guard in step.guards if guard.fact not in facts), None)
        if refused is not None:
            raise Conflict(refused.refusal)
        taken = Move(event, step.after, party, hand.account, hand.parties[party], at, note)
        return replace(case, state=step.after, history=(*case.history, taken), due=due)

    def open_to(self, case: Case, hand: Hand) -> tuple[E, ...]:
        """The events whose steps are this person's to take now, guards aside."""
        return tuple(step.event for step in self.of(case.state) if _may(case, step, hand))  # type: ignore[arg-type]

    def replayed(self, history: Sequence[Move], first: S) -> S:
        """The state that a history leads to from the state in which its case was begun. Raises Conflict."""
        state = first
        for move in history[1:]:
            state = self.after(state, move.event)  # type: ignore[arg-type]  # a history's events are its table's
            if state != move.after:
                raise Conflict
        return state

    def drawn(self) -> str:
        """The table as a Mermaid state diagram, for the documents."""
        rows = [
            f"    {_plain(step.state)} --> {_plain(step.after)}: {step.event} ({', '.join(step.who)})"
            for step in self.steps.values()
        ]
        return "\n".join(["stateDiagram-v2", *rows])


def _plain(state: StrEnum) -> str:
    """Mermaid reads no hyphen in a state's name."""
    return state.replace("-", "_")


def begun(requester: str, at: datetime, state: StrEnum, note: str = "") -> tuple[Move, ...]:
    """The history of a case that is just begun."""
    return (Move(BEGUN, state, Party.REQUESTER, requester, requester, at, note),)


def _may(case: Case, step: Step[S, E], hand: Hand) -> bool:
    try:
        _party(case, step, hand)
    except Forbidden:
        return False
    return True


def _party(case: Case, step: Step[S, E], hand: Hand) -> Party:
    """As what the person takes the step. Raises Forbidden: no two steps of one case by one person (V2, L2)."""
    parties = [party for party in step.who if party in hand.parties]
    if not parties:
        raise Forbidden
    if hand.concerned:
        parties = [party for party in parties if party is Party.REQUESTER]
        if not parties:
            raise Forbidden("不能办理与本人或亲属的档案有关的申请，请交由他人办理")
    for party in parties:
        hands = {hand.account, hand.parties[party]}
        others = (move for move in case.history if move.party is not party)
        if all(hands.isdisjoint((move.by, move.place_of)) for move in others):
            return party
    raise Forbidden("同一申请的两个环节不能由同一人办理，请交由他人办理")
