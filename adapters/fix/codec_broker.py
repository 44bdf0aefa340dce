"""The asking side of an order session: requests written, reports read.

The gate speaks so to its brokers, and a desk's own program to the gate.

Written: D, G, F, H and Q. A message that may have been sent before carries 97=Y.

Read: 8, 9, and the two ways to refuse a message as such, 3 and j. Whatever happens at a broker has
happened, whether or not we can read it. INVARIANT (no report is lost): what cannot be read becomes
a `ReportUnreadable` with its text and every fault, for a person to look at. Of the fields that
merely explain (103, 102, 58) an unreadable one is left out instead, because the report is worth
more.

4.2 says a trade as 150=1 or 2 and its afterlife by 20 (ExecTransType); both become the one
ExecType of 4.4. Its 39=5 "replaced" is a status no longer, but 39=0 or 39=1, by what is filled.
Brokers mix versions, so each form is understood in every version.
"""

from collections.abc import Callable
from typing import assert_never

from adapters.fix.codec import Reading, Wire, renamed, show_instant, shown
from adapters.fix.codec_order import NO_SYMBOL, OrderWriter
from adapters.fix.dialect import Dialect
from adapters.fix.listings import Listings
from adapters.fix.port import Field
from adapters.fix.sessions import Version
from domain.events import CancelRejected, ExecutionReported, MessageRejected, ReportUnreadable
from domain.fixed import Price, Quantity, show_fixed
from domain.ids import BrokerOrderId, ExecId, OrderId, RouteId
from domain.lifecycle import ExecType
from domain.messages import (
    SendCancel,
    SendDontKnow,
    SendOrder,
    SendReplace,
    SendStatusRequest,
    ToBroker,
)

Answer = ExecutionReported | CancelRejected | MessageRejected | ReportUnreadable
"""What a broker's message becomes."""

NO_IDS = frozenset({"NONE", "0", ""})
"""What brokers write into OrderID (37) when there is none."""
NO_MATCHING_ORDER = "D"
"""DKReason (127)."""
UNDISCLOSED = "7"
"""Side (54) of a report that said none."""

_KINDS = {kind.value: kind for kind in ExecType} | {"1": ExecType.TRADE, "2": ExecType.TRADE}
_TRANSACTIONS = {
    "1": ExecType.TRADE_CANCEL,
    "2": ExecType.TRADE_CORRECT,
    "3": ExecType.STATUS,
}
_ENDED = frozenset({"2", "4", "8", "C"})
_WORKED = frozenset({"0", "1", "5", "6", "A", "E"})
"""OrdStatus (39) where what is left (151) is nothing, or the quantity (38) less the sum (14)."""
_NEEDS_TRADE = frozenset({ExecType.TRADE, ExecType.TRADE_CORRECT})


