"""A disk that forgets: what the journal may rely on, and nothing that it may not.

The disk keeps two views of every file, what a reader sees and what a power cut leaves. Between two
syncs any subset of the written sectors reaches the platter, in any order; so does, or does not, a
change of size; so does each name made in a folder. What was never written reads as zeros. All
chance comes from one seeded generator, so a run can be repeated.

Faults are asked for by the world that drives it: `fail` arms an OSError for a coming call. A failed
sync is the nasty kind: the kernel drops the dirty pages, keeps showing their contents, and calls
the next sync good.
"""

import errno
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from audit.errors import JournalLocked

SECTOR = 512


@dataclass(slots=True)
class Inode:
    """A file's two views."""

    seen: bytearray = field(default_factory=bytearray)
    safe: bytearray = field(default_factory=bytearray)
    dirty: set[int] = field(default_factory=set)
    """Sectors written since the last sync."""

    def settle(self, chance: random.Random) -> None:
        """Let a power cut decide what became of the unsynced bytes."""
        size = chance.choice([len(self.safe), len(self.seen), self._between(chance)])
        left = self.safe[:size].ljust(size, b"\0")
        for sector in self.dirty:
            if chance.random() < 0.5:
                start, end = sector * SECTOR, min((sector + 1) * SECTOR, size, len(self.seen))
                if start < end:
                    left[start:end] = self.seen[start:end]
        self.seen, self.safe, self.dirty = bytearray(left), left, set()

    def _between(self, chance: random.Random) -> int:
        return chance.randint(*sorted((len(self.safe), len(self.seen))))


class FaultyFile:
    def __init__(self, disk: "FaultyDisk", inode: Inode) -> None:
        self._disk = disk
        self._inode = inode
        self._age = disk.age

    def size(self) -> int:
        return len(self._inode.seen)

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self._inode.seen[offset : offset + size])

    def write(self, offset: int, data: bytes) -> None:
        failure = self._step("write")
        if failure is not None:
            data = data[: self._disk.chance.randint(0, len(data))]
        self._put(offset, data)
        if failure is not None:
            raise failure

    def reserve(self, size: int) -> None:
        failure = self._step("reserve")
        if failure is not None:
            raise failure
        self._inode.seen.extend(bytes(max(0, size - len(self._inode.seen))))

    def truncate(self, size: int) -> None:
        failure = self._step("truncate")
        if failure is not None:
            raise failure
        self._inode.seen[size:] = b""

    def sync(self) -> None:
        failure = self._step("sync")
        inode = self._inode
        if failure is not None:
            inode.dirty.clear()
            raise failure
        size = len(inode.seen)
        inode.safe[size:] = b""
        inode.safe.extend(bytes(size - len(inode.safe)))
        for sector in inode.dirty:
            start, end = sector * SECTOR, min((sector + 1) * SECTOR, size)
            inode.safe[start:end] = inode.seen[start:end]
        inode.dirty.clear()

    def close(self) -> None:
        pass

    def _put(self, offset: int, data: bytes) -> None:
        seen = self._inode.seen
        seen.extend(bytes(max(0, offset + len(data) - len(seen))))
        seen[offset : offset + len(data)] = data
        if data:
            last = (offset + len(data) - 1) // SECTOR
            self._inode.dirty.update(range(offset // SECTOR, last + 1))

    def _step(self, call: str) -> OSError | None:
        assert self._age == self._disk.age, "a dead process cannot touch the disk"
        return self._disk.step(call)


class FaultyDisk:
    """A journal's folder on such a disk."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.age = 0
        """Crashes so far: files opened before one are dead."""
        self._seen: dict[str, Inode] = {}
        self._safe: dict[str, Inode] = {}
        self._locked = False
        self._armed: tuple[str, int, int] | None = None
        self.calls = 0

    # What the world does to it.

    def fail(self, call: str, after: int, error: int = errno.EIO) -> None:
        """Make one coming call of this name fail, when `after` of them have passed."""
        self._armed = (call, after, error)

    def crash(self, *, power: bool = True) -> None:
        """End the process that uses the disk; with `power`, cut that too."""
        self.age += 1
        self._locked = False
        self._armed = None
        if power:
            names = dict(self._safe)
            for name in self._seen.keys() | self._safe.keys():
                if self._seen.get(name) is not self._safe.get(name) and self.chance.random() < 0.5:
                    names.pop(name, None)
                    if name in self._seen:
                        names[name] = self._seen[name]
            for inode in {id(inode): inode for inode in names.values()}.values():
                inode.settle(self.chance)
            self._seen, self._safe = dict(names), names

    def rot(self, name: str, offset: int, flip: int = 1) -> None:
        """Change a byte that had been safe."""
        inode = self._seen[name]
        inode.seen[offset] ^= flip
        inode.safe[offset] ^= flip

    def contents(self, name: str) -> bytes:
        return bytes(self._seen[name].seen)

    def step(self, call: str) -> OSError | None:
        self.calls += 1
        if self._armed is None or self._armed[0] != call:
            return None
        name, after, error = self._armed
        if after:
            self._armed = (name, after - 1, error)
            return None
        self._armed = None
        return OSError(error, os.strerror(error))

    # The port.

    def names(self, folder: str) -> list[str]:
        prefix = "" if folder == "." else f"{folder}/"
        inside = [name.removeprefix(prefix) for name in self._seen if name.startswith(prefix)]
        return sorted({name.partition("/")[0] for name in inside})

    def open(self, name: str, *, write: bool = False) -> FaultyFile:
        if name not in self._seen:
            if not write:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
            self._seen[name] = Inode()
        return FaultyFile(self, self._seen[name])

    def make_folder(self, name: str) -> None:
        """Folders are part of the names here."""

    def rename(self, old: str, new: str) -> None:
        failure = self.step("rename")
        if failure is not None:
            raise failure
        self._seen[new] = self._seen.pop(old)

    def sync_folder(self, name: str) -> None:
        failure = self.step("sync_folder")
        if failure is not None:
            raise failure
        inside = [*self._seen, *self._safe]
        for found in inside:
            if (found.rpartition("/")[0] or ".") == name:
                if found in self._seen:
                    self._safe[found] = self._seen[found]
                else:
                    self._safe.pop(found, None)

    def lock(self, name: str) -> Callable[[], None]:
        if self._locked:
            raise JournalLocked(f"`{name}` is held")
        self._locked = True
        age = self.age

        def release() -> None:
            if self.age == age:
                self._locked = False

        return release
