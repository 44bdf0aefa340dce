"""How far an order's price may be from where the market has been lately.

Asked by RTS 6 article 15(1)(a), whose price collars are to hold "on an order-by-order basis and
over a specified period of time": a market that runs away in small steps drags `price_collar` along
with it, and this rule is what stops it. Let *high* and *low* be the highest and the lowest
reference price of the instrument seen in the last `window`, this order's own among them.

    passes when    high - width(high) <= price <= low + width(low)

for the limit price and the stop price alike; an order that names neither is judged by its reference
price. The width is given as in `price_collar` (`rules.width`). An order that passes is thus within
the width of every price of the window.

Seen are the prices the gate is told, with every order and as marks (`rules.memories.prices`):
marks are conflated, so a spike between two of them, in an instrument nobody asks about, may be
missed. The memory begins empty when a policy with a new `window` is put in force. No reference
price, or no sigma where the width wants one, denies.
"""

from collections.abc import Callable, Iterator
from typing import Self

from pydantic import model_validator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, Price, Ratio, show_fixed
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import PositiveDuration
from rules.figures import NO_FIGURE, STALE_FIGURE, disbelief, figure
from rules.kind import Kind, Reason, Rule
from rules.memories.prices import PricesSeen
from rules.memory import Memory, MemoryKey
from rules.missing import NO_REFERENCE
from rules.place import Place
from rules.width import Width

ABOVE = Reason(
    "price_is_above_period_band",
    OrdRejReason.PRICE_EXCEEDS_BAND,
    "the order's price is further above the lowest price of the period than the rule allows",
)

BELOW = Reason(
    "price_is_below_period_band",
    OrdRejReason.PRICE_EXCEEDS_BAND,
    "the order's price is further below the highest price of the period than the rule allows",
)


class Band(Width):
    """One of `percent`, `ticks`, `amount` and `sigmas`; sigmas want `max_figures_age`."""

    window: PositiveDuration
    max_figures_age: PositiveDuration | None = None

    @model_validator(mode="after")
    def _figures_have_an_age(self) -> Self:
        if self.sigmas is not None and self.max_figures_age is None:
            raise ValueError("`sigmas` want `max_figures_age`")
        return self


class PriceMove(Kind[Band]):
    """The order's prices lie within a band around all prices of a period."""

    name = "price_move"
    parameters = Band
    reasons = (ABOVE, BELOW, NO_REFERENCE, NO_FIGURE, STALE_FIGURE)
    citations = ("RTS 6 Art 15(1)(a)",)

    def bind(self, rule: Rule[Band], place: Place) -> Check:
        """Bind the band to the extremes of one instrument."""
        band = rule.parameters
        instrument, window = place.instrument, band.window
        where = scope(Level.INSTRUMENT, instrument.id)
        memory = place.memories[_key(band)]
        assert isinstance(memory, PricesSeen)
        seen, straight = memory.extremes, band.line(instrument)

        def extremes(case: Case, reference: Price) -> tuple[Price, Price]:
            """Give the lowest and the highest price of the period."""
            found, since = seen.get(instrument.id), case.at - window
            low = high = None
            if found is not None:
                low, high = found.low(since), found.high(since)
            return (
                reference if low is None else min(low, reference),
                reference if high is None else max(high, reference),
            )

        def passes(case: Case) -> bool:
            order, reference = case.order, case.reference
            if straight is not None and reference is not None and order.stop_price is None:
                price = reference if order.price is None else order.price
                low, high = extremes(case, reference)
                slope, fixed = straight
                if (
                    low > 0
                    and (price - low) * NANO <= low * slope + fixed
                    and (high - price) * NANO <= high * slope + fixed
                ):
                    return True
            return next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            reference = case.reference
            if reference is None:
                text = f"no quote of `{instrument.id}` has a price to judge the order by"
                yield finding(rule, NO_REFERENCE, text, scope=where)
                return
            sigma = None
            if band.sigmas is not None:
                assert band.max_figures_age is not None
                found = figure(case, "sigma", band.max_figures_age)
                if found is None:
                    reason, text = disbelief(case, "sigma", band.max_figures_age)
                    yield finding(rule, reason, text, scope=where)
                    return
                sigma = Ratio(found)
            low, high = extremes(case, reference)
            top = low + band.half(instrument, low, sigma)
            bottom = high - band.half(instrument, high, sigma)
            period = f"of the last {show_fixed(window * 1000)} s"
            for name, price in _prices(case, reference):
                edges = (
                    (ABOVE, price > top, "above", top, f"lowest price {period}", low),
                    (BELOW, price < bottom, "below", bottom, f"highest price {period}", high),
                )
                for reason, broken, word, edge, extreme, was in edges:
                    if broken:
                        text = (
                            f"{name} price {show_fixed(price)} is {word} {show_fixed(edge)}, "
                            f"{band.told} from the {extreme}, {show_fixed(was)}"
                        )
                        yield finding(
                            rule,
                            reason,
                            text,
                            scope=where,
                            observed=show_fixed(price),
                            limit=show_fixed(edge),
                            unit=instrument.currency,
                        )

        question = (self.name, window, band.measure, band.max_figures_age)
        return Check(passes, findings, bar=Bar(question, (band.height,)))

    def memory(self, rule: Rule[Band]) -> tuple[MemoryKey, Callable[[], Memory]]:
        """Remember the extremes of prices, shared by all rules of one window."""
        window = rule.parameters.window
        return _key(rule.parameters), lambda: PricesSeen(window)


def _prices(case: Case, reference: Price) -> Iterator[tuple[str, Price]]:
    order = case.order
    if order.price is not None:
        yield "limit", order.price
    if order.stop_price is not None:
        yield "stop", order.stop_price
    if order.price is None and order.stop_price is None:
        yield "reference", reference


def _key(band: Band) -> MemoryKey:
    return MemoryKey(f"prices in {band.window}us")
