"""The gate end to end in one process: `python -m tests.bench.bench_gate`.

A firm trades under the starter policy (`tests.bench.trading`). Every order passes every rule, is
acknowledged and filled, and comes with a quote.

* `steps`: CPU microseconds of each step for an order, its acknowledgement and its fill, and of the
  way back (`read`; `replay` a record). `narrow`: eight places (an account and a share each);
  `wide`: eight hundred, more than a processor's caches hold; `moving`: the same, and every quote
  has moved. `bind a place` is what the first order at each pays.
* `journal`: the same steps and a journal on this disk, in group commits of several sizes.
* `sequencer`: the writer's thread behind its inbox: orders a second, CPU, and the time from asking
  to a durable answer, for one and for ten producers that each wait for their answer, and for one
  that asks all the time. A broker answers every order; its reports pass through too.
* `bare`: a loop that asks nothing, and only encodes the same orders as JSON and appends them.
* `kept`: how much memory an ended order takes, and how much CPU the slowest orders take with many
  of them in the book, by how the garbage collector is set: as Python comes; with what there was at
  the start frozen, as the gate does it; and with full collections put off as well.

JSON on standard output. Times of steps are the least of many batches, because others on the machine
can only add to them, and the median.
"""

import argparse
import gc
import json
import os
import platform
import tempfile
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from threading import Event as Flag
from threading import Thread
from typing import Any, TypeVar

from audit.journal import Journal
from domain.events import (
    Body,
    Event,
)
from domain.ids import (
    InstrumentId,
    Micros,
)
from domain.market import Quote
from domain.messages import Message, SendOrder
from gateway.core import apply, decide
from gateway.inbox import Entry, Inbox
from gateway.library import Shelf
from gateway.outcome import Outcome
from gateway.records import read_record, write_record
from gateway.replay import replay
from gateway.sequencer import Sequencer
from gateway.state import State
from tests.bench.trading import (
    BATCH,
    FLOWS,
    POLICY,
    START,
    STEP_US,
    Flow,
    Happening,
    World,
    answers,
    opening,
    price_of,
    quote,
    reports,
)

T = TypeVar("T")


