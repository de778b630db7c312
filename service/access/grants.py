"""Viewing passes: what a granted request lets one person see, from when until when, and where (V2, V5). Pure.

Where passes are kept is `access/passes.py`; what they weigh beside a role's own rights is `access/policy.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


class Purpose(StrEnum):
    """What someone looks at a file for."""

    HIRING = "hiring"
    PROMOTION = "promotion"
    APPRAISAL = "appraisal"
    DISPUTE = "dispute"
    BUSINESS = "business"


PURPOSES: dict[str, str] = {
    Purpose.HIRING: "录用", Purpose.PROMOTION: "晋升", Purpose.APPRAISAL: "考核", Purpose.DISPUTE: "争议处理",
    Purpose.BUSINESS: "其他工作需要",
}  # fmt: skip


DIRECT = frozenset({Purpose.HIRING, Purpose.PROMOTION, Purpose.APPRAISAL})
"""What HR looks for directly (V3); for anything else it takes a request like everybody's."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass of one person. Empty parts limit nothing: no categories means all of them, no places anywhere.

    A page is named `scan/number`. `original` lets the uploaded file be taken; `masked` hides sensitive numbers.
    """

    id: str
    account: str
    files: tuple[str, ...]
    purpose: Purpose
    start: datetime
    until: datetime
    categories: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    original: bool = False
    masked: bool = True

    def opens(self, now: datetime, origin: str, purpose: str = "") -> bool:
        """Whether it works at this moment, at this network address, for what its holder says that they look for."""
        return (
            self.start <= now < self.until
            and (not purpose or purpose == self.purpose)
            and (not self.places or any(_within(origin, place) for place in self.places))
        )

    def covers(self, file_no: str, category: str = "", record: str = "", scan: str = "", page: int = 0) -> bool:
        """Whether it is for this file, or for this record, scan or page of it.

        Where it names single pages, a record's own values are not among them, and a scan is where one of them is.
        """
        if file_no not in self.files:
            return False
        if not record:
            return True
        if (self.categories and category not in self.categories) or (self.records and record not in self.records):
            return False
        if not self.pages:
            return True
        return f"{scan}/{page}" in self.pages if page else any(one.startswith(f"{scan}/") for one in self.pages)

    def sees(self, scan: str, numbers: Sequence[int]) -> list[int]:
        """Those of a scan's pages that it shows."""
        return [number for number in numbers if not self.pages or f"{scan}/{number}" in self.pages]


def network(text: str) -> IPv4Network | IPv6Network:
    """A network as people write it: `10.1.0.0/16`, or one address. Raises ValueError."""
    return ip_network(text.strip(), strict=False)


def _within(origin: str, place: str) -> bool:
    try:
        return ip_address(origin) in network(place)
    except ValueError:
        return False
