"""Deciding what brokers say: executions, refused cancels, rejected messages.

A broker's word is a fact: it cannot be denied, only understood. What does not fit (an order
never sent, a sum that does not add up, a move the lifecycle table has no row for) is believed as
far as it moves positions, and recorded as a surprise for an operator.

INVARIANT (a trade counts once): a report whose ExecID was seen before changes nothing, whatever
its PossDup flag says.

INVARIANT (one answer to each request): a cancel or replace a desk asked for is answered once, by
the broker's word on it or, when the order ends some other way first, at that end.
"""

from dataclasses import replace

from domain.events import CancelRejected, Event, ExecutionReported, MessageRejected, NotSent
from domain.fixed import Price, Quantity
from domain.ids import ClOrdId, ExecId, OrderId, RouteId
from domain.lifecycle import ENDED, TRADES, ExecType, Status, after, after_amounts
from domain.messages import CancelRefused, SendDontKnow
from domain.order import Order
from domain.working import Fill, Request, Working
from gateway.doubt import DUPLICATE, UNKNOWN_ID, end, had_it, status_told, unknown_to_broker
from gateway.outcome import NOTHING, Advance, Doubt, Drop, Outcome
from gateway.reports import DUPLICATE as CXL_DUPLICATE
from gateway.reports import OTHER, overtaken, report, shown
from gateway.state import State


def execution_reported(state: State, event: Event, body: ExecutionReported) -> Outcome:
    """Decide what a broker's execution report means for its order."""
    working = state.book.live.get(body.order_id)
    if working is None and body.orig_order_id is not None:
        working = state.book.live.get(body.orig_order_id)
    if working is None or working.route != body.route:
        what = f"execution_is_of_an_order_never_sent: {body.route} {body.order_id} {body.exec_id}"
        messages = (SendDontKnow(route=body.route, execution=body),)
        return Outcome(surprises=(what,), messages=messages if body.type in TRADES else ())
    if body.type is ExecType.STATUS:
        return status_told(state, event, body, working)
    if body.exec_id in working.seen:
        return Outcome(order_id=working.order_id, repeat=True)
    if body.type in TRADES:
        return _trade(event, body, working)
    if body.type is ExecType.REJECTED and body.reason == DUPLICATE and working.again:
        return had_it(working)
    return _move(state, event, body, working)


def cancel_rejected(state: State, event: Event, body: CancelRejected) -> Outcome:
    """Decide a broker's no to a cancel or replace: the order stands."""
    working = _known(state, body.route, body.order_id)
    if working is None:
        what = f"cancel_reject_is_of_no_order: {body.route} {body.order_id}"
        return Outcome(surprises=(what,))
    request = working.requests.get(body.order_id)
    if request is not None and request.again and body.reason == CXL_DUPLICATE:
        # The second copy is refused; the first is being answered.
        return Outcome(order_id=working.order_id)
    if request is not None:
        return _refused(event, working, request, body.reason, body.text)
    if working.ended:
        # The end overtook the request and answered it.
        return Outcome(order_id=working.order_id)
    what = f"cancel_reject_is_of_no_request: {body.route} {body.order_id}"
    return Outcome(order_id=working.order_id, surprises=(what,))


def message_rejected(state: State, event: Event, body: MessageRejected) -> Outcome:
    """Decide a broker's no to a message as such (FIX 3, j)."""
    working = _known(state, body.route, body.order_id)
    if working is None:
        what = f"reject_is_of_no_order: {body.route} {body.order_id}: {body.text}"
        return Outcome(surprises=(what,))
    if body.message_type == "H":
        if body.reason == UNKNOWN_ID:
            return unknown_to_broker(state, event, working, body.order_id, stale=body.poss_dup)
        what = f"status_request_was_rejected: {body.route} {body.order_id}: {body.text}"
        return Outcome(order_id=working.order_id, surprises=(what,))
    request = working.requests.get(body.order_id)
    if request is not None:
        return _refused(event, working, request, OTHER, body.text)
    if working.status is Status.PENDING_NEW and working.order_id == body.order_id:
        return end(event, working, Status.REJECTED, body.text or "rejected by the broker")
    what = f"reject_is_of_a_settled_order: {body.route} {body.order_id}: {body.text}"
    return Outcome(order_id=working.order_id, surprises=(what,))


