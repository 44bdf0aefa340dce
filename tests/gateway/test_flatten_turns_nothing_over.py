"""Whatever brokers and desks do, the gate's closing orders never take a position through zero."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import (
    CancelOrdered,
    RouteChanged,
    Started,
    StateOrdered,
)
from domain.fixed import NANO
from domain.flattening import GATE
from domain.lifecycle import ExecType, Status
from domain.order import Order, Side
from domain.scope import TradingState
from gateway.replay import replay
from gateway.snapshot import snapshot
from gateway.state import State
from tests.builders import (
    A1,
    NORTH,
    Gate,
    executed,
    order,
    shares,
    traded,
)
from tests.gateway.flattened import (
    CASH,
    begun,
    holding,
    steps,
)

DEED = st.sampled_from(
    (
        *("step", "step", "ask", "ask", "ask late", "fill", "fill", "part"),
        *("reject", "expire", "cancel", "desk", "start", "release", "flatten", "kill"),
    )
)
"""What closes comes twice: it takes a step, its order's turn and a fill to turn anything over."""


@given(
    held=st.integers(-300, 300),
    before=st.lists(st.integers(-200, 200).filter(bool), max_size=3),
    piece=st.none() | st.integers(1, 120),
    deeds=st.lists(st.tuples(DEED, st.integers(0, 1_000)), max_size=40),
)
@settings(deadline=None)
def test_the_gates_orders_never_take_a_position_through_zero(
    held: int, before: list[int], piece: int | None, deeds: list[tuple[str, int]]
) -> None:
    """Whatever fills, ends or comes late, every order of the gate finds a position to close.

    Fills are counted here, plainly: what an order of the gate trades is set against what the
    account holds at that moment. Desks trade before the flattening and in it, and not after a
    release: what they then sell beside the gate is theirs to answer for.
    """
    gate = holding((A1, held))
    for number, count in enumerate(before):
        side = Side.BUY if count > 0 else Side.SELL
        gate.ask(order(f"B{number}", side=side, quantity=shares(abs(count))))
    more: dict[str, Any] = {} if piece is None else {"piece": shares(piece)}
    record = begun(gate, **more)
    waiting: list[Order] = []
    for number, (deed, chance) in enumerate(deeds):
        live = list(gate.state.book.working.values())
        chosen = live[chance % len(live)] if live else None
        if deed == "step":
            waiting += steps(gate, record)
        elif deed in {"ask", "ask late"} and waiting:
            gate.ask(waiting.pop(0 if deed == "ask" else -1))
        elif deed in {"fill", "part"} and chosen is not None:
            _trades(gate, chosen.order_id, 1 + chance % 50 if deed == "part" else None, number)
        elif deed in {"reject", "expire", "cancel"} and chosen is not None:
            kind = {
                "reject": ExecType.REJECTED,
                "expire": ExecType.EXPIRED,
                "cancel": ExecType.CANCELED,
            }[deed]
            if deed != "reject" or chosen.status is Status.PENDING_NEW:
                gate.does(executed(kind, chosen.order_id, filled=chosen.filled))
        elif deed == "kill":
            gate.does(CancelOrdered(scope=CASH, by="op", reason="doubt"))
        elif deed == "desk" and CASH in gate.state.states:
            side = (Side.BUY, Side.SELL)[chance % 2]
            gate.ask(order(f"D{number}", side=side, quantity=shares(1 + chance % 200)))
        elif deed == "start":
            waiting.clear()
            gate.does(Started(version="0", host="test"))
            gate.does(RouteChanged(route=NORTH, up=True))
        elif deed == "release":
            gate.does(
                StateOrdered(
                    scope=CASH, state=TradingState.ACTIVE, cancel=False, by="op", reason="enough"
                )
            )
        elif deed == "flatten":
            record = begun(gate, **more)
    again = State(gate.shelf)
    assert sum(1 for _ in replay(again, iter(gate.records))) == len(gate.records)
    assert snapshot(again) == snapshot(gate.state)


def _trades(gate: Gate, order_id: str, most: int | None, number: int) -> None:
    """Fill an order, whole or in part; one of the gate's must find as much to close."""
    working = gate.found(order_id)
    left = (working.order.quantity - working.filled) // NANO
    count = left if most is None else min(most, left)
    before = gate.line("account:A1")["position"]
    filled = working.filled // NANO + count
    ended = filled * NANO == working.order.quantity
    gate.does(
        traded(
            order_id, count, name=f"T{number}", filled=filled, leaves=0 if ended else left - count
        )
    )
    after = gate.line("account:A1")["position"]
    if working.order.session == GATE:
        assert before * after >= 0, "turned over"
        assert abs(after) == abs(before) - count
