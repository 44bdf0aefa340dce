"""Day trades: what was bought and sold, or sold short and bought back, within one trading day.

So FINRA rule 4210(f)(8)(B) counted them until 2026, and firms that phase the new rule in still do.
What was held overnight and is sold the next day before anything of it is bought again is none.
Counted are runs, not executions: a purchase in three fills, sold in five, is one day trade; bought
and sold again after that, it is two.

    a trade that makes the position larger       opens; the first of its run counts as a trade
    one that makes it smaller                    closes; the first of its run counts as a trade, and
                                                 as a day trade if the position was opened today
    one that turns it over                       closes and opens

The rule looks at the last five business days, today among them. A fill taken back takes no count
back: a broker's correction comes too late to have been relied on.
"""

from dataclasses import dataclass, field
from typing import Final

from domain.ids import InstrumentId

DAYS: Final = 5
"""Business days the rule looks back, today among them."""


@dataclass(slots=True)
class Run:
    """What was last done today in one instrument: `opened` 1 long, -1 short, 0 nothing today."""

    opened: int = 0
    closing: bool = False


@dataclass(slots=True)
class Count:
    """One day's trades and day trades."""

    trades: int = 0
    day_trades: int = 0


@dataclass(slots=True)
class DayTrades:
    """One account's counts: today's first, at most `DAYS`, and today's runs."""

    counts: list[Count] = field(default_factory=lambda: [Count()])
    runs: dict[InstrumentId, Run] = field(default_factory=dict)

    def trade(self, instrument: InstrumentId, position: int, signed: int) -> None:
        """Count a trade of a signed quantity, the position being what it was before."""
        run = self.runs.setdefault(instrument, Run())
        today = self.counts[0]
        if position * signed < 0:
            if not run.closing:
                today.trades += 1
                today.day_trades += self.closes(instrument, position)
                run.closing = True
            if abs(signed) <= abs(position):
                return
        side = 1 if signed > 0 else -1
        if run.closing or run.opened != side:
            today.trades += 1
        run.opened, run.closing = side, False

    def closes(self, instrument: InstrumentId, position: int) -> bool:
        """Whether a trade against the position would be a day trade not counted yet."""
        run = self.runs.get(instrument)
        return run is not None and not run.closing and run.opened * position > 0

    def turn(self, days: int) -> None:
        """Let so many days pass."""
        self.counts = [*(Count() for _ in range(min(days, DAYS))), *self.counts][:DAYS]
        self.runs.clear()

    @property
    def recent(self) -> Count:
        """The counts of the last five days together."""
        return Count(
            sum(each.trades for each in self.counts), sum(each.day_trades for each in self.counts)
        )
