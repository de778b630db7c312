"""Signed checkpoints over the heads that moved, chained too, so that a chain's cut tail shows (M2).

What was signed last is noted in the data folder too, where who writes to the database alone does not come.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pymongo.errors import DuplicateKeyError

from service.audit.repository import Trail
from service.clock import Clock
from service.store.connection import Document, Store
from service.store.keys import Keyring
from service.store.windows import backwards

_KEY = 0
_PLACE = "audit_checkpoints/key"
MOST_HEADS = 10_000
"""How many heads one checkpoint signs, so that its document stays far below MongoDB's 16 MB."""


LOOK_BACK = timedelta(seconds=90)
NOTE = "last-checkpoint"
"""Its name in the data folder."""


class Checkpoints:
    """Signs with an Ed25519 key (RFC 8032) that lies sealed beside the checkpoints; the public half is in clear.

    `folder` is where the last one is noted; nowhere if it is not there.
    """

    def __init__(self, store: Store, keys: Keyring, clock: Clock, folder: Path | None = None) -> None:
        self._store, self._keys, self._clock = store, keys, clock
        self._trail = Trail(store)
        self._note = folder / NOTE if folder else None

    def sign(self) -> int:
        """Sign all heads that moved since the last checkpoint; how many. Two at once: one does it.

        Where the last ones are gone their numbers are not used again, so that the gap shows for ever.
        """
        number, last = self._last()
        now = self._clock.now()
        # A transaction that was under way at the last one may carry an earlier time: look back a little.
        since = last["at"] - LOOK_BACK if last else datetime(2000, 1, 1, tzinfo=now.tzinfo)
        heads = sorted(set(backwards(self._trail.moved, since, now + timedelta(seconds=1))))
        signed = self._signed_since(last, since)
        fresh = [head for head in heads if head not in signed]
        for start in range(0, len(fresh), MOST_HEADS):
            self._write(number + 1, last, fresh[start : start + MOST_HEADS], now)
            number, last = self._last()
        return len(fresh)

    def _last(self) -> tuple[int, Document | None]:
        """The number of the last checkpoint that anything knows of, and itself where it is there."""
        number = max(self._trail.last_signed(), self.noted()[0])
        while self._trail.checkpoint(number + 1) is not None:
            number += 1
        return number, self._trail.checkpoint(number) if number else None

    def noted(self) -> tuple[int, str]:
        """Number and digest of the last checkpoint as the data folder has them; 0 where it has none."""
        try:
            number, digest = self._note.read_text().split() if self._note else ("0", "")
        except (OSError, ValueError):
            return 0, ""
        return int(number), digest

    def public_key(self) -> Ed25519PublicKey | None:
        """Of the sealed half, since anybody can put another one in clear; None where it is gone or not ours."""
        try:
            return self._private_key().public_key() if self._trail.checkpoint(_KEY) else None
        except InvalidTag:
            return None

    def _signed_since(self, last: Document | None, since: datetime) -> set[tuple[str, int, str]]:
        signed: set[tuple[str, int, str]] = set()
        while last is not None and last["at"] >= since:
            signed.update((subject, seq, digest) for subject, seq, digest in last["heads"])
            last = self._trail.checkpoint(last["_id"] - 1) if last["_id"] > 1 else None
        return signed

    def _write(
        self, number: int, last: Document | None, heads: Sequence[tuple[str, int, str]], now: datetime
    ) -> None:  # fmt: skip
        document: Document = {
            "_id": number,
            "at": now,
            "heads": [list(head) for head in heads],
            "previous": last["digest"] if last else "",
        }
        document["digest"] = _digest(document)
        document["signature"] = self._private_key().sign(document["digest"].encode())
        try:
            self._store.transact(lambda tx: self._trail.write_checkpoint(tx, document), queue=("checkpoints",))
        except DuplicateKeyError:
            return  # another timer was faster
        if self._note is not None and self._note.parent.is_dir():
            fresh = self._note.with_suffix(".new")
            fresh.write_text(f"{number} {document['digest']}\n")
            fresh.replace(self._note)

    def _private_key(self) -> Ed25519PrivateKey:
        found = self._trail.checkpoint(_KEY)
        if found is None:
            key = Ed25519PrivateKey.generate()
            private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()
            public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self._trail.write_key({"_id": _KEY, "public": public, "private": self._keys.system.seal(_PLACE, private)})
            return self._private_key()
        return Ed25519PrivateKey.from_private_bytes(
            bytes.fromhex(str(self._keys.system.open(_PLACE, found["private"])))
        )


def public_key(trail: Trail) -> Ed25519PublicKey | None:
    found = trail.checkpoint(_KEY)
    return Ed25519PublicKey.from_public_bytes(found["public"]) if found else None


def fault(checkpoint: Document, previous: Document | None, key: Ed25519PublicKey) -> str | None:
    """What is wrong with a checkpoint after the one before, or None."""
    if checkpoint["_id"] != (previous["_id"] + 1 if previous else 1):
        return "one before it is missing"
    if checkpoint["previous"] != (previous["digest"] if previous else ""):
        return "does not follow the one before"
    if _digest(checkpoint) != checkpoint["digest"]:
        return "was altered"
    try:
        key.verify(checkpoint["signature"], checkpoint["digest"].encode())
    except InvalidSignature:
        return "is not signed by this archive"
    return None


def _digest(checkpoint: Document) -> str:
    parts: dict[str, Any] = {
        "number": checkpoint["_id"], "at": checkpoint["at"].isoformat(timespec="milliseconds"),
        "heads": checkpoint["heads"], "previous": checkpoint["previous"],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
