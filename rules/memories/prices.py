"""The highest and the lowest reference price of every instrument, over a sliding window.

A price is seen when the gate is told it: with an order, by its own quote, or as a mark, and then by
the event's instant, whatever the quote says of its age. One that is exactly a window old has left
it, as in `rules.memories.messages`.

Of the prices of a window only those are kept that can still become its highest or its lowest: a
price is forgotten as soon as a later one reaches it. What stays is strictly falling (for the
highest) or rising (for the lowest) and therefore never longer than the price range has steps;
the extreme that holds at an instant is the first that has not left the window.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.events import Event, MarketSeen, OrderAsked, ReplaceAsked, SignalAsked
from domain.finding import Verdict
from domain.fixed import Price
from domain.ids import InstrumentId, Micros
from domain.market import Quote
from domain.order import Order
from domain.scope import Scope
from rules.memory import Memory

Seen = tuple[Micros, Price]


@dataclass(slots=True)
class Extremes:
    """One instrument's prices that may yet be the highest or lowest of a window, oldest first."""

    highs: deque[Seen] = field(default_factory=deque)
    lows: deque[Seen] = field(default_factory=deque)

    def high(self, since: int) -> Price | None:
        """Give the highest price seen after an instant."""
        return _first(self.highs, since)

    def low(self, since: int) -> Price | None:
        """Give the lowest price seen after an instant."""
        return _first(self.lows, since)

    def see(self, at: Micros, price: Price, since: int) -> None:
        """Take in a price, and forget those that left the window or can be no extreme now."""
        highs, lows = self.highs, self.lows
        while highs and highs[-1][1] <= price:
            highs.pop()
        while lows and lows[-1][1] >= price:
            lows.pop()
        for kept in (highs, lows):
            kept.append((at, price))
            while kept[0][0] <= since:
                kept.popleft()


class PricesSeen(Memory):
    """The extremes of every instrument. `extremes` is read by checks."""

    __slots__ = ("_window", "extremes")

    hears = frozenset({OrderAsked, SignalAsked, ReplaceAsked, MarketSeen})

    def __init__(self, window: int) -> None:
        self._window = window
        self.extremes: OrderedDict[InstrumentId, Extremes] = OrderedDict()

    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],  # noqa: ARG002
        order: Order | None,  # noqa: ARG002
        verdict: Verdict | None,  # noqa: ARG002
    ) -> None:
        """See the prices an event carries."""
        match event.body:
            case OrderAsked(quote=quote) | SignalAsked(quote=quote) | ReplaceAsked(quote=quote):
                if quote is not None:
                    self._see(event.at, quote)
            case MarketSeen(quotes=quotes):
                for quote in quotes:
                    self._see(event.at, quote)
            case _:
                pass
        self._forget(event.at - self._window)

    def snapshot(self) -> Mapping[str, Mapping[str, object]]:
        """Give each instrument's extremes."""
        return {
            instrument: {"highs": list(map(list, seen.highs)), "lows": list(map(list, seen.lows))}
            for instrument, seen in self.extremes.items()
        }

    def _see(self, at: Micros, quote: Quote) -> None:
        price = quote.reference
        if price is None:
            return
        seen = self.extremes.get(quote.instrument)
        if seen is None:
            seen = self.extremes[quote.instrument] = Extremes()
        seen.see(at, price, at - self._window)
        self.extremes.move_to_end(quote.instrument)  # they stand in the order they were last seen

    def _forget(self, since: int) -> None:
        """Drop the instruments no price of which is in the window."""
        while self.extremes:
            longest_silent = next(iter(self.extremes))
            if self.extremes[longest_silent].highs[-1][0] > since:
                return
            self.extremes.popitem(last=False)


def _first(seen: deque[Seen], since: int) -> Price | None:
    for at, price in seen:
        if at > since:
            return price
    return None
