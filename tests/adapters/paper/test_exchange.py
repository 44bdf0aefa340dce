"""The paper broker without FIX: what it answers, and that it is the same every time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.paper.exchange import Exchange, Habits, Said
from adapters.paper.script import script_of
from domain.events import CancelRejected, ExecutionReported
from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, OrderId, RouteId, SessionId
from domain.messages import SendCancel, SendOrder, SendReplace, SendStatusRequest
from domain.order import Order, OrdType, Side, TimeInForce

ROUTE = RouteId("x")
AT = Micros(1_767_623_400_000_000)
MSFT = InstrumentId("MSFT.XNAS")
G1, G2, G3 = OrderId("G1"), OrderId("G2"), OrderId("G3")
ORDER = Order(
    session=SessionId("desk"),
    cl_ord_id=ClOrdId("a1"),
    account=AccountId("ACC"),
    instrument=MSFT,
    side=Side.BUY,
    type=OrdType.LIMIT,
    quantity=Quantity(100 * NANO),
    price=Price(15 * NANO),
)


def exchange(**habits: int) -> Exchange:
    return Exchange(ROUTE, Habits(**{"parts_max": 1, **habits}))  # type: ignore[arg-type]


def scripted(script: str, order: Order = ORDER) -> Order:
    return replace(order, extra=((58, f"paper: {script}"),))


def told(said: list[Said]) -> list[tuple[str, str, int, int]]:
    """150 (or 9), 39, 14 and 151 of what was said, in units."""
    return [
        (each.type.value, each.status, each.filled // NANO, each.leaves // NANO)
        if isinstance(each, ExecutionReported)
        else ("9", each.status, 0, 0)
        for each in said
    ]


def test_a_limit_order_is_acknowledged_and_filled_at_its_limit() -> None:
    said = exchange().place(G1, ORDER, AT)
    assert told(said) == [("0", "0", 0, 100), ("F", "2", 100, 0)]
    assert isinstance(said[1], ExecutionReported)
    assert said[1].last_price == 15 * NANO


def test_a_limit_order_trades_at_a_better_reference_price() -> None:
    broker = exchange()
    broker.prices[MSFT] = Price(14 * NANO)
    said = broker.place(G1, ORDER, AT)[-1]
    assert isinstance(said, ExecutionReported)
    assert said.last_price == 14 * NANO


def test_an_order_rests_until_the_price_comes_to_it() -> None:
    broker = exchange()
    broker.prices[MSFT] = Price(16 * NANO)
    assert told(broker.place(G1, ORDER, AT)) == [("0", "0", 0, 100)]
    assert broker.mark(MSFT, Price(15 * NANO + 1), AT) == []
    assert told(broker.mark(MSFT, Price(15 * NANO), AT)) == [("F", "2", 100, 0)]
    assert broker.mark(MSFT, Price(14 * NANO), AT) == []


@pytest.mark.parametrize(
    ("side", "kind", "prices"),
    [
        (Side.BUY, OrdType.STOP, [19, 20]),
        (Side.SELL, OrdType.STOP, [21, 20]),
        (Side.BUY, OrdType.STOP_LIMIT, [19, 22, 21]),
        (Side.SELL_SHORT, OrdType.STOP_LIMIT, [21, 18, 19]),
    ],
)
def test_a_stop_waits_for_its_price(side: Side, kind: OrdType, prices: list[int]) -> None:
    broker = exchange()
    limit = Price((21 if side.is_buy else 19) * NANO) if kind.has_price else None
    order = replace(ORDER, side=side, type=kind, price=limit, stop_price=Price(20 * NANO))
    assert told(broker.place(G1, order, AT)) == [("0", "0", 0, 100)]
    *early, last = prices
    assert [broker.mark(MSFT, Price(price * NANO), AT) for price in early] == [[] for _ in early]
    assert told(broker.mark(MSFT, Price(last * NANO), AT)) == [("F", "2", 100, 0)]


def test_a_market_order_needs_a_reference_price() -> None:
    broker = exchange()
    order = replace(ORDER, type=OrdType.MARKET, price=None)
    assert told(broker.place(G1, order, AT)) == [("8", "8", 0, 0)]
    broker.prices[MSFT] = Price(14 * NANO)
    assert told(broker.place(G2, order, AT)) == [("0", "0", 0, 100), ("F", "2", 100, 0)]


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
def test_an_order_for_now_trades_or_ends(tif: TimeInForce) -> None:
    broker = exchange(fill_after_us_min=5, fill_after_us_max=5)
    order = replace(ORDER, tif=tif)
    assert told(broker.place(G1, order, AT))[1] == ("F", "2", 100, 0)
    broker.prices[MSFT] = Price(16 * NANO)
    assert told(broker.place(G2, order, AT))[1] == ("4", "4", 0, 0)


def test_parts_come_in_time_and_make_the_whole() -> None:
    broker = exchange(parts_max=5, fill_after_us_min=10, fill_after_us_max=10)
    said = broker.place(G1, ORDER, AT)
    at = AT
    while broker.next_due is not None:
        assert broker.work(Micros(broker.next_due - 1)) == []
        at = broker.next_due
        said += broker.work(at)
    trades = said[1:]
    assert at == AT + 10 * len(trades)
    assert told(trades)[-1] == ("F", "2", 100, 0)
    assert sum(t.last_quantity or 0 for t in trades if isinstance(t, ExecutionReported)) == (
        ORDER.quantity
    )


@given(quantity=st.integers(1, 10**15), seed=st.integers(0, 1000), parts=st.integers(1, 6))
def test_the_same_seed_and_order_give_the_same_fills(quantity: int, seed: int, parts: int) -> None:
    order = replace(ORDER, quantity=Quantity(quantity))
    habits = Habits(seed=seed, parts_max=parts, fill_after_us_max=1000)
    runs = []
    for others in ((), (G2, G3)):
        broker = Exchange(ROUTE, habits)
        for other in others:
            broker.place(other, ORDER, AT)
        said = broker.place(G1, order, AT) + broker.work(Micros(AT + 10_000))
        mine = [s for s in said if isinstance(s, ExecutionReported) and s.order_id == G1]
        runs.append([(s.type, s.last_quantity, s.filled, s.leaves) for s in mine])
        assert mine[-1].filled == quantity
    assert runs[0] == runs[1]


def test_a_good_till_date_order_expires() -> None:
    broker = exchange()
    broker.prices[MSFT] = Price(16 * NANO)
    order = replace(ORDER, tif=TimeInForce.GTD, expire_at=Micros(AT + 100))
    broker.place(G1, order, AT)
    assert broker.work(Micros(AT + 99)) == []
    assert told(broker.work(Micros(AT + 100))) == [("C", "C", 0, 0)]


def test_the_end_of_the_day_ends_what_was_for_the_day() -> None:
    broker = exchange()
    broker.prices[MSFT] = Price(16 * NANO)
    broker.place(G1, ORDER, AT)
    broker.place(G2, replace(ORDER, tif=TimeInForce.GTC), AT)
    assert told(broker.close()) == [("C", "C", 0, 0), ("3", "0", 0, 100)]


def test_an_order_is_replaced_and_cancelled_under_new_names() -> None:
    broker = exchange()
    broker.prices[MSFT] = Price(16 * NANO)
    broker.place(G1, ORDER, AT)
    more = replace(ORDER, quantity=Quantity(150 * NANO))
    (replaced,) = broker.replace(G2, G1, more, AT)
    assert isinstance(replaced, ExecutionReported)
    assert (replaced.order_id, replaced.orig_order_id) == (G2, G1)
    assert (replaced.quantity, replaced.price) == (more.quantity, more.price)
    (cancelled,) = broker.cancel(G3, G2, AT)
    assert isinstance(cancelled, ExecutionReported)
    assert (cancelled.order_id, cancelled.orig_order_id, cancelled.status) == (G3, G2, "4")
    assert told([broker.status(G1), broker.status(G3)]) == [("I", "4", 0, 0)] * 2


def test_what_cannot_be_cancelled_is_refused() -> None:
    broker = exchange()
    (unknown,) = broker.cancel(G2, G1, AT)
    broker.place(G1, ORDER, AT)
    (late,) = broker.cancel(G3, G1, AT)
    assert isinstance(unknown, CancelRejected)
    assert isinstance(late, CancelRejected)
    assert (unknown.reason, late.reason) == (1, 0)


def test_an_unknown_order_is_rejected_as_unknown() -> None:
    status = exchange().status(G1)
    assert (status.type.value, status.status, status.reason) == ("I", "8", 5)


def test_a_name_never_makes_two_orders() -> None:
    broker = exchange()
    broker.place(G1, ORDER, AT)
    (again,) = broker.place(G1, ORDER, AT, again=True)
    (twice,) = broker.place(G1, ORDER, AT)
    assert told([again, twice]) == [("I", "2", 100, 0), ("8", "8", 0, 0)]
    assert isinstance(twice, ExecutionReported)
    assert twice.reason == 6
    assert broker.status(G1).filled == ORDER.quantity


def test_a_repeated_request_gets_its_first_answers() -> None:
    broker = exchange()
    broker.prices[MSFT] = Price(16 * NANO)
    broker.place(G1, ORDER, AT)
    first = broker.cancel(G2, G1, AT)
    assert broker.cancel(G2, G1, AT) == first


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("silent", []),
        ("lose, ack", []),
        ("pend, ack", [("A", "A", 0, 100), ("0", "0", 0, 100)]),
        ("reject no such account", [("8", "8", 0, 0)]),
        (
            "ack, fill 60, correct 1 50@14, bust 1",
            [("0", "0", 0, 100), ("F", "1", 60, 40), ("G", "1", 50, 50), ("H", "0", 0, 100)],
        ),
        ("fill, ack", [("F", "2", 100, 0), ("0", "2", 100, 0)]),
        ("ack, cancel halted, fill 10", [("0", "0", 0, 100), ("4", "4", 0, 0), ("F", "4", 10, 0)]),
        ("ack, restate 80", [("0", "0", 0, 100), ("D", "0", 0, 80)]),
        ("ack, expire", [("0", "0", 0, 100), ("C", "C", 0, 0)]),
        ("ack, done, suspend", [("0", "0", 0, 100), ("3", "3", 0, 100), ("9", "9", 0, 100)]),
        ("dance", [("8", "8", 0, 0)]),
    ],
)
def test_a_script_is_followed(script: str, wanted: list[tuple[str, str, int, int]]) -> None:
    assert told(exchange().place(G1, scripted(script), AT)) == wanted


def test_a_report_comes_again_with_its_exec_id() -> None:
    said = exchange().place(G1, scripted("ack, fill 10, again"), AT)
    assert said[1] == said[2]


def test_a_late_fill_follows_an_accepted_cancel() -> None:
    broker = exchange()
    broker.place(G1, scripted("ack / cancel: pend, accept, fill 10 / replace: refuse no"), AT)
    assert told(broker.replace(G2, G1, ORDER, AT)) == [("9", "0", 0, 0)]
    assert told(broker.cancel(G3, G1, AT)) == [
        ("6", "6", 0, 100),
        ("4", "4", 0, 0),
        ("F", "4", 10, 0),
    ]


def test_a_lost_order_arrives_when_it_is_sent_again() -> None:
    broker = exchange()
    order = scripted("lose, ack")
    assert broker.place(G1, order, AT) == []
    assert broker.status(G1).reason == 5
    assert told(broker.place(G1, order, AT, again=True)) == [("0", "0", 0, 100)]


def test_instruments_have_scripts_of_their_own() -> None:
    script = script_of("paper: silent")
    assert script is not None
    broker = Exchange(ROUTE, Habits(scripts={MSFT: script}))
    assert broker.place(G1, ORDER, AT) == []


def test_steps_come_from_outside_too() -> None:
    broker = exchange()
    broker.place(G1, scripted("ack"), AT)
    script = script_of("paper: fill 30")
    assert script is not None
    assert told(broker.do(G1, script.arrival, AT)) == [("F", "1", 30, 70)]
    with pytest.raises(LookupError, match="no order `G9`"):
        broker.do(OrderId("G9"), script.arrival, AT)


def test_the_gates_own_messages_are_taken() -> None:
    broker = exchange()
    broker.prices[MSFT] = Price(16 * NANO)
    send = SendOrder(route=ROUTE, order_id=G1, order=ORDER, at=AT)
    change = SendReplace(
        route=ROUTE, order_id=G2, target=G1, broker_order_id=None, order=ORDER, at=AT
    )
    cancel = SendCancel(
        route=ROUTE, order_id=G3, target=G2, broker_order_id=None, order=ORDER, at=AT
    )
    ask = SendStatusRequest(route=ROUTE, order_id=G1, broker_order_id=None, order=ORDER)
    said = [said for m in (send, change, cancel, ask) for said in broker.take(m, AT)]
    assert [kind for kind, *_ in told(said)] == ["0", "5", "4", "I"]
