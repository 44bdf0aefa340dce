"""Judging a journal from its bytes alone: every fault that can be found, each with its place.

What is held against what:

    each record        its link, recomputed from the link before it
    each batch line    the records that follow it
    each segment       its name, its header, its 65,536 records, and the tree so far
    each checkpoint    its form, its signature, and the root over as many records
    each object        the digest that is its name; and each one a record names must be there
    each quarantine    the digest in its name

After a fault the reading goes on: an edited record is reported once, because the next record is
held against the link that stands in the file. What could not be judged is said too; an empty list
of faults means no more than what was checked. Nothing proves that the newest records were not cut
off with their checkpoint: for that, compare `head` with one kept elsewhere.

Memory is bounded by the largest batch. A journal that is being written may be verified: the
checkpoints are read first, so all they count is there.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from audit import canonical, checkpoints, objects, recovery, segment, tree
from audit.checkpoints import Entry, Scrap
from audit.disk import Disk, File, FolderDisk
from audit.errors import Place
from audit.note import PublicKey
from audit.report import Fault, Report
from audit.segment import Batch, Cursor, Flaw, Header
from audit.tree import GENESIS, Frontier

FAULTS_MAX = 1000
"""Faults kept with their places; further ones are counted."""

_LINE = re.compile(rb"([0-9a-f]{64}) (.+)", re.DOTALL)
_PEN_PAUSE_S = 0.02


def verify(
    path: str | os.PathLike[str], public_key: PublicKey | None = None, *, form: bool = True
) -> Report:
    """Judge the journal in folder `path`.

    Signatures are held against `public_key`; without one, against the key that the journal itself
    names, which proves only that nobody without that key wrote it. `form=False` leaves out whether
    each record is canonical JSON, which costs more than all the rest.
    """
    return verify_disk(FolderDisk(Path(path)), public_key, form=form)


def verify_disk(disk: Disk, public_key: PublicKey | None = None, *, form: bool = True) -> Report:
    """Judge the journal on `disk`; see `verify`."""
    return _Examination(disk, public_key, form=form).report()


@dataclass(slots=True)
class _Tally:
    segments: int = 0
    batches: int = 0
    bytes: int = 0
    checkpoints: int = 0
    signed: int = 0
    objects: int = 0
    omitted: int = 0
    roots_skipped: int = 0


class _Examination:
    """One reading of one journal."""

    def __init__(self, disk: Disk, key: PublicKey | None, *, form: bool) -> None:
        self._disk = disk
        self._key = key
        self._form = form
        self._tally = _Tally()
        self._faults: list[Fault] = []
        self._unchecked: list[str] = []
        self._size = 0
        self._chain = GENESIS
        self._doubt: bytes | None = None
        """The link that the last record should have had, when it did not fit."""
        self._frontier: Frontier | None = Frontier()
        """None once records are known to be missing, until a segment header gives it again."""
        self._differs = False
        """A root was found wrong; the later ones must be too."""
        self._named: dict[str, Place] = {}
        self._due: Iterator[Entry] = iter(())
        self._next: Entry | None = None

    def report(self) -> Report:
        names = self._segment_names()
        self._choose_key(names)
        self._notes_end = self._notes_size()  # before the segments: all they count is there
        self._due = self._signed_heads()
        self._next = next(self._due, None)
        for name in names:
            file = self._disk.open(f"{segment.FOLDER}/{name}")
            try:
                self._segment(file, name, last=name == names[-1])
            finally:
                file.close()
        self._heads_beyond_the_end()
        self._objects()
        self._quarantine()
        if not self._form:
            self._unchecked.append("whether each record is canonical JSON was not asked")
        tally, frontier = self._tally, self._frontier
        return Report(
            origin="" if self._key is None else self._key.name,
            segments=tally.segments,
            batches=tally.batches,
            records=self._size,
            bytes=tally.bytes,
            head=self._chain.hex(),
            root="" if frontier is None else frontier.root().hex(),
            checkpoints=tally.checkpoints,
            signed=tally.signed,
            objects=tally.objects,
            faults=tuple(self._faults),
            faults_omitted=tally.omitted,
            unchecked=tuple(self._unchecked),
        )

    def _fault(self, place: Place, kind: str, text: str) -> None:
        if len(self._faults) < FAULTS_MAX:
            self._faults.append(Fault(place, kind, text))
        else:
            self._tally.omitted += 1

    # ------------------------------------------------------------------ segments

    def _segment_names(self) -> list[str]:
        found = []
        for name in self._disk.names(segment.FOLDER):
            if segment.first_of(name) is None:
                place = Place(f"{segment.FOLDER}/{name}", 1, 0)
                self._fault(place, "foreign", "not the name of a segment")
            else:
                found.append(name)
        if not found:
            self._fault(Place(segment.FOLDER, 1, 0), "segment", "there are no segments")
        return found

    def _segment(self, file: File, name: str, *, last: bool) -> None:
        path = f"{segment.FOLDER}/{name}"
        first = int(name[:16])
        self._tally.segments += 1
        self._tally.bytes += file.size()
        if first != self._size:
            self._fault(Place(path, 1, 0), "segment", f"wanted the segment of {self._size} next")
            self._jump(first)
        cursor = Cursor(file)
        self._header(cursor, path, first)
        self._reach()
        waited_at: int | None = None
        while self._size < first + segment.RECORDS:
            found = cursor.batch(self._size, self._chain)
            if isinstance(found, Batch):
                self._batch(found, cursor, path)
            elif found is None and cursor.blank():
                break
            elif not (last and _torn(cursor, self._size)):
                self._broken_batch(cursor, path)
            elif waited_at != self._size:
                waited_at = self._size
                time.sleep(_PEN_PAUSE_S)  # the pen may be in the middle of it
                cursor.forget()
            else:
                place = Place(path, cursor.line, cursor.at)
                self._fault(place, "torn", "the last batch is not whole: torn in a crash, or cut")
                return
        if not cursor.blank():
            place = Place(path, cursor.line, cursor.at)
            self._fault(place, "segment", "bytes after the last record that belongs here")
        elif not last and cursor.at < file.size():
            place = Place(path, cursor.line, cursor.at)
            self._fault(place, "segment", "reserved space in a segment that is finished")
        if not last and self._size < first + segment.RECORDS:
            place = Place(path, cursor.line, cursor.at)
            self._fault(place, "segment", f"ends after {self._size - first} records")

    def _header(self, cursor: Cursor, path: str, first: int) -> None:
        found = cursor.header()
        if isinstance(found, Flaw):
            self._fault(found.place(path), found.kind, found.found)
            line = cursor.stretch().partition(b"\n")[0]
            cursor.at += len(line) + 1
            cursor.line += 1
            return
        place = Place(path, 1, 0)
        sound = not self._faults
        if found.first != first:
            self._fault(place, "header", f"`first` is {found.first}, the name says {first}")
        if self._key is not None and found.key != str(self._key):
            self._fault(place, "header", f"`key` is `{found.key}`, wanted `{self._key}`")
        if found.chain not in {self._chain, self._doubt} and self._frontier is not None:
            self._fault(place, "header", "`chain` is not the link of the record before")
        if self._frontier is not None and list(found.nodes) != self._frontier.nodes():
            self._fault(place, "header", "`tree` is not that of the records before")
        # The past is what was read, unless that was damaged: then the header knows better.
        if found.first == first and not (sound and self._frontier is not None):
            self._chain, self._doubt = found.chain, self._chain or None
            self._frontier = Frontier(first, found.nodes)

    def _batch(self, batch: Batch, cursor: Cursor, path: str) -> None:
        self._tally.batches += 1
        self._chain, self._doubt = batch.leaves[-1], None
        self._size += len(batch.records)
        if self._frontier is not None:
            self._frontier.extend(batch.leaves)
        at, line = batch.end - len(batch.body), cursor.line - len(batch.records)
        self._names_in(batch.body, Place(path, line, at))
        if self._form:
            for number, record in enumerate(batch.records):
                self._record_form(record, path, line + number, at + 65)
                at += len(record) + 66
        self._reach()

    def _broken_batch(self, cursor: Cursor, path: str) -> None:
        """Go through a batch line by line, and report what is wrong with each."""
        text = cursor.stretch()
        start = Place(path, cursor.line, cursor.at)
        cursor.at += len(text)
        cursor.line += text.count(b"\n")
        self._tally.batches += 1
        stated = segment.batch_line(text)
        if stated is None:
            head = text.partition(b"\n")[0]
            self._fault(start, "batch", f"not a batch line: {_quote(head)}")
            skipped = 0 if _LINE.match(text) else text.find(b"\n") + 1 or len(text)
        else:
            skipped = stated.length
        lines = text[skipped:].removesuffix(b"\n").split(b"\n") if text[skipped:] else []
        fits = bool(lines) and self._fits(lines[0])
        if stated is not None and stated.first != self._size:
            self._fault(start, "batch", f"starts at record {stated.first}, wanted {self._size}")
            if not fits:
                self._jump(stated.first)
        self._lines(lines, path, start.line + (skipped > 0), start.byte + skipped)
        if stated is not None and (stated.count, stated.size) != (len(lines), len(text) - skipped):
            self._fault(
                start,
                "batch",
                f"states {stated.count} records in {stated.size} bytes, "
                f"found {len(lines)} in {len(text) - skipped}",
            )
        self._names_in(text, start)
        self._reach()

    def _fits(self, line: bytes) -> bool:
        match = _LINE.fullmatch(line)
        return match is not None and bytes.fromhex(match[1].decode()) in {
            tree.link(chain, match[2]) for chain in (self._chain, self._doubt) if chain is not None
        }

    def _lines(self, lines: list[bytes], path: str, line_number: int, at: int) -> None:
        leaves: list[bytes] = []
        for number, line in enumerate(lines):
            place = Place(path, line_number + number, at)
            at += len(line) + 1
            self._size += 1
            match = _LINE.fullmatch(line)
            if match is None:
                self._fault(place, "record", f"not a link, a space and a record: {_quote(line)}")
                self._chain, self._doubt, self._frontier = b"", None, None
                continue
            stands, record = bytes.fromhex(match[1].decode()), match[2]
            wanted = tree.link(self._chain, record)
            if stands == wanted or not self._chain:
                self._doubt = None
            elif self._doubt is not None and stands == tree.link(self._doubt, record):
                # The record before was as written; it was its link that somebody changed. In the
                # tree that can be put right only if it stands in this batch.
                if leaves:
                    leaves[-1] = self._doubt
                self._doubt = None
            else:
                text = f"record {self._size - 1} and its link do not belong together"
                self._fault(place, "chain", text)
                self._doubt = wanted
            self._chain = stands
            leaves.append(stands)
            if self._form:
                self._record_form(record, path, place.line, place.byte + 65)
        if self._frontier is not None:
            self._frontier.extend(leaves)

    def _jump(self, size: int) -> None:
        """Go on at record `size`, of whose past nothing is known."""
        self._size, self._chain, self._doubt, self._frontier = size, b"", None, None

    def _record_form(self, record: bytes, path: str, line: int, at: int) -> None:
        if (stray := canonical.flaw(record)) is not None:
            self._fault(Place(path, line, at), "form", stray)

    # --------------------------------------------------------------- checkpoints

    def _choose_key(self, names: list[str]) -> None:
        if self._key is not None:
            return
        for name in names:
            file = self._disk.open(f"{segment.FOLDER}/{name}")
            try:
                found = Cursor(file).header()
            finally:
                file.close()
            if isinstance(found, Header):
                self._key = PublicKey.parse(found.key)
                self._unchecked.append(
                    f"whose key signed: none was given, so `{self._key}`, which the journal names, "
                    "was used"
                )
                return
        self._unchecked.append("signatures: no public key was given, and no segment names one")

    def _signed_heads(self) -> Iterator[Entry]:
        """Yield the checkpoints that are there now and rightly signed, smallest first."""
        nothing = Place(checkpoints.NAME, 1, 0)
        if checkpoints.NAME not in self._disk.names("."):
            self._fault(nothing, "checkpoint", "missing")
            return
        file = self._disk.open(checkpoints.NAME)
        try:
            reached = -1
            for entry in checkpoints.entries(file, end=self._notes_end):
                match entry:
                    case Scrap():
                        self._fault(entry.place, "checkpoint", "not a signed note")
                    case Entry() if entry.head.size < reached:
                        text = f"counts {entry.head.size} records after one that counts {reached}"
                        self._fault(entry.place, "checkpoint", text)
                    case Entry():
                        reached = entry.head.size
                        if self._signature_right(entry):
                            yield entry
            if reached < 0:
                self._fault(nothing, "checkpoint", "not one is there")
        finally:
            file.close()

    def _notes_size(self) -> int:
        if checkpoints.NAME not in self._disk.names("."):
            return 0
        file = self._disk.open(checkpoints.NAME)
        try:
            return file.size()
        finally:
            file.close()

    def _signature_right(self, entry: Entry) -> bool:
        if self._key is None:
            return True
        if entry.head.origin != self._key.name:
            text = f"the origin is `{entry.head.origin}`, wanted `{self._key.name}`"
            self._fault(entry.place, "checkpoint", text)
            return False
        signed = self._key.signed(entry.text, entry.signatures)
        if signed is None:
            self._fault(entry.place, "signature", f"not signed by `{self._key}`")
        elif not signed:
            self._fault(entry.place, "signature", f"wrong for {entry.head.size} records")
        return signed is True

    def _reach(self) -> None:
        """Hold the checkpoints for the records so far against the tree."""
        while self._next is not None and self._next.head.size <= self._size:
            entry = self._next
            self._next = next(self._due, None)
            if self._frontier is None or self._differs:
                self._tally.roots_skipped += 1
            elif entry.head.size < self._size:
                text = f"counts {entry.head.size} records, which is inside a batch"
                self._fault(entry.place, "checkpoint", text)
            elif entry.head.root != self._frontier.root():
                self._differs = True
                text = f"the first {self._size} records are not those that were signed"
                self._fault(entry.place, "root", text)
            else:
                self._tally.checkpoints += 1
                self._tally.signed = self._size

    def _heads_beyond_the_end(self) -> None:
        self._reach()
        beyond = self._next
        while self._next is not None:
            beyond = self._next
            self._next = next(self._due, None)
        if beyond is not None:
            text = f"counts {beyond.head.size} records, only {self._size} are there"
            self._fault(beyond.place, "checkpoint", text)
        elif self._tally.signed < self._size and not self._differs:
            self._unchecked.append(
                f"the last {self._size - self._tally.signed} records: no checkpoint counts them"
            )
        if self._tally.roots_skipped:
            self._unchecked.append(
                f"the roots of {self._tally.roots_skipped} checkpoints: they follow damage"
            )

    # ------------------------------------------------------------ what lies beside

    def _names_in(self, body: bytes, place: Place) -> None:
        for digest in objects.NAMED.findall(body):
            self._named.setdefault(digest.decode(), place)

    def _objects(self) -> None:
        there = set()
        for name in self._disk.names(objects.FOLDER):
            path = f"{objects.FOLDER}/{name}"
            if name.endswith(objects.PASSING):
                self._unchecked.append(f"`{path}`: an object whose writing was never finished")
                continue
            there.add(name)
            self._tally.objects += 1
            if self._digest(path) != name:
                self._fault(Place(path, 1, 0), "object", "its bytes do not have that digest")
        for digest in self._named.keys() - there:
            self._fault(self._named[digest], "object", f"names `{digest}`, which is not there")

    def _quarantine(self) -> None:
        for name in self._disk.names(recovery.QUARANTINE):
            path = f"{recovery.QUARANTINE}/{name}"
            if not name.endswith(self._digest(path)):
                self._fault(Place(path, 1, 0), "object", "its bytes do not have that digest")

    def _digest(self, path: str) -> str:
        file = self._disk.open(path)
        try:
            digest, at = sha256(), 0
            while chunk := file.read(at, 2**20):
                digest.update(chunk)
                at += len(chunk)
            return digest.hexdigest()
        finally:
            file.close()


def _torn(cursor: Cursor, first: int) -> bool:
    """Say whether the bytes here look like an unfinished batch with nothing after it."""
    if cursor.continues(first):
        return False
    text = cursor.stretch().rstrip(b"\x00")
    stated = segment.batch_line(text)
    if stated is not None and len(text) < stated.length + stated.size:
        return True
    return b"\x00" in text or not text.endswith(b"\n")


def _quote(line: bytes) -> str:
    return "`" + line[:40].decode("utf-8", "backslashreplace") + "`"
