"""Which orders were asked for lately, by what makes two of them the same.

Only new orders that were not denied are remembered: what never left the house cannot be
duplicated. Of equal orders the last one's time is kept. An entry lives for the window, so the
memory holds as many as different orders pass in one.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from collections.abc import Set as AbstractSet
from operator import attrgetter
from typing import Final

from domain.events import Event, OrderAsked, SignalAsked
from domain.finding import Verdict
from domain.ids import Micros
from domain.order import Order
from domain.scope import Scope
from rules.memory import Memory

MATCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "session": ("session",),
    "account": ("account",),
    "strategy": ("strategy",),
    "instrument": ("instrument",),
    "side": ("side",),
    "quantity": ("quantity",),
    "price": ("type", "price", "stop_price"),
}
"""What can be compared, and the fields of an order it means."""

NOT_TAKEN: Final = (Verdict.DENY, None)
"""None is an order that was not judged because its ClOrdID had been before."""

Likeness = Callable[[Order], Hashable]


def likeness(match: AbstractSet[str]) -> Likeness:
    """Make the function that gives equal values for orders that are the same."""
    return attrgetter(*(field for word in MATCHES if word in match for field in MATCHES[word]))


class RecentOrders(Memory):
    """The time of the last order of each likeness. `times` is read by checks."""

    __slots__ = ("_like", "_window", "times")

    def __init__(self, like: Likeness, window: int) -> None:
        self._like = like
        self._window = window
        self.times: OrderedDict[Hashable, Micros] = OrderedDict()

    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],  # noqa: ARG002
        order: Order | None,
        verdict: Verdict | None,
    ) -> None:
        """Remember a new order that was not denied."""
        if isinstance(event.body, (OrderAsked, SignalAsked)) and verdict not in NOT_TAKEN:
            assert order is not None
            like = self._like(order)
            self.times[like] = event.at
            self.times.move_to_end(like)  # the entries stand in the order of their times
        self._forget(event.at - self._window)

    def snapshot(self) -> list[list[object]]:
        """Give the likenesses with their times, oldest first."""
        return [
            [at, *(like if isinstance(like, tuple) else (like,))] for like, at in self.times.items()
        ]

    def _forget(self, since: int) -> None:
        while self.times:
            oldest = next(iter(self.times))
            if self.times[oldest] > since:
                return
            self.times.popitem(last=False)
