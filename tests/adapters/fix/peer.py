"""The other side of a session, and a handler that keeps what it is told; neither uses quickfix."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from adapters.fix.engine import QuickfixEngine
from adapters.fix.port import Field, SessionName
from adapters.fix.sessions import Dial, EngineSettings, FixSession, Listen, Version
from adapters.fix.wire import framed
from tests.acceptance.transcript import PATIENCE_S, Connection, free_port

DESK = SessionName("desk")
BROKER = SessionName("broker")

ORDER: list[Field] = [
    (11, "A1"),
    (55, "MSFT"),
    (54, "1"),
    (60, "20260102-03:04:05"),
    (38, "100"),
    (40, "2"),
    (44, "15.54"),
]
"""A NewOrderSingle (D) as FIX 4.4 wants it."""


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that other threads bring about."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)


class Recorder:
    """A handler that keeps what it is told, and fails where it is told to."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.flags: list[tuple[bool, bool]] = []
        self.logons: list[str] = []
        self.logouts = 0
        self.rejects: list[str] = []
        self.refusals: list[str] = []
        self.faults: list[BaseException] = []
        self.refusal: str | None = None
        self.failures: dict[str, BaseException] = {}

    def _fail(self, method: str) -> None:
        if method in self.failures:
            raise self.failures[method]

    def on_message(
        self, session: SessionName, text: str, *, poss_dup: bool, poss_resend: bool
    ) -> None:
        self._fail("on_message")
        self.messages.append(text)
        self.flags.append((poss_dup, poss_resend))

    def approve_logon(self, session: SessionName, text: str) -> str | None:
        self._fail("approve_logon")
        return self.refusal

    def on_logon(self, session: SessionName, text: str) -> None:
        self._fail("on_logon")
        self.logons.append(text)

    def on_logout(self, session: SessionName) -> None:
        self._fail("on_logout")
        self.logouts += 1

    def on_session_reject(self, session: SessionName, text: str) -> None:
        self._fail("on_session_reject")
        self.rejects.append(text)

    def on_refusal(self, session: SessionName, text: str) -> None:
        self._fail("on_refusal")
        self.refusals.append(text)

    def on_fault(self, fault: BaseException) -> None:
        self.faults.append(fault)
        self._fail("on_fault")


class Peer:
    """One side of a FIX session that says exactly what it is told to say."""

    def __init__(
        self,
        connected: socket.socket,
        *,
        ours: str = "DESK",
        theirs: str = "GATE",
        number: int = 1,
        version: Version = Version.FIX44,
    ) -> None:
        self.number = number
        self._begin_string = version.begin_string
        self._names = f"49={ours}\x0156={theirs}\x01"
        self._connection = Connection(connected)

    @classmethod
    def dial(cls, port: int, number: int = 1) -> Self:
        return cls(socket.create_connection(("127.0.0.1", port), PATIENCE_S), number=number)

    def say(
        self, msg_type: str, fields: Sequence[Field] = (), *, header: str = "", number: int = 0
    ) -> None:
        """Send a message, numbered in turn unless told otherwise."""
        at = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S")
        top = f"35={msg_type}\x0134={number or self.number}\x0152={at}\x01{self._names}{header}"
        body = "".join(f"{tag}={value}\x01" for tag, value in fields)
        text = (top + body).encode("utf-8", "surrogateescape")
        self.number += not number
        self._connection.send(framed(self._begin_string, text))

    def hear(self, msg_type: str) -> str:
        """Wait for the next message, which must be of this type."""
        text = self.hear_any()
        assert f"\x0135={msg_type}\x01" in text, text.replace("\x01", "|")
        return text

    def hear_any(self) -> str:
        """Wait for the next message."""
        return self._connection.receive().decode("utf-8", "surrogateescape")

    def log_on(self, fields: Sequence[Field] = ()) -> Self:
        self.say("A", [(98, "0"), (108, "30"), *fields])
        self.hear("A")
        return self

    def hear_the_end(self) -> None:
        self._connection.expect_end()

    def hang_up(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()


def session(link: Listen | Dial, **how: object) -> FixSession:
    """A session of FIX 4.4, with a desk that we listen for or a broker whom we dial."""
    agreed: dict[str, object] = {
        "name": DESK if isinstance(link, Listen) else BROKER,
        "version": Version.FIX44,
        "ours": "GATE",
        "theirs": "DESK" if isinstance(link, Listen) else "BROKER",
        "link": link,
    }
    return FixSession(**(agreed | how))  # type: ignore[arg-type]


@contextmanager
def engine_of(
    agreed: FixSession, store: Path, handler: Recorder, **how: object
) -> Iterator[QuickfixEngine]:
    """Run an engine with one session."""
    engine = QuickfixEngine(EngineSettings(sessions=[agreed], store=store), handler, **how)  # type: ignore[arg-type]
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


@contextmanager
def a_broker(version: Version = Version.FIX44) -> Iterator[tuple[Dial, Callable[[], Peer]]]:
    """Somebody to dial; the callable takes the next call."""
    with socket.create_server(("127.0.0.1", free_port())) as server:
        server.settimeout(PATIENCE_S)
        port = int(server.getsockname()[1])

        def answer() -> Peer:
            return Peer(server.accept()[0], ours="BROKER", version=version)

        yield Dial(host="127.0.0.1", port=port, retry_s=1), answer
