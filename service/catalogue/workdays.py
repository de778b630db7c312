"""Working days by the Chinese calendar: public holidays and make-up days (policy B4). Pure."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

import chinese_calendar

from service.errors import FieldError, Invalid

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


_MARKS = {"休": False, "班": True, "off": False, "on": True}
"""Whether a marked day is worked; in either language."""


def read_marks(text: str) -> dict[date, bool]:
    """The days that the office marked itself, `2027-02-08休 2027-02-20班`. Raises Invalid with the mend."""
    marks = {}
    for word in text.replace("，", " ").replace("、", " ").split():
        try:
            marks[date.fromisoformat(word[:10])] = _MARKS[word[10:]]
        except (ValueError, KeyError):
            mend = "放假与调班：每一天写成 2027-02-08休 或 2027-02-20班，用空格隔开"
            raise Invalid(fields=[FieldError("own_days", mend)]) from None
    return marks


def read_years(text: str) -> tuple[int, ...]:
    """The years whose days the office marked completely, `2027 2028`. Raises Invalid with the mend."""
    words = text.replace("，", " ").replace("、", " ").split()
    if not all(len(word) == 4 and word.isdigit() for word in words):
        raise Invalid(fields=[FieldError("own_years", "已登记完整的年份：写成 2027 2028，用空格隔开")])
    return tuple(sorted({int(word) for word in words}))


def unknown(first: date, last: date, complete: Collection[int] = ()) -> tuple[int, ...]:
    """The years from the first day to the last whose holidays nobody knows: no calendar, and none of those `complete`
    that the office said it marked all days of. A marked day alone says nothing of the others."""
    return tuple(year for year in range(first.year, last.year + 1) if year not in complete and not known(year))


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
