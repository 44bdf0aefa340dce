"""The life of an order, as one table.

The *status* says what is true at the broker as far as we know; requests that are under way
(cancel, replace) are kept beside it, because an order being cancelled can still fill, and does.

======================  ==========================================================
status                  meaning
======================  ==========================================================
``PENDING_NEW``         decided and recorded; sent, no answer yet (may be in doubt)
``NEW``                 working, nothing filled
``PARTIALLY_FILLED``    working, something filled
``FILLED``              nothing left
``DONE_FOR_DAY``        not working today; a GTC order may work again tomorrow
``CANCELED``            ended by a cancel, asked for or not
``EXPIRED``             ended by its own time in force
``REJECTED``            the broker's no
``DENIED``              our no; never left the house
``SUSPENDED``           the venue has stopped it; it may work again
======================  ==========================================================

What *happens* to an order is the broker's ExecType (FIX 150). Remarks on the rows that
surprise, each seen in the field:

* Brokers do fill after cancel: a fill that crossed the cancel on the wire is true and moves
  the position; the order stays CANCELED unless nothing is left.
* An acknowledgement may come after the first fill; it changes nothing.
* A correction or a bust changes how much is filled, so the next status depends on the amounts,
  not on a table: see `after_amounts`.
* A REJECTED order that later fills, or is acknowledged, was not rejected: the broker is
  believed, because an order that may be working must be held.

A pair that is not in the table is a surprise: it is applied as far as its amounts go,
recorded with a finding, and the status stays.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from domain.fixed import Quantity


class Status(StrEnum):
    """FIX 39; DENIED is ours and is said to a desk as 8 with our reason."""

    PENDING_NEW = "A"
    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    REJECTED = "8"
    SUSPENDED = "9"
    EXPIRED = "C"
    DENIED = "D"


class ExecType(StrEnum):
    """FIX 150 as 4.4 says it; the codec turns 4.2's 1 and 2 with ExecTransType 20 into these."""

    NEW = "0"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    REPLACED = "5"
    PENDING_CANCEL = "6"
    REJECTED = "8"
    SUSPENDED = "9"
    PENDING_NEW = "A"
    EXPIRED = "C"
    RESTATED = "D"
    PENDING_REPLACE = "E"
    TRADE = "F"
    TRADE_CORRECT = "G"
    TRADE_CANCEL = "H"
    STATUS = "I"


ENDED = frozenset({Status.FILLED, Status.CANCELED, Status.REJECTED, Status.EXPIRED, Status.DENIED})
"""Statuses that hold nothing. DONE_FOR_DAY and SUSPENDED still hold: they may work again."""

TRADES = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL})
"""What moves a position."""

_UNCHANGED = (ExecType.PENDING_CANCEL, ExecType.PENDING_REPLACE)

TRANSITIONS: Mapping[tuple[Status, ExecType], Status] = MappingProxyType(
    {
        (Status.PENDING_NEW, ExecType.PENDING_NEW): Status.PENDING_NEW,
        (Status.PENDING_NEW, ExecType.NEW): Status.NEW,
        (Status.PENDING_NEW, ExecType.REJECTED): Status.REJECTED,
        (Status.PENDING_NEW, ExecType.CANCELED): Status.CANCELED,
        (Status.PENDING_NEW, ExecType.EXPIRED): Status.EXPIRED,
        (Status.PENDING_NEW, ExecType.DONE_FOR_DAY): Status.DONE_FOR_DAY,
        (Status.PENDING_NEW, ExecType.SUSPENDED): Status.SUSPENDED,
        (Status.NEW, ExecType.NEW): Status.NEW,
        (Status.NEW, ExecType.REJECTED): Status.REJECTED,
        (Status.NEW, ExecType.CANCELED): Status.CANCELED,
        (Status.NEW, ExecType.EXPIRED): Status.EXPIRED,
        (Status.NEW, ExecType.DONE_FOR_DAY): Status.DONE_FOR_DAY,
        (Status.NEW, ExecType.SUSPENDED): Status.SUSPENDED,
        (Status.NEW, ExecType.REPLACED): Status.NEW,
        (Status.NEW, ExecType.RESTATED): Status.NEW,
        (Status.PARTIALLY_FILLED, ExecType.NEW): Status.PARTIALLY_FILLED,
        (Status.PARTIALLY_FILLED, ExecType.CANCELED): Status.CANCELED,
        (Status.PARTIALLY_FILLED, ExecType.EXPIRED): Status.EXPIRED,
        (Status.PARTIALLY_FILLED, ExecType.DONE_FOR_DAY): Status.DONE_FOR_DAY,
        (Status.PARTIALLY_FILLED, ExecType.SUSPENDED): Status.SUSPENDED,
        (Status.PARTIALLY_FILLED, ExecType.REPLACED): Status.PARTIALLY_FILLED,
        (Status.PARTIALLY_FILLED, ExecType.RESTATED): Status.PARTIALLY_FILLED,
        (Status.FILLED, ExecType.NEW): Status.FILLED,
        (Status.FILLED, ExecType.REPLACED): Status.PARTIALLY_FILLED,
        (Status.FILLED, ExecType.RESTATED): Status.FILLED,
        (Status.FILLED, ExecType.DONE_FOR_DAY): Status.FILLED,
        (Status.DONE_FOR_DAY, ExecType.NEW): Status.NEW,
        (Status.DONE_FOR_DAY, ExecType.CANCELED): Status.CANCELED,
        (Status.DONE_FOR_DAY, ExecType.EXPIRED): Status.EXPIRED,
        (Status.DONE_FOR_DAY, ExecType.RESTATED): Status.NEW,
        (Status.DONE_FOR_DAY, ExecType.REPLACED): Status.NEW,
        (Status.SUSPENDED, ExecType.NEW): Status.NEW,
        (Status.SUSPENDED, ExecType.CANCELED): Status.CANCELED,
        (Status.SUSPENDED, ExecType.EXPIRED): Status.EXPIRED,
        (Status.SUSPENDED, ExecType.RESTATED): Status.NEW,
        (Status.SUSPENDED, ExecType.REPLACED): Status.NEW,
        (Status.SUSPENDED, ExecType.DONE_FOR_DAY): Status.DONE_FOR_DAY,
        (Status.CANCELED, ExecType.NEW): Status.CANCELED,
        (Status.CANCELED, ExecType.CANCELED): Status.CANCELED,
        (Status.EXPIRED, ExecType.NEW): Status.EXPIRED,
        (Status.EXPIRED, ExecType.EXPIRED): Status.EXPIRED,
        (Status.REJECTED, ExecType.NEW): Status.NEW,
        (Status.REJECTED, ExecType.REJECTED): Status.REJECTED,
        **{(status, happening): status for status in Status for happening in _UNCHANGED},
    }
)


def after(status: Status, happening: ExecType) -> Status | None:
    """Give the status after a report that is not a trade; None when the table has no row."""
    return TRANSITIONS.get((status, happening))


def after_amounts(
    status: Status, *, quantity: Quantity, filled: Quantity, leaves: Quantity
) -> Status:
    """Give the status after a trade, a correction or a bust, from what is filled and left.

    `leaves` is what the broker still works. An order that had ended, and of which the broker
    works nothing, stays as it ended; but all filled is FILLED, whatever was thought before.
    """
    if leaves > 0:
        return Status.PARTIALLY_FILLED if filled > 0 else Status.NEW
    if filled >= quantity:
        return Status.FILLED
    return status if status in {Status.EXPIRED, Status.DENIED} else Status.CANCELED
