"""Whether the quote an order is judged by can be believed.

Good practice, and the ground every price and value limit stands on: a limit measured against a
dead price is no limit. The quote

* is there, and yields a reference price;
* is no older than `max_age`, and no further in the future: ``|at - quote.at| <= max_age``;
* has only prices above zero, unless `negative_prices`;
* is not crossed: its bid is not above its ask. A locked one, bid equal to ask, passes.

With `rate_age` the exchange rate that an instrument in another currency is valued by is asked
alike: it is there, and no further from now than that. How old a figure or a trading status may be
stands beside each rule that measures by one.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import show_fixed
from domain.scope import Level, scope
from rules.answer import breach, finding
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.missing import NO_RATE, NO_REFERENCE, STALE_RATE
from rules.place import Place

STALE = Reason(
    "quote_is_stale",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the quote is older than allowed",
)

EARLY = Reason(
    "quote_is_from_the_future",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the quote says it is later than now, by more than allowed",
)

NOT_POSITIVE = Reason(
    "quote_is_not_positive",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the quote has a price of zero or less",
)

CROSSED = Reason(
    "quote_is_crossed",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "the quote's bid is above its ask",
)


class Age(Parameters):
    """`max_age` is the oldest a quote may be, `rate_age` the oldest an exchange rate."""

    max_age: PositiveDuration
    rate_age: PositiveDuration | None = None
    negative_prices: bool = False


class QuoteAge(Kind[Age]):
    """The order is judged by a quote that is recent and sound."""

    name = "quote_age"
    parameters = Age
    reasons = (NO_REFERENCE, STALE, EARLY, NOT_POSITIVE, CROSSED, NO_RATE, STALE_RATE)

    def bind(self, rule: Rule[Age], place: Place) -> Check:
        """Bind the age."""
        max_age, any_sign = rule.parameters.max_age, rule.parameters.negative_prices
        instrument = place.instrument
        where = scope(Level.INSTRUMENT, instrument.id)
        rates, currency = place.book.rates, instrument.currency
        rate_age = None if currency == place.reference.base else rule.parameters.rate_age

        def passes(case: Case) -> bool:
            if rate_age is not None and next(rate_findings(case, rate_age), None) is not None:
                return False
            quote = case.quote
            if quote is None or case.reference is None:
                return False
            if not -max_age <= case.at - quote.at <= max_age:
                return False
            bid, ask, last, close = quote.bid, quote.ask, quote.last, quote.close
            if bid is not None and ask is not None and bid > ask:
                return False
            return any_sign or (
                (bid is None or bid > 0)
                and (ask is None or ask > 0)
                and (last is None or last > 0)
                and (close is None or close > 0)
            )

        def rate_findings(case: Case, most: int) -> Iterator[Finding]:
            rate = rates.get(currency)
            if rate is None:
                text = f"no exchange rate of {currency} is known to value the order by"
                yield finding(rule, NO_RATE, text, scope=where)
            elif abs(case.at - rate.at) > most:
                age = case.at - rate.at
                way = "old" if age > 0 else "in the future"
                yield breach(
                    rule,
                    STALE_RATE,
                    f"the exchange rate of {currency} is {show_fixed(abs(age) * 1000)} s {way}, "
                    f"over {show_fixed(most * 1000)} s",
                    scope=where,
                    observed=abs(age) * 1000,
                    limit=most * 1000,
                    unit="seconds",
                )

        def findings(case: Case) -> Iterator[Finding]:
            if rate_age is not None:
                yield from rate_findings(case, rate_age)
            quote = case.quote
            if quote is None or case.reference is None:
                text = f"no quote of `{instrument.id}` has a price to judge the order by"
                yield finding(rule, NO_REFERENCE, text, scope=where)
            if quote is None:
                return
            age = case.at - quote.at
            if abs(age) > max_age:
                seen, most = show_fixed(abs(age) * 1000), show_fixed(max_age * 1000)
                way = "old" if age > 0 else "in the future"
                yield breach(
                    rule,
                    STALE if age > 0 else EARLY,
                    f"the quote of `{instrument.id}` is {seen} s {way}, over {most} s",
                    scope=where,
                    observed=abs(age) * 1000,
                    limit=max_age * 1000,
                    unit="seconds",
                )
            if quote.bid is not None and quote.ask is not None and quote.bid > quote.ask:
                bid, ask = show_fixed(quote.bid), show_fixed(quote.ask)
                yield finding(
                    rule,
                    CROSSED,
                    f"the quote's bid {bid} is above its ask {ask}",
                    scope=where,
                    observed=bid,
                    limit=ask,
                    unit=instrument.currency,
                )
            if any_sign:
                return
            named = {"bid": quote.bid, "ask": quote.ask, "last": quote.last, "close": quote.close}
            for name, price in named.items():
                if price is not None and price <= 0:
                    yield finding(
                        rule,
                        NOT_POSITIVE,
                        f"the quote's {name} {show_fixed(price)} is not above zero",
                        scope=where,
                        observed=show_fixed(price),
                        unit=instrument.currency,
                    )

        bar = Bar((self.name, any_sign, rate_age), (max_age,))
        return Check(passes, findings, bar=bar)
