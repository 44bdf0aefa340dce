"""The reference facts: everything the gate must know that is neither an order nor a price.

They come as one value with a digest, so that an order's record can say which facts it was
judged by, and so that replay can ask for the very same ones. A new version replaces the old
whole, as a journalled event; nothing is edited in place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.account import Account, Strategy
from domain.activity import Activity
from domain.calendar import Calendar
from domain.client import Client
from domain.equity import Balance
from domain.ids import (
    AccountId,
    CalendarId,
    ClientId,
    Digest,
    InstrumentId,
    Micros,
    RouteId,
    SessionId,
    StrategyId,
)
from domain.instrument import Instrument
from domain.limits import Limit
from domain.listed import InstrumentList
from domain.market import Figures
from domain.money import Currency
from domain.people import Person, PersonId
from domain.permission import Entitlement, Locate
from domain.product import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSession:
    """What the gate knows of a door: whose orders may come through it, and what its loss means.

    `accounts` empty means every account of `desk`. `cancel_on_disconnect_us` is the grace
    after which the session's working orders are cancelled; None leaves them working. An order
    or replace that was sent more than `stale_after_us` ago is denied; 0 takes any.
    """

    id: SessionId
    desk: str
    accounts: frozenset[AccountId] = frozenset()
    cancel_on_disconnect_us: int | None = None
    keep_gtc: bool = True
    pending_new: bool = False
    stale_after_us: int = 30_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A broker and what is sent there. The first route that takes an order gets it.

    `venues` and `accounts` empty mean all. `resend_within_us` is how old an unanswered order
    may be and still be sent again, with PossResend, when the broker says it never saw it.
    """

    id: RouteId
    venues: frozenset[str] = frozenset()
    accounts: frozenset[AccountId] = frozenset()
    resend_within_us: int = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One version of the reference facts. Amounts of limits are in `base`.

    `digest` names the stored text this was read from; it is no part of the text, and empty
    while the facts have not been stored. `version` is what their keeper calls them, and `as_of`
    the instant they describe. `day_ends` are the ends of the firm's trading days, rising. With
    `release_needs_two` a stopped scope trades again only when two persons say so.
    """

    digest: Digest = field(default=Digest(""), metadata={"implied": True})
    version: str = ""
    as_of: Micros | None = None
    base: Currency
    instruments: Mapping[InstrumentId, Instrument]
    accounts: Mapping[AccountId, Account]
    strategies: Mapping[StrategyId, Strategy] = field(default_factory=dict)
    calendars: Mapping[CalendarId, Calendar] = field(default_factory=dict)
    sessions: Mapping[SessionId, DeskSession] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    lists: Mapping[str, InstrumentList] = field(default_factory=dict)
    people: Mapping[PersonId, Person] = field(default_factory=dict)
    release_needs_two: bool = False
    entitlements: tuple[Entitlement, ...] = ()
    locates: Mapping[str, Locate] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    figures: Mapping[InstrumentId, Figures] = field(default_factory=dict)
    balances: Mapping[AccountId, Balance] = field(default_factory=dict)
    day_ends: tuple[Micros, ...] = ()
    activity: Mapping[AccountId, Activity] = field(default_factory=dict)
    clients: Mapping[ClientId, Client] = field(default_factory=dict)
    products: Mapping[InstrumentId, Product] = field(default_factory=dict)
