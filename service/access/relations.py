"""What a person is to a case: its requester, the requester's head, an archivist; by themselves or as a deputy.

Deputies act while the one who named them is away (policy: nobody's absence stops a request); relatives are recorded
so that nobody handles a request about their own or a relative's file.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pymongo import IndexModel

from service.access.repository import Accounts
from service.clock import Clock
from service.person import Person, Role
from service.store.connection import Document, Store, Transaction
from service.workflow import Case, Hand, Party

DEPUTIES, RELATIVES = "deputies", "relatives"
MOST = 100
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    DEPUTIES: (IndexModel([("deputy", 1), ("until", 1)]),),
    RELATIVES: (),
}
DECIDERS = frozenset({Role.HEAD, Role.HR, Role.ARCHIVIST, Role.ARCHIVES_HEAD, Role.LEADERSHIP})
"""Whose steps others wait for; nobody else needs a deputy."""
TRUSTED = DECIDERS | {Role.CLERK}
"""Who may stand in for them: an agent sees their own file alone, administrators and auditors none."""
ARCHIVES = frozenset({Role.ARCHIVIST, Role.ARCHIVES_HEAD})
"""Who may stand in for each other, and nobody else for them: others could not read what they check (K1)."""
_PARTIES: dict[Role, tuple[Party, ...]] = {
    Role.HR: (Party.HR,),
    Role.ARCHIVIST: (Party.ARCHIVIST,),
    Role.ARCHIVES_HEAD: (Party.ARCHIVIST, Party.ARCHIVES_HEAD),
    Role.LEADERSHIP: (Party.LEADERSHIP,),
    Role.SYSTEM: (Party.SYSTEM,),
}


@dataclass(frozen=True, slots=True)
class Deputy:
    """Who stands in for whom, from the first to the last day."""

    account: str
    deputy: str
    first: date
    last: date


class Relations:
    """Deputies and relatives in MongoDB, and what follows from them."""

    def __init__(self, store: Store, accounts: Accounts, clock: Clock) -> None:
        self._deputies, self._relatives = store.collection(DEPUTIES), store.collection(RELATIVES)
        self._accounts, self._clock = accounts, clock

    def acting(self, person: Person) -> list[Person]:
        """The person, and everybody in whose place they act today."""
        today = self._clock.today()
        away = [one.account for one in self.asked_of(person.account) if one.first <= today]
        accounts = [account for name in away if (account := self._accounts.get(name)) and account.active]
        able = [account for account in accounts if may_replace(account.role, person.role)]
        return [person, *(account.person(person.origin) for account in able)]

    def asked_of(self, account: str) -> list[Deputy]:
        """Whom the account stands in for, now or later."""
        today = self._clock.today().isoformat()
        found = self._deputies.find({"deputy": account, "until": {"$gte": today}}, limit=MOST)
        return [_deputy(one) for one in found]

    def hand(self, person: Person, case: Case, acting: Sequence[Person]) -> Hand:
        """What `acting`, the person and those they stand in for, are to `case`."""
        parties: dict[Party, str] = {}
        for one in acting:
            for party in parties_of(one, case):
                if one is person or party is not Party.REQUESTER:  # nobody asks in another's name
                    parties.setdefault(party, one.account)
        concerned = {file_no for one in acting for file_no in self.files_of(one)}
        return Hand(person.account, parties, not concerned.isdisjoint(case.files))

    def files_of(self, person: Person) -> frozenset[str]:
        """The numbers of the person's own file and of their relatives' files."""
        return frozenset([*self.relatives_of(person.account), *([person.file_no] if person.file_no else [])])

    def relatives_of(self, account: str) -> tuple[str, ...]:
        """The numbers of the files that were recorded as those of the account's relatives."""
        found = self._relatives.find_one({"_id": account})
        return tuple(found["files"]) if found else ()

    def keep_relatives(self, tx: Transaction, account: str, files: Sequence[str]) -> None:
        """Record whose files are those of the account's relatives."""
        change = {"$set": {"files": sorted(set(files))[:MOST]}}
        self._relatives.update_one({"_id": account}, change, upsert=True, session=tx.session)

    def deputy_of(self, account: str) -> Deputy | None:
        """Who stands in for the account, now or later."""
        found = self._deputies.find_one({"_id": account})
        return _deputy(found) if found else None

    def deputies_of(self, accounts: Collection[str]) -> dict[str, str]:
        """Who was named to stand in today, by the account that is away."""
        today, names, named = self._clock.today(), sorted(accounts), {}
        for start in range(0, len(names), MOST):
            for found in self._deputies.find({"_id": {"$in": names[start : start + MOST]}}):
                if (one := _deputy(found)).first <= today <= one.last:
                    named[one.account] = one.deputy
        return named

    def name_deputy(self, tx: Transaction, one: Deputy) -> None:
        """Let `one.deputy` act for `one.account`; an account has one deputy at a time."""
        change: dict[str, Any] = {
            "deputy": one.deputy, "from": one.first.isoformat(), "until": one.last.isoformat(),
        }  # fmt: skip
        self._deputies.update_one({"_id": one.account}, {"$set": change}, upsert=True, session=tx.session)

    def drop_deputy(self, tx: Transaction, account: str) -> None:
        self._deputies.delete_one({"_id": account}, session=tx.session)


def may_replace(away: Role, deputy: Role) -> bool:
    """Whether one of a role may stand in for one of another, whatever they were when it was arranged. Pure."""
    return deputy in (ARCHIVES if away in ARCHIVES else TRUSTED)


def parties_of(person: Person, case: Case) -> tuple[Party, ...]:
    """What one person is to a case by role, department and account. Pure."""
    parties = _PARTIES.get(person.role, ())
    if person.account == case.requester:
        parties = (Party.REQUESTER, *parties)
    if person.role is Role.HEAD and person.department and person.department == case.department:
        parties = (*parties, Party.HEAD)
    return parties


def _deputy(found: Document) -> Deputy:
    first, last = date.fromisoformat(found["from"]), date.fromisoformat(found["until"])
    return Deputy(found["_id"], found["deputy"], first, last)
