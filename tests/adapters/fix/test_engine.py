"""The engine as its port promises it, with a peer that speaks plain FIX."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

pytest.importorskip("quickfix", reason="quickfix is not installed")

from adapters.fix.engine import QuickfixEngine
from adapters.fix.hours import Daily, Day
from adapters.fix.login import StoredLogin, digest_of
from adapters.fix.port import NextNumbers, Sent
from adapters.fix.sessions import Dial, EngineSettings, Listen, Validation, Version
from tests.acceptance.transcript import Departed, free_port
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


@pytest.fixture
def port() -> int:
    return free_port()


# ------------------------------------------------------------------------------------- messages


def test_a_message_arrives_whole_with_its_flags(tmp_path: Path, port: int) -> None:
    handler = Recorder()
    with engine_of(session(Listen(port=port)), tmp_path, handler), Peer.dial(port) as desk:
        desk.log_on()
        desk.say("D", ORDER)
        desk.say("D", ORDER, header="97=Y\x01")
        desk.say("D", ORDER, header="43=Y\x01122=20260102-03:04:05\x01")
        desk.say("D", [*ORDER, (354, "6"), (355, "\x0143=Y\x01")])
        until(lambda: len(handler.messages) == 4, "four orders")
    assert handler.flags == [(False, False), (False, True), (True, False), (False, False)]
    for text in handler.messages:
        assert text.startswith("8=FIX.4.4\x019=")
        assert all(f"\x01{tag}={value}\x01" in text for tag, value in ORDER)


def test_a_message_leaves_in_the_order_it_is_given(tmp_path: Path, port: int) -> None:
    fields = [(58, "a = b"), (37, "1"), (5001, "ours"), (11, "A1")]
    with (
        engine_of(session(Listen(port=port)), tmp_path, Recorder()) as engine,
        Peer.dial(port) as desk,
    ):
        desk.log_on()
        until(lambda: engine.logged_on(DESK), "the logon")
        header = [(50, "trader"), (115, "client")]
        assert engine.send(DESK, "8", fields, header=header, poss_resend=True) is Sent.SENT
        text = desk.hear("8")
    assert "\x0158=a = b\x0137=1\x015001=ours\x0111=A1\x0110=" in text
    for field in ("34=2", "49=GATE", "56=DESK", "50=trader", "97=Y", "115=client"):
        assert f"\x01{field}\x01" in text


def test_text_that_is_not_utf_8_arrives_and_does_not_stop_a_message(
    tmp_path: Path, port: int
) -> None:
    handler = Recorder()
    with (
        engine_of(session(Listen(port=port)), tmp_path, handler) as engine,
        Peer.dial(port) as desk,
    ):
        desk.log_on()
        desk.say("D", [*ORDER, (58, "caf\udce9")])
        until(lambda: bool(handler.messages), "the order")
        assert "\x0158=caf\udce9\x01" in handler.messages[0]
        assert engine.send(DESK, "8", [(58, "caf\udce9"), (37, "1")]) is Sent.SENT
        assert "\x0158=caf?\x0137=1\x01" in desk.hear("8")
        assert engine.send(DESK, "8", [(58, "café €")]) is Sent.SENT
        assert "\x0158=café €\x01" in desk.hear("8")


@pytest.mark.parametrize("custom_fields", [False, True])
def test_unknown_tags_from_5000_up_are_let_through_unless_they_are_to_be_checked(
    tmp_path: Path, port: int, *, custom_fields: bool
) -> None:
    handler = Recorder()
    agreed = session(Listen(port=port), validation=Validation(custom_fields=custom_fields))
    with engine_of(agreed, tmp_path, handler), Peer.dial(port) as desk:
        desk.log_on()
        desk.say("D", [*ORDER, (35002, "x")])
        if custom_fields:
            assert "\x01371=35002\x01" in desk.hear("3")
        else:
            until(lambda: bool(handler.messages), "the order")
            assert "\x0135002=x\x01" in handler.messages[0]


def test_a_reject_of_what_we_sent_is_handed_over(tmp_path: Path, port: int) -> None:
    handler = Recorder()
    with engine_of(session(Listen(port=port)), tmp_path, handler), Peer.dial(port) as desk:
        desk.log_on()
        desk.say("3", [(45, "1"), (58, "no")])
        until(lambda: bool(handler.rejects), "the reject")
    assert "\x0145=1\x01" in handler.rejects[0]


@pytest.mark.parametrize("version", Version)
def test_every_version_is_spoken(tmp_path: Path, port: int, version: Version) -> None:
    """Between two engines of ours, one listening and one dialling."""
    desk_handler, gate_handler = Recorder(), Recorder()
    gate = session(Listen(port=port), version=version)
    desk = session(
        Dial(host="127.0.0.1", port=port, retry_s=1), version=version, ours="DESK", theirs="GATE"
    )
    order = [*ORDER, (21, "1")] if version is Version.FIX42 else ORDER
    with (
        engine_of(gate, tmp_path / "gate", gate_handler),
        engine_of(desk, tmp_path / "desk", desk_handler) as engine,
    ):
        until(lambda: engine.logged_on(BROKER), "the logon")
        assert engine.send(BROKER, "D", order) is Sent.SENT
        until(lambda: bool(gate_handler.messages), "the order")
    assert gate_handler.messages[0].startswith(f"8={version.begin_string}\x01")


# --------------------------------------------------------------------------------------- logons


@pytest.mark.parametrize(
    ("username", "password", "let_in"),
    [
        ("desk", "secret", True),
        ("desk", "Secret", False),
        ("other", "secret", False),
        ("", "", False),
    ],
)
def test_a_logon_needs_the_user_name_and_password_of_its_session(
    tmp_path: Path, port: int, username: str, password: str, *, let_in: bool
) -> None:
    handler = Recorder()
    agreed = session(Listen(port=port, login=StoredLogin("desk", digest_of("secret"))))
    credentials = [(553, username), (554, password)] if username else []
    with engine_of(agreed, tmp_path, handler), Peer.dial(port) as desk:
        desk.say("A", [(98, "0"), (108, "30"), *credentials])
        if let_in:
            desk.hear("A")
            until(lambda: bool(handler.logons), "the logon")
            assert "\x01554=***\x01" in handler.logons[0]
        else:
            assert "unknown user name or password" in desk.hear("5")
            desk.hear_the_end()
            assert handler.logons == []


def test_the_owner_may_refuse_a_logon(tmp_path: Path, port: int) -> None:
    handler = Recorder()
    handler.refusal = "trading is halted"
    with engine_of(session(Listen(port=port)), tmp_path, handler), Peer.dial(port) as desk:
        desk.say("A", [(98, "0"), (108, "30")])
        assert "trading is halted" in desk.hear("5")
        desk.hear_the_end()


def test_our_own_logon_says_what_was_agreed(tmp_path: Path) -> None:
    with a_broker() as (link, answer):
        dialled = replace(link, logon_fields=((553, "gate"), (554, "secret"), (35002, "1")))
        agreed = session(dialled, heartbeat_s=17, next_expected=True)
        with engine_of(agreed, tmp_path, Recorder()), answer() as broker:
            logon = broker.hear("A")
    for field in ("108=17", "553=gate", "554=secret", "35002=1", "789=1"):
        assert f"\x01{field}\x01" in logon


def test_a_session_is_logged_out_and_stays_out_until_it_is_let_on_again(
    tmp_path: Path, port: int
) -> None:
    handler = Recorder()
    with engine_of(session(Listen(port=port)), tmp_path, handler) as engine:
        with Peer.dial(port) as desk:
            desk.log_on()
            until(lambda: engine.logged_on(DESK), "the logon")
            engine.log_out(DESK, "the desk is suspended")
            assert not engine.logged_on(DESK)
            assert engine.send(DESK, "8", [(37, "1")]) is Sent.NOT_LOGGED_ON
            assert "the desk is suspended" in desk.hear("5")
            desk.say("5")
            desk.hear_the_end()
        until(lambda: handler.logouts == 1, "the logout")
        with Peer.dial(port, desk.number) as desk:
            desk.say("A", [(98, "0"), (108, "30")])
            desk.hear_the_end()
        engine.log_on(DESK)
        with Peer.dial(port, engine.next_numbers(DESK).incoming) as desk:
            desk.log_on()
            until(lambda: engine.logged_on(DESK), "the logon")


# -------------------------------------------------------------------------------------- numbers


def test_numbers_live_on_and_can_be_set(tmp_path: Path, port: int) -> None:
    agreed = session(Listen(port=port))
    with engine_of(agreed, tmp_path, Recorder()) as engine, Peer.dial(port) as desk:
        desk.log_on()
        desk.say("0")
        until(lambda: engine.next_numbers(DESK) == NextNumbers(2, 3), "the heartbeat")
    settings = EngineSettings(sessions=[agreed], store=tmp_path)
    engine = QuickfixEngine(settings, Recorder())
    before = engine.next_numbers(DESK)
    assert before.incoming == 3
    engine.set_next_numbers(DESK, incoming=2)
    assert engine.next_numbers(DESK) == NextNumbers(before.outgoing, 2)
    engine.set_next_numbers(DESK, outgoing=70)
    assert engine.next_numbers(DESK) == NextNumbers(70, 2)
    engine.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        engine.next_numbers(DESK)


def test_a_message_before_the_number_set_back_is_asked_for_again(tmp_path: Path, port: int) -> None:
    """What a journal did not keep is recovered from the peer."""
    agreed = session(Listen(port=port))
    with engine_of(agreed, tmp_path, first := Recorder()), Peer.dial(port) as desk:
        desk.log_on()
        desk.say("D", ORDER)
        until(lambda: bool(first.messages), "the order")
    settings, second = EngineSettings(sessions=[agreed], store=tmp_path), Recorder()
    engine = QuickfixEngine(settings, second)
    engine.set_next_numbers(DESK, incoming=2)
    engine.start()
    with Peer.dial(port, 3) as desk:
        desk.log_on()
        assert "\x017=2\x01" in desk.hear("2")
        desk.say("D", ORDER, header="43=Y\x01122=20260102-03:04:05\x01", number=2)
        until(lambda: bool(second.messages), "the order, again")
    engine.stop()
    assert second.flags == [(True, False)]


@pytest.mark.parametrize("up", [True, False])
def test_a_reset_begins_at_1_both_ways(tmp_path: Path, port: int, *, up: bool) -> None:
    with engine_of(session(Listen(port=port)), tmp_path, Recorder()) as engine:
        with Peer.dial(port) as desk:
            desk.log_on()
            until(lambda: engine.logged_on(DESK), "the logon")
            if not up:
                desk.hang_up()
                until(lambda: not engine.logged_on(DESK), "the end of the connection")
            engine.reset(DESK)
        assert engine.next_numbers(DESK) == NextNumbers(1, 1)
        with Peer.dial(port) as desk:
            desk.log_on()
            until(lambda: engine.logged_on(DESK), "the logon after the reset")


# ---------------------------------------------------------------------------------------- hours


def test_a_session_keeps_its_hours_and_begins_at_1_with_each(tmp_path: Path, port: int) -> None:
    now = datetime.now(UTC).replace(hour=12, minute=0)
    hours = Daily(opens=time(8), closes=time(18), zone=ZoneInfo("UTC"), days=frozenset(Day))
    handler = Recorder()

    def clock() -> datetime:
        return now

    with engine_of(session(Listen(port=port), hours=hours), tmp_path, handler, now=clock) as engine:
        with Peer.dial(port) as desk:
            desk.log_on()
            until(lambda: engine.logged_on(DESK), "the logon")
            now += timedelta(hours=7)
            assert "the trading session is closed" in desk.hear("5")
            desk.hear_the_end()
        with Peer.dial(port, desk.number) as desk:
            desk.say("A", [(98, "0"), (108, "30")])
            desk.hear_the_end()
        now += timedelta(hours=14)
        until(lambda: engine.next_numbers(DESK) == NextNumbers(1, 1), "the next trading session")
        until(lambda: can_log_on(port), "the opening")


def can_log_on(port: int) -> bool:
    with Peer.dial(port) as desk, suppress(Departed):
        desk.log_on()
        return True
    return False


# ------------------------------------------------------------------------------------- settings


def test_settings_that_no_engine_could_run_are_refused_all_at_once(tmp_path: Path) -> None:
    sessions = [
        session(Listen(port=1)),
        session(Listen(port=1), ours="../GATE"),
        session(Listen(port=1), name="desk 2"),
    ]
    with pytest.raises(ValueError, match=r"called `desk`.*are `FIX.4.4:GATE->DESK`.*`../GATE`"):
        EngineSettings(sessions=sessions, store=tmp_path)


def test_a_dictionary_that_is_not_there_is_told(tmp_path: Path) -> None:
    agreed = session(Listen(port=1), dictionary=tmp_path / "none.xml")
    with pytest.raises(ValueError, match=r"none\.xml"):
        QuickfixEngine(EngineSettings(sessions=[agreed], store=tmp_path), Recorder())
