"""Whether the venue could take the order at all: tick, lot, type, time in force, expiry.

Asked by the market access rule's pre-order-entry requirements (c)(2)(i). A venue rejects what
breaks its own rules; refusing it here saves a message and says every fault at once:

* the quantity is above zero, a whole number of the instrument's lots, and at least `minimum`;
* limit and stop price are there when the type names them, whole multiples of the tick that
  holds at their level, and above zero unless `negative_prices`;
* the type is one of `types` and the time in force one of `times_in_force`, where those are
  given;
* an order good till a date names an instant that is still to come: ``expire_at > at``.
"""

from collections.abc import Iterator
from typing import Literal

from domain.finding import Finding, OrdRejReason
from domain.fixed import Price, show_fixed
from domain.ids import Micros
from domain.instrument import Instrument
from domain.order import Order, OrdType, TimeInForce
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import PositiveQuantity
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

NO_QUANTITY = Reason(
    "quantity_is_not_positive",
    OrdRejReason.INCORRECT_QUANTITY,
    "the order asks for nothing",
)

OFF_LOT = Reason(
    "quantity_is_off_lot",
    OrdRejReason.INCORRECT_QUANTITY,
    "the quantity is not a whole number of the instrument's lots",
)

SMALL = Reason(
    "quantity_is_below_minimum",
    OrdRejReason.INCORRECT_QUANTITY,
    "the quantity is smaller than the smallest the rule allows",
)

NO_PRICE = Reason(
    "price_is_missing",
    OrdRejReason.UNSUPPORTED,
    "the order's type names a price that is not there",
)

OFF_TICK = Reason(
    "price_is_off_tick",
    OrdRejReason.INVALID_PRICE_INCREMENT,
    "a price is not a whole multiple of the tick that holds at its level",
)

NOT_POSITIVE = Reason(
    "price_is_not_positive",
    OrdRejReason.INVALID_PRICE_INCREMENT,
    "a price is zero or less, and the rule does not allow that",
)

TYPE = Reason(
    "order_type_is_not_allowed",
    OrdRejReason.UNSUPPORTED,
    "orders of this type are not taken here",
)

TIF = Reason(
    "time_in_force_is_not_allowed",
    OrdRejReason.UNSUPPORTED,
    "orders of this time in force are not taken here",
)

NO_EXPIRY = Reason(
    "expiry_is_missing",
    OrdRejReason.UNSUPPORTED,
    "an order good till a date does not say till when",
)

EXPIRED = Reason(
    "expiry_has_passed",
    OrdRejReason.TOO_LATE,
    "the date an order is good till is not in the future",
)


class Demands(Parameters):
    """`types` and `times_in_force` empty mean all."""

    minimum: PositiveQuantity | None = None
    types: tuple[Literal["market", "limit", "stop", "stop_limit"], ...] = ()
    times_in_force: tuple[Literal["day", "gtc", "ioc", "fok", "gtd"], ...] = ()
    negative_prices: bool = False


class InstrumentValidity(Kind[Demands]):
    """The order fits the instrument as its venue trades it."""

    name = "instrument_validity"
    parameters = Demands
    reasons = (
        NO_QUANTITY,
        OFF_LOT,
        SMALL,
        NO_PRICE,
        OFF_TICK,
        NOT_POSITIVE,
        TYPE,
        TIF,
        NO_EXPIRY,
        EXPIRED,
    )
    citations = ("SEC 15c3-5(c)(2)(i)",)

    def bind(self, rule: Rule[Demands], place: Place) -> Check:
        """Bind the venue's steps: for a plain limit order and one tick, two divisions."""
        demands = rule.parameters
        instrument = place.instrument
        where = scope(Level.INSTRUMENT, instrument.id)
        lot = instrument.lot
        least = max(demands.minimum or 0, 1)
        only_tick = instrument.ticks[0].tick if len(instrument.ticks) == 1 else None
        times = frozenset(TimeInForce[word.upper()] for word in demands.times_in_force)
        dateless = (times or frozenset(TimeInForce)) - {TimeInForce.GTD}
        limit_type = OrdType.LIMIT if "limit" in demands.types or not demands.types else None

        def passes(case: Case) -> bool:
            order = case.order
            price = order.price
            if (
                order.type is limit_type
                and price is not None
                and price > 0
                and not price % (only_tick or instrument.tick_at(price))
                and case.quantity >= least
                and not case.quantity % lot
                and order.tif in dateless
                and order.stop_price is None
            ):
                return True
            return next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            for reason, text, observed, limit in _faults(case.order, case.at, instrument, demands):
                yield finding(rule, reason, text, scope=where, observed=observed, limit=limit)

        return Check(passes, findings)


Fault = tuple[Reason, str, str | None, str | None]
"""A reason, what to say, what was seen and what was wanted."""


def _faults(order: Order, at: Micros, instrument: Instrument, demands: Demands) -> Iterator[Fault]:
    quantity, lot, minimum = order.quantity, instrument.lot, demands.minimum
    seen = show_fixed(quantity)
    if quantity <= 0:
        yield NO_QUANTITY, f"quantity {seen} is not above zero", seen, None
    elif quantity % lot:
        wanted = show_fixed(lot)
        yield OFF_LOT, f"quantity {seen} is not a multiple of the lot, {wanted}", seen, wanted
    if minimum is not None and 0 < quantity < minimum:
        wanted = show_fixed(minimum)
        yield SMALL, f"quantity {seen} is below the minimum, {wanted}", seen, wanted

    yield from _price_faults("limit", order.price, instrument, demands, wanted=order.type.has_price)
    yield from _price_faults(
        "stop", order.stop_price, instrument, demands, wanted=order.type.has_stop
    )

    kind, tif = order.type.name.lower(), order.tif.name.lower()
    if demands.types and kind not in demands.types:
        yield TYPE, f"{kind} orders are not taken here", kind, ", ".join(demands.types)
    if demands.times_in_force and tif not in demands.times_in_force:
        yield TIF, f"{tif} orders are not taken here", tif, ", ".join(demands.times_in_force)

    if order.tif is TimeInForce.GTD:
        if order.expire_at is None:
            yield NO_EXPIRY, "the order is good till a date and names none", None, None
        elif order.expire_at <= at:
            yield EXPIRED, "the date the order is good till has passed", None, None


def _price_faults(
    name: str, price: Price | None, instrument: Instrument, demands: Demands, *, wanted: bool
) -> Iterator[Fault]:
    if price is None:
        if wanted:
            yield NO_PRICE, f"the order's type wants a {name} price", None, None
        return
    seen = show_fixed(price)
    tick = instrument.tick_at(price)
    if price % tick:
        step = show_fixed(tick)
        yield OFF_TICK, f"{name} price {seen} is not a multiple of the tick, {step}", seen, step
    if price <= 0 and not demands.negative_prices:
        yield NOT_POSITIVE, f"{name} price {seen} is not above zero", seen, None
