"""Accounts, departments and sessions in MongoDB. Names lie sealed; of a session only its token's digest."""

import hashlib
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.access.rules import Account
from service.errors import Conflict, FieldError, Invalid
from service.person import Role
from service.store.connection import Document, LostRace, Store, Transaction
from service.store.counters import Counters
from service.store.keys import Keyring

ACCOUNTS, DEPARTMENTS, SESSIONS, STRANGERS = "accounts", "departments", "sessions", "strangers"
WINDOW = 100
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    ACCOUNTS: (IndexModel([("n", 1)], unique=True), IndexModel([("file_no", 1)])),
    STRANGERS: (IndexModel([("at", 1)], expireAfterSeconds=24 * 3600),),
    SESSIONS: (IndexModel([("expires", 1)], expireAfterSeconds=0), IndexModel([("account", 1)])),
}


class Accounts:
    """Accounts by their log-in name."""

    def __init__(self, store: Store, keys: Keyring) -> None:
        self._accounts = store.collection(ACCOUNTS)
        self._departments = store.collection(DEPARTMENTS)
        self._settings = store.collection("settings")
        self._strangers = store.collection(STRANGERS)
        self._counters = Counters(store)
        self._keys = keys

    def get(self, account: str, tx: Transaction | None = None) -> Account | None:
        found = self._accounts.find_one({"_id": account}, session=tx.session if tx else None)
        return self._account(found) if found else None

    def many(self, accounts: Collection[str]) -> dict[str, Account]:
        """At most 200 accounts by their log-in names; those that are not known are left out."""
        found = self._accounts.find({"_id": {"$in": sorted(accounts)[:200]}})
        return {one["_id"]: self._account(one) for one in found}

    def names(self, accounts: Collection[str]) -> dict[str, str]:
        """What at most 200 people are called, by their accounts; who is not known is left out."""
        return {name: account.name for name, account in self.many(accounts).items()}

    def called(self, said: str) -> frozenset[str]:
        """The account of that log-in name, else those of everybody who is called so: for what is searched by person."""
        if self.get(said) is not None:
            return frozenset({said})
        return frozenset(one.account for one in self.each() if one.name == said) or frozenset({said})

    def keep_setup(self, tx: Transaction, token: str) -> None:
        """Keep the digest of the one-time link's token, in place of an earlier one."""
        change = {"$set": {"digest": _digest(token)}}
        self._settings.update_one({"_id": "setup"}, change, upsert=True, session=tx.session)

    def is_setup(self, token: str) -> bool:
        return self._settings.find_one({"_id": "setup", "digest": _digest(token)}) is not None

    def use_setup(self, tx: Transaction, token: str) -> bool:
        """Take the one-time link away; whether it was still there. Two who use it at once wait for each other."""
        found = self._settings.delete_one({"_id": "setup", "digest": _digest(token)}, session=tx.session)
        return found.deleted_count == 1

    def any(self, tx: Transaction | None = None) -> bool:
        """Whether an account was ever made."""
        return self._settings.find_one({"_id": "accounts"}, session=tx.session if tx else None) is not None

    def place(self) -> int:
        """A place for one more account, in the order of their making."""
        return self._counters.take("accounts")

    def window(self, below: int | None) -> tuple[list[Account], int]:
        """Up to 100 accounts made before place `below`, newest first, and the next `below`."""
        end = self._counters.last("accounts") + 1
        end = min(below, end) if below is not None else end
        start = max(1, end - WINDOW)
        found = self._accounts.find({"n": {"$gte": start, "$lt": end}}, sort=[("n", -1)])
        return [self._account(one) for one in found], start

    def holding(self, roles: Collection[Role]) -> Iterator[Account]:
        """Every account of these roles; nothing is unsealed of the others."""
        for start in range(1, self._counters.last("accounts") + 1, WINDOW):
            window = {"n": {"$gte": start, "$lt": start + WINDOW}, "role": {"$in": sorted(roles)}}
            yield from (self._account(one) for one in self._accounts.find(window, sort=[("n", 1)]))

    def each(self) -> Iterator[Account]:
        """Every account, a window at a time, for jobs that look at all of them."""
        below: int | None = None
        while below is None or below > 1:
            found, below = self.window(below)
            yield from found

    def add(self, tx: Transaction, account: Account, place: int) -> None:
        """Raises Invalid when the log-in name is taken."""
        try:
            self._accounts.insert_one({**self._document(account), "n": place}, session=tx.session)
        except DuplicateKeyError as error:
            raise Invalid(fields=[FieldError("account", "这个账号已经存在：请换一个")]) from error
        if not self.any(tx):
            try:
                self._settings.insert_one({"_id": "accounts", "made": True}, session=tx.session)
            except DuplicateKeyError as error:  # another first one at the same moment
                raise LostRace from error

    def has_other(self, tx: Transaction, file_no: str, account: str) -> bool:
        """Whether an active account besides this one has the file as its own."""
        shared = {"file_no": file_no, "active": True, "_id": {"$ne": account}}
        return self._accounts.find_one(shared, {"_id": 1}, session=tx.session) is not None

    def replace(self, tx: Transaction, account: Account, version: int) -> None:
        """Store `account` over the version that was read. Raises Conflict if someone was faster."""
        change = {"$set": {**self._document(account), "version": version + 1}}
        done = self._accounts.update_one({"_id": account.account, "version": version}, change, session=tx.session)
        if done.matched_count == 0:
            raise Conflict

    def note_try(self, tx: Transaction, account: str, failures: int, locked_until: datetime | None) -> None:
        change = {"$set": {"failures": failures, "locked_until": locked_until}}
        self._accounts.update_one({"_id": account}, change, session=tx.session)

    def tried(self, name: str, tx: Transaction | None = None) -> tuple[int, datetime | None]:
        """Failures with a name that no account has, and until when it is shut: it looks like one that there is."""
        found = self._strangers.find_one({"_id": _digest(name)}, session=tx.session if tx else None)
        return (found["failures"], found["locked_until"]) if found else (0, None)

    def note_tried(
        self, tx: Transaction, name: str, failures: int, locked_until: datetime | None, at: datetime
    ) -> None:
        change = {"$set": {"failures": failures, "locked_until": locked_until, "at": at}}
        self._strangers.update_one({"_id": _digest(name)}, change, upsert=True, session=tx.session)

    def departments(self) -> dict[str, str]:
        """Name by code; a company has some dozens."""
        return {found["_id"]: found["name"] for found in self._departments.find({}, sort=[("_id", 1)], limit=200)}

    def put_department(self, tx: Transaction, code: str, name: str) -> None:
        self._departments.update_one({"_id": code}, {"$set": {"name": name}}, upsert=True, session=tx.session)

    def _document(self, account: Account) -> Document:
        sealed = self._keys.system.seal(f"accounts/{account.account}/name", account.name)
        return {
            "_id": account.account, "name": sealed, "role": account.role, "department": account.department,
            "file_no": account.file_no, "hash": account.hash, "active": account.active,
            "failures": account.failures, "locked_until": account.locked_until, "version": account.version,
            "temporary": account.temporary,
        }  # fmt: skip

    def _account(self, found: Document) -> Account:
        name = str(self._keys.system.open(f"accounts/{found['_id']}/name", found["name"]))
        return Account(
            found["_id"], name, Role(found["role"]), found["department"], found["file_no"], found["hash"],
            found["active"], found["failures"], found["locked_until"], found["version"], found.get("pledge", 0),
            found.get("temporary", False),
        )  # fmt: skip


