"""One mail a day for who wants it: how much waits, how much is overdue, how much is new. Numbers and a link alone."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.access.repository import Accounts
from service.access.rules import Account
from service.audit.trail import Audit, account_chain
from service.clock import Clock
from service.desk.work import Work
from service.notices.mail import WINDOW, Addresses, Mailer
from service.person import Person
from service.store.connection import Store, Transaction
from service.web.language import written

COLLECTION = "digests"
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    COLLECTION: (IndexModel([("at", 1)], expireAfterSeconds=int(timedelta(days=60).total_seconds())),),
}
FROM_HOUR = 8
"""In the office's time: nobody is written to in the night."""


class Digest:
    """The day's mails. One that a timer claimed and died before sending is lost: the next day has another."""

    def __init__(
        self, store: Store, work: Work, accounts: Accounts, addresses: Addresses, mailer: Mailer, audit: Audit,
        clock: Clock, link: str,
    ) -> None:  # fmt: skip
        self._store, self._audit = store, audit
        self._sent, self._work, self._accounts = store.collection(COLLECTION), work, accounts
        self._addresses, self._mailer, self._clock, self._link = addresses, mailer, clock, link

    @property
    def ready(self) -> bool:
        """Whether mail is sent at all."""
        return self._mailer.ready

    def address(self, person: Person) -> str:
        """Where the person gets mail; empty where they want none."""
        return self._addresses.of(person.account)

    def keep_address(self, person: Person, address: str, language: str) -> None:
        """Send the person's mail there from now on in that language, or none any more. Raises Invalid."""

        def work(tx: Transaction) -> None:
            self._addresses.keep(tx, person.account, address.strip(), language)
            self._audit.append(tx, person, "mail.chosen", subject=account_chain(person.account))

        self._store.transact(work, queue=(account_chain(person.account),))

    def send(self) -> int:
        """Write to whoever wants mail and has something to hear of, once a day; how many were written to."""
        now = self._clock.now().astimezone(self._clock.zone)
        if not self._mailer.ready or now.hour < FROM_HOUR:
            return 0
        sent, batch = 0, []
        for account in self._accounts.each():
            batch.append(account)
            if len(batch) == WINDOW:
                sent, batch = sent + self._write(batch, now.date()), []
        return sent + self._write(batch, now.date())

    def _write(self, accounts: Sequence[Account], day: date) -> int:
        addresses = self._addresses.many([one.account for one in accounts])
        marks = {one.account: f"{one.account}/{day}" for one in accounts if one.active and one.account in addresses}
        known = {one["_id"] for one in self._sent.find({"_id": {"$in": list(marks.values())}}, {"_id": 1})}
        letters, claimed = [], []
        for account in accounts:
            mark, to = marks.get(account.account), addresses.get(account.account)
            if mark is None or mark in known or to is None:  # who had the day's mail is asked about no more
                continue
            text = self._text(account, to.language)
            if text and self._claim(mark):
                claimed.append(mark)
                letters.append((to.address, written(to.language, "档案：今日事项"), text))
        done = self._mailer.send(letters)
        if done < len(letters):  # tried again with the next turn
            self._sent.delete_many({"_id": {"$in": claimed[done:]}})
        return done

    def _claim(self, mark: str) -> bool:
        try:
            self._sent.insert_one({"_id": mark, "at": self._clock.now()})
        except DuplicateKeyError:
            return False
        return True

    def _text(self, account: Account, language: str) -> str:
        """What the mail says; nothing where there is nothing to hear of."""
        person = account.person()
        desk, new = self._work.of(person, 0), self._work.unread(person)  # lists of nothing: no case is opened
        waiting, overdue = desk.more, desk.more_overdue
        if not waiting and not overdue and not new:
            return ""
        counts = {"waiting": waiting, "overdue": overdue, "new": new}
        lines = written(language, "等您办理：%(waiting)s 件\n已逾期：%(overdue)s 件\n新通知：%(new)s 条") % counts
        return f"{lines}\n\n{self._link}/work\n"
