"""How far from the market an order's price may be.

Asked by RTS 6 article 15(1)(a), price collars, and by the market access rule (erroneous orders).
Around a reference price *r* lies a band, its half width given in one of three ways:

==============  =====================================================
``percent``     a fraction of *r*
``ticks``       a number of the instrument's ticks, as large as they are at *r*
``amount``      an amount of the instrument's currency
==============  =====================================================

    passes when    r - width <= price <= r + width

for the limit price and the stop price alike, compared exactly, without rounding. `against` says
which price of the quote *r* is: ``reference`` (the last trade, else the mid, else the prior
close), ``last``, ``mid`` or ``close``.

With `aggressive_only` only the side that hurts is judged: a purchase above the band, a sale
below it. A purchase far below the market merely waits.

An order that names no price is a market order, and `market` says what becomes of it: ``pass``
leaves it to the value limits; ``touch`` judges it by the price it would meet, the ask for a
purchase and the bid for a sale; ``deny`` lets none through.

A price that is needed and not there denies.
"""

from collections.abc import Callable, Iterator
from typing import Literal, Self

from pydantic import model_validator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, Price, show_fixed
from domain.instrument import Instrument
from domain.market import Quote
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import PositiveCount, PositiveFraction, PositivePrice
from rules.kind import Kind, Parameters, Reason, Rule
from rules.missing import NO_REFERENCE
from rules.place import Place

ABOVE = Reason(
    "price_is_above_collar",
    OrdRejReason.PRICE_EXCEEDS_BAND,
    "the order's price is further above the market than the rule allows",
)

BELOW = Reason(
    "price_is_below_collar",
    OrdRejReason.PRICE_EXCEEDS_BAND,
    "the order's price is further below the market than the rule allows",
)

NO_TOUCH = Reason(
    "touch_price_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the quote has no price on the side a market order would trade at",
)

NO_PRICE = Reason(
    "order_names_no_price",
    OrdRejReason.UNSUPPORTED,
    "the rule lets through no order that names no price",
)


class Band(Parameters):
    """Exactly one of `percent`, `ticks` and `amount` gives the width."""

    percent: PositiveFraction | None = None
    ticks: PositiveCount | None = None
    amount: PositivePrice | None = None
    against: Literal["reference", "last", "mid", "close"] = "reference"
    aggressive_only: bool = False
    market: Literal["pass", "touch", "deny"] = "pass"

    @model_validator(mode="after")
    def _one_width(self) -> Self:
        given = [self.percent, self.ticks, self.amount]
        if sum(width is not None for width in given) != 1:
            raise ValueError("wanted exactly one of `percent`, `ticks` and `amount`")
        return self


class PriceCollar(Kind[Band]):
    """The order's prices lie within a band around the market's."""

    name = "price_collar"
    parameters = Band
    reasons = (ABOVE, BELOW, NO_REFERENCE, NO_TOUCH, NO_PRICE)
    citations = ("RTS 6 Art 15(1)(a)", "SEC 15c3-5(c)(1)(ii)")

    def bind(self, rule: Rule[Band], place: Place) -> Check:
        """Bind the band; a limit price between both edges asks nothing more."""
        band = rule.parameters
        instrument = place.instrument
        where = scope(Level.INSTRUMENT, instrument.id)
        own = band.against == "reference"
        width = _width(band, instrument)
        # The half width times N as a line in the middle, so that nothing is divided.
        by_table = band.ticks is not None and len(instrument.ticks) > 1
        slope, fixed = (band.percent, 0) if band.percent else (0, width(Price(0)) * NANO)

        def reference(case: Case) -> Price | None:
            return case.reference if own else _reference(case.quote, band.against)

        def passes(case: Case) -> bool:
            order = case.order
            price = order.price
            middle = case.reference if own else reference(case)
            if (
                price is not None
                and middle is not None
                and middle > 0
                and order.stop_price is None
                and not by_table
            ):
                wide = middle * slope + fixed
                if -wide <= (price - middle) * NANO <= wide:
                    return True
            return next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            prices = tuple(_prices(case))
            if not prices:
                if band.market == "pass":
                    return
                if band.market == "deny":
                    yield finding(
                        rule, NO_PRICE, "an order without a price is not let through", scope=where
                    )
                    return
                touch = _touch(case)
                if touch is None:
                    side = "ask" if case.order.side.is_buy else "bid"
                    text = f"no {side} of `{instrument.id}` is known to judge a market order by"
                    yield finding(rule, NO_TOUCH, text, scope=where)
                    return
                prices = (("touch", touch),)
            middle = reference(case)
            if middle is None:
                text = (
                    f"no {band.against} price of `{instrument.id}` is known to judge the price by"
                )
                yield finding(rule, NO_REFERENCE, text, scope=where)
                return
            wide = width(middle)
            for name, price in prices:
                buying, either = case.order.side.is_buy, not band.aggressive_only
                above = price > middle + wide and (buying or either)
                below = price < middle - wide and (either or not buying)
                if above or below:
                    edge = middle + wide if above else middle - wide
                    text = (
                        f"{name} price {show_fixed(price)} is {'above' if above else 'below'} "
                        f"{show_fixed(edge)}, {_told(band)} from the market's {show_fixed(middle)}"
                    )
                    yield finding(
                        rule,
                        ABOVE if above else BELOW,
                        text,
                        scope=where,
                        observed=show_fixed(price),
                        limit=show_fixed(edge),
                        unit=instrument.currency,
                    )

        one_way = band.against, band.aggressive_only, band.market
        measure = band.percent is None, band.ticks is None
        bar = Bar((self.name, one_way, measure), (band.percent or band.ticks or band.amount or 0,))
        return Check(passes, findings, bar=bar)


def _prices(case: Case) -> Iterator[tuple[str, Price]]:
    if case.order.price is not None:
        yield "limit", case.order.price
    if case.order.stop_price is not None:
        yield "stop", case.order.stop_price


def _touch(case: Case) -> Price | None:
    if case.quote is None:
        return None
    return case.quote.ask if case.order.side.is_buy else case.quote.bid


def _reference(quote: Quote | None, against: str) -> Price | None:
    if quote is None:
        return None
    if against == "last":
        return quote.last
    if against == "close":
        return quote.close
    if quote.bid is None or quote.ask is None:
        return None
    return Price((quote.bid + quote.ask) // 2)


def _width(band: Band, instrument: Instrument) -> Callable[[Price], int]:
    """Make the half width as a function of the reference, in whole nanos and never too wide."""
    if band.percent is not None:
        percent = band.percent
        return lambda middle: abs(middle) * percent // NANO
    if band.ticks is not None:
        ticks = band.ticks
        if len(instrument.ticks) == 1:
            fixed = ticks * instrument.ticks[0].tick
            return lambda _: fixed
        return lambda middle: ticks * instrument.tick_at(middle)
    assert band.amount is not None
    amount = band.amount
    return lambda _: amount


def _told(band: Band) -> str:
    if band.percent is not None:
        return f"{show_fixed(band.percent * 100)}%"
    if band.ticks is not None:
        return f"{band.ticks} ticks"
    assert band.amount is not None
    return show_fixed(band.amount)