def not_sent(state: State, event: Event, body: NotSent) -> Outcome:
    """Decide what becomes of a message that certainly did not leave.

    An order that was meant for now is not sent later: it ends, and its desk may ask again. A
    cancel, and whatever may have left on an earlier try, waits for the broker's return.
    """
    working = _known(state, body.route, body.order_id)
    if working is None:
        return NOTHING
    request = working.requests.get(body.order_id)
    text = f"route `{body.route}` was down: not sent"
    if request is not None:
        if request.is_replace and not body.again:
            return _refused(event, working, request, OTHER, text)
        return Outcome(order_id=working.order_id, changes=(Doubt((), (request,)),))
    if working.status is not Status.PENDING_NEW or working.order_id != body.order_id:
        return NOTHING
    if body.again:
        return Outcome(order_id=working.order_id, changes=(Doubt((working,), ()),))
    return end(event, working, Status.REJECTED, text)


def _trade(event: Event, body: ExecutionReported, working: Working) -> Outcome:
    """Count a trade, correct one or take one back."""
    surprises: list[str] = []
    price = body.last_price or Price(0)
    quantity = body.last_quantity or Quantity(0)
    old = None if body.exec_ref_id is None else working.fills.get(body.exec_ref_id)
    name = event.exec_id()
    told_before: ExecId | None = None
    undone: Fill | None = None
    fill: tuple[ExecId, Fill] | None
    if body.type is ExecType.TRADE:
        fill = (body.exec_id, Fill(quantity, price, name))
    elif old is None:
        # The original was never seen: believe the broker's sum, at the price it says.
        surprises.append(f"correction_is_of_an_unseen_trade: {body.exec_ref_id}")
        quantity = Quantity(body.filled - working.filled)
        if body.type is ExecType.TRADE_CANCEL and body.last_price is None:
            price = working.average or Price(0)
        fill = (body.exec_id, Fill(quantity, price, name))
    else:
        undone, told_before = old, old.told
        if body.type is ExecType.TRADE_CANCEL:
            quantity = Quantity(0)
        fill = (body.exec_id, Fill(quantity, price, name))
    back = 0 if undone is None else undone.quantity
    filled = Quantity(working.filled + quantity - back)
    worth = working.worth + quantity * price
    if undone is not None:
        worth -= undone.quantity * undone.price
    if filled != body.filled:
        surprises.append(f"sum_of_fills_differs: ours {filled}, the broker's {body.filled}")
    if filled > working.order.quantity:
        surprises.append(f"order_is_overfilled: {filled} of {working.order.quantity}")
    status = after_amounts(
        working.status, quantity=working.order.quantity, filled=filled, leaves=body.leaves
    )
    change = Advance(
        working=working,
        status=status,
        filled=filled,
        leaves=body.leaves,
        worth=worth,
        live_id=working.live_id,
        order=working.order,
        broker_order_id=body.broker_order_id,
        exec_id=body.exec_id,
        fill=fill,
        undone=undone,
        done=(quantity, price),
        answered=frozenset(working.requests) if status in ENDED else frozenset(),
    )
    told = report(
        event,
        working,
        body.type,
        status=shown(working, status, frozenset()),
        filled=filled,
        leaves=body.leaves,
        average=Price((2 * worth + filled) // (2 * filled)) if filled > 0 else None,
        last_quantity=body.last_quantity,
        last_price=body.last_price,
        exec_ref_id=told_before,
        text=body.text,
    )
    return Outcome(
        order_id=working.order_id,
        surprises=tuple(surprises),
        messages=(told, *overtaken(event, working, status)),
        changes=(change,),
    )


def _move(state: State, event: Event, body: ExecutionReported, working: Working) -> Outcome:
    """Follow the lifecycle table for everything that is not a trade."""
    surprises: list[str] = []
    status = after(working.status, body.type)
    if status is None:
        surprises.append(f"move_is_not_in_the_table: {working.status.name} {body.type.name}")
        status = working.status
    request = working.requests.get(body.order_id)
    order = working.order
    live_id = working.live_id
    leaves = body.leaves
    answered: frozenset[OrderId] = frozenset()
    cl_ord_id: ClOrdId | None = None
    orig: ClOrdId | None = None
    if request is not None and request.cl_ord_id is not None:
        cl_ord_id, orig = request.cl_ord_id, order.cl_ord_id
    if body.type is ExecType.REPLACED:
        if body.order_id in state.book.live:
            # Also of a request that an end overtook, when a bust has reopened the order since.
            live_id = body.order_id
        if request is not None and request.order is not None:
            answered = frozenset({body.order_id})
            order = request.order
        else:
            surprises.append(f"replace_was_not_asked_for: {body.order_id}")
            order = _restated(order, body)
        status = _worked(status, order, working.filled, leaves)
    elif body.type is ExecType.RESTATED:
        order = _restated(order, body)
        status = _worked(status, order, working.filled, leaves)
    if status in ENDED:
        leaves = Quantity(0)
        answered = frozenset(working.requests)
    elif body.type in {ExecType.PENDING_CANCEL, ExecType.PENDING_REPLACE}:
        leaves = working.leaves
    if body.filled != working.filled:
        surprises.append(f"sum_of_fills_differs: ours {working.filled}, the broker's {body.filled}")
    change = Advance(
        working=working,
        status=status,
        filled=working.filled,
        leaves=leaves,
        worth=working.worth,
        live_id=live_id,
        order=order,
        broker_order_id=body.broker_order_id,
        exec_id=body.exec_id,
        answered=answered,
    )
    told = report(
        event,
        working,
        body.type,
        status=shown(working, status, answered),
        order=order,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=orig,
        leaves=leaves,
        reason=body.reason,
        text=body.text,
    )
    return Outcome(
        order_id=working.order_id,
        surprises=tuple(surprises),
        messages=(told, *overtaken(event, working, status, body.order_id)),
        changes=(change,),
    )


def _known(state: State, route: RouteId, name: OrderId) -> Working | None:
    """Find the order a broker means, if it is one of that broker's."""
    working = state.book.live.get(name)
    return None if working is None or working.route != route else working


def _refused(
    event: Event, working: Working, request: Request, reason: int | None, text: str | None
) -> Outcome:
    """Let a request drop and tell whoever asked for it."""
    changes = (Drop(working, request.order_id),)
    if request.cl_ord_id is None:
        what = f"house_cancel_was_refused: {working.order_id}: {reason} {text}"
        return Outcome(order_id=working.order_id, surprises=(what,), changes=changes)
    left = frozenset({request.order_id})
    refusal = CancelRefused(
        session=working.order.session,
        order_id=working.order_id,
        cl_ord_id=request.cl_ord_id,
        orig_cl_ord_id=working.order.cl_ord_id,
        status=shown(working, working.status, left),
        response_to="2" if request.is_replace else "1",
        reason=OTHER if reason is None else reason,
        text=text or "refused by the broker",
        at=event.at,
    )
    return Outcome(order_id=working.order_id, messages=(refusal,), changes=changes)


def _restated(order: Order, body: ExecutionReported) -> Order:
    return replace(
        order,
        quantity=order.quantity if body.quantity is None else body.quantity,
        price=order.price if body.price is None else body.price,
    )


def _worked(status: Status, order: Order, filled: Quantity, leaves: Quantity) -> Status:
    """Give the status of an order whose terms changed."""
    if leaves > 0:
        return Status.PARTIALLY_FILLED if filled > 0 else Status.NEW
    return Status.FILLED if filled >= order.quantity else status
