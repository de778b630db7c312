"""Telling people what falls due: a notice some days before, and one when the day has passed; each exactly once.

What was told is noted by case and day in the notice's own transaction. So it does not matter how many timers run, or
how often, or whether one was killed on its way: whoever comes next tells what is not noted yet.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.access.repository import Accounts
from service.casework.waits import Waiting, Waits, keys_of
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.notices.repository import Notices
from service.store.connection import Store, Transaction

COLLECTION = "told"
KEPT = timedelta(days=400)
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (IndexModel([("at", 1)], expireAfterSeconds=int(KEPT.total_seconds())),),
}
LONGEST_NIGHT = timedelta(days=92)
"""How far back one looks for what fell due while no timer ran."""
SOON, OVERDUE = "soon", "overdue"


class Due:
    """What falls due, over all kinds of cases."""

    def __init__(
        self, store: Store, waits: Waits, accounts: Accounts, notices: Notices, settings: PolicySettings, clock: Clock
    ) -> None:
        self._store, self._told = store, store.collection(COLLECTION)
        self._waits, self._accounts, self._notices = waits, accounts, notices
        self._settings, self._clock = settings, clock

    def tell(self) -> int:
        """Tell what is due in some days, and what is overdue; how many cases people were told of."""
        today = self._clock.today()
        ahead = timedelta(days=int(self._settings.value("reminder_days")))
        found: dict[tuple[str, str], list[Waiting]] = {}
        for one in self._waits.due(today - LONGEST_NIGHT, today + ahead):
            found.setdefault((one.kind, one.case), []).append(one)
        wanted = {one.key for waiting in found.values() for one in waiting}
        people = self._people(wanted) if wanted else {}
        return sum(
            self._once(
                OVERDUE if waiting[0].due and waiting[0].due < today else SOON,
                waiting[0],
                {account for one in waiting for account in people.get(one.key, ())},
            )
            for waiting in found.values()
        )

    def _people(self, wanted: set[str]) -> dict[str, set[str]]:
        """The accounts behind each key."""
        found: dict[str, set[str]] = {}
        for account in self._accounts.each():
            if account.active:
                for key in wanted.intersection(keys_of(account.person())):
                    found.setdefault(key, set()).add(account.account)
        return found

    def _once(self, event: str, one: Waiting, accounts: set[str]) -> bool:
        """Tell the accounts, if nobody told them of this case and day before."""
        mark = f"{event}/{one.kind}/{one.case}/{one.due}"
        if self._told.find_one({"_id": mark}, {"_id": 1}) is not None:
            return False
        numbers = {account: self._notices.number(account) for account in sorted(accounts)}

        def work(tx: Transaction) -> None:
            self._told.insert_one({"_id": mark, "at": self._clock.now()}, session=tx.session)
            for account, number in numbers.items():
                self._notices.tell(tx, account, number, one.kind, one.case, event)

        try:
            self._store.transact(work, queue=(mark,))
        except DuplicateKeyError:  # another timer was faster
            return False
        return True
