"""Large inputs beside the journal, by SHA-256: policies, reference files, scenario sets.

A record names one as the string `sha256:<64 hex>`; whoever writes that promises that the object is
here. An object is written under a passing name, synced, and renamed, so that its name never stands
for half of it.
"""

import re
from hashlib import sha256

from audit.disk import Disk
from audit.errors import JournalDamaged, Place

FOLDER = "objects"
PREFIX = "sha256:"
PASSING = ".part"

NAMED = re.compile(rb'"sha256:([0-9a-f]{64})"')
"""How a record names an object."""


def put(disk: Disk, data: bytes) -> str:
    """Keep `data`, durable on return; return how records name it."""
    digest = sha256(data).hexdigest()
    path = f"{FOLDER}/{digest}"
    if digest not in disk.names(FOLDER) or _read(disk, path) != data:
        file = disk.open(path + PASSING, write=True)
        try:
            file.truncate(0)
            file.write(0, data)
            file.sync()
        finally:
            file.close()
        disk.rename(path + PASSING, path)
    # Synced even when it was there: whoever put it may have died before this line.
    disk.sync_folder(FOLDER)
    return PREFIX + digest


def get(disk: Disk, named: str) -> bytes:
    """Return the object that a record names; KeyError when it is not here."""
    digest = named.removeprefix(PREFIX)
    if digest not in disk.names(FOLDER):
        raise KeyError(named)
    path = f"{FOLDER}/{digest}"
    data = _read(disk, path)
    if sha256(data).hexdigest() != digest:
        raise JournalDamaged(
            Place(path, 1, 0), "the bytes do not have this digest", "restore the file from a copy"
        )
    return data


def _read(disk: Disk, path: str) -> bytes:
    file = disk.open(path)
    try:
        return file.read(0, file.size())
    finally:
        file.close()
