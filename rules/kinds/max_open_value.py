"""How much the orders that work at a node may be worth together.

A good practice of the field, and asked for in Canada (CIRO Policy 7.1), beside the cap on their
number (`max_open_orders`): what is working can all trade in the same second. Every working order
counts with what may still fill, at the node and everything below it, from the moment it is decided
until it ends; a purchase is not set off against a sale. The value is

    open = sum over instruments of  (working buys + working sells) * value of one unit

with one unit valued as exposures are (`domain.exposure`): at the mark, an option by its delta, this
order's instrument at the price this order is judged by, and not at the limit prices, which
`max_order_value` and `price_collar` see to. Since the value of a line ends at ``up`` if all its
orders that way fill and at ``down`` if all the others do, ``up - down`` is what it has open, and
nothing has to be summed up for an order. It is rounded as those are, to within two nanos for each
instrument.

    passes when    open, this order counted, <= limit

A replace counts with what it adds; one that adds nothing is never refused. No reference price or
rate denies, and so does another working order at the node without one.
"""

from collections.abc import Iterator
from typing import Final

from domain.exposure import Line
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, show_fixed
from domain.ids import InstrumentId
from domain.scope import Level
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import FixedAmount, NodeLevel
from rules.kind import Kind, Parameters, Reason, Rule
from rules.missing import (
    NO_DELTA,
    NO_RATE,
    NO_REFERENCE,
    NO_UNDERLYING,
    UNPRICED,
    unpriced,
    unstaked,
)
from rules.place import Place

EXCEEDED = Reason(
    "open_value_exceeds_limit",
    OrdRejReason.NOTIONAL_EXCEEDS_THRESHOLD,
    "the node's working orders can become worth more together than allowed",
)

NOTHING: Final = Line()


class Limits(Parameters):
    """`limit` is what the node's working orders may be worth together."""

    limit: FixedAmount
    per: NodeLevel = "account"


class MaxOpenValue(Kind[Limits]):
    """Working orders are worth no more than `limit` together."""

    name = "max_open_value"
    parameters = Limits
    reasons = (EXCEEDED, NO_REFERENCE, NO_RATE, NO_DELTA, NO_UNDERLYING, UNPRICED)
    citations = ("CIRO Policy 7.1",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the limit to a node: its sums say what all the other instruments have open."""
        found = place.node(Level(rule.parameters.per))
        if found is None:
            return None
        where, node = found
        lines, instrument, base = node.lines, place.instrument.id, place.reference.base
        limit = rule.parameters.limit.amount

        def value(unit: int, more: int) -> int:
            """Give the open value when so much more is working."""
            line = lines.get(instrument, NOTHING)
            others = node.up - line.up - (node.down - line.down)
            return others - ((line.buys + line.sells + more) * -abs(unit) // NANO)

        def passes(case: Case) -> bool:
            if not case.change:
                return True
            unit = case.stake
            if unit is None or (node.unpriced and unknown()):
                return False
            return value(unit, case.change) <= limit

        def unknown() -> frozenset[InstrumentId]:
            """Find the other working orders without a value."""
            return frozenset(
                name
                for name in node.unpriced
                if name != instrument and (lines[name].buys or lines[name].sells)
            )

        def findings(case: Case) -> Iterator[Finding]:
            if not case.change:
                return
            if case.stake is None:
                reason, text = unstaked(case)
                yield finding(rule, reason, text, scope=where)
                return
            others = unknown()
            if others:
                yield finding(rule, UNPRICED, unpriced(where, others), scope=where)
                return
            worth = value(case.stake, case.change)
            if worth > limit:
                text = (
                    f"working orders of {where} could be worth {show_fixed(worth)} {base}, "
                    f"over {show_fixed(limit)} {base}"
                )
                yield breach(
                    rule,
                    EXCEEDED,
                    text,
                    scope=where,
                    observed=worth,
                    limit=limit,
                    used=value(case.stake, 0),
                    unit=base,
                )

        def rooms(case: Case) -> Iterator[Room]:
            if case.stake is not None and not unknown():
                yield room(rule, where, used=value(case.stake, 0), limit=limit, unit=base)

        return Check(passes, findings, rooms, bar=Bar((self.name, rule.parameters.per), (limit,)))
