"""Whether the same order was accepted a moment ago.

Asked by the market access rule (c)(1)(ii), orders that "indicate duplicative orders": the button
pressed twice, the loop that does not see its own order. (A ClOrdID used twice is something
else, and is never decided twice.)

    passes when    no equal order was accepted in the last `window`

`match` says what makes two orders equal: any of ``session``, ``account``, ``strategy``,
``instrument``, ``side``, ``quantity`` and ``price``, which stands for type, limit price and stop
price together. Only new orders are compared, and only with orders that were not denied; one that
was cancelled since still counts. One that is exactly a window old does not.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from domain.finding import Finding, OrdRejReason
from domain.fixed import show_fixed
from domain.ids import Micros
from domain.scope import Level, scope
from rules.answer import breach
from rules.case import Case
from rules.check import Check
from rules.fields import PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.memories.recent_orders import MATCHES, RecentOrders, likeness
from rules.memory import Memory, MemoryKey
from rules.place import Place

DUPLICATE = Reason(
    "order_is_duplicate",
    OrdRejReason.DUPLICATE,
    "an equal order was accepted within the window",
)

WINDOW_MAX: Final = 3_600_000_000

LONG_AGO: Final = Micros(-(2**62))

Word = Literal["session", "account", "strategy", "instrument", "side", "quantity", "price"]


class Sameness(Parameters):
    """Two orders are the same if they agree in everything `match` names."""

    window: PositiveDuration
    match: Annotated[tuple[Word, ...], Field(min_length=1)] = (
        "account",
        "instrument",
        "side",
        "quantity",
        "price",
    )

    @field_validator("window")
    @classmethod
    def _short(cls, window: int) -> int:
        # The memory holds every order of a window.
        if window > WINDOW_MAX:
            raise ValueError("must be at most 1h")
        return window


class DuplicateOrder(Kind[Sameness]):
    """No equal order was accepted within `window`."""

    name = "duplicate_order"
    parameters = Sameness
    reasons = (DUPLICATE,)
    citations = ("SEC 15c3-5(c)(1)(ii)",)

    def bind(self, rule: Rule[Sameness], place: Place) -> Check:
        """Bind the window to the recent orders."""
        memory = place.memories[_key(rule.parameters)]
        assert isinstance(memory, RecentOrders)
        recent, window = memory.times, rule.parameters.window
        like = likeness(frozenset(rule.parameters.match))
        where = scope(Level.ACCOUNT, place.account.id)

        def passes(case: Case) -> bool:
            if case.replaced is not None:
                return True
            return recent.get(like(case.order), LONG_AGO) <= case.at - window

        def findings(case: Case) -> Iterator[Finding]:
            last = recent.get(like(case.order))
            if case.replaced is None and last is not None and case.at - last < window:
                age = (case.at - last) * 1000
                text = f"an equal order was accepted {show_fixed(age)} s ago"
                yield breach(
                    rule,
                    DUPLICATE,
                    text,
                    scope=where,
                    observed=age,
                    limit=window * 1000,
                    unit="seconds",
                )

        return Check(passes, findings)

    def memory(self, rule: Rule[Sameness]) -> tuple[MemoryKey, Callable[[], Memory]]:
        """Remember recent orders, shared by all rules of one window and likeness."""
        like, window = likeness(frozenset(rule.parameters.match)), rule.parameters.window
        return _key(rule.parameters), lambda: RecentOrders(like, window)


def _key(sameness: Sameness) -> MemoryKey:
    words = " ".join(word for word in MATCHES if word in sameness.match)
    return MemoryKey(f"orders alike in {words} in {sameness.window}us")
