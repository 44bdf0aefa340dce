"""What a node of the account tree has at stake, per instrument and in sum.

For one instrument at one node let *p* be the position, *b* the quantity of working buys and
*s* of working sells (holds), and *u* the value of one unit in the firm's base currency. The
position can end anywhere from p - s to p + b, so limits look at both ends:

    up    = max((p + b) * u, (p - s) * u)      the highest value it can end at
    down  = min((p + b) * u, (p - s) * u)      the lowest
    gross = max(|up|, |down|)

Where u is below zero (a put, by its delta; oil in 2020) it is the buys that lead down. How u is
found for shares, futures and options is said at `domain.book.Book.mark`.

*Profit* is another sum. What trading brought in and what the position would fetch now, both in
the base currency, are what a node has won or lost since it began, realised and unrealised alike:

    profit = cash * r + p * w          rounded down, so never larger than it is

with *cash* what trading brought in, in the line's currency (below zero when more was spent), *r*
that currency's rate and *w* the price of one unit, not its delta's share of anything.

A node's figures are sums over its instruments. They are kept as exact integer sums that change
only by the line that changed, so asking costs the same for one instrument and for a thousand;
`Node.recounted` is the plain twin that adds everything up again.

INVARIANT (no price, no figure): a line with anything at stake and no unit value makes the
node's figures unknown, and a line that was traded and has no price or rate its profit; a rule that
needs them denies.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

from domain.fixed import NANO, Amount, Quantity
from domain.ids import InstrumentId


@dataclass(slots=True)
class Line:
    """One instrument at one node. `cash` is what trading brought in, in the line's currency.

    `gross`, `up`, `down` and `profit` are nanos of base currency, as they stand in the node's
    sums; `tallies` are the node's group sums the line belongs to.
    """

    position: Quantity = Quantity(0)
    buys: Quantity = Quantity(0)
    sells: Quantity = Quantity(0)
    unit: int | None = None
    cash: Amount = Amount(0)
    gross: int = 0
    up: int = 0
    down: int = 0
    profit: int = 0
    tallies: list["Tally"] = field(default_factory=list, compare=False)

    @property
    def at_stake(self) -> bool:
        """Whether the line can move any figure."""
        return bool(self.position or self.buys or self.sells)


@dataclass(slots=True)
class Figures:
    """A node's sums, in nanos of base currency. `up` and `down` are signed net values."""

    gross: Amount
    up: Amount
    down: Amount


