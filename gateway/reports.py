"""Telling a desk how its order stands, in the desk's own ids."""

from collections.abc import Sequence

from domain.events import Event
from domain.finding import Decision, Finding
from domain.fixed import Price, Quantity
from domain.ids import ClOrdId, ExecId, exec_id
from domain.lifecycle import ExecType
from domain.messages import Report
from domain.order import Order
from domain.working import Working


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
    repeat: bool = False,
    part: int = 0,
) -> Report:
    """Report on an order as it stands, or as the arguments say it will stand."""
    terms = order or working.order
    return Report(
        session=terms.session,
        order_id=working.order_id,
        exec_id=exec_id(event.seq, part),
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
        repeat=repeat,
    )


def denial_text(findings: Sequence[Finding]) -> str:
    """Say in one line (FIX 58) why an order was denied: every finding, the gravest first."""
    return "; ".join(f"{finding.rule}: {finding.text}" for finding in findings)


def fix_reason(decision: Decision) -> int | None:
    """Give FIX 103 of a denial: the gravest finding's."""
    gravest = decision.gravest
    return None if gravest is None else int(gravest.fix_reason)
