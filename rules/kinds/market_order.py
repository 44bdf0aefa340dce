"""When an order may go out that trades at whatever price it meets.

An order without a limit price carries nothing a price collar could hold: a market order, and a
stop order, which becomes one when it is triggered. RTS 6 article 15(1)(a) and the market access
rule want erroneous prices stopped all the same. Such an order

* passes not at all where `allowed` is false;
* passes only in one of `phases`, where any are named, by a status no older than `max_status_age`
  when that is given;
* passes only while the quote's spread is no wider than a share of its mid:

      ask - bid <= max_spread * (ask + bid) / 2

  compared as a product, without rounding. A side that is missing, or not above zero, or a bid above
  the ask, denies. How old the quote may be is `quote_age`'s to ask;
* asks for no more than a share of the average daily volume:

      quantity <= max_adv * ADV

  by a figure no older than `max_figures_age`.

Of a stop order the market of now is judged, since nobody knows that of its trigger. What such an
order is valued at is said in `max_order_value`, and which price the collar holds it to in
`price_collar`. Orders that name a limit price are not asked.
"""

from collections.abc import Iterator
from typing import Self

from pydantic import model_validator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, divided, show_fixed
from domain.order import OrdType
from domain.scope import Level, scope
from rules import figures, status
from rules.answer import breach, finding
from rules.case import Case
from rules.check import Check
from rules.fields import PhaseName, PositiveDuration, PositiveFraction
from rules.figures import NO_FIGURE, STALE_FIGURE, figure
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place
from rules.status import NO_STATUS, STALE_STATUS, phase_of

NOT_ALLOWED = Reason(
    "market_order_is_not_allowed",
    OrdRejReason.UNSUPPORTED,
    "the rule lets through no order without a limit price",
)

OUT_OF_PHASE = Reason(
    "market_order_is_out_of_phase",
    OrdRejReason.UNSUPPORTED,
    "in this phase of trading the rule lets through no order without a limit price",
)

NO_SPREAD = Reason(
    "spread_is_unknown",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the quote has no two sides, or they are crossed or not above zero",
)

WIDE = Reason(
    "spread_exceeds_limit",
    OrdRejReason.PRICE_EXCEEDS_BAND,
    "the spread is too wide for an order without a limit price",
)

LARGE = Reason(
    "market_order_exceeds_share_of_volume",
    OrdRejReason.EXCEEDED_CLIP_SIZE_LIMIT,
    "the order without a limit price asks for too large a share of the daily volume",
)


class Terms(Parameters):
    """Everything an order without a limit price must meet; `max_adv` wants `max_figures_age`."""

    allowed: bool = True
    phases: tuple[PhaseName, ...] = ()
    max_status_age: PositiveDuration | None = None
    max_spread: PositiveFraction | None = None
    max_adv: PositiveFraction | None = None
    max_figures_age: PositiveDuration | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.allowed and not self.phases and self.max_spread is None and self.max_adv is None:
            raise ValueError(
                "wanted `allowed: false`, or at least one of `phases`, `max_spread` and `max_adv`"
            )
        if self.max_adv is not None and self.max_figures_age is None:
            raise ValueError("`max_adv` wants `max_figures_age`")
        return self


class MarketOrder(Kind[Terms]):
    """An order without a limit price goes out only when and as large as the rule allows."""

    name = "market_order"
    parameters = Terms
    reasons = (
        NOT_ALLOWED,
        OUT_OF_PHASE,
        NO_SPREAD,
        WIDE,
        LARGE,
        NO_STATUS,
        STALE_STATUS,
        NO_FIGURE,
        STALE_FIGURE,
    )
    citations = ("RTS 6 Art 15(1)(a)", "SEC 15c3-5(c)(1)(ii)")

    def bind(self, rule: Rule[Terms], place: Place) -> Check:
        """Bind the terms; an order with a limit price is answered at once."""
        terms, instrument = rule.parameters, place.instrument.id
        where = scope(Level.INSTRUMENT, instrument)
        phases = frozenset(terms.phases)
        limit, stop_limit = OrdType.LIMIT, OrdType.STOP_LIMIT

        def passes(case: Case) -> bool:
            kind = case.order.type
            return kind is limit or kind is stop_limit or next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            if case.order.type.has_price:
                return
            if not terms.allowed:
                text = "an order without a limit price is not let through"
                yield finding(rule, NOT_ALLOWED, text, scope=where)
                return
            if phases:
                yield from phase_findings(case)
            if terms.max_spread is not None:
                yield from spread_findings(case, terms.max_spread)
            if terms.max_adv is not None:
                assert terms.max_figures_age is not None
                yield from size_findings(case, terms.max_adv, terms.max_figures_age)

        def phase_findings(case: Case) -> Iterator[Finding]:
            found = place.book.statuses.get(instrument)
            phase = phase_of(found, case.at, terms.max_status_age)
            if phase is None:
                reason, text = status.disbelief(instrument, found)
                yield finding(rule, reason, text, scope=where)
            elif phase not in phases:
                text = f"in the phase {phase} an order without a limit price is not let through"
                limit = ", ".join(terms.phases)
                yield finding(rule, OUT_OF_PHASE, text, scope=where, observed=phase, limit=limit)

        def spread_findings(case: Case, limit: int) -> Iterator[Finding]:
            quote = case.quote
            bid = ask = None
            if quote is not None:
                bid, ask = quote.bid, quote.ask
            if bid is None or ask is None or not 0 < bid <= ask:
                text = f"the quote of `{instrument}` has no spread to judge a market order by"
                yield finding(rule, NO_SPREAD, text, scope=where)
            elif 2 * (ask - bid) * NANO > limit * (ask + bid):
                spread = divided(2 * (ask - bid), ask + bid)
                text = (
                    f"the spread of `{instrument}`, {show_fixed(bid)} to {show_fixed(ask)}, is "
                    f"over {show_fixed(limit * 100)}% of its mid"
                )
                yield breach(
                    rule, WIDE, text, scope=where, observed=spread, limit=limit, unit="fraction"
                )

        def size_findings(case: Case, limit: int, max_age: int) -> Iterator[Finding]:
            adv = figure(case, "adv", max_age)
            if adv is None:
                reason, text = figures.disbelief(case, "adv", max_age)
                yield finding(rule, reason, text, scope=where)
            elif case.quantity * NANO > limit * adv:
                text = (
                    f"market order for {show_fixed(case.quantity)} is over "
                    f"{show_fixed(limit * 100)}% of the average daily volume, {show_fixed(adv)}"
                )
                yield breach(
                    rule,
                    LARGE,
                    text,
                    scope=where,
                    observed=case.quantity,
                    limit=limit * adv // NANO,
                    used=0,
                    unit="units",
                )

        return Check(passes, findings)
