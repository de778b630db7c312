"""What administrators and auditors do: settings, the trail, the state of the parts."""

import shutil
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.event import Event
from service.audit.trail import SYSTEM_CHAIN, Audit, file_chain
from service.catalogue import workdays
from service.catalogue.model import Catalogue
from service.catalogue.repository import PolicySettings
from service.clock import Clock
from service.config import Settings
from service.errors import Sentence
from service.fulltext.port import EngineDown, Kind, Query, Reader, Scope
from service.person import Person
from service.store.connection import Store, Transaction
from service.store.heartbeats import Heartbeats
from service.store.windows import LONGEST, backwards

PAGE = 100
MOST_WINDOWS = 50
"""Of `PAGE` events each, that one page of a file's chain looks through."""


_SOON = timedelta(seconds=10)
_PROGRAMS = (
    ("web", "网页服务", _SOON),
    ("indexer", "索引程序", _SOON), ("ingest", "识别程序", _SOON), ("timer", "定时任务", _SOON),
    ("checkpoint", "审计签名", timedelta(minutes=5)),
)  # fmt: skip
"""Who gives signs of life, what they are called, and after how long without one something is wrong."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation, whether it is well (None: a reminder), and when it last gave a sign of life."""

    name: str
    well: bool | None
    note: str | Sentence = ""
    seen: datetime | None = None


class Administration:
    """The house, not its files."""

    def __init__(
        self, store: Store, audit: Audit, gate: Gate, clock: Clock, catalogue: Catalogue, policy: PolicySettings,
        heartbeats: Heartbeats, settings: Settings, reader: Reader,
    ) -> None:  # fmt: skip
        self._store, self._audit, self._gate, self._clock = store, audit, gate, clock
        self._catalogue, self._policy, self._heartbeats, self._settings = catalogue, policy, heartbeats, settings
        self._reader = reader

    def settings(self, person: Person) -> tuple[dict[str, Any], int]:
        """Every `[X]` of the policy as it stands, and the version."""
        self._gate.require(person, Action.KEEP_SETTINGS)
        return self._policy.all()

    def unknown_years(self, person: Person) -> tuple[int, ...]:
        """The years, up to 60 days from now, of whose holidays nothing is known (B4)."""
        self._gate.require(person, Action.KEEP_SETTINGS)
        today = self._clock.today()
        return workdays.unknown(today, today + timedelta(days=60), self._policy.complete())

    def change_settings(self, person: Person, values: dict[str, Any], version: int) -> None:
        """Raises Invalid with the wrong setting, or Conflict if someone was faster."""
        self._gate.require(person, Action.KEEP_SETTINGS)

        def work(tx: Transaction) -> None:
            self._policy.change(tx, values, version)
            ids = {"settings": ",".join(sorted(values))}
            self._audit.append(tx, person, "settings.changed", subject=SYSTEM_CHAIN, ids=ids)

        self._store.transact(work, queue=(SYSTEM_CHAIN,))

    def trail(
        self, person: Person, *, file_no: str = "", account: str = "", action: str = "", day: date | None = None,
        before: str = "",
    ) -> tuple[list[Event], str]:  # fmt: skip
        """A page of the trail, newest first, and where to go on. Reading it is an event of its own.

        With a file its chain is read; else the events of the day, or of the last year, in short windows.
        """
        self._gate.require(person, Action.READ_TRAIL)
        self._audit.record(person, "trail.read", subject=SYSTEM_CHAIN)
        if file_no:
            return self._chain(file_chain(file_no), account, action, day, before)
        start, end = self._span(day)
        if before:
            end = min(end, datetime.fromisoformat(before))
        found: list[Event] = []
        rows = backwards(
            lambda a, b: self._audit.trail.between(a, b, account=account, action=action),
            start,
            end,
            longest=LONGEST if account or action else timedelta(days=1),
        )
        for event in rows:
            if len(found) >= PAGE and event.at != found[-1].at:
                return found, found[-1].at.isoformat()
            found.append(event)
        return found, ""

    def _span(self, day: date | None) -> tuple[datetime, datetime]:
        if day is None:
            now = self._clock.now()
            return now - timedelta(days=366), now + timedelta(seconds=1)
        start = datetime.combine(day, time(), ZoneInfo(self._settings.zone))
        return start, start + timedelta(days=1)

    def _chain(self, subject: str, account: str, action: str, day: date | None, before: str) -> tuple[list[Event], str]:
        # Read back until the page is full, or so many events were looked at.
        below = min(int(before), 10**9) if before else self._audit.trail.head(subject)[0] + 1
        start, end = self._span(day) if day else (None, None)
        found: list[Event] = []
        for _ in range(MOST_WINDOWS):
            if below <= 1:
                return found, ""
            first = max(1, below - PAGE)
            for event in reversed(list(self._audit.trail.chain(subject, first, below - 1))):
                if len(found) == PAGE:
                    return found, str(below)
                below = event.seq
                if (
                    (not account or event.account == account)
                    and (not action or event.action == action)
                    and (start is None or end is None or start <= event.at < end)
                ):
                    found.append(event)
            below = first
        return found, str(below) if below > 1 else ""

    def key_copied(self, person: Person) -> bool:
        """Whether an administrator has confirmed that a copy of the master key is kept elsewhere."""
        self._gate.require(person, Action.READ_HEALTH)
        return self._policy.key_confirmed()

    def confirm_key(self, person: Person) -> None:
        """Confirm that a copy of the master key is kept elsewhere, apart from the backups of the data."""
        self._gate.require(person, Action.KEEP_SETTINGS)

        def work(tx: Transaction) -> None:
            self._policy.confirm_key(tx)
            self._audit.append(tx, person, "key.confirmed", subject=SYSTEM_CHAIN)

        self._store.transact(work, queue=(SYSTEM_CHAIN,))

    def _engine(self) -> Part:
        try:
            self._reader.search(Query(Kind.FILES, Scope(), size=1))
        except EngineDown:
            return Part("检索引擎", well=False, note="没有回应：检索暂时只列出档案")
        return Part("检索引擎", True, "Elasticsearch" if self._settings.elasticsearch_url else "内置")

    def health(self, person: Person) -> list[Part]:
        """Each part and whether it is well."""
        self._gate.require(person, Action.READ_HEALTH)
        self._store.client.admin.command("ping")
        parts = [Part("文档库", True, "MongoDB" if self._settings.mongodb_uri else "内置")]
        parts.append(self._engine())
        beats = self._heartbeats.all()
        for program, label, within in _PROGRAMS:
            last = next((beat for name, beat in beats.items() if name.partition("@")[0] == program), None)
            well = last is not None and self._clock.now() - last[0] < within
            parts.append(Part(label, well, "" if last else "没有运行", last[0] if last else None))
        if self._settings.mongodb_uri is None or self._settings.data.exists():  # a server's disk is not ours to see
            free = shutil.disk_usage(self._settings.data).free if self._settings.data.exists() else 0
            parts.append(Part("磁盘", free > 2**30, Sentence("剩余 %(free)s MB", {"free": free // 2**20})))
        confirmed = self._policy.key_confirmed()
        note = "已确认在别处保存了副本" if confirmed else "请在别处保存一份副本，然后确认"
        parts.append(Part("主密钥", True if confirmed else None, note))
        return parts