class Sessions:
    """Who is logged in. A token is 256 random bits and stored as its digest only."""

    REFRESH = timedelta(minutes=1)
    LONGEST = timedelta(hours=12)

    def __init__(self, store: Store) -> None:
        self._sessions = store.collection(SESSIONS)

    def begin(self, tx: Transaction, account: str, now: datetime, idle: timedelta) -> str:
        """A new session's token, told once."""
        token = secrets.token_urlsafe(32)
        self._sessions.insert_one(
            {"_id": _digest(token), "account": account, "began": now, "seen": now, "expires": now + idle},
            session=tx.session,
        )
        return token

    def find(self, token: str, now: datetime, idle: timedelta, *, used: bool = True) -> tuple[str, str] | None:
        """Whose session it is and what they look for; None when it has ended. Where it is `used` it lives on."""
        found = self._sessions.find_one({"_id": _digest(token)})
        if found is None or found["expires"] <= now or now - found["began"] > self.LONGEST:
            return None
        if used and now - found["seen"] > self.REFRESH:
            self._sessions.update_one({"_id": found["_id"]}, {"$set": {"seen": now, "expires": now + idle}})
        return str(found["account"]), str(found.get("purpose", ""))

    def keep_purpose(self, tx: Transaction, token: str, purpose: str) -> None:
        """Note for what its person looks at files in this session (V3)."""
        change = {"$set": {"purpose": purpose}}
        self._sessions.update_one({"_id": _digest(token)}, change, session=tx.session)

    def expires(self, token: str) -> datetime | None:
        found = self._sessions.find_one({"_id": _digest(token)}, {"expires": 1})
        return found["expires"] if found else None

    def end(self, tx: Transaction, token: str) -> None:
        self._sessions.delete_one({"_id": _digest(token)}, session=tx.session)

    def end_all(self, tx: Transaction, account: str) -> None:
        self._sessions.delete_many({"account": account}, session=tx.session)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
