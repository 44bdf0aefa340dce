"""The trading day: since when profit and loss are counted.

A firm's day ends when it says so, such as 17:00 in New York. The core may not ask a time-zone
table, so whoever loads the reference facts turns that into a rising sequence of instants, as it
does with a venue's hours. A day runs from one end up to the next:

    ends[i] <= t < ends[i + 1]

What lies before the first end is one day too. After the last end the day is unknown, for nobody
said when it ends, and a rule that needs it denies.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.ids import Micros

NEVER: Final = Micros(2**53 - 1)
"""Later than any instant a record can hold."""


@dataclass(slots=True)
class Day:
    """The day the book is in. At `until` the next begins, if it is `known` when."""

    since: Micros = Micros(0)
    until: Micros = Micros(0)
    known: bool = False


def day_of(ends: Sequence[Micros], at: Micros) -> tuple[Micros, Micros]:
    """Give when the day of an instant began and ends: `NEVER` where nobody said."""
    place = bisect_right(ends, at)
    since = ends[place - 1] if place else Micros(0)
    return since, ends[place] if place < len(ends) else NEVER
