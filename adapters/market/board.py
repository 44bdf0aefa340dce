"""The quote board: the newest of everything markets say, and a bounded stream of it to the gate.

Quotes come far faster than they matter. The board keeps only the newest of each instrument;
the sequencer takes an order's quote from it, and that quote travels inside the order's event.
Marks for valuing positions are told to the gate at most once in `every_us`, all that changed
since in one event: ticks are not journalled, what the gate acts on is.

What an order is stopped by must not wait so long. Rates are told at once, and so is a trading
status that says something new: another phase, another price band, a short price test that begins
or ends. A status that only says again what it said, and figures, go with the next marks.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Lock

from domain.events import MarketSeen
from domain.ids import InstrumentId, Micros
from domain.market import Figures, FxRate, Quote, TradingStatus
from domain.money import Currency


class QuoteBoard:
    """The newest quotes, rates, statuses and figures, written by any thread."""

    def __init__(
        self,
        tell: Callable[[MarketSeen], None],
        *,
        clock: Callable[[], Micros],
        every_us: int = 1_000_000,
        known: Iterable[Quote] = (),
        statuses: Iterable[TradingStatus] = (),
    ) -> None:
        """Begin with the quotes and statuses the gate knows already, from its journal."""
        self._tell = tell
        self._clock = clock
        self._every_us = every_us
        self._lock = Lock()
        self._quotes = {quote.instrument: quote for quote in known}
        self._statuses = {status.instrument: status for status in statuses}
        self._new_quotes: dict[InstrumentId, Quote] = {}
        self._new_rates: dict[Currency, FxRate] = {}
        self._new_statuses: dict[InstrumentId, TradingStatus] = {}
        self._new_figures: dict[InstrumentId, Figures] = {}
        self._told_at = Micros(0)

    def quote_of(self, instrument: InstrumentId) -> Quote | None:
        """Give the newest quote."""
        return self._quotes.get(instrument)

    def put(
        self,
        quotes: Iterable[Quote] = (),
        rates: Iterable[FxRate] = (),
        statuses: Iterable[TradingStatus] = (),
        figures: Iterable[Figures] = (),
    ) -> None:
        """Take news; an older quote or status than is known changes nothing."""
        with self._lock:
            for quote in quotes:
                known = self._quotes.get(quote.instrument)
                if known is None or known.at <= quote.at:
                    self._quotes[quote.instrument] = self._new_quotes[quote.instrument] = quote
            for rate in rates:
                self._new_rates[rate.currency] = rate
            urgent = bool(self._new_rates)
            for status in statuses:
                urgent |= self._put_status(status)
            for each in figures:
                waiting = self._new_figures.get(each.instrument)
                if waiting is None or waiting.at <= each.at:
                    self._new_figures[each.instrument] = each
            now = self._clock()
            if urgent or now - self._told_at >= self._every_us:
                self._flush(now)

    def flush(self) -> None:
        """Tell the gate what has changed since it was last told; called by a slow timer."""
        with self._lock:
            self._flush(self._clock())

    def _put_status(self, status: TradingStatus) -> bool:
        """Take a status; say whether it says something new."""
        known = self._statuses.get(status.instrument)
        if known is not None and known.at > status.at:
            return False
        self._statuses[status.instrument] = self._new_statuses[status.instrument] = status
        return known is None or replace(known, at=status.at) != status

    def _flush(self, now: Micros) -> None:
        seen = MarketSeen(
            quotes=tuple(self._new_quotes.values()),
            rates=tuple(self._new_rates.values()),
            statuses=tuple(self._new_statuses.values()),
            figures=tuple(self._new_figures.values()),
        )
        if seen == MarketSeen():
            return
        self._tell(seen)
        self._new_quotes, self._new_rates = {}, {}
        self._new_statuses, self._new_figures = {}, {}
        self._told_at = now
