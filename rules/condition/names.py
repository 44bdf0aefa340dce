"""The vocabulary of conditions: every name, its type, and what it means.

A name is either the same for every order of a place (the account's desk, the instrument's
sector), or asked of each order. The first are known when a rule is bound, so a condition about
another desk costs an order nothing.

None means unknown, and what an unknown value would decide counts as met (fail closed).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from domain.fixed import NANO, scaled, show_fixed
from domain.instrument import AssetClass
from domain.order import Capacity, OrdType, Origin, Side, TimeInForce
from domain.scope import Level
from rules.case import Case
from rules.condition.words import Type, Value
from rules.place import Place

Ask = Callable[[Case], Value | None]

DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a name stands for. Of `fixed` and `asked` exactly one is there.

    `values` are all the texts it can be, where they are few; `always` says it is never unknown.
    """

    name: str
    type: Type
    text: str
    fixed: Callable[[Place], Value | None] | None = None
    asked: Callable[[Place], Ask] | None = None
    always: bool = False
    values: frozenset[str] | None = None

    def shown(self, value: Value) -> str:
        """Write a value of this name for people."""
        if isinstance(value, str):
            return value
        match self.type:
            case Type.NUMBER:
                return show_fixed(value)
            case Type.DURATION if self.name == "time.of_day":
                minutes, seconds = divmod(value // 1_000_000, 60)
                return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
            case Type.DURATION:
                return f"{show_fixed(value * 1_000)}s"
            case Type.TRUTH | Type.TEXT:
                return str(value).lower()


def _order(
    name: str,
    kind: Type,
    text: str,
    ask: Ask,
    *,
    always: bool = False,
    values: Iterable[str] | None = None,
) -> Meaning:
    options = None if values is None else frozenset(values)
    return Meaning(
        name=name, type=kind, text=text, asked=lambda _: ask, always=always, values=options
    )


def _choice(
    name: str,
    text: str,
    choices: Iterable[Side | OrdType | TimeInForce | Capacity],
    field: str,
    *,
    always: bool = True,
) -> Meaning:
    words = {choice: choice.name.lower() for choice in choices}
    of = attrgetter(field)

    def ask(case: Case) -> str | None:
        return words.get(of(case.order))

    return _order(name, Type.TEXT, text, ask, always=always, values=words.values())


def _place(
    name: str,
    text: str,
    of: Callable[[Place], Value | None],
    kind: Type = Type.TEXT,
    *,
    always: bool = True,
    values: Iterable[str] | None = None,
) -> Meaning:
    options = None if values is None else frozenset(values)
    return Meaning(name=name, type=kind, text=text, fixed=of, always=always, values=options)


def _line(name: str, text: str, field: str) -> Meaning:
    """A figure of the account's line in the instrument; zero until the first trade or order."""
    of = attrgetter(field)

    def asked(place: Place) -> Ask:
        found = place.node(Level.ACCOUNT)
        assert found is not None, "every path ends in an account"
        lines, instrument = found[1].lines, place.instrument.id

        def ask(_: Case) -> int:
            line = lines.get(instrument)
            return 0 if line is None else int(of(line))

        return ask

    return Meaning(name=name, type=Type.NUMBER, text=text, asked=asked, always=True)


def _gross(place: Place) -> Ask:
    found = place.node(Level.ACCOUNT)
    assert found is not None, "every path ends in an account"
    node = found[1]
    return lambda _: None if node.unpriced else node.gross


def _working(place: Place) -> Ask:
    found = place.node(Level.ACCOUNT)
    assert found is not None, "every path ends in an account"
    node = found[1]
    return lambda _: node.orders * NANO


def _quote(field: str) -> Ask:
    of = attrgetter(field)

    def ask(case: Case) -> int | None:
        value: int | None = None if case.quote is None else of(case.quote)
        return value

    return ask


def _value(case: Case) -> int | None:
    return None if case.unit is None else scaled(case.quantity, case.unit)


def _age(case: Case) -> int | None:
    return None if case.quote is None else case.at - case.quote.at


def _signal_age(case: Case) -> int | None:
    return None if case.signalled_at is None else case.at - case.signalled_at


def _weekday(case: Case) -> int:
    # The epoch was a Thursday.
    return ((case.at // DAY_US + 3) % 7 + 1) * NANO


def _origin(case: Case) -> str | None:
    return case.order.origin


_ALL: Final = (
    _order("order.quantity", Type.NUMBER, "Units asked for.", attrgetter("quantity"), always=True),
    _order(
        "order.price", Type.NUMBER, "The limit price, if there is one.", attrgetter("order.price")
    ),
    _order(
        "order.stop_price", Type.NUMBER, "The stop price, if any.", attrgetter("order.stop_price")
    ),
    _order(
        "order.value", Type.NUMBER, "Quantity at the reference price, in base currency.", _value
    ),
    _choice("order.side", "Which way.", Side, "side"),
    _choice("order.type", "How it is priced.", OrdType, "type"),
    _choice("order.tif", "How long it stands.", TimeInForce, "tif"),
    _choice(
        "order.capacity",
        "In what capacity the firm acts, if said.",
        Capacity,
        "capacity",
        always=False,
    ),
    _order("order.origin", Type.TEXT, "Who decided, if said.", _origin, values=map(str, Origin)),
    _order(
        "order.is_replace",
        Type.TRUTH,
        "Whether it changes a working order.",
        lambda case: case.replaced is not None,
        always=True,
    ),
    _order(
        "order.is_signal",
        Type.TRUTH,
        "Whether a strategy's signal asks for it.",
        lambda case: case.signalled_at is not None,
        always=True,
    ),
    _order("signal.age", Type.DURATION, "Time since the signal was raised.", _signal_age),
    _place("instrument.id", "The instrument's id.", lambda place: place.instrument.id),
    _place("instrument.symbol", "Its symbol.", lambda place: place.instrument.symbol),
    _place(
        "instrument.isin", "Its ISIN, if known.", lambda place: place.instrument.isin, always=False
    ),
    _place("instrument.venue", "The MIC of its venue.", lambda place: place.instrument.mic),
    _place(
        "instrument.asset_class",
        "Its asset class.",
        lambda place: place.instrument.asset_class,
        values=map(str, AssetClass),
    ),
    _place("instrument.currency", "Its currency.", lambda place: place.instrument.currency),
    _place(
        "instrument.sector",
        "Its sector, if known.",
        lambda place: place.instrument.sector,
        always=False,
    ),
    _place(
        "instrument.country",
        "Its country, if known.",
        lambda place: place.instrument.country,
        always=False,
    ),
    _place(
        "instrument.issuer",
        "Its issuer, if known.",
        lambda place: place.instrument.issuer,
        always=False,
    ),
    _place("instrument.lot", "Its lot.", lambda place: place.instrument.lot, Type.NUMBER),
    _place(
        "instrument.multiplier",
        "The value of one point for one unit.",
        lambda place: place.instrument.multiplier,
        Type.NUMBER,
    ),
    _place("account.id", "The account.", lambda place: place.account.id),
    _place("account.owner", "Its beneficial owner.", lambda place: place.account.owner),
    _place("account.trader", "Its trader.", lambda place: place.account.trader),
    _place("account.desk", "Its desk.", lambda place: place.account.desk),
    _place("account.firm", "Its firm.", lambda place: place.account.firm),
    Meaning(
        name="account.gross",
        type=Type.NUMBER,
        text="Its gross exposure before this order, holds counted, in base currency.",
        asked=_gross,
    ),
    Meaning(
        name="account.orders",
        type=Type.NUMBER,
        text="How many orders it has working.",
        asked=_working,
        always=True,
    ),
    _place(
        "strategy.id",
        "The strategy, if the order names one.",
        lambda place: place.strategy,
        always=False,
    ),
    _place("session.id", "The session the order came by.", lambda place: place.session),
    _line("position.net", "Units the account holds, negative when short.", "position"),
    _line("position.buys", "Units the account has working to buy.", "buys"),
    _line("position.sells", "Units the account has working to sell.", "sells"),
    _order("quote.bid", Type.NUMBER, "The best bid.", _quote("bid")),
    _order("quote.ask", Type.NUMBER, "The best offer.", _quote("ask")),
    _order("quote.last", Type.NUMBER, "The last trade's price.", _quote("last")),
    _order("quote.close", Type.NUMBER, "The prior close.", _quote("close")),
    _order(
        "quote.reference",
        Type.NUMBER,
        "The last trade's price, else the mid, else the prior close.",
        attrgetter("reference"),
    ),
    _order("quote.age", Type.DURATION, "Time since the quote was true.", _age),
    _order(
        "time.of_day",
        Type.DURATION,
        "Time since midnight UTC, written 16:30.",
        lambda case: case.at % DAY_US,
        always=True,
    ),
    _order(
        "time.weekday", Type.NUMBER, "Day of the week in UTC: 1 is Monday.", _weekday, always=True
    ),
)

VOCABULARY: Final[Mapping[str, Meaning]] = MappingProxyType(
    {meaning.name: meaning for meaning in _ALL}
)
"""Every name a condition may use."""
