"""A reader's copy of the gate: the journal followed, the state rebuilt beside it.

Reading never slows deciding: whoever wants to know (the API, the console) follows the journal in a
process of its own, carries every record out again, and answers from that copy. It is behind by
the time a record takes through the file, and says by how much.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from audit.reader import Reader
from domain.events import Event
from domain.ids import OrderId
from domain.messages import Message, Report
from gateway.outcome import Advance, Ask, Change, Drop, Open, Outcome
from gateway.replay import replay
from gateway.state import Library, State


@dataclass(slots=True)
class Projection:
    """The state after the last record read, and which records speak of which order."""

    state: State
    lives: dict[OrderId, list[int]] = field(default_factory=lambda: defaultdict(list))
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, library: Library) -> "Projection":
        """Begin before the first record."""
        return cls(State(library))

    def follow(self, reader: Reader, pause: Callable[[], bool]) -> None:
        """Take in records as they are written, until `pause` says to stop."""
        lines = (record.body for record in reader.follow(self.state.next_seq, pause))
        for _ in self.take(lines):
            pass

    def take(self, lines: Iterable[bytes]) -> Iterator[Event]:
        """Carry records out, one under each turn of the lock."""
        for line in lines:
            with self._lock:
                ((event, outcome),) = replay(self.state, (line,), check=False)
                for order_id in concerned(outcome):
                    self.lives[order_id].append(event.seq)
            yield event

    @contextmanager
    def reading(self) -> Iterator[State]:
        """Hold the copy still while it is read."""
        with self._lock:
            yield self.state


def concerned(outcome: Outcome) -> list[OrderId]:
    """Name the orders an outcome speaks of, once each."""
    found: dict[OrderId, None] = {}
    if outcome.order_id is not None:
        found[outcome.order_id] = None
    for change in outcome.changes:
        found.update(dict.fromkeys(_changed(change)))
    for message in outcome.messages:
        found.update(dict.fromkeys(_told(message)))
    return list(found)


def _changed(change: Change) -> tuple[OrderId, ...]:
    match change:
        case Open(working) | Advance(working=working) | Ask(working) | Drop(working):
            return (working.order_id,)
        case _:
            return ()


def _told(message: Message) -> tuple[OrderId, ...]:
    return (message.order_id,) if isinstance(message, Report) else ()
