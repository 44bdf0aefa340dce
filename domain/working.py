"""What has become of an order: the Book's moving record beside the desk's fixed terms."""

from dataclasses import dataclass, field

from domain.finding import Decision
from domain.fixed import Price, Quantity
from domain.ids import BrokerOrderId, ClOrdId, ExecId, Micros, OrderId, RouteId
from domain.lifecycle import ENDED, Status
from domain.order import Order


@dataclass(slots=True, kw_only=True)
class Request:
    """A cancel or a replace on its way to the broker.

    `order` holds the new terms of a replace and is None for a cancel. `cl_ord_id` is the desk's
    id for the request; None when the house itself asked (kill switch, lost session). `again`
    says that it was sent more than once.
    """

    order_id: OrderId
    cl_ord_id: ClOrdId | None
    order: Order | None
    at: Micros
    in_doubt: bool = False
    again: bool = False

    @property
    def is_replace(self) -> bool:
        """Whether this asks for new terms rather than an end."""
        return self.order is not None


@dataclass(slots=True)
class Fill:
    """One trade as it stands now; a correction changes it, a bust makes its quantity zero.

    `told` is the id the desk knows it by.
    """

    quantity: Quantity
    price: Price
    told: ExecId


@dataclass(slots=True, kw_only=True)
class Working:
    """One order's state. It stays in the Book after its end: brokers do fill after cancel.

    `order_id` names it for ever; `live_id` is what the broker calls it now, after replaces.
    `held` is the quantity the Book counts against limits for it, and `located` what it counts as
    used of the locate the order names. `worth` sums quantity × price
    of the fills, in nanos squared, so that the average price loses nothing on the way. Until
    `resend_until` an order the broker never saw may be sent again; `again` says that it was.
    """

    order: Order
    order_id: OrderId
    live_id: OrderId
    route: RouteId | None
    seq: int
    at: Micros
    resend_until: Micros
    decision: Decision
    status: Status
    broker_order_id: BrokerOrderId | None = None
    filled: Quantity = Quantity(0)
    leaves: Quantity
    held: Quantity = Quantity(0)
    located: Quantity = Quantity(0)
    worth: int = 0
    in_doubt: bool = False
    again: bool = False
    requests: dict[OrderId, Request] = field(default_factory=dict)
    fills: dict[ExecId, Fill] = field(default_factory=dict)
    seen: set[ExecId] = field(default_factory=set)

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected of it."""
        return self.status in ENDED

    @property
    def cancelling(self) -> bool:
        """Whether a cancel is under way."""
        return any(not request.is_replace for request in self.requests.values())

    @property
    def average(self) -> Price | None:
        """The mean price of the fills, to the nearest nano; None while there are none."""
        if not self.filled:
            return None
        return Price((2 * self.worth + self.filled) // (2 * self.filled))

    @property
    def reported(self) -> str:
        """FIX 39 as a desk sees it: requests under way show as 6 and E, a denial as 8."""
        if self.status is Status.DENIED:
            return Status.REJECTED.value
        if self.ended:
            return self.status.value
        if self.cancelling:
            return "6"
        return "E" if self.requests else self.status.value

    @property
    def wanted(self) -> Quantity:
        """The quantity that must be held: the most that could still trade.

        While a replace is under way either version may be live, so the larger counts. What the
        broker says is left is believed only upwards: some say zero while an order is pending or
        done for the day, and it may work again.
        """
        if self.ended:
            return Quantity(0)
        most = max(self.leaves, Quantity(self.order.quantity - self.filled))
        for request in self.requests.values():
            if request.order is not None:
                most = max(most, Quantity(request.order.quantity - self.filled))
        return most
