"""The world a trial takes place in, as it is written, and as it is built.

Everything has a default, so that a trial states only what it is about: one account, one share in
the base currency that trades in cents around the clock, and nothing else. What is written is
turned into the real thing by the real methods of the `Book`: positions by trades, working orders
by opening them. How it is written is described in `tests/rules/cases/README.md`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from domain.account import Account, Strategy
from domain.book import Book
from domain.calendar import Calendar, always_open
from domain.events import Body, Event, StateOrdered
from domain.finding import Decision, Verdict
from domain.fixed import NANO, Price, Quantity, Ratio
from domain.ids import (
    AccountId,
    CalendarId,
    ClOrdId,
    DeskId,
    Digest,
    FirmId,
    InstrumentId,
    Micros,
    OrderId,
    OwnerId,
    SessionId,
    StrategyId,
    TraderId,
)
from domain.instrument import AssetClass, Instrument, TickBand
from domain.lifecycle import Status
from domain.market import FxRate, Quote
from domain.money import Currency
from domain.order import Order, OrdType, Side, TimeInForce
from domain.reference import Reference
from domain.scope import Scope, TradingState, parse_scope
from domain.working import Request, Working
from rules.fields import (
    FixedPrice,
    Names,
    PositivePrice,
    PositiveQuantity,
    read_duration,
    read_fixed,
)
from rules.frame import Frame
from rules.memory import Memory, MemoryKey
from rules.place import Place

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_instant(given: object) -> int:
    """Read ``2026-03-02T15:00:00Z`` as microseconds."""
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        at = datetime.min  # noqa: DTZ901 - refused below, as every instant without a zone is
    if at.tzinfo is None:
        raise ValueError(f"`{given}` is not an instant such as 2026-03-02T15:00:00Z")
    return (at - _EPOCH) // timedelta(microseconds=1)


Instant = Annotated[Micros, BeforeValidator(read_instant)]
Age = Annotated[int, BeforeValidator(read_duration)]
"""How long ago; below zero, how far ahead."""

SignedQuantity = Annotated[Quantity, BeforeValidator(read_fixed)]

AT: Final = Micros(read_instant("2026-03-02T15:00:00Z"))
ALWAYS: Final = CalendarId("always")


class TickText(Frame):
    since: FixedPrice
    tick: PositivePrice


class InstrumentText(Frame):
    mic: str = "XNYS"
    asset_class: Annotated[AssetClass, Field(strict=False)] = AssetClass.EQUITY
    currency: str | None = None
    tick: PositivePrice = Price(NANO // 100)
    ticks: tuple[TickText, ...] = ()
    lot: PositiveQuantity = Quantity(NANO)
    multiplier: PositiveQuantity = Quantity(NANO)
    calendar: str = ALWAYS
    issuer: str | None = None
    sector: str | None = None
    country: str | None = None


class AccountText(Frame):
    trader: str = "ann"
    desk: str = "cash"
    firm: str = "house"
    owner: str | None = None


class StrategyText(Frame):
    desk: str = "cash"


class SessionText(Frame):
    open: Instant
    close: Instant


class CalendarText(Frame):
    since: Instant
    until: Instant
    sessions: tuple[SessionText, ...]


class QuoteText(Frame):
    last: FixedPrice | None = None
    bid: FixedPrice | None = None
    ask: FixedPrice | None = None
    close: FixedPrice | None = None
    age: Age = 0


class RateText(Frame):
    rate: PositivePrice
    age: Age = 0


class PositionText(Frame):
    quantity: SignedQuantity
    account: str | None = None
    instrument: str | None = None
    strategy: str | None = None
    price: FixedPrice = Price(0)


class OrderText(Frame):
    """The terms of an order. What is left out comes from ``given: order:``."""

    account: str | None = None
    instrument: str | None = None
    strategy: str | None = None
    session: str = "DESK"
    side: Literal["buy", "sell", "sell_short", "sell_short_exempt"] = "buy"
    type: Literal["market", "limit", "stop", "stop_limit"] | None = None
    quantity: SignedQuantity = Quantity(100 * NANO)
    price: FixedPrice | None = None
    stop: FixedPrice | None = None
    tif: Literal["day", "gtc", "ioc", "fok", "gtd"] = "day"
    expires: Instant | None = None
    locate: str | None = None

    def over(self, other: "OrderText") -> "OrderText":
        """Give these terms, and the other's where these say nothing."""
        return other.model_copy(update=_written(self))


