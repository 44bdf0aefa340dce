"""Resolving doubts: what was sent and never answered.

When a broker's link is lost, or this process died, nobody knows whether the broker has an order
that it has not acknowledged, or a request it has not answered. Such an order is in doubt. It still
counts against every limit, and on the broker's return it is asked about (FIX H):

* the broker has it: it stands as the broker says, and what was asked of it meanwhile goes out;
* the broker never saw it: a young order is sent again under its own id with PossResend, as long as
  what let it pass still stands; an old one, one its desk cancelled meanwhile, and one whose trading
  was stopped, or whose policy or facts changed meanwhile, ends;
* an answer first given on an earlier connection (PossDup) proves nothing about now.

INVARIANT (doubt is resolved by asking): what was sent and never answered is not sent again on a
guess; only the broker's own "unknown" lets an order out once more.
"""

from domain.events import Event, ExecutionReported
from domain.fixed import Quantity
from domain.ids import OrderId
from domain.lifecycle import ENDED, ExecType, Status
from domain.market import Phase
from domain.messages import Message, SendOrder, SendReplace, SendStatusRequest
from domain.working import Working
from gateway.desk_side import send_cancel
from gateway.outcome import Advance, Change, Doubt, Outcome, Resend
from gateway.reports import OTHER, overtaken, report, shown
from gateway.state import State

UNKNOWN_TO_BROKER = 5
"""FIX 103: the broker has no such order."""

UNKNOWN_ID = 1
"""FIX 380 BusinessRejectReason: the same, said with a business reject."""

DUPLICATE = 6
"""FIX 103: the broker has an order of this ClOrdID already."""

_ENDED_AT_BROKER = frozenset({"2", "4", "8", "C"})


def status_told(state: State, event: Event, body: ExecutionReported, working: Working) -> Outcome:
    """Take the answer to a status request: the end of a doubt, one way or the other.

    Fills are never taken from a status: the trades themselves follow by FIX's own recovery, and
    counting both would count twice.
    """
    if _says_unknown(body):
        return unknown_to_broker(state, event, working, body.order_id, stale=body.poss_dup)
    if body.poss_dup and not working.in_doubt:
        # Said on an earlier connection: how it stood then, and nobody asks any more.
        return Outcome(order_id=working.order_id)
    surprises: list[str] = []
    if body.filled != working.filled:
        surprises.append(
            f"fills_are_outstanding: ours {working.filled}, the broker's {body.filled}"
        )
    if working.ended and body.status not in _ENDED_AT_BROKER:
        surprises.append(f"broker_works_an_ended_order: {working.route} {working.live_id}")
    status = working.status
    leaves = working.leaves
    if body.status in _ENDED_AT_BROKER and body.filled == working.filled:
        status, leaves = Status(body.status), Quantity(0)
    elif status is Status.PENDING_NEW and body.status not in _ENDED_AT_BROKER | {"A"}:
        status = Status.NEW
    messages: list[Message] = []
    if status is not working.status:
        kind = ExecType(status.value) if status.value in set(ExecType) else ExecType.STATUS
        messages.append(
            report(
                event,
                working,
                kind,
                status=shown(working, status, frozenset()),
                leaves=leaves,
                reason=body.reason,
                text=body.text,
            )
        )
    messages.extend(overtaken(event, working, status))
    change = Advance(
        working=working,
        status=status,
        filled=working.filled,
        leaves=leaves,
        worth=working.worth,
        live_id=working.live_id,
        order=working.order,
        broker_order_id=body.broker_order_id,
        answered=frozenset(working.requests) if status in ENDED else frozenset(),
    )
    changes: tuple[Change, ...] = (change,)
    if status not in ENDED and working.route in state.routes:
        again, lifted = resend_requests(event, working)
        messages.extend(again)
        changes = (change, lifted)
    return Outcome(
        order_id=working.order_id,
        surprises=tuple(surprises),
        messages=tuple(messages),
        changes=changes,
    )


def status_request(working: Working) -> SendStatusRequest:
    """Make the question how an order stands."""
    assert working.route is not None
    return SendStatusRequest(
        route=working.route,
        order_id=working.live_id,
        broker_order_id=working.broker_order_id,
        order=working.order,
    )


