"""The largest quantity one order may ask for, in units of the instrument.

Asked by RTS 6 article 15(1)(c), maximum order volume, and by the market access rule's limit on
orders that "exceed appropriate size parameters": it stops the finger that typed a zero too many.

    passes when    quantity <= limit

Of a replace the whole new quantity is judged, filled parts included, because that is what the
desk typed. Nothing can be missing, so the question always has an answer.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import show_fixed
from domain.scope import Level, scope
from rules.answer import breach, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import PositiveQuantity
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

EXCEEDED = Reason(
    "order_quantity_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the order asks for more than one order may",
)


class Limits(Parameters):
    """`limit` is the largest quantity that passes."""

    limit: PositiveQuantity


class MaxOrderQuantity(Kind[Limits]):
    """One order asks for no more than `limit` units."""

    name = "max_order_quantity"
    parameters = Limits
    reasons = (EXCEEDED,)
    citations = ("RTS 6 Art 15(1)(c)", "SEC 15c3-5(c)(1)(ii)")

    def bind(self, rule: Rule[Limits], place: Place) -> Check:
        """Bind the limit."""
        limit = rule.parameters.limit
        where = scope(Level.ACCOUNT, place.account.id)

        def passes(case: Case) -> bool:
            return case.quantity <= limit

        def findings(case: Case) -> Iterator[Finding]:
            asked = case.order.quantity
            if asked > limit:
                text = (
                    f"order for {show_fixed(asked)} is over the {show_fixed(limit)} one order may"
                )
                yield breach(
                    rule,
                    EXCEEDED,
                    text,
                    scope=where,
                    observed=asked,
                    limit=limit,
                    used=0,
                    unit="units",
                )

        def rooms(_case: Case) -> Iterator[Room]:
            yield room(rule, where, used=0, limit=limit, unit="units")

        bar = Bar(self.name, (limit,))
        return Check(passes, findings, rooms, bar=bar)
