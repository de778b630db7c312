"""Working days by the Chinese calendar: public holidays and make-up days (policy B4). Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

import chinese_calendar

Marked = Mapping[date, bool]
"""Days that the office marked itself: whether each is a working day."""


def is_workday(day: date, marked: Marked | None = None) -> bool:
    """Whether the office works on `day`; in years that no calendar knows yet, Monday to Friday."""
    if marked and day in marked:
        return marked[day]
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def known(year: int) -> bool:
    """Whether the holidays of `year` are known; where they are not, people are warned."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def after(start: date, days: int, marked: Marked | None = None) -> date:
    """The day that is `days` working days after `start`; the day of receipt does not count."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_workday(day, marked)
    return day
