"""Accounts: what a password must be, and how long a failed log-in makes one wait. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.errors import FieldError, Invalid
from service.person import Person, Role

SHORTEST = 10
_COMMON = ("1234567890", "0123456789", "password12", "qwertyuiop", "1111111111", "dangandangan", "administrator")
_FREE_TRIES = 3
_LONGEST_WAIT = 900


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can log in. `hash` is argon2id's; `failures` counts since the last success."""

    account: str
    name: str
    role: Role
    department: str | None
    file_no: str | None
    hash: str
    active: bool = True
    failures: int = 0
    locked_until: datetime | None = None
    version: int = 1
    pledge: int = 0
    """The version of the pledge that was signed last."""
    temporary: bool = False
    """Whether the password was given by somebody else: then it is changed before anything else is done."""

    def person(self, origin: str = "") -> Person:
        return Person(
            self.account, self.name, self.role, self.department, self.file_no, origin, temporary=self.temporary
        )


def wait_after(failures: int) -> timedelta:
    """How long the account is shut after so many failures in a row: doubling up to 15 minutes."""
    if failures < _FREE_TRIES:
        return timedelta()
    return timedelta(seconds=min(_LONGEST_WAIT, 2 ** (failures - _FREE_TRIES)))


def check_password(account: str, password: str) -> None:
    """Raises Invalid with the mend where the password is too easy (NIST SP 800-63B 3.1.1)."""
    if len(password) < SHORTEST:
        raise Invalid(fields=[FieldError("password", "密码至少 %(least)s 个字符", {"least": SHORTEST})])
    lowered = password.lower()
    if len(set(password)) < 4 or any(word in lowered for word in _COMMON) or account.lower() in lowered:
        raise Invalid(fields=[FieldError("password", "密码太容易猜：请不要使用账号、连续数字或常见密码")])
    if len(password) > 200:
        raise Invalid(fields=[FieldError("password", "密码最多 200 个字符")])
