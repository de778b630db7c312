"""Naming deputies for the time that one is away, and recording relatives. Permission, rules, one transaction."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from service.access.gate import Gate
from service.access.policy import Action
from service.access.relations import ARCHIVES, DECIDERS, DEPUTIES, Deputy, Relations, may_replace
from service.access.repository import Accounts
from service.access.rules import Account
from service.audit.trail import Audit, account_chain
from service.clock import Clock
from service.errors import FieldError, Invalid, NotFound
from service.notices.repository import Notices
from service.person import Person
from service.store.connection import Store, Transaction

NAMED, DROPPED = "named", "dropped"
"""What a deputy is told."""
WHO = ("代办人：客服员、管理员与审计员不能代办", "代办人：档案管理人员外出时，只能由档案室的同事代办")
"""Who may stand in, as it is said where somebody else was named: for others, and for the archives office."""
LONGEST = timedelta(days=92)
MOST_RELATIVES = 20
MOST_LISTED = 200


class Standing:
    """Who stands in for whom, and whose files are those of relatives."""

    def __init__(
        self, store: Store, relations: Relations, accounts: Accounts, notices: Notices, audit: Audit, gate: Gate,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._store, self._relations, self._accounts = store, relations, accounts
        self._notices, self._audit, self._gate, self._clock = notices, audit, gate, clock

    def deputy(self, person: Person, account: str) -> Deputy | None:
        """Who stands in for the account, now or later: for the person themselves, or an administrator."""
        self._known(person, account, Action.KEEP_DEPUTIES)
        return self._current(account)

    def asked_of(self, person: Person) -> list[tuple[Deputy, str]]:
        """Whom the person stands in for, now or later, and what these are called."""
        found = self._relations.asked_of(person.account)
        names = self._accounts.names({one.account for one in found})
        return [(one, names.get(one.account, one.account)) for one in found]

    def name_deputy(self, person: Person, account: str, deputy: str, first: date | None, last: date | None) -> Deputy:
        """Let `deputy` take the account's steps from the first to the last day, in place of an earlier one; both
        deputies are told."""
        away = self._known(person, account, Action.KEEP_DEPUTIES)
        if first is None or last is None:
            raise Invalid(fields=[FieldError("first", "日期：请填写开始与结束日期")])
        named = Deputy(account, deputy, first, last)
        check_deputy(away, self._accounts.get(deputy), named, self._clock.today())

        before = self._current(account)
        told = self._numbers({**({before.deputy: DROPPED} if before else {}), deputy: NAMED})

        def work(tx: Transaction) -> None:
            self._relations.name_deputy(tx, named)
            self._tell(tx, account, told)
            ids = {"deputy": deputy, "from": first.isoformat(), "until": last.isoformat()}
            self._audit.append(tx, person, "deputy.named", subject=account_chain(account), ids=ids)

        self._store.transact(work, queue=(account_chain(account),))
        return named

    def drop_deputy(self, person: Person, account: str) -> None:
        """Nobody stands in for the account any more; whoever did is told."""
        self._known(person, account, Action.KEEP_DEPUTIES)
        before = self._current(account)
        told = self._numbers({before.deputy: DROPPED} if before else {})

        def work(tx: Transaction) -> None:
            self._relations.drop_deputy(tx, account)
            self._tell(tx, account, told)
            self._audit.append(tx, person, "deputy.dropped", subject=account_chain(account))

        self._store.transact(work, queue=(account_chain(account),))

    def candidates(self, person: Person, account: str) -> list[Account] | None:
        """Who may stand in for the account, those of its department first; none where they are too many to list."""
        away = self._known(person, account, Action.KEEP_DEPUTIES)
        if away.role not in DECIDERS:  # nobody stands in for them, so they are told of nobody
            return []
        found = [
            one
            for one in self._accounts.each()
            if one.active and may_replace(away.role, one.role) and one.account != away.account
        ]
        if len(found) > MOST_LISTED:
            return None
        return sorted(found, key=lambda one: (one.department != away.department, one.department or "", one.account))

    def who(self, person: Person, account: str) -> str:
        """Who may stand in for the account, in words."""
        return WHO[self._known(person, account, Action.KEEP_DEPUTIES).role in ARCHIVES]

    def may_keep_deputies(self, person: Person) -> bool:
        """Whether the person may name deputies for others."""
        return self._gate.decide(person, Action.KEEP_DEPUTIES).allowed

    def check_relatives(self, person: Person) -> tuple[str, ...]:
        """Nobody's relatives, to those who may record them."""
        self._gate.require(person, Action.KEEP_RELATIVES)
        return ()

    def relatives(self, person: Person, account: str) -> tuple[str, ...]:
        """The numbers of the files of the account's relatives, to those who record them."""
        self._gate.require(person, Action.KEEP_RELATIVES)
        self._account(account)
        return self._relations.relatives_of(account)

    def keep_relatives(self, person: Person, account: str, files: Sequence[str]) -> tuple[str, ...]:
        """Record whose files are those of the account's relatives; they handle nothing about them."""
        self._gate.require(person, Action.KEEP_RELATIVES)
        self._account(account)
        kept = tuple(dict.fromkeys(number for one in files if (number := _number(one))))
        if len(kept) > MOST_RELATIVES or any(len(one) > 60 for one in kept):
            raise Invalid(
                fields=[FieldError("files", "亲属的档案：最多 %(most)s 个编号，每行一个", {"most": MOST_RELATIVES})]
            )

        before = self._relations.relatives_of(account)
        ids = {
            "added": " ".join(sorted({*kept} - {*before})), "dropped": " ".join(sorted({*before} - {*kept}))
        }  # fmt: skip

        def work(tx: Transaction) -> None:
            self._relations.keep_relatives(tx, account, kept)
            named = {name: numbers for name, numbers in ids.items() if numbers}
            self._audit.append(tx, person, "relatives.kept", subject=account_chain(account), ids=named)

        self._store.transact(work, queue=(account_chain(account),))
        return kept

    def _current(self, account: str) -> Deputy | None:
        found = self._relations.deputy_of(account)
        return found if found is not None and found.last >= self._clock.today() else None

    def _numbers(self, told: Mapping[str, str]) -> dict[str, tuple[str, int]]:
        """The event that each account is told of, with the number of its notice."""
        return {account: (event, self._notices.number(account)) for account, event in told.items()}

    def _tell(self, tx: Transaction, away: str, told: Mapping[str, tuple[str, int]]) -> None:
        for account, (event, number) in told.items():
            self._notices.tell(tx, account, number, DEPUTIES, away, event)

    def _known(self, person: Person, account: str, action: Action) -> Account:
        """The account, to its owner and to those who may keep everybody's."""
        if person.account != account:
            self._gate.require(person, action)
        return self._account(account)

    def _account(self, name: str) -> Account:
        found = self._accounts.get(name)
        if found is None:
            raise NotFound
        return found


def check_deputy(away: Account, deputy: Account | None, named: Deputy, today: date) -> None:
    """Raises Invalid where somebody cannot stand in for another, or not for so long. Pure."""
    faults = []
    if away.role not in DECIDERS:
        faults.append(FieldError("account", "这个账号没有需要代办的审批，不必指定代办人"))
    if deputy is None or not deputy.active or deputy.account == away.account:
        faults.append(FieldError("deputy", "代办人：请选择另一位在用的同事"))
    elif not may_replace(away.role, deputy.role):
        faults.append(FieldError("deputy", WHO[away.role in ARCHIVES]))
    if named.first < today:
        faults.append(FieldError("first", "开始日期：不能早于今天"))
    if not named.first <= named.last <= named.first + LONGEST:
        faults.append(FieldError("last", "结束日期：不早于开始日期，且最长 %(days)s 天", {"days": LONGEST.days}))
    if faults:
        raise Invalid(fields=faults)


def _number(typed: str) -> str:
    """A file's number as it is kept, however it was typed: full-width, in small letters, with blanks."""
    return "".join(unicodedata.normalize("NFKC", typed).upper().split())
