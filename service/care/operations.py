"""Keeping the room: facilities and keepers, and the duties that fall due. Permission, rules, one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from bson import ObjectId

from service.access.policy import Action
from service.access.repository import Accounts
from service.audit.trail import SYSTEM_CHAIN, Audit, account_chain
from service.care.repository import MOST, Care
from service.care.rules import (
    Duty,
    Event,
    Facility,
    Keeper,
    Matter,
    State,
    Training,
    agreement_due,
    next_due,
    read_agreement,
    read_facility,
    read_note,
    read_training,
    training_due,
)
from service.casework.operations import Casework, Kind
from service.casework.repository import Kept
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.person import SYSTEM, Person
from service.store.connection import Store, Transaction


def _action_for(state: State, _event: Event) -> Action:
    """What the policy is asked for a step: renewing is the archives head's."""
    return Action.KEEP_CARE if state is State.RENEW else Action.INSPECT


@dataclass(frozen=True, slots=True)
class Room:
    """What the page of care shows: facilities, keepers with their names, and what is past its day."""

    facilities: tuple[Facility, ...]
    keepers: tuple[Keeper, ...]
    names: Mapping[str, str]
    today: date


class CareOperations:
    """Care of the room. Every method asks the policy first, of the person and of those whom they stand in for."""

    def __init__(
        self, store: Store, care: Care, casework: Casework, kind: Kind[Duty, State, Event], accounts: Accounts,
        audit: Audit, clock: Clock, settings: PolicySettings,
    ) -> None:  # fmt: skip
        self._store, self._care, self._casework, self.kind = store, care, casework, kind
        self._accounts, self._audit, self._clock, self._settings = accounts, audit, clock, settings

    def may_keep(self, person: Person) -> bool:
        return self._casework.may(person, Action.KEEP_CARE)

    def room(self, person: Person) -> Room:
        """Facilities and keepers, with what is due."""
        self._casework.require(person, Action.READ_CARE)
        keepers = self._care.keepers()
        names = {one.account: kept.name for one in keepers if (kept := self._accounts.get(one.account))}
        return Room(tuple(self._care.facilities()), tuple(keepers), names, self._clock.today())

    def keeper(self, person: Person, account: str) -> tuple[Keeper, str]:
        """A designated archivist and their name. Raises NotFound."""
        self._casework.require(person, Action.READ_CARE)
        found, kept = self._care.keeper(account), self._accounts.get(account)
        return found, kept.name if kept else account

    def add_facility(self, person: Person, given: Mapping[str, Any]) -> Facility:
        """A new facility with its plan (K4). Raises Invalid."""
        self._casework.require(person, Action.KEEP_CARE)
        if len(self._care.facilities()) >= MOST:
            raise Invalid(fields=[FieldError("name", "设施最多 %(most)s 处", {"most": MOST})])
        made = replace(read_facility(given, self._clock.today()), id=str(ObjectId()))
        self._keep(person, "facility.made", {"facility": made.id}, lambda tx: self._care.add_facility(tx, made))
        return made

    def add_keeper(self, person: Person, account: str) -> Keeper:
        """Designate an archivist from today on (K1). Raises Invalid where there is no such account."""
        self._casework.require(person, Action.KEEP_CARE)
        if self._accounts.get(account) is None:
            raise Invalid(fields=[FieldError("account", "账号：没有这个账号，请核对")])
        made = Keeper(account, self._clock.today())
        self._keep(person, "keeper.made", {"account": account}, lambda tx: self._care.add_keeper(tx, made))
        return made

    def end_keeper(self, person: Person, account: str) -> Keeper:
        """The archivist is no longer designated, from today on, and owes nothing more. Raises Conflict if it was."""
        self._casework.require(person, Action.KEEP_CARE)

        def work(tx: Transaction) -> Keeper:
            keeper = self._care.keeper(account, tx)
            if keeper.until is not None:
                raise Conflict("指定已经结束，请刷新后查看")
            ended = replace(keeper, until=self._clock.today(), agreement_duty="", training_duty="")
            self._care.replace_keeper(tx, ended)
            for duty in filter(None, (keeper.agreement_duty, keeper.training_duty)):
                kept = self.kind.cases.get(duty, tx)
                self._casework.take(
                    person, self.kind, kept, kept.case.version, Event.END, action=Action.KEEP_CARE, due=kept.case.due,
                    within=tx,
                )  # fmt: skip
            self._audit.append(tx, person, "keeper.ended", subject=SYSTEM_CHAIN, ids={"account": account})
            return ended

        return self._store.transact(work, queue=(SYSTEM_CHAIN, account_chain(SYSTEM.account)))

    def note_agreement(self, person: Person, account: str, given: Mapping[str, Any]) -> Keeper:
        """A confidentiality agreement was signed (K3); the duty about it is done. Raises Invalid."""
        self._casework.require(person, Action.KEEP_CARE)
        keeper = self._care.keeper(account)
        agreed, expires = read_agreement(given, self._clock.today())
        changed = replace(keeper, agreed=agreed, expires=expires, agreement_duty="")
        return self._renewed(person, keeper.agreement_duty, changed, "keeper.agreed")

    def note_training(self, person: Person, account: str, given: Mapping[str, Any]) -> Training:
        """A training in confidentiality (K1); the duty about it is done. Raises Invalid."""
        self._casework.require(person, Action.KEEP_CARE)
        keeper, number = self._care.keeper(account), self._care.number()
        training = read_training(given, account, self._clock.today(), person.account)
        latest = max(training.day, keeper.trained or training.day)
        changed = replace(keeper, trained=latest, training_duty="")
        self._renewed(
            person, keeper.training_duty, changed, "keeper.trained",
            lambda tx: self._care.add_training(tx, training, number),
        )  # fmt: skip
        return training

    def inspections(self, person: Person, below: int | None = None) -> tuple[list[Kept[Duty]], int | None]:
        """Every duty with its history, newest first: findings and repairs (K4)."""
        self._casework.require(person, Action.READ_CARE)
        found, start = self.kind.cases.window(below)
        return found, start if start > 1 else None

    def duty(self, person: Person, case_id: str) -> tuple[Kept[Duty], tuple[Event, ...]]:
        """One duty, and the steps that are the person's to take."""
        self._casework.require(person, Action.READ_CARE)
        kept = self.kind.cases.get(case_id)
        return kept, self._casework.steps(person, self.kind, kept.case, _action_for)

    def take(
        self, person: Person, case_id: str, event: Event, version: int | None, given: Mapping[str, Any]
    ) -> Kept[Duty]:  # fmt: skip
        """Register an inspection or a repair. Raises NotFound, Forbidden, Invalid or Conflict."""
        self._casework.require(person, Action.INSPECT)
        kept = self.kind.cases.get(case_id)
        if kept.content is None or kept.content.matter is not Matter.INSPECTION:
            raise Conflict("请在管理人员页登记协议或培训")
        note = str(given.get("note") or "")
        if event is Event.FAULT:
            note = read_note(given, "发现的问题：请写明，最多 1000 个字")
        elif event is Event.REPAIR:
            note = read_note(given, "维修情况：请写明修了什么、由谁修，最多 1000 个字")
        facility = self._care.facility(kept.content.subject)
        done = replace(facility, due=next_due(facility, self._clock.today()), duty="")
        also = None if event is Event.FAULT else self._replacing(done)
        return self._casework.take(
            person, self.kind, kept, kept.case.version if version is None else version, event, action=Action.INSPECT,
            note=note, due=kept.case.due, also=also,
        )  # fmt: skip

    def remind(self) -> int:
        """Begin the duties that fall due soon; how many. For the timer, any number of times a day."""
        soon = self._clock.today() + timedelta(days=int(self._settings.value("care_notice_days")))
        months = int(self._settings.value("training_months"))
        begun = 0
        for facility in self._care.facilities():
            if not facility.duty and facility.due <= soon:
                duty = Duty(Matter.INSPECTION, facility.id, facility.name, facility.where)
                begun += self._begin(State.DUE, duty, facility.due)
        for keeper in self._care.keepers():
            if keeper.until is not None:
                continue
            if not keeper.agreement_duty and (due := agreement_due(keeper)) <= soon:
                begun += self._begin(State.RENEW, Duty(Matter.AGREEMENT, keeper.account, keeper.account), due)
            if not keeper.training_duty and (due := training_due(keeper, months)) <= soon:
                begun += self._begin(State.RENEW, Duty(Matter.TRAINING, keeper.account, keeper.account), due)
        return begun

    def _begin(self, state: State, duty: Duty, due: date) -> bool:
        """A new duty, noted at what it is about in one transaction: of two timers one begins it."""

        def also(tx: Transaction, kept: Kept[Duty]) -> None:
            if duty.matter is Matter.INSPECTION:
                facility = self._care.facility(duty.subject, tx)
                if facility.duty:
                    raise Conflict
                self._care.replace_facility(tx, replace(facility, duty=kept.case.id))
                return
            keeper = self._care.keeper(duty.subject, tx)
            if keeper.until is not None:  # ended meanwhile
                raise Conflict
            if duty.matter is Matter.AGREEMENT:
                noted = replace(keeper, agreement_duty=kept.case.id)
            else:
                noted = replace(keeper, training_duty=kept.case.id)
            if keeper.agreement_duty and keeper.agreement_duty != noted.agreement_duty:
                raise Conflict
            if keeper.training_duty and keeper.training_duty != noted.training_duty:
                raise Conflict
            self._care.replace_keeper(tx, noted)

        try:
            self._casework.begin(SYSTEM, self.kind, state, duty, action=Action.INSPECT, due=due, also=also)
        except (Conflict, NotFound):
            return False
        return True

    def _replacing(self, facility: Facility) -> Callable[[Transaction, Kept[Duty]], None]:
        return lambda tx, _kept: self._care.replace_facility(tx, facility)

    def _renewed(
        self, person: Person, duty: str, keeper: Keeper, action: str, more: Callable[[Transaction], None] | None = None
    ) -> Keeper:
        """Store what was renewed, and end the duty about it, in one transaction."""

        def work(tx: Transaction) -> None:
            self._care.replace_keeper(tx, keeper)
            if more is not None:
                more(tx)

        if not duty:
            self._keep(person, action, {"account": keeper.account}, work)
            return keeper
        kept = self.kind.cases.get(duty)
        self._casework.take(
            person, self.kind, kept, kept.case.version, Event.RENEW, action=Action.KEEP_CARE, due=kept.case.due,
            also=lambda tx, _kept: work(tx),
        )  # fmt: skip
        return keeper

    def _keep(self, person: Person, action: str, ids: Mapping[str, str], change: Callable[[Transaction], None]) -> None:
        def work(tx: Transaction) -> None:
            change(tx)
            self._audit.append(tx, person, action, subject=SYSTEM_CHAIN, ids=ids)

        self._store.transact(work, queue=(SYSTEM_CHAIN,))
