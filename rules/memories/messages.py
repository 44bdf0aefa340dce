"""When messages came, scope by scope, over a sliding window.

A message counts in the window of an instant *at* if it came in ``(at - window, at]``: one that is
exactly a window old has left it. So no stretch of time as long as the window, wherever it begins,
ever sees more messages than a rule allows.

A scope's times are kept while they are in the window, at most `TIMES_MAX` of them, and a scope
without any is forgotten. Counts up to `TIMES_MAX` are therefore exact, and no rule may set a
larger limit.
"""

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Final

from domain.events import Event
from domain.finding import Verdict
from domain.ids import Micros
from domain.order import Order
from domain.scope import Level, Scope
from rules.memory import MESSAGES, Memory

TIMES_MAX: Final = 65_536


class MessageTimes(Memory):
    """The times of the messages in every scope of one level. `times` is read by checks."""

    __slots__ = ("_prefix", "_window", "times")

    hears = MESSAGES

    def __init__(self, level: Level, window: int) -> None:
        self._prefix = f"{level}:"
        self._window = window
        self.times: OrderedDict[Scope, deque[Micros]] = OrderedDict()

    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],
        order: Order | None,  # noqa: ARG002
        verdict: Verdict | None,  # noqa: ARG002
    ) -> None:
        """Count a message in its scope of this memory's level."""
        for where in scopes:
            if where.startswith(self._prefix):
                times = self.times.get(where)
                if times is None:
                    times = self.times[where] = deque(maxlen=TIMES_MAX)
                times.append(event.at)
                self.times.move_to_end(where)  # the scopes stand in the order of their messages
        self._forget(event.at - self._window)

    def snapshot(self) -> Mapping[str, list[int]]:
        """Give the times of every scope."""
        return {where: list(times) for where, times in self.times.items()}

    def _forget(self, since: int) -> None:
        """Drop the scopes that fell silent, and the old times of the one that just spoke."""
        while self.times:
            longest_silent = next(iter(self.times))
            if self.times[longest_silent][-1] > since:
                break
            self.times.popitem(last=False)
        if self.times:
            times = next(reversed(self.times.values()))
            while times[0] <= since:
                times.popleft()


def count_since(times: deque[Micros] | None, since: int) -> int:
    """Count the times after an instant."""
    return 0 if times is None else sum(time > since for time in times)
