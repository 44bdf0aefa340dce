"""The front door as the gateway holds it: what it is told, and the process it runs in.

What the door does is told in `doorway`. It is a process and not a thread: no byte is passed on by
the interpreter in which orders are judged, and neither falls with the other. It ends with its
standard input, so it never outlives the gateway.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.fix.beside import Beside


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


class FrontDoor(Beside):
    """The door's process, as the gateway holds it; to close it ends all connections."""

    def __init__(self, settings: DoorSettings) -> None:
        """Start the process and wait until it listens. Raises OSError when it cannot."""
        super().__init__("adapters.fix.doorway", settings)
