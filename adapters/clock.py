"""The machine's clock, and things to do later.

The only place where the gate reads the time of day. What a timer does is put an event in the
inbox: the core is told, it never waits.
"""

import heapq
import time
from collections.abc import Callable
from itertools import count
from threading import Condition, Thread

from domain.ids import Micros


def now() -> Micros:
    """Read the wall clock, UTC."""
    return Micros(time.time_ns() // 1000)


class Timers:
    """Calls functions at instants, on one thread of its own. They must return quickly."""

    def __init__(self) -> None:
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._changed = Condition()
        self._stopping = False
        self._thread = Thread(target=self._run, name="timers", daemon=True)

    def start(self) -> None:
        """Begin calling."""
        self._thread.start()

    def at(self, instant: Micros, call: Callable[[], None]) -> None:
        """Call once at an instant, or at once if it has passed."""
        with self._changed:
            heapq.heappush(self._due, (instant, next(self._order), call))
            self._changed.notify()

    def every(self, period_us: int, call: Callable[[], None]) -> None:
        """Call again and again, `period_us` after the last call ended."""

        def again() -> None:
            call()
            self.at(Micros(now() + period_us), again)

        self.at(Micros(now() + period_us), again)

    def stop(self) -> None:
        """Call nothing more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopping and (not self._due or self._due[0][0] > now()):
                    wait = (self._due[0][0] - now()) / 1e6 if self._due else None
                    self._changed.wait(wait)
                if self._stopping:
                    return
                _, _, call = heapq.heappop(self._due)
            call()
