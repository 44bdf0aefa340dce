"""A seeded world around the real core, sequencer, inbox and journal.

Everything outside them is here and plain: desks, brokers and their wires, a disk that forgets, a
clock that jumps, operators, and death at any point between two steps. All chance comes from the
seed, so a world can be had again. What it did is left in `journal`, in the brokers' logs and in the
desks' answers, for the oracle.

    world = World(seed=7)
    world.live(400)      # four hundred things happen
    world.quiet()        # no more faults: everything is answered, every order ends
"""

import errno
import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.errors import JournalPoisoned
from audit.journal import Journal
from audit.note import Signer
from audit.reader import Reader
from domain.events import (
    Body,
    MarketSeen,
    NotSent,
    PolicyActivated,
    PositionAdjusted,
    ReferenceLoaded,
    RouteChanged,
    SessionChanged,
    Started,
)
from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, Digest, InstrumentId, Micros, OrderId, RouteId, SessionId
from domain.market import Phase, Quote
from domain.messages import (
    AskOrder,
    Message,
    SendCancel,
    SendDontKnow,
    SendOrder,
    SendReplace,
    SendStatusRequest,
    SetFlattenTimer,
    SetKillTimer,
    SetTimer,
    ToDesk,
)
from gateway.inbox import Entry, Inbox
from gateway.replay import replay
from gateway.sequencer import Sequencer
from gateway.snapshot import digest, snapshot
from gateway.state import State
from tests.builders import (
    A1,
    A2,
    ALPHA,
    B1,
    BETA,
    MOMENTUM,
    NORTH,
    SOUTH,
)
from tests.simulation.broker import Broker
from tests.simulation.desk import Desk
from tests.simulation.disk import FaultyDisk
from tests.simulation.facts import Facts, draw_facts
from tests.simulation.limits import Limits, draw_limits, policy_text
from tests.simulation.market import draw_quote, draw_rate, draw_status
from tests.simulation.people import People
from tests.simulation.scene import LISTINGS, SECOND, SPARE
from tests.simulation.texts import Nowhere, Texts
from tests.simulation.wire import Wire

ORIGIN = "ordergate.example/simulation"
SIGNER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
START = 1_700_000_000_000_000


class Died(Exception):
    """The process is gone, here and now."""


