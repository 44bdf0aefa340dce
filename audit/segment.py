"""The bytes of a segment: a header line, then batches of record lines, then perhaps free space.

    {"chain":"<hex>","first":0,"format":"ordergate-journal/1","key":"…","origin":"…","tree":[]}
    batch 0 2 387
    <64 hex of h(0)> <record 0>
    <64 hex of h(1)> <record 1>
    batch 2 1 191
    …

The header repeats what the segments before it came to (the chain link and the frontier before its
first record), so a segment can be read, checked and continued alone. `batch FIRST COUNT BYTES`
stands before the records that were written and synced together; BYTES counts their lines. Zero
bytes after the last batch are space reserved for the next.

INVARIANT (one unsynced batch). A batch is written only when the one before it is durable. So the
start of a batch proves that its predecessor was acknowledged, and only the very last one can be
torn. Batch lines serve recovery; they are no evidence and are not hashed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from audit import canonical, tree
from audit.disk import File
from audit.errors import Place
from audit.note import PublicKey

FORMAT = "ordergate-journal/1"
FOLDER = "segments"
RECORDS = 65_536
"""Records in a full segment: a power of two, so that each full segment is a perfect subtree."""

BATCH_BYTES_MAX = 64 * 2**20
"""A batch is read whole, so this bounds a reader's memory."""

_NAME = re.compile(r"[0-9]{16}\.seg")
_BATCH = re.compile(
    rb"batch (0|[1-9][0-9]{0,15}) ([1-9][0-9]{0,15}) ([1-9][0-9]{0,15})\n", re.ASCII
)
_LATER = re.compile(rb"\nbatch ([0-9]{1,16}) ([0-9]{1,16}) ([0-9]{1,16})\n[0-9a-f]{64} ", re.ASCII)
_LINK = 64
_WINDOW = 2**20


def name(first: int) -> str:
    """Return the name, inside the journal, of the segment whose first record is `first`."""
    return f"{FOLDER}/{first:016}.seg"


def first_of(file_name: str) -> int | None:
    """Return the first index that a name in the segment folder states, None for a foreign name."""
    return int(file_name[:16]) if _NAME.fullmatch(file_name) else None


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where bytes stop being what the format wants, and why."""

    at: int
    line: int
    kind: str
    found: str

    def place(self, file: str) -> Place:
        return Place(file, self.line, self.at)


class UnknownFormat(ValueError):
    """A header that is whole, of a journal we do not know how to read."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a segment."""

    origin: str
    key: str
    first: int
    chain: bytes
    nodes: tuple[bytes, ...]

    def line(self) -> bytes:
        return (
            canonical.encode(
                {
                    "chain": self.chain.hex(),
                    "first": self.first,
                    "format": FORMAT,
                    "key": self.key,
                    "origin": self.origin,
                    "tree": [node.hex() for node in self.nodes],
                }
            )
            + b"\n"
        )

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Read a header line; ValueError says why it is none."""
        if (stray := canonical.flaw(line[:-1])) is not None or line[-1:] != b"\n":
            raise ValueError(stray or "the line does not end")
        value = canonical.decode(line[:-1])
        if value.get("format") != FORMAT:
            raise UnknownFormat(f"the format is `{value.get('format')}`, wanted `{FORMAT}`")
        try:
            header = cls(
                origin=value["origin"],
                key=value["key"],
                first=value["first"],
                chain=bytes.fromhex(value["chain"]),
                nodes=tuple(bytes.fromhex(node) for node in value["tree"]),
            )
            same = header.line() == line
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"a member is missing or is no such thing: {error}") from error
        if not same or len(header.chain) != 32 or any(len(node) != 32 for node in header.nodes):
            raise ValueError("members are missing, or there are others than the format has")
        if header.first % RECORDS or header.first.bit_count() != len(header.nodes):
            raise ValueError("`first` and `tree` do not belong together")
        if PublicKey.parse(header.key).name != header.origin:
            raise ValueError("`key` is not named for `origin`")
        return header


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that were written and synced together, checked against the chain."""

    first: int
    at: int
    end: int
    body: bytes
    """The record lines as they stand."""
    records: list[bytes]
    leaves: list[bytes]


@dataclass(frozen=True, slots=True)
class BatchLine:
    """What stands before a batch."""

    first: int
    count: int
    size: int
    """Bytes of the record lines."""
    length: int
    """Bytes of the batch line itself."""


def batch_line(text: bytes) -> BatchLine | None:
    """Read the batch line that `text` begins with."""
    match = _BATCH.match(text)
    if match is None:
        return None
    return BatchLine(int(match[1]), int(match[2]), int(match[3]), match.end())