class Watch:
    """CPU microseconds an event, by name: the least of many batches and their median."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def time(self, name: str, events: int, work: Callable[[], T]) -> T:
        started = time.process_time_ns()
        found = work()
        took = (time.process_time_ns() - started) / 1000 / events
        self.taken.setdefault(name, []).append(took)
        return found

    def read(self) -> dict[str, dict[str, float]]:
        return {
            name: {"least": round(min(times), 2), "median": round(median(times), 2)}
            for name, times in self.taken.items()
        }


def steps(flow: Flow, batches: int) -> dict[str, Any]:
    """Time the steps apart, each over a batch that works at once before it is filled."""
    world, watch = World(), Watch()
    watch.time("bind a place", flow.places, lambda: world.bind(flow))
    for first in range(0, batches * BATCH, BATCH):
        bodies = [flow.asked(first + each) for each in range(BATCH)]
        answered = through(world, watch, "order", bodies)
        told = [reports(outcome) for _, outcome in answered]
        through(world, watch, "acknowledged", [acknowledged for acknowledged, _ in told])
        through(world, watch, "filled", [filled for _, filled in told])
    again = State(world.shelf)
    watch.time("replay", len(world.lines), lambda: deque(replay(again, world.lines), 0))
    return watch.read()


def through(world: World, watch: Watch, what: str, bodies: Sequence[Body]) -> list[Happening]:
    """Put a batch through the steps, one step after the other."""
    state = world.state
    events = world.stamp(bodies)
    size = len(events)

    def apply_all(happened: list[Happening]) -> None:
        for event, outcome in happened:
            apply(state, event, outcome)

    outcomes = watch.time(f"{what} decide", size, lambda: [decide(state, each) for each in events])
    happened = list(zip(events, outcomes, strict=True))
    watch.time(f"{what} apply", size, lambda: apply_all(happened))
    lines = watch.time(f"{what} write", size, lambda: [write_record(*each) for each in happened])
    watch.time(f"{what} read", size, lambda: [read_record(line) for line in lines])
    world.lines += lines
    return happened


def journalled(flow: Flow, folder: Path, size: int, batches: int) -> dict[str, Any]:
    """Put orders through in batches of a size, each durable before the next."""
    world, number = World(), 0
    world.bind(flow)
    wall, cpu = [], 0
    with opened(folder) as journal:
        for _ in range(batches):
            bodies = [flow.asked(number + each) for each in range(size)]
            number += size
            cpu_from, wall_from = time.process_time_ns(), time.perf_counter_ns()
            happened = world.happen(bodies)
            journal.append([write_record(*each) for each in happened])
            wall.append(time.perf_counter_ns() - wall_from)
            cpu += time.process_time_ns() - cpu_from
            finish(world, happened)
    return pace(wall, cpu, number)


def opened(folder: Path) -> Journal:
    return Journal.open(folder, key=folder.with_suffix(".pem"), origin="bench.example/gate")


def bare(flow: Flow, folder: Path, size: int, batches: int) -> dict[str, Any]:
    """Encode the same orders as JSON, append them and sync, and ask nothing."""
    number, cpu = 0, 0
    wall = []
    with (folder.with_suffix(".bare")).open("wb", buffering=0) as file:
        for _ in range(batches):
            bodies = [asdict(flow.asked(number + each)) for each in range(size)]
            number += size
            cpu_from, wall_from = time.process_time_ns(), time.perf_counter_ns()
            file.write("\n".join([json.dumps(body) for body in bodies]).encode())
            os.fdatasync(file.fileno())
            wall.append(time.perf_counter_ns() - wall_from)
            cpu += time.process_time_ns() - cpu_from
    return pace(wall, cpu, number)


def finish(world: World, happened: list[Happening]) -> None:
    """Let the broker acknowledge and fill a batch."""
    for _, outcome in happened:
        world.happen(reports(outcome))


def pace(wall: list[int], cpu: int, orders: int) -> dict[str, Any]:
    return {
        "orders_per_s": round(orders / (sum(wall) / 1e9)),
        "cpu_us_per_order": round(cpu / 1000 / orders, 1),
        "batch_us": spread(wall),
    }


def spread(times_ns: list[int]) -> dict[str, float]:
    """Give percentiles in microseconds."""
    times = sorted(times_ns)
    at = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    found = {name: times[int(len(times) * share)] / 1000 for name, share in at.items()}
    return {name: round(us, 1) for name, us in {**found, "max": times[-1] / 1000}.items()}


class Street:
    """A broker that acknowledges and fills every order at once, and a clock and a market."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.at = START

    def send(self, messages: tuple[Message, ...]) -> None:
        for message in messages:
            if isinstance(message, SendOrder):
                for report in answers(message):
                    self.inbox.tell(report)

    def clock(self) -> Micros:
        self.at += STEP_US
        return Micros(self.at)

    def quote_of(self, instrument: InstrumentId) -> Quote:
        share = int(instrument.removeprefix("SHARE"))
        return quote(instrument, price_of(share), Micros(self.at))


