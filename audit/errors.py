"""How the journal says no.

Each refusal names what was found, what was wanted and, where a person must act, the remedy.
A journal never repairs what was acknowledged: it stops and says where.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file of the journal: line counted from one, byte from zero."""

    file: str
    line: int
    byte: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.byte}"


class JournalError(Exception):
    """Whatever keeps a journal from being opened, read or written."""


class JournalLocked(JournalError):
    """Another process, or another part of this one, holds the pen."""


class JournalForeign(JournalError):
    """The folder is not this journal: another format, origin or key."""


class JournalPoisoned(JournalError):
    """A write or a sync did not finish: the disk holds who knows what, so no more is written."""


class JournalDamaged(JournalError):
    """Acknowledged bytes are missing or differ from what was written."""

    def __init__(self, place: Place, found: str, remedy: str) -> None:
        super().__init__(f"{place}: {found}; {remedy}")
        self.place = place
        self.found = found
        self.remedy = remedy
