"""The core: decide, then apply. Everything the gate does is these two functions, in order.

    outcome = decide(state, event)     reads, never writes
    apply(state, event, outcome)       writes, never refuses

Both are functions of their arguments alone: no clock, no chance, no file, no thread. So the
journal, which holds every event with its outcome, rebuilds the state, and deciding a recorded
event again must give the recorded outcome byte for byte (`gateway.replay`).
"""

from typing import assert_never

from domain.events import (
    CancelAsked,
    CancelOrdered,
    CancelRejected,
    Event,
    ExecutionReported,
    FactsRefused,
    FlattenDue,
    FlattenOrdered,
    GraceElapsed,
    KillOverdue,
    LimitChanged,
    MarketSeen,
    MassCancelAsked,
    MessageRefused,
    MessageRejected,
    NotSent,
    OrderAsked,
    OverrideGiven,
    PolicyActivated,
    PositionAdjusted,
    ReferenceLoaded,
    ReplaceAsked,
    ReportUnreadable,
    RouteChanged,
    SessionChanged,
    SignalAsked,
    Started,
    StateOrdered,
    StatusAsked,
    Stopped,
    WarningAcknowledged,
)
from domain.ids import Digest
from domain.lifecycle import ExecType
from domain.order import Order
from domain.scope import Level, Scope, TradingState, scope
from domain.working import Working
from gateway import broker_side, consents, desk_side, flatten, kills, standing
from gateway.outcome import (
    NOTHING,
    Advance,
    Ask,
    Change,
    Chase,
    Doubt,
    Drop,
    Open,
    Outcome,
    Propose,
    Resend,
    Step,
    UseOverride,
)
from gateway.state import Kill, State
from rules.memory import Memory, listening


def decide(state: State, event: Event) -> Outcome:
    """Answer an event. Reads, never writes."""
    match event.body:
        case OrderAsked() as body:
            return desk_side.order_asked(state, event, body)
        case ExecutionReported() as body:
            return broker_side.execution_reported(state, event, body)
        case CancelAsked() as body:
            return desk_side.cancel_asked(state, event, body)
        case ReplaceAsked() as body:
            return desk_side.replace_asked(state, event, body)
        case SignalAsked() as body:
            return desk_side.signal_asked(state, event, body)
        case MassCancelAsked() as body:
            return desk_side.mass_cancel_asked(state, event, body)
        case StatusAsked() as body:
            return desk_side.status_asked(state, event, body)
        case MessageRefused() as body:
            return desk_side.message_refused(state, event, body)
        case CancelRejected() as body:
            return broker_side.cancel_rejected(state, event, body)
        case MessageRejected() as body:
            return broker_side.message_rejected(state, event, body)
        case ReportUnreadable() as body:
            faults = "; ".join(body.faults)
            return Outcome(surprises=(f"report_is_unreadable: {body.route}: {faults}",))
        case NotSent() as body:
            return broker_side.not_sent(state, event, body)
        case StateOrdered() as body:
            return kills.state_ordered(state, event, body)
        case CancelOrdered() as body:
            return kills.cancel_ordered(state, event, body)
        case KillOverdue() as body:
            return kills.overdue(state, event, body)
        case FlattenOrdered() as body:
            return flatten.flatten_ordered(state, event, body)
        case FlattenDue() as body:
            return flatten.due(state, event, body)
        case SessionChanged() as body:
            return standing.session_changed(state, event, body)
        case GraceElapsed() as body:
            return standing.grace_elapsed(state, event, body)
        case RouteChanged() as body:
            return standing.route_changed(state, event, body)
        case Started() as body:
            return standing.started(state, event, body)
        case ReferenceLoaded() as body:
            return standing.reference_loaded(state, event, body)
        case PositionAdjusted() as body:
            return standing.position_adjusted(state, event, body)
        case LimitChanged() as body:
            return consents.limit_changed(state, event, body)
        case OverrideGiven() as body:
            return consents.override_given(state, event, body)
        case WarningAcknowledged() as body:
            return consents.warning_acknowledged(state, event, body)
        case MarketSeen() as body:
            return standing.market_seen(state, event, body)
        case FactsRefused() as body:
            return standing.facts_refused(state, event, body)
        case PolicyActivated() | Stopped():
            return NOTHING
        case _ as unreachable:
            assert_never(unreachable)


