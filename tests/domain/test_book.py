"""The Book's sums against a plain recount, whatever happens to it and in whatever order."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.account import Account
from domain.book import Book
from domain.exposure import Figures, Node
from domain.finding import decided
from domain.fixed import NANO, Amount, Price, Quantity, Ratio, scaled
from domain.ids import AccountId, InstrumentId, Micros, OrderId, StrategyId
from domain.lifecycle import Status
from domain.market import FxRate, Quote
from domain.order import Order, Side
from domain.scope import Scope
from domain.working import Request, Working
from tests.builders import A1, A2, B1, GBP, IBM, MOMENTUM, VOD, account, order, quote, reference

ACCOUNTS = st.sampled_from([A1, A2, B1])
LISTINGS = st.sampled_from([IBM, VOD])
UNITS = st.integers(1, 500).map(lambda units: Quantity(units * NANO))
PRICES = st.integers(1, 10**12).map(Price)


def working(terms: Order, number: int) -> Working:
    name = OrderId(f"G{number}")
    return Working(
        order=terms,
        order_id=name,
        live_id=name,
        route=None,
        seq=number,
        at=Micros(0),
        resend_until=Micros(0),
        decision=decided((), None),
        status=Status.PENDING_NEW,
        leaves=terms.quantity,
    )


class Lives(RuleBasedStateMachine):
    """Random lives of a book beside the shortest program that says the same."""

    @initialize()
    def begin(self) -> None:
        self.book = Book()
        self.book.load(reference())
        self.orders: list[Working] = []
        self.moves: list[tuple[AccountId, StrategyId | None, InstrumentId, int]] = []

    @rule(
        whose=ACCOUNTS,
        what=LISTINGS,
        side=st.sampled_from(list(Side)),
        units=UNITS,
        strategy=st.sampled_from([None, MOMENTUM]),
        denied=st.booleans(),
    )
    def open(
        self,
        whose: AccountId,
        what: InstrumentId,
        side: Side,
        units: Quantity,
        strategy: StrategyId | None,
        denied: bool,
    ) -> None:
        terms = order(
            str(len(self.orders)),
            account=whose,
            instrument=what,
            side=side,
            quantity=units,
            strategy=strategy,
        )
        made = working(terms, len(self.orders))
        if denied:
            made.status, made.leaves = Status.DENIED, Quantity(0)
        self.book.open(made)
        self.orders.append(made)

    @precondition(lambda self: self.orders)
    @rule(chance=st.data(), units=UNITS, price=PRICES)
    def trade(self, chance: st.DataObject, units: Quantity, price: Price) -> None:
        found = chance.draw(st.sampled_from(self.orders))
        if found.status is Status.DENIED:
            return
        self.book.trade(found.order, units, price)
        signed = units if found.order.side.is_buy else -units
        self.moves.append(
            (found.order.account, found.order.strategy, found.order.instrument, signed)
        )
        found.filled = Quantity(found.filled + units)
        found.leaves = Quantity(max(0, found.leaves - units))
        if not found.ended:
            found.status = Status.PARTIALLY_FILLED if found.leaves else Status.FILLED
        self.book.hold(found)

    @precondition(lambda self: self.orders)
    @rule(chance=st.data(), units=UNITS)
    def replace(self, chance: st.DataObject, units: Quantity) -> None:
        found = chance.draw(st.sampled_from(self.orders))
        name = OrderId(f"{found.order_id}-{len(found.requests)}")
        terms = replace(found.order, quantity=units)
        found.requests[name] = Request(order_id=name, cl_ord_id=None, order=terms, at=Micros(0))
        self.book.hold(found)

    @precondition(lambda self: self.orders)
    @rule(chance=st.data(), status=st.sampled_from([Status.CANCELED, Status.NEW]))
    def move(self, chance: st.DataObject, status: Status) -> None:
        found = chance.draw(st.sampled_from(self.orders))
        if found.status is not Status.DENIED:
            found.status = status
            self.book.hold(found)
            self.book.hold(found)

    @rule(whose=ACCOUNTS, what=LISTINGS, units=st.integers(-50, 50), price=PRICES)
    def adjust(self, whose: AccountId, what: InstrumentId, units: int, price: Price) -> None:
        signed = Quantity(units * NANO)
        self.book.adjust(whose, None, what, signed, price)
        self.moves.append((whose, None, what, signed))

    @rule(what=LISTINGS, price=st.none() | PRICES, at=st.integers(0, 5))
    def quote(self, what: InstrumentId, price: Price | None, at: int) -> None:
        self.book.quote(Quote(instrument=what, at=Micros(at), last=price))

    @rule(rate=st.integers(1, 3 * NANO))
    def rate(self, rate: int) -> None:
        self.book.rate(FxRate(currency=GBP, rate=Ratio(rate), at=Micros(0)))

    @rule(moved=st.booleans())
    def reload(self, moved: bool) -> None:
        facts = reference()
        if moved:
            home = account(A2, "programme", "cat", owner="A1")
            facts = reference(accounts={**facts.accounts, A2: home})
        self.book.load(facts)

    def home(self, whose: AccountId) -> Account:
        assert self.book.reference is not None
        return self.book.reference.accounts[whose]

    def places(self, whose: AccountId, strategy: StrategyId | None) -> set[Scope]:
        path = set(self.home(whose).path)
        return path | ({Scope(f"strategy:{strategy}")} if strategy else set())

    @invariant()
    def every_line_is_the_sum_of_what_lies_below_it(self) -> None:
        for place, node in self.book.nodes.items():
            mine = [
                each
                for each in self.orders
                if place in self.places(each.order.account, each.order.strategy)
            ]
            assert node.orders == sum(not each.ended for each in mine), place
            for name, line in node.lines.items():
                here = [each for each in mine if each.order.instrument == name]
                assert line.position == sum(
                    signed
                    for whose, strategy, what, signed in self.moves
                    if what == name and place in self.places(whose, strategy)
                )
                assert line.buys == sum(each.wanted for each in here if each.order.side.is_buy)
                assert line.sells == sum(each.wanted for each in here if not each.order.side.is_buy)

    @invariant()
    def every_figure_is_what_a_recount_gives_at_the_last_marks(self) -> None:
        for node in self.book.nodes.values():
            assert node.figures == node.recounted()
            for name, line in node.lines.items():
                assert line.unit == self.book.mark(self.book.listings[name])

    @invariant()
    def what_rests_is_what_works(self) -> None:
        resting = {
            (owner, what, buying, name)
            for (owner, what, buying), found in self.book.resting.items()
            for name in found
        }
        assert resting == {
            (
                self.home(each.order.account).owner,
                each.order.instrument,
                each.order.side.is_buy,
                each.order_id,
            )
            for each in self.orders
            if not each.ended
        }
        assert set(self.book.working) == {each.order_id for each in self.orders if not each.ended}


@pytest.mark.fuzz
def test_the_books_sums_are_those_of_a_plain_recount() -> None:
    run_state_machine_as_test(Lives, settings=settings(stateful_step_count=30))


LINES = st.tuples(
    st.sampled_from("abc"),
    st.none() | st.integers(-(10**12), 10**12),
    st.integers(-(10**12), 10**12),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
)


@pytest.mark.fuzz
@given(st.lists(LINES))
def test_a_nodes_quick_figures_are_its_recounted_ones(
    changes: list[tuple[str, int | None, int, int, int]],
) -> None:
    node = Node()
    for name, unit, position, buys, sells in changes:
        node.change(InstrumentId(name), unit, position=position, buys=buys, sells=sells)
        assert node.figures == node.recounted()


def test_a_line_that_holds_nothing_needs_no_price() -> None:
    node = Node()
    node.change(IBM, None, position=5)
    assert node.figures is None
    node.change(IBM, None, position=-5)
    assert node.figures == Figures(gross=Amount(0), up=Amount(0), down=Amount(0))


def test_both_ends_of_a_position_are_valued() -> None:
    node = Node()
    unit = 10 * NANO
    node.change(IBM, unit, position=-20 * NANO, buys=50 * NANO, sells=30 * NANO)
    assert node.figures == Figures(
        gross=Amount(500 * NANO), up=Amount(300 * NANO), down=Amount(-500 * NANO)
    )


def test_an_orders_value_is_in_the_base_currency_and_never_too_small() -> None:
    book = Book()
    book.load(reference())
    listing = replace(book.listings[VOD], multiplier=Quantity(10 * NANO))
    assert book.unit_value(listing, Price(NANO)) is None
    book.rate(FxRate(currency=GBP, rate=Ratio(1_250_000_001), at=Micros(0)))
    assert book.unit_value(listing, Price(3)) == scaled(30, 1_250_000_001)
    assert book.unit_value(listing, None) is None


@pytest.mark.parametrize("ours", [None, MOMENTUM])
def test_the_path_of_an_account_ends_in_its_strategy(ours: StrategyId | None) -> None:
    book = Book()
    book.load(reference())
    path = [place for place, _ in book.path(A1, ours)]
    wanted = ["firm:house", "desk:cash", "trader:ann", "account:A1"]
    assert path == wanted + ([f"strategy:{ours}"] if ours else [])
    assert book.path(A1, ours) is book.path(A1, ours)


def test_what_rests_against_an_order_is_the_same_owners_other_side_oldest_first() -> None:
    book = Book()
    book.load(reference())
    for number, side in enumerate([Side.SELL, Side.BUY, Side.SELL_SHORT]):
        terms = order(str(number), account=A2, side=side)
        book.open(working(terms, number))
    owner = reference().accounts[A1].owner
    found = book.resting_against(order(side=Side.BUY), owner)
    assert [each.order_id for each in found] == ["G0", "G2"]
    assert book.resting_against(order(side=Side.BUY), reference().accounts[B1].owner) == ()


def test_a_quote_of_something_unlisted_is_kept_and_changes_nothing() -> None:
    book = Book()
    seen = quote(InstrumentId("XXX"))
    book.quote(seen)
    book.load(reference())
    assert book.quotes == {seen.instrument: seen}
    assert book.position(Scope("firm:house"), IBM) == 0
