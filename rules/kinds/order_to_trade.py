"""How many messages come for every trade, and how many changes and cancels for every order.

Venues must limit the ratio of unexecuted orders to transactions (MiFID II article 48(6)) and charge
or stop members above it; this keeps a desk below its venue's ratio. With what went out and came
back in the last `window`, this order counted, in a scope of the level `per`:

    orders_per_trade     passes when    orders + replaces + cancels <= limit * trades
    replaces_per_order   passes when    replaces                    <= limit * orders
    cancels_per_order    passes when    cancels                     <= limit * orders

compared as products, so that no trade at all is a ratio above any limit. Nothing is asked before
orders, replaces and cancels together are `min_sample`: the first order of a day has no trade yet.
`rules.memories.traffic` says exactly what counts. A venue's own formula may weigh messages
otherwise; its number has to be brought to this one.

A cancel is counted and never refused: it is not judged at all, for a desk must always be able to
take an order away. So what is refused beyond the limit is new orders and replaces, until enough
of the window has passed. What is refused does not count.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, divided, show_fixed
from domain.scope import Level
from rules.answer import finding
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import AnyLevel, PositiveDuration, PositiveQuantity
from rules.kind import Kind, Parameters, Reason, Rule
from rules.memories.traffic import EVENTS_MAX, MarketTraffic
from rules.memory import Memory, MemoryKey
from rules.place import Place

TRADES = Reason(
    "orders_per_trade_exceed_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "more orders, replaces and cancels came for every trade of the window than may",
)

REPLACES = Reason(
    "replaces_per_order_exceed_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "more replaces came for every order of the window than may",
)

CANCELS = Reason(
    "cancels_per_order_exceed_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "more cancels came for every order of the window than may",
)

RATIOS: Final = ("orders_per_trade", "replaces_per_order", "cancels_per_order")


class Limits(Parameters):
    """At least one of the three ratios is limited, once `min_sample` messages are in `window`."""

    orders_per_trade: PositiveQuantity | None = None
    replaces_per_order: PositiveQuantity | None = None
    cancels_per_order: PositiveQuantity | None = None
    window: PositiveDuration
    min_sample: Annotated[int, Field(ge=1, le=EVENTS_MAX)]
    per: AnyLevel = "session"

    @model_validator(mode="after")
    def _some_ratio(self) -> Self:
        if all(getattr(self, name) is None for name in RATIOS):
            raise ValueError(
                "wanted at least one of `orders_per_trade`, `replaces_per_order` "
                "and `cancels_per_order`"
            )
        return self


class OrderToTrade(Kind[Limits]):
    """Messages stay in proportion to trades, and replaces and cancels to orders."""

    name = "order_to_trade"
    parameters = Limits
    reasons = (TRADES, REPLACES, CANCELS)
    citations = ("MiFID II Art 48(6)",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the ratios to the traffic of one scope."""
        limits = rule.parameters
        level = f"{limits.per}:"
        where = next((one for one in place.scopes if one.startswith(level)), None)
        if where is None:
            return None
        memory = place.memories[_key(limits)]
        assert isinstance(memory, MarketTraffic)
        past, window, sample = memory.traffic, limits.window, limits.min_sample
        per_trade = limits.orders_per_trade
        replaced, cancelled = limits.replaces_per_order, limits.cancels_per_order

        def counted(case: Case) -> tuple[int, int, int, int]:
            """Count orders, replaces, cancels and trades, this message among them."""
            seen = past.get(where)
            orders, replaces, cancels, trades = (
                (0, 0, 0, 0) if seen is None else seen.since(case.at - window)
            )
            if case.replaced is None:
                return orders + 1, replaces, cancels, trades
            return orders, replaces + 1, cancels, trades

        def passes(case: Case) -> bool:
            orders, replaces, cancels, trades = counted(case)
            messages = orders + replaces + cancels
            return messages < sample or (
                (per_trade is None or messages * NANO <= per_trade * trades)
                and (replaced is None or replaces * NANO <= replaced * orders)
                and (cancelled is None or cancels * NANO <= cancelled * orders)
            )

        def findings(case: Case) -> Iterator[Finding]:
            orders, replaces, cancels, trades = counted(case)
            messages = orders + replaces + cancels
            if messages < sample:
                return
            asked = (
                (TRADES, per_trade, messages, "messages", trades, "trades"),
                (REPLACES, replaced, replaces, "replaces", orders, "orders"),
                (CANCELS, cancelled, cancels, "cancels", orders, "orders"),
            )
            for reason, limit, above, these, below, those in asked:
                if limit is not None and above * NANO > limit * below:
                    text = (
                        f"{these} to {those} of {where} are {above} to {below} within "
                        f"{show_fixed(window * 1000)} s, over {show_fixed(limit)} to 1"
                    )
                    yield finding(
                        rule,
                        reason,
                        text,
                        scope=where,
                        observed=show_fixed(divided(above, below)) if below else None,
                        limit=show_fixed(limit),
                        unit=f"{these} per {those.removesuffix('s')}",
                    )

        # A ratio that is not limited is another question than one with any limit, however high.
        limited = tuple(ratio is not None for ratio in (per_trade, replaced, cancelled))
        heights = tuple(ratio or 0 for ratio in (per_trade, replaced, cancelled))
        bar = Bar((self.name, limits.per, window, sample, limited), heights)
        return Check(passes, findings, bar=bar)

    def memory(self, rule: Rule[Limits]) -> tuple[MemoryKey, Callable[[], Memory]]:
        """Remember the traffic, shared by all rules of one level and window."""
        level, window = Level(rule.parameters.per), rule.parameters.window
        return _key(rule.parameters), lambda: MarketTraffic(level, window)


def _key(limits: Limits) -> MemoryKey:
    return MemoryKey(f"traffic per {limits.per} in {limits.window}us")
