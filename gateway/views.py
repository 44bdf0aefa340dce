"""The state as plain JSON values, for people and programs to read."""

from typing import Any

from domain.fixed import NANO, Quantity, show_fixed
from domain.ids import AccountId, ClOrdId, InstrumentId, SessionId, StrategyId
from domain.order import Order, OrdType, Side
from domain.working import Working
from gateway.state import State


def life(working: Working) -> dict[str, Any]:
    """Tell how an order stands."""
    order = working.order
    return {
        "order_id": working.order_id,
        "cl_ord_id": order.cl_ord_id,
        "session": order.session,
        "account": order.account,
        "instrument": order.instrument,
        "strategy": order.strategy,
        "side": order.side.name.lower(),
        "type": order.type.name.lower(),
        "quantity": show_fixed(order.quantity),
        "price": None if order.price is None else show_fixed(order.price),
        "route": working.route,
        "status": working.status.name.lower(),
        "in_doubt": working.in_doubt,
        "filled": show_fixed(working.filled),
        "leaves": show_fixed(working.leaves),
        "average": None if working.average is None else show_fixed(working.average),
        "verdict": working.decision.verdict.value,
        "decided_at": working.at,
    }


def standing(state: State) -> dict[str, Any]:
    """Tell what is in force and what is under way."""
    return {
        "next": state.next_seq,
        "at": state.at,
        "policy": None if state.policy is None else state.policy.digest,
        "facts": None if state.book.reference is None else state.book.reference.digest,
        "states": {place: wanted.value for place, wanted in sorted(state.states.items())},
        "sessions": sorted(state.up),
        "routes": sorted(state.routes),
        "orders": len(state.book.orders),
        "working": len(state.book.working),
        "in_doubt": sum(working.in_doubt for working in state.book.working.values()),
        "kills": [
            {
                "record": seq,
                "scope": kill.scope,
                "at": kill.at,
                "waiting": sorted(kill.waiting),
                "refused": sorted(kill.refused),
                "done_at": kill.done_at,
            }
            for seq, kill in state.kills.items()
        ],
    }


def positions(state: State) -> list[dict[str, Any]]:
    """Tell every node's lines and sums; a sum that cannot be known is None."""
    found: list[dict[str, Any]] = []
    for place, node in sorted(state.book.nodes.items()):
        figures = node.figures
        found.append(
            {
                "scope": place,
                "orders": node.orders,
                "gross": None if figures is None else show_fixed(figures.gross),
                "net_if_bought": None if figures is None else show_fixed(figures.up),
                "net_if_sold": None if figures is None else show_fixed(figures.down),
                "lines": {
                    name: {
                        "position": show_fixed(line.position),
                        "buys": show_fixed(line.buys),
                        "sells": show_fixed(line.sells),
                    }
                    for name, line in sorted(node.lines.items())
                    if line.at_stake
                },
            }
        )
    return found


def rooms(
    state: State,
    *,
    session: SessionId,
    account: AccountId,
    instrument: InstrumentId,
    strategy: StrategyId | None,
) -> list[dict[str, Any]] | None:
    """Tell what each limit leaves at a place; None when the place is not known."""
    reference = state.book.reference
    if (
        reference is None
        or state.policy is None
        or account not in reference.accounts
        or instrument not in reference.instruments
    ):
        return None
    probe = Order(
        session=session,
        cl_ord_id=ClOrdId("headroom"),
        account=account,
        instrument=instrument,
        side=Side.BUY,
        type=OrdType.MARKET,
        quantity=Quantity(NANO),
        strategy=strategy,
    )
    case, panel = state.case(probe, at=state.at, quote=state.book.quotes.get(instrument))
    return [
        {
            "rule": room.rule,
            "scope": room.scope,
            "used": room.used,
            "limit": room.limit,
            "left": room.left,
            "unit": room.unit,
        }
        for room in panel.rooms(case)
    ]
