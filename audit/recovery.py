"""Taking up the pen: what a journal on disk amounts to, and how its tail is put right.

Three things can be found at the end of a journal that was not closed:

* batches that are whole but perhaps never acknowledged. They are kept. The last one is written once
  more with the same bytes and synced, because the sync that failed or never came may have left it
  in memory only, and the operating system will not say so twice;
* a *torn* batch: bytes after the last whole batch that are not one, with nothing after them. By
  INVARIANT (one unsynced batch) nobody was ever told it was written. Its bytes go to quarantine, by
  digest, and only then is the segment cut;
* *damage*: a batch that was followed by another, or counted by a signed head, and is no longer what
  it was. It was acknowledged, so nothing is repaired and the start is refused.

Only the last segment is read; its header and the signed head, whose root is recomputed, stand for
those before it. Reading them, as replay does, checks them.
"""

from dataclasses import dataclass
from hashlib import sha256

from audit import checkpoints, segment
from audit.checkpoints import Entry, Scrap
from audit.disk import Disk, File
from audit.errors import JournalDamaged, JournalForeign, Place
from audit.note import PublicKey
from audit.segment import Batch, Cursor, Flaw, Header
from audit.tree import GENESIS, Frontier

QUARANTINE = "quarantine"

_RESTORE = (
    "nothing was changed; verify the journal to see the extent, and restore it from a verified copy"
)


@dataclass(frozen=True, slots=True)
class Torn:
    """A tail that was never acknowledged, and where its bytes were put."""

    place: Place
    size: int
    kept: str


@dataclass(slots=True)
class Tail:
    """The end of a journal: all that is needed to continue it."""

    key: PublicKey
    first: int
    """First index of the last segment."""
    size: int
    """Records in the whole journal."""
    end: int
    """Offset behind the last batch of the last segment."""
    whole: int
    """Offset where the last batch, or the header when there is none, starts."""
    chain: bytes
    frontier: Frontier
    signed: int | None
    """Records under the last signed head, None while there is none."""
    torn: tuple[Torn, ...]
    """What recovery set aside on the way here."""


def take_up(disk: Disk, key: PublicKey) -> Tail:
    """Check the tail of the journal, put it right and make it durable; raise when it is damaged.

    All checks come before the first change, so a refused start leaves everything as it was found.
    """
    firsts = _segments(disk)
    signed, scrap = _signed_head(disk, key)
    tail = _blank_tail(key, firsts[-1])
    torn: list[Torn] = []
    file = disk.open(segment.name(tail.first), write=True)
    try:
        begun = _walk(file, tail, signed)
        if not begun:
            # Its very header is torn, so it held nothing; its predecessor says how it must begin.
            tail = _before(disk, firsts, key, signed)
        if signed is None and tail.size:
            raise JournalDamaged(
                Place(checkpoints.NAME, 1, 0), f"no signed head for {tail.size} records", _RESTORE
            )
        _cut(disk, file, tail, torn)
        if begun:
            file.write(tail.whole, file.read(tail.whole, tail.end - tail.whole))
        else:
            tail.end = write_header(file, tail)
        file.sync()
    finally:
        file.close()
    _put_notes_right(disk, signed, scrap, torn)
    for folder in (segment.FOLDER, "."):
        disk.sync_folder(folder)
    tail.signed = None if signed is None else signed.head.size
    tail.torn = tuple(torn)
    return tail


def write_header(file: File, tail: Tail) -> int:
    """Begin the segment at `tail`; return where its first batch goes."""
    header = Header(
        tail.key.name, str(tail.key), tail.first, tail.chain, tuple(tail.frontier.nodes())
    )
    file.write(0, header.line())
    return len(header.line())


def _segments(disk: Disk) -> list[int]:
    """List the segments, refusing foreign names and gaps."""
    firsts = []
    for number, found in enumerate(disk.names(segment.FOLDER)):
        first = segment.first_of(found)
        wanted = number * segment.RECORDS
        if first is None:
            raise JournalForeign(f"`{segment.FOLDER}/{found}` is not the name of a segment")
        if first != wanted:
            raise JournalDamaged(
                Place(segment.name(wanted), 1, 0), f"missing, found `{found}`", _RESTORE
            )
        firsts.append(first)
    return firsts


def _signed_head(disk: Disk, key: PublicKey) -> tuple[Entry | None, Scrap | None]:
    """Read the last checkpoint, and what is torn behind it."""
    if checkpoints.NAME not in disk.names("."):
        return None, None
    file = disk.open(checkpoints.NAME)
    try:
        entry, scrap = checkpoints.last(file)
    finally:
        file.close()
    if entry is None:
        return None, scrap
    if entry.head.origin != key.name:
        raise JournalForeign(f"the journal is `{entry.head.origin}`, wanted `{key.name}`")
    match key.signed(entry.text, entry.signatures):
        case None:
            raise JournalForeign(
                f"{entry.place}: the last checkpoint is not signed by `{key}`; open with its key"
            )
        case False:
            raise JournalDamaged(entry.place, "the signature is wrong", _RESTORE)
        case True:
            return entry, scrap


