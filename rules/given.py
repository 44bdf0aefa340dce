"""How the world of a trial is written.

Everything has a default, so that a trial states only what it is about: one account, one share in
the base currency that trades in cents around the clock, and nothing else. `rules.world` builds
what is written; `tests/rules/cases/README.md` describes it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from domain.client import ClientClass, Service
from domain.fixed import NANO, Price, Quantity
from domain.ids import CalendarId, Micros
from domain.instrument import AssetClass
from domain.market import Phase
from rules.fields import (
    FixedPrice,
    FixedQuantity,
    Names,
    PositiveCount,
    PositiveFraction,
    PositivePrice,
    PositiveQuantity,
    read_duration,
    read_fixed,
)
from rules.frame import Frame, Word
from rules.suitability.written import (
    ClassName,
    ClientText,
    DeliveryText,
    ExperienceText,
    ProductText,
    ServiceName,
    Version,
    Yes,
)
from rules.term import Moment

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
    underlying: str | None = None
    right: Literal["call", "put"] | None = None
    strike: FixedPrice | None = None
    expires: Instant | None = None


class AccountText(Frame):
    trader: str = "ann"
    desk: str = "cash"
    firm: str = "house"
    owner: str | None = None
    client: str | None = None


class StrategyText(Frame):
    desk: str = "cash"
    algo_id: str | None = None


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


class EntryText(Frame):
    """An entry of a list that holds for a time, or names an issuer."""

    instrument: str | None = None
    issuer: str | None = None
    since: Instant | None = None
    until: Instant | None = None


class PersonText(Frame):
    roles: Names


class EntitlementText(Frame):
    scope: str
    asset_classes: Names = frozenset()
    venues: Names = frozenset()
    instruments: Names = frozenset()


class LocateText(Frame):
    instrument: str
    quantity: PositiveQuantity | None = None
    account: str | None = None
    expires: Instant | None = None


class LimitText(Frame):
    name: str
    scope: str
    hard: FixedQuantity
    soft: FixedQuantity | None = None


class StatusText(Frame):
    phase: Annotated[Phase, Field(strict=False)] = Phase.CONTINUOUS
    band_low: FixedPrice | None = None
    band_high: FixedPrice | None = None
    short_restricted: bool = False
    age: Age = 0


class FiguresText(Frame):
    adv: PositiveQuantity | None = None
    sigma: PositiveFraction | None = None
    delta: SignedQuantity | None = None
    age: Age = 0


class BalanceText(Frame):
    """An account's equity, and how long ago it was true."""

    equity: SignedQuantity
    age: Age = 0


class AcknowledgedText(Frame):
    account: str | None = None
    instrument: str | None = None
    rule: str
    reason: str
    until: Instant | None = None


class ActivityText(Frame):
    """What an account traded in the twelve months to so long ago."""

    purchases: FixedQuantity = Quantity(0)
    costs: FixedQuantity = Quantity(0)
    equity: SignedQuantity
    age: Age = 0


class GivenClient(ClientText):
    """A client who was asked today and is advised, unless it says otherwise."""

    version: Version = "1"
    as_of: Moment = AT
    category: ClassName = ClientClass.RETAIL
    service: ServiceName = Service.ADVICE


class GivenProduct(ProductText):
    """A plain fund, unless it says otherwise."""

    version: Version = "1"
    family: Word = "fund"
    complex: Yes = False
    priip: Yes = False
    exempt_offering: Yes = False


class PositionText(Frame):
    quantity: SignedQuantity
    account: str | None = None
    instrument: str | None = None
    strategy: str | None = None
    price: FixedPrice = Price(0)


class PartyText(Frame):
    id: str
    role: Annotated[int, Field(ge=1)]


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
    capacity: Literal["agency", "principal", "riskless_principal"] | None = None
    origin: Literal["human", "algo"] | None = None
    parties: tuple[PartyText, ...] = ()
    solicited: bool = False

    def over(self, other: "OrderText") -> "OrderText":
        """Give these terms, and the other's where these say nothing."""
        own = self.model_fields_set & OrderText.model_fields.keys()
        return other.model_copy(update={name: getattr(self, name) for name in own})


class WorkingText(OrderText):
    """An order that works already, or so many `times`. `replacing` is a replace under way."""

    id: str | None = None
    times: PositiveCount = 1
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
    entries: Mapping[str, tuple[EntryText, ...]] = {}
    people: Mapping[str, PersonText] = {}
    entitlements: tuple[EntitlementText, ...] = ()
    locates: Mapping[str, LocateText] = {}
    limits: tuple[LimitText, ...] = ()
    statuses: Mapping[str, StatusText] = {}
    figures: Mapping[str, FiguresText] = {}
    balances: Mapping[str, BalanceText] = {}
    day_ends: tuple[Instant, ...] = ()
    acknowledged: tuple[AcknowledgedText, ...] = ()
    activity: Mapping[str, ActivityText] = {}
    clients: Mapping[str, GivenClient] = {}
    products: Mapping[str, GivenProduct] = {}
    rates: Mapping[str, RateText] = {}
    quotes: Mapping[str, QuoteText] = {}
    positions: tuple[PositionText, ...] = ()
    working: tuple[WorkingText, ...] = ()
    states: Mapping[str, Literal["active", "reducing", "halted"]] = {}
    order: OrderText = OrderText()

    def over(self, other: "GivenText") -> "GivenText":
        """Give this world, and the other's sections where this says nothing."""
        own = self.model_fields_set
        return other.model_copy(update={name: getattr(self, name) for name in own})


WORLD: Final = (
    GivenText,
    InstrumentText,
    TickText,
    AccountText,
    StrategyText,
    CalendarText,
    SessionText,
    EntryText,
    PersonText,
    EntitlementText,
    LocateText,
    LimitText,
    StatusText,
    FiguresText,
    BalanceText,
    AcknowledgedText,
    ActivityText,
    GivenClient,
    ExperienceText,
    DeliveryText,
    GivenProduct,
    QuoteText,
    RateText,
    PositionText,
    WorkingText,
    PartyText,
)
"""The parts a world is written in."""