class BrokerCodec:
    """One broker session's messages, written and read.

    `sent` finds the order a message of ours was about by its MsgSeqNum (34), for refusals that
    name nothing else.
    """

    def __init__(
        self,
        route: RouteId,
        dialect: Dialect,
        listings: Listings,
        sent: Callable[[int], OrderId | None] = lambda _: None,
    ) -> None:
        self._route = route
        self._version = dialect.version
        self._has_quantity = dialect.version is not Version.FIX42
        self._writer = OrderWriter(dialect, listings)
        self._sent = sent
        self._renames = {str(theirs): str(ours) for theirs, ours in dialect.renames.items()}
        self._unrenames = {ours: theirs for theirs, ours in dialect.renames.items()}

    def relist(self, listings: Listings) -> None:
        """Write instruments by new listings."""
        self._writer.relist(listings)

    # --------------------------------------------------------------------------------- write

    def write(self, message: ToBroker) -> Wire:
        """Write a request."""
        match message:
            case SendOrder():
                wire = Wire("D", self._order(message), message.again)
            case SendReplace():
                fields = [(41, message.target), *self._order(message)]
                wire = Wire("G", _known_as(message.broker_order_id, fields), message.again)
            case SendCancel():
                wire = Wire("F", self._cancel(message), message.again)
            case SendStatusRequest():
                wire = Wire("H", self._status_request(message))
            case SendDontKnow():
                wire = Wire("Q", self._dont_know(message))
            case _:
                assert_never(message)
        if self._unrenames:
            renamed_fields = [(self._unrenames.get(tag, tag), value) for tag, value in wire.fields]
            wire = wire._replace(fields=renamed_fields)
        return wire

    def _order(self, message: SendOrder | SendReplace) -> list[Field]:
        fields = self._writer.terms(message.order)
        fields += [(11, message.order_id), (60, show_instant(message.at, self._version))]
        return fields

    def _cancel(self, message: SendCancel) -> list[Field]:
        order = message.order
        fields: list[Field] = [
            (41, message.target),
            (11, message.order_id),
            (1, order.account),
            *self._writer.instrument(order.instrument),
            (54, order.side.value),
            (38, show_fixed(order.quantity)),
            (60, show_instant(message.at, self._version)),
        ]
        return _known_as(message.broker_order_id, fields)

    def _status_request(self, message: SendStatusRequest) -> list[Field]:
        order = message.order
        fields: list[Field] = [
            (11, message.order_id),
            (1, order.account),
            *self._writer.instrument(order.instrument),
            (54, order.side.value),
        ]
        return _known_as(message.broker_order_id, fields)

    def _dont_know(self, message: SendDontKnow) -> list[Field]:
        execution = message.execution
        fields: list[Field] = [
            (37, execution.broker_order_id or "NONE"),
            (17, execution.exec_id),
            (127, NO_MATCHING_ORDER),
            (55, execution.symbol or NO_SYMBOL),
            (54, execution.side or UNDISCLOSED),
        ]
        if execution.last_quantity is not None:
            fields.append((32, show_fixed(execution.last_quantity)))
        if execution.last_price is not None:
            fields.append((31, show_fixed(execution.last_price)))
        fields.append((58, f"no order `{shown(execution.order_id)}` was sent"))
        return fields

    # ---------------------------------------------------------------------------------- read

    def read(self, text: str, *, poss_dup: bool = False) -> Answer:
        """Read a broker's message; one that cannot be read is told with its text and its faults."""
        reading = Reading(renamed(text, self._renames) if self._renames else text)
        answer: Answer | None
        match reading.values.get("35", ""):
            case "8":
                answer = self._execution(reading, poss_dup=poss_dup)
            case "9":
                answer = self._cancel_reject(reading)
            case "3" | "j":
                answer = self._reject(reading, poss_dup=poss_dup)
            case other:
                reading.faults.append(f"message type `{shown(other)}` is not expected of a broker")
                answer = None
        if answer is not None and not reading.faults:
            return answer
        return ReportUnreadable(
            route=self._route,
            message_type=shown(reading.values.get("35", "")),
            text=kept(text),
            faults=tuple(reading.faults),
        )

    def refused(self, text: str) -> ReportUnreadable:
        """Tell of a message that the engine refused, from the Reject (3) it gave."""
        values = Reading(text).values
        return ReportUnreadable(
            route=self._route,
            message_type=kept(values.get("372", "")),
            text=kept(text),
            faults=(f"message {values.get('45')} was refused: {kept(values.get('58', ''))}",),
        )

    def _execution(self, reading: Reading, *, poss_dup: bool) -> ExecutionReported | None:
        values = reading.values
        get = values.get
        order_id, exec_id = _id(reading, "11"), _id(reading, "17")
        kind = _KINDS.get(get("150", ""))
        transaction = get("20", "0")
        if transaction != "0":
            kind = _TRANSACTIONS.get(transaction)
            if kind is None:
                reading.wanted("20", ("0", *_TRANSACTIONS))
        elif kind is None:
            reading.wanted("150", _KINDS)
        status = get("39", "")
        if len(status) != 1 or not status.isprintable():
            reading.fault("39", f"is `{shown(status)}`, wanted one character")
        filled = reading.decimal("14")
        quantity = reading.decimal("38") if "38" in values else None
        leaves = _leaves(reading, status, filled, quantity)
        price = reading.decimal("44") if "44" in values else None
        last_quantity = last_price = None
        if kind in _NEEDS_TRADE or "32" in values:
            last_quantity = reading.decimal("32")
        if kind in _NEEDS_TRADE or "31" in values:
            last_price = reading.decimal("31")
        if kind is ExecType.TRADE and last_quantity is not None and last_quantity <= 0:
            reading.fault("32", f"is `{shown(get('32', ''))}`, and a trade has more than 0")
        if kind in {ExecType.TRADE_CANCEL, ExecType.TRADE_CORRECT}:
            _id(reading, "19")
        if reading.faults or kind is None or filled is None or leaves is None:
            return None
        if status == "5":
            status = "1" if filled else "0"
        orig, ref, name = get("41"), get("19"), get("37", "")
        text = get("58")
        return ExecutionReported(
            route=self._route,
            order_id=OrderId(order_id),
            orig_order_id=OrderId(kept(orig)) if orig else None,
            broker_order_id=None if name in NO_IDS else BrokerOrderId(kept(name)),
            exec_id=ExecId(exec_id),
            exec_ref_id=ExecId(kept(ref)) if ref else None,
            type=kind,
            status=status,
            last_quantity=None if last_quantity is None else Quantity(last_quantity),
            last_price=None if last_price is None else Price(last_price),
            filled=Quantity(filled),
            leaves=Quantity(leaves),
            quantity=None if quantity is None else Quantity(quantity),
            price=None if price is None else Price(price),
            reason=_reason(get("103")),
            text=kept(text) if text else None,
            symbol=reading.echo("55"),
            side=reading.echo("54"),
            poss_dup=poss_dup,
        )

    def _cancel_reject(self, reading: Reading) -> CancelRejected | None:
        values = reading.values
        order_id, orig = _id(reading, "11"), _id(reading, "41")
        status = values.get("39", "")
        if len(status) != 1 or not status.isprintable():
            reading.fault("39", f"is `{shown(status)}`, wanted one character")
        if reading.faults:
            return None
        text = values.get("58")
        return CancelRejected(
            route=self._route,
            order_id=OrderId(order_id),
            orig_order_id=OrderId(orig),
            status=status,
            reason=_reason(values.get("102")),
            text=kept(text) if text else None,
        )

    def _reject(self, reading: Reading, *, poss_dup: bool) -> MessageRejected | None:
        values = reading.values
        number = values.get("45", "")
        order_id: OrderId | None = None
        if number.isdecimal() and number.isascii() and len(number) <= 15:
            order_id = self._sent(int(number))
        if order_id is None and values.get("379"):
            order_id = OrderId(_id(reading, "379"))
        if order_id is None or reading.faults:
            reading.faults.append("which message is refused is said by neither 45 nor 379")
            return None
        text = values.get("58")
        return MessageRejected(
            route=self._route,
            order_id=order_id,
            message_type=kept(values.get("372", "")),
            reason=_reason(values.get("380")),
            text=kept(text) if text else None,
            poss_dup=poss_dup,
        )


def kept(text: str) -> str:
    """Make a broker's text fit for the journal, showing bytes that are not UTF-8 by number."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _known_as(name: BrokerOrderId | None, fields: list[Field]) -> list[Field]:
    return fields if name is None else [(37, name), *fields]


def _leaves(reading: Reading, status: str, filled: int | None, quantity: int | None) -> int | None:
    """Read LeavesQty (151); where it is left out it follows from 39, 38 and 14, or is a fault."""
    if "151" not in reading.values:
        if status in _ENDED:
            return 0
        if status in _WORKED and filled is not None and quantity is not None:
            return quantity - filled
    return reading.decimal("151")


def _id(reading: Reading, tag: str) -> str:
    """Read an identifier that must be there; printable, or it could not be said again."""
    value = reading.name(tag)
    if value is not None and not value.isprintable():
        reading.fault(tag, "holds characters that cannot be printed")
    return value or ""


def _reason(text: str | None) -> int | None:
    if text is None or not (text.isdecimal() and text.isascii()) or len(text) > 9:
        return None
    return int(text)
