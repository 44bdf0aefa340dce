"""Session hours: when a FIX session may be up, and when its numbers begin again at 1.

A trading session opens and closes at a wall clock time of its zone, either each day (`days` says
which; one that closes at or before it opens closes on the next day) or once a week (Sunday 18:00
to Friday 17:00). Numbers begin again when a trading session opens. Wall clocks jump twice a year;
the hours jump with them, which is why quickfix's own schedule, in UTC or in the zone of the
machine, is not used.

*Law.* `began(at)` is the latest opening not after `at` whose closing lies after `at`, or None. It
depends on `at` alone, so whoever missed an opening (a stopped machine, a long pause) finds out
when next asking.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo


class Day(IntEnum):
    """Days of the week, as `datetime.weekday` counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


WORKING_DAYS = frozenset({Day.MONDAY, Day.TUESDAY, Day.WEDNESDAY, Day.THURSDAY, Day.FRIDAY})


@dataclass(frozen=True, slots=True)
class Daily:
    """One trading session on each of `days`, named by the day it opens on."""

    opens: time
    closes: time
    zone: ZoneInfo
    days: frozenset[Day] = WORKING_DAYS

    def began(self, at: datetime) -> datetime | None:
        here = at.astimezone(self.zone)
        for back in (0, 1):
            on = here.date() - timedelta(days=back)
            if on.weekday() not in self.days:
                continue
            opened = datetime.combine(on, self.opens, self.zone)
            overnight = timedelta(days=1 if self.closes <= self.opens else 0)
            closed = datetime.combine(on + overnight, self.closes, self.zone)
            if _utc(opened) <= _utc(at) < _utc(closed):
                return _utc(opened)
        return None


@dataclass(frozen=True, slots=True)
class Weekly:
    """One trading session a week."""

    opens_on: Day
    opens: time
    closes_on: Day
    closes: time
    zone: ZoneInfo

    def began(self, at: datetime) -> datetime | None:
        here = at.astimezone(self.zone)
        length = (self.closes_on - self.opens_on) % 7
        if length == 0 and self.closes <= self.opens:
            length = 7
        first = (here.weekday() - self.opens_on) % 7
        for back in (first, first + 7):
            on = here.date() - timedelta(days=back)
            opened = datetime.combine(on, self.opens, self.zone)
            closed = datetime.combine(on + timedelta(days=length), self.closes, self.zone)
            if _utc(opened) <= _utc(at) < _utc(closed):
                return _utc(opened)
        return None


@dataclass(frozen=True, slots=True)
class Always:
    """One session that never ends; its numbers begin again only when an operator says so."""

    def began(self, at: datetime) -> datetime | None:
        del at
        return datetime.min.replace(tzinfo=UTC)


Hours = Daily | Weekly | Always
ALWAYS = Always()


def _utc(at: datetime) -> datetime:
    """Instants are compared in UTC: Python compares times of one zone by the wall clock."""
    return at.astimezone(UTC)
