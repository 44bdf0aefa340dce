"""Exchange calendars: known days, hours and edges."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from adapters.facts.calendars import exchange_calendar
from adapters.facts.words import isin
from domain.calendar import Calendar
from domain.ids import CalendarId, Micros


def at(text: str, zone: str) -> Micros:
    instant = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return Micros(int(instant.timestamp()) * 1_000_000)


@pytest.fixture(scope="module")
def new_york() -> Calendar:
    return exchange_calendar(CalendarId("XNYS"), "XNYS", (2008, 2009))


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2008-10-10T09:29:59", False),
        ("2008-10-10T09:30:00", True),
        ("2008-10-10T15:59:59", True),
        ("2008-10-10T16:00:00", False),
        ("2008-10-11T12:00:00", False),  # a Saturday
        ("2008-11-28T12:59:59", True),  # the day after Thanksgiving closes at 13:00
        ("2008-11-28T13:00:00", False),
        ("2009-07-03T12:00:00", False),  # Independence Day, observed
        ("2007-12-31T12:00:00", None),  # outside the years asked for
        ("2010-01-04T12:00:00", None),
    ],
)
def test_new_york_trades_on_its_days_at_its_hours(
    new_york: Calendar, when: str, is_open: bool | None
) -> None:
    assert new_york.is_open(at(when, "America/New_York")) is is_open


def test_a_lunch_break_parts_a_day() -> None:
    hong_kong = exchange_calendar(CalendarId("XHKG"), "XHKG", (2025, 2025))
    hours = ("11:59", "12:00", "12:59", "13:00", "16:00")
    assert [hong_kong.is_open(at(f"2025-06-10T{hour}", "Asia/Hong_Kong")) for hour in hours] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_session_that_opened_in_the_last_year_is_not_lost_at_midnight() -> None:
    """Sydney opens before midnight UTC: the first session of 2025 belongs to its own day."""
    sydney = exchange_calendar(CalendarId("ASX"), "XASX", (2025, 2025))
    assert sydney.is_open(at("2025-01-02T10:30:00", "Australia/Sydney")) is True
    globex = exchange_calendar(CalendarId("CMES"), "CMES", (2024, 2024))
    assert globex.is_open(at("2024-01-01T23:30:00", "UTC")) is True
    assert globex.is_open(at("2024-12-31T23:30:00", "UTC")) is False  # closed over New Year


def test_a_calendar_that_does_not_reach_so_far_says_so() -> None:
    with pytest.raises(ValueError, match="calendar `XKRX` does not reach so far"):
        exchange_calendar(CalendarId("XKRX"), "XKRX", (1950, 1951))


@pytest.mark.parametrize("code", ["US0378331005", "US36467W1099", "GB00BH4HKS39", "DE0007164600"])
def test_an_isin_has_a_check_digit(code: str) -> None:
    assert isin(code) == code
    with pytest.raises(ValueError, match="check digit"):
        isin(code[:-1] + str((int(code[-1]) + 1) % 10))
