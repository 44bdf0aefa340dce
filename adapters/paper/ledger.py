"""What the broker received and said, one line of JSON each, appended before it is answered.

So a test can prove, from the broker's own book, that the gate lost nothing and sent nothing twice.
Lines are written at once (no buffer), and not synced: they survive every process, not a power cut.
"""

import json
import os
from pathlib import Path

from domain.ids import Micros


class Ledger:
    """An append-only file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lines = len(path.read_bytes().splitlines()) if path.exists() else 0
        """How many lines there were at the start: what is numbered goes on behind them."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(path, flags, 0o644)

    def write(self, at: Micros, session: str, kind: str, **fields: object) -> None:
        """Append a line."""
        line = {"at": at, "session": session, "type": kind, **fields}
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
