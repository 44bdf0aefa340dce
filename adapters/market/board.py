"""The quote board: the newest price of everything, and a bounded stream of marks to the gate.

Quotes come far faster than they matter. The board keeps only the newest of each instrument;
the sequencer takes an order's quote from it, and that quote travels inside the order's event.
Marks for valuing positions are told to the gate at most once in `every_us`, all that changed
since in one event: ticks are not journalled, what the gate acts on is.
"""

from collections.abc import Callable, Iterable
from threading import Lock

from domain.events import MarketSeen
from domain.ids import InstrumentId, Micros
from domain.market import FxRate, Quote
from domain.money import Currency


class QuoteBoard:
    """Newest quotes and rates, written by any thread."""

    def __init__(
        self,
        tell: Callable[[MarketSeen], None],
        *,
        clock: Callable[[], Micros],
        every_us: int = 1_000_000,
        known: Iterable[Quote] = (),
    ) -> None:
        """Begin with the quotes the gate knows already, from its journal."""
        self._tell = tell
        self._clock = clock
        self._every_us = every_us
        self._lock = Lock()
        self._quotes = {quote.instrument: quote for quote in known}
        self._changed: dict[InstrumentId, Quote] = {}
        self._rates: dict[Currency, FxRate] = {}
        self._told_at = Micros(0)

    def quote_of(self, instrument: InstrumentId) -> Quote | None:
        """Give the newest quote."""
        return self._quotes.get(instrument)

    def put(self, quotes: Iterable[Quote] = (), rates: Iterable[FxRate] = ()) -> None:
        """Take quotes and rates; an older one than is known changes nothing."""
        with self._lock:
            for quote in quotes:
                known = self._quotes.get(quote.instrument)
                if known is None or known.at <= quote.at:
                    self._quotes[quote.instrument] = self._changed[quote.instrument] = quote
            for rate in rates:
                self._rates[rate.currency] = rate
            now = self._clock()
            if self._rates or now - self._told_at >= self._every_us:
                self._flush(now)

    def flush(self) -> None:
        """Tell the gate what has changed since it was last told; called by a slow timer."""
        with self._lock:
            self._flush(self._clock())

    def _flush(self, now: Micros) -> None:
        if self._changed or self._rates:
            self._tell(
                MarketSeen(quotes=tuple(self._changed.values()), rates=tuple(self._rates.values()))
            )
            self._changed, self._rates = {}, {}
            self._told_at = now
