"""How far from the market an order's price may be.

Asked by RTS 6 article 15(1)(a), price collars, and by the market access rule (erroneous orders).
Around a reference price *r* lies a band; its half width is a `percent`, a number of `ticks`, an
`amount` or a number of `sigmas` (`rules.width` says exactly what each means).

    passes when    r - width <= price <= r + width

for the limit price and the stop price alike, compared exactly, without rounding. `against` says
which price of the quote *r* is: ``reference`` (the last trade, else the mid, else the prior
close), ``last``, ``mid`` or ``close``.

With `aggressive_only` only the side that hurts is judged: a purchase above the band, a sale
below it. A purchase far below the market merely waits. `side` has the rule ask of purchases or of
sales alone, so that two rules give each side a width of its own.

`phases` names phases of trading that have another width, such as a wider one in auctions; the
rule's own holds in every other. Where it names any, the phase must be known, from a status no
older than `max_status_age` when that is given.

An order that names no price is a market order, and `market` says what becomes of it: ``pass``
leaves it to the value limits; ``touch`` judges it by the price it would meet, the ask for a
purchase and the bid for a sale; ``deny`` lets none through.

A price, phase or sigma that is needed and not there denies. How far prices may have come in a
stretch of time is `price_move`.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import model_validator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, Price, Ratio, show_fixed
from domain.market import Phase, Quote
from domain.scope import Level, scope
from rules import figures, status
from rules.answer import finding
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import PhaseName, PositiveDuration
from rules.figures import NO_FIGURE, STALE_FIGURE, figure
from rules.kind import Kind, Reason, Rule
from rules.missing import NO_REFERENCE
from rules.place import Place
from rules.status import NO_STATUS, STALE_STATUS, phase_of
from rules.width import Width

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


class Band(Width):
    """One of `percent`, `ticks`, `amount` and `sigmas`, here and in each of `phases`.

    Sigmas want `max_figures_age`.
    """

    against: Literal["reference", "last", "mid", "close"] = "reference"
    side: Literal["both", "buy", "sell"] = "both"
    aggressive_only: bool = False
    market: Literal["pass", "touch", "deny"] = "pass"
    phases: Mapping[PhaseName, Width] = {}
    max_status_age: PositiveDuration | None = None
    max_figures_age: PositiveDuration | None = None

    @model_validator(mode="after")
    def _figures_have_an_age(self) -> Self:
        widths: tuple[Width, ...] = (self, *self.phases.values())
        if self.max_figures_age is None and any(width.sigmas is not None for width in widths):
            raise ValueError("`sigmas` want `max_figures_age`")
        return self


class PriceCollar(Kind[Band]):
    """The order's prices lie within a band around the market's."""

    name = "price_collar"
    parameters = Band
    reasons = (
        ABOVE,
        BELOW,
        NO_REFERENCE,
        NO_TOUCH,
        NO_PRICE,
        NO_STATUS,
        STALE_STATUS,
        NO_FIGURE,
        STALE_FIGURE,
    )
    citations = ("RTS 6 Art 15(1)(a)", "SEC 15c3-5(c)(1)(ii)")

    def bind(self, rule: Rule[Band], place: Place) -> Check:
        """Bind the band; a limit price between both edges asks nothing more."""
        band = rule.parameters
        instrument = place.instrument
        where = scope(Level.INSTRUMENT, instrument.id)
        own = band.against == "reference"
        phased = band.phases
        statuses = place.book.statuses
        # The half width times N as a line in the middle, so that nothing is divided.
        lines = {phase: phased.get(phase, band).line(instrument) for phase in Phase}
        sigmas = {phase: phased.get(phase, band).sigmas for phase in Phase}
        still = None if phased else band.line(instrument)
        any_phase = Phase.CONTINUOUS
        skips, skipped = band.side != "both", band.side == "sell"

        def reference(case: Case) -> Price | None:
            return case.reference if own else _reference(case.quote, band.against)

        def line(case: Case) -> tuple[int, int] | None:
            now: Phase | None = any_phase
            if phased:
                now = phase_of(statuses.get(instrument.id), case.at, band.max_status_age)
            if now is None:
                return None
            multiple = sigmas[now]
            if multiple is None:
                return lines[now]
            assert band.max_figures_age is not None
            sigma = figure(case, "sigma", band.max_figures_age)
            return None if sigma is None else (multiple * sigma // NANO, 0)

        def passes(case: Case) -> bool:
            order = case.order
            if skips and order.side.is_buy is skipped:
                return True
            price = order.price
            middle = case.reference if own else reference(case)
            if price is not None and middle is not None and middle > 0 and order.stop_price is None:
                straight = still or line(case)
                if straight is not None:
                    wide = middle * straight[0] + straight[1]
                    if -wide <= (price - middle) * NANO <= wide:
                        return True
            return next(findings(case), None) is None

        def prices(case: Case) -> tuple[tuple[str, Price], ...] | Finding:
            """Give the prices to judge, or why there are none where one was wanted."""
            named = tuple(_prices(case))
            if named or band.market == "pass":
                return named
            if band.market == "deny":
                return finding(
                    rule, NO_PRICE, "an order without a price is not let through", scope=where
                )
            touch = _touch(case)
            if touch is not None:
                return (("touch", touch),)
            side = "ask" if case.order.side.is_buy else "bid"
            text = f"no {side} of `{instrument.id}` is known to judge a market order by"
            return finding(rule, NO_TOUCH, text, scope=where)

        def width(case: Case) -> tuple[Width, Ratio | None] | Finding:
            """Give the width that holds now, with its sigma, or why nobody can say."""
            now: Width = band
            if phased:
                found = statuses.get(instrument.id)
                phase = phase_of(found, case.at, band.max_status_age)
                if phase is None:
                    reason, text = status.disbelief(instrument.id, found)
                    return finding(rule, reason, text, scope=where)
                now = phased.get(phase, band)
            if now.sigmas is None:
                return now, None
            assert band.max_figures_age is not None
            sigma = figure(case, "sigma", band.max_figures_age)
            if sigma is None:
                reason, text = figures.disbelief(case, "sigma", band.max_figures_age)
                return finding(rule, reason, text, scope=where)
            return now, Ratio(sigma)

        def findings(case: Case) -> Iterator[Finding]:
            if skips and case.order.side.is_buy is skipped:
                return
            judged = prices(case)
            if isinstance(judged, Finding):
                yield judged
                return
            if not judged:
                return
            middle = reference(case)
            if middle is None:
                text = (
                    f"no {band.against} price of `{instrument.id}` is known to judge the price by"
                )
                yield finding(rule, NO_REFERENCE, text, scope=where)
                return
            found = width(case)
            if isinstance(found, Finding):
                yield found
                return
            now, sigma = found
            wide = now.half(instrument, middle, sigma)
            for name, price in judged:
                buying, either = case.order.side.is_buy, not band.aggressive_only
                above = price > middle + wide and (buying or either)
                below = price < middle - wide and (either or not buying)
                if above or below:
                    edge = middle + wide if above else middle - wide
                    text = (
                        f"{name} price {show_fixed(price)} is {'above' if above else 'below'} "
                        f"{show_fixed(edge)}, {now.told} from the market's {show_fixed(middle)}"
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

        one_way = band.against, band.side, band.aggressive_only, band.market
        ages = band.max_status_age, band.max_figures_age
        question = (self.name, one_way, band.measure, ages, frozenset(phased.items()))
        return Check(passes, findings, bar=Bar(question, (band.height,)))


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
