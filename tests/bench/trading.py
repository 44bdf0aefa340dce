"""What the gate's benches trade: a firm, its orders, the broker's answers, and a core to put to it.

Four desks, eight traders, forty accounts and twenty shares under the starter policy. Orders come
12.5 ms apart by the gate's clock, for the policy's throttles would stop more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from domain.account import Account
from domain.calendar import always_open
from domain.events import (
    Body,
    Event,
    ExecutionReported,
    OrderAsked,
    PolicyActivated,
    ReferenceLoaded,
    RouteChanged,
    Started,
)
from domain.fixed import NANO, Price, Quantity
from domain.ids import (
    AccountId,
    CalendarId,
    ClOrdId,
    DeskId,
    ExecId,
    FirmId,
    InstrumentId,
    Micros,
    OwnerId,
    RouteId,
    SessionId,
    TraderId,
)
from domain.instrument import AssetClass, Instrument, TickBand
from domain.lifecycle import ExecType
from domain.listed import InstrumentList
from domain.market import Quote
from domain.messages import SendOrder
from domain.money import Currency
from domain.order import Order, OrdType, Side
from domain.reference import DeskSession, Reference, Route
from gateway.core import apply, decide
from gateway.library import Shelf
from gateway.outcome import Outcome
from gateway.records import write_record
from gateway.state import State

POLICY = Path(__file__).parents[2] / "policies" / "us-equities.yaml"
START = 1_700_000_000_000_000
STEP_US = 12_500
BATCH = 1_000
"""Orders that work at once in the runs without a sequencer: asked, then reported on."""

ROUTE = RouteId("BROKER")
CENT = NANO // 100
USD = Currency("USD")
CALENDAR = CalendarId("always")
ACCOUNTS = 40
SHARES = 20

Happening = tuple[Event, Outcome]


class Memory:
    """Where policies and facts are stored for runs without a journal."""

    def __init__(self) -> None:
        self.texts: dict[str, bytes] = {}

    def put_object(self, data: bytes) -> str:
        digest = f"sha256:{sha256(data).hexdigest()}"
        self.texts[digest] = data
        return digest

    def get_object(self, named: str) -> bytes:
        return self.texts[named]


def facts() -> Reference:
    """One firm: four desks, eight traders, forty accounts; twenty shares on one venue."""
    instruments = {
        name: Instrument(
            id=name,
            symbol=name,
            mic="XNYS",
            asset_class=AssetClass.EQUITY,
            currency=USD,
            ticks=(TickBand(Price(0), Price(CENT)),),
            calendar=CALENDAR,
        )
        for name in (InstrumentId(f"SHARE{number}") for number in range(SHARES))
    }
    accounts = {
        name: Account(
            id=name,
            trader=TraderId(f"trader{number % 8}"),
            desk=DeskId(f"desk{number % 4}"),
            firm=FirmId("firm"),
            owner=OwnerId(name),
        )
        for number, name in ((number, AccountId(f"A{number}")) for number in range(ACCOUNTS))
    }
    sessions = {
        name: DeskSession(id=name, desk=f"desk{number}")
        for number, name in ((number, SessionId(f"DESK{number}")) for number in range(4))
    }
    return Reference(
        base=USD,
        instruments=instruments,
        accounts=accounts,
        calendars={CALENDAR: always_open(CALENDAR)},
        sessions=sessions,
        routes=(Route(id=ROUTE),),
        lists={"restricted": InstrumentList(), "watch": InstrumentList()},
    )


def opening(shelf: Shelf) -> list[Body]:
    """Say what a gate is told before the first order."""
    policy = shelf.add_policy(POLICY.read_bytes(), file=POLICY.name)
    return [
        Started(version="bench", host="here"),
        ReferenceLoaded(digest=shelf.add_reference(facts()), by="bench"),
        PolicyActivated(digest=policy.digest, name=policy.name, by="bench"),
        RouteChanged(route=ROUTE, up=True),
    ]


@dataclass(frozen=True, slots=True)
class Flow:
    """Orders spread evenly over accounts and shares: a batch of purchases, then the same sold."""

    accounts: int
    shares: int
    moving: bool = False

    @property
    def places(self) -> int:
        return self.accounts * self.shares

    def asked(self, number: int, *, quoted: bool = True) -> OrderAsked:
        """Make the order of a number, with its quote unless somebody else gives that."""
        batch, slot = divmod(number, BATCH)
        account, share = slot % self.accounts, slot // self.accounts % self.shares
        moved = number if self.moving else batch
        price = Price(price_of(share) + moved % 2 * CENT)
        instrument = InstrumentId(f"SHARE{share}")
        order = Order(
            session=SessionId(f"DESK{account % 4}"),
            cl_ord_id=ClOrdId(f"order-{number}"),
            account=AccountId(f"A{account}"),
            instrument=instrument,
            side=Side.SELL if quoted and batch % 2 else Side.BUY,
            type=OrdType.LIMIT,
            # Another than a moment ago: the policy looks for duplicates.
            quantity=Quantity((1 + slot % 199) * NANO),
            price=price,
        )
        at = Micros(START + number * STEP_US)
        return OrderAsked(order=order, quote=quote(instrument, price, at) if quoted else None)


FLOWS = {
    "narrow": Flow(accounts=4, shares=2),
    "wide": Flow(accounts=ACCOUNTS, shares=SHARES),
    "moving": Flow(accounts=ACCOUNTS, shares=SHARES, moving=True),
}


def price_of(share: int) -> Price:
    return Price((2000 + share * 10) * CENT)


def quote(instrument: InstrumentId, price: Price, at: Micros) -> Quote:
    """Quote a share a cent to either side."""
    return Quote(
        instrument=instrument,
        at=at,
        bid=Price(price - CENT),
        ask=Price(price + CENT),
        last=price,
    )


def reports(outcome: Outcome) -> tuple[ExecutionReported, ExecutionReported]:
    """Say what the broker says of an order that was accepted."""
    (sent,) = outcome.messages
    assert isinstance(sent, SendOrder), outcome.decision
    return answers(sent)


def answers(sent: SendOrder) -> tuple[ExecutionReported, ExecutionReported]:
    """Say what the broker says of an order it was sent: that it works, and that it is filled."""
    order_id, order = sent.order_id, sent.order
    nothing = Quantity(0)
    return (
        ExecutionReported(
            route=ROUTE,
            order_id=order_id,
            exec_id=ExecId(f"{order_id}-new"),
            type=ExecType.NEW,
            status="0",
            filled=nothing,
            leaves=order.quantity,
        ),
        ExecutionReported(
            route=ROUTE,
            order_id=order_id,
            exec_id=ExecId(f"{order_id}-fill"),
            type=ExecType.TRADE,
            status="2",
            last_quantity=order.quantity,
            last_price=order.price,
            filled=order.quantity,
            leaves=nothing,
        ),
    )


class World:
    """A core without doors."""

    def __init__(self) -> None:
        self.shelf = Shelf(Memory())
        self.state = State(self.shelf)
        self.lines: list[bytes] = []
        for body in opening(self.shelf):
            ((event, outcome),) = self.happen([body])
            self.lines.append(write_record(event, outcome))

    def stamp(self, bodies: Sequence[Body]) -> list[Event]:
        """Give bodies their places, and the time of the last quote."""
        at = max(self.state.at, Micros(START))
        events = []
        for seq, body in enumerate(bodies, self.state.next_seq):
            if isinstance(body, OrderAsked) and body.quote is not None:
                at = body.quote.at
            events.append(Event(seq, at, body))
        return events

    def bind(self, flow: Flow) -> None:
        """Bind the policy at every place, as the first order there does."""
        for place in range(flow.places):
            self.state.scopes(flow.asked(place).order)

    def happen(self, bodies: Sequence[Body]) -> list[Happening]:
        """Decide and apply one after the other."""
        happened = []
        for event in self.stamp(bodies):
            outcome = decide(self.state, event)
            apply(self.state, event, outcome)
            happened.append((event, outcome))
        return happened
