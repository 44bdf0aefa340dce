"""What the market says: quotes, rates, statuses and figures, each with the instant it was true."""

from dataclasses import dataclass
from enum import StrEnum

from domain.fixed import Price, Quantity, Ratio
from domain.frozen import quick_to_make
from domain.ids import InstrumentId, Micros
from domain.money import Currency


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The last known prices of an instrument. A price that is not known is None, never zero."""

    instrument: InstrumentId
    at: Micros
    bid: Price | None = None
    ask: Price | None = None
    last: Price | None = None
    close: Price | None = None

    @property
    def reference(self) -> Price | None:
        """The price value limits are counted at: last trade, else mid, else prior close."""
        if self.last is not None:
            return self.last
        if self.bid is not None and self.ask is not None:
            return Price((self.bid + self.ask) // 2)
        return self.close


@dataclass(frozen=True, slots=True, kw_only=True)
class FxRate:
    """How many units of the firm's base currency one unit of `currency` is worth."""

    currency: Currency
    rate: Ratio
    at: Micros


class Phase(StrEnum):
    """The phase of a venue's trading day in one instrument (after FIX 336 and 340)."""

    PRE_OPEN = "pre_open"
    OPENING_AUCTION = "opening_auction"
    CONTINUOUS = "continuous"
    CLOSING_AUCTION = "closing_auction"
    POST_CLOSE = "post_close"
    HALTED = "halted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingStatus:
    """How an instrument may be traded now, as its venue's feed says it.

    `band_low` and `band_high` are the prices a limit-up limit-down plan, or a venue, lets trade.
    `short_restricted` says that a short price test is in force (Reg SHO rule 201).
    """

    instrument: InstrumentId
    at: Micros
    phase: Phase = Phase.CONTINUOUS
    band_low: Price | None = None
    band_high: Price | None = None
    short_restricted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures of an instrument that change daily or slower, from a model or a data vendor.

    `adv` is the average daily volume in units, `sigma` the standard deviation of a day's return,
    `delta` the change of a derivative's price for one of its underlying.
    """

    instrument: InstrumentId
    at: Micros
    adv: Quantity | None = None
    sigma: Ratio | None = None
    delta: Ratio | None = None
