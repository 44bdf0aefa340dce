"""The sequencer: the one writer. Stamp, decide, apply, record, send.

INVARIANT (record before send): no message leaves, and no answer is given, before the record
that caused it is durable. While one batch is being written and synced, the next queues up; so
a batch is whatever came meanwhile, and no timer is needed to make one.

The writer also does the FIX sessions' work (`turn`), on its own thread: reading a message,
deciding it and sending what follows cost no hand-over between threads, and what arrives while a
batch is being synced waits in the sockets. Two threads were tried and cost five times the CPU
(docs/decisions/0008-one-thread.md).

INVARIANT (a failed write stops the gate): if the journal raises, nothing of the batch is sent
and the error leaves `run`. What was applied in memory is lost with the process, which is right:
nobody was told of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from domain.events import Event, OrderAsked, ReplaceAsked, SignalAsked
from domain.ids import InstrumentId, Micros
from domain.market import Quote
from domain.messages import Message
from gateway.core import apply, decide
from gateway.inbox import Entry, Inbox, Look
from gateway.outcome import Outcome
from gateway.records import write_record
from gateway.state import State

BATCH_MAX = 128
"""Events decided before a sync; more would make the first of them wait too long."""

SHORT_WAIT_S, LONG_WAIT_S = 0.000_05, 0.001
"""How long the writer rests between two looks at the sessions' sockets: briefly while there is
traffic, a millisecond once it has been quiet. What other threads put in the inbox wakes it at once.
"""

LIVELY = 500
"""Looks in vain after which it is quiet."""


class Record(Protocol):
    """Where records are made durable."""

    def append(self, records: Sequence[bytes]) -> range:
        """Write a batch and return once it is durable; give the numbers it got."""


class Outbox(Protocol):
    """Where messages leave the house."""

    def send(self, messages: tuple[Message, ...]) -> None:
        """Send what an event caused. Never raises for a peer's sake."""


QuoteOf = Callable[[InstrumentId], Quote | None]
"""Gives the newest quote known outside the core."""


class Sequencer:
    """Drives the core over an inbox."""

    def __init__(
        self,
        state: State,
        *,
        inbox: Inbox,
        record: Record,
        outbox: Outbox,
        clock: Callable[[], Micros],
        quote_of: QuoteOf,
        turn: Callable[[], bool] | None = None,
        ring: Callable[[Event, Outcome], None] | None = None,
    ) -> None:
        self.state = state
        self._inbox = inbox
        self._record = record
        self._outbox = outbox
        self._clock = clock
        self._quote_of = quote_of
        self._turn = turn
        self._ring = ring

    def run(self) -> None:
        """Do the sessions' work and take batches until the inbox is closed."""
        quiet = 0
        while True:
            if self._turn is None:
                batch = self._inbox.take(BATCH_MAX)
            else:
                while self._inbox.waiting < BATCH_MAX and self._turn():
                    quiet = 0
                batch = self._inbox.take(BATCH_MAX, _wait_s(quiet))
            if not batch:
                quiet += 1
                continue
            quiet = 0
            entries = [entry for entry in batch if isinstance(entry, Entry)]
            if entries:
                self.step(entries)
            for look in batch:
                if isinstance(look, Look):
                    look.reader(self.state)
            if batch[-1] is None:
                return

    def step(self, entries: Sequence[Entry]) -> list[tuple[Event, Outcome]]:
        """Put one batch through the five steps."""
        state = self.state
        lines: list[bytes] = []
        decided: list[tuple[Event, Outcome]] = []
        for entry in entries:
            event = self._stamp(entry)
            outcome = decide(state, event)
            apply(state, event, outcome)
            lines.append(write_record(event, outcome))
            decided.append((event, outcome))
        self._record.append(lines)
        for entry, (event, outcome) in zip(entries, decided, strict=True):
            if outcome.messages:
                self._outbox.send(outcome.messages)
            if self._ring is not None:
                self._ring(event, outcome)
            if entry.answer is not None:
                entry.answer(event, outcome)
        return decided

    def _stamp(self, entry: Entry) -> Event:
        """Give an entry its place, its time, and the quote it will be judged by.

        Time never runs backwards in the journal, whatever the machine's clock does.
        """
        state = self.state
        at = max(self._clock(), state.at)
        body = entry.body
        match body:
            case OrderAsked(order=order, quote=None):
                body = replace(body, quote=self._quote_of(order.instrument))
            case ReplaceAsked(order=order, quote=None):
                body = replace(body, quote=self._quote_of(order.instrument))
            case SignalAsked(signal=signal, quote=None):
                body = replace(body, quote=self._quote_of(signal.order.instrument))
            case _:
                pass
        return Event(state.next_seq, Micros(at), body, state.mark)


def _wait_s(quiet: int) -> float:
    """Say how long to rest after so many looks in vain."""
    if not quiet:
        return 0
    return SHORT_WAIT_S if quiet < LIVELY else LONG_WAIT_S
