"""What an account bought is remembered from the trade until it is a window old."""

from dataclasses import replace

from domain.events import Event
from domain.fixed import NANO, Price
from domain.ids import Micros
from domain.order import Order, Side
from rules.memories.purchases import Purchases
from tests.builders import A1, A2, IBM, VOD, order, traded

WINDOW = 10


def after(*trades: tuple[int, Order, int]) -> Purchases:
    """A memory that was shown trades of so many shares at 100.00, each at an instant."""
    memory = Purchases(WINDOW)
    for seq, (at, terms, count) in enumerate(trades):
        body = traded("1", count, name=f"X{seq}", filled=count, leaves=0)
        memory.note(Event(seq, Micros(at), body), (), terms, None)
    return memory


def test_a_purchase_is_worth_its_price_times_its_quantity() -> None:
    memory = after((1, order(), 3))
    assert list(memory.since(A1, Micros(0))) == [(IBM, Price(300 * NANO))]


def test_a_purchase_is_after_an_instant_and_not_at_it() -> None:
    memory = after((5, order(), 1))
    assert len(list(memory.since(A1, Micros(4)))) == 1
    assert list(memory.since(A1, Micros(5))) == []


def test_sales_and_other_accounts_are_not_counted() -> None:
    memory = after((1, order(side=Side.SELL), 1), (2, replace(order(), account=A2), 1))
    assert list(memory.since(A1, Micros(0))) == []
    assert len(list(memory.since(A2, Micros(0)))) == 1


def test_a_purchase_leaves_when_it_is_a_window_old() -> None:
    memory = after((1, order(), 1), (2, replace(order(), instrument=VOD), 1), (11, order(), 1))
    assert [name for name, _ in memory.since(A1, Micros(0))] == [VOD, IBM]


def test_an_account_that_fell_silent_is_forgotten() -> None:
    memory = after((1, order(), 1), (11, replace(order(), account=A2), 1))
    assert memory.snapshot() == {"A2": [[11, "IBM", 100 * NANO]]}


def test_two_memories_that_saw_the_same_are_equal() -> None:
    seen = ((1, order(), 1), (3, order(), 2))
    assert after(*seen).snapshot() == after(*seen).snapshot()
    assert after(*seen).snapshot() != after(*seen[:1]).snapshot()
