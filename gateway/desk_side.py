"""Deciding what desks ask: new orders, replaces, cancels, mass cancels, status questions.

INVARIANT (decided once): a ClOrdID of a session is decided once for ever. A repeat gets the
first answer, flagged, and causes nothing; whether it came by PossResend, by a desk's mistake
or by a replayed connection makes no difference.
"""

from dataclasses import dataclass, replace

from domain.events import (
    CancelAsked,
    Event,
    MassCancelAsked,
    MessageRefused,
    OrderAsked,
    ReplaceAsked,
    SignalAsked,
    StatusAsked,
)
from domain.finding import Decision, Finding, decided
from domain.fixed import Quantity
from domain.ids import ClOrdId, Micros, OrderId, SessionId
from domain.lifecycle import ExecType, Status
from domain.market import Quote
from domain.messages import (
    CancelRefused,
    MassCancelAnswered,
    Message,
    MessageRefusal,
    SendCancel,
    SendOrder,
    SendReplace,
)
from domain.order import Order
from domain.reference import Route
from domain.working import Request, Working
from gateway.consents import overridden
from gateway.entry import choose_route, faults, stale_message, unknowns
from gateway.outcome import Ask, Change, Open, Outcome, UseOverride
from gateway.reports import (
    ALREADY_PENDING,
    BROKER_OPTION,
    DUPLICATE,
    OTHER,
    TOO_LATE,
    UNKNOWN_ORDER,
    UNKNOWN_SECURITY,
    denial_text,
    fix_reason,
    report,
)
from gateway.state import State


def order_asked(state: State, event: Event, body: OrderAsked) -> Outcome:
    """Decide a new order."""
    return _new(state, event, body.order, body.quote, sent_at=body.sent_at)


def signal_asked(state: State, event: Event, body: SignalAsked) -> Outcome:
    """Decide a signal: the order it carries, and how old the idea is."""
    signal = body.signal
    return _new(state, event, signal.order, body.quote, signalled_at=signal.signalled_at)


def replace_asked(state: State, event: Event, body: ReplaceAsked) -> Outcome:
    """Decide new terms for a working order."""
    asked = body.order
    found = _find(state, event, asked.session, asked.cl_ord_id, body.orig_cl_ord_id, "2")
    if isinstance(found, Outcome):
        return found
    working = found
    refuse = _Refusal(event, working, asked.cl_ord_id, body.orig_cl_ord_id, "2")
    if working.requests:
        return refuse(ALREADY_PENDING, "a cancel or replace of this order is still under way")
    if working.in_doubt:
        return refuse(BROKER_OPTION, "whether the broker has this order is being found out")
    old = working.order
    if (asked.account, asked.instrument, asked.side) != (old.account, old.instrument, old.side):
        return refuse(OTHER, "a replace may not change the account, the instrument or the side")
    if asked.strategy not in {None, old.strategy}:
        return refuse(OTHER, "a replace may not change the strategy")
    if asked.locate_id not in {None, old.locate_id}:
        return refuse(OTHER, "a replace may not change the locate")
    if asked.quantity <= working.filled:
        return refuse(TOO_LATE, "as much as the new quantity is filled already")
    new = replace(asked, strategy=old.strategy, locate_id=old.locate_id, route=working.route)
    findings: list[Finding] = [*faults(new), *unknowns(state, new)]
    stale = stale_message(state, event, new.session, body.sent_at)
    if stale is not None:
        findings.append(stale)
    if not findings:
        case, panel = state.case(new, at=event.at, quote=body.quote, replaced=working)
        findings.extend(panel.judge(case))
    decision = decided(tuple(findings), state.policy.digest if state.policy else None)
    if not decision.passes:
        return refuse(OTHER, denial_text(decision), decision)
    assert working.route is not None
    if working.route not in state.routes:
        return refuse(BROKER_OPTION, f"route `{working.route}` is not connected", decision)
    name = event.order_id()
    request = Request(order_id=name, cl_ord_id=new.cl_ord_id, order=new, at=event.at)
    send = SendReplace(
        route=working.route,
        order_id=name,
        target=working.live_id,
        broker_order_id=working.broker_order_id,
        order=new,
        at=event.at,
    )
    return Outcome(
        decision=decision,
        order_id=working.order_id,
        messages=(send,),
        changes=(Ask(working, request),),
    )


def cancel_asked(state: State, event: Event, body: CancelAsked) -> Outcome:
    """Decide a cancel. It is never judged by limits: what reduces risk is always let out."""
    found = _find(state, event, body.session, body.cl_ord_id, body.orig_cl_ord_id, "1")
    if isinstance(found, Outcome):
        return found
    if found.cancelling:
        refuse = _Refusal(event, found, body.cl_ord_id, body.orig_cl_ord_id, "1")
        return refuse(ALREADY_PENDING, "a cancel of this order is under way already")
    messages, changes = cancel(state, event, (found,), cl_ord_id=body.cl_ord_id)
    return Outcome(order_id=found.order_id, messages=messages, changes=changes)


