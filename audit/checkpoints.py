"""The checkpoints file: signed heads, one after another, each note ended by a blank line.

    note ‖ newline ‖ note ‖ newline ‖ …

A note (see `note`) is its text, a blank line and its signature lines, so the file falls apart at
its blank lines into text, signatures, text, signatures. Sizes never fall. Only the last note can be
torn.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from audit import note
from audit.disk import File
from audit.errors import Place
from audit.note import Checkpoint

NAME = "checkpoints"

NOTE_BYTES_MAX = 64 * 2**10
"""Room for sixteen post-quantum cosignatures and more than a log ever has."""

_WINDOW = 2**20


@dataclass(frozen=True, slots=True)
class Entry:
    """A note that has the form of one; nothing is said about its signatures."""

    head: Checkpoint
    text: bytes
    signatures: bytes
    at: int
    end: int
    line: int

    @property
    def place(self) -> Place:
        return Place(NAME, self.line, self.at)


@dataclass(frozen=True, slots=True)
class Scrap:
    """Bytes that are not a note."""

    at: int
    end: int
    line: int

    @property
    def place(self) -> Place:
        return Place(NAME, self.line, self.at)


def entries(file: File, start: int = 0, end: int | None = None) -> Iterator[Entry | Scrap]:
    """Read the notes between two offsets, with whatever stands between them as scraps."""
    end = file.size() if end is None else end
    scrap_from, scrap_line = start, 1
    at, line, held = start, 1, b""
    pieces: list[tuple[int, int, bytes]] = []
    while at + len(held) < end or held:
        fresh = file.read(at + len(held), min(_WINDOW, end - at - len(held)))
        held += fresh
        while (cut := held.find(b"\n\n")) >= 0:
            pieces.append((at, line, held[:cut]))
            line += held.count(b"\n", 0, cut + 2)
            at += cut + 2
            held = held[cut + 2 :]
            if (found := _entry(pieces[-2:], at)) is not None:
                if found.at > scrap_from:
                    yield Scrap(scrap_from, found.at, scrap_line)
                yield found
                pieces = []
                scrap_from, scrap_line = at, line
            del pieces[:-1]
        if not fresh:
            break
    if scrap_from < end:
        yield Scrap(scrap_from, end, scrap_line)


def last(file: File) -> tuple[Entry | None, Scrap | None]:
    """Return the last note and the scrap behind it, reading only the tail of the file."""
    size = file.size()
    found: Entry | None = None
    scrap: Scrap | None = None
    for entry in entries(file, max(0, size - 4 * NOTE_BYTES_MAX)):
        match entry:
            case Entry():
                found, scrap = entry, None
            case Scrap():
                scrap = entry
    return found, scrap


def _entry(pieces: list[tuple[int, int, bytes]], end: int) -> Entry | None:
    if len(pieces) < 2 or end - pieces[0][0] > NOTE_BYTES_MAX:
        return None
    (at, line, text), (_, _, signatures) = pieces
    text += b"\n"
    try:
        head = Checkpoint.parse(text)
    except ValueError:
        return None
    if not note.is_signatures(signatures):
        return None
    return Entry(head, text, signatures, at, end, line)
