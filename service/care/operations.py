"""Keeping the room: facilities and keepers, and the duties that fall due. Permission, rules, one transaction."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar

from service.access.policy import Action
from service.access.relations import ARCHIVES
from service.access.repository import Accounts
from service.audit.trail import SYSTEM_CHAIN, Audit, account_chain
from service.care.repository import MOST, Care
from service.care.rules import (
    Agreement,
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

T = TypeVar("T")
FOUND = "发现的问题：请写明，最多 1000 个字"


def _action_for(state: State, event: Event) -> Action:
    """What the policy is asked for a step: renewing and ending are the archives head's."""
    return Action.KEEP_CARE if state is State.RENEW or event is Event.END else Action.INSPECT


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

    def facility(self, person: Person, id_: str) -> Facility:
        """One facility. Raises NotFound."""
        self._casework.require(person, Action.READ_CARE)
        return self._care.facility(id_)

    def may_inspect(self, person: Person) -> bool:
        return self._casework.may(person, Action.INSPECT)

    def add_facility(self, person: Person, given: Mapping[str, Any]) -> Facility:
        """A new facility with its plan (K4). Raises Invalid."""
        self._casework.require(person, Action.KEEP_CARE)
        if len(self._care.facilities()) >= MOST:
            raise Invalid(fields=[FieldError("name", "设施最多 %(most)s 处", {"most": MOST})])
        made = replace(read_facility(given, self._clock.today()), id=self.kind.cases.new_id())
        self._keep(person, "facility.made", {"facility": made.id}, lambda tx: self._care.add_facility(tx, made))
        return made

    def edit_facility(self, person: Person, id_: str, version: int, given: Mapping[str, Any]) -> Facility:
        """Another name, place or plan; an inspection that is begun keeps its day. Raises Invalid or Conflict."""
        self._casework.require(person, Action.KEEP_CARE)
        known = self._in_use(self._care.facility(id_))
        read = read_facility({"due": known.due.isoformat(), **given}, self._clock.today())
        changed = replace(read, id=id_, duty=known.duty, version=version)
        ids = {"facility": id_}
        self._keep(person, "facility.changed", ids, lambda tx: self._care.replace_facility(tx, changed))
        return replace(changed, version=version + 1)

    def retire_facility(self, person: Person, id_: str) -> Facility:
        """The facility is there no more, from today on: nothing about it falls due, and what did has ended."""
        self._casework.require(person, Action.KEEP_CARE)

        def work(tx: Transaction) -> Facility:
            known = self._in_use(self._care.facility(id_, tx))
            retired = replace(known, retired=self._clock.today(), duty="")
            self._care.replace_facility(tx, retired)
            self._end(tx, person, known.duty)
            self._audit.append(tx, person, "facility.retired", subject=SYSTEM_CHAIN, ids={"facility": id_})
            return retired

        return self._transact(work)

    def report(self, person: Person, id_: str, given: Mapping[str, Any]) -> Kept[Duty]:
        """A fault that was found between two inspections (K4): its duty begins now. Raises Invalid or Conflict."""
        self._casework.require(person, Action.INSPECT)
        facility, note = self._in_use(self._care.facility(id_)), read_note(given, FOUND)
        if facility.duty:
            return self.take(person, facility.duty, Event.FAULT, None, given)
        due = self._clock.today() + timedelta(days=int(self._settings.value("care_notice_days")))
        duty = Duty(Matter.INSPECTION, facility.id, facility.name, facility.where)

        def also(tx: Transaction, kept: Kept[Duty]) -> None:
            self._noted(tx, kept)
            found.append(
                self._casework.take(
                    person, self.kind, kept, kept.case.version, Event.FAULT, action=Action.INSPECT, note=note, due=due,
                    within=tx,
                )
            )  # fmt: skip

        found: list[Kept[Duty]] = []
        self._casework.begin(SYSTEM, self.kind, State.DUE, duty, action=Action.INSPECT, due=due, also=also)
        return found[-1]

    def add_keeper(self, person: Person, account: str) -> Keeper:
        """Designate an archivist from today on (K1), for the first time or again. Raises Invalid."""
        self._casework.require(person, Action.KEEP_CARE)
        known = self._accounts.get(account)
        if known is None or not known.active or known.role not in ARCHIVES:
            fault = "账号：请填写在用的档案管理员或档案管理部门负责人的账号"
            raise Invalid(fields=[FieldError("account", fault)])
        made = Keeper(account, self._clock.today())

        def work(tx: Transaction) -> Keeper:
            try:
                before = self._care.keeper(account, tx)
            except NotFound:
                self._care.add_keeper(tx, made)
                return made
            if before.until is None:
                raise Invalid(fields=[FieldError("account", "账号：已经是指定的档案管理员")])
            again = replace(before, since=made.since, until=None)
            self._care.replace_keeper(tx, again)
            return again

        return self._keep(person, "keeper.made", {"account": account}, work)

    def end_keeper(self, person: Person, account: str) -> Keeper:
        """The archivist is no longer designated, from today on, and owes nothing more. Raises Conflict if it was."""
        self._casework.require(person, Action.KEEP_CARE)
        return self._ended(person, account)

    def _ended(self, person: Person, account: str) -> Keeper:
        def work(tx: Transaction) -> Keeper:
            keeper = self._care.keeper(account, tx)
            if keeper.until is not None:
                raise Conflict("指定已经结束，请刷新后查看")
            ended = replace(keeper, until=self._clock.today(), agreement_duty="", training_duty="")
            self._care.replace_keeper(tx, ended)
            self._end(tx, person, keeper.agreement_duty, keeper.training_duty)
            self._audit.append(tx, person, "keeper.ended", subject=SYSTEM_CHAIN, ids={"account": account})
            return ended

        return self._transact(work)

    def agreements(self, person: Person, account: str) -> list[Agreement]:
        """The agreements that an archivist signed, newest first (K3). Raises NotFound."""
        self._casework.require(person, Action.READ_CARE)
        return self._care.agreements(self._care.keeper(account))

    def note_agreement(self, person: Person, account: str, given: Mapping[str, Any]) -> Keeper:
        """A confidentiality agreement was signed (K3); the duty about it is done. Raises Invalid."""
        self._casework.require(person, Action.KEEP_CARE)
        keeper = self._care.keeper(account)
        agreed, expires = read_agreement(given, self._clock.today())
        known = self._care.agreements(keeper)
        before = known if len(known) == 1 and not known[0].by else []  # of when the last one alone was kept
        added = [*before, Agreement(account, agreed, expires, person.account)]
        number = self._care.agreement_number(account, len(added))
        changed = replace(keeper, agreed=agreed, expires=expires, agreement_duty="")
        self._renewed(
            person, keeper.agreement_duty, changed, "keeper.agreed",
            {"account": account, "agreed": agreed.isoformat(), "expires": expires.isoformat()},
            lambda tx: self._care.add_agreements(tx, added, number),
        )  # fmt: skip
        return changed

    def note_training(self, person: Person, account: str, given: Mapping[str, Any]) -> Training:
        """A training in confidentiality (K1); the duty about it is done. Raises Invalid."""
        self._casework.require(person, Action.KEEP_CARE)
        keeper, number = self._care.keeper(account), self._care.number()
        training = read_training(given, account, self._clock.today(), person.account)
        latest = max(training.day, keeper.trained or training.day)
        changed = replace(keeper, trained=latest, training_duty="")
        self._renewed(
            person, keeper.training_duty, changed, "keeper.trained",
            {"account": account, "day": training.day.isoformat()},
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
        if event not in (Event.PASS, Event.FAULT, Event.REPAIR):
            raise Conflict("当前状态不能办理这一步，请刷新后查看")
        note = str(given.get("note") or "")
        if event is Event.FAULT:
            note = read_note(given, FOUND)
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
            if not facility.duty and facility.retired is None and facility.due <= soon:
                duty = Duty(Matter.INSPECTION, facility.id, facility.name, facility.where)
                begun += self._begin(State.DUE, duty, facility.due)
        for keeper in self._care.keepers():
            if keeper.until is not None or self._gone(keeper):
                continue
            if not keeper.agreement_duty and (due := agreement_due(keeper)) <= soon:
                begun += self._begin(State.RENEW, Duty(Matter.AGREEMENT, keeper.account, keeper.account), due)
            if not keeper.training_duty and (due := training_due(keeper, months)) <= soon:
                begun += self._begin(State.RENEW, Duty(Matter.TRAINING, keeper.account, keeper.account), due)
        return begun

    def _gone(self, keeper: Keeper) -> bool:
        """Whether the archivist's account is shut or is an archivist's no more: then the designation ends."""
        account = self._accounts.get(keeper.account)
        if account is not None and account.active and account.role in ARCHIVES:
            return False
        with suppress(Conflict):  # another timer was faster
            self._ended(SYSTEM, keeper.account)
        return True

    def _begin(self, state: State, duty: Duty, due: date) -> bool:
        """A new duty, noted at what it is about in one transaction: of two timers one begins it."""
        try:
            self._casework.begin(SYSTEM, self.kind, state, duty, action=Action.INSPECT, due=due, also=self._noted)
        except (Conflict, NotFound):
            return False
        return True

    def _noted(self, tx: Transaction, kept: Kept[Duty]) -> None:
        """Note a new duty at what it is about. Raises Conflict where there is one, or it is over meanwhile."""
        duty = kept.content
        if duty is None:
            raise Conflict
        if duty.matter is Matter.INSPECTION:
            facility = self._in_use(self._care.facility(duty.subject, tx))
            if facility.duty:
                raise Conflict
            self._care.replace_facility(tx, replace(facility, duty=kept.case.id))
            return
        keeper = self._care.keeper(duty.subject, tx)
        owed = keeper.agreement_duty if duty.matter is Matter.AGREEMENT else keeper.training_duty
        if keeper.until is not None or owed:
            raise Conflict
        if duty.matter is Matter.AGREEMENT:
            self._care.replace_keeper(tx, replace(keeper, agreement_duty=kept.case.id))
        else:
            self._care.replace_keeper(tx, replace(keeper, training_duty=kept.case.id))

    def _in_use(self, facility: Facility) -> Facility:
        if facility.retired is not None:
            raise Conflict("这处设施已停用，请刷新后查看")
        return facility

    def _end(self, tx: Transaction, person: Person, *duties: str) -> None:
        """End these duties, in the transaction of what ends them; nobody owes them any more."""
        action = Action.INSPECT if person is SYSTEM else Action.KEEP_CARE
        for duty in filter(None, duties):
            kept = self.kind.cases.get(duty, tx)
            self._casework.take(
                person, self.kind, kept, kept.case.version, Event.END, action=action, due=kept.case.due, within=tx
            )

    def _replacing(self, facility: Facility) -> Callable[[Transaction, Kept[Duty]], None]:
        return lambda tx, _kept: self._care.replace_facility(tx, facility)

    def _renewed(
        self, person: Person, duty: str, keeper: Keeper, action: str, ids: Mapping[str, str],
        more: Callable[[Transaction], None],
    ) -> None:  # fmt: skip
        """Store what was renewed, and end the duty about it, in one transaction."""

        def work(tx: Transaction) -> None:
            self._care.replace_keeper(tx, keeper)
            more(tx)
            if duty:
                kept = self.kind.cases.get(duty, tx)
                self._casework.take(
                    person, self.kind, kept, kept.case.version, Event.RENEW, action=Action.KEEP_CARE, due=kept.case.due,
                    within=tx,
                )  # fmt: skip

        self._keep(person, action, ids, work)

    def _keep(self, person: Person, action: str, ids: Mapping[str, str], change: Callable[[Transaction], T]) -> T:
        def work(tx: Transaction) -> T:
            done = change(tx)
            self._audit.append(tx, person, action, subject=SYSTEM_CHAIN, ids=ids)
            return done

        return self._transact(work)

    def _transact(self, work: Callable[[Transaction], T]) -> T:
        return self._store.transact(work, queue=(SYSTEM_CHAIN, account_chain(SYSTEM.account)))