def stake(position: int, buys: int, sells: int, unit: int) -> tuple[int, int, int]:
    """Value a line: ``(gross, up, down)`` in nanos of base currency.

    This is `domain.fixed.scaled` written out twice: it runs for every order at every node.
    """
    up = (position + buys) * unit
    up = -(-up // NANO) if up >= 0 else up // NANO
    down = (position - sells) * unit
    down = -(-down // NANO) if down >= 0 else down // NANO
    if unit < 0:
        up, down = down, up
    return max(up, -up, down, -down), up, down


def profit_of(line: Line, worth: int | None, rate: int | None) -> int | None:
    """Give what a line has won or lost, in nanos of base currency; None when that is unknown."""
    if not line.position and not line.cash:
        return 0
    if rate is None or (worth is None and line.position):
        return None
    return (line.cash * rate + line.position * (worth or 0)) // NANO


@dataclass(slots=True)
class Tally:
    """The gross values of a group of instruments at one node, summed: an issuer's, a sector's.

    Kept from the day a rule first asks, since few groups are ever asked about.
    """

    members: frozenset[InstrumentId]
    gross: int = 0


@dataclass(slots=True)
class Node:
    """One scope's lines and sums. `orders` counts its working orders.

    `opening` is the profit the trading day began with and `peak` the highest since; `unopened`
    says that the profit was unknown when the day began, so nobody knows what the day brought.
    """

    lines: dict[InstrumentId, Line] = field(default_factory=dict)
    gross: int = 0
    up: int = 0
    down: int = 0
    orders: int = 0
    unpriced: set[InstrumentId] = field(default_factory=set)
    profit: int = 0
    unmarked: set[InstrumentId] = field(default_factory=set)
    opening: int = 0
    unopened: bool = False
    peak: int = 0
    tallies: dict[Hashable, Tally] = field(default_factory=dict, compare=False)

    def line(self, instrument: InstrumentId) -> Line:
        """Give the line of an instrument, making an empty one at first."""
        found = self.lines.get(instrument)
        if found is None:
            found = self.lines[instrument] = Line()
            found.tallies += (each for each in self.tallies.values() if instrument in each.members)
        return found

    def tally(self, group: Hashable, members: frozenset[InstrumentId]) -> Tally:
        """Give the sum of a group, counting it up when it is first asked for."""
        found = self.tallies.get(group)
        if found is None:
            found = self.tallies[group] = Tally(members)
            for instrument, line in self.lines.items():
                if instrument in members:
                    found.gross += line.gross
                    line.tallies.append(found)
        return found

    def untally(self) -> None:
        """Forget the group sums: which instrument belongs where may have changed."""
        self.tallies.clear()
        for line in self.lines.values():
            line.tallies.clear()

    def change(
        self,
        instrument: InstrumentId,
        unit: int | None,
        *,
        position: int = 0,
        buys: int = 0,
        sells: int = 0,
        cash: int = 0,
    ) -> None:
        """Add to a line and revalue it at `unit`."""
        line = self.line(instrument)
        if buys:
            line.buys = Quantity(line.buys + buys)
        if sells:
            line.sells = Quantity(line.sells + sells)
        if position:
            line.position = Quantity(line.position + position)
        if cash:
            line.cash = Amount(line.cash + cash)
        self.value(instrument, line, unit)

    def value(self, instrument: InstrumentId, line: Line, unit: int | None) -> None:
        """Put a line's value at `unit` into the sums in place of what it was."""
        line.unit = unit
        if unit is None:
            gross = up = down = 0
            if line.at_stake:
                self.unpriced.add(instrument)
            else:
                self.unpriced.discard(instrument)
        else:
            gross, up, down = stake(line.position, line.buys, line.sells, unit)
            if self.unpriced:
                self.unpriced.discard(instrument)
        more = gross - line.gross
        self.gross += more
        for tally in line.tallies:
            tally.gross += more
        self.up += up - line.up
        self.down += down - line.down
        line.gross = gross
        line.up = up
        line.down = down

    def reckon(self, instrument: InstrumentId, worth: int | None, rate: int | None) -> None:
        """Put a line's profit into the sum in place of what it was.

        `worth` is what one unit would fetch, in nanos of base currency, and `rate` what one unit
        of the line's currency is worth in it.
        """
        line = self.lines[instrument]
        profit = profit_of(line, worth, rate)
        if profit is None:
            self.unmarked.add(instrument)
            profit = 0
        elif self.unmarked:
            self.unmarked.discard(instrument)
        self.profit += profit - line.profit
        line.profit = profit

    def open_day(self) -> None:
        """Begin a trading day: what was won or lost before is yesterday's."""
        self.opening = self.peak = self.profit
        self.unopened = bool(self.unmarked)

    @property
    def figures(self) -> Figures | None:
        """The sums, or None while something at stake has no price."""
        if self.unpriced:
            return None
        return Figures(Amount(self.gross), Amount(self.up), Amount(self.down))

    def recounted(self) -> Figures | None:
        """Add every line up afresh: the plain twin of `figures`."""
        gross = up = down = 0
        for line in self.lines.values():
            if line.unit is None:
                if line.at_stake:
                    return None
                continue
            line_gross, line_up, line_down = stake(line.position, line.buys, line.sells, line.unit)
            gross, up, down = gross + line_gross, up + line_up, down + line_down
        return Figures(Amount(gross), Amount(up), Amount(down))
