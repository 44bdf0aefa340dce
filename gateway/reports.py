"""Telling a desk how its order stands, in the desk's own ids."""

from domain.events import Event
from domain.finding import Decision
from domain.fixed import Price, Quantity
from domain.ids import ClOrdId, ExecId, OrderId
from domain.lifecycle import ENDED, ExecType, Status
from domain.messages import CancelRefused, Report
from domain.order import Order
from domain.working import Working

TOO_LATE, UNKNOWN_ORDER, BROKER_OPTION, ALREADY_PENDING, DUPLICATE, OTHER = 0, 1, 2, 3, 6, 99
"""FIX 102 CxlRejReason."""

UNKNOWN_SECURITY = 1
"""FIX 532 MassCancelRejectReason."""


def report(
    event: Event,
    working: Working,
    kind: ExecType,
    *,
    status: str | None = None,
    order: Order | None = None,
    cl_ord_id: ClOrdId | None = None,
    orig_cl_ord_id: ClOrdId | None = None,
    filled: Quantity | None = None,
    leaves: Quantity | None = None,
    average: Price | None = None,
    last_quantity: Quantity | None = None,
    last_price: Price | None = None,
    exec_ref_id: ExecId | None = None,
    reason: int | None = None,
    text: str | None = None,
    request_id: str | None = None,
    repeat: bool = False,
    part: int = 0,
) -> Report:
    """Report on an order as it stands, or as the arguments say it will stand."""
    terms = order or working.order
    return Report(
        session=terms.session,
        order_id=working.order_id,
        exec_id=event.exec_id(part),
        type=kind,
        status=status if status is not None else working.reported,
        cl_ord_id=cl_ord_id or terms.cl_ord_id,
        orig_cl_ord_id=orig_cl_ord_id,
        order=terms,
        filled=working.filled if filled is None else filled,
        leaves=working.leaves if leaves is None else leaves,
        average=working.average if average is None and filled is None else average,
        last_quantity=last_quantity,
        last_price=last_price,
        exec_ref_id=exec_ref_id,
        reason=reason,
        text=text,
        at=event.at,
        request_id=request_id,
        repeat=repeat,
    )


def denial_text(decision: Decision) -> str:
    """Say in one line (FIX 58) why an order was denied: every finding a desk may know of."""
    return "; ".join(f"{finding.rule}: {finding.text}" for finding in decision.told.findings)


def fix_reason(decision: Decision) -> int | None:
    """Give FIX 103 of a denial: the gravest finding's."""
    gravest = decision.told.gravest
    return None if gravest is None else int(gravest.fix_reason)


def shown(working: Working, status: Status, answered: frozenset[OrderId]) -> str:
    """Give FIX 39 as it will be shown once `answered` requests are settled."""
    if status in ENDED:
        return status.value
    left = [request for name, request in working.requests.items() if name not in answered]
    if any(not request.is_replace for request in left):
        return "6"
    return "E" if left else status.value


def overtaken(
    event: Event, working: Working, status: Status, answering: OrderId | None = None
) -> list[CancelRefused]:
    """Answer the requests that an end came before; the one it was an answer to has its answer."""
    if status not in ENDED:
        return []
    return [
        CancelRefused(
            session=working.order.session,
            order_id=working.order_id,
            cl_ord_id=request.cl_ord_id,
            orig_cl_ord_id=working.order.cl_ord_id,
            status=status.value,
            response_to="2" if request.is_replace else "1",
            reason=TOO_LATE,
            text=f"the order has ended: {status.name.lower()}",
            at=event.at,
        )
        for name, request in working.requests.items()
        if request.cl_ord_id is not None and name != answering
    ]
