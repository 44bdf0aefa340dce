"""The front door, as a process, with real TLS: who gets in, who does not, and what passes.

Behind it stands a fake engine, so that these tests need no quickfix.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from adapters.fix.door import ClientTls, DoorSettings, Entrance, Exit, FrontDoor, Guest, ServerTls
from adapters.fix.wire import framed
from tests.acceptance.transcript import free_port
from tests.adapters.fix.conftest import Authority

Found = Callable[[str], Authority]

LOGON = framed("FIX.4.4", b"35=A\x0134=1\x0149=DESK\x0152=20260102-03:04:05\x0156=GATE\x01")
ANSWER = framed("FIX.4.4", b"35=A\x0134=1\x0149=GATE\x0152=20260102-03:04:05\x0156=DESK\x01")


class Engine:
    """A program that listens on loopback, and keeps what it is sent."""

    def __init__(self, *, deaf_to: int = 0) -> None:
        self._deaf_to = deaf_to
        self.offers: list[bytes] = []
        self.received = b""
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, suppress(OSError):  # the door closes before the engine
                offer = connection.recv(4096)
                if not offer:
                    return
                self.offers.append(offer)
                if len(self.offers) <= self._deaf_to:
                    continue
                connection.sendall(ANSWER)
                while arrived := connection.recv(4096):
                    self.received += arrived
                    connection.sendall(arrived.upper())

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._thread.join()
        self._server.close()


@contextmanager
def running(**how: int) -> Iterator[Engine]:
    engine = Engine(**how)
    try:
        yield engine
    finally:
        engine.close()


def entrance(engine: Engine, **how: object) -> Entrance:
    plain = Entrance(
        host="127.0.0.1",
        port=free_port(),
        engine_port=engine.port,
        guests=[Guest(sender="DESK", target="GATE")],
        allowed=["127.0.0.0/8"],
    )
    return replace(plain, **how)  # type: ignore[arg-type]


def dial(way_in: Entrance, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((way_in.host, way_in.port), 10, (source, 0))


def is_hung_up_on(connection: socket.socket) -> bool:
    """Wait for the end of the connection; False when anything else is heard first."""
    try:
        return connection.recv(4096) == b""
    except ConnectionResetError:
        return True


def test_a_logon_is_led_in_and_bytes_pass_both_ways() -> None:
    with running() as engine:
        way_in = entrance(engine)
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as desk:
            desk.sendall(LOGON)
            assert desk.recv(4096) == ANSWER
            desk.sendall(b"order")
            assert desk.recv(4096) == b"ORDER"
    assert engine.offers == [LOGON]
    assert engine.received == b"order"


def test_a_logon_in_single_bytes_is_led_in_whole() -> None:
    with running() as engine:
        way_in = entrance(engine)
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as desk:
            desk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in LOGON:
                desk.sendall(bytes([byte]))
            assert desk.recv(4096) == ANSWER
    assert engine.offers == [LOGON]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="not FIX"),
        pytest.param(LOGON.replace(b"10=", b"10=9"), id="a wrong checksum"),
        pytest.param(framed("FIX.4.4", b"35=0\x0149=DESK\x0156=GATE\x01"), id="a heartbeat"),
        pytest.param(framed("FIX.4.4", b"35=A\x0149=THIEF\x0156=GATE\x01"), id="unknown sender"),
        pytest.param(framed("FIX.4.4", b"35=A\x0149=DESK\x0156=BANK\x01"), id="unknown target"),
        pytest.param(b"8=FIX.4.4\x019=99999\x0135=A\x01" + b"58=a\x01" * 2000, id="too long"),
    ],
)
def test_who_says_anything_but_a_known_logon_is_hung_up_on(said: bytes) -> None:
    with running() as engine:
        way_in = entrance(engine, logon_s=60.0)
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as stranger:
            stranger.sendall(said)
            assert is_hung_up_on(stranger)
    assert engine.offers == []


def test_who_drips_is_hung_up_on_in_time_and_never_meets_the_engine() -> None:
    with running() as engine:
        way_in = entrance(engine, logon_s=0.3)
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as stranger:
            stranger.settimeout(0.02)
            began = time.monotonic()
            for byte in LOGON:
                try:
                    stranger.sendall(bytes([byte]))
                    if is_hung_up_on(stranger):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            assert time.monotonic() - began < 5
    assert engine.offers == []


def test_an_address_that_is_not_allowed_is_hung_up_on() -> None:
    with running() as engine:
        way_in = entrance(engine, allowed=["127.0.0.1/32"])
        with FrontDoor(DoorSettings(entrances=[way_in])):
            with dial(way_in, source="127.0.0.2") as stranger:
                assert is_hung_up_on(stranger)
            with dial(way_in) as desk:
                desk.sendall(LOGON)
                assert desk.recv(4096) == ANSWER


def test_one_address_cannot_keep_the_others_out() -> None:
    with running() as engine:
        way_in = entrance(engine, logon_s=60.0, strangers_of_address_max=2)
        with (
            FrontDoor(DoorSettings(entrances=[way_in])),
            dial(way_in, "127.0.0.2"),
            dial(way_in, "127.0.0.2"),
            dial(way_in, "127.0.0.2") as third,
        ):
            assert is_hung_up_on(third)
            with dial(way_in) as desk:
                desk.sendall(LOGON)
                assert desk.recv(4096) == ANSWER


def test_only_so_many_strangers_wait() -> None:
    with running() as engine:
        way_in = entrance(engine, logon_s=60.0, strangers_max=1)
        with (
            FrontDoor(DoorSettings(entrances=[way_in])),
            dial(way_in),
            dial(way_in, "127.0.0.2") as second,
        ):
            assert is_hung_up_on(second)


def test_a_logon_that_the_engine_drops_is_offered_again() -> None:
    with running(deaf_to=2) as engine:
        way_in = entrance(engine)
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as desk:
            desk.sendall(LOGON)
            assert desk.recv(4096) == ANSWER
    assert engine.offers == [LOGON] * 3


def test_a_dead_engine_hangs_up_on_the_desk() -> None:
    with running() as engine:
        way_in = entrance(engine, engine_port=free_port())
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as desk:
            desk.sendall(LOGON)
            assert is_hung_up_on(desk)


def test_a_desk_that_is_not_read_from_is_slowed_down() -> None:
    with running() as engine:
        way_in = entrance(engine)
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as desk:
            desk.sendall(LOGON)
            assert desk.recv(4096) == ANSWER
            desk.settimeout(1)
            with pytest.raises(TimeoutError):  # the fake engine waits for us to read
                desk.sendall(b"x" * 100_000_000)


def test_a_port_that_is_taken_is_told() -> None:
    with running() as engine:
        way_in = entrance(engine, port=engine.port)
        with pytest.raises(OSError, match=r"does not start.*in use"):
            FrontDoor(DoorSettings(entrances=[way_in]))


def test_a_certificate_that_is_missing_is_told() -> None:
    with running() as engine:
        way_in = entrance(engine, tls=ServerTls(certificate="none.pem", key="none.key"))
        with pytest.raises(OSError, match=r"does not start.*No such file"):
            FrontDoor(DoorSettings(entrances=[way_in]))


# ------------------------------------------------------------------------------- TLS, inward


def test_tls_is_spoken_inward(authority: Found) -> None:
    ours = authority("ours")
    server = ours.sign("gate.test")
    with running() as engine:
        way_in = entrance(engine, tls=ServerTls(certificate=server.certificate, key=server.key))
        context = ssl.create_default_context(cafile=ours.file)
        with (
            FrontDoor(DoorSettings(entrances=[way_in])),
            context.wrap_socket(dial(way_in), server_hostname="gate.test") as desk,
        ):
            desk.sendall(LOGON)
            assert desk.recv(4096) == ANSWER
            desk.sendall(b"order")
            assert desk.recv(4096) == b"ORDER"


def test_a_logon_in_the_clear_is_not_taken_where_tls_is_spoken(authority: Found) -> None:
    server = authority("ours").sign("gate.test")
    with running() as engine:
        way_in = entrance(engine, tls=ServerTls(certificate=server.certificate, key=server.key))
        with FrontDoor(DoorSettings(entrances=[way_in])), dial(way_in) as desk:
            desk.sendall(LOGON)
            desk.recv(4096)  # perhaps a TLS alert
            assert is_hung_up_on(desk)
    assert engine.offers == []


@pytest.mark.parametrize(
    ("signed_by", "name", "let_in"),
    [
        ("theirs", "desk.test", True),
        ("theirs", "other.test", False),
        ("nobody", "desk.test", False),
        (None, "", False),
    ],
)
def test_a_client_shows_the_certificate_of_its_session(
    authority: Found, signed_by: str | None, name: str, *, let_in: bool
) -> None:
    ours, theirs = authority("ours"), authority("theirs")
    server = ours.sign("gate.test")
    context = ssl.create_default_context(cafile=ours.file)
    if signed_by is not None:
        client = (theirs if signed_by == "theirs" else authority(signed_by)).sign(name)
        context.load_cert_chain(client.certificate, client.key)
    tls = ServerTls(certificate=server.certificate, key=server.key, client_ca=theirs.file)
    guest = Guest(sender="DESK", target="GATE", certificate_name="desk.test")
    with running() as engine:
        way_in = entrance(engine, tls=tls, guests=[guest])
        with (
            FrontDoor(DoorSettings(entrances=[way_in])),
            context.wrap_socket(dial(way_in), server_hostname="gate.test") as desk,
        ):
            try:
                desk.sendall(LOGON)
                heard = desk.recv(4096)
            except OSError:
                heard = b""
    assert (heard == ANSWER) is let_in
    assert bool(engine.offers) is let_in


# ------------------------------------------------------------------------------ TLS, outward


@contextmanager
def broker(certificate: str, key: str) -> Iterator[int]:
    """A broker who answers one message, by TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.sendall(secured.recv(4096).upper())
            except OSError:
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join()


