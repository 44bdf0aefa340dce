"""A gate that stops leaves its orders, or takes them out of the market first."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from audit.reader import Reader
from domain.events import OrderAsked
from domain.messages import SendCancel
from domain.order import TimeInForce
from gateway.gate import Gate, Plan
from gateway.inbox import Inbox
from gateway.local_door import LocalCaller
from gateway.records import write_body
from gateway.withdrawal import OnStop, Withdrawal
from tests.builders import order, quote, reference
from tests.gateway.api.conftest import POLICY, PromptBroker

Lines = list[tuple[str, str]]
"""Levels and events of a log."""
Stop = Callable[..., tuple[Lines, list[dict[str, Any]], PromptBroker]]


@pytest.fixture
def stop(tmp_path: Path) -> Stop:
    """Start a gate, let a DAY and a GTC order work, stop it: cancels, records, log."""

    def run(
        on_stop: str, *, within_us: int = 10_000_000, silent: bool = False
    ) -> tuple[Lines, list[dict[str, Any]], PromptBroker]:
        brokers: list[PromptBroker] = []

        def links(inbox: Inbox, *_: object) -> PromptBroker:
            brokers.append(PromptBroker(inbox))
            return brokers[0]

        (tmp_path / "policy.yaml").write_bytes(POLICY)
        plan = Plan(
            journal=tmp_path / "journal",
            key=tmp_path / "key.pem",
            origin="test",
            policy=tmp_path / "policy.yaml",
            reference=reference(),
            door=tmp_path / "gate.sock",
            links=links,
            withdrawal=Withdrawal(OnStop(on_stop), within_us),
        )
        with capture_logs() as lines:
            gate = Gate(plan)
            gate.start()
            caller = LocalCaller(plan.door)
            for name, tif in (("1", TimeInForce.DAY), ("2", TimeInForce.GTC)):
                body = OrderAsked(order=replace(order(name), tif=tif), quote=quote())
                told = caller.ask({"event": json.loads(write_body(body))})
                assert told["outcome"]["decision"]["verdict"] == "allow"  # type: ignore[index]
            caller.close()
            brokers[0].silent = silent
            gate.stop()
        assert gate.wait() is None
        records = [json.loads(record.body) for record in Reader.open(plan.journal).records()]
        said = [(line["log_level"], line["event"]) for line in lines]
        return said, records, brokers[0]

    return run


def cancelled(broker: PromptBroker) -> list[str]:
    return [each.order.cl_ord_id for each in broker.sent if isinstance(each, SendCancel)]


OPENED, CLOSED = ("info", "gate_open"), ("info", "gate_closed")
CANCELS = ("warning", "cancels_are_ordered")


def happened(records: list[dict[str, Any]]) -> list[str]:
    return [record["event"]["is"] for record in records]


def test_a_stopping_gate_leaves_its_orders_where_nothing_is_said(stop: Stop) -> None:
    said, records, broker = stop("leave")
    assert (said, cancelled(broker)) == ([OPENED, CLOSED], [])
    assert "CancelOrdered" not in happened(records)


@pytest.mark.parametrize(("on_stop", "wanted"), [("cancel", ["1", "2"]), ("cancel_day", ["1"])])
def test_a_stopping_gate_takes_its_orders_out_and_waits_for_it(
    stop: Stop, on_stop: str, wanted: list[str]
) -> None:
    said, records, broker = stop(on_stop)
    assert (said, cancelled(broker)) == ([OPENED, CANCELS, CLOSED], wanted)
    kinds = happened(records)
    ends = kinds[kinds.index("CancelOrdered") :]
    assert ends == ["CancelOrdered", *["ExecutionReported"] * len(wanted), "Stopped"]
    kill = records[kinds.index("CancelOrdered")]["event"]
    assert (kill["scope"], kill["by"]) == ("firm:house", "gate")


def test_a_stopping_gate_waits_no_longer_than_it_may(stop: Stop) -> None:
    said, records, broker = stop("cancel", within_us=30_000, silent=True)
    assert set(said) == {OPENED, CANCELS, ("error", "orders_may_still_work"), CLOSED}
    assert cancelled(broker) == ["1", "2"]
    assert happened(records)[-1] == "Stopped"


def test_a_failed_gate_withdraws_nothing_and_says_that_nobody_knows() -> None:
    inbox = Inbox()
    left = Withdrawal(OnStop.CANCEL).carry_out(inbox, given_up=lambda: True)
    assert left is None


def test_a_writer_that_does_not_answer_in_time_is_not_waited_for() -> None:
    left = Withdrawal(OnStop.CANCEL, within_us=1).carry_out(Inbox(), given_up=lambda: False)
    assert left is None


def test_desks_are_refused_while_the_gate_withdraws() -> None:
    inbox = Inbox()
    assert inbox.ask(OrderAsked(order=order()))
    inbox.shut()
    assert not inbox.ask(OrderAsked(order=order()))
    inbox.look(lambda _: None)
    assert inbox.waiting == 2
