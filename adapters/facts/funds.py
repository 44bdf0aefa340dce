"""What accounts are worth, and when the days end by which gains and losses are counted.

A trading day ends at one time of day on the clocks of a zone: on each day on which a calendar has a
session that closes, or on every day of some years where trading never stops. The days are worked
out when facts are read, like calendars: the core meets no time zone.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapters.facts.reading import Once, Reading
from adapters.facts.text import BalanceText, DayText, FactsText
from domain.calendar import Calendar, always_open
from domain.equity import Balance
from domain.ids import AccountId, CalendarId, Micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def balances(
    reading: Reading, text: FactsText, accounts: Iterable[str]
) -> dict[AccountId, Balance]:
    """Read the equity of accounts; one without an instant of its own is as old as the facts."""
    found: dict[AccountId, Balance] = {}
    once = Once()
    for place, row in reading.entries("balances", text.balances, text.balances_from, BalanceText):
        once.note(row.account, place, f"the balance of `{row.account}`")
        place.named(row.account, "account", accounts, "account")
        as_of = row.as_of if row.as_of is not None else text.as_of
        if as_of is None:
            place.fault("a balance needs an instant: `as_of` here, or of the file")
            continue
        found[AccountId(row.account)] = Balance(equity=row.equity, as_of=as_of)
    return found


def day_ends(
    reading: Reading, text: FactsText, calendars: Mapping[CalendarId, Calendar]
) -> tuple[Micros, ...]:
    """Work out the ends of the trading days, rising."""
    day = text.trading_day
    if day is None:
        return ()
    zone = ZoneInfo(day.zone)
    if day.years is not None:
        days = _every_day(day.years)
    else:
        days = _days_of(reading, day, calendars, zone)
    hour, minute = map(int, day.ends.split(":"))
    ends = {datetime.combine(each, time(hour, minute), zone) for each in days}
    return tuple(sorted(Micros((end - _EPOCH) // _MICRO) for end in ends))


def _every_day(years: tuple[int, int]) -> Iterator[date]:
    day, last = date(years[0], 1, 1), date(years[1], 12, 31)
    while day <= last:
        yield day
        day += _DAY


def _days_of(
    reading: Reading, day: DayText, calendars: Mapping[CalendarId, Calendar], zone: ZoneInfo
) -> Iterator[date]:
    """Give the days, on the clocks of the zone, on which a calendar's sessions close."""
    place = reading.place("trading_day")
    name = CalendarId(day.calendar or "")
    place.named(name, "calendar", calendars, "calendar")
    known = calendars.get(name)
    if known == always_open(name):
        place.fault(f"calendar `{name}` never closes: say the `years` instead", "calendar")
    elif known is not None:
        for _, closing in known.sessions:
            yield (_EPOCH + closing * _MICRO).astimezone(zone).date()
