"""Writing the trail: every change, every look and every refusal appends an event to its subject's chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from service.audit.event import GENESIS, Event
from service.audit.repository import Trail
from service.clock import Clock
from service.person import Person
from service.store.connection import LostRace, Store, Transaction

SYSTEM_CHAIN = "system"
TOGETHER = 50
LOOKS = frozenset(
    {
        "file.labelled",
        "file.exported",
        "file.printed",
        "loans.letter-read",
        "loans.returned-read",
        "file.read",
        "record.read",
        "scan.look",
        "scan.page",
        "scan.text",
        "scan.original",
        "scan.printed",
        "refused",
        "search",
    }
)
"""Acts that change nothing."""


def file_chain(file_no: str) -> str:
    return f"file:{file_no}"


def account_chain(account: str) -> str:
    return f"account:{account}"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done, before it is linked into its chain."""

    action: str
    ids: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    after: str = ""


class Audit:
    """The only writer of the trail (M2)."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.trail = Trail(store)

    def append(
        self,
        tx: Transaction,
        person: Person,
        action: str,
        *,
        subject: str,
        ids: Mapping[str, str] | None = None,
        before: str = "",
        after: str = "",
    ) -> None:
        """Add one event to `subject`'s chain inside the change's own transaction."""
        self.append_all(tx, person, [Act(action, ids or {}, before, after)], subject=subject)

    def append_all(
        self, tx: Transaction, person: Person, acts: Sequence[Act], *, subject: str, change: bool = True
    ) -> None:
        """Add several events of one chain at once, in order. `change` is False for looks and refusals."""
        events = self._linked(person, acts, subject, self.trail.remembered(subject, tx))
        if not self.trail.write(tx, events, change=change):  # another process was the last to write
            events = self._linked(person, acts, subject, self.trail.head(subject, tx))
            if not self.trail.write(tx, events, change=change):
                raise LostRace
        tx.proof = partial(self.trail.has, events[-1])

    def begin(self, tx: Transaction, person: Person, chains: Mapping[str, Sequence[Act]]) -> None:
        """The first events of many new chains at once. Raises LostRace where one of them is not new."""
        linked = [self._linked(person, acts, subject, (0, GENESIS)) for subject, acts in chains.items()]
        self.trail.begin(tx, linked)
        tx.proof = partial(self.trail.has, linked[-1][-1])

    def _linked(self, person: Person, acts: Sequence[Act], subject: str, seen: tuple[int, str]) -> list[Event]:
        number, digest = seen
        events: list[Event] = []
        now = self._clock.now()
        for act in acts:
            number += 1
            event = Event(
                subject, number, now, person.account, person.role, person.origin,
                act.action, dict(act.ids), act.before, act.after, digest,
            )  # fmt: skip
            event = replace(event, digest=event.computed())
            events.append(event)
            digest = event.digest
        return events

    def record_all(self, person: Person, action: str, chains: Mapping[str, Mapping[str, str]]) -> None:
        """The same on many chains that are there, each with its ids, `TOGETHER` chains to a transaction."""
        subjects = sorted(chains)
        for start in range(0, len(subjects), TOGETHER):
            part = subjects[start : start + TOGETHER]
            self._store.transact(partial(self._all, person, action, chains, part), queue=part)

    def _all(
        self, person: Person, action: str, chains: Mapping[str, Mapping[str, str]], part: Sequence[str], tx: Transaction
    ) -> None:  # fmt: skip
        heads = self.trail.heads_of(part, tx)
        acts = {subject: [Act(action, chains[subject])] for subject in part}
        events = [self._linked(person, acts[one], one, heads[one])[0] for one in part if one in heads]
        self.trail.write_each(tx, events)
        tx.proof = partial(self.trail.has, events[-1])

    def record(self, person: Person, action: str, *, subject: str, ids: Mapping[str, str] | None = None) -> None:
        """An event that stands alone: a look, a search, a refusal. Committed when this returns."""
        acts = [Act(action, ids or {})]
        self._store.transact(
            lambda tx: self.append_all(tx, person, acts, subject=subject, change=False), queue=(subject,)
        )
