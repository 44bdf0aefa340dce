"""What must be true before any rule can be asked.

These are not policy: an order for an account nobody knows has no limits to be judged by, and
one without a broker to go to cannot be sent. Their findings carry ids under ``gate.`` and stand
beside the policy's, so that a desk sees all reasons at once wherever they can be asked.
"""

from collections.abc import Iterator

from domain.events import Event
from domain.finding import Finding, OrdRejReason, Verdict
from domain.fixed import show_fixed
from domain.flattening import GATE
from domain.ids import AccountId, Micros, RuleId, SessionId
from domain.instrument import Instrument
from domain.order import Order, TimeInForce
from domain.reference import Reference, Route
from gateway.state import State

KIND = "gate"
"""The kind of these findings: nobody can override them."""


def unknowns(state: State, order: Order) -> Iterator[Finding]:
    """Say what the gate does not know of an order; while there is any, no rule can be asked."""
    reference = state.book.reference
    if reference is None:
        yield _denial("facts", "no_reference_facts_are_loaded", "no reference facts are loaded")
        return
    if state.policy is None:
        yield _denial("policy", "no_policy_is_in_force", "no policy is in force")
    account = reference.accounts.get(order.account)
    session = reference.sessions.get(order.session)
    if account is None:
        yield _denial(
            "account",
            "account_is_unknown",
            f"account `{order.account}` is not known",
            OrdRejReason.UNKNOWN_ACCOUNT,
        )
    if order.session == GATE:
        pass  # the gate closes for every account, and there is no door to know anything of
    elif session is None:
        yield _denial(
            "session", "session_is_unknown", f"session `{order.session}` is not in the facts"
        )
    elif account is not None and not may_trade(state, order.session, order.account):
        yield _denial(
            "session",
            "account_is_not_of_the_session",
            f"session `{order.session}` may not trade account `{order.account}`",
            OrdRejReason.UNKNOWN_ACCOUNT,
        )
    if order.instrument not in reference.instruments:
        yield _denial(
            "instrument",
            "instrument_is_unknown",
            f"instrument `{order.instrument}` is not known",
            OrdRejReason.UNKNOWN_SYMBOL,
        )
    if order.strategy is not None and order.strategy not in reference.strategies:
        yield _denial(
            "strategy", "strategy_is_unknown", f"strategy `{order.strategy}` is not known"
        )


def may_trade(state: State, name: SessionId, account: AccountId) -> bool:
    """Say whether orders for an account may come through a session."""
    reference = state.book.reference
    if reference is None or name not in reference.sessions or account not in reference.accounts:
        return False
    session = reference.sessions[name]
    if session.accounts:
        return account in session.accounts
    return reference.accounts[account].desk == session.desk


def faults(order: Order) -> Iterator[Finding]:
    """Say what is wrong with the terms themselves, whoever asks."""
    if order.quantity <= 0:
        yield _denial(
            "terms",
            "quantity_is_not_positive",
            "the quantity must be positive",
            OrdRejReason.INCORRECT_QUANTITY,
        )
    if order.type.has_price != (order.price is not None):
        wanted = "needs" if order.type.has_price else "takes no"
        text = f"a {order.type.name.lower()} order {wanted} price"
        yield _denial("terms", "price_does_not_fit_the_type", text, OrdRejReason.UNSUPPORTED)
    if order.type.has_stop != (order.stop_price is not None):
        wanted = "needs" if order.type.has_stop else "takes no"
        text = f"a {order.type.name.lower()} order {wanted} stop price"
        yield _denial("terms", "stop_does_not_fit_the_type", text, OrdRejReason.UNSUPPORTED)
    if (order.tif is TimeInForce.GTD) != (order.expire_at is not None):
        wanted = "needs" if order.tif is TimeInForce.GTD else "takes no"
        text = f"time in force {order.tif.name} {wanted} expiry"
        yield _denial("terms", "expiry_does_not_fit", text, OrdRejReason.UNSUPPORTED)


def stale_message(
    state: State, event: Event, session: SessionId, sent_at: Micros | None
) -> Finding | None:
    """Say that a message was sent too long ago: after a gap, or from behind a slow line.

    INVARIANT (no stale order): a desk that lost its line, or a gate that was killed, has the
    session layer bring again what nobody recorded. What was meant for then is not sent now.
    """
    reference = state.book.reference
    known = None if reference is None else reference.sessions.get(session)
    if sent_at is None or known is None or not known.stale_after_us:
        return None
    if event.at - sent_at <= known.stale_after_us:
        return None
    ago, most = (show_fixed(us * 1000) for us in (event.at - sent_at, known.stale_after_us))
    return _denial(
        "stale",
        "message_is_stale",
        f"it was sent {ago} s ago, and session `{session}` allows {most} s",
        OrdRejReason.TOO_LATE,
    )


def choose_route(
    state: State, reference: Reference, order: Order, instrument: Instrument
) -> Route | Finding:
    """Give the broker an order goes to: the one it names, else the first up that takes it."""
    takers = [route for route in reference.routes if _takes(route, order, instrument)]
    if order.route is not None:
        takers = [route for route in takers if route.id == order.route]
    if not takers:
        asked = f"route `{order.route}`" if order.route is not None else "any route"
        return _denial(
            "route",
            "no_route_takes_the_order",
            f"{asked} does not take {instrument.symbol} for account `{order.account}`",
            OrdRejReason.BROKER_OPTION,
        )
    for route in takers:
        if route.id in state.routes:
            return route
    names = ", ".join(f"`{route.id}`" for route in takers)
    return _denial(
        "route", "no_route_is_up", f"{names} is not connected", OrdRejReason.EXCHANGE_CLOSED
    )


def _takes(route: Route, order: Order, instrument: Instrument) -> bool:
    return (not route.venues or instrument.mic in route.venues) and (
        not route.accounts or order.account in route.accounts
    )


def _denial(
    rule: str,
    reason: str,
    text: str,
    fix_reason: OrdRejReason = OrdRejReason.OTHER,
) -> Finding:
    return Finding(
        rule=RuleId(f"gate.{rule}"),
        kind=KIND,
        verdict=Verdict.DENY,
        reason=reason,
        text=text,
        fix_reason=fix_reason,
    )
