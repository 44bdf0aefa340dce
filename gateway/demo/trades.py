"""The trades of an account, from a table.

One line of CSV a trade, as pyfolio's test data has them: the day stands in the first column,
whatever it is called, and ``amount`` (signed, sales are negative), ``price`` and ``symbol`` in
theirs; other columns are not read. A name that ends in ``.gz`` is unpacked. Beside it may lie
``opening.csv``: what the account held before the first of the trades, and the last price of each
share.
"""

import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from domain.fixed import Price, Quantity, parse_fixed
from domain.ids import InstrumentId
from domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade: a signed quantity at a price, both as the table has them."""

    on: date
    instrument: Instrument
    quantity: Quantity
    price: Price


@dataclass(frozen=True, slots=True)
class Holding:
    """What was held before the first trade, at the last price."""

    quantity: Quantity
    price: Price


@dataclass(frozen=True, slots=True)
class Account:
    """The trades of an account in the order they were done, and what it held before."""

    opening: Mapping[InstrumentId, Holding]
    trades: Sequence[Trade]

    def first(self, trades: int | None) -> "Account":
        """Give the account as it was after its first `trades` trades; None means all."""
        return Account(self.opening, self.trades[:trades])

    def positions(self) -> dict[InstrumentId, Quantity]:
        """Add the trades up: what the account held after the last."""
        found = {name: holding.quantity for name, holding in self.opening.items()}
        for trade in self.trades:
            name = trade.instrument.id
            found[name] = Quantity(found.get(name, 0) + trade.quantity)
        return found


def locate_of(instrument: InstrumentId) -> str:
    """Name the locate the account's lender gave for an instrument; the facts hold how much."""
    return f"L-{instrument}"


class Unreadable(ValueError):
    """A line of the table says nothing we could trade."""


def read_account(path: Path, instruments: Mapping[InstrumentId, Instrument]) -> Account:
    """Read the trades, and the opening positions where they lie beside them.

    Raises
    ------
    OSError
        If the file cannot be read.
    Unreadable
        At the first line that is no trade in one of the instruments.
    """
    listed = {instrument.symbol: instrument for instrument in instruments.values()}
    opening = {}
    before = path.with_name("opening.csv")
    if before.exists():
        for place, row in _rows(before):
            instrument = _instrument(listed, row, place)
            opening[instrument.id] = Holding(
                Quantity(_number(row, "quantity", place)), Price(_number(row, "price", place))
            )
    return Account(opening, tuple(_trade(listed, row, place) for place, row in _rows(path)))


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        for row in (reader := csv.DictReader(file, restval="")):
            yield f"{path}:{reader.line_num}", row


def _trade(listed: Mapping[str, Instrument], row: dict[str, str], place: str) -> Trade:
    day = next(iter(row.values()))
    try:
        on = date.fromisoformat(day[:10])
    except ValueError:
        raise Unreadable(f"{place}: `{day}` is not a day such as 2008-09-02") from None
    return Trade(
        on,
        _instrument(listed, row, place),
        Quantity(_number(row, "amount", place)),
        Price(_number(row, "price", place)),
    )


def _instrument(listed: Mapping[str, Instrument], row: dict[str, str], place: str) -> Instrument:
    symbol = row.get("symbol", "")
    if symbol not in listed:
        raise Unreadable(f"{place}: the facts list no `{symbol}`, only {', '.join(sorted(listed))}")
    return listed[symbol]


def _number(row: dict[str, str], column: str, place: str) -> int:
    try:
        return parse_fixed(row.get(column, ""))
    except ValueError as fault:
        raise Unreadable(f"{place}: `{column}`: {fault}") from None
