"""What would the gate say? The core, asked in memory beside the gate.

A question is put to the state a journal left behind, or to an empty one, under the policy and the
facts that are in force there or under others: a draft policy can be tried on this morning's book.
Nothing is written, sent or remembered outside. Every broker counts as connected, since whether an
order may go is the question, not whether it could leave this minute.
"""

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from audit.reader import Reader
from domain.events import (
    Body,
    Event,
    OrderAsked,
    PolicyActivated,
    ReferenceLoaded,
    ReplaceAsked,
    RouteChanged,
    SignalAsked,
)
from domain.ids import Micros, digest_of
from domain.market import Quote
from domain.order import Order
from domain.reference import Reference
from gateway.core import apply, decide
from gateway.library import Shelf
from gateway.outcome import Outcome
from gateway.replay import replay
from gateway.state import State
from rules.case import Case
from rules.check import Panel, Room
from rules.explanation import Explained, explained
from rules.policy import Policy


class Scratch:
    """Stored texts: those of a journal, and new ones that stay in memory."""

    def __init__(self, journal: Reader | None = None) -> None:
        self._journal = journal
        self._texts: dict[str, bytes] = {}

    def put_object(self, data: bytes) -> str:
        """Keep a text in memory; give its digest."""
        digest = digest_of(data)
        self._texts[digest] = data
        return digest

    def get_object(self, named: str) -> bytes:
        """Give a text; KeyError when it is nowhere."""
        found = self._texts.get(named)
        if found is not None:
            return found
        if self._journal is None:
            raise KeyError(named)
        return self._journal.object(named)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate would say, and how much room each limit leaves before the order."""

    outcome: Outcome
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the gate would say, and each rule's part in it; no rules where none could be asked."""

    outcome: Outcome
    policy: Policy | None
    rules: tuple[Explained, ...]


class WhatIf:
    """A state to ask questions of. Questions change nothing; what is told does."""

    def __init__(self, journal: Reader | None = None, *, before: int | None = None) -> None:
        """Begin with the state that a journal's records left, or those `before` one of them did.

        Without a journal, begin with an empty one.
        """
        self._shelf = Shelf(Scratch(journal))
        self.state = State(self._shelf)
        if journal is not None:
            lines = (record.body for record in islice(journal.records(), before))
            for _ in replay(self.state, lines, check=False):
                pass

    def put_facts(self, reference: Reference) -> None:
        """Put reference facts in force; a draft may well be older."""
        digest = self._shelf.add_reference(reference)
        self.tell(ReferenceLoaded(digest=digest, older=True, by="what-if"))

    def put_policy(self, path: Path) -> None:
        """Put a policy in force.

        Raises
        ------
        OSError, rules.fault.Faults
            If it cannot be read, or has faults.
        """
        policy = self._shelf.add_policy(path.read_bytes(), file=str(path))
        self.tell(PolicyActivated(digest=policy.digest, name=policy.name, by="what-if"))

    def connect(self) -> None:
        """Count every broker of the facts as connected."""
        reference = self.state.book.reference
        for route in () if reference is None else reference.routes:
            if route.id not in self.state.routes:
                self.tell(RouteChanged(route=route.id, up=True))

    def tell(self, body: Body) -> None:
        """Carry out what has happened."""
        event = Event(self.state.next_seq, self.state.at, body, self.state.mark)
        apply(self.state, event, decide(self.state, event))

    def ask(self, order: Order, quote: Quote | None, at: Micros) -> Answer:
        """Ask about an order, at an instant no earlier than what was told last."""
        event = self.event(OrderAsked(order=order, quote=quote), at)
        outcome = decide(self.state, event)
        question = self._question(event)
        if question is None:
            return Answer(outcome, ())
        case, panel = question
        return Answer(outcome, panel.rooms(case))

    def event(self, body: Body, at: Micros) -> Event:
        """Make the next event, at an instant no earlier than what was told last."""
        return Event(self.state.next_seq, Micros(max(at, self.state.at)), body, self.state.mark)

    def explain(self, event: Event) -> Explanation:
        """Explain what is said of a desk's question, rule by rule."""
        outcome = decide(self.state, event)
        policy, question = self.state.policy, self._question(event)
        if policy is None or question is None:
            return Explanation(outcome, policy, ())
        return Explanation(outcome, policy, explained(policy, question[0]))

    def _question(self, event: Event) -> tuple[Case, Panel] | None:
        """Put what a desk asks as the rules would be asked; None where none can be."""
        match event.body:
            case OrderAsked(order=order, quote=quote):
                signalled_at, replaced = None, None
            case SignalAsked(signal=signal, quote=quote):
                order, signalled_at, replaced = signal.order, signal.signalled_at, None
            case ReplaceAsked(orig_cl_ord_id=orig, order=order, quote=quote):
                replaced = self.state.book.by_desk.get((order.session, orig))
                signalled_at = None
                if replaced is None:
                    return None
                old = replaced.order
                order = replace(order, strategy=old.strategy, route=replaced.route)
            case _:
                return None
        reference = self.state.book.reference
        if (
            reference is None
            or self.state.policy is None
            or order.account not in reference.accounts
            or order.instrument not in reference.instruments
        ):
            return None
        return self.state.case(
            order, at=event.at, quote=quote, replaced=replaced, signalled_at=signalled_at
        )
