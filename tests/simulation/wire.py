"""The wire to a broker: FIX's bargain, without the bytes.

What a broker says is numbered and kept, and is said again (flagged PossDup) after a reconnect until
the gate has taken it in. What the gate says is not said again by the engine: an order lost on the
wire stays lost, and the gate must find out.
"""

from collections import deque
from dataclasses import dataclass, field, replace

from domain.events import Body, CancelRejected, ReportUnreadable
from domain.messages import ToBroker
from tests.simulation.broker import Broker


@dataclass(slots=True)
class Wire:
    """The connection to one broker. `taken` counts what the gate has safely in its journal."""

    broker: Broker
    up: bool = False
    outward: deque[tuple[ToBroker, int]] = field(default_factory=deque)
    passed: int = 0
    taken: int = 0
    stale: int = 0

    def carry_out(self, most: int) -> None:
        """Let the broker have what is on the wire, at most so much."""
        for _ in range(min(most, len(self.outward))):
            message, durable = self.outward.popleft()
            self.broker.receive(message, durable=durable)

    def carry_in(self, most: int) -> list[tuple[int, Body]]:
        """Bring what the broker said, at most so much; each with its number."""
        found: list[tuple[int, Body]] = []
        while self.up and len(found) < most and self.passed < len(self.broker.said):
            said = self.broker.said[self.passed]
            if self.passed < self.stale and not isinstance(said, ReportUnreadable | CancelRejected):
                said = replace(said, poss_dup=True)
            found.append((self.passed, said))
            self.passed += 1
        return found

    def take(self, number: int, *_: object) -> None:
        """Note that what was said under a number is safely written down."""
        self.taken = max(self.taken, number + 1)

    def cut(self) -> None:
        """Lose the connection: some of what was on it arrives, the rest never does."""
        self.up = False
        self.carry_out(self.broker.chance.randint(0, len(self.outward)))
        self.outward.clear()

    def mend(self) -> None:
        """Connect again: what was said and not passed on yet is said again, flagged."""
        self.up = True
        self.stale = len(self.broker.said)

    def forget(self) -> None:
        """The gate died: it will be told again what it did not write down, and a little more."""
        self.cut()
        self.passed = max(0, self.taken - self.broker.chance.randint(0, 3))
