"""How often each strategy was applied: asked for an order, whatever became of it.

Kept for every strategy are the times within the window, and the *peak*: the most that ever stood
in one window since a person last enabled the strategy. The peak only grows, so a strategy that
went too far stays too far when the window has moved on; and because it is a count and not a
verdict, it means the same whatever the limit is, and a changed limit keeps the past.

The trading state ACTIVE, ordered for the strategy's own scope, is the person's hand: it forgets
the strategy. ACTIVE for a wider scope is not meant for it and changes nothing here.

At most `TIMES_MAX` times are kept for a strategy; no rule may set a larger limit.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from domain.events import Event, OrderAsked, SignalAsked, StateOrdered
from domain.finding import Verdict
from domain.ids import Micros, StrategyId
from domain.order import Order
from domain.scope import Level, Scope, TradingState, level_of, name_of
from rules.memory import Memory

TIMES_MAX: Final = 65_536


@dataclass(slots=True)
class Applications:
    """One strategy's recent times and its peak."""

    times: deque[Micros] = field(default_factory=lambda: deque(maxlen=TIMES_MAX))
    peak: int = 0


class StrategyApplications(Memory):
    """The applications of every strategy. `strategies` is read by checks."""

    __slots__ = ("_window", "strategies")

    def __init__(self, window: int) -> None:
        self._window = window
        self.strategies: dict[StrategyId, Applications] = {}

    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],  # noqa: ARG002
        order: Order | None,
        verdict: Verdict | None,
    ) -> None:
        """Count a new order of a strategy, or forget a strategy that was enabled again."""
        match event.body:
            case OrderAsked() | SignalAsked() if verdict is not None:
                # Not judged is an order whose ClOrdID had been before: asked once, told twice.
                assert order is not None
                if order.strategy is not None:
                    self._apply(order.strategy, event.at)
            case StateOrdered(scope=where, state=TradingState.ACTIVE):
                if level_of(where) is Level.STRATEGY:
                    self.strategies.pop(StrategyId(name_of(where)), None)
            case _:
                pass

    def snapshot(self) -> Mapping[str, Mapping[str, object]]:
        """Give each strategy's times and peak."""
        return {
            strategy: {"peak": applied.peak, "times": list(applied.times)}
            for strategy, applied in self.strategies.items()
        }

    def _apply(self, strategy: StrategyId, at: Micros) -> None:
        applied = self.strategies.get(strategy)
        if applied is None:
            applied = self.strategies[strategy] = Applications()
        times = applied.times
        times.append(at)
        while times[0] <= at - self._window:
            times.popleft()
        applied.peak = max(applied.peak, len(times))
