"""The reckoning: whether all came out as the plan, the brokers and the account say it must.

Three books are laid side by side, none of which trusts another: the gate's journal, verified and
decided once more; the brokers' own ledgers; and the account as it is known from its trades. And
each order is held against what the plan said it must come to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.errors import JournalError
from audit.note import PublicKey
from audit.reader import Reader
from audit.report import Report
from audit.verify import verify
from domain.fixed import Quantity
from domain.ids import InstrumentId
from domain.lifecycle import Status
from domain.scope import Level, scope
from domain.working import Working
from gateway.demo.brokers_book import BrokersBook, read_books
from gateway.demo.plan import ACCOUNT, End, NewOrder, Step
from gateway.demo.trades import Account
from gateway.library import Library
from gateway.records import RecordUnreadable
from gateway.replay import Difference, replay
from gateway.snapshot import digest
from gateway.state import State

ENDS = {
    Status.FILLED: End.FILLED,
    Status.CANCELED: End.CANCELLED,
    Status.REJECTED: End.REJECTED,
    Status.DENIED: End.DENIED,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one planned order, and whether that was meant."""

    step: NewOrder
    came_to: str
    as_planned: bool


@dataclass(frozen=True, slots=True)
class Position:
    """One share: what the gate holds, the brokers traded on top of the opening, and the trades."""

    gate: Quantity
    brokers: Quantity
    known: Quantity


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Everything that was held against something."""

    verdicts: tuple[Verdict, ...]
    positions: Mapping[InstrumentId, Position]
    brokers: BrokersBook
    journal: Report
    difference: str | None
    state: State
    digest: str

    @property
    def slips(self) -> tuple[Verdict, ...]:
        """The orders somebody should not have sent."""
        return tuple(verdict for verdict in self.verdicts if verdict.step.slip)

    @property
    def let_through(self) -> tuple[Verdict, ...]:
        """Slips that were not stopped, or not by the rule that should have."""
        return tuple(verdict for verdict in self.slips if not verdict.as_planned)

    @property
    def astray(self) -> tuple[Verdict, ...]:
        """Honest orders that came to something else than planned."""
        return tuple(
            verdict for verdict in self.verdicts if not (verdict.step.slip or verdict.as_planned)
        )

    @property
    def agreed(self) -> bool:
        """Whether the gate's positions are the brokers'."""
        return all(position.gate == position.brokers for position in self.positions.values())

    @property
    def worked_twice(self) -> tuple[str, ...]:
        """Our ids of which a broker made more than one order. There is never any."""
        return tuple(name for name, times in self.brokers.worked.items() if times > 1)

    @property
    def good(self) -> bool:
        """Whether nothing that must hold was broken."""
        return (
            not self.let_through
            and self.agreed
            and not self.worked_twice
            and self.journal.ok
            and self.difference is None
        )


def reckon(
    journal: Path,
    key: Path,
    ledgers: Iterable[Path],
    steps: Iterable[Step],
    account: Account,
) -> Reckoning:
    """Verify the journal, decide it once more, and hold all books side by side."""
    report = verify(journal, PublicKey.parse(key.read_text(encoding="ascii")))
    reader = Reader.open(journal)
    state = State(Library(reader.object))
    repeated: set[str] = set()
    difference = None
    try:
        for event, outcome in replay(state, (record.body for record in reader.records())):
            del event
            if outcome.repeat and outcome.decision is not None and outcome.order_id is not None:
                repeated.add(outcome.order_id)
    except (Difference, JournalError, RecordUnreadable) as found:
        difference = str(found)
    brokers = read_books(ledgers)
    verdicts = tuple(
        _verdict(step, state, repeated) for step in steps if isinstance(step, NewOrder)
    )
    return Reckoning(
        verdicts=verdicts,
        positions=_positions(state, brokers, account),
        brokers=brokers,
        journal=report,
        difference=difference,
        state=state,
        digest=digest(state),
    )


def _verdict(step: NewOrder, state: State, repeated: set[str]) -> Verdict:
    order = step.order
    working = state.book.by_desk.get((order.session, order.cl_ord_id))
    if working is None:
        return Verdict(step, "never decided", as_planned=False)
    if step.end is End.REPEATED:
        again = working.order_id in repeated
        return Verdict(step, "repeated" if again else "never repeated", as_planned=again)
    came_to = ENDS.get(working.status)
    named = step.rule is None or step.rule in {each.rule for each in working.decision.findings}
    return Verdict(step, _said(working), as_planned=came_to is step.end and named)


def _said(working: Working) -> str:
    if working.status is Status.DENIED:
        return "denied by " + ", ".join(each.rule for each in working.decision.findings)
    return working.status.name.lower().replace("_", " ")


def _positions(
    state: State, brokers: BrokersBook, account: Account
) -> dict[InstrumentId, Position]:
    known = account.positions()
    node = state.book.node(scope(Level.ACCOUNT, ACCOUNT))
    found = {}
    for name in sorted(known.keys() | brokers.positions.keys() | node.lines.keys()):
        opening = account.opening.get(name)
        before = 0 if opening is None else opening.quantity
        line = node.lines.get(name)
        found[name] = Position(
            gate=Quantity(0) if line is None else line.position,
            brokers=Quantity(before + brokers.positions.get(name, 0)),
            known=known.get(name, Quantity(0)),
        )
    return found