class WorkingText(OrderText):
    """An order that works already. `replacing` are the terms of a replace under way."""

    id: str | None = None
    filled: PositiveQuantity | None = None
    replacing: OrderText | None = None
    cancelling: bool = False


class GivenText(Frame):
    """A world. A section that is written again takes the place of the earlier one whole."""

    at: Instant = AT
    base: str = "USD"
    instruments: Mapping[str, InstrumentText] = {"ACME": InstrumentText()}
    accounts: Mapping[str, AccountText] = {"A1": AccountText()}
    strategies: Mapping[str, StrategyText] = {}
    calendars: Mapping[str, CalendarText] = {}
    lists: Mapping[str, Names] = {}
    rates: Mapping[str, RateText] = {}
    quotes: Mapping[str, QuoteText] = {}
    positions: tuple[PositionText, ...] = ()
    working: tuple[WorkingText, ...] = ()
    states: Mapping[str, Literal["active", "reducing", "halted"]] = {}
    order: OrderText = OrderText()

    def over(self, other: "GivenText") -> "GivenText":
        """Give this world, and the other's sections where this says nothing."""
        return other.model_copy(update=_written(self))


WORLD: Final = (
    GivenText,
    InstrumentText,
    TickText,
    AccountText,
    StrategyText,
    CalendarText,
    SessionText,
    QuoteText,
    RateText,
    PositionText,
    WorkingText,
)
"""The parts a world is written in."""


class Unknown(ValueError):
    """A trial names something its world does not have."""


class World:
    """A world that was built: reference facts, a book, trading states and memories."""

    def __init__(self, given: GivenText, memories: dict[MemoryKey, Memory]) -> None:
        self.given = given
        self.at = given.at
        self.reference = _reference(given)
        self.memories = memories
        self.states: dict[Scope, TradingState] = {
            parse_scope(name): TradingState(state) for name, state in given.states.items()
        }
        self.orders: dict[str, Working] = {}
        self.book = Book()
        self.book.load(self.reference)
        for currency, rate in given.rates.items():
            at = Micros(given.at - rate.age)
            self.book.rate(FxRate(currency=Currency(currency), rate=Ratio(rate.rate), at=at))
        for instrument in given.quotes:
            quote = self.quote(InstrumentId(instrument))
            assert quote is not None
            self.book.quote(quote)
        for held in given.positions:
            self.book.adjust(
                self.account(held.account),
                None if held.strategy is None else StrategyId(held.strategy),
                self.instrument(held.instrument),
                held.quantity,
                held.price,
            )
        for number, text in enumerate(given.working, 1):
            self._work(text, text.id or f"W{number}")

    def account(self, name: str | None) -> AccountId:
        """Find an account; the first, where none is named."""
        return AccountId(_one_of(self.given.accounts, name, "account"))

    def instrument(self, name: str | None) -> InstrumentId:
        """Find an instrument; the first, where none is named."""
        return InstrumentId(_one_of(self.given.instruments, name, "instrument"))

    def working(self, name: str) -> Working:
        """Find a working order by its id."""
        return self.orders[_one_of(self.orders, name, "working order")]

    def quote(self, instrument: InstrumentId, text: QuoteText | None = None) -> Quote | None:
        """Give the quote of an instrument: the one written for it, unless another is given."""
        text = text or self.given.quotes.get(instrument)
        if text is None:
            return None
        return Quote(
            instrument=instrument,
            at=Micros(self.given.at - text.age),
            bid=text.bid,
            ask=text.ask,
            last=text.last,
            close=text.close,
        )

    def order(self, text: OrderText, name: str) -> Order:
        """Make an order of its terms and those every order of this world has."""
        terms = text.over(self.given.order)
        kind = terms.type or _type_of(terms)
        return Order(
            session=SessionId(terms.session),
            cl_ord_id=ClOrdId(name),
            account=self.account(terms.account),
            instrument=self.instrument(terms.instrument),
            strategy=None if terms.strategy is None else StrategyId(terms.strategy),
            side=Side[terms.side.upper()],
            type=OrdType[kind.upper()],
            quantity=terms.quantity,
            price=terms.price,
            stop_price=terms.stop,
            tif=TimeInForce[terms.tif.upper()],
            expire_at=terms.expires,
            locate_id=terms.locate,
        )

    def place(self, order: Order) -> Place:
        """Find where an order stands."""
        return Place(
            account=self.reference.accounts[order.account],
            instrument=self.reference.instruments[order.instrument],
            strategy=order.strategy,
            session=order.session,
            path=self.book.path(order.account, order.strategy),
            reference=self.reference,
            book=self.book,
            states=self.states,
            memories=self.memories,
        )

    def open(self, order: Order, name: str, replaced: Working | None = None) -> Working:
        """Have an accepted order work, in the place of the one it replaces."""
        working = replaced or Working(
            order=order,
            order_id=OrderId(name),
            live_id=OrderId(name),
            route=None,
            seq=len(self.orders),
            at=self.at,
            resend_until=self.at,
            decision=Decision(verdict=Verdict.ALLOW, findings=(), policy=None),
            status=Status.NEW,
            leaves=order.quantity,
        )
        self.orders[name] = working
        if replaced is None:
            self.book.open(working)
        else:
            working.order = order
            working.leaves = Quantity(order.quantity - working.filled)
            self.book.hold(working)
        return working

    def remember(
        self, seq: int, body: Body, order: Order | None = None, verdict: Verdict | None = None
    ) -> None:
        """Show a message, or a trading state, to every memory."""
        match body:
            case StateOrdered(scope=where):
                scopes: tuple[Scope, ...] = (where,)
            case _:
                assert order is not None
                scopes = self.place(order).scopes
        for memory in self.memories.values():
            memory.note(Event(seq, self.at, body), scopes, order, verdict)

    def _work(self, text: WorkingText, name: str) -> None:
        order = self.order(text, name)
        working = self.open(order, name)
        if text.filled is not None:
            self.book.trade(order, text.filled, order.price or Price(0))
            working.filled = text.filled
            working.leaves = Quantity(order.quantity - text.filled)
            working.status = Status.PARTIALLY_FILLED
        if text.replacing is not None:
            self._ask(working, self.order(text.replacing.over(text), f"{name}-replace"))
        if text.cancelling:
            self._ask(working, None)
        self.book.hold(working)

    def _ask(self, working: Working, order: Order | None) -> None:
        name = OrderId(f"{working.order_id}-{len(working.requests) + 1}")
        working.requests[name] = Request(order_id=name, cl_ord_id=None, order=order, at=self.at)