def apply(state: State, event: Event, outcome: Outcome) -> None:
    """Carry an outcome out. Writes, never refuses."""
    state.next_seq = event.seq + 1
    state.at = event.at
    state.book.turn(event.at)
    match event.body:
        case OrderAsked(quote=quote) | ReplaceAsked(quote=quote) | SignalAsked(quote=quote):
            if quote is not None:
                state.book.quote(quote)
        case _:
            pass
    for change in outcome.changes:
        _change(state, event, change)
    if not outcome.refused:
        _stand(state, event)
    state.book.crest()
    listeners = state.listeners.get(type(event.body))
    if listeners is not None:
        _remember(state, event, outcome, listeners)


def _change(state: State, event: Event, change: Change) -> None:
    book = state.book
    match change:
        case Open(working):
            book.open(working)
        case Advance():
            _advance(state, event, change)
        case Ask(working, request):
            working.requests[request.order_id] = request
            book.live[request.order_id] = working
            if request.cl_ord_id is not None:
                book.by_desk[working.order.session, request.cl_ord_id] = working
            book.hold(working)
        case Drop(working, name):
            del working.requests[name]
            book.hold(working)
            for kill in state.unfinished.values():
                if working.order_id in kill.waiting and not working.cancelling:
                    kill.refused.add(working.order_id)
        case Doubt(orders, requests, lifted):
            for doubtful in orders:
                doubtful.in_doubt = not lifted
            for request in requests:
                request.in_doubt = not lifted
                request.again = request.again or lifted
        case Resend(resent):
            resent.in_doubt = False
            resent.again = True
        case Chase(place, orders):
            kill = Kill(place, event.at, len(orders), set(orders))
            state.kills[event.seq] = kill
            if orders:
                state.unfinished[event.seq] = kill
            else:
                kill.done_at = event.at
        case Propose(place, release):
            state.releases[place] = release
        case UseOverride(denied, by):
            state.consents.overrides[denied].used_by = by
        case Step(record, asked, ending):
            flattening = state.flattenings[record]
            flattening.steps += 1
            flattening.asked += asked
            if ending is not None:
                flattening.ends(ending, event.at)
        case _ as unreachable:
            assert_never(unreachable)


def _advance(state: State, event: Event, change: Advance) -> None:
    book = state.book
    working = change.working
    if change.exec_id is not None:
        working.seen.add(change.exec_id)
    if change.undone is not None:
        book.trade(working.order, -change.undone.quantity, change.undone.price)
    if change.done is not None:
        quantity, price = change.done
        book.trade(working.order, quantity, price)
    if change.fill is not None:
        traded, fill = change.fill
        # Brokers refer to a corrected trade by its first id or by the correction's.
        for known, each in working.fills.items():
            if each is change.undone:
                working.fills[known] = fill
        working.fills[traded] = fill
    working.status = change.status
    working.filled = change.filled
    working.leaves = change.leaves
    working.worth = change.worth
    working.live_id = change.live_id
    working.order = change.order
    working.broker_order_id = change.broker_order_id or working.broker_order_id
    working.in_doubt = False
    for name in change.answered:
        working.requests.pop(name, None)
    book.hold(working)
    if working.ended:
        _caught(state, event, working)


def _caught(state: State, event: Event, working: Working) -> None:
    """Cross an ended order off every kill that waits for it."""
    for record, kill in tuple(state.unfinished.items()):
        if working.order_id in kill.waiting:
            kill.waiting.discard(working.order_id)
            kill.refused.discard(working.order_id)
            kill.last_at = event.at
            if not kill.waiting:
                kill.done_at = event.at
                del state.unfinished[record]


