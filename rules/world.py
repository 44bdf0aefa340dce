"""The world of a trial, built: the real nouns, and a real `Book` with what happened before.

Positions are made by trades and working orders by opening them, as the gate does it. From there
an accepted order works, and every message is shown to the memories.
"""

from collections.abc import Mapping
from typing import Final

from domain.account import Account, Strategy
from domain.activity import Activity
from domain.book import Book
from domain.calendar import Calendar, always_open
from domain.consent import Acknowledgement, Consents
from domain.equity import Balance
from domain.events import Body, Event, ExecutionReported, MarketSeen, StateOrdered
from domain.finding import Decision, Verdict
from domain.fixed import Amount, Price, Quantity, Ratio
from domain.ids import (
    AccountId,
    CalendarId,
    ClientId,
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
from domain.instrument import Instrument, Right, TickBand
from domain.lifecycle import ExecType, Status
from domain.limits import Limit, Limits
from domain.listed import Entry, InstrumentList, listing
from domain.market import Figures, FxRate, Quote, TradingStatus
from domain.money import Currency
from domain.order import Capacity, Order, OrdType, Origin, Party, Side, TimeInForce
from domain.people import Person, PersonId, Role
from domain.permission import Entitlement, Locate
from domain.reference import Reference
from domain.scope import Scope, TradingState, parse_scope
from domain.working import Request, Working
from rules.given import (
    ALWAYS,
    EntryText,
    GivenText,
    OrderText,
    QuoteText,
    StatusText,
    WorkingText,
)
from rules.memory import Memory, MemoryKey
from rules.place import Place
from rules.suitability.applicable import SOLICITED

NO_DIGEST: Final = Digest("0" * 64)
"""Worlds of trials are not stored, so none is named."""


class Unknown(ValueError):
    """A trial names something its world does not have."""


class World:
    """A world that was built: reference facts, a book, trading states and memories."""

    def __init__(self, given: GivenText, memories: dict[MemoryKey, Memory]) -> None:
        self.given = given
        self.at = given.at
        self.reference = _reference(given)
        self.memories = memories
        self.limits = Limits()
        self.limits.load(self.reference.limits)
        self.consents = Consents()
        for seen in given.acknowledged:
            key = (
                self.account(seen.account),
                self.instrument(seen.instrument),
                RuleId(seen.rule),
                seen.reason,
            )
            self.consents.acknowledged[key] = Acknowledgement(seq=0, by="ann", until=seen.until)
        self.states: dict[Scope, TradingState] = {
            parse_scope(name): TradingState(state) for name, state in given.states.items()
        }
        self.orders: dict[str, Working] = {}
        self.book = Book()
        self.book.load(self.reference)
        self.book.turn(given.at)
        for currency, rate in given.rates.items():
            at = Micros(given.at - rate.age)
            self.book.rate(FxRate(currency=Currency(currency), rate=Ratio(rate.rate), at=at))
        for instrument, quote in given.quotes.items():
            self.book.quote(self._quote(InstrumentId(instrument), quote))
        for instrument, status in given.statuses.items():
            self.book.status(_status(InstrumentId(instrument), status, given.at))
        for held in given.positions:
            self.book.adjust(
                self.account(held.account),
                None if held.strategy is None else StrategyId(held.strategy),
                self.instrument(held.instrument),
                held.quantity,
                held.price,
            )
        for number, text in enumerate(given.working, 1):
            for time in range(text.times):
                self._work(text, (text.id or f"W{number}") + (f".{time}" if time else ""))
        self.book.crest()

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
        """Give the quote of an instrument: the book's, unless another is given."""
        return self.book.quotes.get(instrument) if text is None else self._quote(instrument, text)

    def mark(self, quotes: Mapping[str, QuoteText]) -> MarketSeen:
        """Have the market say new prices."""
        told = tuple(self._quote(self.instrument(name), text) for name, text in quotes.items())
        for quote in told:
            self.book.quote(quote)
        self.book.crest()
        return MarketSeen(quotes=told)

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
            capacity=None if terms.capacity is None else Capacity[terms.capacity.upper()],
            origin=None if terms.origin is None else Origin[terms.origin.upper()],
            parties=tuple(Party(party.id, "D", party.role) for party in terms.parties),
            extra=(SOLICITED,) if terms.solicited else (),
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
            limits=self.limits,
            consents=self.consents,
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
        """Show an event to every memory that hears of it."""
        match body:
            case StateOrdered(scope=where):
                scopes: tuple[Scope, ...] = (where,)
            case MarketSeen():
                scopes = ()
            case _:
                assert order is not None
                scopes = self.place(order).scopes
        for memory in self.memories.values():
            if type(body) in memory.hears:
                memory.note(Event(seq, self.at, body), scopes, order, verdict)

    def fill(self, working: Working, quantity: Quantity, price: Price) -> ExecutionReported:
        """Have a working order trade, and give its broker's word on that."""
        self.book.trade(working.order, quantity, price)
        working.filled = Quantity(working.filled + quantity)
        working.leaves = Quantity(working.order.quantity - working.filled)
        working.status = Status.PARTIALLY_FILLED if working.leaves else Status.FILLED
        self.book.hold(working)
        self.book.crest()
        return ExecutionReported(
            route=RouteId("trial"),
            order_id=working.order_id,
            exec_id=ExecId(f"{working.order_id}-{working.filled}"),
            type=ExecType.TRADE,
            status=working.status.value,
            last_quantity=quantity,
            last_price=price,
            filled=working.filled,
            leaves=working.leaves,
        )

    def _quote(self, instrument: InstrumentId, text: QuoteText) -> Quote:
        return Quote(
            instrument=instrument,
            at=Micros(self.at - text.age),
            bid=text.bid,
            ask=text.ask,
            last=text.last,
            close=text.close,
        )

    def _work(self, text: WorkingText, name: str) -> None:
        order = self.order(text, name)
        working = self.open(order, name)
        if text.filled is not None:
            self.fill(working, text.filled, order.price or Price(0))
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
        digest=NO_DIGEST,
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
                underlying=None if text.underlying is None else InstrumentId(text.underlying),
                right=None if text.right is None else Right(text.right),
                strike=text.strike,
                expires=text.expires,
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
                client=None if text.client is None else ClientId(text.client),
            )
            for name, text in given.accounts.items()
        },
        strategies={
            StrategyId(name): Strategy(
                id=StrategyId(name), desk=DeskId(text.desk), algo_id=text.algo_id
            )
            for name, text in given.strategies.items()
        },
        calendars=calendars,
        lists={
            **{name: listing(map(InstrumentId, text)) for name, text in given.lists.items()},
            **{
                name: InstrumentList(entries=tuple(map(_entry, entries)))
                for name, entries in given.entries.items()
            },
        },
        people={
            PersonId(name): Person(id=PersonId(name), roles=frozenset(map(Role, text.roles)))
            for name, text in given.people.items()
        },
        entitlements=tuple(
            Entitlement(
                scope=parse_scope(text.scope),
                asset_classes=text.asset_classes,
                venues=text.venues,
                instruments=frozenset(map(InstrumentId, text.instruments)),
            )
            for text in given.entitlements
        ),
        locates={
            name: Locate(
                id=name,
                instrument=InstrumentId(text.instrument),
                quantity=text.quantity,
                account=None if text.account is None else AccountId(text.account),
                expires=text.expires,
            )
            for name, text in given.locates.items()
        },
        limits=tuple(
            Limit(
                name=text.name,
                scope=parse_scope(text.scope),
                hard=Amount(text.hard),
                soft=None if text.soft is None else Amount(text.soft),
            )
            for text in given.limits
        ),
        figures={
            InstrumentId(name): Figures(
                instrument=InstrumentId(name),
                at=Micros(given.at - text.age),
                adv=text.adv,
                sigma=text.sigma,
                delta=None if text.delta is None else Ratio(text.delta),
            )
            for name, text in given.figures.items()
        },
        balances={
            AccountId(name): Balance(equity=Amount(text.equity), as_of=Micros(given.at - text.age))
            for name, text in given.balances.items()
        },
        day_ends=given.day_ends,
        activity={
            AccountId(name): Activity(
                as_of=Micros(given.at - text.age),
                purchases=Amount(text.purchases),
                costs=Amount(text.costs),
                equity=Amount(text.equity),
            )
            for name, text in given.activity.items()
        },
        clients={
            ClientId(name): text.client(ClientId(name)) for name, text in given.clients.items()
        },
        products={
            InstrumentId(name): text.product(InstrumentId(name))
            for name, text in given.products.items()
        },
    )


def _entry(text: EntryText) -> Entry:
    name = text.instrument
    return Entry(
        instrument=None if name is None else InstrumentId(name),
        issuer=text.issuer,
        since=text.since,
        until=text.until,
    )


def _status(instrument: InstrumentId, text: StatusText, at: Micros) -> TradingStatus:
    return TradingStatus(
        instrument=instrument,
        at=Micros(at - text.age),
        phase=text.phase,
        band_low=text.band_low,
        band_high=text.band_high,
        short_restricted=text.short_restricted,
    )
