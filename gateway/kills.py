"""Deciding kills and releases: trading states, cancels of whole scopes, and how far they came.

RTS 6 article 12 wants a firm able to cancel at once any or all of its unexecuted orders at any or
all venues, by trader, desk or client, and to know which order is whose. Four things can be done to
a scope: cancel what works in it, halt it, do both, or let it only reduce.

INVARIANT (a kill is always possible): what tightens is carried out at once, whoever is at the door
and whatever the facts know of people.

A release is another matter. Where the facts know people it takes risk or a supervisor; where the
house wants two (`Reference.release_needs_two`) the first order is a proposal, and a second,
different person carries it out within `RELEASE_US` by ordering the same. Whoever sets the scope's
state meanwhile has answered the proposal.

A kill is followed until every order it was about has ended. What is not confirmed `CONFIRM_US`
after it was ordered is said to be overdue. A drill is decided like a kill and changes nothing: its
record is the evidence of the yearly test (RTS 6 articles 2(2) and 14(2)(e)).
"""

from typing import Final

from domain.events import CancelOrdered, Event, KillOverdue, StateOrdered
from domain.ids import Micros, OrderId, RouteId, SessionId
from domain.messages import SetKillTimer
from domain.order import TimeInForce
from domain.people import Role
from domain.release import RELEASE_US, Release
from domain.scope import SEVERITY, Level, Scope, TradingState, level_of, name_of
from domain.working import Working
from gateway.consents import role_fault
from gateway.desk_side import cancel
from gateway.outcome import NOTHING, Chase, Drilled, Outcome, Propose
from gateway.state import State

CONFIRM_US: Final = 5_000_000
"""How long a kill's cancels may take to be confirmed before somebody is told (RTS 6 article 16(5)
wants alerts within five seconds)."""

NAMED_MAX: Final = 10
"""How many orders an overdue kill is told with."""


def state_ordered(state: State, event: Event, body: StateOrdered) -> Outcome:
    """Decide a kill, a release, or a drill of one."""
    if level_of(body.scope) is Level.ORDER:
        return _refused("order_has_no_trading_state", f"{body.scope}: an order is cancelled")
    chosen = inside(state, body.scope) if body.cancel else ()
    if body.drill:
        return drilled(state, chosen)
    held_back = _held_back(state, event, body)
    if not body.cancel:
        return held_back or NOTHING
    chased = chase(state, event, body.scope, chosen)
    if held_back is None:
        return chased
    return Outcome(
        refused=True,
        surprises=held_back.surprises,
        messages=chased.messages,
        changes=(*held_back.changes, *chased.changes),
    )


def cancel_ordered(state: State, event: Event, body: CancelOrdered) -> Outcome:
    """Decide a cancel of what works in a scope, or a drill of one."""
    if level_of(body.scope) is Level.ORDER and OrderId(name_of(body.scope)) not in (
        state.book.working
    ):
        return _refused("cancel_is_of_no_working_order", body.scope)
    chosen = tuple(
        working
        for working in inside(state, body.scope)
        if not (body.keep_gtc and working.order.tif is TimeInForce.GTC)
    )
    return drilled(state, chosen) if body.drill else chase(state, event, body.scope, chosen)


def overdue(state: State, event: Event, body: KillOverdue) -> Outcome:
    """Say which of a kill's orders have still not ended."""
    kill = state.unfinished.get(body.record)
    if kill is None:
        return NOTHING
    names = sorted(kill.waiting)
    more = f" and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
    refused = f", {len(kill.refused)} of them refused by the broker" if kill.refused else ""
    text = (
        f"{kill.scope} at record {body.record}, {(event.at - kill.at) // 1000} ms ago: "
        f"{len(names)} of {kill.orders} orders have not ended{refused}: "
        f"{', '.join(names[:NAMED_MAX])}{more}"
    )
    return Outcome(surprises=(f"kill_is_not_confirmed: {text}",))


