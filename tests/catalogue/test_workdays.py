"""Working days across holidays and make-up days, against a table made by hand from the State Council's notices."""

from datetime import date

import pytest

from service.catalogue import workdays

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


def test_years_beyond_the_calendar_are_monday_to_friday() -> None:
    """Where no holidays are known yet, weekends alone are passed over, and it can be told."""
    assert not workdays.known(2099)
    assert workdays.after(date(2099, 1, 2), 1) == date(2099, 1, 5)


def test_the_office_marks_days_of_its_own() -> None:
    """A day that the office marked counts as it was marked."""
    assert workdays.after(date(2026, 3, 2), 1, {date(2026, 3, 3): False}) == date(2026, 3, 4)