class World:
    """One world, from its seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.disk = FaultyDisk(random.Random(seed + 1))
        self.now = START
        self.skew = 0
        self.deaths: Counter[str] = Counter()
        """How often it died, by what it was doing."""
        self.limits: dict[str, Limits] = {}
        self.facts: dict[str, Facts] = {}
        """By digest, what the oracle knows of the facts."""
        self.wrong: list[str] = []
        self.standing: dict[int, bytes] = {}
        """Now and then, the state as it was before a record."""
        self.durable = 0
        self.quotes: dict[InstrumentId, Quote] = {}
        self.wires = {
            route: Wire(Broker(route, random.Random(f"{seed} {route}")))
            for route in (NORTH, SOUTH, SPARE)
        }
        self.desks = {
            ALPHA: Desk(ALPHA, (A1, A2), (MOMENTUM,), LISTINGS, random.Random(f"{seed} A")),
            BETA: Desk(BETA, (B1,), (), LISTINGS, random.Random(f"{seed} B")),
        }
        self.people = People(self.chance)
        self.policy = policy_text(draw_limits(self.chance))
        self.reference = draw_facts(self.chance, START)
        self._moods = [1 if weight > 10 else self._mood() for _, weight in self._deeds()]
        self._timers: list[tuple[int, int, SetTimer | SetKillTimer | SetFlattenTimer]] = []
        self._fate: str | None = None
        self._set = 0
        self._sending = 0
        self.inbox = Inbox()
        self.journal: Journal
        self.shelf: Texts
        self.state: State
        self.sequencer: Sequencer
        self.state = State(Texts(Nowhere()))
        self.recover()
        for name in LISTINGS:
            self._market_moves(name)
            self._venue_speaks(name)

    # The life of the gate.

    def recover(self) -> None:
        """Start the gate as `gateway.gate` does: pen, replay, Started, what is in force."""
        lived = self.state
        while True:
            try:
                self.journal = Journal.on(self.disk, SIGNER)
                break
            except (OSError, JournalPoisoned):
                self.disk.crash(power=False)
        if self.journal.size < self.durable:
            self._fault(f"{self.durable} records were durable, {self.journal.size} are left")
        self.durable = self.journal.size
        self.shelf = Texts(self.journal)
        self.state, told = self.replayed()
        for session, desk in self.desks.items():
            desk.recall(told.get(session, ()))
        if self.state.next_seq == lived.next_seq and digest(self.state) != digest(lived):
            self._fault(f"at record {lived.next_seq} the replayed state is not the one that lived")
        self.inbox = Inbox()
        self._timers.clear()
        self._fate = None
        self.sequencer = Sequencer(
            self.state,
            inbox=self.inbox,
            record=self,
            outbox=self,
            clock=lambda: Micros(self.now + self.skew),
            quote_of=self.quotes.get,
            turn=lambda: False,
        )
        self.inbox.tell(Started(version="0", host="simulation"))
        self._put_in_force()

    def replayed(self) -> tuple[State, Mapping[SessionId, Sequence[ToDesk]]]:
        """The state as the journal tells it, and all it has for the desks."""
        state = State(self.shelf)
        told: defaultdict[SessionId, list[ToDesk]] = defaultdict(list)
        for _, outcome in replay(state, (found.body for found in Reader(self.disk).records())):
            for message in outcome.messages:
                if isinstance(message, ToDesk):
                    told[message.session].append(message)
        return state, told

    def die(self, doing: str) -> None:
        """End the process, perhaps with the power, and start it again."""
        power = self.chance.random() < 0.6
        self.deaths[f"{doing}, {'with' if power else 'without'} the power"] += 1
        self.disk.crash(power=power)
        for wire in self.wires.values():
            wire.forget()
        for desk in self.desks.values():
            desk.up = False
        self.recover()

    def _put_in_force(self) -> None:
        text, known = self.policy
        policy = self.shelf.policy(Digest(self.journal.put_object(text)))
        reference, facts = self.reference
        named = self.shelf.add_reference(reference)
        self.limits[policy.digest] = known
        self.facts[named] = facts
        known_facts, known_policy = self.state.book.reference, self.state.policy
        if known_facts is None or known_facts.digest != named:
            self.inbox.tell(ReferenceLoaded(digest=named, by="simulation"))
        if known_policy is None or known_policy.digest != policy.digest:
            self.inbox.tell(
                PolicyActivated(digest=policy.digest, name=policy.name, by="simulation")
            )

    # What the sequencer is given: where records and messages go.

    def append(self, records: Sequence[bytes]) -> range:
        """Be the journal (`gateway.sequencer.Record`), and die around it when fated."""
        if self._fate == "before recording":
            raise Died
        numbers = self.journal.append(records)
        self.durable = self.journal.size
        if self._fate == "after recording":
            raise Died
        return numbers

    def send(self, messages: tuple[Message, ...]) -> None:
        """Be the links (`gateway.sequencer.Outbox`), and die in the middle when fated."""
        for message in messages:
            if self._fate == "while sending":
                if not self._sending:
                    raise Died
                self._sending -= 1
            match message:
                case AskOrder():
                    self.inbox.ask(message.body)
                case SetTimer() | SetKillTimer() | SetFlattenTimer():
                    self._set += 1
                    heapq.heappush(self._timers, (message.due, self._set, message))
                case SendOrder() | SendCancel() | SendReplace():
                    wire = self.wires[message.route]
                    if wire.up:
                        wire.outward.append((message, self.journal.size))
                    else:
                        self.inbox.tell(
                            NotSent(
                                route=message.route,
                                order_id=OrderId(message.order_id),
                                again=message.again,
                            )
                        )
                case SendStatusRequest() | SendDontKnow():
                    if self.wires[message.route].up:
                        self.wires[message.route].outward.append((message, self.journal.size))
                case _ if isinstance(message, ToDesk):
                    self.desks[message.session].hear(message)
                case _:
                    raise AssertionError(f"nobody takes {message}")

    def step(self, most: int) -> None:
        """Let the sequencer take what is in the inbox, at most so much."""
        if not self.inbox.waiting:
            return
        batch = [entry for entry in self.inbox.take(most, 0) if isinstance(entry, Entry)]
        try:
            self.sequencer.step(batch)
        except Died:
            self.die(str(self._fate))
        except JournalPoisoned:
            self.die("by a failing disk")
        if self.chance.random() < 0.06:
            self.standing[self.state.next_seq] = snapshot(self.state)

    @property
    def clock(self) -> Micros:
        """What the gate takes for now."""
        return Micros(max(self.now + self.skew, self.state.at))

    # What happens.

    def live(self, events: int) -> None:
        """Let so many things happen, faults among them."""
        deeds, often = zip(*self._deeds(), strict=True)
        weights = [each * mood for each, mood in zip(often, self._moods, strict=True)]
        for _ in range(events):
            self.now += self.chance.choice([10, 500, 20_000, SECOND])
            self.chance.choices(deeds, weights)[0]()
            self._come_back()
            self._fire_timers()
            if self.chance.random() < 0.5:
                self.step(self.chance.choice([1, 2, 4, 64]))

    def _deeds(self) -> list[tuple[Callable[[], None], float]]:
        return [
            (self._desk_asks, 50),
            (self._wire_carries, 40),
            (self._broker_acts, 40),
            (self._wire_changes, 4),
            (self._desk_changes, 2),
            (lambda: self._market_moves(self.chance.choice(LISTINGS)), 6),
            (lambda: self._venue_speaks(self.chance.choice(LISTINGS)), 3),
            (lambda: self._tell(self.people.stop()), 2),
            (self._people_override, 5),
            (self._people_change_credit, 6),
            (self._policy_changes, 0.7),
            (self._facts_change, 3),
            (self._position_is_told, 0.5),
            (self._clock_jumps, 1),
            (self._disk_fails, 0.7),
            (self.doom, 1),
            (self._head_is_signed, 1),
        ]

    def _mood(self) -> float:
        """Draw how often something rare happens in this world.

        Where everything happens as often as anywhere, whatever takes quiet to build up is never
        seen: so worlds differ, and some are nearly without halts, some nearly without faults.
        """
        return self.chance.choice([0.2, 1, 1, 3])

    def _desk_asks(self) -> None:
        desk = self.chance.choice(list(self.desks.values()))
        if desk.up:
            self.inbox.ask(desk.asks(Micros(self.now)))

    def _broker_acts(self) -> None:
        self.chance.choice(list(self.wires.values())).broker.act()

    def _wire_carries(self) -> None:
        wire = self.chance.choice(list(self.wires.values()))
        wire.carry_out(self.chance.choice([1, 3, 99]))
        self._take_in(wire, self.chance.choice([1, 3, 99]))

    def _take_in(self, wire: Wire, most: int) -> None:
        for number, body in wire.carry_in(most):
            self.inbox.tell(body, partial(wire.take, number))

    def _wire_changes(self) -> None:
        """Cut a line, and sooner a busy one: what is on it is lost or arrives unseen."""
        busy = [1 + 4 * len(wire.outward) for wire in self.wires.values()]
        route = self.chance.choices(list(self.wires), busy)[0]
        if self.wires[route].up:
            self._connect(route, up=False)

    def _connect(self, route: RouteId, *, up: bool) -> None:
        wire = self.wires[route]
        if up:
            wire.mend()
        else:
            wire.cut()
        self.inbox.tell(RouteChanged(route=route, up=up))

    def _desk_changes(self) -> None:
        session = self.chance.choice(list(self.desks))
        if self.desks[session].up:
            self._log(session, up=False)

    def _log(self, session: SessionId, *, up: bool) -> None:
        desk = self.desks[session]
        if up:
            desk.log_on()
        desk.up = up
        self.inbox.tell(SessionChanged(session=session, up=up))
        if up:
            for body in desk.unanswered():
                self.inbox.ask(body)

    def _market_moves(self, name: InstrumentId) -> None:
        quote = self.quotes[name] = draw_quote(self.chance, name, self.now)
        rate = draw_rate(self.chance, self.now)
        if self.chance.random() < 0.6:
            self.inbox.tell(MarketSeen(quotes=(quote,), rates=(rate,)))

    def _come_back(self) -> None:
        """Peers that were lost try to connect again, and mostly soon; what stopped goes on."""
        for route, wire in self.wires.items():
            if not wire.up and self.chance.random() < 0.15:
                self._connect(route, up=True)
        for session, desk in self.desks.items():
            if not desk.up and self.chance.random() < 0.15:
                self._log(session, up=True)
        for name, status in self.state.book.statuses.items():
            if status.phase is not Phase.CONTINUOUS and self.chance.random() < 0.05:
                self._venue_speaks(name)
        if self.state.states and self.chance.random() < 0.1:
            self._tell(*self.people.release(list(self.state.states)))

    def _venue_speaks(self, name: InstrumentId) -> None:
        status = draw_status(self.chance, name, self.now)
        self.inbox.tell(MarketSeen(statuses=(status,)))

    def _people_override(self) -> None:
        """Let people look at a denied order, and its desk hope."""
        desk = self.chance.choice(list(self.desks.values()))
        if desk.denied:
            name = self.chance.choice(list(desk.denied)[-5:])
            desk.hopes.append(desk.denied[name])
            self._tell(*self.people.override(name, self.clock))

    def _people_change_credit(self) -> None:
        _, facts = self.reference
        self._tell(self.people.change_credit(facts.credit, self.clock))

    def _tell(self, *bodies: Body) -> None:
        for body in bodies:
            self.inbox.tell(body)

    def _policy_changes(self) -> None:
        self.policy = policy_text(draw_limits(self.chance))
        self._told_or_dead(self._put_in_force)

    def _facts_change(self) -> None:
        self.reference = draw_facts(self.chance, self.clock)
        self._told_or_dead(self._put_in_force)

    def _told_or_dead(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except JournalPoisoned:
            self.die("by a failing disk")

    def _position_is_told(self) -> None:
        self.inbox.tell(
            PositionAdjusted(
                account=self.chance.choice([A1, A2, B1, AccountId("nobody")]),
                instrument=self.chance.choice(LISTINGS),
                quantity=Quantity(self.chance.randint(-50, 50) * NANO),
                price=Price(100 * NANO),
                by="operator",
                reason="transfer",
            )
        )

    def _clock_jumps(self) -> None:
        self.skew = self.chance.choice([0, 0, 0, -3600 * SECOND, -SECOND, 10 * SECOND])

    def _disk_fails(self) -> None:
        call = self.chance.choice(["write", "sync", "reserve", "truncate", "sync_folder", "rename"])
        error = self.chance.choice([errno.EIO, errno.ENOSPC])
        self.disk.fail(call, self.chance.randint(0, 3), error)

    def doom(self) -> None:
        """Let the process die soon: between two steps, in the middle of one, or by its disk."""
        places = ["before recording", "after recording", "while sending", None]
        self._fate = self.chance.choice(places)
        self._sending = self.chance.randint(0, 4)
        if self._fate is None:
            self._disk_fails()

    def _head_is_signed(self) -> None:
        self._told_or_dead(self.journal.checkpoint)

    def _fire_timers(self) -> None:
        while self._timers and self._timers[0][0] <= self.now + self.skew:
            _, _, timer = heapq.heappop(self._timers)
            self.inbox.tell(timer.body)

    # The end.

    def quiet(self) -> None:
        """No more faults: all is connected, asked again, answered, and every order ends."""
        self._fate = None
        self.disk.fail("nothing", 0)
        for route, wire in self.wires.items():
            if not wire.up:
                self._connect(route, up=True)
        for session, desk in self.desks.items():
            if not desk.up:
                self._log(session, up=True)
        for _ in range(60):
            self.now += SECOND
            self._settle()
            if self.settled:
                break
        self.journal.checkpoint()
        self.standing[self.state.next_seq] = snapshot(self.state)
        if digest(self.replayed()[0]) != digest(self.state):
            self._fault("at the end the replayed state is not the one that lived")

    def _settle(self) -> None:
        for desk in self.desks.values():
            for body in desk.unanswered():
                self.inbox.ask(body)
        for wire in self.wires.values():
            wire.carry_out(len(wire.outward))
            wire.broker.settle()
            self._take_in(wire, len(wire.broker.said))
        self._fire_timers()
        while self.inbox.waiting:
            self.step(64)

    @property
    def settled(self) -> bool:
        """Whether nothing is under way any more."""
        return (
            not self.state.book.working
            and not self.inbox.waiting
            and all(
                not wire.outward and wire.passed == len(wire.broker.said)
                for wire in self.wires.values()
            )
            and not any(desk.unanswered() for desk in self.desks.values())
        )

    def records(self) -> list[bytes]:
        return [found.body for found in Reader(self.disk).records()]

    def _fault(self, what: str) -> None:
        self.wrong.append(what)
