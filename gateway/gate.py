"""The gate, put together: journal, core, FIX, local door, clock.

This is the one place where the rooms are joined. Starting is, in this order:

1. take the pen (the journal's lock) and recover the journal;
2. replay it: the state is what the records say, and every outcome must come out the same;
3. start the writer and tell it, as events, that it started, and which policy and reference
   facts the settings name, where they are not in force already;
4. open the links: brokers, desks, the local door.

INVARIANT (a fault silences): when anything that must not fail has failed (the writer, the journal,
a FIX callback), nothing more is sent, the links are dropped and the process ends with the reason.
A gateway that is wrong should be silent.
"""

import platform
import secrets
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Protocol

import structlog

from adapters.clock import Timers, now
from adapters.market.board import QuoteBoard
from audit.journal import Journal
from audit.reader import Reader
from domain.events import (
    Body,
    PolicyActivated,
    ReferenceLoaded,
    Started,
    Stopped,
)
from domain.ids import Digest
from domain.instrument import Instrument
from domain.messages import AskOrder, Message, SetFlattenTimer, SetKillTimer, SetTimer
from domain.reference import Reference
from gateway.alarm import Alarm
from gateway.collecting import building
from gateway.inbox import Inbox
from gateway.library import Shelf
from gateway.local_door import LocalDoor
from gateway.renewal import FactsFile, Renewal
from gateway.replay import replay
from gateway.sequencer import Sequencer
from gateway.state import State
from gateway.withdrawal import Withdrawal

VERSION = "0.1"

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""What a journal's mark is made of: no vowels, so that it spells nothing."""
MARK_LENGTH = 5
log = structlog.get_logger()


class Links(Protocol):
    """The FIX sessions, desks and brokers, as the gate drives them."""

    def start(self) -> None:
        """Listen and dial."""

    def send(self, message: Message) -> None:
        """Send what goes to a desk or broker; what is not for FIX is let pass."""

    def stop(self) -> None:
        """Log out and release ports."""

    def turn(self) -> bool:
        """Do the sessions' work on the writer's thread; say whether anything arrived."""

    def recall(self, message: Message) -> None:
        """Take, before the start, a message of the journal that its receiver may not know."""

    def relist(self, instruments: Iterable[Instrument]) -> None:
        """Know these instruments from now on; called on the writer's thread."""

    def unfit(self, facts: Reference) -> tuple[str, ...]:
        """Say what facts lack that the sessions cannot do without until a new start."""

    @property
    def health(self) -> dict[str, object]:
        """Which sessions are up."""

    @property
    def sessions(self) -> frozenset[str]:
        """The desk sessions that speak FIX: nobody else may ask in their name."""


class NoLinks:
    """A gate without FIX: orders come by the local door, and nothing can be sent to a broker."""

    sessions: frozenset[str] = frozenset()

    def start(self) -> None:
        """Nothing to open."""

    def send(self, message: Message) -> None:
        """Nowhere to send."""

    def stop(self) -> None:
        """Nothing to close."""

    def turn(self) -> bool:
        """Nothing ever arrives."""
        return False

    def recall(self, message: Message) -> None:
        """Nobody to tell."""

    def relist(self, instruments: Iterable[Instrument]) -> None:
        """Nobody reads messages."""

    def unfit(self, facts: Reference) -> tuple[str, ...]:  # noqa: ARG002
        """Nothing is needed."""
        return ()

    @property
    def health(self) -> dict[str, object]:
        """No sessions."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a gate is made of, read from its settings.

    `links` makes the FIX side, given the inbox, the reference facts and whom to tell of a fault.
    `facts` is where newer facts come from, if from anywhere.
    """

    journal: Path
    key: Path
    origin: str
    policy: Path
    reference: Reference
    door: Path
    facts: FactsFile | None = None
    links: Callable[[Inbox, Reference, Callable[[BaseException], None]], Links] = field(
        default=lambda _inbox, _reference, _fault: NoLinks()
    )
    inbox_capacity: int = 10_000
    marks_every_us: int = 1_000_000
    checkpoint_every_us: int = 1_000_000
    withdrawal: Withdrawal = field(default_factory=Withdrawal)