def mass_cancel_asked(state: State, event: Event, body: MassCancelAsked) -> Outcome:
    """Decide a mass cancel of a session's own working orders."""
    chosen = tuple(
        working
        for working in state.book.working.values()
        if working.order.session == body.session
        and body.account in {None, working.order.account}
        and body.instrument in {None, working.order.instrument}
        and body.side in {None, working.order.side}
        and not working.cancelling
    )
    messages, changes = cancel(state, event, chosen)
    unknown = body.instrument is not None and body.instrument not in state.book.listings
    answer = MassCancelAnswered(
        session=body.session,
        cl_ord_id=body.cl_ord_id,
        order_id=event.order_id(),
        request_type="7" if body.instrument is None else "1",
        affected=len(chosen),
        reason=UNKNOWN_SECURITY if unknown else None,
        at=event.at,
    )
    return Outcome(messages=(*messages, answer), changes=changes)


def status_asked(state: State, event: Event, body: StatusAsked) -> Outcome:
    """Answer how an order stands."""
    working = state.book.by_desk.get((body.session, body.cl_ord_id))
    if working is None:
        refusal = MessageRefusal(
            session=body.session,
            ref_seq=0,
            message_type="H",
            cl_ord_id=body.cl_ord_id,
            orig_cl_ord_id=None,
            symbol=body.symbol,
            side=body.side,
            request_id=body.request_id,
            exec_id=event.exec_id(),
            text=f"no order `{body.cl_ord_id}` is known of this session",
            at=event.at,
        )
        return Outcome(messages=(refusal,))
    told = report(event, working, ExecType.STATUS, request_id=body.request_id)
    return Outcome(order_id=working.order_id, messages=(told,))


def message_refused(state: State, event: Event, body: MessageRefused) -> Outcome:
    """Answer a message that could not be read, with every fault it had.

    It changes nothing, so the answer must not seem to: an order that is known by its name is
    told as it stands, and never as rejected.
    """
    text = "; ".join(body.faults)
    about = body.cl_ord_id if body.message_type in {"D", "H"} else body.orig_cl_ord_id
    working = None if about is None else state.book.by_desk.get((body.session, about))
    if working is not None and body.message_type in {"D", "H"}:
        told = report(event, working, ExecType.STATUS, cl_ord_id=about, text=text)
        return Outcome(order_id=working.order_id, messages=(told,))
    refusal = MessageRefusal(
        session=body.session,
        ref_seq=body.ref_seq,
        message_type=body.message_type,
        cl_ord_id=body.cl_ord_id,
        orig_cl_ord_id=body.orig_cl_ord_id,
        order_id=None if working is None else working.order_id,
        status=None if working is None else working.reported,
        symbol=body.symbol,
        side=body.side,
        exec_id=event.exec_id(),
        text=text,
        at=event.at,
    )
    return Outcome(order_id=None if working is None else working.order_id, messages=(refusal,))


def cancel(
    state: State,
    event: Event,
    chosen: tuple[Working, ...],
    cl_ord_id: ClOrdId | None = None,
) -> tuple[tuple[Message, ...], tuple[Change, ...]]:
    """Cancel working orders at their brokers.

    A cancel of an order whose broker is away is kept in doubt and sent when the broker is back:
    a cancel is never lost.
    """
    messages: list[Message] = []
    changes: list[Change] = []
    for part, working in enumerate(chosen):
        assert working.route is not None
        name = event.order_id(part)
        away = working.route not in state.routes
        changes.append(
            Ask(
                working,
                Request(order_id=name, cl_ord_id=cl_ord_id, order=None, at=event.at, in_doubt=away),
            )
        )
        if not away:
            messages.append(send_cancel(working, name, event.at))
    return tuple(messages), tuple(changes)


def send_cancel(working: Working, name: OrderId, at: Micros, *, again: bool = False) -> SendCancel:
    """Make the cancel of an order as the broker knows it now."""
    assert working.route is not None
    return SendCancel(
        route=working.route,
        order_id=name,
        target=working.live_id,
        broker_order_id=working.broker_order_id,
        order=working.order,
        at=at,
        again=again,
    )


