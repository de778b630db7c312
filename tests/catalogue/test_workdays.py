"""Working days across holidays and make-up days, against a table made by hand from the State Council's notices."""

from datetime import date, timedelta

import pytest

from service.catalogue import workdays
from service.catalogue.model import Setting
from service.catalogue.repository import checked
from service.errors import Invalid

TABLE = [
    # received, working days, due
    ("2024-02-08", 5, "2024-02-21"),  # Spring Festival 10-17 February; 18 February is a Sunday worked
    ("2025-01-24", 3, "2025-02-05"),  # Spring Festival 28 January - 4 February; 26 January is a Sunday worked
    ("2025-09-30", 2, "2025-10-10"),  # National Day and Mid-Autumn 1-8 October
    ("2026-02-13", 5, "2026-02-27"),  # Spring Festival 15-23 February; 14 and 28 February are Saturdays worked
    ("2026-03-02", 5, "2026-03-09"),  # an ordinary week
]


@pytest.mark.parametrize(("received", "days", "due"), TABLE)
def test_working_days_follow_the_chinese_calendar(received: str, days: int, due: str) -> None:
    """Holidays are passed over and make-up days count."""
    assert workdays.after(date.fromisoformat(received), days) == date.fromisoformat(due)


def _days(text: str) -> set[date]:
    """`02-10..02-17 04-04` of a year, `2024: …`."""
    year, _, rest = text.partition(": ")
    days: set[date] = set()
    for word in rest.split():
        first, _, last = word.partition("..")
        day, end = date.fromisoformat(f"{year}-{first}"), date.fromisoformat(f"{year}-{last or first}")
        while day <= end:
            days.add(day)
            day += timedelta(days=1)
    return days


OFF = (
    "2024: 01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10 09-15..09-17 10-01..10-07",
    "2025: 01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
    "2026: 01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
)
WORKED = (
    "2024: 02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    "2025: 01-26 02-08 04-27 09-28 10-11",
    "2026: 01-04 02-14 02-28 05-09 09-20 10-10",
)
"""The State Council's notices of three years: days off, and the weekend days worked instead."""


@pytest.mark.parametrize(("off", "worked"), list(zip(OFF, WORKED, strict=True)))
def test_every_day_of_three_years_is_as_the_notices_say(off: str, worked: str) -> None:
    """Off on holidays and on weekends that nobody works, and at work on every other day (B4)."""
    free, busy = _days(off), _days(worked)
    day = date(int(off[:4]), 1, 1)
    wrong = []
    while day.year == int(off[:4]):
        if workdays.is_workday(day) != (day in busy or (day.weekday() < 5 and day not in free)):
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []


def test_years_beyond_the_calendar_are_monday_to_friday() -> None:
    """Where no holidays are known yet, weekends alone are passed over, and it can be told."""
    assert not workdays.known(2099)
    assert workdays.after(date(2099, 1, 2), 1) == date(2099, 1, 5)


def test_the_office_marks_days_of_its_own() -> None:
    """A day that the office marked counts as it was marked."""
    assert workdays.after(date(2026, 3, 2), 1, {date(2026, 3, 3): False}) == date(2026, 3, 4)


def test_marked_days_are_read_and_kept_in_order() -> None:
    """The administrator types them with blanks or commas; what is no day is refused by the setting's name."""
    setting = Setting("own_days", "B4", "days", "放假与调班", "Days", "")
    assert checked(setting, "2027-02-20班，2027-02-08休") == "2027-02-08休 2027-02-20班"
    assert workdays.read_marks("2027-02-08休 2027-02-20班") == {date(2027, 2, 8): False, date(2027, 2, 20): True}
    for wrong in ("2027-02-30休", "2027-02-08", "明天休"):
        with pytest.raises(Invalid) as refused:
            checked(setting, wrong)
        assert [fault.name for fault in refused.value.fields] == ["own_days"]


def test_a_year_of_which_nothing_is_known_is_told() -> None:
    """B4: from the end of the calendar on, until the office has said that it marked all days of the year."""
    assert workdays.unknown(date(2098, 12, 25), date(2099, 1, 24)) == (2098, 2099)
    assert workdays.unknown(date(2098, 12, 25), date(2099, 1, 24), workdays.read_years("2098")) == (2099,)
    assert workdays.unknown(date(2024, 12, 25), date(2025, 1, 24)) == ()
    for wrong in ("27", "2027年", "2027-2028"):
        with pytest.raises(Invalid):
            workdays.read_years(wrong)


def test_marks_count_across_the_end_of_a_year() -> None:
    """B4: 31 December 2098 is a Wednesday; days off and a make-up Saturday around New Year are all counted."""
    last = date(2098, 12, 31)
    assert last.strftime("%a") == "Wed"
    assert workdays.after(last, 3) == date(2099, 1, 5)
    marks = workdays.read_marks("2098-12-31休 2099-01-01休 2099-01-02休 2099-01-03班")
    assert workdays.after(date(2098, 12, 30), 2, marks) == date(2099, 1, 5)
    assert workdays.after(last, 1, marks) == date(2099, 1, 3)
