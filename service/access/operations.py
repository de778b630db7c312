"""Logging in and out, and keeping accounts. Permission first, then rules, then one transaction with its event."""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from service.access.binding import Binding, chains
from service.access.gate import Gate
from service.access.passes import Passes
from service.access.policy import Action, purposes
from service.access.repository import Accounts, Sessions
from service.access.rules import Account, check_password, wait_after
from service.audit.trail import SYSTEM_CHAIN, Audit, account_chain
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.errors import FieldError, Forbidden, Invalid, NotFound, TooManyRequests, Unauthenticated
from service.person import SYSTEM, Person, Role
from service.store.connection import Store, Transaction

_WRONG = "账号或密码不正确"
_USED = "这个链接无效或已经用过：请查看最近一次启动时显示的链接"


class AccountOperations:
    """What people do with accounts and sessions."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        sessions: Sessions,
        audit: Audit,
        gate: Gate,
        clock: Clock,
        settings: PolicySettings,
        passes: Passes,
    ) -> None:
        self._store, self._accounts, self._sessions = store, accounts, sessions
        self._audit, self._gate, self._clock, self._settings = audit, gate, clock, settings
        self._passes, self._binding = passes, Binding(accounts, audit)
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's argon2id floor
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))

    def log_in(self, name: str, password: str, origin: str) -> tuple[str, Person]:
        """A new session's token and the person. Raises Unauthenticated, or TooManyRequests while shut.

        An unknown account costs as much time as a known one, is shut as one, and is answered alike.
        """
        account = self._accounts.get(name)
        now = self._clock.now()
        shut = account.locked_until if account else self._accounts.tried(name)[1]
        if shut and shut > now:
            wait = int((shut - now).total_seconds()) + 1
            raise TooManyRequests("尝试次数过多，请在 %(seconds)s 秒后再试", retry_after=wait, seconds=wait)
        right = self._verify(account.hash if account else self._decoy, password)
        if account is None or not account.active or not right:
            self._failed(account, origin) if account else self._failed_by_nobody(name)
            raise Unauthenticated(_WRONG)
        person = account.person(origin)

        def work(tx: Transaction) -> str:
            self._accounts.note_try(tx, account.account, 0, None)
            self._audit.append(tx, person, "session.began", subject=account_chain(account.account))
            return self._sessions.begin(tx, account.account, now, self._idle())

        return self._store.transact(work, queue=(account_chain(account.account),)), person

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[:200])
        except VerificationError:
            return False

    def _failed(self, account: Account, origin: str) -> None:
        def work(tx: Transaction) -> None:
            # Read again inside the transaction: others may be guessing at the same moment.
            now = self._accounts.get(account.account, tx) or account
            failures = now.failures + 1
            wait = wait_after(failures)
            self._accounts.note_try(tx, account.account, failures, self._clock.now() + wait if wait else None)
            self._audit.append(tx, account.person(origin), "session.refused", subject=account_chain(account.account))

        self._store.transact(work, queue=(account_chain(account.account),))

    def _failed_by_nobody(self, name: str) -> None:
        def work(tx: Transaction) -> None:
            failures, now = self._accounts.tried(name, tx)[0] + 1, self._clock.now()
            wait = wait_after(failures)
            self._accounts.note_tried(tx, name, failures, now + wait if wait else None, now)

        self._store.transact(work, queue=(account_chain(name),))

    def person(self, token: str, origin: str, *, used: bool = True) -> Person | None:
        """Who holds the session, with the passes that open now and from `origin`; None when it has ended.

        What a page asks by itself, again and again, is no use of it.
        """
        found = self._sessions.find(token, self._clock.now(), self._idle(), used=used)
        account = self._accounts.get(found[0]) if found else None
        if found is None or account is None or not account.active:
            return None
        return self._passes.equipped(account.person(origin), found[1], account.pledge)

    def say_purpose(self, person: Person, token: str, purpose: str) -> None:
        """Say for what one looks at files in this session (V3). Raises Invalid."""
        if purpose not in purposes(person):
            raise Invalid(fields=[FieldError("purpose", "查阅用途：请从列出的用途中选择")])

        def work(tx: Transaction) -> None:
            self._sessions.keep_purpose(tx, token, purpose)
            ids = {"purpose": purpose}
            self._audit.append(tx, person, "session.purpose", subject=account_chain(person.account), ids=ids)

        self._store.transact(work, queue=(account_chain(person.account),))

    def begin_viewing(self, person: Person, token: str, pass_id: str) -> Person:
        """The person as one who looks for what this pass of theirs is for: passes for anything else open no more in
        this session (V5). The person as they are where it does not open."""
        now, account = self._clock.now(), self._accounts.get(person.account)
        held = [one for one in self._passes.of(person.account) if one.id == pass_id and one.opens(now, person.origin)]
        if not held or account is None or held[0].purpose == person.purpose:
            return person
        self.say_purpose(person, token, held[0].purpose)
        return self._passes.equipped(person, held[0].purpose, account.pledge)

    def expires(self, token: str) -> datetime | None:
        """When the session ends if it is not used."""
        return self._sessions.expires(token)

    def log_out(self, person: Person, token: str) -> None:
        def work(tx: Transaction) -> None:
            self._sessions.end(tx, token)
            self._audit.append(tx, person, "session.ended", subject=account_chain(person.account))

        self._store.transact(work, queue=(account_chain(person.account),))

    def change_password(self, person: Person, old: str, new: str) -> None:
        """Change one's own password; every session of the account ends. Raises Invalid."""
        account = self._accounts.get(person.account)
        if account is None:
            raise NotFound
        if not self._verify(account.hash, old):
            raise Invalid(fields=[FieldError("old", "原密码不正确")])
        self._set_password(person, account, new, "password.changed")

    def reset_password(self, person: Person, name: str) -> str:
        """A temporary password, told once, and changed before anything else is done. Administrators only."""
        account = self.get(person, name)
        fresh = secrets.token_urlsafe(12)
        self._set_password(person, account, fresh, "password.reset", temporary=True)
        return fresh

    def _set_password(
        self, person: Person, account: Account, password: str, action: str, *, temporary: bool = False
    ) -> None:  # fmt: skip
        check_password(account.account, password)
        hashed = self._hasher.hash(password)
        changed = replace(account, hash=hashed, failures=0, locked_until=None, temporary=temporary)

        def work(tx: Transaction) -> None:
            self._accounts.replace(tx, changed, account.version)
            self._sessions.end_all(tx, account.account)
            self._audit.append(tx, person, action, subject=account_chain(account.account))

        self._store.transact(work, queue=(account_chain(account.account),))

    def create(
        self, person: Person, name: str, shown: str, role: Role, password: str,
        department: str | None = None, file_no: str | None = None,
    ) -> None:  # fmt: skip
        """A new account, whose password is changed at the first log-in where an administrator gave it. Raises Invalid.

        Administrators, and the system for the demo's cast.
        """
        self._create(person, name, shown, role, password, department, file_no)

    def _create(
        self, person: Person, name: str, shown: str, role: Role, password: str,
        department: str | None = None, file_no: str | None = None, token: str = "",
    ) -> None:  # fmt: skip
        """The same; with the token of the one-time link it is used up in the same transaction, or nothing is made."""
        if person is not SYSTEM:
            self._gate.require(person, Action.KEEP_ACCOUNTS)
            check_password(name, password)
        if not name.isascii() or not name.replace("-", "").replace(".", "").isalnum() or len(name) > 40:
            raise Invalid(fields=[FieldError("account", "账号只能用字母、数字、点和短横线，最多 40 个字符")])
        self._check_place(role, department, known=person is SYSTEM)
        hashed, given = self._hasher.hash(password), person is not SYSTEM
        account = Account(name, shown, role, department, file_no, hashed, temporary=given)

        place = self._accounts.place()

        def work(tx: Transaction) -> None:
            if token and not self._accounts.use_setup(tx, token):
                raise NotFound(_USED)
            self._accounts.add(tx, account, place)
            self._binding.keep(tx, person, account, None)
            ids = {"role": role.value, **_own(file_no)}
            self._audit.append(tx, person, "account.made", subject=account_chain(name), ids=ids)

        self._store.transact(work, queue=(account_chain(name), *chains(file_no)))

    def _check_place(self, role: Role, department: str | None, *, known: bool = False) -> None:
        if role in (Role.CLERK, Role.HEAD) and not department:
            raise Invalid(fields=[FieldError("department", "这个角色必须属于一个部门：请选择部门")])
        if department and not known and department not in self.departments():
            raise Invalid(fields=[FieldError("department", "部门：请从列出的部门中选择")])

    def get(self, person: Person, name: str) -> Account:
        """An account, to those who keep accounts. Raises NotFound."""
        self._gate.require(person, Action.KEEP_ACCOUNTS)
        account = self._accounts.get(name)
        if account is None:
            raise NotFound
        return account

    def change(
        self, person: Person, name: str, version: int, shown: str, role: Role,
        department: str | None = None, file_no: str | None = None,
    ) -> None:  # fmt: skip
        """Another name, role, department or own file: it holds at once in every session. Raises Invalid or Conflict."""
        account = self.get(person, name)
        self._check_place(role, department)
        if not shown:
            raise Invalid(fields=[FieldError("name", "姓名：必须填写")])
        if name == person.account and role is not account.role:
            raise Invalid(fields=[FieldError("role", "不能修改自己的角色：请由另一位管理员办理")])
        changed = replace(account, name=shown, role=role, department=department, file_no=file_no)

        def work(tx: Transaction) -> None:
            self._accounts.replace(tx, changed, version)
            self._binding.keep(tx, person, changed, account.file_no)
            ids = {"role": role.value, "department": department or "", **_own(file_no)}
            self._audit.append(tx, person, "account.changed", subject=account_chain(name), ids=ids)

        self._store.transact(work, queue=(account_chain(name), *chains(account.file_no, file_no)))

    def offer_setup(self) -> str | None:
        """The token of the one-time link that makes the first administrator; None where somebody has an account.

        Each start offers a new one, and the one before no longer works.
        """
        if self._accounts.any():
            return None
        token = secrets.token_urlsafe(24)

        def work(tx: Transaction) -> None:
            self._accounts.keep_setup(tx, token)
            self._audit.append(tx, SYSTEM, "setup.offered", subject=SYSTEM_CHAIN)

        self._store.transact(work, queue=(SYSTEM_CHAIN,))
        return token

    def check_setup(self, token: str) -> None:
        """Raises NotFound where the link does not work, or no longer does."""
        if self._accounts.any() or not self._accounts.is_setup(token):
            raise NotFound(_USED)

    def set_up(self, token: str, name: str, shown: str, password: str) -> None:
        """Make the first administrator with the one-time link. Raises NotFound or Invalid."""
        self.check_setup(token)
        check_password(name, password)
        self._create(SYSTEM, name, shown, Role.ADMIN, password, token=token)

    def exist(self) -> bool:
        """Whether anybody has an account yet."""
        return self._accounts.any()

    def known(self, name: str) -> bool:
        """Whether there is such an account; for our own programs, never for an answer to a person."""
        return self._accounts.get(name) is not None

    def for_command(self, name: str) -> Person:
        """The person of an account for a command on the server itself. Raises Forbidden where it is shut or unknown."""
        account = self._accounts.get(name)
        if account is None or not account.active:
            raise Forbidden("没有这个账号，或它已停用")
        return account.person("command")

    def set_active(self, person: Person, name: str, active: bool) -> None:
        """Shut an account, which ends its sessions at once, or open it again. Raises Invalid for one's own."""
        account = self.get(person, name)
        if name == person.account:
            raise Invalid(fields=[FieldError("account", "不能停用自己的账号：请由另一位管理员办理")])
        changed = replace(account, active=active, failures=0, locked_until=None)

        def work(tx: Transaction) -> None:
            self._accounts.replace(tx, changed, account.version)
            self._binding.keep(tx, person, changed, account.file_no)
            self._sessions.end_all(tx, name)
            action = "account.opened" if active else "account.shut"
            self._audit.append(tx, person, action, subject=account_chain(name))

        self._store.transact(work, queue=(account_chain(name),))

    def list(self, person: Person, below: int | None = None) -> tuple[list[Account], int | None]:
        """Accounts, the last made first, and where to go on."""
        self._gate.require(person, Action.KEEP_ACCOUNTS)
        found, start = self._accounts.window(below)
        return found, start if start > 1 else None

    def departments(self) -> dict[str, str]:
        """Every department's name by its code; no secret to anyone who is logged in."""
        return self._accounts.departments()

    def names(self, accounts: Collection[str]) -> dict[str, str]:
        """What the people are called who stand on a page that its reader was let in to."""
        return {SYSTEM.account: SYSTEM.name, **self._accounts.names(accounts)}

    def put_department(self, person: Person, code: str, name: str) -> None:
        """Add or rename a department. Raises Invalid."""
        if person is not SYSTEM:
            self._gate.require(person, Action.KEEP_ACCOUNTS)
        if not code.isascii() or not code.isalnum() or not name.strip():
            raise Invalid(fields=[FieldError("code", "部门代码只能用字母和数字，名称不能为空")])

        def work(tx: Transaction) -> None:
            self._accounts.put_department(tx, code, name.strip())
            self._audit.append(tx, person, "department.kept", subject=SYSTEM_CHAIN, ids={"department": code})

        self._store.transact(work, queue=(SYSTEM_CHAIN,))

    def _idle(self) -> timedelta:
        return timedelta(minutes=int(self._settings.value("idle_minutes")))


def _own(file_no: str | None) -> dict[str, str]:
    """The own file of an account as the trail names it."""
    return {"file": file_no} if file_no else {}
