"""Whether the venue takes orders at this hour.

Asked by every venue, and by the market access rule's pre-order-entry requirements. The
instrument's calendar holds the venue's sessions as intervals ``open <= t < close``; an order is
taken in

    [open - before_open, close - before_close)

of one of them. `before_open` lets desks enter orders ahead of the opening auction; `before_close`
keeps them from being late for the close.

A calendar that is not there, or does not vouch for this instant, denies.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Final

from domain.calendar import Calendar
from domain.finding import Finding, OrdRejReason
from domain.ids import Micros
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import Duration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

CLOSED = Reason(
    "venue_is_closed",
    OrdRejReason.EXCHANGE_CLOSED,
    "the venue takes no orders at this hour",
)

UNKNOWN = Reason(
    "venue_hours_are_unknown",
    OrdRejReason.EXCHANGE_CLOSED,
    "the instrument's calendar is missing or does not cover this instant",
)

Interval = tuple[Micros, Micros]

_OPENING: Final = itemgetter(0)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Hours(Parameters):
    """How long before the open orders are taken, and how long before the close no more."""

    before_open: Duration = 0
    before_close: Duration = 0


class SessionHours(Kind[Hours]):
    """The venue is open, or near enough to opening."""

    name = "session_hours"
    parameters = Hours
    reasons = (CLOSED, UNKNOWN)
    citations = ("SEC 15c3-5(c)(2)(i)",)

    def bind(self, rule: Rule[Hours], place: Place) -> Check:
        """Bind the calendar, and keep the interval that answered last: the next is like it."""
        hours = rule.parameters
        instrument = place.instrument
        calendar = place.reference.calendars.get(instrument.calendar)
        where = scope(Level.VENUE, instrument.mic)
        since, until = Micros(0), Micros(0)

        def passes(case: Case) -> bool:
            nonlocal since, until
            at = case.at
            if since <= at < until:
                return True
            found = None if calendar is None else _taking(calendar, hours, at)
            if found is None:
                return False
            since, until = found
            return True

        def findings(case: Case) -> Iterator[Finding]:
            if calendar is None:
                text = f"no calendar is called `{instrument.calendar}`"
                yield finding(rule, UNKNOWN, text, scope=where)
            elif calendar.is_open(case.at) is None:
                text = f"the calendar `{calendar.id}` does not cover {_told(case.at)}"
                yield finding(rule, UNKNOWN, text, scope=where)
            elif _taking(calendar, hours, case.at) is None:
                text = f"{instrument.mic} takes no orders at {_told(case.at)}"
                yield finding(rule, CLOSED, text, scope=where, observed=_told(case.at))

        return Check(passes, findings)


def _taking(calendar: Calendar, hours: Hours, at: Micros) -> Interval | None:
    """Find the interval around an instant in which orders are taken."""
    if not calendar.since <= at < calendar.until:
        return None
    after = bisect_right(calendar.sessions, at, key=_OPENING)
    for opens, closes in calendar.sessions[max(0, after - 1) : after + 1]:
        since = max(calendar.since, Micros(opens - hours.before_open))
        until = min(calendar.until, Micros(closes - hours.before_close))
        if since <= at < until:
            return since, until
    return None


def _told(at: Micros) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat().replace("+00:00", "Z")
