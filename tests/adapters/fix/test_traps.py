"""quickfix's measured traps, one by one: each is set, and our guard is seen to hold.

The guards are explained in `adapters/fix/engine.py`, where each is kept. The wedge is in
`test_watchdog.py`.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("quickfix", reason="quickfix is not installed")

import quickfix as fix

from adapters.fix import listener
from adapters.fix.door import DoorSettings, Entrance, FrontDoor, Guest
from adapters.fix.engine import CannotListenError, QuickfixEngine
from adapters.fix.port import Field, NextNumbers, Sent
from adapters.fix.sessions import EngineSettings, Listen
from tests.acceptance.transcript import free_port
from tests.adapters.fix.peer import (
    BROKER,
    DESK,
    ORDER,
    Peer,
    Recorder,
    a_broker,
    engine_of,
    session,
    until,
)

pytestmark = pytest.mark.fix


# ------------------------------------------------- 1. an exception in a callback ends the engine


@pytest.mark.parametrize(
    "failure",
    [RuntimeError("a bug"), SystemExit(3), KeyboardInterrupt(), fix.DoNotSend(), fix.RejectLogon()],
    ids=lambda failure: type(failure).__name__,
)
def test_a_handler_that_fails_silences_the_engine_and_its_message_stays_unread(
    tmp_path: Path, failure: BaseException
) -> None:
    handler, port = Recorder(), free_port()
    agreed = session(Listen(port=port))
    handler.failures = {"on_message": failure}
    with engine_of(agreed, tmp_path, handler) as engine, Peer.dial(port) as desk:
        desk.log_on()
        desk.say("D", ORDER)
        desk.hear_the_end()
        assert handler.faults == [failure]
        assert engine.send(DESK, "8", [(37, "1")]) is Sent.SILENCED
        until(lambda: engine.next_numbers(DESK).incoming == 2, "the count to be set back")
    with engine_of(agreed, tmp_path, recovered := Recorder()), Peer.dial(port, 3) as desk:
        desk.log_on()  # 3 comes, 2 is missing
        assert "\x017=2\x01" in desk.hear("2")
        desk.say("D", ORDER, header="43=Y\x01122=20260102-03:04:05\x01", number=2)
        until(lambda: bool(recovered.messages), "the order that was not read")
    assert recovered.flags == [(True, False)]


@pytest.mark.parametrize("method", ["approve_logon", "on_logon", "on_session_reject", "on_logout"])
def test_whatever_fails_in_a_handler_is_told_once_and_the_peer_hears_the_end(
    tmp_path: Path, method: str
) -> None:
    handler, port = Recorder(), free_port()
    failure = RuntimeError("a bug")
    handler.failures = {method: failure, "on_fault": RuntimeError("and one more")}
    with engine_of(session(Listen(port=port)), tmp_path, handler), Peer.dial(port) as desk:
        desk.say("A", [(98, "0"), (108, "30")])
        if method in ("on_session_reject", "on_logout"):
            desk.hear("A")
            desk.say("3" if method == "on_session_reject" else "5", [(45, "1")][: method[3] == "s"])
        until(lambda: bool(handler.faults), "the fault")
    assert handler.faults == [failure]


def test_a_silent_engine_logs_its_other_sessions_out(tmp_path: Path) -> None:
    handler, port, other_port = Recorder(), free_port(), free_port()
    sessions = [
        session(Listen(port=port)),
        session(Listen(port=other_port), name="other", theirs="OTHER"),
    ]
    engine = QuickfixEngine(EngineSettings(sessions=sessions, store=tmp_path), handler)
    engine.start()
    connected = socket.create_connection(("127.0.0.1", other_port), 10)
    with Peer.dial(port) as desk, Peer(connected, ours="OTHER") as other:
        desk.log_on()
        other.log_on()
        handler.failures = {"on_message": RuntimeError("a bug")}
        desk.say("D", ORDER)
        desk.hear_the_end()
        assert "58=the gateway stops" in other.hear("5")
    engine.stop()
    assert len(handler.faults) == 1


# --------------------------------------------------- 2. a message that is kept changes its content


def test_messages_that_are_kept_stay_what_they_were(tmp_path: Path) -> None:
    handler, port = Recorder(), free_port()
    with engine_of(session(Listen(port=port)), tmp_path, handler), Peer.dial(port) as desk:
        desk.log_on()
        for number in range(60):
            desk.say("D", [(11, f"A{number}"), *ORDER[1:]])
        until(lambda: len(handler.messages) == 60, "60 orders")
    for number, text in enumerate(handler.messages):
        assert f"\x0111=A{number}\x01" in text


# ----------------------------------------------- 3. a send succeeds while the peer is down


def test_an_order_for_a_broker_who_is_down_is_refused_and_never_goes_out(tmp_path: Path) -> None:
    with (
        a_broker() as (link, answer),
        engine_of(session(link), tmp_path, Recorder()) as engine,
    ):
        with answer() as broker:
            broker.hear("A")
            broker.say("A", [(98, "0"), (108, "30")])
            until(lambda: engine.logged_on(BROKER), "the logon")
        until(lambda: not engine.logged_on(BROKER), "the loss of the connection")
        assert engine.send(BROKER, "D", ORDER) is Sent.NOT_LOGGED_ON
        assert engine.next_numbers(BROKER) == NextNumbers(outgoing=2, incoming=2)
        with answer() as broker:
            broker.hear("A")
            broker.say("A", [(98, "0"), (108, "30")], number=2)
            broker.say("2", [(7, "1"), (16, "0")], number=3)
            assert "\x0136=3\x01" in broker.hear(
                "4"
            )  # a gap fill for the two Logons, and nothing more
            broker.say("1", [(112, "the end")], number=4)
            assert "the end" in broker.hear("0")


@pytest.mark.parametrize("keeps_messages", [True, False])
def test_an_order_lost_on_the_wire_is_gap_filled(tmp_path: Path, *, keeps_messages: bool) -> None:
    with (
        a_broker() as (link, answer),
        engine_of(session(link, keeps_messages=keeps_messages), tmp_path, Recorder()) as engine,
        answer() as broker,
    ):
        broker.hear("A")
        broker.say("A", [(98, "0"), (108, "30")])
        until(lambda: engine.logged_on(BROKER), "the logon")
        assert engine.send(BROKER, "D", ORDER) is Sent.SENT
        broker.hear("D")
        broker.say("2", [(7, "2"), (16, "0")])
        gap_fill = broker.hear("4")
        assert "\x01123=Y\x01" in gap_fill
        assert "\x0136=3\x01" in gap_fill


def test_a_report_lost_on_the_wire_is_sent_again(tmp_path: Path) -> None:
    port = free_port()
    report: list[Field] = [
        *[(37, "1"), (17, "1"), (150, "0"), (39, "0"), (55, "MSFT"), (54, "1")],
        *[(151, "100"), (14, "0"), (6, "0")],
        *[(453, "2"), (448, "X"), (447, "D"), (452, "3"), (448, "A"), (447, "D"), (452, "12")],
    ]
    with (
        engine_of(session(Listen(port=port)), tmp_path, Recorder()) as engine,
        Peer.dial(port) as desk,
    ):
        desk.log_on()
        until(lambda: engine.logged_on(DESK), "the logon")
        assert engine.send(DESK, "8", report) is Sent.SENT
        desk.hear("8")
        desk.say("2", [(7, "2"), (16, "0")])
        again = desk.hear("8")
    assert "\x0143=Y\x01" in again
    parties = "453=2\x01448=X\x01447=D\x01452=3\x01448=A\x01447=D\x01452=12\x01"
    assert parties in again


# -------------------------------------------------------- 4. the threaded acceptor loses sessions


def test_a_desk_that_reconnects_at_once_gets_in_every_time(tmp_path: Path) -> None:
    handler, port = Recorder(), free_port()
    with engine_of(session(Listen(port=port), reset_on_logon=True), tmp_path, handler):
        for _ in range(50):
            with Peer.dial(port) as desk:
                desk.log_on()
    assert len(handler.logons) == 50


# ------------------------------------------- 5. a stranger who drips bytes freezes all sessions


def test_a_stranger_who_drips_does_not_hold_up_a_desk(tmp_path: Path) -> None:
    handler, port = Recorder(), free_port()
    entrance = Entrance(
        host="127.0.0.1",
        port=free_port(),
        engine_port=port,
        guests=[Guest(sender="DESK", target="GATE")],
        allowed=["127.0.0.1/32"],
        logon_s=60.0,
    )
    with (
        engine_of(session(Listen(port=port)), tmp_path, handler),
        FrontDoor(DoorSettings(entrances=[entrance])),
        Peer.dial(entrance.port) as desk,
        socket.create_connection((entrance.host, entrance.port), 10) as stranger,
    ):
        desk.log_on()
        for number, byte in enumerate(b"8=FIX.4.4\x019=100\x0135=A\x01"):
            stranger.sendall(bytes([byte]))
            began = time.monotonic()
            desk.say("1", [(112, f"T{number}")])
            assert f"T{number}" in desk.hear("0")
            assert time.monotonic() - began < 0.9  # quickfix alone waits a second for each byte


# ------------------------------------------------------------- 6. SOH in a value forges fields


@pytest.mark.parametrize(
    "fields",
    [
        [(58, "hello\x0138=1000000")],
        [(58, "hello\x01")],
        [(58, "hello\x00")],
        [(58, "")],
        [(34, "7")],
        [(0, "x")],
        [],
    ],
    ids=repr,
)
def test_what_would_be_no_fix_is_refused(tmp_path: Path, fields: list[Field]) -> None:
    port = free_port()
    with (
        engine_of(session(Listen(port=port)), tmp_path, Recorder()) as engine,
        Peer.dial(port) as desk,
    ):
        desk.log_on()
        until(lambda: engine.logged_on(DESK), "the logon")
        assert engine.send(DESK, "8", fields) is Sent.MALFORMED
        if fields:
            assert engine.send(DESK, "8", [(37, "1")], header=fields) is Sent.MALFORMED
        assert engine.next_numbers(DESK).outgoing == 2


# ------------------------------------- 7. groups are scrambled, and 4.4 knows no MiFID II parties


def test_mifid_parties_arrive_and_leave_complete_and_in_order(tmp_path: Path) -> None:
    parties: list[Field] = [
        (453, "3"),
        *[(448, "CLIENT"), (447, "P"), (452, "3"), (2376, "23")],
        *[(448, "7"), (447, "P"), (452, "12"), (2376, "22")],
        *[(448, "9"), (447, "P"), (452, "122"), (2376, "24")],
        *[(1724, "5"), (2593, "2"), (2594, "4"), (2595, "Y"), (2594, "2"), (2595, "N")],
        *[(528, "A"), (529, "1"), (1031, "Y")],
    ]
    text = "".join(f"{tag}={value}\x01" for tag, value in parties[:13])
    attributes = "2593=2\x012594=4\x012595=Y\x012594=2\x012595=N\x01"
    handler, port = Recorder(), free_port()
    with (
        engine_of(session(Listen(port=port)), tmp_path, handler) as engine,
        Peer.dial(port) as desk,
    ):
        desk.log_on()
        desk.say("D", [*ORDER, *parties])
        until(lambda: bool(handler.messages or engine.next_numbers(DESK).outgoing > 2), "the order")
        assert engine.send(DESK, "D", [*ORDER, *parties]) is Sent.SENT
        echoed = desk.hear("D")
    [order] = handler.messages
    assert text in order
    assert attributes in order
    assert text + "1724=5\x01" + attributes in echoed  # as they were given, to the last field


# --------------------------------------------------- 8. and what was found on the way


def test_a_stopped_engine_does_not_start_again_but_another_does(tmp_path: Path) -> None:
    port = free_port()
    agreed = session(Listen(port=port))
    with engine_of(agreed, tmp_path, Recorder()) as engine, Peer.dial(port) as desk:
        desk.log_on()
    with pytest.raises(RuntimeError, match="starts once"):
        engine.start()
    with engine_of(agreed, tmp_path, Recorder()), Peer.dial(port, 3) as desk:
        desk.say("A", [(98, "0"), (108, "30")])
        desk.hear("A")


def test_a_port_that_is_taken_is_told_at_once(tmp_path: Path) -> None:
    handler = Recorder()
    occupant = (
        "import socket; s = socket.create_server(('', 0)); print(s.getsockname()[1], flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", f"{occupant}; input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        settings = EngineSettings(sessions=[session(Listen(port=port))], store=tmp_path)
        engine = QuickfixEngine(settings, handler)
        with pytest.raises(CannotListenError, match=f"{port}"):
            engine.start()
        other.communicate("\n")
    assert handler.faults == []


def test_two_engines_of_one_program_cannot_have_the_same_session(tmp_path: Path) -> None:
    settings = EngineSettings(sessions=[session(Listen(port=free_port()))], store=tmp_path)
    engine = QuickfixEngine(settings, Recorder())
    with pytest.raises(ValueError, match=r"`FIX.4.4:GATE->DESK` is already in use"):
        QuickfixEngine(settings, Recorder())
    engine.stop()
    QuickfixEngine(settings, Recorder()).stop()


@pytest.mark.skipif(not hasattr(socket, "SO_BINDTODEVICE"), reason="this system cannot")
def test_only_this_machine_reaches_the_engine(tmp_path: Path) -> None:
    port = free_port()
    with engine_of(session(Listen(port=port)), tmp_path, Recorder()):
        descriptor = listener.find(port)
        assert descriptor is not None
        with socket.socket(fileno=os.dup(descriptor)) as listening:
            device = listening.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
    assert device.rstrip(b"\0") == b"lo"


def test_python_still_hears_an_interrupt() -> None:
    program = """
import time, adapters.fix.engine
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        os.kill(running.pid, signal.SIGINT)
        assert running.stdout.readline() == "interrupted\n"
