"""`halt`, `flatten`, `resume` and `state` at the local door of a real gate."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from typer.testing import Result

from domain.events import OrderAsked
from domain.ids import ClOrdId
from domain.messages import SendOrder
from domain.order import Order, TimeInForce
from gateway.gate import Gate, Plan
from gateway.inbox import Inbox
from gateway.local_door import LocalCaller
from gateway.records import write_body
from tests.builders import order, price, quote, reference
from tests.gateway.api.conftest import PromptBroker
from tests.gateway.cli.conftest import POLICY

Ran = Callable[..., Result]


@dataclass
class Desk:
    """A running gate, and a caller who asks for orders."""

    door: Path
    broker: PromptBroker

    def asks(self, *names: str) -> None:
        """Ask for orders, each to be acknowledged."""
        caller = LocalCaller(self.door)
        for name in names:
            body = OrderAsked(order=replace(order(name), cl_ord_id=ClOrdId(name)), quote=quote())
            told = caller.ask({"event": json.loads(write_body(body))})
            assert told["outcome"]["decision"]["verdict"] == "allow", told  # type: ignore[index]
        caller.close()

    def sells(self) -> list[Order]:
        """What was sent to the broker to be sold."""
        sent = [each.order for each in self.broker.sent if isinstance(each, SendOrder)]
        return [each for each in sent if not each.side.is_buy]


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    # Short, because a socket's path may only have 107 bytes.
    folder = tmp_path_factory.mktemp("gate")
    (folder / "policy.yaml").write_bytes(POLICY)
    (folder / "ordergate.yaml").write_text(
        "gate: g\njournal: {path: journal, key: key.pem}\npolicy: policy.yaml\nfacts: f.yaml\n"
    )
    brokers: list[PromptBroker] = []

    def links(inbox: Inbox, *_: object) -> PromptBroker:
        brokers.append(PromptBroker(inbox))
        return brokers[0]

    gate = Gate(
        Plan(
            journal=folder / "journal",
            key=folder / "key.pem",
            origin="test/gate",
            policy=folder / "policy.yaml",
            reference=reference(),
            door=folder / "gate.sock",
            links=links,
        )
    )
    # A gate's log belongs to its own process; here it would stand between a command's answers.
    with capture_logs():
        gate.start()
        yield Desk(folder / "gate.sock", brokers[0])
        gate.stop()


def test_a_halt_stops_a_scope_and_follows_its_cancels(desk: Desk, run: Ran) -> None:
    desk.asks("1", "2")
    words = ("--cancel", "--by", "ann", "--reason", "fire drill", "--door", desk.door)
    result = run("halt", "desk:cash", *words, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["scope"], told["state"], told["cancels"]) == ("desk:cash", "halted", 2)
    assert (told["unconfirmed"], told["refused"]) == ([], [])
    assert told["confirmed_ms"] >= 0

    state = json.loads(run("state", "--door", desk.door, "--json").stdout)
    assert state["states"] == {"desk:cash": "halted"}
    assert (state["working"], state["kills"][0]["waiting"]) == (0, [])
    assert state["health"]["links"] == {"NORTH": True, "SOUTH": True}


def test_a_halt_that_is_not_confirmed_in_time_says_so(desk: Desk, run: Ran) -> None:
    desk.asks("1")
    desk.broker.silent = True
    words = ("--cancel", "--reason", "drill", "--wait", "0.05", "--door", desk.door)
    result = run("halt", "account:A1", *words)
    assert result.exit_code == 1
    assert "account:A1 is halted since record" in result.stdout
    assert "1 cancels sent" in result.stdout
    assert "not confirmed yet" in result.stdout


def test_a_resumed_scope_trades_again(desk: Desk, run: Ran) -> None:
    assert run("halt", "firm:house", "--reason", "x", "--door", desk.door).exit_code == 0
    shown = run("state", "--door", desk.door).stdout
    assert "firm:house halted" in shown
    result = run("resume", "firm:house", "--door", desk.door)
    assert result.exit_code == 0
    assert "firm:house is active since record" in result.stdout
    desk.asks("1")


def test_a_reducing_halt_is_written_down_as_one(desk: Desk, run: Ran) -> None:
    words = ("--reducing", "--by", "ann", "--reason", "end of day", "--door", desk.door)
    told = json.loads(run("halt", "trader:ann", *words, "--json").stdout)
    line = run("tail", desk.door.parent / "journal", "-n", "1").stdout
    assert f"{told['record']} " in line
    assert "ann sets trader:ann reducing: end of day" in line


def test_the_door_is_found_by_the_settings(desk: Desk, run: Ran) -> None:
    settings = desk.door.parent / "ordergate.yaml"
    assert run("state", "-s", settings).exit_code == 0


def test_without_a_gate_there_is_no_answer(tmp_path: Path, run: Ran) -> None:
    result = run("state", "--door", tmp_path / "gate.sock")
    assert result.exit_code == 3
    assert "error: no gate is running at" in result.stderr


def test_a_scope_that_is_none_is_not_understood(tmp_path: Path, run: Ran) -> None:
    result = run("halt", "cash", "--reason", "x", "--door", tmp_path / "gate.sock")
    assert result.exit_code == 2
    assert "`cash` is not a scope" in result.stderr.replace("\n", " ").replace("│", "")


def test_a_flattening_is_followed_until_nothing_is_held(
    desk: Desk, run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.flatten.STEP_US", 10_000)
    desk.broker.fills = True
    desk.asks("1")
    words = ("--by", "rita", "--reason", "wind-down", "--slippage", "0.01", "--door", desk.door)
    result = run("flatten", "desk:cash", *words, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["scope"], told["surprises"]) == ("desk:cash", [])
    assert (told["progress"]["end"], told["progress"]["asked"]) == ("flat", 1)
    assert (desk.sells()[-1].price, desk.sells()[-1].tif) == (price(9_900), TimeInForce.IOC)
    shown = run("state", "--door", desk.door).stdout
    assert f"desk:cash at record {told['record']}: flat, 1 orders asked for" in shown


def test_a_flattening_that_is_not_done_in_time_tells_what_is_held(desk: Desk, run: Ran) -> None:
    desk.broker.fills = True
    desk.asks("1")
    desk.broker.silent = True
    words = ("--reason", "wind-down", "--wait", "0", "--door", desk.door)
    result = run("flatten", "account:A1", *words)
    assert result.exit_code == 1
    assert "account:A1 is being flattened since record" in result.stdout
    assert "A1 holds 100 IBM" in result.stdout


def test_a_flattening_that_is_refused_says_why(desk: Desk, run: Ran) -> None:
    words = ("--reason", "x", "--door", desk.door)
    result = run("flatten", "strategy:momentum", *words)
    assert result.exit_code == 1
    assert "! flattening_is_refused: strategy:momentum" in result.stdout
    assert json.loads(run("flatten", "order:G1", *words, "--json").stdout)["progress"] is None
    assert run("flatten", "desk:cash", *words, "--slippage", "5%").exit_code == 2
