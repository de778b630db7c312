"""Telling people what falls due: a notice some days before, and one when the day has passed; each exactly once.

What was told is noted by case and day in the notice's own transaction. So it does not matter how many timers run, or
how often, or whether one was killed on its way: whoever comes next tells what is not noted yet.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.access.relations import Relations, may_replace
from service.access.repository import Accounts
from service.casework.shown import OVERDUE, SOON
from service.casework.waits import OWN, Waiting, Waits, keys_of
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.notices.repository import Notices
from service.person import Role
from service.store.connection import Store, Transaction

COLLECTION = "told"
KEPT = timedelta(days=400)
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (IndexModel([("at", 1)], expireAfterSeconds=int(KEPT.total_seconds())),),
}
LONGEST_NIGHT = timedelta(days=92)
"""How far back one looks for what fell due while no timer ran."""


class Due:
    """What falls due, over all kinds of cases.

    Told are those whose step a case waits for and whoever stands in for them; in the states that `asked` names by kind
    also whoever asked, who has something to do that nobody waits for: to bring back what they borrowed.
    """

    def __init__(
        self, store: Store, waits: Waits, relations: Relations, accounts: Accounts, notices: Notices,
        settings: PolicySettings, clock: Clock, asked: Mapping[str, Collection[str]],
    ) -> None:  # fmt: skip
        self._store, self._told = store, store.collection(COLLECTION)
        self._waits, self._relations, self._accounts, self._notices = waits, relations, accounts, notices
        self._settings, self._clock, self._asked = settings, clock, asked

    def tell(self) -> int:
        """Tell what is due in some days, and what is overdue; how many cases people were told of."""
        today = self._clock.today()
        ahead = timedelta(days=int(self._settings.value("reminder_days")))
        found: dict[tuple[str, str], list[Waiting]] = {}
        for one in self._waits.due(today - LONGEST_NIGHT, today + ahead):
            found.setdefault((one.kind, one.case), []).append(one)
        wanted = {key for waiting in found.values() for one in waiting for key in self._keys(one)}
        people = self._people(wanted) if wanted else {}
        return sum(
            self._once(
                OVERDUE if waiting[0].due and waiting[0].due < today else SOON,
                waiting[0],
                {account for one in waiting for account in self._hearing(one, people)},
            )
            for waiting in found.values()
        )

    def _keys(self, one: Waiting) -> Iterator[str]:
        """Under which keys people are told of what waits."""
        yield one.key
        if one.state in self._asked.get(one.kind, ()):
            yield f"{OWN}{one.requester}"

    def _hearing(self, one: Waiting, people: Mapping[str, Collection[str]]) -> Iterator[str]:
        """The accounts that are told; nobody hears of their own request in another's place."""
        for key in self._keys(one):
            yield from (name for name in people.get(key, ()) if key.startswith(OWN) or name != one.requester)

    def _people(self, wanted: Collection[str]) -> dict[str, set[str]]:
        """The accounts behind each key, and those who stand in for them today."""
        found: dict[str, set[str]] = {key: set() for key in wanted}
        roles: dict[str, Role] = {}
        for account in self._accounts.each():
            if account.active:
                roles[account.account] = account.role
                for key in found.keys() & set(keys_of(account.person())):
                    found[key].add(account.account)
        shared = [accounts for key, accounts in found.items() if not key.startswith(OWN)]
        deputies = self._relations.deputies_of({name for accounts in shared for name in accounts})
        able = {
            away: deputy
            for away, deputy in deputies.items()
            if deputy in roles and may_replace(roles[away], roles[deputy])
        }
        for accounts in shared:
            accounts |= {able[name] for name in accounts if name in able}
        return found

    def _once(self, event: str, one: Waiting, accounts: set[str]) -> bool:
        """Tell the accounts, if nobody told them of this case and day before. Where there is nobody to tell, nothing is
        noted either: whoever comes to hold the post is told then."""
        if not accounts:
            return False
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
