"""Whether an order's price lies within the bands a limit-up limit-down plan lets trade.

Asked by the Plan to Address Extraordinary Market Volatility (LULD), under which no trade is made
outside the price bands, and trading pauses when a band holds the market for a while. The bands come
from the feed of the plan's processor and are never worked out here: percentages, tiers and their
doubling near the close have been amended too often for a copy.

    a purchase passes when    price <= band_high
    a sale passes when        price >= band_low

A price at its band passes: the plan lets orders rest and trade there. The price is the limit of a
limit or stop limit order. A market or stop order has none; `market` says what becomes of it:
``pass`` (left out), since venues trade it within the bands, or ``deny``.

While the instrument is halted or paused nothing passes, and neither does anything when the status
is missing, or further than `max_age` from now, or has no band on the order's side (fail closed).
Bands begin with the day's first trade: `unbanded` names phases, such as ``opening_auction``, in
which an order passes without a band, though not outside one that is told.
"""

from collections.abc import Iterator
from typing import Literal

from domain.finding import Finding, OrdRejReason
from domain.fixed import Price, show_fixed
from domain.market import Phase, TradingStatus
from domain.order import Order, OrdType, Side
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import PhaseName, PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place
from rules.status import HALTED, NO_STATUS, STALE_STATUS, disbelief, is_believed

OUTSIDE = Reason(
    "price_is_outside_band",
    OrdRejReason.PRICE_EXCEEDS_BAND,
    "a purchase above the upper band, or a sale below the lower one",
)

NO_BAND = Reason(
    "price_band_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the feed has said no price band on the order's side",
)

NO_PRICE = Reason(
    "order_has_no_price_to_hold_to_band",
    OrdRejReason.PRICE_EXCEEDS_BAND,
    "a market or stop order can meet any price, and the rule lets none pass",
)


class Bands(Parameters):
    """How old the feed's bands may be, and what passes without a price or a band."""

    max_age: PositiveDuration
    market: Literal["pass", "deny"] = "pass"
    unbanded: tuple[PhaseName, ...] = ()


class Luld(Kind[Bands]):
    """The order's price lies within the price bands the feed says."""

    name = "luld"
    parameters = Bands
    reasons = (OUTSIDE, NO_BAND, NO_PRICE, HALTED, NO_STATUS, STALE_STATUS)
    citations = ("LULD Plan",)

    def bind(self, rule: Rule[Bands], place: Place) -> Check:
        """Bind the age to the book's statuses."""
        max_age, unpriced = rule.parameters.max_age, rule.parameters.market == "pass"
        statuses, instrument = place.book.statuses, place.instrument.id
        buy, limit, stop_limit = Side.BUY, OrdType.LIMIT, OrdType.STOP_LIMIT
        halted, unbanded = Phase.HALTED, frozenset(map(Phase, rule.parameters.unbanded))
        where = scope(Level.INSTRUMENT, instrument)

        def passes(case: Case) -> bool:
            status = statuses.get(instrument)
            if status is None or not -max_age <= case.at - status.at <= max_age:
                return False
            order = case.order
            price, is_buy = order.price, order.side is buy
            band = status.band_high if is_buy else status.band_low
            if status.phase is halted or (band is None and status.phase not in unbanded):
                return False
            if price is None or not (order.type is limit or order.type is stop_limit):
                return unpriced
            return band is None or (price <= band if is_buy else price >= band)

        def findings(case: Case) -> Iterator[Finding]:
            status = statuses.get(instrument)
            if not is_believed(status, case.at, max_age):
                reason, text = disbelief(instrument, status)
                yield finding(rule, reason, text, scope=where)
            if status is None:
                return
            if status.phase is halted:
                yield finding(rule, HALTED, f"`{instrument}` is halted", scope=where)
            reach = _reach(case.order)
            if reach is None and not unpriced:
                text = f"a {case.order.type.name.lower()} order has no price to hold to the band"
                yield finding(rule, NO_PRICE, text, scope=where)
            band, side = _band(case.order, status)
            if band is None:
                if status.phase not in unbanded:
                    text = f"the feed has said no {side} price band of `{instrument}`"
                    yield finding(rule, NO_BAND, text, scope=where)
            elif reach is not None and (reach > band if case.order.side.is_buy else reach < band):
                beyond = "above" if case.order.side.is_buy else "below"
                yield finding(
                    rule,
                    OUTSIDE,
                    f"price {show_fixed(reach)} is {beyond} the {side} band, {show_fixed(band)}",
                    scope=where,
                    observed=show_fixed(reach),
                    limit=show_fixed(band),
                    unit=place.instrument.currency,
                )

        return Check(passes, findings, bar=Bar((self.name, unpriced, unbanded), (max_age,)))


def _reach(order: Order) -> Price | None:
    return order.price if order.type.has_price else None


def _band(order: Order, status: TradingStatus) -> tuple[Price | None, str]:
    return (status.band_high, "upper") if order.side.is_buy else (status.band_low, "lower")
