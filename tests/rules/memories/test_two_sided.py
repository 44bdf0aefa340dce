"""The strongest recent prices beside a plain list of all that was ever let out."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Event, OrderAsked, ReplaceAsked
from domain.finding import Verdict
from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, SessionId
from domain.order import Order, OrdType, Side
from rules.memories.two_sided import FAR, RecentPrices, reach, strongest

WINDOW = 5
ORDER = Order(
    session=SessionId("S"),
    cl_ord_id=ClOrdId("1"),
    account=AccountId("A"),
    instrument=InstrumentId("ACME"),
    side=Side.BUY,
    type=OrdType.LIMIT,
    quantity=Quantity(NANO),
    price=Price(10),
)

ORDERS = st.builds(
    lambda account, side, kind, price: replace(
        ORDER,
        account=AccountId(account),
        side=side,
        type=kind,
        price=Price(price) if kind.has_price else None,
    ),
    st.sampled_from("AB"),
    st.sampled_from(Side),
    st.sampled_from([OrdType.LIMIT, OrdType.LIMIT, OrdType.STOP_LIMIT, OrdType.MARKET]),
    st.integers(-2, 4),
)
STEPS = st.lists(st.tuples(st.integers(0, 3), ORDERS, st.sampled_from(Verdict)), max_size=40)


def met(order: Order, past: list[tuple[int, Order]], account: str, at: int) -> bool:
    """Whether an order overlaps one an account was let send in the window, as people say it."""
    for then, other in past:
        if other.account != account or other.side.is_buy == order.side.is_buy:
            continue
        buy, sell = (order, other) if order.side.is_buy else (other, order)
        if then > at - WINDOW and (
            buy.price is None or sell.price is None or buy.price >= sell.price
        ):
            return True
    return False


@given(STEPS)
def test_an_order_overlaps_the_strongest_when_it_overlaps_any(
    steps: list[tuple[int, Order, Verdict]],
) -> None:
    memory = RecentPrices(WINDOW)
    past: list[tuple[int, Order]] = []
    at = 0
    for wait, order, verdict in steps:
        at += wait
        for account in "AB":
            key = (AccountId(account), order.instrument, not order.side.is_buy)
            seen = strongest(memory.sides.get(key), at - WINDOW)
            assert (seen is not None and seen[1] >= -reach(order)) == met(order, past, account, at)
        memory.note(Event(at, Micros(at), OrderAsked(order=order)), (), order, verdict)
        if verdict in {Verdict.ALLOW, Verdict.WARN}:
            past.append((at, order))
        for prices in memory.sides.values():
            assert [*prices] == sorted(prices, key=lambda one: (one[0], -one[1]))
            assert len({strength for _, strength in prices}) == len(prices)
            assert prices[-1][0] > at - WINDOW, "a side that fell silent is kept"


def test_a_replace_counts_by_its_new_price_and_what_was_not_judged_does_not() -> None:
    memory = RecentPrices(WINDOW)
    replaced = ReplaceAsked(orig_cl_ord_id=ClOrdId("0"), order=ORDER)
    memory.note(Event(1, Micros(1), replaced), (), ORDER, Verdict.ALLOW)
    memory.note(Event(2, Micros(2), OrderAsked(order=ORDER)), (), ORDER, None)
    assert memory.snapshot() == [["A", "ACME", True, [(1, 10)]]]


@pytest.mark.parametrize(
    ("kind", "side", "far"),
    [
        (OrdType.LIMIT, Side.BUY, 10),
        (OrdType.LIMIT, Side.SELL_SHORT, -10),
        (OrdType.STOP_LIMIT, Side.SELL, -10),
        (OrdType.MARKET, Side.BUY, FAR),
        (OrdType.STOP, Side.SELL, FAR),
    ],
)
def test_a_reach_is_counted_so_that_more_is_stronger(kind: OrdType, side: Side, far: int) -> None:
    assert reach(replace(ORDER, type=kind, side=side)) == far
