"""What leaves the house: messages to brokers and answers to desks; and what the gate bids itself.

`decide` makes them, the journal records them, and only then does an adapter send them. Each is
complete in itself, so that sending needs no look into a state that may have moved on. The
journal need not repeat what the same record's event or an earlier record already says; such
fields are marked `IMPLIED`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from domain.events import ExecutionReported, FlattenDue, GraceElapsed, KillOverdue, OrderAsked
from domain.fixed import Price, Quantity
from domain.frozen import quick_to_make
from domain.ids import BrokerOrderId, ClOrdId, ExecId, Micros, OrderId, RouteId, SessionId
from domain.lifecycle import ExecType
from domain.order import Order

IMPLIED: Mapping[str, bool] = MappingProxyType({"implied": True})
"""Metadata of fields the journal leaves out of a message: they follow from what it holds."""


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class SendOrder:
    """A new order to a broker (FIX D). `again` says PossResend: the broker may have it."""

    route: RouteId
    order_id: OrderId
    order: Order = field(metadata=IMPLIED)
    at: Micros = field(metadata=IMPLIED)
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCancel:
    """A cancel to a broker (FIX F) of the order it knows as `target`."""

    route: RouteId
    order_id: OrderId
    target: OrderId
    broker_order_id: BrokerOrderId | None
    order: Order = field(metadata=IMPLIED)
    at: Micros = field(metadata=IMPLIED)
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReplace:
    """A cancel/replace to a broker (FIX G); `order` holds the new terms."""

    route: RouteId
    order_id: OrderId
    target: OrderId
    broker_order_id: BrokerOrderId | None
    order: Order = field(metadata=IMPLIED)
    at: Micros = field(metadata=IMPLIED)
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SendStatusRequest:
    """A question to a broker about an order in doubt (FIX H)."""

    route: RouteId
    order_id: OrderId
    broker_order_id: BrokerOrderId | None
    order: Order = field(metadata=IMPLIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDontKnow:
    """A broker reported a trade on an order we never sent (FIX Q, DKReason D)."""

    route: RouteId
    execution: ExecutionReported = field(metadata=IMPLIED)


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How an order stands, told to its desk in the desk's own ids (FIX 8).

    `status` is tag 39 as the desk must see it: a pending cancel or replace shows as 6 or E, a
    denial as 8. `repeat` marks the first answer given again to a repeated ClOrdID (97=Y).
    """

    session: SessionId
    order_id: OrderId  # 37
    exec_id: ExecId  # 17
    type: ExecType  # 150
    status: str  # 39
    cl_ord_id: ClOrdId  # 11
    orig_cl_ord_id: ClOrdId | None = None  # 41
    order: Order = field(metadata=IMPLIED)
    filled: Quantity  # 14
    leaves: Quantity  # 151
    average: Price | None = None  # 6
    last_quantity: Quantity | None = None  # 32
    last_price: Price | None = None  # 31
    exec_ref_id: ExecId | None = None  # 19
    reason: int | None = None  # 103
    text: str | None = None  # 58
    at: Micros = field(metadata=IMPLIED)  # 60
    request_id: str | None = None  # 790
    repeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRefused:
    """A desk's cancel or replace is refused, by us or by the broker (FIX 9).

    `response_to` is tag 434: ``1`` a cancel, ``2`` a replace; `reason` is tag 102.
    """

    session: SessionId
    order_id: OrderId | None
    cl_ord_id: ClOrdId
    orig_cl_ord_id: ClOrdId
    status: str
    response_to: str
    reason: int
    text: str
    at: Micros = field(metadata=IMPLIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MassCancelAnswered:
    """The answer to a mass cancel (FIX r): how many cancels went out, or why none did (532)."""

    session: SessionId
    cl_ord_id: ClOrdId
    order_id: OrderId
    request_type: str  # 530
    affected: int  # 533
    reason: int | None = None  # 532
    at: Micros = field(metadata=IMPLIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRefusal:
    """The answer to a message that could not be read (FIX 8, 9 or j, as its type wants).

    `order_id` and `status` are those of the order that a cancel or a replace was about, where
    there is one; it goes on as it was. `symbol` and `side` are said as the desk said them.
    """

    session: SessionId
    ref_seq: int
    message_type: str
    cl_ord_id: ClOrdId | None
    orig_cl_ord_id: ClOrdId | None
    order_id: OrderId | None = None  # 37
    status: str | None = None  # 39
    symbol: str | None = None  # 55
    side: str | None = None  # 54
    request_id: str | None = None  # 790
    exec_id: ExecId
    text: str
    at: Micros = field(metadata=IMPLIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTimer:
    """Say `GraceElapsed` for this session when the time comes, unless it is back by then."""

    session: SessionId
    since: int
    due: Micros

    @property
    def body(self) -> GraceElapsed:
        """What is to be said then."""
        return GraceElapsed(session=self.session, since=self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetKillTimer:
    """Say `KillOverdue` of the kill that `record` ordered when the time comes."""

    record: int
    due: Micros

    @property
    def body(self) -> KillOverdue:
        """What is to be said then."""
        return KillOverdue(record=self.record)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetFlattenTimer:
    """Say `FlattenDue` of the flattening that `record` ordered when the time comes."""

    record: int
    due: Micros

    @property
    def body(self) -> FlattenDue:
        """What is to be said then."""
        return FlattenDue(record=self.record)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOrder:
    """Have the gate ask itself for an order, as a desk would: it is judged like any other."""

    order: Order

    @property
    def body(self) -> OrderAsked:
        """What is to be asked."""
        return OrderAsked(order=self.order)


ToBroker = SendOrder | SendCancel | SendReplace | SendStatusRequest | SendDontKnow
ToDesk = Report | CancelRefused | MassCancelAnswered | MessageRefusal
ToItself = SetTimer | SetKillTimer | SetFlattenTimer | AskOrder
Message = ToBroker | ToDesk | ToItself
