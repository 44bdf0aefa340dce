"""The best prices each account lately bid and offered, instrument by instrument.

Kept is, for every account, instrument and side, a sliding-window extreme: of the orders taken in
the window, those that no later order beats. A purchase beats another whose price is no higher, a
sale one whose price is no lower. So the prices of a side stand in falling strength from the oldest
to the newest, the first that is still in the window is the strongest of all that are, and an order
leaves when one as strong comes after it: the answer is exact, and the memory short.

The *reach* of an order is its limit, counted so that more is stronger on both sides (of a sale, the
limit with its sign changed); an order that takes any price reaches `FAR`.

New orders and replaces that were not denied are remembered, whatever became of them. An order is
in the window of an instant *at* if it came in ``(at - window, at]``.
"""

from collections import OrderedDict, deque
from typing import Final

from domain.events import Event, OrderAsked, ReplaceAsked, SignalAsked
from domain.finding import Verdict
from domain.ids import AccountId, InstrumentId, Micros
from domain.order import Order
from domain.scope import Scope
from rules.memory import Memory

FAR: Final = 10**30
"""The reach of an order that takes any price."""

LET_OUT: Final = (Verdict.ALLOW, Verdict.WARN)

SideKey = tuple[AccountId, InstrumentId, bool]
"""Whose, in what, and whether buying."""


def reach(order: Order) -> int:
    """Give how far an order goes to trade; more is stronger."""
    if not order.type.has_price or order.price is None:
        return FAR
    return order.price if order.side.is_buy else -order.price


class RecentPrices(Memory):
    """The strongest recent prices of every side. `sides` is read by checks."""

    __slots__ = ("_window", "sides")

    hears = frozenset({OrderAsked, SignalAsked, ReplaceAsked})

    def __init__(self, window: int) -> None:
        self._window = window
        self.sides: OrderedDict[SideKey, deque[tuple[Micros, int]]] = OrderedDict()

    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],  # noqa: ARG002
        order: Order | None,
        verdict: Verdict | None,
    ) -> None:
        """Remember an order or a replace that was let out."""
        if verdict in LET_OUT:
            assert order is not None
            self._take(order, event.at)
        self._forget(event.at - self._window)

    def snapshot(self) -> list[list[object]]:
        """Give each side's times and reaches, the side that spoke last at the end."""
        return [[*key, list(prices)] for key, prices in self.sides.items()]

    def _take(self, order: Order, at: Micros) -> None:
        key = (order.account, order.instrument, order.side.is_buy)
        prices = self.sides.get(key)
        if prices is None:
            prices = self.sides[key] = deque()
        strength = reach(order)
        while prices and prices[-1][1] <= strength:
            prices.pop()
        prices.append((at, strength))
        self.sides.move_to_end(key)  # the sides stand in the order of their last orders

    def _forget(self, since: int) -> None:
        """Drop the sides that fell silent, and the old prices of the one that just spoke."""
        while self.sides:
            longest_silent = next(iter(self.sides))
            if self.sides[longest_silent][-1][0] > since:
                break
            self.sides.popitem(last=False)
        if self.sides:
            prices = next(reversed(self.sides.values()))
            while prices[0][0] <= since:
                prices.popleft()


def strongest(prices: deque[tuple[Micros, int]] | None, since: int) -> tuple[Micros, int] | None:
    """Give the strongest price after an instant, and when it came; None when there is none."""
    if prices is not None:
        for seen in prices:
            if seen[0] > since:
                return seen
    return None
