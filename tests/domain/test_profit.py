"""What a book says was won or lost, of a day and in all, against a list of trades added up."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book
from domain.day import NEVER
from domain.equity import Balance
from domain.exposure import Node
from domain.fixed import NANO, Amount, Price, Quantity, Ratio, scaled
from domain.ids import AccountId, InstrumentId, Micros
from domain.instrument import AssetClass
from domain.market import Figures, FxRate, Quote
from domain.money import value_of
from domain.reference import Reference
from domain.scope import Scope
from tests.builders import A1, A2, B1, GBP, IBM, USD, VOD, account, instrument, reference

PUT = InstrumentId("VOD-PUT")
DAY = 100
ENDS = tuple(Micros(DAY * number) for number in range(1, 9))


def facts(**changes: Any) -> Reference:
    put = instrument(
        PUT,
        "XLON",
        GBP,
        asset_class=AssetClass.OPTION,
        underlying=VOD,
        multiplier=Quantity(100 * NANO),
        issuer="Clearer",
    )
    known = reference().instruments
    listings = {
        IBM: replace(known[IBM], issuer="IBM"),
        VOD: replace(known[VOD], issuer="Vodafone"),
        PUT: put,
    }
    return reference(**({"instruments": listings, "day_ends": ENDS} | changes))


@dataclass
class Plain:
    """The shortest program that says the same, from nothing but what happened."""

    reference: Reference
    trades: list[tuple[AccountId, InstrumentId, int, Price]] = field(default_factory=list)
    prices: dict[InstrumentId, Price] = field(default_factory=dict)
    rate: int | None = None
    delta: int | None = None

    def unit(self, name: InstrumentId) -> int | None:
        """What one unit would fetch."""
        price, listing = self.prices.get(name), self.reference.instruments[name]
        rate = NANO if listing.currency == USD else self.rate
        if price is None or rate is None:
            return None
        return scaled(scaled(price, listing.multiplier), rate)

    def stake(self, name: InstrumentId) -> int | None:
        """What one unit moves with."""
        if name != PUT:
            return self.unit(name)
        if self.delta is None or self.rate is None or VOD not in self.prices:
            return None
        return scaled(scaled(100 * self.prices[VOD], self.delta), self.rate)

    def within(self, place: str) -> set[AccountId]:
        accounts = self.reference.accounts.values()
        return {each.id for each in accounts if Scope(place) in each.path}

    def profit(self, place: str) -> int | None:
        total = 0
        for name, listing in self.reference.instruments.items():
            here = [
                (signed, price)
                for whose, what, signed, price in self.trades
                if what == name and whose in self.within(place)
            ]
            position = sum(signed for signed, _ in here)
            cash = -sum(value_of(price, Quantity(n), listing.multiplier) for n, price in here)
            rate, unit = NANO if listing.currency == USD else self.rate, self.unit(name)
            if not position and not cash:
                continue
            if rate is None or (position and unit is None):
                return None
            total += (cash * rate + position * (unit or 0)) // NANO
        return total

    def gross(self, place: str, *names: InstrumentId) -> int | None:
        total = 0
        for name in names:
            position = sum(
                signed
                for whose, what, signed, _ in self.trades
                if what == name and whose in self.within(place)
            )
            unit = self.stake(name)
            if position and unit is None:
                return None
            total += abs(scaled(position, unit or 0))
        return total


PLACES = ("firm:house", "desk:cash", "desk:programme", "trader:ann", "account:A1", "account:A2")
PRICES = st.integers(1, 10**12).map(Price)
STEPS = st.one_of(
    st.tuples(
        st.just("trade"),
        st.sampled_from([A1, A2, B1]),
        st.sampled_from([IBM, VOD, PUT]),
        st.integers(-50, 50),
        PRICES,
    ),
    st.tuples(st.just("quote"), st.sampled_from([IBM, VOD, PUT]), PRICES),
    st.tuples(st.just("rate"), st.integers(1, 3 * NANO)),
    st.tuples(st.just("delta"), st.integers(-NANO, NANO)),
    st.tuples(st.just("day"), st.integers(1, 2 * DAY)),
    st.tuples(st.just("move")),
)


def take(book: Book, plain: Plain, step: Any, at: int) -> None:
    """Let one thing happen to both."""
    match step:
        case ("trade", whose, what, units, price):
            signed = Quantity(units * NANO)
            book.adjust(whose, None, what, signed, price)
            plain.trades.append((whose, what, signed, price))
        case ("quote", what, price):
            book.quote(Quote(instrument=what, at=Micros(at), last=price))
            plain.prices[what] = price
        case ("rate", rate):
            book.rate(FxRate(currency=GBP, rate=Ratio(rate), at=Micros(at)))
            plain.rate = rate
        case ("delta", delta):
            book.figure(Figures(instrument=PUT, at=Micros(at), delta=Ratio(delta)))
            plain.delta = delta
        case ("move",):
            homes = [account(A2, "programme", "cat"), account(A2, "cash", "bob")]
            home = homes[plain.reference.accounts[A2].desk == "programme"]
            plain.reference = facts(accounts={**plain.reference.accounts, A2: home})
            book.load(plain.reference)
        case _:
            assert step[0] == "day"


@given(st.lists(STEPS, max_size=25))
def test_profit_and_exposure_are_what_the_trades_add_up_to(steps: list[Any]) -> None:
    plain, book = Plain(facts()), Book()
    book.load(plain.reference)
    company = book.members("issuer", "Vodafone")
    assert company == {VOD, PUT}
    for at, step in enumerate(steps):
        take(book, plain, step, at)
        for place in PLACES:
            node = book.node(Scope(place))
            tally = node.tally("vodafone", company)
            assert (None if node.unmarked else node.profit) == plain.profit(place)
            assert (None if node.unpriced else node.gross) == plain.gross(place, IBM, VOD, PUT)
            assert node.figures == node.recounted()
            if not node.unpriced:
                assert tally.gross == plain.gross(place, VOD, PUT)


@given(st.lists(STEPS.filter(lambda step: step[0] != "move"), max_size=25))
def test_a_day_begins_with_the_profit_before_it_and_has_its_peak(steps: list[Any]) -> None:
    plain, book = Plain(facts()), Book()
    book.load(plain.reference)
    book.turn(Micros(0))
    opened: dict[str, int | None] = dict.fromkeys(PLACES, 0)
    peaks: dict[str, int] = dict.fromkeys(PLACES, 0)
    at = 0
    for step in steps:
        if step[0] == "day":
            begun = at // DAY
            at += step[1]
            if at >= ENDS[-1]:
                return
            asked = {place: book.opening(book.node(Scope(place)), Micros(at)) for place in PLACES}
            book.turn(Micros(at))
            if at // DAY > begun:
                opened = {place: plain.profit(place) for place in PLACES}
                peaks = {place: opened[place] or 0 for place in PLACES}
            told = {place: book.opening(book.node(Scope(place)), Micros(at)) for place in PLACES}
            assert asked == told, "asked before the day was begun, it was another"
        take(book, plain, step, at)
        book.crest()
        for place in PLACES:
            now, opening = plain.profit(place), opened[place]
            if now is not None:
                peaks[place] = max(peaks[place], now)
            wanted = None if now is None or opening is None else (opening, peaks[place])
            assert book.opening(book.node(Scope(place)), Micros(at)) == wanted


def test_the_last_day_that_is_told_has_no_next() -> None:
    book = Book()
    book.load(facts())
    node = book.node(Scope("account:A1"))
    book.turn(Micros(799))
    assert book.opening(node, Micros(799)) == (0, 0)
    assert book.opening(node, Micros(800)) is None
    book.turn(Micros(800))
    assert book.opening(node, Micros(800)) is None
    assert not book.day.known
    book.load(facts(day_ends=(*ENDS, Micros(900))))
    assert book.opening(node, Micros(801)) == (0, 0)


def test_facts_without_days_know_none() -> None:
    book = Book()
    book.load(facts(day_ends=()))
    book.turn(Micros(5))
    assert book.begun(Micros(5)) is None


def worth(equity: int, as_of: int = 0) -> Balance:
    return Balance(equity=Amount(equity * NANO), as_of=Micros(as_of))


def bought(book: Book, units: int, price: int) -> None:
    book.adjust(A1, None, IBM, Quantity(units * NANO), Price(price * NANO))


def equity(book: Book, place: str = "account:A1") -> float | None:
    """A scope's equity now, in whole units of the base currency."""
    node, funds = book.node(Scope(place)), book.funds_of(Scope(place))
    return None if funds is None or node.unmarked else (funds + node.profit) / NANO


