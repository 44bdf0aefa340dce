"""The state as plain JSON values, for people and programs to read."""

from collections.abc import Mapping
from dataclasses import fields
from itertools import islice
from typing import Any, Final

from domain.finding import GRAVITY, Verdict
from domain.fixed import NANO, Quantity, show_fixed
from domain.flattening import Flattening
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, OrderId, SessionId, StrategyId
from domain.order import Order, OrdType, Side
from domain.working import Working
from gateway.flatten import holdings
from gateway.state import Kill, State

KILLS_TOLD: Final = 100
"""How many kills are told of that are confirmed, and how many flattenings."""


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


def as_told(decision: Mapping[str, Any]) -> dict[str, Any]:
    """Give a recorded decision as a desk may know it: `domain.finding.Decision.told`, in JSON."""
    told = [
        finding
        for finding in decision["findings"]
        if finding["verdict"] != Verdict.ALLOW
        and (not finding.get("silent") or finding["verdict"] != Verdict.WARN)
    ]
    verdicts = (Verdict.ALLOW, *(Verdict(finding["verdict"]) for finding in told))
    worst = max(verdicts, key=GRAVITY.__getitem__)
    return {**decision, "findings": told, "verdict": worst.value}


def record_as_told(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give a record, or an answer to an event, as the desk it is about may know it."""
    outcome = record["outcome"]
    if "decision" not in outcome:
        return dict(record)
    return {**record, "outcome": {**outcome, "decision": as_told(outcome["decision"])}}


def standing(state: State) -> dict[str, Any]:
    """Tell what is in force and what is under way."""
    facts = state.book.reference
    return {
        "next": state.next_seq,
        "at": state.at,
        "policy": None if state.policy is None else state.policy.digest,
        "facts": None if facts is None else facts.digest,
        "facts_version": None if facts is None else facts.version or None,
        "facts_as_of": None if facts is None else facts.as_of,
        "states": {place: wanted.value for place, wanted in sorted(state.states.items())},
        "releases": {
            place: {"state": release.state.value, "by": release.by, "until": release.until}
            for place, release in sorted(state.releases.items())
            if state.at < release.until
        },
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
                "orders": kill.orders,
                "waiting": sorted(kill.waiting),
                "refused": sorted(kill.refused),
                "last_ms": _ms(kill.at, kill.last_at),
                "done_ms": _ms(kill.at, kill.done_at),
                "done_at": kill.done_at,
            }
            for seq, kill in _kills_told(state).items()
        ],
        "flattenings": [
            _flattening(state, seq, each)
            for seq, each in tuple(state.flattenings.items())[-KILLS_TOLD:]
        ],
    }


def _flattening(state: State, seq: int, told: Flattening) -> dict[str, Any]:
    """Tell how far a flattening has come; while it is under way, what is still held."""
    left = holdings(state, told.ordered.scope) if told.end is None else ()
    return {
        "record": seq,
        "scope": told.ordered.scope,
        "at": told.at,
        "by": told.ordered.by,
        "steps": told.steps,
        "asked": told.asked,
        "left": [
            {"account": account, "instrument": name, "position": show_fixed(line.position)}
            for account, name, line in left
        ],
        "end": None if told.end is None else told.end.value,
        "done_ms": _ms(told.at, told.ended_at),
        "done_at": told.ended_at,
    }


def _kills_told(state: State) -> dict[int, Kill]:
    """The newest kills, and every one that is not confirmed."""
    newest = tuple(islice(reversed(state.kills.items()), KILLS_TOLD))
    return dict(sorted({**dict(newest), **state.unfinished}.items()))


def override(state: State, order_id: OrderId) -> dict[str, Any] | None:
    """Tell the override of a denied order, or the one that let an order pass."""
    for denied, leave in state.consents.overrides.items():
        if order_id in {denied, leave.used_by}:
            return {
                "denied": denied,
                "verified_by": leave.verified_by,
                "authorised_by": leave.authorised_by,
                "until": leave.until,
                "used_by": leave.used_by,
            }
    return None


def limits(state: State) -> list[dict[str, Any]]:
    """Tell every limit of the facts: what holds now, what the facts say, and who changed it."""
    found: list[dict[str, Any]] = []
    for (name, place), fact in sorted(state.limits.facts.items()):
        now = state.limits.find(name, place, state.at)
        assert now is not None
        hard, soft = now
        changed = state.limits.changed.get((name, place))
        if changed is not None and changed.until is not None and changed.until <= state.at:
            changed = None
        found.append(
            {
                "name": name,
                "scope": place,
                "hard": show_fixed(hard),
                "soft": None if soft is None else show_fixed(soft),
                "facts_hard": show_fixed(fact.hard),
                "facts_soft": None if fact.soft is None else show_fixed(fact.soft),
                "changed_by": None if changed is None else changed.by,
                "record": None if changed is None else changed.seq,
                "until": None if changed is None else changed.until,
            }
        )
    return found


def facts_in_force(state: State) -> dict[str, Any] | None:
    """Tell which reference facts are in force and how much they hold; None before the first."""
    known = state.book.reference
    if known is None:
        return None
    sized = {each.name: getattr(known, each.name) for each in fields(known)}
    return {
        "digest": known.digest,
        "version": known.version or None,
        "as_of": known.as_of,
        "base": known.base,
        "held": {
            name: len(value)
            for name, value in sized.items()
            if isinstance(value, Mapping | tuple) and value
        },
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


def _ms(since: Micros, at: Micros | None) -> float | None:
    return None if at is None else round((at - since) / 1000, 1)
