"""The front door as the gateway holds it: what it is told, and the process it runs in.

What the door does is told in `doorway`. It is a process and not a thread: no byte is passed on by
the interpreter in which orders are judged, and neither falls with the other. It ends with its
standard input, so it never outlives the gateway.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

READY = b"open\n"
"""What the process says when it listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """Files in PEM form."""

    certificate: str
    key: str
    client_ca: str | None = None
    """Who signs the certificates that clients must show; None asks for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """Files in PEM form. The other side's certificate is always verified."""

    server_name: str
    """The name its certificate must bear; it is told which we expect (SNI)."""
    ca: str | None = None
    """Who signs its certificate; None trusts whom the machine trusts."""
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who may come in: a session's CompIDs, as the other side writes them."""

    sender: str
    target: str
    certificate_name: str | None = None
    """The common name on its client certificate; None takes any that is signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Where the other sides come in."""

    host: str
    port: int
    engine_port: int
    guests: Sequence[Guest]
    allowed: Sequence[str]
    """Networks, such as `10.1.0.0/16` or `2001:db8::/32`."""
    tls: ServerTls | None = None
    logon_s: float = 5.0
    strangers_max: int = 64
    strangers_of_address_max: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Where the engine goes out to one other side."""

    port: int
    """On loopback; the engine dials it."""
    host: str
    host_port: int
    tls: ClientTls | None = None
    dial_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    entrances: Sequence[Entrance] = ()
    exits: Sequence[Exit] = ()


class FrontDoor:
    """The door's process, as the gateway holds it; a context manager."""

    def __init__(self, settings: DoorSettings) -> None:
        """Start the process and wait until it listens. Raises OSError when it cannot."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapters.fix.doorway"],
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
            raise OSError(f"the front door does not open: {said.decode().strip() or 'it ended'}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_open(self) -> bool:
        """Say whether the process lives; who finds it gone opens another."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process, and with it all connections."""
        assert self._process.stdout is not None
        self._process.communicate()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
