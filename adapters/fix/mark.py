"""One number that survives the process: eight bytes, little-endian, mapped into memory.

A process that is killed loses nothing of it; a machine that loses its power may, because it is
never synced. So a mark must be used where an old number is safe: to do again what may be done
twice.
"""

import mmap
import struct
from pathlib import Path

_NUMBER = struct.Struct("<q")


class Mark:
    """A number in a file; 0 at first."""

    def __init__(self, path: Path) -> None:
        self.is_new = not path.exists()
        """Nothing is known: there was no file."""
        if self.is_new:
            path.write_bytes(_NUMBER.pack(0))
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), _NUMBER.size)

    @property
    def number(self) -> int:
        """The number as it was set last."""
        (number,) = _NUMBER.unpack_from(self._bytes)
        return int(number)

    def set(self, number: int) -> None:
        """Set the number."""
        _NUMBER.pack_into(self._bytes, 0, number)