def encode_batch(first: int, chain: bytes, records: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
    """Return the bytes of a batch and the chain links of its records."""
    leaves = tree.links(chain, records)
    parts = [
        b"%b %b\n" % (leaf.hex().encode(), record)
        for leaf, record in zip(leaves, records, strict=True)
    ]
    body = b"".join(parts)
    return b"batch %d %d %d\n" % (first, len(records), len(body)) + body, leaves


class Cursor:
    """Reads a segment forward through a window, so that memory stays bounded."""

    __slots__ = ("_file", "_from", "_window", "at", "line")

    def __init__(self, file: File) -> None:
        self._file = file
        self._window = b""
        self._from = 0
        self.at = 0
        """Offset of the next byte."""
        self.line = 1
        """Number of the next line."""

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes without passing them; fewer only at the end of the file."""
        skip = self.at - self._from
        if len(self._window) - skip < size:
            wanted = max(size, _WINDOW)
            kept = self._window[skip:]
            self._window = kept + self._file.read(self.at + len(kept), wanted - len(kept))
            self._from, skip = self.at, 0
        return self._window[skip : skip + size]

    def forget(self) -> None:
        """Drop the window: the file may have grown."""
        self._window, self._from = b"", self.at

    def header(self) -> Header | Flaw:
        """Read the header line and pass it, or say what is wrong and stay."""
        line = self.peek(_WINDOW).partition(b"\n")[0] + b"\n"
        try:
            found = Header.parse(self.peek(len(line)))
        except UnknownFormat as error:
            return Flaw(self.at, self.line, "format", str(error))
        except ValueError as error:
            return Flaw(self.at, self.line, "header", f"not a segment header: {error}")
        self.at += len(line)
        self.line += 1
        return found

    def batch(self, first: int, chain: bytes) -> Batch | Flaw | None:
        """Read the batch that starts with record `first` and pass it.

        None where there is none: at the end of the file or before a zero byte. A flaw stays before
        the batch.
        """
        head = self.peek(64)
        if head[:1] in {b"", b"\x00"}:
            return None
        stated = batch_line(head)
        if stated is None:
            return Flaw(self.at, self.line, "batch", "not a batch line")
        if stated.first != first:
            text = f"the batch starts at record {stated.first}, wanted {first}"
            return Flaw(self.at, self.line, "batch", text)
        count, size, start = stated.count, stated.size, stated.length
        if first % RECORDS + count > RECORDS or size > BATCH_BYTES_MAX:
            return Flaw(self.at, self.line, "batch", f"{count} records in {size} bytes do not fit")
        body = self.peek(start + size)[start:]
        lines = body.split(b"\n")
        if len(body) < size or lines.pop() or len(lines) != count:
            return Flaw(
                self.at,
                self.line,
                "batch",
                f"wanted {count} lines in {size} bytes, found {len(lines)} in {len(body)}",
            )
        records = [line[_LINK + 1 :] for line in lines]
        leaves = tree.links(chain, records)
        # All links at once: half the cost of comparing line by line.
        if b"".join([line[: _LINK + 1] for line in lines]) != (
            b"".join(leaves).hex(" ", 32).encode() + b" "
        ):
            return self._broken_link(start, lines, leaves)
        found = Batch(first, self.at, self.at + start + size, body, records, leaves)
        self.at = found.end
        self.line += count + 1
        return found

    def _broken_link(self, start: int, lines: list[bytes], leaves: list[bytes]) -> Flaw:
        at = self.at + start
        number = self.line + 1
        for line, leaf in zip(lines, leaves, strict=True):
            if line[: _LINK + 1] != leaf.hex().encode() + b" ":
                break
            at += len(line) + 1
            number += 1
        return Flaw(at, number, "chain", "the record and its link do not belong together")

    def stretch(self) -> bytes:
        """Return what stands from here to the next batch line, or to the end, without passing it.

        Bounded by the segment, not by a batch: for bytes that are not a whole batch.
        """
        found, searched = b"", 0
        while (end := found.find(b"\nbatch ", searched)) < 0:
            searched = max(0, len(found) - len(b"\nbatch "))
            more = self._file.read(self.at + len(found), _WINDOW)
            if not more:
                return found
            found += more
        return found[: end + 1]

    def blank(self) -> bool:
        """Say whether nothing but zero bytes follow."""
        at = self.at
        while chunk := self._file.read(at, _WINDOW):
            if chunk.strip(b"\x00"):
                return False
            at += len(chunk)
        return True

    def continues(self, first: int) -> bool:
        """Say whether anything was written after the batch of record `first`, which starts here.

        Then that batch was acknowledged. Two signs: bytes behind the end it states, and the start
        of a batch of later records. A batch line cannot occur inside a record, which has no
        newline.
        """
        stated = batch_line(self.peek(64))
        if stated is not None and stated.first == first:
            beyond = Cursor(self._file)
            beyond.at = self.at + stated.length + stated.size
            if not beyond.blank():
                return True
        at, overlap = self.at, b""
        while chunk := self._file.read(at, _WINDOW):
            text = overlap + chunk
            if any(int(later[1]) > first for later in _LATER.finditer(text)):
                return True
            overlap = text[-256:]
            at += len(chunk)
        return False
