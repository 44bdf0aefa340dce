"""What may be written in a file of reference facts: docs/formats/facts.md, as models.

These models are the door. What they let in becomes `domain.reference.Reference`; what one part says
of another (an account's desk, an instrument's calendar) is compared in `adapters.facts.load`.
"""

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from adapters.facts.words import (
    AssetClassNames,
    Clock,
    Country,
    Currency,
    Delta,
    Equity,
    Isin,
    Level,
    Limit,
    Mic,
    Plain,
    Roles,
    ScopeName,
    Several,
    Tick,
    Version,
    Years,
    Zone,
)
from domain.fixed import NANO, Quantity
from domain.instrument import AssetClass, Right
from rules.fields import (
    Duration,
    FixedPrice,
    FixedQuantity,
    Names,
    PositiveFraction,
    PositivePrice,
    PositiveQuantity,
)
from rules.frame import Word
from rules.suitability.written import ClientText, ProductRow
from rules.term import Moment
from rules.written import Text


def _listed(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names)


class BandText(Text):
    called: ClassVar[str] = "a band of a tick table"

    since: Level
    tick: PositivePrice


class CalendarText(Text):
    called: ClassVar[str] = "a calendar"

    exchange: str | None = None
    years: Years | None = None
    always_open: bool = False

    @model_validator(mode="after")
    def _one_of_two(self) -> "CalendarText":
        if (self.exchange is not None) == self.always_open:
            raise ValueError("wanted either `exchange` and `years`, or `always_open: true`")
        if (self.years is not None) != (self.exchange is not None):
            raise ValueError("`exchange` and `years` go together")
        return self


class InstrumentText(Text):
    called: ClassVar[str] = "an instrument"

    id: Plain | None = None
    symbol: Plain
    mic: Mic
    isin: Isin | None = None
    asset_class: Annotated[AssetClass, Field(strict=False)]
    currency: Currency
    tick: Tick
    lot: PositiveQuantity = Quantity(NANO)
    multiplier: PositiveQuantity = Quantity(NANO)
    calendar: str | None = None
    issuer: Plain | None = None
    sector: Plain | None = None
    country: Country | None = None
    underlying: Plain | None = None
    right: Annotated[Right, Field(strict=False)] | None = None
    strike: FixedPrice | None = None
    expires: Moment | None = None

    @model_validator(mode="after")
    def _whole_terms(self) -> "InstrumentText":
        terms = ("underlying", "right", "strike", "expires")
        missing = [name for name in terms if getattr(self, name) is None]
        optional = self.right is not None or self.strike is not None
        if optional and self.asset_class is not AssetClass.OPTION:
            raise ValueError(
                f"`right` and `strike` are terms of an option, not of {self.asset_class}"
            )
        if self.asset_class is AssetClass.OPTION and 0 < len(missing) < len(terms):
            raise ValueError(f"the terms of an option go together: {_listed(missing)} is missing")
        return self


class AccountText(Text):
    called: ClassVar[str] = "an account"

    owner: Plain | None = None
    client: Plain | None = None
    name: str = ""


class AccountRow(AccountText):
    """An account as a table has it, with its place in the tree."""

    id: Word
    firm: Word
    desk: Word
    trader: Word


class StrategyText(Text):
    called: ClassVar[str] = "a strategy"

    desk: Word
    algo_id: Plain | None = None


class StrategyRow(StrategyText):
    """A strategy as a table has it."""

    id: Word


class SessionText(Text):
    called: ClassVar[str] = "a desk session"

    desk: Word
    accounts: Names = frozenset()
    cancel_on_disconnect: Duration | None = None
    keep_gtc: bool = True
    pending_new: bool = False
    stale_after: Duration = 30_000_000


class RouteText(Text):
    called: ClassVar[str] = "a route"

    id: Word
    venues: Names = frozenset()
    accounts: Names = frozenset()
    resend_within: Duration = 60_000_000