def chase(state: State, event: Event, place: Scope, chosen: tuple[Working, ...]) -> Outcome:
    """Cancel orders and keep count of them; those being cancelled already are only counted."""
    asked = tuple(working for working in chosen if not working.cancelling)
    messages, changes = cancel(state, event, asked)
    count = Chase(place, tuple(working.order_id for working in chosen))
    timers = (overdue_timer(event.seq, event.at),) if chosen else ()
    return Outcome(messages=(*messages, *timers), changes=(*changes, count))


def overdue_timer(record: int, at: Micros) -> SetKillTimer:
    """Have a kill looked at when its cancels should have been confirmed."""
    return SetKillTimer(record=record, due=Micros(at + CONFIRM_US))


def drilled(state: State, chosen: tuple[Working, ...]) -> Outcome:
    """Say what a kill would have cancelled, by session and route."""
    found: dict[tuple[SessionId, RouteId], list[OrderId]] = {}
    for working in chosen:
        assert working.route is not None
        found.setdefault((working.order.session, working.route), []).append(working.order_id)
    rows = tuple(
        Drilled(
            session=session,
            route=route,
            orders=tuple(orders),
            away=route not in state.routes,
        )
        for (session, route), orders in sorted(found.items())
    )
    return Outcome(refused=True, drilled=rows)


def within(state: State, working: Working, place: Scope) -> bool:
    """Say whether an order lies in a scope."""
    order, name = working.order, name_of(place)
    match level_of(place):
        case Level.ACCOUNT:
            return order.account == name
        case Level.STRATEGY:
            return order.strategy == name
        case Level.CLIENT:
            reference = state.book.reference
            return reference is not None and reference.accounts[order.account].client == name
        case Level.SESSION:
            return order.session == name
        case Level.INSTRUMENT:
            return order.instrument == name
        case Level.ORDER:
            return working.order_id == name
        case Level.FIRM | Level.DESK | Level.TRADER:
            return any(place == node for node, _ in state.book.path(order.account, None))
        case Level.ASSET_CLASS:
            return state.book.listings[order.instrument].asset_class == name
        case Level.VENUE:
            return state.book.listings[order.instrument].mic == name


def inside(state: State, place: Scope) -> tuple[Working, ...]:
    """Give what works in a scope."""
    return tuple(each for each in state.book.working.values() if within(state, each, place))


def _held_back(state: State, event: Event, body: StateOrdered) -> Outcome | None:
    """Answer a release that is not carried out, or not yet; None when the state may be set."""
    reference = state.book.reference
    if reference is None:
        return None
    if state.policy is not None:
        fault = state.policy.state_fault(body, event.at, reference)
        if fault is not None:
            return _refused("release_is_refused", f"{body.scope} by {body.by}: {fault}")
    in_force = state.states.get(body.scope, TradingState.ACTIVE)
    # INVARIANT (a kill is always possible)
    if SEVERITY[body.state] >= SEVERITY[in_force]:
        return None
    if reference.people or reference.release_needs_two:
        fault = role_fault(state, body.by, Role.RISK, Role.SUPERVISOR)
        if fault is not None:
            return _refused("release_is_refused", f"{body.scope} by {body.by}: {fault}")
    if not reference.release_needs_two or _seconds(state, event, body):
        return None
    until = Micros(event.at + RELEASE_US)
    proposal = Release(state=body.state, by=body.by, until=until)
    what = f"{body.scope} {body.state}, proposed by {body.by}"
    return Outcome(
        refused=True,
        surprises=(f"release_waits_for_second_person: {what}",),
        changes=(Propose(body.scope, proposal),),
    )


def _seconds(state: State, event: Event, body: StateOrdered) -> bool:
    """Say whether a release is what somebody else, who still may, proposed minutes ago."""
    first = state.releases.get(body.scope)
    return (
        first is not None
        and first.state is body.state
        and first.by != body.by
        and event.at < first.until
        and role_fault(state, first.by, Role.RISK, Role.SUPERVISOR) is None
    )


def _refused(what: str, text: str) -> Outcome:
    return Outcome(refused=True, surprises=(f"{what}: {text}",))
