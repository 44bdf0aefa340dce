"""Deciding what the world around the orders does: sessions, routes, facts, marks, positions."""

from collections.abc import Iterator
from dataclasses import replace

from domain.events import (
    Event,
    FactsRefused,
    GraceElapsed,
    MarketSeen,
    PositionAdjusted,
    ReferenceLoaded,
    RouteChanged,
    SessionChanged,
    Started,
)
from domain.ids import InstrumentId, Micros, RouteId, SessionId
from domain.lifecycle import Status
from domain.market import Phase
from domain.messages import Message, SetTimer
from domain.order import TimeInForce
from domain.reference import Reference
from domain.scope import Level, level_of, name_of, scope
from domain.working import Request, Working
from gateway.doubt import resend_requests, status_request
from gateway.flatten import next_step
from gateway.kills import chase, overdue_timer
from gateway.outcome import NOTHING, Change, Doubt, Outcome
from gateway.state import State
from rules.term import show_moment


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
    chased = chase(state, event, scope(Level.SESSION, body.session), lost)
    if not lost:
        return chased
    what = f"lost_session_has_its_orders_cancelled: {body.session}: {len(lost)} orders"
    return replace(chased, surprises=(what,))


def route_changed(state: State, event: Event, body: RouteChanged) -> Outcome:
    """Decide a broker's return or loss: what was sent and never answered is asked about."""
    # INVARIANT (doubt is resolved by asking)
    if not body.up:
        return _lost(state, body.route)
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

    Desk sessions that have not come back get their full grace again, and kills that are not
    confirmed their full time; flattenings go on.
    """
    found = _doubt(state, None)
    waiting = {working.order.session for working in state.book.working.values()}
    timers = [_timer(state, session, event.seq, event.at) for session in sorted(waiting)]
    chased = [overdue_timer(record, event.at) for record in state.unfinished]
    under_way = state.flattenings.items()
    steps = [next_step(record, event.at) for record, each in under_way if each.end is None]
    return Outcome(
        messages=(*(timer for timer in timers if timer is not None), *chased, *steps),
        changes=found.changes,
    )


def reference_loaded(state: State, event: Event, body: ReferenceLoaded) -> Outcome:  # noqa: ARG001
    """Decide new reference facts: refused whole when they are older, or forget what is in use."""
    offered = state.library.reference(body.digest)
    reasons = [*_too_old(state.book.reference, offered, body), *_forgotten(state, offered)]
    return Outcome(refused=True, surprises=tuple(reasons)) if reasons else NOTHING


def facts_refused(state: State, event: Event, body: FactsRefused) -> Outcome:  # noqa: ARG001
    """Have an operator look at facts that could not be used."""
    return Outcome(surprises=(f"facts_cannot_be_used: {body.file}: {body.faults[0]}",))


def _too_old(known: Reference | None, offered: Reference, body: ReferenceLoaded) -> Iterator[str]:
    """Say whether facts would take the gate back; those that tell no instant may do so too."""
    if known is None or known.as_of is None or body.older:
        return
    if offered.as_of is None:
        yield f"facts_tell_no_instant: those in force are as of {show_moment(known.as_of)}"
    elif offered.as_of < known.as_of:
        offer, force = show_moment(offered.as_of), show_moment(known.as_of)
        yield f"facts_are_older: as of {offer}, and those in force as of {force}"


def _forgotten(state: State, offered: Reference) -> Iterator[str]:
    """Name everything in use that facts do not know."""
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
    if missing:
        yield f"facts_forget_what_is_in_use: {', '.join(sorted(set(missing)))}"


def market_seen(state: State, event: Event, body: MarketSeen) -> Outcome:  # noqa: ARG001
    """Say which venues halted an instrument in which orders work (RTS 6 article 16(5)).

    Whether it was one of them that tripped the breaker, people must find out.
    """
    halted = [
        f"venue_halts_an_instrument_with_working_orders: {status.instrument}: {count} orders work"
        for status in body.statuses
        if status.phase is Phase.HALTED
        and _phase(state, status.instrument) is not Phase.HALTED
        and (count := _working_in(state, status.instrument))
    ]
    return Outcome(surprises=tuple(halted)) if halted else NOTHING


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


def _phase(state: State, instrument: InstrumentId) -> Phase | None:
    known = state.book.statuses.get(instrument)
    return None if known is None else known.phase


def _working_in(state: State, instrument: InstrumentId) -> int:
    return sum(each.order.instrument == instrument for each in state.book.working.values())


def _timer(state: State, session: SessionId, since: int, at: Micros) -> SetTimer | None:
    reference = state.book.reference
    known = None if reference is None else reference.sessions.get(session)
    if known is None or known.cancel_on_disconnect_us is None:
        return None
    due = Micros(at + known.cancel_on_disconnect_us)
    return SetTimer(session=session, since=since, due=due)


def _lost(state: State, route: RouteId) -> Outcome:
    """Doubt what is unanswered on a lost route, and say how much works out of reach."""
    working = sum(each.route == route for each in state.book.working.values())
    if not working or route not in state.routes:
        return _doubt(state, route)
    what = f"route_is_lost_with_working_orders: {route}: {working} orders work there"
    return Outcome(surprises=(what,), changes=_doubt(state, route).changes)


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
