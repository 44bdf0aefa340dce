"""When a venue trades: opening hours as plain intervals.

The core may not ask a clock or a time-zone table, so whoever loads the reference facts turns
a named exchange calendar into sorted, non-overlapping UTC intervals covering the years it
vouches for. An instant outside that cover has no answer, and a rule that needs one denies.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from domain.ids import CalendarId, Micros


@dataclass(frozen=True, slots=True)
class Calendar:
    """Trading sessions of one venue between `since` and `until`.

    `sessions` are ``(open, close)`` pairs, open ≤ t < close, in time order.
    """

    id: CalendarId
    since: Micros
    until: Micros
    sessions: tuple[tuple[Micros, Micros], ...]

    def is_open(self, at: Micros) -> bool | None:
        """Say whether the venue trades at an instant; None when the calendar does not know."""
        if not self.since <= at < self.until:
            return None
        place = bisect_right(self.sessions, at, key=_opening) - 1
        return place >= 0 and at < self.sessions[place][1]


def always_open(name: CalendarId) -> Calendar:
    """Make the calendar of a venue that never closes."""
    since, until = Micros(0), Micros(2**53 - 1)
    return Calendar(name, since, until, ((since, until),))


def _opening(session: Sequence[Micros]) -> Micros:
    return session[0]
