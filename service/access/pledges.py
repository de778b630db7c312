"""The pledge of confidentiality in MongoDB: its text in versions, and who signed which of them when (K3)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.errors import Conflict, NotFound
from service.store.connection import Store, Transaction

TEXTS, SIGNATURES = "pledge_texts", "pledges"
INDEXES: Mapping[str, Sequence[IndexModel]] = {TEXTS: (), SIGNATURES: ()}
KEPT_SECONDS = 2.0
SHIPPED = (Path(__file__).parent / "pledge.txt").read_text(encoding="utf-8").strip()
"""Version 1, until the company writes its own."""


@dataclass(frozen=True, slots=True)
class Text:
    """One version of the pledge; `by` nobody where it is the one that ships."""

    version: int
    text: str
    by: str = ""
    at: datetime | None = None


class Pledges:
    """Texts by version, signatures by account and version; an account keeps the version that it signed last."""

    def __init__(self, store: Store) -> None:
        self._texts, self._signatures = store.collection(TEXTS), store.collection(SIGNATURES)
        self._settings, self._accounts = store.collection("settings"), store.collection("accounts")
        self._kept = (-KEPT_SECONDS, 1)

    def version(self) -> int:
        """Which version is in force; another process's change is seen within `KEPT_SECONDS`."""
        at, version = self._kept
        if time.monotonic() - at < KEPT_SECONDS:
            return version
        found = self._settings.find_one({"_id": "pledge"})
        self._kept = (time.monotonic(), int(found["version"]) if found else 1)
        return self._kept[1]

    def text(self, version: int) -> Text:
        """Raises NotFound."""
        found = self._texts.find_one({"_id": version})
        if found is None and version != 1:
            raise NotFound
        return Text(version, found["text"], found["by"], found["at"]) if found else Text(1, SHIPPED)

    def keep(self, tx: Transaction, text: Text) -> None:
        """Put a new version in force. Raises Conflict where someone was faster."""
        try:
            kept = {"_id": text.version, "text": text.text, "by": text.by, "at": text.at}
            self._texts.insert_one(kept, session=tx.session)
        except DuplicateKeyError as error:
            raise Conflict from error
        change = {"$set": {"version": text.version}}
        self._settings.update_one({"_id": "pledge"}, change, upsert=True, session=tx.session)
        self._kept = (-KEPT_SECONDS, 1)

    def sign(self, tx: Transaction, account: str, version: int, at: datetime) -> None:
        """Keep a signature; signing the same version again changes nothing."""
        signature = {"account": account, "version": version, "at": at}
        place = {"_id": f"{account}/{version}"}
        if self._signatures.find_one(place, session=tx.session) is None:
            self._signatures.insert_one({**place, **signature}, session=tx.session)
        self._accounts.update_one({"_id": account}, {"$set": {"pledge": version}}, session=tx.session)

    def signed(self, account: str, version: int) -> datetime | None:
        """When the account signed the version."""
        found = self._signatures.find_one({"_id": f"{account}/{version}"})
        return found["at"] if found else None
