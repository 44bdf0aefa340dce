"""Slices of the simulation, and saboteurs that show it can fail.

`make sim` lives through longer worlds. Each saboteur breaks one promise of the gate, and the
oracle, who does not know which, must object.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.book import Book
from domain.fixed import Quantity
from domain.messages import SendOrder
from domain.working import Working
from gateway import broker_side, core, desk_side, doubt, kills, standing
from gateway.outcome import NOTHING, Outcome
from gateway.sequencer import Sequencer
from tests.simulation.crash import kill
from tests.simulation.run import live, verdict_on

Patch = pytest.MonkeyPatch


@pytest.mark.parametrize("seed", range(100, 116))
def test_the_gate_keeps_its_promises_in_a_hostile_world(seed: int) -> None:
    verdict = live(seed, events=250)
    assert not verdict.wrong, str(verdict)


class Silent:
    def send(self, messages: Any) -> None:
        pass


def sends_before_it_records(patch: Patch) -> None:
    honest = Sequencer.step

    def step(self: Sequencer, entries: Any) -> Any:
        outbox = self._outbox

        def hasty(state: Any, event: Any) -> Outcome:
            outcome = core.decide(state, event)
            outbox.send(outcome.messages)
            return outcome

        with patch.context() as inner:
            inner.setattr("gateway.sequencer.decide", hasty)
            inner.setattr(self, "_outbox", Silent())
            return honest(self, entries)

    patch.setattr(Sequencer, "step", step)


def holds_nothing(patch: Patch) -> None:
    patch.setattr(Working, "wanted", property(lambda _: Quantity(0)))


def holds_what_the_broker_says_is_left(patch: Patch) -> None:
    patch.setattr(
        Working, "wanted", property(lambda self: Quantity(0) if self.ended else self.leaves)
    )


def forgets_the_larger_version(patch: Patch) -> None:
    patch.setattr(
        Working,
        "wanted",
        property(
            lambda self: (
                Quantity(0) if self.ended else max(self.leaves, self.order.quantity - self.filled)
            )
        ),
    )


def lends_without_counting(patch: Patch) -> None:
    patch.setattr(Book, "_locate", lambda *_: None)


def lends_again_what_was_sold(patch: Patch) -> None:
    honest = Book._locate

    def locate(self: Book, working: Working, name: str, _used: Quantity) -> None:
        honest(self, working, name, working.wanted)

    patch.setattr(Book, "_locate", locate)


def never_releases(patch: Patch) -> None:
    honest = Book.hold

    def hold(self: Book, working: Working) -> None:
        if not working.ended:
            honest(self, working)

    patch.setattr(Book, "hold", hold)


def sends_again_without_a_flag(patch: Patch) -> None:
    honest = doubt.unknown_to_broker

    def unknown(*args: Any, **more: Any) -> Outcome:
        outcome = honest(*args, **more)
        messages = tuple(
            replace(each, again=False) if isinstance(each, SendOrder) else each
            for each in outcome.messages
        )
        return replace(outcome, messages=messages)

    patch.setattr(doubt, "unknown_to_broker", unknown)
    patch.setattr(broker_side, "unknown_to_broker", unknown)


def sends_again_whatever_happened_since(patch: Patch) -> None:
    patch.setattr(doubt, "_why_not_again", lambda *_: None)


def drops_its_doubts(patch: Patch) -> None:
    patch.setattr(standing, "_doubt", lambda *_: NOTHING)


def counts_trades_twice(patch: Patch) -> None:
    honest = core._advance

    def advance(state: Any, event: Any, change: Any) -> None:
        honest(state, event, replace(change, exec_id=None))

    patch.setattr(core, "_advance", advance)


def decides_an_id_twice(patch: Patch) -> None:
    honest = desk_side._new

    def new(state: Any, event: Any, order: Any, *rest: Any) -> Outcome:
        state.book.by_desk.pop((order.session, order.cl_ord_id), None)
        return honest(state, event, order, *rest)

    patch.setattr(desk_side, "_new", new)


def loses_requests_that_are_overtaken(patch: Patch) -> None:
    patch.setattr(broker_side, "overtaken", lambda *_: [])


def remembers_what_is_not_in_the_journal(patch: Patch) -> None:
    """Decides by something replay cannot know."""
    honest, count = desk_side.cancel, iter(range(10**9))

    def cancel(*args: Any, **more: Any) -> Any:
        messages, changes = honest(*args, **more)
        return (messages[: next(count) % 2], changes)

    patch.setattr(kills, "cancel", cancel)
    patch.setattr(desk_side, "cancel", cancel)


def forgets_a_record(patch: Patch) -> None:
    """Says a batch is durable that is still in memory."""
    patch.setattr("tests.simulation.disk.FaultyFile.sync", lambda _: None)


SABOTEURS = [
    sends_before_it_records,
    holds_nothing,
    holds_what_the_broker_says_is_left,
    forgets_the_larger_version,
    lends_without_counting,
    lends_again_what_was_sold,
    never_releases,
    sends_again_without_a_flag,
    sends_again_whatever_happened_since,
    drops_its_doubts,
    counts_trades_twice,
    decides_an_id_twice,
    loses_requests_that_are_overtaken,
    remembers_what_is_not_in_the_journal,
    forgets_a_record,
]


@pytest.mark.parametrize("seed", range(300, 303))
def test_a_gate_killed_again_and_again_loses_and_doubles_nothing(seed: int) -> None:
    assert verdict_on(kill(seed, kills=15)) == []


@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda each: each.__name__)
def test_a_saboteur_is_caught(saboteur: Callable[[Patch], None], monkeypatch: Patch) -> None:
    saboteur(monkeypatch)
    assert any(live(seed, events=250).wrong for seed in range(200, 212))
