"""Saboteurs: each breaks one promise of the gate, as a mistake in its code would."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.book import Book
from domain.consent import Override
from domain.events import Event, Started
from domain.exposure import Line, Node
from domain.finding import Finding
from domain.fixed import Quantity, scaled
from domain.ids import Micros
from domain.limits import Limits
from domain.messages import SendOrder
from domain.working import Working
from gateway import broker_side, consents, core, desk_side, doubt, kills, standing
from gateway.outcome import NOTHING, Outcome
from gateway.sequencer import Sequencer
from gateway.state import State
from rules.check import Check
from rules.kinds import credit_limit

Patch = pytest.MonkeyPatch


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

    def new(state: Any, event: Any, order: Any, *rest: Any, **more: Any) -> Outcome:
        state.book.by_desk.pop((order.session, order.cl_ord_id), None)
        return honest(state, event, order, *rest, **more)

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


class Filled(Node):
    """A node as it would be if nothing worked."""

    def __init__(self, node: Node) -> None:
        lines = {
            name: Line(position=line.position, unit=line.unit, gross=gross)
            for name, line in node.lines.items()
            for gross in [abs(scaled(line.position, line.unit or 0))]
        }
        super().__init__(lines, sum(line.gross for line in lines.values()), unpriced=node.unpriced)


def lends_credit_until_it_is_filled(patch: Patch) -> None:
    """Judges an order by what is held and not by what works."""
    honest = credit_limit._check

    def check(rule: Any, place: Any, nodes: Any, limit_of: Any) -> Check:
        def findings(case: Any) -> Any:
            held = tuple((where, Filled(node)) for where, node in nodes)
            return honest(rule, place, held, limit_of).findings(case)

        return Check(lambda case: not list(findings(case)), findings)

    patch.setattr(credit_limit, "_check", check)


def forgets_what_risk_changed(patch: Patch) -> None:
    honest = Limits.find
    patch.setattr(Limits, "find", lambda self, *key: honest(Limits(self.facts), *key))


def keeps_what_risk_changed_for_ever(patch: Patch) -> None:
    def load(self: Limits, facts: Any) -> None:
        self.facts = {(limit.name, limit.scope): limit for limit in facts}

    patch.setattr(Limits, "load", load)


def takes_a_limit_from_anybody(patch: Patch) -> None:
    patch.setattr(consents, "limit_changed", lambda *_: NOTHING)


def keeps_the_lists_of_older_facts(patch: Patch) -> None:
    patch.setattr(State, "unbind", lambda _: None)


def lets_an_override_be_used_again(patch: Patch) -> None:
    honest = Override.holds
    patch.setattr(Override, "holds", lambda self, at: honest(replace(self, used_by=None), at))


def lets_an_override_outlive_its_time(patch: Patch) -> None:
    honest = Override.holds
    patch.setattr(Override, "holds", lambda self, _at: honest(self, Micros(0)))


def lets_an_override_pass_other_terms(patch: Patch) -> None:
    patch.setattr(consents, "_is_the_same", lambda *_: True)


def lets_an_override_pass_what_was_not_denied(patch: Patch) -> None:
    patch.setattr(consents, "_no_of", lambda _: None)


def lets_one_person_override(patch: Patch) -> None:
    honest = consents._override_fault

    def fault(*args: Any) -> str | None:
        found = honest(*args)
        return None if found is not None and "somebody else" in found else found

    patch.setattr(consents, "_override_fault", fault)


def lets_one_person_release(patch: Patch) -> None:
    patch.setattr(kills, "_seconds", lambda *_: True)


def lets_anybody_release(patch: Patch) -> None:
    patch.setattr(kills, "role_fault", lambda *_: None)


def forgets_what_was_stopped(patch: Patch) -> None:
    """Trades on after a restart, whatever people had halted."""
    _forget_at_a_start(patch, lambda state: state.states.clear())


def forgets_which_venues_halted(patch: Patch) -> None:
    _forget_at_a_start(patch, lambda state: state.book.statuses.clear())


def _forget_at_a_start(patch: Patch, forget: Callable[[State], None]) -> None:
    honest = core._stand

    def stand(state: State, event: Event) -> None:
        honest(state, event)
        if isinstance(event.body, Started):
            forget(state)

    patch.setattr(core, "_stand", stand)


def tells_what_is_watched(patch: Patch) -> None:
    patch.setattr(Finding, "is_told", property(lambda _: True))


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
    lends_credit_until_it_is_filled,
    forgets_what_risk_changed,
    keeps_what_risk_changed_for_ever,
    takes_a_limit_from_anybody,
    keeps_the_lists_of_older_facts,
    lets_an_override_be_used_again,
    lets_an_override_outlive_its_time,
    lets_an_override_pass_other_terms,
    lets_an_override_pass_what_was_not_denied,
    lets_one_person_override,
    lets_one_person_release,
    lets_anybody_release,
    forgets_what_was_stopped,
    forgets_which_venues_halted,
    tells_what_is_watched,
]
