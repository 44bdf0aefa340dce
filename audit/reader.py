"""Reading a journal, also while it is being written, without its lock.

Every record passes its chain check before it is handed out. A reader sees a batch as soon as the
bytes are there, which may be one sync before they are durable: good for a screen, not for an
acknowledgement.

Bytes at the very end that are not a whole batch are *not yet* anything: the pen may be in the
middle of it, or a crash may have torn it, and the next opening for writing will say. Such bytes
with a later batch behind them are damage.
"""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple, Self

from audit import objects, segment
from audit.disk import Disk, File, FolderDisk
from audit.errors import JournalDamaged, JournalForeign, Place
from audit.segment import Batch, Cursor, Flaw, Header

_REMEDY = "verify the journal to see the extent, and restore it from a verified copy"


class Record(NamedTuple):
    """A record and where it stands."""

    number: int
    """Its index, counted from zero."""
    body: bytes
    link: bytes
    """h(number): the chain link, which is the leaf hash."""


class Reader:
    """A journal opened for reading."""

    __slots__ = ("_disk",)

    def __init__(self, disk: Disk) -> None:
        if not disk.names(segment.FOLDER):
            raise JournalForeign(f"no journal here: wanted a folder `{segment.FOLDER}`")
        self._disk = disk

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Read the journal in folder `path`."""
        return cls(FolderDisk(Path(path)))

    def records(self, start: int = 0) -> Iterator[Record]:
        """Yield the records from index `start` to the present end."""
        return self.follow(start, lambda: False)

    def follow(self, start: int, pause: Callable[[], bool]) -> Iterator[Record]:
        """Yield the records from index `start`, and go on as they are written.

        At the end of what is there `pause` is called: it waits as it sees fit and says whether to
        go on.
        """
        first = start - start % segment.RECORDS
        while self._begun(first, pause):
            file = self._disk.open(segment.name(first))
            try:
                end = yield from self._batches(file, first, start, pause)
            finally:
                file.close()
            first += segment.RECORDS
            if end < first:
                return

    def record(self, index: int) -> Record:
        """Return one record; IndexError when there is none of that index yet."""
        for found in self.records(index):
            return found
        raise IndexError(f"no record {index}")

    def object(self, named: str) -> bytes:
        """Return the object that a record names as `sha256:…`; KeyError when it is not here."""
        return objects.get(self._disk, named)

    def _begun(self, first: int, pause: Callable[[], bool]) -> bool:
        """Wait until there is a segment that starts at `first`."""
        while segment.name(first) not in (names := self._segments()):
            if names and names[-1] > segment.name(first):
                raise JournalDamaged(Place(segment.name(first), 1, 0), "missing", _REMEDY)
            if not pause():
                return False
        return True

    def _segments(self) -> list[str]:
        return [f"{segment.FOLDER}/{found}" for found in self._disk.names(segment.FOLDER)]

    def _batches(
        self, file: File, first: int, start: int, pause: Callable[[], bool]
    ) -> Generator[Record, None, int]:
        """Yield the records of a segment from index `start`; return the index where they end."""
        cursor = Cursor(file)
        index, chain = first, b""
        looked_into: int | None = None
        while index < first + segment.RECORDS:
            found = cursor.batch(index, chain) if chain else cursor.header()
            match found:
                case Header():
                    chain = found.chain
                case Batch():
                    for number in range(max(0, start - index), len(found.records)):
                        yield Record(index + number, found.records[number], found.leaves[number])
                    index += len(found.records)
                    chain = found.leaves[-1]
                case Flaw(kind="format"):
                    raise JournalForeign(f"{found.place(segment.name(first))}: {found.found}")
                case Flaw() | None:
                    # Once for each index, not at every poll: it reads to the end of the file.
                    if looked_into != index:
                        looked_into = index
                        if self._acknowledged(cursor, first, index):
                            self._refuse_damage(cursor, first, index, chain)
                            continue
                    if not pause():
                        return index
                    cursor.forget()
        return index

    def _refuse_damage(self, cursor: Cursor, first: int, index: int, chain: bytes) -> None:
        """Look again, since the pen may have finished this batch and begun the next meanwhile."""
        cursor.forget()
        at, line = cursor.at, cursor.line
        found = cursor.batch(index, chain) if chain else cursor.header()
        if found is None or isinstance(found, Flaw):
            broken = found or Flaw(at, line, "missing", "no batch")
            raise JournalDamaged(broken.place(segment.name(first)), broken.found, _REMEDY)
        cursor.at, cursor.line = at, line

    def _acknowledged(self, cursor: Cursor, first: int, index: int) -> bool:
        return cursor.continues(index) or self._segments()[-1] > segment.name(first)
