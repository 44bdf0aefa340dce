"""Short ways to hold positions, to flatten a scope, and to take its steps one by one."""

from collections.abc import Iterable
from typing import Any

from domain.events import (
    FlattenDue,
    FlattenOrdered,
    MarketSeen,
    PositionAdjusted,
)
from domain.fixed import NANO
from domain.flattening import Flattening
from domain.ids import AccountId, InstrumentId
from domain.lifecycle import ExecType
from domain.messages import AskOrder, SetFlattenTimer
from domain.order import Order
from domain.scope import Scope
from gateway.outcome import Outcome
from tests.builders import (
    IBM,
    Gate,
    every,
    executed,
    only,
    price,
    quote,
    shares,
    traded,
)

CASH = Scope("desk:cash")
HOUSE = Scope("firm:house")


def holds(gate: Gate, account: AccountId, count: int, name: InstrumentId = IBM) -> None:
    adjusted = PositionAdjusted(
        account=account,
        instrument=name,
        quantity=shares(count),
        price=price(10_000),
        by="op",
        reason="start of day",
    )
    assert not gate.does(adjusted).refused


def holding(*held: tuple[AccountId, int], **more: Any) -> Gate:
    """A gate whose accounts hold so many IBM, last traded at 100."""
    gate = Gate.opened(**more)
    gate.does(MarketSeen(quotes=(quote(IBM, 10_000, gate.at),)))
    for account, count in held:
        holds(gate, account, count)
    return gate


def flattens(gate: Gate, place: Scope = CASH, by: str = "op", **more: Any) -> Outcome:
    return gate.does(FlattenOrdered(scope=place, by=by, reason="wind-down", **more))


def begun(gate: Gate, place: Scope = CASH, **more: Any) -> int:
    """Order a flattening that is not refused; give its record."""
    outcome = flattens(gate, place, **more)
    assert not outcome.refused, outcome.surprises
    return only(outcome, SetFlattenTimer).record


def steps(gate: Gate, record: int) -> tuple[Order, ...]:
    """Take a step; give the orders the gate asks itself for."""
    return tuple(ask.order for ask in every(gate.does(FlattenDue(record=record)), AskOrder))


def asks(gate: Gate, orders: Iterable[Order]) -> list[str]:
    """Let the gate's orders come in, as its outbox does; give our ids of them."""
    return [gate.accepted(each) for each in orders]


def fills(gate: Gate, order_id: str, count: int, *, cents: int = 10_000) -> None:
    """The broker fills part of an IOC order and ends the rest."""
    working = gate.found(order_id)
    left = working.order.quantity // NANO - count
    gate.does(traded(order_id, count, name=f"T{order_id}", filled=count, leaves=left, cents=cents))
    if left:
        gate.does(executed(ExecType.EXPIRED, order_id, filled=shares(count)))


def under_way(gate: Gate, record: int) -> Flattening:
    return gate.state.flattenings[record]


def lines(orders: Iterable[Order]) -> list[tuple[str, str, int]]:
    return [(each.account, each.side.name, each.quantity // NANO) for each in orders]
