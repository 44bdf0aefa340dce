"""The largest value one order may have, in the firm's base currency.

Asked by RTS 6 article 15(1)(b), maximum order value, and by the market access rule. The value is

    value = worst price * quantity * multiplier * exchange rate

where each product is rounded up to the nano, and the worst price is the most the order could
reasonably cost or fetch:

==============  =====================================================
limit           the greater of its price and the reference price
stop limit      the greatest of its price, its stop and the reference
market          the reference price, and `slippage` on top
stop            the greater of its stop and the reference, and `slippage` on top
==============  =====================================================

A market order carries no price; judging it at the reference keeps it from passing as worth
nothing. The reference counts for limit orders too: a sale at one cent trades at the market.
Prices below zero count by their size.

    passes when    value <= limit

No reference price, no exchange rate, or a rate older than `rate_age` (when that is given): the
order is denied.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, Price, Ratio, scaled, show_fixed
from domain.market import FxRate
from domain.money import value_of
from domain.order import Order, OrdType
from domain.scope import Level, scope
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import FixedAmount, Fraction, PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.missing import NO_RATE, NO_REFERENCE, STALE_RATE
from rules.place import Place

EXCEEDED = Reason(
    "order_value_exceeds_limit",
    OrdRejReason.EXCEEDED_MAX_NOTIONAL,
    "the order is worth more than one order may be",
)


class Limits(Parameters):
    """`slippage` is the fraction added to the price of orders that name none."""

    limit: FixedAmount
    slippage: Fraction = Ratio(0)
    rate_age: PositiveDuration | None = None


class MaxOrderValue(Kind[Limits]):
    """One order is worth no more than `limit`."""

    name = "max_order_value"
    parameters = Limits
    reasons = (EXCEEDED, NO_REFERENCE, NO_RATE, STALE_RATE)
    citations = ("RTS 6 Art 15(1)(b)", "SEC 15c3-5(c)(1)(ii)")

    def bind(self, rule: Rule[Limits], place: Place) -> Check:
        """Bind the limit; at home, without an exchange rate, one product decides."""
        limit = rule.parameters.limit.amount
        factor = Ratio(NANO + rule.parameters.slippage)
        rate_age = rule.parameters.rate_age
        where = scope(Level.ACCOUNT, place.account.id)
        instrument = place.instrument
        currency, base = instrument.currency, place.reference.base
        at_home = currency == base
        rates = place.book.rates
        limit_type = OrdType.LIMIT
        # ceil(ceil(p * q / N) * m / N) <= limit, solved for p * q: exact, so no rounding is lost.
        ceiling = limit * NANO // instrument.multiplier * NANO

        def stale(rate: FxRate, case: Case) -> bool:
            return rate_age is not None and case.at - rate.at > rate_age

        def value(case: Case) -> int | None:
            if case.reference is None:
                return None
            price = worst_price(case.order, case.reference, factor)
            worth = value_of(price, case.order.quantity, instrument.multiplier)
            if at_home:
                return worth
            rate = rates.get(currency)
            return None if rate is None or stale(rate, case) else scaled(worth, rate.rate)

        def passes(case: Case) -> bool:
            order = case.order
            price, reference = order.price, case.reference
            if (
                at_home
                and order.type is limit_type
                and order.stop_price is None
                and price is not None
                and reference is not None
                and reference > 0 <= price
            ):
                return (max(reference, price)) * case.quantity <= ceiling
            worth = value(case)
            return worth is not None and worth <= limit

        def findings(case: Case) -> Iterator[Finding]:
            if case.reference is None:
                text = f"no quote of `{instrument.id}` has a price to value the order by"
                yield finding(rule, NO_REFERENCE, text, scope=where)
                return
            worth = value(case)
            if worth is not None:
                if worth > limit:
                    text = (
                        f"order worth {show_fixed(worth)} {base} is over the "
                        f"{show_fixed(limit)} {base} one order may be"
                    )
                    yield breach(
                        rule,
                        EXCEEDED,
                        text,
                        scope=where,
                        observed=worth,
                        limit=limit,
                        used=0,
                        unit=base,
                    )
                return
            rate = rates.get(currency)
            if rate is None:
                text = f"no exchange rate of {currency} is known to value the order by"
                yield finding(rule, NO_RATE, text, scope=where)
            else:
                assert rate_age is not None
                text = f"the exchange rate of {currency} is older than the rule allows"
                yield breach(
                    rule,
                    STALE_RATE,
                    text,
                    scope=where,
                    observed=(case.at - rate.at) * 1000,
                    limit=rate_age * 1000,
                    unit="seconds",
                )

        def rooms(_case: Case) -> Iterator[Room]:
            yield room(rule, where, used=0, limit=limit, unit=base)

        bar = Bar((self.name, factor, rate_age), (limit,))
        return Check(passes, findings, rooms, bar=bar)


def worst_price(order: Order, reference: Price, factor: Ratio) -> Price:
    """Give the price an order is valued at; `factor` is one and the slippage, in nanos."""
    worst = abs(reference)
    if order.stop_price is not None:
        worst = max(worst, abs(order.stop_price))
    if order.type.has_price and order.price is not None:
        return Price(max(worst, abs(order.price)))
    return Price(scaled(worst, factor))
