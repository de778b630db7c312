"""Beginning a case and taking its steps: policy and relation, rules, one transaction with its events.

A feature says what its cases are about and what else a step changes; here is what all of them have.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from service.access.gate import Gate
from service.access.policy import HOUSE, Action, Subject
from service.access.relations import Relations
from service.audit.trail import Audit, account_chain, file_chain
from service.casework.repository import Cases, Kept
from service.casework.waits import Waiting, Waits, key_for, watched
from service.catalogue import workdays
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.notices.repository import Notices
from service.person import SYSTEM, Person
from service.store.connection import Store, Transaction
from service.workflow import BEGUN, Case, Hand, Party, Workflow, begun

C = TypeVar("C")
S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)
LONGEST_NOTE = 2000
NO_NEWS: Mapping[str, str] = {}


def _nothing(_case: object) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Kind(Generic[C, S, E]):
    """One kind of case: where it is kept and its table. `clear` gives what the feature looks up by; in the states that
    are `watched`, supervision finds it while it waits for nobody but its requester."""

    cases: Cases[C]
    workflow: Workflow[S, E]
    clear: Callable[[Kept[C]], Mapping[str, Any]] = field(default=_nothing)
    watched: AbstractSet[S] = frozenset()

    @property
    def name(self) -> str:
        return self.cases.kind


class Casework:
    """The steps of all kinds of cases."""

    def __init__(
        self, store: Store, audit: Audit, gate: Gate, clock: Clock, relations: Relations, waits: Waits,
        notices: Notices, settings: PolicySettings,
    ) -> None:  # fmt: skip
        self._store, self._audit, self._gate, self._clock = store, audit, gate, clock
        self._relations, self._waits, self._notices, self._settings = relations, waits, notices, settings

    def begin(
        self, person: Person, kind: Kind[C, S, E], state: S, content: C, *, action: Action, subject: Subject = HOUSE,
        files: Sequence[str] = (), due: date | None = None,
        also: Callable[[Transaction, Kept[C]], None] | None = None,
    ) -> Kept[C]:  # fmt: skip
        """A new case in `state`, asked for by `person`. `also` is what else this changes, in the same transaction."""
        self._gate.require(person, action, subject)
        history = begun(person.account, self._clock.now(), state)
        case = Case(
            kind.cases.new_id(), person.account, person.department or "", tuple(files), state, history, due, version=1
        )
        kept, numbers = Kept(case, content), kind.cases.numbers(person.account)
        places = self._places(kind, case)

        def work(tx: Transaction) -> Kept[C]:
            kind.cases.add(tx, kept, numbers, kind.clear(kept))
            self._waits.put(tx, kind.name, case, places)
            self._note(tx, person, kind.name, BEGUN, case)
            if also is not None:
                also(tx, kept)
            return kept

        return self._store.transact(work, queue=_chains(case))

    def take(
        self, person: Person, kind: Kind[C, S, E], kept: Kept[C], version: int, event: E, *, action: Action,
        subject: Subject = HOUSE, note: str = "", facts: AbstractSet[str] = frozenset(), content: C | None = None,
        due: date | None = None, also: Callable[[Transaction, Kept[C]], None] | None = None,
        news: Callable[[Transaction], str] | None = None, besides: Mapping[str, str] = NO_NEWS, requester: str = "",
        within: Transaction | None = None,
    ) -> Kept[C]:  # fmt: skip
        """The case after `person`, or whoever they stand in for, took the step. `version` is what they have seen.

        `content` replaces what the case is about, `due` is the day that the table's deadline does not give;
        `news` is what its notices say where that hangs on more than the event, asked in the transaction; `besides`
        which accounts are told of something else, or besides; `requester` is whose the case is from now on;
        `within` is a transaction that is open already, in which the step is one change of several.
        Raises NotFound or Forbidden as the policy says, Forbidden where the step is not theirs, Conflict where
        the table or a guard has no such step, or someone was faster; then nothing was changed.
        """
        clear: Mapping[str, Any] = {}
        if requester:
            kept = replace(kept, case=replace(kept.case, requester=requester))
            clear = {"own": kind.cases.own_number(requester)}
        hand = self.hand(person, kept.case, action, subject)
        step = kind.workflow.step(kept.case.state, event)  # type: ignore[arg-type]
        if step.deadline:
            due = self.due(step.deadline, self._clock.today())
        moved = kind.workflow.move(
            kept.case, event, hand, self._clock.now(), note=note.strip()[:LONGEST_NOTE], facts=facts, due=due
        )
        changed = Kept(moved, kept.content if content is None else content)
        places = self._places(kind, moved)
        told = self._told(moved, step.notice, person)
        told |= {one: self._notices.number(one) for one in besides.keys() - told.keys() - {person.account}}

        def work(tx: Transaction) -> Kept[C]:
            now = kind.cases.replace(tx, changed, version, {**kind.clear(changed), **clear})
            self._waits.put(tx, kind.name, moved, places)
            for account, number in told.items():
                said = besides.get(account) or (news(tx) if news else event)
                self._notices.tell(tx, account, number, kind.name, moved.id, said)
            self._note(tx, person, kind.name, event, moved)
            if also is not None:
                also(tx, now)
            return now

        return work(within) if within is not None else self._store.transact(work, queue=_chains(moved))

    def hand(self, person: Person, case: Case, action: Action, subject: Subject = HOUSE) -> Hand:
        """What the person is to the case, counting those alone of whom the policy allows the action."""
        return self._relations.hand(person, case, self.require(person, action, subject))

    def require(self, person: Person, action: Action, subject: Subject = HOUSE) -> list[Person]:
        """Those of the person and whom they stand in for, of whom the policy allows the action. Raises NotFound or
        Forbidden where there is none."""
        allowed = [one for one in self._relations.acting(person) if self._gate.decide(one, action, subject).allowed]
        if not allowed:
            self._gate.require(person, action, subject)
        return allowed

    def may(self, person: Person, action: Action) -> bool:
        """Whether the policy allows the action to the person, or to somebody whom they stand in for."""
        return any(self._gate.decide(one, action).allowed for one in self._relations.acting(person))

    def parties(self, person: Person, case: Case) -> frozenset[Party]:
        """What the person, or whoever they stand in for, is to the case, whatever the policy allows them."""
        return frozenset(self._relations.hand(person, case, self._relations.acting(person)).parties)

    def steps(
        self, person: Person, kind: Kind[C, S, E], case: Case, action_for: Callable[[S, E], Action]
    ) -> tuple[E, ...]:
        """The steps that the person could take now, in the table's order, for the buttons of a page.

        `action_for` is what the policy is asked for a step; guards are asked when it is taken.
        """
        acting = self._relations.acting(person)
        state: S = case.state  # type: ignore[assignment]  # a case's states are its table's
        found = []
        for step in kind.workflow.of(state):
            allowed = [one for one in acting if self._gate.decide(one, action_for(state, step.event)).allowed]
            if step.event in kind.workflow.open_to(case, self._relations.hand(person, case, allowed)):
                found.append(step.event)
        return tuple(found)

    def due(self, deadline: str, received: date) -> date:
        """The day by which the setting `deadline` asks for something that came on the day `received`."""
        marks = workdays.read_marks(str(self._settings.value("own_days")))
        return workdays.after(received, int(self._settings.value(deadline)), marks)

    def overdue(self, case: Case) -> bool:
        """Whether the case's day has passed."""
        return case.due is not None and case.due < self._clock.today()

    def unknown_years(self, case: Case) -> tuple[int, ...]:
        """The years up to the case's day of whose holidays nothing is known, so that the day may move."""
        return workdays.unknown(self._clock.today(), case.due, self._settings.complete()) if case.due else ()

    def redate(self, kind: Kind[C, S, E], kept: Kept[C], due: date) -> None:
        """Give a case that waits another day, by our own hand: the days of the office have changed."""

        def work(tx: Transaction) -> None:
            moved = replace(kept.case, due=due)
            now = kind.cases.replace(tx, replace(kept, case=moved), moved.version, kind.clear(kept))
            self._waits.redate(tx, kind.name, now.case)
            self._note(tx, SYSTEM, kind.name, "redated", now.case)

        self._store.transact(work, queue=_chains(kept.case))

    def waiting_for(self, party: Party, kind: Kind[C, S, E]) -> Iterator[Waiting]:
        """The cases of one kind that wait for a role's step, the oldest first; the caller has asked the policy."""
        return (one for one in self._waits.of(f"role:{party}") if one.kind == kind.name)

    def _places(self, kind: Kind[C, S, E], case: Case) -> dict[str, int]:
        parties = kind.workflow.waits_for(case.state)  # type: ignore[arg-type]
        keys = [key for party in parties if (key := key_for(party, case))]
        keys += [watched(kind.name)] if case.state in kind.watched else []
        return self._waits.numbers(keys)

    def _told(self, case: Case, notice: Sequence[Party], person: Person) -> dict[str, int]:
        """Who gets a notice; whoever did it knows. Roles and heads find the case in what waits for them."""
        accounts = {case.requester} if Party.REQUESTER in notice else set()
        return {account: self._notices.number(account) for account in accounts - {person.account}}

    def _note(self, tx: Transaction, person: Person, kind: str, event: str, case: Case) -> None:
        """An event on the chain of each file that the case is about, or of its requester."""
        for chain in _chains(case):
            ids = {"case": case.id, **({"file": chain.removeprefix("file:")} if case.files else {})}
            self._audit.append(tx, person, f"{kind}.{event}", subject=chain, ids=ids)


def _chains(case: Case) -> tuple[str, ...]:
    return tuple(file_chain(file_no) for file_no in case.files) or (account_chain(case.requester),)
