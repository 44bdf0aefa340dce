"""How many orders may be working at once.

A good practice of the field, and asked for in Canada (CIRO Policy 7.1): a strategy that keeps
adding orders without end is broken even if each of them is small. Orders count at the account,
its trader, desk and firm and at their strategy, from the moment they are decided until they end.

    passes when    working orders + 1 <= limit

A replace adds no order and always passes.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO
from domain.scope import Level
from rules.answer import breach, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import NodeLevel, PositiveCount
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

EXCEEDED = Reason(
    "open_orders_exceed_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "as many orders are working as may",
)


class Limits(Parameters):
    """`limit` orders may work at once at the node."""

    limit: PositiveCount
    per: NodeLevel = "account"


class MaxOpenOrders(Kind[Limits]):
    """No more than `limit` orders work at once."""

    name = "max_open_orders"
    parameters = Limits
    reasons = (EXCEEDED,)
    citations = ("CIRO Policy 7.1",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the limit to a node's count."""
        found = place.node(Level(rule.parameters.per))
        if found is None:
            return None
        where, node = found
        limit = rule.parameters.limit

        def passes(case: Case) -> bool:
            return node.orders < limit or case.replaced is not None

        def findings(case: Case) -> Iterator[Finding]:
            if case.replaced is None and node.orders + 1 > limit:
                text = f"{node.orders} orders of {where} are working, and {limit} may work at once"
                yield breach(
                    rule,
                    EXCEEDED,
                    text,
                    scope=where,
                    observed=(node.orders + 1) * NANO,
                    limit=limit * NANO,
                    used=node.orders * NANO,
                    unit="orders",
                )

        def rooms(_case: Case) -> Iterator[Room]:
            yield room(rule, where, used=node.orders * NANO, limit=limit * NANO, unit="orders")

        bar = Bar((self.name, rule.parameters.per), (rule.parameters.limit,))
        return Check(passes, findings, rooms, bar=bar)
