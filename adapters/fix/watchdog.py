"""The watchdog: asks the FIX engine whether it lives, and ends a gateway where it does not.

A wedged engine is worse than a dead one: it accepts connections, the process is there, and no
order moves. Nothing inside can be trusted to notice, since it is the interpreter itself that hangs
(an exception that crossed into quickfix, a lock taken twice). So the question is put from outside,
in FIX, by a program of its own, and on both sides:

* *inward*, the watchdog logs on to the engine's acceptor, as a desk;
* *outward*, the engine dials the watchdog, as a broker,

and on each it sends a TestRequest (1) every `interval_s`. The Heartbeat (0) that answers it has
taken the thread of that side, the interpreter, and two callbacks. The sessions are ordinary ones
of the engine, see `sessions_for`; they begin at 1 with every connection.

A side is armed by its first answer. From then on, `patience_s` without one is a wedge: the process
gets SIGABRT, upon which ``faulthandler`` (the gateway enables it) writes where each thread stands,
and SIGKILL should it still be there after two seconds. Whoever supervises the gateway starts it
again. A session that breaks and comes back in time is no wedge.
"""

import asyncio
import os
import signal
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from adapters.fix.beside import (
    Beside,
    end_with_input,
    log_to_standard_error,
    say_ready,
    settings_of,
)
from adapters.fix.port import SessionName
from adapters.fix.sessions import Dial, FixSession, Listen, Version
from adapters.fix.wire import Garbled, first_message, framed, value_of

_WATCHDOG = "WATCHDOG"
_WATCHED = "WATCHED"
_LOCAL = "127.0.0.1"
_RETRY_S = 0.5
_LAST_WORDS_S = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    pid: int
    """The gateway's process."""
    inward_port: int | None = None
    """Where the engine listens."""
    outward_port: int | None = None
    """Where the engine dials, and we listen."""
    interval_s: float = 2.0
    patience_s: float = 15.0


class Watchdog(Beside):
    """The watchdog's process, as the gateway holds it; closed before the engine is stopped."""

    def __init__(self, settings: WatchSettings) -> None:
        """Start watching. Raises OSError when that cannot be."""
        super().__init__("adapters.fix.watchdog", settings)


def sessions_for(settings: WatchSettings) -> list[FixSession]:
    """Give the sessions that the engine must have, to be watched."""
    links: list[Listen | Dial] = []
    if settings.inward_port is not None:
        links.append(Listen(port=settings.inward_port))
    if settings.outward_port is not None:
        links.append(Dial(host=_LOCAL, port=settings.outward_port, retry_s=1))
    return [
        FixSession(
            name=SessionName(f"watchdog-{type(link).__name__.lower()}"),
            version=Version.FIX44,
            ours=f"{_WATCHED}-{type(link).__name__.upper()}",
            theirs=_WATCHDOG,
            link=link,
            reset_on_logon=True,
            keeps_messages=False,
        )
        for link in links
    ]


class _Side:
    """One side of the engine, and when it was last heard to live."""

    def __init__(self, name: str, watched: str, interval_s: float) -> None:
        self.name = name
        self.answered_at: float | None = None
        self._names = f"49={_WATCHDOG}\x0156={watched}\x01"
        self._interval_s = interval_s

    async def dial(self, port: int) -> None:
        """Be a desk, again and again."""
        while True:
            with suppress(OSError, Garbled, EOFError):
                reader, writer = await asyncio.open_connection(_LOCAL, port)
                await self.converse(reader, writer)
            await asyncio.sleep(_RETRY_S)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be a broker, once."""
        with suppress(OSError, Garbled, EOFError):
            await self.converse(reader, writer)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Log on, and ask until the connection ends."""
        told = _Voice(writer, self._names)
        told.say("A", "98=0\x01108=30\x01141=Y\x01")
        asking = asyncio.get_running_loop().create_task(self._ask(told))
        try:
            await self._listen(reader, told)
        finally:
            asking.cancel()
            writer.close()

    async def _ask(self, told: "_Voice") -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            told.say("1", "112=alive?\x01")

    async def _listen(self, reader: asyncio.StreamReader, told: "_Voice") -> None:
        received = b""
        while arrived := await reader.read(4096):
            received += arrived
            while (message := first_message(received)) is not None:
                received = received[len(message) :]
                kind = value_of(message, 35)
                if kind == "1":
                    told.say("0", f"112={value_of(message, 112)}\x01")
                elif kind == "0" and value_of(message, 112):
                    self.answered_at = time.monotonic()


class _Voice:
    """What the watchdog says on one connection, numbered from 1."""

    def __init__(self, writer: asyncio.StreamWriter, names: str) -> None:
        self._writer = writer
        self._names = names
        self._number = 0

    def say(self, kind: str, fields: str) -> None:
        self._number += 1
        at = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S")
        head = f"35={kind}\x0134={self._number}\x0152={at}\x01{self._names}"
        self._writer.write(framed("FIX.4.4", f"{head}{fields}".encode()))


async def watch(settings: WatchSettings) -> None:
    """Ask until the gateway ends, by itself or by our hand. Raises OSError."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    sides = [
        _Side(session.name, session.ours, settings.interval_s) for session in sessions_for(settings)
    ]
    dialling = None
    with ExitStack() as stack:
        gateway = os.pidfd_open(settings.pid)
        stack.callback(os.close, gateway)
        loop.add_reader(gateway, ended.set)
        if settings.outward_port is not None:
            server = await asyncio.start_server(sides[-1].answer, _LOCAL, settings.outward_port)
            stack.callback(server.close)
        if settings.inward_port is not None:
            dialling = loop.create_task(sides[0].dial(settings.inward_port))
        end_with_input(loop, ended)
        say_ready()
        while not ended.is_set():
            wedged = _wedged(sides, settings.patience_s)
            if wedged is not None:
                log.error("gateway is wedged", side=wedged, pid=settings.pid)
                await _end(gateway, ended)
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), settings.interval_s / 2)
        if dialling is not None:
            dialling.cancel()


def _wedged(sides: list[_Side], patience_s: float) -> str | None:
    now = time.monotonic()
    for side in sides:
        if side.answered_at is not None and now - side.answered_at > patience_s:
            return side.name
    return None


async def _end(gateway: int, ended: asyncio.Event) -> None:
    for last_resort in (signal.SIGABRT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(gateway, last_resort)
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _LAST_WORDS_S)
            return


if __name__ == "__main__":
    log_to_standard_error()
    try:
        asyncio.run(watch(settings_of(WatchSettings)))
    except (OSError, ValueError) as error:
        sys.stdout.write(f"{error}\n")
        sys.exit(1)
