"""The gate is killed with SIGKILL in the middle of the flow, again and again, and nothing is lost.

Desks, gate and brokers are processes of their own, as in the demo, and orders, cancels and replaces
run through them over FIX. When all is over, four books are held side by side: what the plan says,
what the desks were told, what the journal holds, and what the brokers wrote down themselves.
"""

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.facts.load import read_facts
from audit.reader import Reader
from domain.ids import OrderId
from domain.lifecycle import ENDED, ExecType, Status
from domain.messages import Report
from gateway.demo.plan import NewOrder, Step, plan
from gateway.demo.reckoning import Reckoning, reckon
from gateway.demo.stage import EXAMPLE, FACTS, Stage
from gateway.demo.trades import read_account
from gateway.library import Library
from gateway.replay import replay
from gateway.state import State

pytestmark = [pytest.mark.fix, pytest.mark.timeout(600)]

TRADES = 100
PACE = 60.0
ENDS = {status.value for status in ENDED}


@pytest.mark.parametrize("asks_again", [False, True], ids=["fix_resends", "desk_asks_again"])
def test_killing_the_gate_loses_nothing_and_doubles_nothing(
    tmp_path: Path, *, asks_again: bool
) -> None:
    played(tmp_path, seed=1, kills=5, trades=TRADES, asks_again=asks_again)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_killing_it_many_times_does_not_either(tmp_path: Path, seed: int) -> None:
    played(tmp_path, seed=seed, kills=15, trades=3 * TRADES, asks_again=seed % 2 == 0)


def played(folder: Path, *, seed: int, kills: int, trades: int, asks_again: bool) -> None:
    """Play a demo in which the gate is killed, and hold all books against each other."""
    reference = read_facts(EXAMPLE / FACTS)
    account = read_account(EXAMPLE / "trades.csv", reference.instruments).first(trades)
    steps = plan(account, reference)
    stage = Stage(folder / "s", account, steps, reference, PACE, asks_again=asks_again)
    with stage:
        stage.open(print)
        stage.start_desks()
        kill_now_and_then(stage, random.Random(seed), kills)
        while stage.playing():
            time.sleep(0.05)
    reckoning = reckon(stage.journal, stage.key, stage.ledgers.values(), steps, account)
    assert reckoning.journal.faults == ()
    assert reckoning.difference is None
    held = Held(stage, steps, reckoning)
    held.every_order_was_decided_and_ended_once()
    held.the_desks_know_the_same_ends()
    held.no_broker_worked_an_order_twice()
    held.positions_are_what_the_brokers_traded()


def kill_now_and_then(stage: Stage, chance: random.Random, kills: int) -> None:
    """Kill the gate and start it again, `kills` times somewhere on the way through the plan.

    Every third kill meets it once more while it starts: before, in or right after its recovery.
    """
    # Every step of the plan leaves two lines or more, so the last kill comes before the end.
    lines = sorted(chance.sample(range(4, 2 * len(stage.steps) - 4), kills))
    for number, line in enumerate(lines):
        until_the_desks_wrote(stage, line)
        time.sleep(chance.uniform(0.0, 0.05))
        kill(stage)
        if number % 3 == 2:
            time.sleep(chance.uniform(0.5, 2.5))
            kill(stage)
        stage.await_gate()


def until_the_desks_wrote(stage: Stage, lines: int) -> None:
    """Wait until the desks' log has so many lines."""
    deadline = time.monotonic() + 60
    while stage.desk_log.read_bytes().count(b"\n") < lines:
        assert stage.playing(), "the desks were done too early"
        assert time.monotonic() < deadline, "the desks did not find their way back"
        time.sleep(0.005)


def kill(stage: Stage) -> None:
    """Kill the gate, and start it again without waiting for it."""
    stage.kill_gate()
    stage.start_gate()


@dataclass(frozen=True)
class Held:
    """The books of one play."""

    stage: Stage
    steps: tuple[Step, ...]
    reckoning: Reckoning

    def every_order_was_decided_and_ended_once(self) -> None:
        book = self.reckoning.state.book
        asked = {
            (step.order.session, step.order.cl_ord_id)
            for step in self.steps
            if isinstance(step, NewOrder)
        }
        assert asked == {
            (working.order.session, cl_ord_id)
            for (session, cl_ord_id), working in book.by_desk.items()
            if (session, cl_ord_id) in asked
        }
        assert not book.working, "an order never came to its end"
        ends = Counter(order_id for order_id, _ in self.ends())
        assert set(ends) == set(book.orders)
        assert set(ends.values()) == {1}

    def the_desks_know_the_same_ends(self) -> None:
        told = defaultdict(set)
        for line in self.desk_lines():
            if line.get("told") == "8" and line["status"] in ENDS:
                told[line["exec_id"]].add(line["status"])
        for order_id, report in self.ends():
            assert told[report.exec_id] == {report.status}, f"the desk of {order_id} was not told"

    def no_broker_worked_an_order_twice(self) -> None:
        brokers, orders = self.reckoning.brokers, self.reckoning.state.book.orders
        assert set(brokers.worked.values()) == {1}
        assert set(brokers.worked) <= set(orders)
        sent = {name for name, order in orders.items() if order.status is not Status.DENIED}
        assert set(brokers.received) <= sent
        for name, working in orders.items():
            assert working.filled == brokers.filled.get(name, 0), name

    def positions_are_what_the_brokers_traded(self) -> None:
        for name, position in self.reckoning.positions.items():
            assert position.gate == position.brokers, name

    def ends(self) -> Iterator[tuple[OrderId, Report]]:
        """Give the reports in which orders came to an end, from the journal."""
        reader = Reader.open(self.stage.journal)
        ended: set[OrderId] = set()
        state = State(Library(reader.object))
        for _, outcome in replay(state, (record.body for record in reader.records()), check=False):
            for message in outcome.messages:
                if not isinstance(message, Report) or message.repeat:
                    continue
                if message.status not in ENDS:
                    ended.discard(message.order_id)
                elif message.type is not ExecType.STATUS and message.order_id not in ended:
                    ended.add(message.order_id)
                    yield message.order_id, message

    def desk_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stage.desk_log.read_bytes().splitlines()]
