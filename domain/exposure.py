"""What a node of the account tree has at stake, per instrument and in sum.

For one instrument at one node let *p* be the position, *b* the quantity of working buys and
*s* of working sells (holds), and *u* the value of one unit in the firm's base currency. The
position can end anywhere from p - s to p + b, so limits look at both ends:

    up   = p + b              long if every buy fills and no sell does
    down = p - s              short if every sell fills and no buy does
    gross = max(|up|, |down|) * u
    net   = up * u  and  down * u

A node's figures are sums over its instruments. They are kept as exact integer sums that change
only by the line that changed, so asking costs the same for one instrument and for a thousand;
`Node.recounted` is the plain twin that adds everything up again.

INVARIANT (no price, no figure): a line with anything at stake and no unit value makes the
node's figures unknown, and a rule that needs them denies.
"""

from dataclasses import dataclass, field

from domain.fixed import NANO, Amount, Quantity
from domain.ids import InstrumentId


@dataclass(slots=True)
class Line:
    """One instrument at one node. `cash` is what trading brought in, in the line's currency.

    `gross`, `up` and `down` are nanos of base currency, as they stand in the node's sums.
    """

    position: Quantity = Quantity(0)
    buys: Quantity = Quantity(0)
    sells: Quantity = Quantity(0)
    unit: int | None = None
    cash: Amount = Amount(0)
    gross: int = 0
    up: int = 0
    down: int = 0

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
    return max(up, -up, down, -down), up, down


@dataclass(slots=True)
class Node:
    """One scope's lines and sums. `orders` counts its working orders."""

    lines: dict[InstrumentId, Line] = field(default_factory=dict)
    gross: int = 0
    up: int = 0
    down: int = 0
    orders: int = 0
    unpriced: set[InstrumentId] = field(default_factory=set)

    def line(self, instrument: InstrumentId) -> Line:
        """Give the line of an instrument, making an empty one at first."""
        found = self.lines.get(instrument)
        if found is None:
            found = self.lines[instrument] = Line()
        return found

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
        self.gross += gross - line.gross
        self.up += up - line.up
        self.down += down - line.down
        line.gross = gross
        line.up = up
        line.down = down

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