def _one_of(known: Mapping[str, object], name: str | None, noun: str) -> str:
    if name is None and known:
        return next(iter(known))
    if name is None or name not in known:
        raise Unknown(f"no {noun} of this trial is called `{name}`")
    return name


def _written(text: Frame) -> dict[str, Any]:
    return {name: getattr(text, name) for name in text.model_fields_set}


def _type_of(terms: OrderText) -> str:
    if terms.stop is None:
        return "market" if terms.price is None else "limit"
    return "stop" if terms.price is None else "stop_limit"


def _reference(given: GivenText) -> Reference:
    base = Currency(given.base)
    calendars = {ALWAYS: always_open(ALWAYS)}
    for name, text in given.calendars.items():
        sessions = tuple((one.open, one.close) for one in text.sessions)
        calendars[CalendarId(name)] = Calendar(CalendarId(name), text.since, text.until, sessions)
    return Reference(
        digest=Digest("0" * 64),
        base=base,
        instruments={
            InstrumentId(name): Instrument(
                id=InstrumentId(name),
                symbol=name,
                mic=text.mic,
                asset_class=text.asset_class,
                currency=Currency(text.currency or base),
                ticks=tuple(TickBand(one.since, one.tick) for one in text.ticks)
                or (TickBand(Price(0), text.tick),),
                lot=text.lot,
                multiplier=text.multiplier,
                calendar=CalendarId(text.calendar),
                issuer=text.issuer,
                sector=text.sector,
                country=text.country,
            )
            for name, text in given.instruments.items()
        },
        accounts={
            AccountId(name): Account(
                id=AccountId(name),
                trader=TraderId(text.trader),
                desk=DeskId(text.desk),
                firm=FirmId(text.firm),
                owner=OwnerId(text.owner or text.firm),
            )
            for name, text in given.accounts.items()
        },
        strategies={
            StrategyId(name): Strategy(id=StrategyId(name), desk=DeskId(text.desk))
            for name, text in given.strategies.items()
        },
        calendars=calendars,
        lists={
            name: frozenset(InstrumentId(listed) for listed in text)
            for name, text in given.lists.items()
        },
    )