class Gate:
    """A running gate."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ended = Flag()
        self._fault: BaseException | None = None
        self._journal = Journal.open(plan.journal, key=plan.key, origin=plan.origin)
        self._shelf = Shelf(self._journal)
        self.state = State(self._shelf)
        self._inbox = Inbox(plan.inbox_capacity)
        self._timers = Timers()
        self._links = plan.links(self._inbox, plan.reference, self.fail)
        self._open = False
        self._opened = ExitStack()
        self._opened.callback(self._journal.close)
        with building():
            self.replayed = self._recover()
        self._board = QuoteBoard(
            self._inbox.tell,
            clock=now,
            every_us=plan.marks_every_us,
            known=self.state.book.quotes.values(),
            statuses=self.state.book.statuses.values(),
        )
        self._alarm = Alarm()
        self._sequencer = Sequencer(
            self.state,
            inbox=self._inbox,
            record=self._journal,
            outbox=self,
            clock=now,
            quote_of=self._board.quote_of,
            turn=self._turn,
            ring=self._alarm.ring,
        )
        self._writer = Thread(target=self._write, name="writer")
        self._renewal: Renewal | None = None
        if plan.facts is not None:
            self._renewal = Renewal(
                plan.facts,
                inbox=self._inbox,
                shelf=self._shelf,
                sessions=self._links,
                in_force=self._in_force,
                fail=self.fail,
            )
        self._door = LocalDoor(
            plan.door,
            inbox=self._inbox,
            board=self._board,
            renewal=self._renewal,
            health=self._health,
            sessions=lambda: self._links.sessions,
        )
        self._signed = self._journal.size

    def start(self) -> None:
        """Open for business. After a failure here, `stop` closes what had been opened."""
        self._timers.start()
        self._opened.callback(self._timers.stop)
        self._alarm.start()
        self._opened.callback(self._alarm.stop)
        self._writer.start()
        self._opened.callback(self._finish)
        self._tell_what_is_in_force()
        self._timers.every(self._plan.marks_every_us, self._board.flush)
        self._timers.every(
            self._plan.checkpoint_every_us, lambda: self._inbox.look(self._checkpoint)
        )
        self._opened.callback(self._links.stop)
        self._links.start()
        self._open = True
        if self._renewal is not None:
            self._renewal.start()
            self._opened.callback(self._renewal.stop)
        self._door.start()
        self._opened.callback(self._door.stop)
        log.info("gate_open", records=self.replayed, door=str(self._plan.door))

    def wait(self) -> BaseException | None:
        """Wait until the gate is stopped or fails; give the fault."""
        self._ended.wait()
        return self._fault

    def end(self) -> None:
        """Let `wait` return: somebody wants the gate to stop."""
        self._ended.set()

    def fail(self, fault: BaseException) -> None:
        """Take note that something failed that must not, and end."""
        if self._fault is None:
            self._fault = fault
            log.error("gate_fault", fault=f"{type(fault).__name__}: {fault}")
        self._ended.set()

    def stop(self) -> None:
        """Close in good order: no new orders, the last record written, the last head signed."""
        self._ended.set()
        if self._open:
            self._withdraw()
        self._opened.close()
        log.info("gate_closed", records=self.state.next_seq)

    def send(self, messages: tuple[Message, ...]) -> None:
        """Send what a durable record caused (`gateway.sequencer.Outbox`)."""
        for message in messages:
            if self._fault is not None:
                return
            match message:
                case SetTimer() | SetKillTimer() | SetFlattenTimer():
                    self._timers.at(message.due, partial(self._inbox.tell, message.body))
                case AskOrder():
                    # Refused when the gate is behind or about to stop: the next step asks again.
                    self._inbox.ask(message.body)
                case _:
                    self._links.send(message)

    def _withdraw(self) -> None:
        """Cancel what works, if the settings say so, while the brokers can still be heard."""
        withdrawal = self._plan.withdrawal
        left = withdrawal.carry_out(self._inbox, given_up=lambda: self._fault is not None)
        if left is None or left:
            orders = "unknown" if left is None else ",".join(left)
            log.error("orders_may_still_work", orders=orders, allowed_us=withdrawal.within_us)

    def _recover(self) -> int:
        for torn in self._journal.torn:
            log.warning("torn_tail_quarantined", tail=str(torn))
        lines = (record.body for record in Reader.open(self._plan.journal).records())
        count = 0
        for _, outcome in replay(self.state, lines):
            count += 1
            for message in outcome.messages:
                self._links.recall(message)
        return count

    def _tell_what_is_in_force(self) -> None:
        """Tell the core that it started, and what the settings name, if that is new."""
        plan = self._plan
        text = plan.policy.read_bytes()
        policy = self._shelf.add_policy(text, file=str(plan.policy), reference=plan.reference)
        facts = self._shelf.add_reference(plan.reference)
        mark = "".join(secrets.choice(LETTERS) for _ in range(MARK_LENGTH))
        bodies: list[Body] = [Started(version=VERSION, host=platform.node(), mark=mark)]
        known = self.state.book.reference
        if known is None or known.digest != facts:
            bodies.append(
                ReferenceLoaded(
                    digest=facts,
                    version=plan.reference.version,
                    as_of=plan.reference.as_of,
                    by="settings",
                )
            )
        if self.state.policy is None or self.state.policy.digest != policy.digest:
            bodies.append(
                PolicyActivated(digest=Digest(policy.digest), name=policy.name, by="settings")
            )
        taken = Flag()

        def look(state: State) -> None:
            reference = state.book.reference
            assert reference is not None, "the first facts forget nothing"
            if reference.digest != facts:
                log.warning("facts_refused", digest=facts, in_force=reference.digest)
            # Those of the settings may have been refused.
            self._links.relist(reference.instruments.values())
            taken.set()

        for body in bodies:
            self._inbox.tell(body)
        self._inbox.look(look)
        while not taken.wait(0.1):
            if self._fault is not None:
                raise self._fault

    def _in_force(self) -> tuple[Digest | None, Digest | None]:
        """Give the digests of the facts and the policy in force.

        Both are values that are replaced whole, so any thread may read them.
        """
        reference, policy = self.state.book.reference, self.state.policy
        return (
            None if reference is None else reference.digest,
            None if policy is None else policy.digest,
        )

    def _turn(self) -> bool:
        return self._open and self._links.turn()

    def _finish(self) -> None:
        """Let the writer take what is in the inbox, say that it stopped, and end."""
        if self._fault is None:
            self._inbox.tell(Stopped(reason="asked to stop"))
        self._inbox.close()
        self._writer.join()

    def _write(self) -> None:
        try:
            self._sequencer.run()
        except BaseException as fault:  # noqa: BLE001 (whatever it is, the gate must fall silent)
            self.fail(fault)

    def _checkpoint(self, _: State) -> None:
        if self._journal.size != self._signed:
            self._journal.checkpoint()
            self._signed = self._journal.size

    def _health(self) -> dict[str, object]:
        return {
            "waiting": self._inbox.waiting,
            "records": self._journal.size,
            "links": self._links.health,
            "fault": None if self._fault is None else str(self._fault),
        }