def test_an_equity_grows_by_what_was_won_since_it_was_told() -> None:
    book = Book()
    book.load(facts(balances={A1: worth(1000)}))
    bought(book, 10, 100)
    book.quote(Quote(instrument=IBM, at=Micros(1), last=Price(110 * NANO)))
    assert equity(book) == 1100
    # The same word again is not a new one; a new one takes the place of all before.
    book.load(facts(balances={A1: worth(1000)}, lists={}))
    assert equity(book) == 1100
    book.load(facts(balances={A1: worth(5000, 1)}))
    assert equity(book) == 5000
    book.quote(Quote(instrument=IBM, at=Micros(2), last=Price(109 * NANO)))
    assert equity(book) == 4990
    book.load(facts())
    assert equity(book) is None


def test_a_scopes_equity_is_that_of_all_its_accounts() -> None:
    book = Book()
    book.load(facts(balances={A1: worth(1000, 7), A2: worth(500, 3)}))
    assert equity(book, "desk:cash") == 1500
    assert equity(book, "firm:house") is None, "B1 told none"
    assert equity(book, "strategy:momentum") is None
    assert book.funds_told(Scope("desk:cash")) == 3
    assert book.funds_told(Scope("account:B1")) == NEVER


def test_an_equity_told_while_the_profit_was_unknown_is_no_equity() -> None:
    book = Book()
    book.load(facts())
    bought(book, 10, 100)
    book.load(facts(balances={A1: worth(1000)}))
    book.quote(Quote(instrument=IBM, at=Micros(1), last=Price(110 * NANO)))
    assert equity(book) is None
    book.load(facts(balances={A1: worth(1000, 1)}))
    assert equity(book) == 1000


