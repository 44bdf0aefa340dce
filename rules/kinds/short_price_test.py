"""Whether a short sale is priced as a short price test in force wants it.

Asked by Regulation SHO rule 201. Once a covered security has fallen 10% from its prior close, no
short sale is displayed or executed at or below the national best bid, for the rest of that day and
the next. While the status of the instrument says that the test is in force,

    a short sale passes when    its limit price > the best bid

and one without a limit is denied, since it would trade at the bid. A sale marked short exempt (rule
201(c), (d)) is not asked. When no test is in force every sale passes.

*Who sees the fall.* The listing market does, on every trade, and says so through its processor; the
gate takes its word from the status feed. It cannot see it for itself: the quotes it is shown are
thinned out on their way, and a fall between two of them, which starts the test, would be missed.

The bid is that of the quote the order is judged by; who feeds the gate sees to it that this is the
national best bid. A bid that is missing, or further than `max_age` from now, denies; so does a
status that is missing or, where `status_max_age` is written, further than that from now.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import show_fixed
from domain.order import Side
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place
from rules.status import NO_STATUS, STALE_STATUS, disbelief, is_believed

NOT_ABOVE = Reason(
    "short_sale_is_not_above_bid",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "a short price test is in force, and the sale is priced at or below the best bid",
)

NO_PRICE = Reason(
    "short_sale_has_no_price",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "a short price test is in force, and the sale has no limit to keep it above the best bid",
)

NO_BID = Reason(
    "best_bid_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "a short price test is in force, and no best bid is known",
)

STALE_BID = Reason(
    "best_bid_is_stale",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "a short price test is in force, and the best bid is older than the rule allows",
)


class Ages(Parameters):
    """How old the best bid may be, and the word on whether a test is in force."""

    max_age: PositiveDuration
    status_max_age: PositiveDuration | None = None


class ShortPriceTest(Kind[Ages]):
    """While a short price test is in force, a short sale is priced above the best bid."""

    name = "short_price_test"
    parameters = Ages
    reasons = (NOT_ABOVE, NO_PRICE, NO_BID, STALE_BID, NO_STATUS, STALE_STATUS)
    citations = ("SHO 201",)

    def bind(self, rule: Rule[Ages], place: Place) -> Check:
        """Bind the ages; what is not sold short is answered at once."""
        max_age, status_age = rule.parameters.max_age, rule.parameters.status_max_age
        statuses, instrument = place.book.statuses, place.instrument.id
        where, unit = scope(Level.INSTRUMENT, instrument), place.instrument.currency
        short = Side.SELL_SHORT

        def passes(case: Case) -> bool:
            order = case.order
            if order.side is not short:
                return True
            status = statuses.get(instrument)
            if status is None or not is_believed(status, case.at, status_age):
                return False
            if not status.short_restricted:
                return True
            quote = case.quote
            if quote is None or quote.bid is None or order.price is None:
                return False
            fresh = -max_age <= case.at - quote.at <= max_age
            return fresh and order.type.has_price and order.price > quote.bid

        def findings(case: Case) -> Iterator[Finding]:
            order = case.order
            if order.side is not short:
                return
            status = statuses.get(instrument)
            if not is_believed(status, case.at, status_age):
                reason, text = disbelief(instrument, status)
                yield finding(rule, reason, text, scope=where)
            if status is None or not status.short_restricted:
                return
            price = order.price if order.type.has_price else None
            if price is None:
                text = f"a {order.type.name.lower()} order does not keep above the best bid"
                yield finding(rule, NO_PRICE, text, scope=where)
            quote = case.quote
            if quote is None or quote.bid is None:
                text = f"no best bid of `{instrument}` is known"
                yield finding(rule, NO_BID, text, scope=where)
                return
            if abs(case.at - quote.at) > max_age:
                text = f"the best bid of `{instrument}` is too old, or from the future"
                yield finding(rule, STALE_BID, text, scope=where)
            if price is not None and price <= quote.bid:
                yield finding(
                    rule,
                    NOT_ABOVE,
                    f"short sale at {show_fixed(price)} is not above the best bid, "
                    f"{show_fixed(quote.bid)}",
                    scope=where,
                    observed=show_fixed(price),
                    limit=show_fixed(quote.bid),
                    unit=unit,
                )

        return Check(passes, findings)
