"""The inbox: the one door to the sequencer, bounded.

Whatever thread something happens on, it is put here and nowhere else. Desks and callers are
refused at the door when the gate is behind by `capacity` events (a desk told "busy" can act; one
whose order sits in an endless queue cannot). What brokers, timers and operators say is never
refused: a fill that was not taken in would be a position nobody knows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from domain.events import Body, Event
from gateway.outcome import Outcome
from gateway.state import State

Answer = Callable[[Event, Outcome], None]
"""Called once, after the record is durable, on the sequencer's thread: hand over and return."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened, and whom to tell what became of it."""

    body: Body
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody wants to read the state: between two batches, on the writer's thread.

    Nothing happened, so nothing is recorded. `reader` must be quick and keeps no
    reference to what it read.
    """

    reader: Callable[[State], None]


class Inbox:
    """A queue of entries for one reader and many writers."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._entries: SimpleQueue[Entry | Look | None] = SimpleQueue()

    def ask(self, body: Body, answer: Answer | None = None) -> bool:
        """Put in what a desk or caller asks; False when the gate is too far behind."""
        if self._entries.qsize() >= self._capacity:
            return False
        self._entries.put(Entry(body, answer))
        return True

    def shut(self) -> None:
        """Refuse whatever desks and callers ask from now on: the gate is about to stop."""
        self._capacity = 0

    def tell(self, body: Body, answer: Answer | None = None) -> None:
        """Put in what has happened, however full the inbox is."""
        self._entries.put(Entry(body, answer))

    def look(self, reader: Callable[[State], None]) -> None:
        """Read the state, soon, on the writer's thread."""
        self._entries.put(Look(reader))

    def close(self) -> None:
        """Let the reader finish: everything put in before this is still taken."""
        self._entries.put(None)

    @property
    def waiting(self) -> int:
        """How many entries wait."""
        return self._entries.qsize()

    def take(self, most: int, wait_s: float | None = None) -> list[Entry | Look | None]:
        """Wait for an entry, `wait_s` at most, then take all that queued up, `most` at most.

        A None in the list is the end: nothing behind it will be read.
        """
        batch: list[Entry | Look | None] = []
        try:
            batch.append(self._entries.get(block=wait_s != 0, timeout=wait_s))
            while len(batch) < most and batch[-1] is not None:
                batch.append(self._entries.get_nowait())
        except Empty:
            pass
        return batch