def _new(
    state: State,
    event: Event,
    order: Order,
    quote: Quote | None,
    *,
    sent_at: Micros | None = None,
    signalled_at: Micros | None = None,
) -> Outcome:
    known = state.book.by_desk.get((order.session, order.cl_ord_id))
    if known is not None:
        return _again(event, known, order)
    wrong = tuple(faults(order))
    missing = tuple(unknowns(state, order))
    stale = stale_message(state, event, order.session, sent_at)
    findings: list[Finding] = [*wrong, *missing, *([] if stale is None else [stale])]
    route: Route | None = None
    reference = state.book.reference
    if reference is not None and not missing:
        instrument = reference.instruments[order.instrument]
        chosen = choose_route(state, reference, order, instrument)
        if isinstance(chosen, Finding):
            findings.append(chosen)
        else:
            route = chosen
        if not wrong:
            case, panel = state.case(order, at=event.at, quote=quote, signalled_at=signalled_at)
            findings.extend(panel.judge(case))
    digest = state.policy.digest if state.policy else None
    decision = decided(tuple(findings), digest)
    used: UseOverride | None = None
    if not decision.passes and state.consents.overrides:
        lifted = overridden(state, event, order, decision.findings)
        if lifted is not None:
            used = UseOverride(lifted[0], event.order_id())
            decision = decided(lifted[1], digest)
    if not decision.passes:
        return _denied(event, order, decision)
    assert route is not None
    assert reference is not None
    name = event.order_id()
    working = Working(
        order=order,
        order_id=name,
        live_id=name,
        route=route.id,
        seq=event.seq,
        at=event.at,
        resend_until=Micros(event.at + route.resend_within_us),
        decision=decision,
        status=Status.PENDING_NEW,
        leaves=order.quantity,
    )
    send = SendOrder(route=route.id, order_id=name, order=order, at=event.at)
    messages: tuple[Message, ...] = (send,)
    door = reference.sessions.get(order.session)
    if door is not None and door.pending_new:
        messages = (send, report(event, working, ExecType.PENDING_NEW))
    if used is None:
        return Outcome(
            decision=decision, order_id=name, messages=messages, changes=(Open(working),)
        )
    return Outcome(
        decision=decision,
        order_id=name,
        surprises=(f"order_passes_by_override: of {used.denied}",),
        messages=messages,
        changes=(Open(working), used),
    )


def _denied(event: Event, order: Order, decision: Decision) -> Outcome:
    """Tell a desk no. The order is remembered, so that a repeat gets the same answer."""
    name = event.order_id()
    working = Working(
        order=order,
        order_id=name,
        live_id=name,
        route=None,
        seq=event.seq,
        at=event.at,
        resend_until=event.at,
        decision=decision,
        status=Status.DENIED,
        leaves=Quantity(0),
    )
    answer = report(
        event,
        working,
        ExecType.REJECTED,
        reason=fix_reason(decision),
        text=denial_text(decision),
    )
    return Outcome(decision=decision, order_id=name, messages=(answer,), changes=(Open(working),))


def _again(event: Event, known: Working, asked: Order) -> Outcome:
    """Give the first answer to a repeated ClOrdID."""
    text = f"`{asked.cl_ord_id}` was decided at record {known.seq}; this is that answer"
    denied = known.status is Status.DENIED
    if denied:
        text = f"{text}: {denial_text(known.decision)}"
    answer = report(
        event,
        known,
        ExecType.REJECTED if denied else ExecType.STATUS,
        cl_ord_id=asked.cl_ord_id,
        reason=fix_reason(known.decision) if denied else None,
        text=text,
        repeat=True,
    )
    return Outcome(
        decision=known.decision, order_id=known.order_id, repeat=True, messages=(answer,)
    )


def _find(
    state: State,
    event: Event,
    session: SessionId,
    cl_ord_id: ClOrdId,
    orig_cl_ord_id: ClOrdId,
    response_to: str,
) -> Working | Outcome:
    """Find the order a cancel or replace is about, or the answer that it cannot be."""
    working = state.book.by_desk.get((session, orig_cl_ord_id))
    if working is None or working.status is Status.DENIED:
        text = f"no working order `{orig_cl_ord_id}` is known of this session"
        refusal = CancelRefused(
            session=session,
            order_id=None,
            cl_ord_id=cl_ord_id,
            orig_cl_ord_id=orig_cl_ord_id,
            status=Status.REJECTED.value,
            response_to=response_to,
            reason=UNKNOWN_ORDER,
            text=text,
            at=event.at,
        )
        return Outcome(messages=(refusal,), refused=True)
    refuse = _Refusal(event, working, cl_ord_id, orig_cl_ord_id, response_to)
    if (session, cl_ord_id) in state.book.by_desk:
        return refuse(DUPLICATE, f"ClOrdID `{cl_ord_id}` was used before")
    if working.ended:
        return refuse(TOO_LATE, f"the order has ended: {working.status.name.lower()}")
    return working


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Ready to refuse one request on one order (FIX 9)."""

    event: Event
    working: Working
    cl_ord_id: ClOrdId
    orig_cl_ord_id: ClOrdId
    response_to: str

    def __call__(self, reason: int, text: str, decision: Decision | None = None) -> Outcome:
        refusal = CancelRefused(
            session=self.working.order.session,
            order_id=self.working.order_id,
            cl_ord_id=self.cl_ord_id,
            orig_cl_ord_id=self.orig_cl_ord_id,
            status=self.working.reported,
            response_to=self.response_to,
            reason=reason,
            text=text,
            at=self.event.at,
        )
        return Outcome(
            decision=decision,
            order_id=self.working.order_id,
            messages=(refusal,),
            refused=True,
        )
