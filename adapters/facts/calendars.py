"""Exchange calendars as plain instants.

`exchange_calendars` knows the days, hours, half days and lunch breaks of the exchanges by their
MICs. They are worked out once, when facts are loaded, and become part of the facts: the core meets
neither a time zone nor a library, and a later release with another opinion about a past holiday
changes no old decision.
"""

import warnings
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from domain.calendar import Calendar
from domain.ids import CalendarId, Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_MARGIN = timedelta(days=7)


def exchange_calendar(name: CalendarId, code: str, years: tuple[int, int]) -> Calendar:
    """Work out the sessions of an exchange from the first of `years` through the last, in UTC.

    Raises
    ------
    ValueError
        If no exchange has that code, or its calendar does not reach so far.
    """
    # A second to import, which a gate that only trades around the clock should not pay.
    import exchange_calendars  # noqa: PLC0415
    from exchange_calendars.errors import InvalidCalendarName  # noqa: PLC0415

    since = datetime(years[0], 1, 1, tzinfo=UTC)
    until = datetime(years[1] + 1, 1, 1, tzinfo=UTC)
    # A session belongs to a day in its own zone, and may reach into the day before or after in UTC.
    start, end = since - _MARGIN, until + _MARGIN
    try:
        with warnings.catch_warnings():
            # How it uses pandas is nothing an operator could do anything about.
            warnings.simplefilter("ignore")
            calendar = exchange_calendars.get_calendar(
                code, start=start.date().isoformat(), end=end.date().isoformat()
            )
    except InvalidCalendarName:
        raise ValueError(f"no exchange calendar is called `{code}`") from None
    except ValueError as error:
        raise ValueError(f"calendar `{code}` does not reach so far: {error}") from None
    sessions: list[tuple[Micros, Micros]] = []
    for day in calendar.schedule.itertuples():
        turns = [instant for instant in day[1:] if instant == instant]  # noqa: PLR0124 (NaT)
        instants = [_micros(turn.to_pydatetime()) for turn in turns]
        assert all(early < late for early, late in pairwise(instants)), day
        sessions += zip(instants[::2], instants[1::2], strict=True)
    first, last = _micros(since), _micros(until)
    kept = tuple(each for each in sessions if each[1] > first and each[0] < last)
    return Calendar(name, first, last, kept)


def _micros(instant: datetime) -> Micros:
    return Micros((instant - _EPOCH) // _MICRO)