def sequenced(
    flow: Flow, folder: Path, producers: int, orders: int, *, wait: bool
) -> dict[str, Any]:
    """Feed the sequencer's thread; time each order from asking to its durable answer."""
    street, taken = Street(), SimpleQueue[int]()
    numbers = count()
    with opened(folder) as journal:
        shelf = Shelf(journal)
        sequencer = Sequencer(
            State(shelf),
            inbox=street.inbox,
            record=journal,
            outbox=street,
            clock=street.clock,
            quote_of=street.quote_of,
            turn=lambda: False,
        )
        sequencer.step([Entry(body, None) for body in opening(shelf)])
        for place in range(flow.places):
            sequencer.state.scopes(flow.asked(place).order)

        def ask() -> None:
            while (number := next(numbers)) < orders:
                body = flow.asked(number, quoted=False)
                answered = Flag()
                asked_at = time.perf_counter_ns()

                def answer(
                    _: Event, outcome: Outcome, since: int = asked_at, flag: Flag = answered
                ) -> None:
                    taken.put(time.perf_counter_ns() - since)
                    assert isinstance(outcome.messages[0], SendOrder), outcome.decision
                    flag.set()

                while not street.inbox.ask(body, answer):
                    time.sleep(0.001)
                if wait:
                    answered.wait()

        writer = Thread(target=sequencer.run, daemon=True)
        threads = [Thread(target=ask, daemon=True) for _ in range(producers)]
        cpu_from, wall_from = time.process_time_ns(), time.perf_counter_ns()
        for thread in (writer, *threads):
            thread.start()
        times = [taken.get(timeout=60) for _ in range(orders)]
        wall = time.perf_counter_ns() - wall_from
        cpu = time.process_time_ns() - cpu_from
        street.inbox.close()
        writer.join()
    return {
        "orders_per_s": round(orders / (wall / 1e9)),
        "cpu_us_per_order_and_its_reports": round(cpu / 1000 / orders, 1),
        "answer_us": spread(times),
    }


def kept(flow: Flow, orders: int) -> dict[str, Any]:
    """Fill the book with ended orders, then time single ones."""
    world = World()
    world.bind(flow)
    warm = 2 * BATCH
    for first in range(0, warm, BATCH):
        finish(world, world.happen([flow.asked(first + each) for each in range(BATCH)]))
    gc.collect()
    before = resident()
    gc.disable()
    for first in range(warm, warm + orders, BATCH):
        finish(world, world.happen([flow.asked(first + each) for each in range(BATCH)]))
    grown = resident() - before
    gc.enable()
    found: dict[str, Any] = {
        "orders": orders,
        "bytes_per_ended_order": round(grown / orders),
    }
    settings: dict[str, Callable[[], None]] = {
        "as_python_comes": lambda: None,
        "frozen": gc.freeze,
        "frozen_and_seldom": lambda: gc.set_threshold(50_000, 20, 1_000_000),
    }
    number = warm + orders
    for name, setting in settings.items():
        setting()
        times = []
        for first in range(number, number + 20 * BATCH, BATCH):
            batch = []
            for each in range(BATCH):
                body = flow.asked(first + each)
                started = time.process_time_ns()
                happened = world.happen([body])
                write_record(*happened[0])
                times.append(time.process_time_ns() - started)
                batch += happened
            finish(world, batch)
        number += 20 * BATCH
        found[name] = spread(times)
    gc.unfreeze()
    gc.set_threshold(700, 10, 10)
    return found


def resident() -> int:
    """Give the bytes of memory this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--batches", type=int, default=15, help="batches of 1000 orders a step")
    arguments.add_argument("--orders", type=int, default=10_000, help="orders by the sequencer")
    arguments.add_argument("--kept", type=int, default=50_000, help="ended orders in the book")
    arguments.add_argument("--folder", type=Path, help="where to write; the disk that is measured")
    asked = arguments.parse_args()
    wide = FLOWS["wide"]
    result: dict[str, Any] = {
        "bench": "gate",
        "python": platform.python_version(),
        "policy": POLICY.name,
        "steps": {name: steps(flow, asked.batches) for name, flow in FLOWS.items()},
    }
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        for size in (1, 10, 100):
            folder, batches = (
                Path(name) / f"journal{size}",
                max(10, asked.batches * 1000 // 10 // size),
            )
            result[f"journal_batch_{size}"] = journalled(wide, folder, size, batches)
            result[f"bare_batch_{size}"] = bare(wide, folder, size, batches)
        for producers, wait in ((1, True), (10, True), (1, False)):
            what = f"sequencer_{producers}_{'waiting' if wait else 'asking_all_the_time'}"
            result[what] = sequenced(wide, Path(name) / what, producers, asked.orders, wait=wait)
    result["kept"] = kept(wide, asked.kept)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
