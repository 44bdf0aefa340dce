"""The brokers' own books: what they received, worked and filled, by their own account.

A paper broker appends a line for whatever comes and goes (`adapters.paper.ledger`). From these
lines alone follows what it traded and which of our ids ever made an order there: the other side's
evidence, which no fault of the gate can have bent.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.fixed import Quantity, parse_fixed
from domain.ids import BrokerOrderId, InstrumentId, OrderId
from domain.lifecycle import ExecType
from domain.order import Side


@dataclass(slots=True)
class BrokersBook:
    """All brokers' ledgers, added up.

    `received` counts how often an order (35=D) came under an id of ours; `worked` how many orders
    the brokers made of it, which must never be more than one.
    """

    received: Counter[OrderId] = field(default_factory=Counter)
    worked: Counter[OrderId] = field(default_factory=Counter)
    filled: dict[OrderId, Quantity] = field(default_factory=dict)
    positions: dict[InstrumentId, Quantity] = field(default_factory=dict)
    trades: int = 0


def read_books(ledgers: Iterable[Path]) -> BrokersBook:
    """Read what all brokers wrote down."""
    book = BrokersBook()
    for ledger in ledgers:
        lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else []
        _read(book, [json.loads(line) for line in lines])
    return book


def _read(book: BrokersBook, lines: list[dict[str, Any]]) -> None:
    terms: dict[str, dict[str, Any]] = {}
    names: dict[BrokerOrderId, OrderId] = {}
    for line in lines:
        match line["type"]:
            case "D":
                book.received[OrderId(line["id"])] += 1
                terms.setdefault(line["id"], line)
            case "8":
                _report(book, line, terms, names)
            case _:
                pass


def _report(
    book: BrokersBook,
    line: dict[str, Any],
    terms: dict[str, dict[str, Any]],
    names: dict[BrokerOrderId, OrderId],
) -> None:
    """Count a report: an order's first names it, and its sum of fills moves the position."""
    theirs = BrokerOrderId(line.get("order", "NONE"))
    if theirs not in names:
        if line["id"] not in terms or theirs == "NONE":
            return  # an answer about no order
        names[theirs] = OrderId(line["id"])
        book.worked[names[theirs]] += 1
    name = names[theirs]
    if line["exec_type"] in {ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL}:
        book.trades += 1
    filled = Quantity(parse_fixed(line["filled"]))
    change = filled - book.filled.get(name, 0)
    book.filled[name] = filled
    instrument = InstrumentId(terms[name]["instrument"])
    signed = change if Side(terms[name]["side"]).is_buy else -change
    book.positions[instrument] = Quantity(book.positions.get(instrument, 0) + signed)
