"""The front door: a program of its own between the street and the FIX engine.

quickfix reads the first message of a stranger while all other sessions wait, checks addresses
after the logon, and speaks no TLS. So strangers wait here. Inward, for each entrance:

1. the address must be allowed, and neither too many strangers nor too many of one address be
waiting; 2. TLS is spoken, where the entrance has a certificate; 3. one complete Logon (35=A) with
a right checksum must arrive, for a session the entrance leads to; 4. only then is the engine
dialled, on loopback, and offered the Logon; from its answer on, bytes are
   passed on as they are.

1 to 3 must be done within `logon_s`. Whoever fails is hung up on without a word. quickfix may drop
a new connection that gets the number of a socket just closed: a Logon that gets no answer at all
is offered again, and the stranger notices nothing. INVARIANT (one way in).

Outward, for each exit, the door listens on loopback and dials the broker in the engine's stead, by
TLS, always verifying the certificate and the name on it.

It is a process and not a thread: no byte is passed on by the interpreter in which orders are
judged, and neither falls with the other. It ends with its standard input, so it never outlives the
gateway.
"""

import asyncio
import ssl
import sys
from collections import Counter
from contextlib import ExitStack
from functools import partial
from ipaddress import ip_address, ip_network
from typing import Self, cast

import structlog

from adapters.fix.beside import (
    end_with_input,
    log_to_standard_error,
    say_ready,
    settings_of,
)
from adapters.fix.door import ClientTls, DoorSettings, Entrance, Exit, ServerTls
from adapters.fix.wire import Garbled, first_message, value_of

_LOGON_BYTES_MAX = 8192
_OFFERS = 3
_OFFER_PAUSE_S = 0.05
_ENGINE = "127.0.0.1"

log = structlog.get_logger()


async def serve(settings: DoorSettings, closing: asyncio.Event) -> None:
    """Listen at all entrances and exits until `closing` is set. Raises OSError, ValueError."""
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        for entrance in settings.entrances:
            guard = _Guard(entrance)
            server = await loop.create_server(
                partial(_Stranger, guard), entrance.host, entrance.port, backlog=128
            )
            stack.callback(server.close)
        for way_out in settings.exits:
            tls = _client_context(way_out.tls) if way_out.tls else None
            caller = partial(_Caller, way_out, tls)
            server = await loop.create_server(caller, _ENGINE, way_out.port)
            stack.callback(server.close)
        say_ready()
        await closing.wait()


class _Pipe(asyncio.Protocol):
    """One end of a connection: what arrives leaves at the other, no faster than that takes it."""

    transport: asyncio.Transport
    other: "_Pipe | None" = None

    def itself(self) -> Self:
        """For whoever asks for a factory of protocols."""
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self.other is not None:
            self.other.transport.close()


class _Guard:
    """What the strangers of one entrance share."""

    def __init__(self, entrance: Entrance) -> None:
        self.entrance = entrance
        self.tls = _server_context(entrance.tls) if entrance.tls else None
        self.guests = {(guest.sender, guest.target): guest for guest in entrance.guests}
        self.waiting: Counter[str] = Counter()
        self.admissions: set[asyncio.Task[None]] = set()
        self._networks = [ip_network(network) for network in entrance.allowed]

    def turns_away(self, address: str) -> str | None:
        """Say why nobody from `address` may wait now, or None."""
        if not any(ip_address(address) in network for network in self._networks):
            return "the address is not allowed"
        if self.waiting.total() >= self.entrance.strangers_max:
            return "too many strangers are waiting"
        if self.waiting[address] >= self.entrance.strangers_of_address_max:
            return "too many strangers of this address are waiting"
        return None


class _Turned(Exception):
    """The stranger goes no further."""


