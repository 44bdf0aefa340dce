"""Which instrument a message means: by symbol and exchange, or by a security id and its source.

A symbol alone is enough while one venue lists it. Two venues make it ambiguous, and then the
exchange must be said; guessing would send an order to another market. Our own instrument id counts
as a symbol too. An ISIN names a security, not a listing, so it needs the exchange in the same way.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar

from domain.ids import InstrumentId
from domain.instrument import Instrument

ISIN = "4"
"""SecurityIDSource (22)."""

_Key = TypeVar("_Key")


class Unclear(Enum):
    """Why no instrument was found."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"


class Listings:
    """All instruments of the reference facts, found by the names messages give them.

    `aliases` are further names, such as RICs (``("5", "AAPL.OQ")``: source and id).
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        aliases: Mapping[tuple[str, str], InstrumentId] | None = None,
    ) -> None:
        self.by_id = {instrument.id: instrument for instrument in instruments}
        self.by_symbol: dict[str, Instrument | Unclear] = {}
        self._at: dict[tuple[str, str], Instrument] = {}
        self._by_code: dict[tuple[str, str], Instrument | Unclear] = {}
        self._code_at: dict[tuple[str, str, str], Instrument] = {}
        for instrument in self.by_id.values():
            _name(self.by_symbol, instrument.symbol, instrument)
            self._at[instrument.symbol, instrument.mic] = instrument
            if instrument.isin is not None:
                _name(self._by_code, (ISIN, instrument.isin), instrument)
                self._code_at[ISIN, instrument.isin, instrument.mic] = instrument
        for instrument in self.by_id.values():
            self.by_symbol.setdefault(instrument.id, instrument)
            self._at.setdefault((instrument.id, instrument.mic), instrument)
        for alias, name in (aliases or {}).items():
            self._by_code[alias] = self.by_id[name]

    def find(self, symbol: str, exchange: str | None) -> Instrument | Unclear:
        """Find a listing by its symbol, at an exchange (a MIC) where one is said."""
        if exchange is None:
            return self.by_symbol.get(symbol, Unclear.UNKNOWN)
        return self._at.get((symbol, exchange), Unclear.UNKNOWN)

    def find_code(self, source: str, code: str, exchange: str | None) -> Instrument | Unclear:
        """Find a listing by a security id (48) of a source (22)."""
        found = self._by_code.get((source, code), Unclear.UNKNOWN)
        if exchange is None or found is Unclear.UNKNOWN:
            return found
        if isinstance(found, Instrument) and found.mic == exchange:
            return found
        return self._code_at.get((source, code, exchange), Unclear.UNKNOWN)


def _name(names: dict[_Key, Instrument | Unclear], key: _Key, instrument: Instrument) -> None:
    names[key] = Unclear.AMBIGUOUS if key in names else instrument
