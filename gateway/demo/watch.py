"""Watching: the journal followed from the demo's own process, and the desks' log beside it.

All that is shown and added up is read from what the processes wrote down, with a copy of the gate's
state carried along (`gateway.projection`). Nobody is asked anything, so watching slows nothing.
"""

import json
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import RLock, Thread
from typing import Any

from audit.reader import Reader
from domain.events import (
    CancelAsked,
    Event,
    ExecutionReported,
    MessageRefused,
    OrderAsked,
    ReplaceAsked,
    Started,
    StateOrdered,
)
from domain.finding import Decision
from domain.ids import ClOrdId, OrderId, SessionId
from domain.lifecycle import TRADES, Status
from domain.order import Order
from domain.working import Working
from gateway.demo.plan import End, NewOrder, Step, by_name
from gateway.library import Library
from gateway.projection import Projection

LINES_KEPT = 200
PAUSE_S = 0.03
RATE_OVER_S = 4.0


@dataclass(frozen=True, slots=True)
class Line:
    """One thing a desk or an operator asked, and what was made of it."""

    at: int
    name: str
    order: Order | None
    decision: Decision | None
    words: str
    order_id: OrderId | None = None
    repeat: bool = False


@dataclass(slots=True)
class Tally:
    """What has happened so far, counted."""

    asked: int = 0
    accepted: int = 0
    denied: int = 0
    repeated: int = 0
    requests: int = 0
    trades: int = 0
    records: int = 0
    restarts: int = 0
    stopped_by: Counter[str] = field(default_factory=Counter)


class Watch:
    """What a demo's processes have written so far."""

    def __init__(self, journal: Path, desk_log: Path, steps: tuple[Step, ...]) -> None:
        self.tally = Tally()
        self.lines: deque[Line] = deque(maxlen=LINES_KEPT)
        self.took_us: list[int] = []
        """How long a desk waited until the broker's first word on an order was there."""
        self.denied_in_us: list[int] = []
        """The same of orders the gate denied."""
        self.lock = RLock()
        self.fault: BaseException | None = None
        self._reader = Reader.open(journal)
        self.projection = Projection.of(Library(self._reader.object))
        self._planned = by_name(steps)
        self._desk_log = desk_log
        self._read_to = 0
        self._instants: deque[float] = deque()
        self._closing = Flag()
        self._thread = Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Follow, on a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Take in what is there, and stop."""
        self._closing.set()
        self._thread.join()

    @property
    def per_second(self) -> float:
        """Orders a second, lately."""
        since = time.monotonic() - RATE_OVER_S
        with self.lock:
            return sum(instant > since for instant in self._instants) / RATE_OVER_S

    def planned(self, session: SessionId, name: ClOrdId) -> NewOrder | None:
        """Give what the plan says of an order."""
        return self._planned.get((session, name))

    # --------------------------------------------------------------------------------- inside

    def _run(self) -> None:
        try:
            state = self.projection.state
            lines = (record.body for record in self._reader.follow(0, self._pause))
            for event in self.projection.take(lines):
                with self.lock:
                    self.tally.records = state.next_seq
                    self._note(event, state.book.orders)
            self._read_desk_log()
        except BaseException as fault:  # noqa: BLE001 - whoever looks at the screen must learn of it
            self.fault = fault

    def _pause(self) -> bool:
        self._read_desk_log()
        return not self._closing.wait(PAUSE_S)

    def _note(self, event: Event, orders: Mapping[OrderId, Working]) -> None:
        tally = self.tally
        match event.body:
            case OrderAsked(order=order):
                tally.asked += 1
                self._instants.append(time.monotonic())
                working = orders.get(event.order_id())
                self._note_order(event, order, working)
            case ReplaceAsked(order=order, orig_cl_ord_id=orig):
                tally.requests += 1
                words = f"replaces {orig}"
                self.lines.append(Line(event.at, order.cl_ord_id, order, None, words))
            case CancelAsked(cl_ord_id=name, orig_cl_ord_id=orig):
                tally.requests += 1
                self.lines.append(Line(event.at, name, None, None, f"cancels {orig}"))
            case MessageRefused(cl_ord_id=refused, faults=faults):
                tally.asked += 1
                self.lines.append(Line(event.at, refused or "?", None, None, "; ".join(faults)))
            case Started() if event.seq > 0:
                tally.restarts += 1
                words = "the gate was killed, and is back from its journal"
                self.lines.append(Line(event.at, "GATE", None, None, words))
            case StateOrdered() as body:
                words = f"{body.scope} {body.state}: {body.reason}"
                self.lines.append(Line(event.at, "KILL", None, None, words))
            case ExecutionReported(type=kind) if kind in TRADES:
                tally.trades += 1
            case _:
                pass
        while len(self._instants) > 1 and self._instants[0] < time.monotonic() - RATE_OVER_S:
            self._instants.popleft()

    def _note_order(self, event: Event, order: Order, working: Working | None) -> None:
        tally = self.tally
        step = self.planned(order.session, order.cl_ord_id)
        words = "" if step is None or not step.words else step.words
        if working is None:
            tally.repeated += 1
            words = "one ClOrdID sent twice"
            line = Line(event.at, order.cl_ord_id, order, None, words, repeat=True)
            self.lines.append(line)
            return
        decision = working.decision
        if working.status is Status.DENIED:
            tally.denied += 1
            tally.stopped_by[decision.findings[0].rule] += 1
        else:
            tally.accepted += 1
        line = Line(event.at, order.cl_ord_id, order, decision, words, working.order_id)
        self.lines.append(line)

    def _read_desk_log(self) -> None:
        if not self._desk_log.exists():
            return
        with self._desk_log.open("rb") as file:
            file.seek(self._read_to)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read_to += len(whole)
        found: list[dict[str, Any]] = [json.loads(line) for line in whole.splitlines()]
        with self.lock:
            for line in found:
                if line.get("took_us") is not None:
                    step = self.planned(line["session"], line["id"])
                    denied = step is not None and step.end is End.DENIED
                    (self.denied_in_us if denied else self.took_us).append(line["took_us"])


def percentile(values: list[int], share: float) -> int | None:
    """Give the value that `share` of the others do not exceed."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
