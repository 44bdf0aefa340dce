"""What the market says: quotes and exchange rates, each with the instant it was true."""

from dataclasses import dataclass

from domain.fixed import Price, Ratio
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
