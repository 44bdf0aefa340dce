"""The disk port: the few things the journal asks of a disk, and the real one.

What the journal relies on, and no more:

* `sync` returns only when every byte written before it will be read after a power cut;
* `sync_folder` does the same for names made in a folder; before it, a new file may vanish;
* until then any subset of the sectors written may survive, and the size may be old or new;
* writing a sector again does not harm those of its bytes that do not change;
* a failed `sync` may have dropped the bytes for ever and a second one may lie, so there is no
  second.

Names are relative to the journal's folder, with `/`. The simulation puts a faulty disk here.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from audit.errors import JournalLocked


class File(Protocol):
    """An open file, addressed by offset."""

    def size(self) -> int:
        """Return the length in bytes, as a reader sees it."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes; fewer only at the end."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data` or raise OSError."""
        ...

    def reserve(self, size: int) -> None:
        """Make the file at least `size` long with zeros, so that later syncs need not grow it."""
        ...

    def truncate(self, size: int) -> None:
        """Cut the file to `size`."""
        ...

    def sync(self) -> None:
        """Make contents and size durable."""
        ...

    def close(self) -> None:
        """Let go of the file without syncing it."""
        ...


class Disk(Protocol):
    """A folder that holds one journal."""

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in `folder`, empty when there is no such folder."""
        ...

    def open(self, name: str, *, write: bool = False) -> File:
        """Open a file; for writing, make it when it is not there."""
        ...

    def make_folder(self, name: str) -> None:
        """Make a folder, unless it is there."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name, replacing what had it."""
        ...

    def sync_folder(self, name: str) -> None:
        """Make the names in a folder durable."""
        ...

    def lock(self, name: str) -> Callable[[], None]:
        """Take the lock of that name, or raise JournalLocked; return what releases it."""
        ...


class FolderFile:
    """A file of the operating system, by raw descriptor."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def read(self, offset: int, size: int) -> bytes:
        data = os.pread(self._fd, size, offset)
        while len(data) < size and (
            more := os.pread(self._fd, size - len(data), offset + len(data))
        ):
            data += more
        return data

    def write(self, offset: int, data: bytes) -> None:
        written = os.pwrite(self._fd, data, offset)
        while written < len(data):
            written += os.pwrite(self._fd, data[written:], offset + written)

    def reserve(self, size: int) -> None:
        # Measured on ext4: a sync that need not grow the file takes 160 us instead of 260.
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._fd, 0, size)

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def sync(self) -> None:
        _sync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


class FolderDisk:
    """A folder of the operating system's file system."""

    __slots__ = ("_root",)

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self, folder: str) -> list[str]:
        path = self._root / folder
        return sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []

    def open(self, name: str, *, write: bool = False) -> FolderFile:
        flags = os.O_RDWR | os.O_CREAT if write else os.O_RDONLY
        return FolderFile(os.open(self._root / name, flags | os.O_CLOEXEC, 0o640))

    def make_folder(self, name: str) -> None:
        (self._root / name).mkdir(mode=0o750, parents=True, exist_ok=True)

    def rename(self, old: str, new: str) -> None:
        (self._root / old).rename(self._root / new)

    def sync_folder(self, name: str) -> None:
        sync_names(self._root / name)

    def lock(self, name: str) -> Callable[[], None]:
        fd = os.open(self._root / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            # flock belongs to the open file, so a second opener in this very process is refused
            # too.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise JournalLocked(
                f"`{self._root}` is being written by process {holder}; stop it, or open for reading"
            ) from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        return lambda: os.close(fd)


def sync_names(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


# fdatasync leaves out the times, which nobody here reads, and keeps the size, which recovery needs.
_sync = getattr(os, "fdatasync", os.fsync)