class _Stranger(_Pipe):
    """Someone at an entrance, until the engine answers: then just the outer end of a pipe."""

    def __init__(self, guard: _Guard) -> None:
        self._guard = guard
        self._received = b""
        self._arrived = asyncio.Event()
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._address = transport.get_extra_info("peername")[0]
        reason = self._guard.turns_away(self._address)
        if reason is not None:
            log.info("stranger turned away", address=self._address, because=reason)
            self.transport.abort()
            return
        self._guard.waiting[self._address] += 1
        self.transport.pause_reading()
        admission = asyncio.get_running_loop().create_task(self._admit())
        self._guard.admissions.add(admission)
        admission.add_done_callback(self._guard.admissions.discard)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)
            return
        self._received += data
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived.set()
        super().connection_lost(exc)

    async def _admit(self) -> None:
        try:
            async with asyncio.timeout(self._guard.entrance.logon_s):
                logon = await self._logon()
        except TimeoutError:
            self._turn_away("no Logon came in time")
        except (_Turned, Garbled, OSError) as reason:  # an SSLError is an OSError
            self._turn_away(str(reason) or type(reason).__name__)
        else:
            await self._lead_in(logon)
        finally:
            self._guard.waiting[self._address] -= 1

    async def _logon(self) -> bytes:
        """Speak TLS, and wait for a Logon that somebody in there expects."""
        if self._guard.tls is not None:
            loop = asyncio.get_running_loop()
            upgraded = await loop.start_tls(self.transport, self, self._guard.tls, server_side=True)
            if upgraded is None:
                raise _Turned("it hung up")
            self.transport = upgraded
        self.transport.resume_reading()
        while (message := first_message(self._received)) is None:
            if len(self._received) > _LOGON_BYTES_MAX:
                raise _Turned("its first message is too long")
            if self.transport.is_closing():
                raise _Turned("it hung up")
            self._arrived.clear()
            await self._arrived.wait()
        self.transport.pause_reading()
        if value_of(message, 35) != "A":
            raise _Turned("its first message is no Logon")
        names = value_of(message, 49), value_of(message, 56)
        guest = self._guard.guests.get(names)
        if guest is None:
            raise _Turned(f"nobody expects `{names[0]}` for `{names[1]}`")
        if guest.certificate_name not in (None, self._certificate_name()):
            raise _Turned(f"`{names[0]}` shows the certificate of `{self._certificate_name()}`")
        return message

    async def _lead_in(self, logon: bytes) -> None:
        """Offer the Logon to the engine; from its answer on, pass on what comes."""
        loop = asyncio.get_running_loop()
        entrance = self._guard.entrance
        for _ in range(_OFFERS):
            inner = _Inner(self)
            try:
                async with asyncio.timeout(entrance.logon_s):
                    await loop.create_connection(inner.itself, _ENGINE, entrance.engine_port)
                    inner.transport.write(self._received)
                    answered = await inner.answered
            except OSError as error:  # a TimeoutError is one
                self._turn_away(f"the engine does not answer: {error}")
                return
            if answered:
                log.info("let in", address=self._address, sender=value_of(logon, 49))
                return
            if self.transport.is_closing():
                return
            await asyncio.sleep(_OFFER_PAUSE_S)
        self._turn_away("the engine hung up")

    def _certificate_name(self) -> str | None:
        certificate = self.transport.get_extra_info("peercert") or {}
        for relative_name in certificate.get("subject", ()):
            for kind, value in relative_name:
                if kind == "commonName":
                    return str(value)
        return None

    def _turn_away(self, reason: str) -> None:
        log.info("stranger turned away", address=self._address, because=reason)
        self.transport.abort()


class _Inner(_Pipe):
    """The engine's end. Its first bytes join it to the stranger's."""

    def __init__(self, stranger: _Stranger) -> None:
        self._stranger = stranger
        self.answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self.other, self._stranger.other = self._stranger, self
            self.answered.set_result(True)
            self._stranger.transport.resume_reading()
            if self._stranger.transport.is_closing():
                self.transport.close()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answered.done():
            self.answered.set_result(False)
        super().connection_lost(exc)


class _Caller(_Pipe):
    """The engine, calling out: its bytes wait until the other side is reached."""

    def __init__(self, way_out: Exit, tls: ssl.SSLContext | None) -> None:
        self._way_out = way_out
        self._tls = tls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.pause_reading()
        self._dialling = asyncio.get_running_loop().create_task(self._dial())

    async def _dial(self) -> None:
        way_out = self._way_out
        name = way_out.tls.server_name if way_out.tls else None
        outer = _Pipe()
        try:
            async with asyncio.timeout(way_out.dial_s):
                await asyncio.get_running_loop().create_connection(
                    outer.itself,
                    way_out.host,
                    way_out.host_port,
                    ssl=self._tls,
                    server_hostname=name,
                )
        except (OSError, TimeoutError) as error:
            log.warning("broker not reached", host=way_out.host, because=str(error) or "too slow")
            self.transport.abort()
            return
        if self.transport.is_closing():
            outer.transport.abort()
            return
        self.other, outer.other = outer, self
        self.transport.resume_reading()


def _server_context(tls: ServerTls) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.client_ca)
    context.load_cert_chain(tls.certificate, tls.key)
    if tls.client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _client_context(tls: ClientTls) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=tls.ca)
    if tls.certificate is not None:
        context.load_cert_chain(tls.certificate, tls.key)
    return context


async def _main() -> None:
    closing = asyncio.Event()
    settings = settings_of(DoorSettings)
    end_with_input(asyncio.get_running_loop(), closing)
    await serve(settings, closing)


if __name__ == "__main__":
    log_to_standard_error()
    try:
        asyncio.run(_main())
    except (OSError, ValueError) as error:
        sys.stdout.write(f"{error}\n")
        sys.exit(1)
