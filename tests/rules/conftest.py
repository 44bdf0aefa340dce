"""A small firm to judge orders in: one desk, two traders, three shares and a future."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.account import Account, Strategy
from domain.book import Book
from domain.calendar import always_open
from domain.consent import Consents
from domain.finding import decided
from domain.fixed import NANO, Price, Quantity, Ratio, parse_fixed
from domain.ids import (
    AccountId,
    CalendarId,
    ClOrdId,
    DeskId,
    Digest,
    FirmId,
    InstrumentId,
    Micros,
    OwnerId,
    SessionId,
    StrategyId,
    TraderId,
    order_id,
)
from domain.instrument import AssetClass, Instrument, TickBand
from domain.lifecycle import Status
from domain.limits import Limits
from domain.listed import listing
from domain.market import FxRate, Quote
from domain.money import Currency
from domain.order import Order, OrdType, Side
from domain.reference import DeskSession, Reference
from domain.scope import Scope, TradingState
from domain.working import Working
from rules.case import Case
from rules.place import Place
from rules.policy import Policy

NOON = Micros(1_700_049_600_000_000)
"""Wednesday 15 November 2023, 12:00 UTC."""


def price(text: str) -> Price:
    return Price(parse_fixed(text))


def instrument(name: str, **other: Any) -> Instrument:
    symbol, _, mic = name.partition(".")
    told = {
        "asset_class": AssetClass.EQUITY,
        "currency": Currency("USD"),
        "ticks": (TickBand(Price(0), price("0.01")),),
        "sector": "Technology",
        "country": "US",
    }
    return Instrument(
        id=InstrumentId(name),
        symbol=symbol,
        mic=mic,
        calendar=CalendarId("always"),
        **(told | other),
    )


def account(name: str, trader: str) -> Account:
    return Account(
        id=AccountId(name),
        trader=TraderId(trader),
        desk=DeskId("us-equities"),
        firm=FirmId("acme"),
        owner=OwnerId("acme"),
    )


def reference(**other: Any) -> Reference:
    listings = [
        instrument("AAPL.XNAS"),
        instrument("XOM.XNYS", sector="Energy"),
        instrument("SAP.XETR", currency=Currency("EUR"), country="DE", sector=None),
        instrument(
            "ESZ3.XCME", asset_class=AssetClass.FUTURE, multiplier=Quantity(50 * NANO), sector=None
        ),
    ]
    calendar = always_open(CalendarId("always"))
    told = {
        "digest": Digest("0" * 64),
        "base": Currency("USD"),
        "instruments": {one.id: one for one in listings},
        "accounts": {one.id: one for one in [account("A1", "ann"), account("B1", "bob")]},
        "strategies": {
            StrategyId("twap"): Strategy(id=StrategyId("twap"), desk=DeskId("us-equities"))
        },
        "calendars": {calendar.id: calendar},
        "sessions": {SessionId("DESK1"): DeskSession(id=SessionId("DESK1"), desk="us-equities")},
        "lists": {"restricted": listing([InstrumentId("XOM.XNYS")])},
    }
    return Reference(**(told | other))


@dataclass
class World:
    """Reference facts, a book, and the questions that can be asked of them."""

    facts: Reference = field(default_factory=reference)
    book: Book = field(default_factory=Book)
    states: dict[Scope, TradingState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book.load(self.facts)
        self.book.rate(FxRate(currency=Currency("EUR"), rate=Ratio(1_100_000_000), at=NOON))

    def place(
        self,
        *,
        instrument: str = "AAPL.XNAS",
        account: str = "A1",
        strategy: str | None = None,
        policy: Policy | None = None,
    ) -> Place:
        of = None if strategy is None else StrategyId(strategy)
        return Place(
            account=self.facts.accounts[AccountId(account)],
            instrument=self.facts.instruments[InstrumentId(instrument)],
            strategy=of,
            session=SessionId("DESK1"),
            path=self.book.path(AccountId(account), of),
            reference=self.facts,
            book=self.book,
            states=self.states,
            limits=Limits(),
            consents=Consents(),
            memories={} if policy is None else policy.memories(),
        )

    def quote(self, place: Place, **prices: str) -> Quote:
        known = {name: price(text) for name, text in prices.items()}
        return Quote(instrument=place.instrument.id, at=Micros(NOON - 1_500_000), **known)

    def case(
        self,
        place: Place,
        *,
        side: Side = Side.BUY,
        quantity: str = "100",
        limit: str | None = "100",
        quote: Quote | None = None,
        **other: Any,
    ) -> Case:
        order = Order(
            session=place.session,
            cl_ord_id=ClOrdId("1"),
            account=place.account.id,
            instrument=place.instrument.id,
            side=side,
            type=OrdType.MARKET if limit is None else OrdType.LIMIT,
            quantity=Quantity(parse_fixed(quantity)),
            price=None if limit is None else price(limit),
            strategy=place.strategy,
        )
        given = quote or self.quote(place, bid="99.98", ask="100.02", last="100", close="98")
        return Case(at=NOON, order=order, place=place, quote=given, **other)

    def work(self, place: Place, side: Side, quantity: str) -> Working:
        """Have the account's order working in the book."""
        seq = len(self.book.orders) + 1
        order = Order(
            session=place.session,
            cl_ord_id=ClOrdId(f"work-{seq}"),
            account=place.account.id,
            instrument=place.instrument.id,
            side=side,
            type=OrdType.MARKET,
            quantity=Quantity(parse_fixed(quantity)),
        )
        working = Working(
            order=order,
            order_id=order_id(seq),
            live_id=order_id(seq),
            route=None,
            seq=seq,
            at=NOON,
            resend_until=NOON,
            decision=decided((), None),
            status=Status.NEW,
            leaves=order.quantity,
        )
        self.book.open(working)
        return working


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def new_world() -> Callable[..., World]:
    """For properties, which need a fresh world for every example."""
    return World
