"""What went to the market and what came of it, scope by scope, over a sliding window.

Counted are new orders and replaces the gate let out, cancels and mass cancels that desks asked for,
and trades brokers reported; a correction or a bust is no new trade. An order that was denied, and
one whose ClOrdID was decided before, never reached the market and does not count. A cancel counts
whatever became of it, and a mass cancel as one, in its session.

An event that is exactly a window old has left it, as in `rules.memories.messages`. At most
`EVENTS_MAX` events are kept for a scope; with more in a window, it is the latest that count.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from domain.events import (
    CancelAsked,
    Event,
    ExecutionReported,
    MassCancelAsked,
    OrderAsked,
    ReplaceAsked,
    SignalAsked,
)
from domain.finding import Verdict
from domain.ids import Micros
from domain.order import Order
from domain.scope import Level, Scope
from rules.memory import MESSAGES, Memory

EVENTS_MAX: Final = 65_536

LET_OUT: Final = (Verdict.ALLOW, Verdict.WARN)


class Act(IntEnum):
    """What is counted."""

    ORDER = 0
    REPLACE = 1
    CANCEL = 2
    TRADE = 3


Counts = tuple[int, int, int, int]
"""How many of each `Act`."""


@dataclass(slots=True)
class Traffic:
    """One scope's events, oldest first, and how many of each act they are."""

    events: deque[tuple[Micros, Act]] = field(default_factory=deque)
    counts: list[int] = field(default_factory=lambda: [0, 0, 0, 0])

    def since(self, since: int) -> Counts:
        """Count the events after an instant, by looking at those that are older."""
        orders, replaces, cancels, trades = self.counts
        if self.events and self.events[0][0] <= since:
            left = [0, 0, 0, 0]
            for at, act in self.events:
                if at > since:
                    break
                left[act] += 1
            return orders - left[0], replaces - left[1], cancels - left[2], trades - left[3]
        return orders, replaces, cancels, trades

    def see(self, at: Micros, act: Act, since: int) -> None:
        """Take in an event, and forget those that left the window."""
        self.events.append((at, act))
        self.counts[act] += 1
        while self.events[0][0] <= since or len(self.events) > EVENTS_MAX:
            _, gone = self.events.popleft()
            self.counts[gone] -= 1


class MarketTraffic(Memory):
    """The traffic of every scope of one level. `traffic` is read by checks."""

    __slots__ = ("_prefix", "_window", "traffic")

    hears = MESSAGES | {ExecutionReported}

    def __init__(self, level: Level, window: int) -> None:
        self._prefix = f"{level}:"
        self._window = window
        self.traffic: OrderedDict[Scope, Traffic] = OrderedDict()

    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],
        order: Order | None,  # noqa: ARG002
        verdict: Verdict | None,
    ) -> None:
        """Count an event in its scope of this memory's level."""
        since = event.at - self._window
        act = _act(event, verdict)
        if act is not None:
            for where in scopes:
                if where.startswith(self._prefix):
                    seen = self.traffic.get(where)
                    if seen is None:
                        seen = self.traffic[where] = Traffic()
                    seen.see(event.at, act, since)
                    self.traffic.move_to_end(where)  # they stand in the order of their events
        while self.traffic:
            longest_silent = next(iter(self.traffic))
            if self.traffic[longest_silent].events[-1][0] > since:
                break
            self.traffic.popitem(last=False)

    def snapshot(self) -> Mapping[str, list[list[int]]]:
        """Give the events of every scope."""
        return {
            where: [[at, act.value] for at, act in seen.events]
            for where, seen in self.traffic.items()
        }


def _act(event: Event, verdict: Verdict | None) -> Act | None:
    match event.body:
        case OrderAsked() | SignalAsked() if verdict in LET_OUT:
            return Act.ORDER
        case ReplaceAsked() if verdict in LET_OUT:
            return Act.REPLACE
        case CancelAsked() | MassCancelAsked():
            return Act.CANCEL
        case ExecutionReported():
            return Act.TRADE
        case _:
            return None
