"""Deciding what is neither an order nor a broker's word: kills, sessions, policies, facts."""

from domain.events import (
    Event,
    GraceElapsed,
    PositionAdjusted,
    ReferenceLoaded,
    RouteChanged,
    SessionChanged,
    Started,
    StateOrdered,
)
from domain.ids import Micros, RouteId, SessionId
from domain.lifecycle import Status
from domain.messages import Message, SetTimer
from domain.order import Order, TimeInForce
from domain.scope import Level, Scope, level_of, name_of, scope
from domain.working import Request, Working
from gateway.desk_side import cancel
from gateway.doubt import resend_requests, status_request
from gateway.outcome import NOTHING, Change, Chase, Doubt, Outcome
from gateway.state import State


def state_ordered(state: State, event: Event, body: StateOrdered) -> Outcome:
    """Decide a kill or a release: what is working in the scope is cancelled if asked."""
    if not body.cancel:
        return NOTHING
    inside = tuple(
        working
        for working in state.book.working.values()
        if within(state, working.order, body.scope)
    )
    return _chase(state, event, body.scope, inside)


def session_changed(state: State, event: Event, body: SessionChanged) -> Outcome:
    """Decide a desk's loss: its grace begins. Its return needs nothing: the timer will see it."""
    if body.up:
        return NOTHING
    timer = _timer(state, body.session, event.seq, event.at)
    return NOTHING if timer is None else Outcome(messages=(timer,))


def grace_elapsed(state: State, event: Event, body: GraceElapsed) -> Outcome:
    """Cancel a lost session's orders, unless it came back, or was lost again, meanwhile."""
    if state.down.get(body.session) != body.since:
        return NOTHING
    reference = state.book.reference
    known = None if reference is None else reference.sessions.get(body.session)
    keep_gtc = known is not None and known.keep_gtc
    lost = tuple(
        working
        for working in state.book.working.values()
        if working.order.session == body.session
        and not (keep_gtc and working.order.tif is TimeInForce.GTC)
    )
    return _chase(state, event, scope(Level.SESSION, body.session), lost)


def route_changed(state: State, event: Event, body: RouteChanged) -> Outcome:
    """Decide a broker's return or loss: what was sent and never answered is asked about."""
    # INVARIANT (doubt is resolved by asking)
    if not body.up:
        return _doubt(state, body.route)
    messages: list[Message] = []
    lifted: list[Change] = []
    for working in state.book.working.values():
        if working.route != body.route:
            continue
        if working.in_doubt:
            messages.append(status_request(working))
        elif any(request.in_doubt for request in working.requests.values()):
            again, doubt = resend_requests(event, working)
            messages.extend(again)
            lifted.append(doubt)
    return Outcome(messages=tuple(messages), changes=tuple(lifted))


def started(state: State, event: Event, body: Started) -> Outcome:  # noqa: ARG001
    """Decide a new start: every link is down, and what was never answered is in doubt.

    Desk sessions that have not come back get their full grace again.
    """
    found = _doubt(state, None)
    waiting = {working.order.session for working in state.book.working.values()}
    timers = [_timer(state, session, event.seq, event.at) for session in sorted(waiting)]
    return Outcome(
        messages=tuple(timer for timer in timers if timer is not None), changes=found.changes
    )


def reference_loaded(state: State, event: Event, body: ReferenceLoaded) -> Outcome:  # noqa: ARG001
    """Decide new reference facts: refused whole when they forget something in use."""
    offered = state.library.reference(body.digest)
    missing: list[str] = []
    for place, node in state.book.nodes.items():
        if level_of(place) is not Level.ACCOUNT:
            continue
        if name_of(place) not in offered.accounts and any(
            line.at_stake for line in node.lines.values()
        ):
            missing.append(place)
        missing.extend(
            scope(Level.INSTRUMENT, name)
            for name, line in node.lines.items()
            if line.at_stake and name not in offered.instruments
        )
    routes = {route.id for route in offered.routes}
    missing.extend(
        f"route:{working.route}"
        for working in state.book.working.values()
        if working.route not in routes
    )
    if not missing:
        return NOTHING
    names = ", ".join(sorted(set(missing)))
    return Outcome(refused=True, surprises=(f"facts_forget_what_is_in_use: {names}",))


def position_adjusted(state: State, event: Event, body: PositionAdjusted) -> Outcome:  # noqa: ARG001
    """Decide a position told from outside: refused when the account or listing is unknown."""
    reference = state.book.reference
    if (
        reference is None
        or body.account not in reference.accounts
        or body.instrument not in reference.instruments
    ):
        what = f"adjustment_is_of_something_unknown: {body.account} {body.instrument}"
        return Outcome(refused=True, surprises=(what,))
    return NOTHING


def within(state: State, order: Order, place: Scope) -> bool:
    """Say whether an order lies in a scope."""
    name = name_of(place)
    match level_of(place):
        case Level.ACCOUNT:
            return order.account == name
        case Level.STRATEGY:
            return order.strategy == name
        case Level.SESSION:
            return order.session == name
        case Level.INSTRUMENT:
            return order.instrument == name
        case Level.FIRM | Level.DESK | Level.TRADER:
            return any(place == node for node, _ in state.book.path(order.account, None))
        case Level.ASSET_CLASS:
            return state.book.listings[order.instrument].asset_class == name
        case Level.VENUE:
            return state.book.listings[order.instrument].mic == name


def _chase(state: State, event: Event, place: Scope, inside: tuple[Working, ...]) -> Outcome:
    """Cancel orders and keep count of them; those being cancelled already are only counted."""
    asked = tuple(working for working in inside if not working.cancelling)
    messages, changes = cancel(state, event, asked)
    chase = Chase(place, tuple(working.order_id for working in inside))
    return Outcome(messages=messages, changes=(*changes, chase))


def _timer(state: State, session: SessionId, since: int, at: Micros) -> SetTimer | None:
    reference = state.book.reference
    known = None if reference is None else reference.sessions.get(session)
    if known is None or known.cancel_on_disconnect_us is None:
        return None
    due = Micros(at + known.cancel_on_disconnect_us)
    return SetTimer(session=session, since=since, due=due)


def _doubt(state: State, route: RouteId | None) -> Outcome:
    """Doubt what is unanswered on a route, or on all."""
    orders: list[Working] = []
    requests: list[Request] = []
    for working in state.book.working.values():
        if route is not None and working.route != route:
            continue
        if working.status is Status.PENDING_NEW:
            orders.append(working)
        requests.extend(working.requests.values())
    if not orders and not requests:
        return NOTHING
    return Outcome(changes=(Doubt(tuple(orders), tuple(requests)),))