def _stand(state: State, event: Event) -> None:
    """Take in what an event says about the world around the orders."""
    match event.body:
        case MarketSeen() as body:
            for rate in body.rates:
                state.book.rate(rate)
            for quote in body.quotes:
                state.book.quote(quote)
            for status in body.statuses:
                state.book.status(status)
            for figures in body.figures:
                state.book.figure(figures)
        case StateOrdered(scope=place, state=wanted):
            state.releases.pop(place, None)
            if wanted is TradingState.ACTIVE:
                state.states.pop(place, None)
            else:
                state.states[place] = wanted
            if wanted is not TradingState.REDUCING:
                flatten.call_off(state, event, place)
        case FlattenOrdered() as body:
            flatten.begin(state, event, body)
        case SessionChanged(session=session, up=True):
            state.up.add(session)
            state.down.pop(session, None)
        case SessionChanged(session=session):
            state.up.discard(session)
            state.down[session] = event.seq
        case RouteChanged(route=route, up=True):
            state.routes.add(route)
        case RouteChanged(route=route):
            state.routes.discard(route)
        case PositionAdjusted() as body:
            state.book.adjust(body.account, None, body.instrument, body.quantity, body.price)
        case LimitChanged() as body:
            consents.change_limit(state, event, body)
        case WarningAcknowledged() as body:
            consents.acknowledge(state, event, body)
        case OverrideGiven() as body:
            consents.step(state, event, body)
        case PolicyActivated(digest=digest):
            _activate(state, digest)
            state.terms_since = event.seq
        case ReferenceLoaded(digest=digest):
            reference = state.library.reference(digest)
            state.book.load(reference)
            state.limits.load(reference.limits)
            state.terms_since = event.seq
            state.unbind()
        case Started(mark=mark):
            if event.seq == 0:
                state.mark = mark
            state.up.clear()
            state.routes.clear()
            waiting = {working.order.session for working in state.book.working.values()}
            state.down = dict.fromkeys(sorted(waiting), event.seq)
        case _:
            pass


def _activate(state: State, digest: Digest) -> None:
    """Put a policy in force. Memories of the same shape carry over; new ones start empty."""
    policy = state.library.policy(digest)
    kept = state.memories
    state.policy = policy
    state.memories = {key: kept.get(key, new) for key, new in policy.memories().items()}
    state.listeners = listening(state.memories.values())
    state.unbind()


def _remember(state: State, event: Event, outcome: Outcome, listeners: tuple[Memory, ...]) -> None:
    """Show an event, once decided, to the memories that hear of its type."""
    scopes: tuple[Scope, ...]
    order: Order | None
    match event.body:
        case OrderAsked(order=order) | ReplaceAsked(order=order):
            scopes = state.scopes(order)
        case SignalAsked(signal=signal):
            order = signal.order
            scopes = state.scopes(order)
        case CancelAsked(session=session, orig_cl_ord_id=orig):
            working = state.book.by_desk.get((session, orig))
            order = None if working is None else working.order
            scopes = (scope(Level.SESSION, session),) if order is None else state.scopes(order)
        case MassCancelAsked(session=session):
            order, scopes = None, (scope(Level.SESSION, session),)
        case StateOrdered(scope=place) if not outcome.refused:
            order, scopes = None, (place,)
        case ExecutionReported(type=ExecType.TRADE) if outcome.changes:
            assert outcome.order_id is not None
            order = state.book.orders[outcome.order_id].order
            scopes = state.scopes(order)
        case MarketSeen():
            order, scopes = None, ()
        case _:
            return
    # A ClOrdID that was decided before is a message once more, but nothing is judged again.
    decision = None if outcome.repeat else outcome.decision
    verdict = None if decision is None else decision.verdict
    for memory in listeners:
        memory.note(event, scopes, order, verdict)
