"""Programs that run beside the gateway: the front door, the watchdog.

Each reads its settings as JSON from the first line of its standard input, says `READY` when it is
at work, and ends with its standard input; so it never outlives the gateway, however that ends.
"""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self, TypeVar

import msgspec
import structlog

READY = b"ready\n"

S = TypeVar("S")


class Beside:
    """A program beside the gateway, as the gateway holds it. A context manager."""

    def __init__(self, module: str, settings: object) -> None:
        """Start the program and wait until it is at work. Raises OSError when it cannot."""
        self._process = subprocess.Popen(  # noqa: S603 - `module` is one of ours
            [sys.executable, "-m", module],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(settings) + b"\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline()
        if said != READY:
            self.close()
            raise OSError(f"`{module}` does not start: {said.decode().strip() or 'it ended'}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_at_work(self) -> bool:
        """Say whether the process lives; who finds it gone starts another."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the program."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def settings_of(kind: type[S]) -> S:
    """Read, within the program, what it is told."""
    return msgspec.json.decode(sys.stdin.buffer.readline(), type=kind)


def say_ready() -> None:
    sys.stdout.buffer.write(READY)
    sys.stdout.flush()


def end_with_input(loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    """Set `ending` when the gateway closes our standard input, or is gone."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        loop.call_soon_threadsafe(ending.set)

    threading.Thread(target=wait, daemon=True).start()


def log_to_standard_error() -> None:
    structlog.configure(
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