def test_a_desk_takes_the_day_of_an_account_that_moves_to_it() -> None:
    book = Book()
    book.load(facts())
    book.turn(Micros(0))
    bought(book, 10, 100)
    book.quote(Quote(instrument=IBM, at=Micros(1), last=Price(110 * NANO)))
    book.crest()
    book.turn(Micros(DAY))
    book.quote(Quote(instrument=IBM, at=Micros(DAY), last=Price(105 * NANO)))
    book.crest()
    moved = {**facts().accounts, A1: account(A1, "programme", "cat")}
    book.load(facts(accounts=moved))
    desk = book.node(Scope("desk:programme"))
    assert (desk.opening, desk.profit) == (100 * NANO, 50 * NANO)
    assert book.node(Scope("desk:cash")).opening == 0


@pytest.mark.parametrize("missing", ["underlying", "price", "delta", "rate"])
def test_an_option_of_which_anything_is_unknown_has_no_value(missing: str) -> None:
    told, book = facts(), Book()
    put = told.instruments[PUT]
    if missing == "underlying":
        put = replace(put, underlying=None)
    book.load(facts(instruments={**told.instruments, PUT: put}))
    if missing != "price":
        book.quote(Quote(instrument=VOD, at=Micros(0), last=Price(NANO)))
    if missing != "delta":
        book.figure(Figures(instrument=PUT, at=Micros(0), delta=Ratio(-NANO // 2)))
    if missing != "rate":
        book.rate(FxRate(currency=GBP, rate=Ratio(NANO), at=Micros(0)))
    assert book.mark(put) is None
    book.adjust(A1, None, PUT, Quantity(NANO), Price(0))
    assert book.node(Scope("firm:house")).figures is None


def test_the_oldest_delta_and_rate_are_known() -> None:
    book = Book()
    book.load(facts())
    assert book.deltas_since == book.rates_since == NEVER
    book.figure(Figures(instrument=IBM, at=Micros(1), adv=Quantity(1)))
    book.figure(Figures(instrument=PUT, at=Micros(5), delta=Ratio(1)))
    book.rate(FxRate(currency=GBP, rate=Ratio(1), at=Micros(4)))
    assert (book.deltas_since, book.rates_since) == (5, 4)
    book.figure(Figures(instrument=PUT, at=Micros(6), delta=Ratio(1)))
    assert book.deltas_since == 6


def test_a_group_is_summed_whenever_it_is_first_asked_for() -> None:
    node, members = Node(), frozenset({IBM, VOD})
    node.change(IBM, NANO, position=5 * NANO)
    tally = node.tally("both", members)
    node.change(VOD, NANO, position=-3 * NANO)
    node.change(PUT, NANO, position=9 * NANO)
    assert tally.gross == 8 * NANO
    assert node.tally("both", members) is tally
    node.untally()
    node.change(IBM, NANO, position=NANO)
    assert tally.gross == 8 * NANO
    assert node.tally("both", members).gross == 9 * NANO