@pytest.mark.parametrize(
    ("signed_by", "name", "reached"),
    [
        ("theirs", "broker.test", True),
        ("theirs", "other.test", False),
        ("nobody", "broker.test", False),
    ],
)
def test_a_broker_is_reached_only_under_its_own_certificate(
    authority: Found, signed_by: str, name: str, *, reached: bool
) -> None:
    theirs = authority("theirs")
    signed = (theirs if signed_by == "theirs" else authority(signed_by)).sign(name)
    with broker(signed.certificate, signed.key) as port:
        way_out = Exit(
            port=free_port(),
            host="127.0.0.1",
            host_port=port,
            tls=ClientTls(server_name="broker.test", ca=theirs.file),
        )
        with (
            FrontDoor(DoorSettings(exits=[way_out])),
            socket.create_connection(("127.0.0.1", way_out.port), 10) as engine,
        ):
            engine.sendall(b"order")
            try:
                heard = engine.recv(4096)
            except ConnectionResetError:
                heard = b""
    assert heard == (b"ORDER" if reached else b"")


def test_a_broker_that_is_down_hangs_up_on_the_engine() -> None:
    way_out = Exit(port=free_port(), host="127.0.0.1", host_port=free_port())
    with (
        FrontDoor(DoorSettings(exits=[way_out])),
        socket.create_connection(("127.0.0.1", way_out.port), 10) as engine,
    ):
        assert is_hung_up_on(engine)
