"""What time it is. Instants are UTC; days are those of the office."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Time, so that tests can set it. `zone` is the office's."""

    zone: ZoneInfo

    def now(self) -> datetime:
        """The present instant, aware, in UTC, cut to milliseconds as MongoDB stores it."""
        ...

    def today(self) -> date:
        """The present day in the office's time zone."""
        ...


def milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


class SystemClock:
    """The machine's clock."""

    def __init__(self, zone: str = "Asia/Shanghai") -> None:
        self.zone = ZoneInfo(zone)

    def now(self) -> datetime:
        return milliseconds(datetime.now(UTC))

    def today(self) -> date:
        return datetime.now(self.zone).date()


class SetClock:
    """A clock that stands where it was set, for tests and for replays."""

    def __init__(self, instant: datetime, zone: str = "Asia/Shanghai") -> None:
        self._instant = instant
        self.zone = ZoneInfo(zone)

    def now(self) -> datetime:
        return milliseconds(self._instant)

    def today(self) -> date:
        return self._instant.astimezone(self.zone).date()

    def advance(self, by: timedelta) -> None:
        self._instant += by
