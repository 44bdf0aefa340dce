"""The five steps: nothing leaves before its record, and a failed write silences the gate."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Thread

import pytest

from domain.events import (
    Body,
    Event,
    MarketSeen,
    OrderAsked,
    ReplaceAsked,
    RouteChanged,
    SignalAsked,
    Started,
)
from domain.ids import ClOrdId, Micros
from domain.market import Quote
from domain.messages import Message, Report, SendOrder
from domain.order import Signal
from gateway.inbox import Entry, Inbox
from gateway.outcome import Outcome
from gateway.records import read_record
from gateway.sequencer import BATCH_MAX, Sequencer
from gateway.state import State
from tests.builders import IBM, NORTH, START, Drawer, order, policy, price, reference, shares


@dataclass
class Bench:
    """A sequencer with a journal of lists, and the story of what it did, in order."""

    fails: bool = False
    at: int = START
    story: list[str] = field(default_factory=list)
    batches: list[list[bytes]] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    quotes: dict[str, Quote] = field(default_factory=dict)
    arriving: list[Body] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.drawer = Drawer()
        self.inbox = Inbox(capacity=4)
        self.sequencer = Sequencer(
            State(self.drawer),
            inbox=self.inbox,
            record=self,
            outbox=self,
            clock=lambda: Micros(self.at),
            quote_of=self.quotes.get,
            turn=self.turn,
        )
        self.steps(
            self.drawer.put_reference(reference()),
            self.drawer.put_policy(policy()),
            RouteChanged(route=NORTH, up=True),
        )
        self.story.clear()
        self.batches.clear()

    def steps(self, *bodies: Body) -> list[tuple[Event, Outcome]]:
        return self.sequencer.step([Entry(body, self.answer) for body in bodies])

    def turn(self) -> bool:
        """Be the sessions: bring in the next of what is to arrive."""
        if not self.arriving:
            return False
        self.inbox.tell(self.arriving.pop(0))
        return True

    def append(self, records: Sequence[bytes]) -> range:
        if self.fails:
            raise OSError("no space left")
        self.batches.append(list(records))
        self.story.append(f"recorded {len(records)}")
        return range(len(records))

    def send(self, messages: tuple[Message, ...]) -> None:
        self.sent.extend(messages)
        self.story.append(f"sent {len(messages)}")

    def answer(self, event: Event, outcome: Outcome) -> None:
        self.story.append(f"answered {event.seq}")


def asked(name: str, count: int = 100) -> OrderAsked:
    return OrderAsked(order=order(name, quantity=shares(count)))


def test_a_batch_is_recorded_once_and_only_then_sent_and_answered() -> None:
    bench = Bench()
    bench.steps(asked("1"), asked("2", 0))
    assert bench.story == ["recorded 2", "sent 1", "answered 3", "sent 1", "answered 4"]
    assert [type(each) for each in bench.sent] == [SendOrder, Report]


def test_the_second_order_of_a_batch_is_decided_with_the_first_applied() -> None:
    bench = Bench()
    (_, first), (_, second) = bench.steps(asked("1"), asked("1"))
    assert (first.repeat, second.repeat) == (False, True)
    assert len([each for each in bench.sent if isinstance(each, SendOrder)]) == 1


def test_a_failed_write_sends_nothing_answers_nobody_and_is_not_survived() -> None:
    bench = Bench()
    bench.fails = True
    with pytest.raises(OSError, match="no space"):
        bench.steps(asked("1"))
    assert bench.story == []
    assert bench.sent == []


def test_records_are_numbered_without_a_gap() -> None:
    bench = Bench()
    bench.steps(asked("1"), asked("2"))
    bench.steps(asked("3"))
    lines = [line for batch in bench.batches for line in batch]
    assert [read_record(line)[0].seq for line in lines] == [3, 4, 5]


def test_time_never_runs_backwards_in_the_journal() -> None:
    bench = Bench()
    (first, _), *_ = bench.steps(asked("1"))
    bench.at -= 3_600_000_000
    (second, _), *_ = bench.steps(asked("2"))
    bench.at += 7_200_000_000
    (third, _), *_ = bench.steps(asked("3"))
    assert first.at == second.at < third.at


@pytest.mark.parametrize(
    "body",
    [
        OrderAsked(order=order("1")),
        ReplaceAsked(orig_cl_ord_id=ClOrdId("9"), order=order("1")),
        SignalAsked(signal=Signal(order=order("1"), signalled_at=START)),
    ],
    ids=lambda body: type(body).__name__,
)
def test_the_quote_an_order_is_judged_by_travels_inside_its_event(body: Body) -> None:
    bench = Bench()
    newest = Quote(instrument=IBM, at=START, last=price(9_999))
    bench.quotes[IBM] = newest
    ((event, _),) = bench.steps(body)
    assert event.body.quote == newest  # type: ignore[union-attr]
    assert read_record(bench.batches[0][0])[0] == event


def test_a_quote_that_came_with_the_order_is_kept() -> None:
    bench = Bench()
    bench.quotes[IBM] = Quote(instrument=IBM, at=START, last=price(9_999))
    own = Quote(instrument=IBM, at=START, last=price(1))
    ((event, _),) = bench.steps(OrderAsked(order=order("1"), quote=own))
    assert event.body == OrderAsked(order=order("1"), quote=own)


def test_what_waits_is_one_batch_and_a_look_sees_the_state_behind_it() -> None:
    bench = Bench()
    seen: list[int] = []
    for number in range(3):
        bench.inbox.tell(asked(str(number)))
    bench.inbox.look(lambda state: seen.append(state.next_seq))
    bench.inbox.close()
    bench.sequencer.run()
    assert [len(batch) for batch in bench.batches] == [3]
    assert seen == [6]


def test_what_the_sessions_bring_is_decided_before_the_writer_rests() -> None:
    bench = Bench(arriving=[asked("1"), asked("2")])
    writer = Thread(target=bench.sequencer.run)
    writer.start()
    taken = Flag()
    bench.inbox.look(lambda _: taken.set())
    assert taken.wait(10)
    bench.inbox.close()
    writer.join(timeout=10)
    assert len([each for each in bench.sent if isinstance(each, SendOrder)]) == 2


def test_a_flood_from_the_sessions_is_written_in_bounded_batches() -> None:
    bench = Bench(arriving=[MarketSeen()] * (2 * BATCH_MAX))
    bench.inbox.close()
    bench.sequencer.run()
    bench.inbox.close()
    bench.sequencer.run()
    assert all(len(batch) <= BATCH_MAX for batch in bench.batches)
    assert bench.batches


def test_a_long_queue_is_written_in_bounded_batches() -> None:
    bench = Bench()
    for _ in range(BATCH_MAX + 5):
        bench.inbox.tell(MarketSeen())
    bench.inbox.close()
    bench.sequencer.run()
    assert [len(batch) for batch in bench.batches] == [BATCH_MAX, 5]


def test_the_writer_waits_for_work_and_ends_when_the_inbox_is_closed() -> None:
    bench = Bench()
    writer = Thread(target=bench.sequencer.run)
    writer.start()
    bench.inbox.tell(Started(version="0", host="test"))
    bench.inbox.close()
    writer.join(timeout=10)
    assert not writer.is_alive()
    assert len(bench.batches) == 1
