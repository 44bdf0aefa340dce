"""Transcripts: a FIX conversation written down, played against an acceptor, and compared.

A transcript is a text file, one step a line. The first letter says who acts and the rest what::

    iCONNECT            we open a connection         iDISCONNECT    we close it
    I8=FIX.4.4|35=A|…   we send this message         E8=FIX.4.4|…   we expect this one next
    eDISCONNECT         the other side closes it     # …            a remark

with SOH where a bar stands here. ``I2,…``, ``i2,CONNECT`` name the second of several connections;
without a number it is the first. ``<TIME>``, ``<TIME+n>``, ``<TIME-n>`` stand for now in UTC, n
seconds later or earlier. A message without 9 or 10 gets them, right ones; one with them is sent as
it stands, since a wrong length may be the point.

An expected message must have the same fields in the same order. Their values are compared as they
stand, ``<N>`` in them standing for a number, except of those tags that have a pattern
(``fields.fmt``: ``tag=regular expression``, a line each).
"""

import re
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SOH = b"\x01"
PATIENCE_S = 10.0

Patterns = Mapping[bytes, re.Pattern[bytes]]


class Departed(AssertionError):
    """The conversation went another way than written."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a transcript."""

    line: int
    action: str
    """`I` send, `E` expect, `i` connect or disconnect, `e` expect the disconnection."""
    connection: int
    body: bytes


def read(path: Path) -> list[Step]:
    """Read a transcript; raises ValueError naming the line that is none."""
    steps = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip() or line.startswith(b"#"):
            continue
        match = re.fullmatch(rb"([IEie])(?:(\d),)?(.*)", line)
        step = match and Step(number, match[1].decode(), int(match[2] or 1), match[3])
        if not step or (step.action in "ie" and step.body not in (b"CONNECT", b"DISCONNECT")):
            raise ValueError(f"{path}:{number}: not a step of a transcript: `{_shown(line)}`")
        steps.append(step)
    return steps


def read_patterns(path: Path) -> Patterns:
    """Read the patterns of fields whose value varies."""
    pairs = (line.partition(b"=") for line in path.read_bytes().splitlines() if line.strip())
    return {tag: re.compile(pattern) for tag, _, pattern in pairs}


def play(path: Path, address: tuple[str, int], patterns: Patterns) -> None:
    """Hold the conversation at `path` with the acceptor at `address`. Raises Departed."""
    with ExitStack() as open_connections:
        connections: dict[int, Connection] = {}
        for step in read(path):
            try:
                if step.action + step.body.decode("latin-1") == "iCONNECT":
                    connection = Connection(socket.create_connection(address, PATIENCE_S))
                    connections[step.connection] = connection
                    open_connections.callback(connection.close)
                else:
                    _take(step, connections[step.connection], patterns)
            except (Departed, OSError) as departure:
                line = f"{step.action}{_shown(step.body)}"
                raise Departed(f"{path.name}:{step.line}: {departure}\n  {line}") from None


def _take(step: Step, connection: "Connection", patterns: Patterns) -> None:
    match step.action:
        case "I":
            connection.send(complete(step.body))
        case "E":
            compare(complete(step.body), connection.receive(), patterns)
        case "i":
            connection.close()
        case _:
            connection.expect_end()


def complete(message: bytes) -> bytes:
    """Fill in the time, and the length and checksum where they are missing."""
    message = re.sub(rb"<TIME([+-]\d+)?>", _time, message)
    head = re.match(rb"8=[^\x01]*\x01", message)
    if head is None:
        return message  # garbled on purpose
    begin, rest = head[0], message[head.end() :]
    trailer = re.search(rb"(?<=\x01)10=[^\x01]*\x01?$", rest)
    body = rest[: trailer.start()] if trailer else rest
    if not re.search(rb"(^|\x01)9=", rest):
        begin += b"9=%d\x01" % len(body)
    checksum = trailer[0] if trailer else b"10=%03d\x01" % (sum(begin + body) % 256)
    return begin + body + checksum


def compare(expected: bytes, actual: bytes, patterns: Patterns) -> None:
    """Raise Departed with the first field that differs, and both messages."""
    wanted, found = _fields(expected), _fields(actual)
    for (tag, value), (found_tag, found_value) in zip(wanted, found, strict=False):
        pattern = patterns.get(tag)
        if tag != found_tag:
            difference = f"expected field {_shown(tag)}, found {_shown(found_tag)}"
        elif pattern is None and not _agree(value, found_value):
            difference = f"{_shown(tag)} is `{_shown(found_value)}`, not `{_shown(value)}`"
        elif pattern is not None and not pattern.match(found_value):
            difference = f"{_shown(tag)} is `{_shown(found_value)}`, not `{pattern.pattern!r}`"
        else:
            continue
        raise Departed(f"{difference}\n  {_shown(actual)}")
    if len(wanted) != len(found):
        raise Departed(f"expected {len(wanted)} fields, found {len(found)}\n  {_shown(actual)}")


class Connection:
    """A connection that carries FIX messages."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.settimeout(PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def send(self, message: bytes) -> None:
        self._socket.sendall(message)

    def receive(self) -> bytes:
        """Read one message, by its length."""
        while True:
            head = re.match(rb"8=[^\x01]*\x019=(\d+)\x01", self._unread)
            if head is not None:
                end = self._unread.find(SOH, head.end() + int(head[1]))  # that of the checksum
                if end >= 0:
                    message, self._unread = self._unread[: end + 1], self._unread[end + 1 :]
                    return message
            arrived = self._socket.recv(4096)
            if not arrived:
                raise Departed("the other side hung up")
            self._unread += arrived

    def expect_end(self) -> None:
        rest = self._unread or self._socket.recv(4096)
        if rest:
            raise Departed(f"expected the end of the connection, found\n  {_shown(rest)}")

    def close(self) -> None:
        """Hang up, and see the other side notice: it then takes the next Logon of this session."""
        if self._socket.fileno() < 0:
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
            while self._socket.recv(4096):
                pass
        except OSError:
            pass  # the other side was first
        self._socket.close()


def _time(match: re.Match[bytes]) -> bytes:
    at = datetime.now(UTC) + timedelta(seconds=int(match[1] or 0))
    return at.strftime("%Y%m%d-%H:%M:%S").encode()


def _agree(wanted: bytes, found: bytes) -> bool:
    return re.fullmatch(re.escape(wanted).replace(b"<N>", rb"\d+"), found) is not None


def _fields(message: bytes) -> Sequence[tuple[bytes, bytes]]:
    return [pair.partition(b"=")[::2] for pair in message.rstrip(SOH).split(SOH)]


def _shown(message: bytes) -> str:
    return message.decode("latin-1").replace("\x01", "|")


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
