"""One event of the trail and how it is linked to the one before. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

GENESIS = ""
"""What the first event of a chain has in place of its predecessor's digest."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done, seen or refused.

    `subject` names the chain: `file:<number>`, `account:<name>` or `system`. `ids` names what was touched,
    never what it says. `before` and `after` are digests of what was changed, keyed by the file.
    """

    subject: str
    seq: int
    at: datetime
    account: str
    role: str
    origin: str
    action: str
    ids: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    after: str = ""
    previous: str = GENESIS
    digest: str = ""

    def computed(self) -> str:
        """SHA-256 over all other parts in one canonical JSON form (RFC 8785's order and spacing)."""
        parts: dict[str, Any] = {
            "subject": self.subject, "seq": self.seq, "at": self.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "account": self.account, "role": self.role, "origin": self.origin, "action": self.action,
            "ids": dict(self.ids), "before": self.before, "after": self.after, "previous": self.previous,
        }  # fmt: skip
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def fault(event: Event, previous: Event | None) -> str | None:
    """What is wrong with `event` after `previous`, or None."""
    expected = (previous.seq + 1, previous.digest) if previous else (1, GENESIS)
    if event.seq != expected[0]:
        return f"event {expected[0]} is missing"
    if event.previous != expected[1]:
        return "does not follow the event before"
    if event.computed() != event.digest:
        return "was altered"
    return None
