"""Small worlds for tests: one firm of two desks, two venues, two brokers, and short ways to ask.

`Gate` drives the real core one event at a time. At every event it checks what must hold whatever
the test is about: deciding changes nothing, the record reads back as it was written, and the sums
of every node are those of a plain recount.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, TypeVar

from domain.account import Account, Strategy
from domain.calendar import always_open
from domain.events import (
    Body,
    CancelAsked,
    CancelRejected,
    Event,
    ExecutionReported,
    OrderAsked,
    PolicyActivated,
    ReferenceLoaded,
    ReplaceAsked,
    RouteChanged,
    SessionChanged,
    Started,
)
from domain.finding import Verdict
from domain.fixed import NANO, Price, Quantity
from domain.ids import (
    AccountId,
    CalendarId,
    ClOrdId,
    DeskId,
    Digest,
    ExecId,
    FirmId,
    InstrumentId,
    Micros,
    OrderId,
    OwnerId,
    RouteId,
    RuleId,
    SessionId,
    StrategyId,
    TraderId,
)
from domain.instrument import AssetClass, Instrument, TickBand
from domain.lifecycle import ExecType
from domain.listed import InstrumentList
from domain.market import Quote
from domain.messages import Message
from domain.money import Currency
from domain.order import Order, OrdType, Side
from domain.reference import DeskSession, Reference, Route
from domain.working import Working
from gateway.core import apply, decide
from gateway.outcome import Outcome
from gateway.records import read_record, write_outcome, write_record
from gateway.snapshot import snapshot
from gateway.state import State
from rules.kind import Rule
from rules.policy import Policy
from rules.registry import KINDS

START = Micros(1_700_000_000_000_000)
SECOND = 1_000_000

ALPHA, BETA = SessionId("ALPHA"), SessionId("BETA")
"""The sessions of the cash desk and of the programme desk."""
NORTH, SOUTH = RouteId("NORTH"), RouteId("SOUTH")
"""A broker for XNYS, and one for XLON."""
A1, A2, B1 = AccountId("A1"), AccountId("A2"), AccountId("B1")
IBM, VOD = InstrumentId("IBM"), InstrumentId("VOD")
MOMENTUM = StrategyId("momentum")
USD, GBP = Currency("USD"), Currency("GBP")


def shares(count: int) -> Quantity:
    return Quantity(count * NANO)


def price(cents: int) -> Price:
    """A price from hundredths: `price(10_050)` is 100.50."""
    return Price(cents * NANO // 100)


def instrument(name: InstrumentId, mic: str, currency: Currency, **changes: Any) -> Instrument:
    listing = Instrument(
        id=name,
        symbol=name,
        mic=mic,
        asset_class=AssetClass.EQUITY,
        currency=currency,
        ticks=(TickBand(Price(0), price(1)),),
        calendar=CalendarId("always"),
    )
    return replace(listing, **changes)


def account(name: AccountId, desk: str, trader: str, owner: str = "") -> Account:
    return Account(
        id=name,
        trader=TraderId(trader),
        desk=DeskId(desk),
        firm=FirmId("house"),
        owner=OwnerId(owner or name),
    )


def reference(**changes: Any) -> Reference:
    accounts = (
        account(A1, "cash", "ann"),
        account(A2, "cash", "bob", owner="A1"),
        account(B1, "programme", "cat"),
    )
    facts = Reference(
        base=USD,
        instruments={IBM: instrument(IBM, "XNYS", USD), VOD: instrument(VOD, "XLON", GBP)},
        accounts={each.id: each for each in accounts},
        strategies={MOMENTUM: Strategy(id=MOMENTUM, desk=DeskId("cash"))},
        calendars={CalendarId("always"): always_open(CalendarId("always"))},
        sessions={
            ALPHA: DeskSession(id=ALPHA, desk="cash", cancel_on_disconnect_us=5 * SECOND),
            BETA: DeskSession(id=BETA, desk="programme", keep_gtc=False, pending_new=True),
        },
        routes=(
            Route(id=NORTH, venues=frozenset({"XNYS"})),
            Route(id=SOUTH, venues=frozenset({"XLON"})),
        ),
        lists={"restricted": InstrumentList()},
    )
    facts = replace(facts, **changes)
    return replace(facts, digest=Digest(sha256(repr(facts).encode()).hexdigest()))


def rule(kind: str, **parameters: Any) -> Rule[Any]:
    """A rule as its parameters stand in YAML."""
    return Rule(
        id=RuleId(f"test.{kind}"),
        kind=kind,
        verdict=Verdict.DENY,
        scope={},
        citation=None,
        parameters=KINDS[kind].parameters.model_validate(parameters),
    )


def policy(rules: Iterable[Rule[Any]] = ()) -> Policy:
    told = tuple(rules)
    return Policy(
        digest=Digest(sha256(repr(told).encode()).hexdigest()),
        name="test",
        version=1,
        description="",
        owner="",
        rules=told,
    )


def order(name: str = "1", **changes: Any) -> Order:
    """A hundred IBM for A1, limit 100."""
    terms = Order(
        session=ALPHA,
        cl_ord_id=ClOrdId(name),
        account=A1,
        instrument=IBM,
        side=Side.BUY,
        type=OrdType.LIMIT,
        quantity=shares(100),
        price=price(10_000),
    )
    return replace(terms, **changes)


def quote(name: InstrumentId = IBM, cents: int = 10_000, at: Micros = START) -> Quote:
    return Quote(instrument=name, at=at, last=price(cents))


def executed(kind: ExecType, order_id: str, **changes: Any) -> ExecutionReported:
    """What NORTH says of an order; by default as if nothing of it were filled."""
    ended = kind in {ExecType.CANCELED, ExecType.REJECTED, ExecType.EXPIRED}
    told = ExecutionReported(
        route=NORTH,
        order_id=OrderId(order_id),
        exec_id=ExecId(f"X-{kind.name}-{order_id}"),
        type=kind,
        status=kind.value,
        filled=Quantity(0),
        leaves=Quantity(0) if ended else shares(100),
    )
    return replace(told, **changes)


def traded(
    order_id: str,
    count: int,
    *,
    name: str,
    filled: int,
    leaves: int,
    cents: int = 10_000,
    **more: Any,
) -> ExecutionReported:
    """A fill of `count` shares, after which `filled` are and `leaves` are not."""
    return executed(
        ExecType.TRADE,
        order_id,
        exec_id=ExecId(name),
        status="1" if leaves else "2",
        last_quantity=shares(count),
        last_price=price(cents),
        filled=shares(filled),
        leaves=shares(leaves),
        **more,
    )


@dataclass
class Drawer:
    """The stored texts, in memory."""

    policies: dict[Digest, Policy] = field(default_factory=dict)
    references: dict[Digest, Reference] = field(default_factory=dict)

    def policy(self, digest: Digest) -> Policy:
        return self.policies[digest]

    def reference(self, digest: Digest) -> Reference:
        return self.references[digest]

    def put_policy(self, text: Policy) -> PolicyActivated:
        self.policies[text.digest] = text
        return PolicyActivated(digest=text.digest, name=text.name, by="test")

    def put_reference(self, facts: Reference) -> ReferenceLoaded:
        self.references[facts.digest] = facts
        return ReferenceLoaded(digest=facts.digest, by="test")


M = TypeVar("M", bound=Message)


class Gate:
    """The real core, one event at a time, a second apart unless told otherwise."""

    def __init__(self) -> None:
        self.shelf = Drawer()
        self.state = State(self.shelf)
        self.at = START
        self.records: list[bytes] = []

    @classmethod
    def opened(
        cls,
        facts: Reference | None = None,
        rules: Iterable[Rule[Any]] = (),
        *,
        up: bool = True,
        mark: str | None = None,
    ) -> "Gate":
        """A gate with facts and a policy in force, desks logged on and, with `up`, brokers too."""
        gate = cls()
        if mark is not None:
            gate.does(Started(version="0", host="test", mark=mark))
        gate.does(gate.shelf.put_reference(facts or reference()))
        gate.does(gate.shelf.put_policy(policy(rules)))
        gate.does(Started(version="0", host="test"))
        for session in (ALPHA, BETA):
            gate.does(SessionChanged(session=session, up=True))
        if up:
            for route in (NORTH, SOUTH):
                gate.does(RouteChanged(route=route, up=True))
        return gate

    def does(self, body: Body, *, after: int = SECOND) -> Outcome:
        """Put one body through stamp, decide, apply and record."""
        self.at = Micros(self.at + after)
        event = Event(self.state.next_seq, self.at, body, self.state.mark)
        before = snapshot(self.state)
        outcome = decide(self.state, event)
        assert snapshot(self.state) == before, "deciding changed the state"
        line = write_record(event, outcome)
        read = read_record(line, mark=event.mark)
        assert read == (event, write_outcome(outcome)), "the record reads otherwise"
        apply(self.state, event, outcome)
        self.records.append(line)
        self.audit()
        return outcome

    def audit(self) -> None:
        """Count everything again, plainly."""
        book = self.state.book
        for place, node in book.nodes.items():
            assert node.figures == node.recounted(), place
            mine = [
                working
                for working in book.orders.values()
                if not working.ended
                and any(each is node for _, each in book.path(*_whose(working)))
            ]
            assert node.orders == len(mine), place
            for name, line in node.lines.items():
                held = [working for working in mine if working.order.instrument == name]
                assert line.buys == sum(each.wanted for each in held if each.order.side.is_buy)
                assert line.sells == sum(each.wanted for each in held if not each.order.side.is_buy)
        used: Counter[str] = Counter()
        for working in book.orders.values():
            if working.order.locate_id is not None and working.order.side.is_short:
                used[working.order.locate_id] += working.filled + working.wanted
        assert {name: count for name, count in book.located.items() if count} == +used

    # Short ways to ask.

    def ask(self, terms: Order, *, cents: int | None = 10_000) -> Outcome:
        """Ask for an order, with a quote unless `cents` is None."""
        seen = None if cents is None else quote(terms.instrument, cents, self.at)
        return self.does(OrderAsked(order=terms, quote=seen))

    def accepted(self, terms: Order, **more: Any) -> str:
        """Ask for an order that must be accepted; give our id of it."""
        outcome = self.ask(terms, **more)
        assert outcome.decision is not None
        assert outcome.decision.passes, outcome.decision.findings
        assert outcome.order_id is not None
        return outcome.order_id

    def working(self, terms: Order, **more: Any) -> str:
        """An order the broker has acknowledged."""
        name = self.accepted(terms, **more)
        route = self.found(name).route
        assert route is not None
        self.does(executed(ExecType.NEW, name, leaves=terms.quantity, route=route))
        return name

    def cancel(self, orig: str, name: str = "C1", session: SessionId = ALPHA) -> Outcome:
        return self.does(
            CancelAsked(session=session, cl_ord_id=ClOrdId(name), orig_cl_ord_id=ClOrdId(orig))
        )

    def replace(self, orig: str, terms: Order) -> Outcome:
        seen = quote(terms.instrument, 10_000, self.at)
        return self.does(ReplaceAsked(orig_cl_ord_id=ClOrdId(orig), order=terms, quote=seen))

    def refuses(self, request: str, order_id: str, reason: int = 0, text: str = "no") -> Outcome:
        """The broker refuses a request."""
        return self.does(
            CancelRejected(
                route=NORTH,
                order_id=OrderId(request),
                orig_order_id=OrderId(order_id),
                status="0",
                reason=reason,
                text=text,
            )
        )

    # Short ways to look.

    def found(self, order_id: str) -> Working:
        return self.state.book.orders[OrderId(order_id)]

    def line(self, place: str) -> Mapping[str, int]:
        """Position, buys and sells of IBM at a scope, in shares."""
        node = self.state.book.nodes.get(place)  # type: ignore[call-overload]
        held = None if node is None else node.lines.get(IBM)
        if held is None:
            return {"position": 0, "buys": 0, "sells": 0}
        return {
            "position": held.position // NANO,
            "buys": held.buys // NANO,
            "sells": held.sells // NANO,
        }


def _whose(working: Working) -> tuple[AccountId, StrategyId | None]:
    return working.order.account, working.order.strategy


def only(outcome: Outcome, kind: type[M]) -> M:
    """The one message of a type that an outcome has."""
    (found,) = every(outcome, kind)
    return found


def every(outcome: Outcome, kind: type[M]) -> tuple[M, ...]:
    return tuple(message for message in outcome.messages if isinstance(message, kind))
