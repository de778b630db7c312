"""The trail of a file as its page tells it: plain words, who did it, what it was about, day by day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from service.audit.event import Event
from service.web.acts import ACTS


@dataclass(frozen=True, slots=True)
class Told:
    """What one person did of one kind in a row: how often, and what kinds of record it was about, each once."""

    at: datetime
    account: str
    act: str
    times: int
    about: tuple[str, ...]


def days(events: Sequence[Event], kinds: Mapping[str, str], zone: ZoneInfo) -> list[tuple[date, list[Told]]]:
    """Events, newest first, by the office's days; what one person did several times in a row is told once.

    `kinds` says of what sub-category each record is that the reader may know of.
    """
    return [
        (day, [_told(list(same), kinds) for _, same in groupby(of_day, key=lambda one: (one.account, one.action))])
        for day, of_day in groupby(events, key=lambda one: one.at.astimezone(zone).date())
    ]


def _told(events: Sequence[Event], kinds: Mapping[str, str]) -> Told:
    first = events[0]
    about = dict.fromkeys(kinds[one.ids["record"]] for one in reversed(events) if one.ids.get("record") in kinds)
    return Told(first.at, first.account, ACTS.get(first.action, first.action), len(events), tuple(about))
