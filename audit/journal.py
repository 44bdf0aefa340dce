"""The pen: the one writer of a journal.

    with Journal.open("journal", key="keys/desk.pem", origin="ordergate.example/desk") as journal:
        journal.append([record, …])      # durable when it returns: one write, one sync
        journal.checkpoint()             # sign the head; the caller decides when

INVARIANT (durable before told). `size`, `head`, `root` and every checkpoint speak of durable
records only: they move after the sync.

INVARIANT (no second try). After a write or sync that did not finish, what the disk holds is
unknown, and the kernel may report a later sync as good though the bytes are gone. So the journal is
poisoned: every later call raises. Opening it anew recovers (see `recovery`).

Not for several threads at once; the sequencer is the one writer.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from audit import checkpoints, objects, recovery, segment
from audit.disk import Disk, File, FolderDisk, sync_names
from audit.errors import JournalForeign, JournalPoisoned
from audit.note import Signer
from audit.recovery import Tail, Torn

LOCK = "lock"

_RESERVE = 2**20
"""Bytes a segment is made longer at a time; see `FolderFile.reserve` for what it buys."""

_FOLDERS = (segment.FOLDER, objects.FOLDER, recovery.QUARANTINE)


class Journal:
    """A journal held open for writing."""

    def __init__(self, disk: Disk, signer: Signer, tail: Tail, release: Callable[[], None]) -> None:
        """For `open` and `on`: take over a tail that recovery has put right, and the lock."""
        self._disk = disk
        self._signer = signer
        self._tail = tail
        self._release = release
        self._segment: File = disk.open(segment.name(tail.first), write=True)
        # Remembered, not asked: a `stat` between writes makes Linux (6.13 and later) give each
        # write a time of its own, and every sync then takes 60 us longer to write that down.
        self._reserved = 0
        self._notes: File = disk.open(checkpoints.NAME, write=True)
        self._unfinished: str | None = None
        self._closed = False

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, key: str | os.PathLike[str], origin: str
    ) -> Self:
        """Take up the journal in folder `path`, or begin one.

        `key` is the PEM file of the Ed25519 key that signs checkpoints as `origin`; it is made
        together with a new journal, never for an old one.
        """
        folder, key_file = Path(path), Path(key)
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        sync_names(folder.parent)
        disk = FolderDisk(folder)
        if key_file.exists():
            signer = Signer.load(key_file, origin)
        elif disk.names(segment.FOLDER):
            raise JournalForeign(
                f"`{key_file}` is missing, but `{folder}` is signed with a key; put that key back"
            )
        else:
            signer = Signer.create(key_file, origin)
        return cls.on(disk, signer)

    @classmethod
    def on(cls, disk: Disk, signer: Signer) -> Self:
        """Take up the journal on `disk`, or begin one; refuse it locked, foreign or damaged."""
        strangers = set(disk.names(".")) - {LOCK, checkpoints.NAME, *_FOLDERS}
        if strangers:
            raise JournalForeign(f"`{min(strangers)}` does not belong in a journal's folder")
        release = disk.lock(LOCK)
        try:
            for folder in _FOLDERS:
                disk.make_folder(folder)
            if not disk.names(segment.FOLDER):
                disk.open(segment.name(0), write=True).close()
            journal = cls(disk, signer, recovery.take_up(disk, signer.public), release)
        except BaseException:
            release()
            raise
        journal.checkpoint()
        return journal

    @property
    def size(self) -> int:
        """How many records there are."""
        return self._tail.size

    @property
    def head(self) -> bytes:
        """The chain link of the last record; thirty-two zero bytes when there is none."""
        return self._tail.chain

    @property
    def torn(self) -> tuple[Torn, ...]:
        """What recovery found torn and put into quarantine, for the caller to log."""
        return self._tail.torn

    def root(self) -> bytes:
        """Return the RFC 6962 root over all records."""
        return self._tail.frontier.root()

    def append(self, records: Sequence[bytes]) -> range:
        """Write a batch and make it durable; return the indices of its records.

        A batch that crosses a segment's end becomes two, one after the other.
        """
        _check(records)
        tail = self._tail
        first = tail.size
        done = 0
        with self._writing("append"):
            while done < len(records):
                if tail.size == tail.first + segment.RECORDS:
                    self._turn()
                room = tail.first + segment.RECORDS - tail.size
                self._write(records[done : done + room])
                done = tail.size - first
        return range(first, tail.size)

    def checkpoint(self) -> None:
        """Sign the head, durable on return; nothing happens when it is signed already."""
        if self._tail.signed != self._tail.size:
            with self._writing("checkpoint"):
                self._sign()

    def put_object(self, data: bytes) -> str:
        """Keep a large input beside the journal; return how records name it (`sha256:…`)."""
        with self._writing("put_object"):
            return objects.put(self._disk, data)

    def get_object(self, named: str) -> bytes:
        """Return the object that a record names; KeyError when it is not here."""
        return objects.get(self._disk, named)

    def close(self) -> None:
        """Sign the head, give back reserved space and let go of the pen."""
        if self._closed:
            return
        try:
            if self._unfinished is None:
                self.checkpoint()
                with self._writing("close"):
                    self._trim()
        finally:
            self._closed = True
            self._segment.close()
            self._notes.close()
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        """Poison the journal unless the body finishes, whatever stops it."""
        if self._closed:
            raise JournalPoisoned("the journal is closed")
        if self._unfinished is not None:
            raise JournalPoisoned(
                f"the journal takes no more since {self._unfinished}; open it anew"
            )
        try:
            yield
        except BaseException as error:
            self._unfinished = f"`{what}` did not finish: {error!r}"
            if isinstance(error, OSError):
                raise JournalPoisoned(f"{self._unfinished}; open the journal anew") from error
            raise

    def _write(self, records: Sequence[bytes]) -> None:
        tail = self._tail
        data, leaves = segment.encode_batch(tail.size, tail.chain, records)
        if tail.end + len(data) > self._reserved:
            self._reserved = tail.end + len(data) + _RESERVE
            self._segment.reserve(self._reserved)
        self._segment.write(tail.end, data)
        self._segment.sync()
        # INVARIANT (durable before told)
        tail.size += len(records)
        tail.chain = leaves[-1]
        tail.end += len(data)
        tail.frontier.extend(leaves)

    def _turn(self) -> None:
        """Sign the full segment and begin the next."""
        tail = self._tail
        if tail.signed != tail.size:
            self._sign()
        self._trim()
        self._segment.close()
        tail.first = tail.size
        self._segment = self._disk.open(segment.name(tail.first), write=True)
        self._reserved = 0
        tail.end = recovery.write_header(self._segment, tail)
        self._segment.sync()
        self._disk.sync_folder(segment.FOLDER)

    def _sign(self) -> None:
        note = self._signer.note(self._tail.size, self._tail.frontier.root())
        self._notes.write(self._notes.size(), note + b"\n")
        self._notes.sync()
        if self._tail.signed is None:
            self._disk.sync_folder(".")
        self._tail.signed = self._tail.size

    def _trim(self) -> None:
        self._segment.truncate(self._tail.end)
        self._segment.sync()


def _check(records: Sequence[bytes]) -> None:
    """Refuse what would not be one line, before anything is written."""
    for number, record in enumerate(records):
        if not record or b"\n" in record:
            raise ValueError(f"record {number} of the batch is not one line: `{record[:40]!r}`")
    if sum(map(len, records)) + 66 * len(records) > segment.BATCH_BYTES_MAX:
        raise ValueError(f"the batch exceeds {segment.BATCH_BYTES_MAX} bytes")
