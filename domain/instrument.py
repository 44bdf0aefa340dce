"""What can be traded, with the venue's rules for its prices and quantities."""

from dataclasses import dataclass
from enum import StrEnum

from domain.fixed import NANO, Price, Quantity
from domain.ids import CalendarId, InstrumentId, Micros
from domain.money import Currency


class Right(StrEnum):
    """What an option gives its holder the right to do."""

    CALL = "call"
    PUT = "put"


class AssetClass(StrEnum):
    """The classes rules can be scoped by (after FIX Product 460 and CFICode 461)."""

    EQUITY = "equity"
    FUND = "fund"
    BOND = "bond"
    FUTURE = "future"
    OPTION = "option"
    FX = "fx"
    CRYPTO = "crypto"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class TickBand:
    """From this price (absolute) upwards, prices move in this step."""

    since: Price
    tick: Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One listing: a security on one venue, in one currency.

    `ticks` is the venue's tick table in rising order of price, starting at 0; `multiplier` is
    the value of one point for one unit (1 for shares, 50 for an E-mini contract). A derivative
    names what it is written on, and an option its terms; `expires` is an instant.
    """

    id: InstrumentId
    symbol: str
    mic: str
    asset_class: AssetClass
    currency: Currency
    ticks: tuple[TickBand, ...]
    lot: Quantity = Quantity(NANO)
    multiplier: Quantity = Quantity(NANO)
    calendar: CalendarId
    isin: str | None = None
    issuer: str | None = None
    sector: str | None = None
    country: str | None = None
    underlying: InstrumentId | None = None
    right: Right | None = None
    strike: Price | None = None
    expires: Micros | None = None

    def tick_at(self, price: Price) -> Price:
        """Give the step that prices near `price` must be a multiple of."""
        level = abs(price)
        tick = self.ticks[0].tick
        for band in self.ticks:
            if band.since > level:
                break
            tick = band.tick
        return tick
