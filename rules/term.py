"""The term of a rule: from when and until when it is in force.

A law has a day on which it begins, and the one it replaces ends that day. Both stand in one policy,
each with its term, and an order is judged by the rules in force at its own instant; so a past day,
replayed or tried, is judged by that day's rules.

    2026-06-04                           the day begins at midnight UTC
    2026-06-04 America/New_York          the day begins at midnight on the clocks there
    2026-06-04 09:30 America/New_York    that time on the clocks there
    2026-06-04T13:30:00Z                 an instant, with its offset

*Law.* A rule is in force at `at` when ``since <= at < until``: the first instant belongs to it and
the last does not, so two rules that meet at one day leave no instant to neither and none to both.

A wall clock that jumps skips times and shows others twice; such a time is refused, not guessed.
What the clocks of a zone do is read from the machine's zone database, which is changed only for
what lies ahead: an instant of a day that has passed stays where it was.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, WithJsonSchema

from domain.ids import Micros

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_OFFSET: Final = r"Z|[+-][0-9]{2}:[0-9]{2}"
_WRITTEN: Final = rf"({_DAY})(?:[ T]({_TIME}))?({_OFFSET})?(?: ([A-Za-z][A-Za-z0-9_/+-]*))?"


@dataclass(frozen=True, slots=True)
class Term:
    """From `since`, up to and without `until`; None is without end on that side."""

    since: Micros | None = None
    until: Micros | None = None

    def holds(self, at: Micros) -> bool:
        """Whether an instant lies in the term."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def __str__(self) -> str:
        """Say the term as a person would: ``from 2026-06-04 until 2027-10-20 04:00 UTC``."""
        ends = (("from", self.since), ("until", self.until))
        told = (f"{word} {show_moment(at)}" for word, at in ends if at is not None)
        return " ".join(told) or "always"


ALWAYS: Final = Term()
"""The term of a rule that says nothing of dates."""


def read_moment(given: object) -> Micros:
    """Read a day, which is the instant it begins, or an instant, in any of the ways above."""
    found = re.fullmatch(_WRITTEN, given) if isinstance(given, str) else None
    if found is None:
        raise ValueError(
            f"`{given}` is not a day or an instant such as 2026-06-04, "
            "2026-06-04 America/New_York or 2026-06-04T13:30:00Z"
        )
    day, time, offset, zone = found.groups()
    if offset and zone:
        raise ValueError(f"`{given}` has an offset and a zone: wanted one of them")
    if time and not (offset or zone):
        raise ValueError(f"`{given}` says no zone: wanted an offset, or a name after it")
    try:
        at = datetime.fromisoformat(f"{day}T{time or '00:00'}{offset or ''}")
    except ValueError as error:
        raise ValueError(f"`{given}`: {error}") from None
    if zone:
        at = _on_clocks(at, _zone(zone), given)
    elif not offset:
        at = at.replace(tzinfo=UTC)
    return Micros((at - _EPOCH) // timedelta(microseconds=1))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"`{name}` is not a time zone such as America/New_York") from None


def _on_clocks(at: datetime, zone: ZoneInfo, given: object) -> datetime:
    """Find the one instant at which the clocks of a zone show a time."""
    first, second = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        told = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0)
        said = "show twice" if told == at else "skip"
        raise ValueError(f"`{given}` is a time the clocks there {said}: write it with its offset")
    return first


def show_moment(at: Micros) -> str:
    """Show an instant: the day it begins, or else its time, UTC."""
    instant = _EPOCH + timedelta(microseconds=at)
    if instant.time() == instant.min.time():
        return f"{instant:%Y-%m-%d}"
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC".replace(":00 UTC", " UTC")


Moment = Annotated[
    Micros,
    BeforeValidator(read_moment),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_WRITTEN}$",
            "examples": ["2026-06-04", "2026-06-04 America/New_York", "2026-06-04T13:30:00Z"],
        }
    ),
]
"""A day, which means the instant it begins, or an instant; in microseconds."""