class EntryText(Text):
    """A line of a list; a name alone is an instrument's."""

    called: ClassVar[str] = "an entry of a list"

    instrument: Plain | None = None
    issuer: Plain | None = None
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, given: object) -> object:
        return {"instrument": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _sense(self) -> "EntryText":
        if (self.instrument is None) == (self.issuer is None):
            raise ValueError("wanted either `instrument` or `issuer`")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("`until` must be later than `since`")
        return self


class EntryRow(EntryText):
    """An entry as a table has it, with the list it is on."""

    list: Word


class ListText(Text):
    """A list; its entries alone are enough."""

    called: ClassVar[str] = "a list of instruments"

    owner: Plain | None = None
    entries: tuple[EntryText, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _entries_alone(cls, given: object) -> object:
        return {"entries": given} if isinstance(given, tuple) else given


class PersonText(Text):
    called: ClassVar[str] = "a person"

    name: str = ""
    roles: Roles


class PersonRow(PersonText):
    """A person as a table has them."""

    id: Word


class EntitlementText(Text):
    called: ClassVar[str] = "an entitlement"

    scope: ScopeName
    asset_classes: AssetClassNames = frozenset()
    venues: Several = frozenset()
    instruments: Several = frozenset()


class LocateText(Text):
    called: ClassVar[str] = "a locate"

    id: Plain
    instrument: Plain
    quantity: FixedQuantity | None = None
    account: Word | None = None
    expires: Moment | None = None


class LimitText(Text):
    called: ClassVar[str] = "a limit"

    name: Word
    scope: ScopeName
    hard: Limit
    soft: Limit | None = None

    @model_validator(mode="after")
    def _soft_below_hard(self) -> "LimitText":
        if self.soft is not None and self.soft > self.hard:
            raise ValueError("`soft` must not be more than `hard`")
        return self


class FiguresText(Text):
    called: ClassVar[str] = "an instrument's figures"

    instrument: Plain
    at: Moment | None = None
    adv: FixedQuantity | None = None
    sigma: PositiveFraction | None = None
    delta: Delta | None = None


class BalanceText(Text):
    called: ClassVar[str] = "a balance"

    account: Word
    equity: Equity
    as_of: Moment | None = None


class DayText(Text):
    called: ClassVar[str] = "the trading day"

    ends: Clock
    zone: Zone
    calendar: Word | None = None
    years: Years | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "DayText":
        if (self.calendar is None) == (self.years is None):
            raise ValueError("wanted either `calendar` or `years`")
        return self


class ActivityText(Text):
    called: ClassVar[str] = "an account's activity"

    account: Word
    as_of: Moment
    purchases: Limit
    costs: Limit
    equity: PositiveQuantity


class FactsText(Text):
    called: ClassVar[str] = "a file of reference facts"

    version: Version | None = None
    as_of: Moment | None = None
    base: Currency
    tick_tables: dict[Word, tuple[BandText, ...]] = Field(default={})
    calendars: dict[Word, CalendarText] = Field(default={})
    instruments: tuple[InstrumentText, ...] = ()
    instruments_from: str | None = None
    accounts: dict[Word, dict[Word, dict[Word, dict[Word, AccountText]]]] = Field(default={})
    accounts_from: str | None = None
    strategies: dict[Word, StrategyText] = Field(default={})
    strategies_from: str | None = None
    sessions: dict[Word, SessionText] = Field(default={})
    routes: tuple[RouteText, ...] = ()
    lists: dict[Word, ListText] = Field(default={})
    lists_from: str | None = None
    people: dict[Word, PersonText] = Field(default={})
    people_from: str | None = None
    release_needs_two: bool = False
    entitlements: tuple[EntitlementText, ...] = ()
    entitlements_from: str | None = None
    locates: tuple[LocateText, ...] = ()
    locates_from: str | None = None
    limits: tuple[LimitText, ...] = ()
    limits_from: str | None = None
    figures: tuple[FiguresText, ...] = ()
    figures_from: str | None = None
    balances: tuple[BalanceText, ...] = ()
    balances_from: str | None = None
    trading_day: DayText | None = None
    activity: tuple[ActivityText, ...] = ()
    activity_from: str | None = None
    clients: dict[Word, ClientText] = Field(default={})
    clients_from: str | None = None
    experience_from: str | None = None
    deliveries_from: str | None = None
    products: tuple[ProductRow, ...] = ()
    products_from: str | None = None