def _walk(file: File, tail: Tail, signed: Entry | None) -> bool:
    """Read the segment `tail.first` into `tail`; False when not even its header was finished."""
    cursor = Cursor(file)
    path = segment.name(tail.first)
    counted = 0 if signed is None else signed.head.size
    header = cursor.header()
    if isinstance(header, Flaw):
        if header.kind == "format":
            raise JournalForeign(f"{header.place(path)}: {header.found}")
        if cursor.continues(tail.first - 1) or counted > tail.first:
            raise JournalDamaged(header.place(path), header.found, _RESTORE)
        return False
    _recognise(header, tail, path)
    tail.size, tail.chain = header.first, header.chain
    tail.frontier = Frontier(header.first, header.nodes)
    tail.whole, tail.end = 0, cursor.at
    found: Batch | Flaw | None
    while True:
        if signed is not None and counted == tail.size and signed.head.root != tail.frontier.root():
            raise JournalDamaged(
                signed.place,
                f"the first {counted} records differ from those that were signed",
                _RESTORE,
            )
        found = (
            cursor.batch(tail.size, tail.chain)
            if tail.size < tail.first + segment.RECORDS
            else None
        )
        if not isinstance(found, Batch):
            break
        tail.size += len(found.records)
        tail.chain = found.leaves[-1]
        tail.frontier.extend(found.leaves)
        tail.whole, tail.end = found.at, found.end
    if cursor.continues(tail.size) or counted > tail.size:
        wanted = f"{counted} were signed" if counted > tail.size else "later ones are there"
        if found is None:
            found = Flaw(cursor.at, cursor.line, "missing", "no batch")
        raise JournalDamaged(
            found.place(path),
            f"{found.found}; only {tail.size} records are whole, but {wanted}",
            _RESTORE,
        )
    return True


def _recognise(header: Header, tail: Tail, path: str) -> None:
    if header.first != tail.first:
        raise JournalDamaged(Place(path, 1, 0), f"the header says {header.first}", _RESTORE)
    if header.origin != tail.key.name:
        raise JournalForeign(f"`{path}` belongs to `{header.origin}`, wanted `{tail.key.name}`")
    if header.key != str(tail.key):
        raise JournalForeign(f"`{path}` was begun with key `{header.key}`, given `{tail.key}`")


def _before(disk: Disk, firsts: list[int], key: PublicKey, signed: Entry | None) -> Tail:
    """Return the tail that the last segment has to begin with, from the one before it."""
    if len(firsts) == 1:
        return _blank_tail(key, 0)
    tail = _blank_tail(key, firsts[-2])
    path = segment.name(tail.first)
    file = disk.open(path)
    try:
        whole = _walk(file, tail, signed)
    finally:
        file.close()
    if not whole or tail.size != firsts[-1]:
        raise JournalDamaged(
            Place(path, 1, 0),
            f"ends after {tail.size} records, but `{segment.name(firsts[-1])}` was begun",
            _RESTORE,
        )
    tail.first = tail.size
    tail.whole = tail.end = 0
    return tail


def _blank_tail(key: PublicKey, first: int) -> Tail:
    return Tail(key, first, 0, 0, 0, GENESIS, Frontier(), None, ())


def _cut(disk: Disk, file: File, tail: Tail, torn: list[Torn]) -> None:
    """Cut the segment behind its last whole batch, saving what is not blank."""
    if file.size() <= tail.end:
        return
    cursor = Cursor(file)
    cursor.at = tail.end
    if cursor.blank():
        file.truncate(tail.end)
        file.sync()
    else:
        line = 1 + file.read(0, tail.end).count(b"\n")
        place = Place(segment.name(tail.first), line, tail.end)
        torn.append(_set_aside(disk, file, place, file.size()))


def _put_notes_right(
    disk: Disk, signed: Entry | None, scrap: Scrap | None, torn: list[Torn]
) -> None:
    """Set a torn note aside, and write the last whole one again."""
    if signed is None and scrap is None:
        return
    file = disk.open(checkpoints.NAME, write=True)
    try:
        if scrap is not None:
            torn.append(_set_aside(disk, file, scrap.place, scrap.end))
        if signed is not None:
            file.write(signed.at, file.read(signed.at, signed.end - signed.at))
        file.sync()
    finally:
        file.close()


def _set_aside(disk: Disk, file: File, place: Place, end: int) -> Torn:
    """Copy the tail from `place` into quarantine, named by its digest, and cut it off."""
    data = file.read(place.byte, end - place.byte).rstrip(b"\x00")
    plain = place.file.replace("/", "-")
    kept = f"{QUARANTINE}/{plain}@{place.byte}-{sha256(data).hexdigest()}"
    copy = disk.open(kept, write=True)
    try:
        copy.write(0, data)
        copy.sync()
    finally:
        copy.close()
    disk.sync_folder(QUARANTINE)
    file.truncate(place.byte)
    file.sync()
    return Torn(place, len(data), kept)
