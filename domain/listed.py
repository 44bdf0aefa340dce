"""Lists of instruments that rules name: restricted, watch, approved, easy to borrow.

An entry names one instrument, or every instrument of an issuer, and may hold for a time only: a
name goes on a restricted list when the firm learns something and comes off when everybody knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.ids import InstrumentId, Micros
from domain.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a list. Exactly one of `instrument` and `issuer` is given.

    In force from `since`, inclusive, to `until`, exclusive; None has no end on that side.
    """

    instrument: InstrumentId | None = None
    issuer: str | None = None
    since: Micros | None = None
    until: Micros | None = None

    def names(self, instrument: Instrument) -> bool:
        """Whether the entry is about an instrument itself; of its derivatives, see the rule."""
        if self.instrument is not None:
            return self.instrument == instrument.id
        return self.issuer == instrument.issuer

    def holds(self, at: Micros) -> bool:
        """Whether the entry is in force."""
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentList:
    """A named list. `owner` is who keeps it (the control room, the securities lending desk)."""

    entries: tuple[Entry, ...] = ()
    owner: str = ""


def listing(instruments: Iterable[InstrumentId]) -> InstrumentList:
    """Make a list of instruments that holds at all times."""
    return InstrumentList(entries=tuple(Entry(instrument=name) for name in sorted(instruments)))