def resend_requests(event: Event, working: Working) -> tuple[list[Message], Doubt]:
    """Send doubtful cancels and replaces of an order again, flagged: brokers know them by id."""
    assert working.route is not None
    messages: list[Message] = []
    doubtful = tuple(request for request in working.requests.values() if request.in_doubt)
    for request in doubtful:
        if request.order is None:
            messages.append(send_cancel(working, request.order_id, event.at, again=True))
        else:
            messages.append(
                SendReplace(
                    route=working.route,
                    order_id=request.order_id,
                    target=working.live_id,
                    broker_order_id=working.broker_order_id,
                    order=request.order,
                    at=event.at,
                    again=True,
                )
            )
    return messages, Doubt((), doubtful, lifted=True)


def unknown_to_broker(
    state: State, event: Event, working: Working, asked: OrderId, *, stale: bool
) -> Outcome:
    """Resolve a doubt: the broker never saw the order.

    Young orders are sent again with PossResend and the same id, so that even a broker that
    was wrong cannot have two, and with them what was asked of them since. Old ones end: a market
    that moved on gets no stale order, and a halted scope gets none at all.

    A *stale* answer (PossDup) was first given on an earlier connection, perhaps before the order
    was sent again there, so the question is put once more.
    """
    if not working.in_doubt:
        if working.ended or working.status is Status.PENDING_NEW:
            return Outcome(order_id=working.order_id)
        what = f"broker_forgot_an_order: {working.route} {asked}"
        return Outcome(order_id=working.order_id, surprises=(what,))
    assert working.route is not None
    if stale:
        return Outcome(order_id=working.order_id, messages=(status_request(working),))
    why_not = _why_not_again(state, event, working)
    if why_not is not None:
        return end(event, working, Status.REJECTED, f"the broker never saw it, and {why_not}")
    again = SendOrder(
        route=working.route,
        order_id=working.live_id,
        order=working.order,
        at=event.at,
        again=True,
    )
    requests, lifted = resend_requests(event, working)
    return Outcome(
        order_id=working.order_id,
        messages=(again, *requests),
        changes=(Resend(working), lifted),
    )


def _why_not_again(state: State, event: Event, working: Working) -> str | None:
    """Say why an order the broker never saw is not sent again."""
    if working.cancelling:
        return "it was to be cancelled"
    if event.at >= working.resend_until:
        return "it is too old to be sent again"
    for place in state.scopes(working.order):
        if place in state.states:
            return f"trading in {place} is {state.states[place]}"
    status = state.book.statuses.get(working.order.instrument)
    if status is not None and status.phase is Phase.HALTED:
        return f"the venue has halted `{working.order.instrument}`"
    if state.terms_since > working.seq:
        return "the policy or the facts it was judged by have changed"
    return None


def had_it(working: Working) -> Outcome:
    """Take "duplicate" for what it is when an order was sent again: the broker has it."""
    if working.status is not Status.PENDING_NEW:
        return Outcome(order_id=working.order_id)
    return Outcome(
        order_id=working.order_id,
        messages=(status_request(working),),
        changes=(Doubt((working,), ()),),
    )


def end(event: Event, working: Working, status: Status, text: str) -> Outcome:
    """End an order that never worked."""
    change = Advance(
        working=working,
        status=status,
        filled=working.filled,
        leaves=Quantity(0),
        worth=working.worth,
        live_id=working.live_id,
        order=working.order,
        broker_order_id=working.broker_order_id,
        answered=frozenset(working.requests),
    )
    told = report(
        event,
        working,
        ExecType.REJECTED,
        status=status.value,
        leaves=Quantity(0),
        reason=OTHER,
        text=text,
    )
    messages: tuple[Message, ...] = (told, *overtaken(event, working, status))
    return Outcome(order_id=working.order_id, messages=messages, changes=(change,))


def _says_unknown(body: ExecutionReported) -> bool:
    """Whether a status says that there is no such order, and not that it was rejected."""
    if body.status != Status.REJECTED.value:
        return False
    if body.reason is None:
        # Brokers that leave tag 103 out say NONE for the id (37) they never gave.
        return body.broker_order_id in {None, "NONE"}
    return body.reason == UNKNOWN_TO_BROKER
