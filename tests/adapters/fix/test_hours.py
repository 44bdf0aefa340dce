"""Session hours: by the wall clock of their zone, through nights, weeks and its yearly jumps."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fix.hours import ALWAYS, Daily, Day, Weekly

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")

DESK = Daily(opens=time(7), closes=time(18), zone=LONDON)
NIGHT = Daily(opens=time(22), closes=time(5), zone=LONDON)
WEEK = Weekly(Day.SUNDAY, time(18), Day.FRIDAY, time(17), NEW_YORK)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "at", "began"),
    [
        # Monday, 5 January 2026; London is on UTC.
        (DESK, "2026-01-05 06:59:59", None),
        (DESK, "2026-01-05 07:00", "2026-01-05 07:00"),
        (DESK, "2026-01-05 17:59:59", "2026-01-05 07:00"),
        (DESK, "2026-01-05 18:00", None),
        (DESK, "2026-01-04 12:00", None),  # a Sunday
        # Monday, 6 July 2026; London is an hour ahead of UTC.
        (DESK, "2026-07-06 06:00", "2026-07-06 06:00"),
        (DESK, "2026-07-06 17:00", None),
        # Friday night belongs to Friday, Sunday night to nobody.
        (NIGHT, "2026-01-09 22:00", "2026-01-09 22:00"),
        (NIGHT, "2026-01-10 04:59", "2026-01-09 22:00"),
        (NIGHT, "2026-01-10 05:00", None),
        (NIGHT, "2026-01-05 04:00", None),
        # The clocks of London go forward on Sunday, 29 March 2026: that night has six hours.
        (Daily(time(22), time(5), LONDON, frozenset(Day)), "2026-03-29 03:59", "2026-03-28 22:00"),
        (Daily(time(22), time(5), LONDON, frozenset(Day)), "2026-03-29 04:00", None),
        # A week of New York: 18:00 is 23:00 UTC in winter.
        (WEEK, "2026-01-04 22:59", None),
        (WEEK, "2026-01-04 23:00", "2026-01-04 23:00"),
        (WEEK, "2026-01-07 12:00", "2026-01-04 23:00"),
        (WEEK, "2026-01-09 21:59", "2026-01-04 23:00"),
        (WEEK, "2026-01-09 22:00", None),
        # A week that closes where it opens never closes, but begins again.
        (
            Weekly(Day.SUNDAY, time(18), Day.SUNDAY, time(18), NEW_YORK),
            "2026-01-04 22:59",
            "2025-12-28 23:00",
        ),
        (
            Weekly(Day.SUNDAY, time(18), Day.SUNDAY, time(18), NEW_YORK),
            "2026-01-04 23:00",
            "2026-01-04 23:00",
        ),
    ],
)
def test_a_trading_session_began_when_its_zone_says(
    hours: Daily | Weekly, at: str, began: str | None
) -> None:
    assert hours.began(utc(at)) == (None if began is None else utc(began))


def test_what_is_always_open_began_before_any_store() -> None:
    assert ALWAYS.began(utc("2026-01-05 07:00")) == datetime.min.replace(tzinfo=UTC)


times = st.times(timezones=st.none()).map(lambda at: at.replace(microsecond=0, fold=0))
instants = st.integers(0, 2 * 366 * 86_400).map(
    lambda second: utc("2025-01-01 00:00") + timedelta(seconds=second)
)


@given(times, times, st.sampled_from([LONDON, NEW_YORK]), instants)
def test_who_asks_later_in_the_same_session_hears_the_same(
    opens: time, closes: time, zone: ZoneInfo, at: datetime
) -> None:
    """The beginning is within its own session, and lies at or before the question."""
    hours = Daily(opens, closes, zone, frozenset(Day))
    began = hours.began(at)
    if began is not None:
        assert began <= at
        assert hours.began(began) == began
