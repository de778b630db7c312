"""Whose own file is whose (V1): it stands in the trail, on the file's chain too, and no two accounts share one."""

from collections.abc import Sequence

from service.access.repository import Accounts
from service.access.rules import Account
from service.audit.trail import Act, Audit, file_chain
from service.errors import FieldError, Invalid
from service.person import Person
from service.store.connection import Transaction


class Binding:
    """What accounts and files have to do with each other, inside the transaction that changes an account."""

    def __init__(self, accounts: Accounts, audit: Audit) -> None:
        self._accounts, self._audit = accounts, audit

    def keep(self, tx: Transaction, person: Person, account: Account, before: str | None) -> None:
        """`account` as it will be, whose own file was `before`: an event on the chain of each file that it gains or
        loses, so that nobody looks into a file by an account that was lent to it unseen. Raises Invalid where another
        active account has the file."""
        own = account.file_no
        if own and account.active and self._accounts.has_other(tx, own, account.account):
            raise Invalid(
                fields=[FieldError("file_no", "本人档案编号：已绑定另一个在用的账号，请先停用或修改那个账号")]
            )
        if own == before:
            return
        for file_no, action in ((before, "account.unbound"), (own, "account.bound")):
            # A number that is no file yet has no chain, and begins none: its file's first event is its opening.
            if file_no and self._audit.trail.head(file_chain(file_no), tx)[0]:
                act = Act(action, {"account": account.account, "file": file_no})
                self._audit.append_all(tx, person, [act], subject=file_chain(file_no), change=False)


def chains(*numbers: str | None) -> Sequence[str]:
    """The chains of files, to queue for."""
    return sorted({file_chain(one) for one in numbers if one})
