"""Each memory beside a plain list of everything that ever happened."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import (
    CancelAsked,
    Event,
    ExecutionReported,
    MarketSeen,
    MassCancelAsked,
    OrderAsked,
    ReplaceAsked,
    StateOrdered,
    StatusAsked,
)
from domain.finding import Verdict
from domain.fixed import NANO, Price, Quantity
from domain.ids import (
    AccountId,
    ClOrdId,
    ExecId,
    InstrumentId,
    Micros,
    OrderId,
    RouteId,
    SessionId,
    StrategyId,
)
from domain.lifecycle import ExecType
from domain.market import Quote
from domain.order import Order, OrdType, Side
from domain.scope import Level, Scope, TradingState
from rules.memories.applications import StrategyApplications
from rules.memories.messages import TIMES_MAX, MessageTimes, count_since
from rules.memories.prices import PricesSeen
from rules.memories.recent_orders import RecentOrders, likeness
from rules.memories.traffic import EVENTS_MAX, Act, MarketTraffic
from rules.memory import listening

WINDOW = 5
DESKS = (Scope("desk:one"), Scope("desk:two"))


def order(quantity: int = 1, strategy: str | None = "twap") -> Order:
    return Order(
        session=SessionId("S"),
        cl_ord_id=ClOrdId("1"),
        account=AccountId("A"),
        instrument=InstrumentId("ACME"),
        side=Side.BUY,
        type=OrdType.LIMIT,
        quantity=Quantity(quantity * NANO),
        price=Price(NANO),
        strategy=None if strategy is None else StrategyId(strategy),
    )


def asked(at: int, terms: Order) -> Event:
    return Event(at, Micros(at), OrderAsked(order=terms))


STEPS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1)), max_size=40)


@given(steps=STEPS)
def test_a_window_counts_what_a_list_of_all_messages_does(steps: list[tuple[int, int]]) -> None:
    memory = MessageTimes(Level.DESK, WINDOW)
    past: list[tuple[int, Scope]] = []
    at = 0
    for wait, which in steps:
        at += wait
        for desk in DESKS:
            seen = sum(time > at - WINDOW for time, where in past if where == desk)
            assert count_since(memory.times.get(desk), at - WINDOW) == seen
        scopes = (Scope("firm:house"), DESKS[which], Scope("session:S"))
        memory.note(asked(at, order()), scopes, order(), Verdict.DENY)
        past.append((at, DESKS[which]))
        held = memory.snapshot()
        assert held == {
            desk: [time for time, where in past if where == desk and time > at - WINDOW]
            if desk == DESKS[which]
            else held[desk]
            for desk in held
        }
        assert all(times[-1] > at - WINDOW for times in held.values()), "a silent scope is kept"


DOINGS = st.sampled_from(["order", "order", "order", "strategy:twap", "firm:twap"])


@given(steps=st.lists(st.tuples(st.integers(0, 4), DOINGS), max_size=40))
def test_a_peak_is_the_most_in_any_window_since_it_was_enabled(
    steps: list[tuple[int, str]],
) -> None:
    memory = StrategyApplications(WINDOW)
    past: list[int] = []
    at = 0
    for wait, what in steps:
        at += wait
        if what == "order":
            memory.note(asked(at, order()), (), order(), Verdict.ALLOW)
            past.append(at)
        else:
            enable(memory, at, what)
            past = past if what == "firm:twap" else []
        peak = max((sum(t - WINDOW < u <= t for u in past) for t in past), default=0)
        found = memory.strategies.get(StrategyId("twap"))
        assert (0 if found is None else found.peak) == peak


def enable(memory: StrategyApplications, at: int, where: str) -> None:
    body = StateOrdered(
        scope=Scope(where), state=TradingState.ACTIVE, cancel=False, by="ann", reason="looked"
    )
    memory.note(Event(at, Micros(at), body), (Scope(where),), None, None)


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_only_active_enables_a_strategy(state: TradingState) -> None:
    memory = StrategyApplications(WINDOW)
    memory.note(asked(1, order()), (), order(), Verdict.ALLOW)
    body = StateOrdered(
        scope=Scope("strategy:twap"), state=state, cancel=False, by="ann", reason="looked"
    )
    memory.note(Event(2, Micros(2), body), (Scope("strategy:twap"),), None, None)
    assert memory.strategies[StrategyId("twap")].peak == 1


@given(steps=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3), st.booleans()), max_size=40))
def test_the_last_of_equal_orders_is_found_for_a_window(
    steps: list[tuple[int, int, bool]],
) -> None:
    like = likeness({"account", "quantity"})
    memory = RecentOrders(like, WINDOW)
    past: list[tuple[int, int]] = []
    at = 0
    for wait, quantity, denied in steps:
        at += wait
        times = [time for time, other in past if other == quantity]
        known = memory.times.get(like(order(quantity)))
        if times and times[-1] > at - WINDOW:
            assert known == times[-1]
        else:
            assert known is None or known <= at - WINDOW
        verdict = Verdict.DENY if denied else Verdict.ALLOW
        memory.note(asked(at, order(quantity)), (), order(quantity), verdict)
        if not denied:
            past.append((at, quantity))
        assert all(time > at - WINDOW for time in memory.times.values()), "an old one is kept"
        assert list(memory.times.values()) == sorted(memory.times.values())


def test_an_order_told_twice_is_asked_once() -> None:
    """A ClOrdID that had been before is not judged again, so its verdict is None."""
    orders = RecentOrders(likeness({"account"}), WINDOW)
    strategies = StrategyApplications(WINDOW)
    for memory in (orders, strategies):
        memory.note(asked(1, order()), (), order(), None)
    assert orders.snapshot() == []
    assert strategies.snapshot() == {}


PRICES = st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 3), st.booleans()), max_size=40)


@given(steps=PRICES)
def test_the_extremes_are_those_of_a_list_of_all_prices(
    steps: list[tuple[int, int, bool]],
) -> None:
    memory = PricesSeen(WINDOW)
    past: list[tuple[int, int]] = []
    at = 0
    for wait, price, marked in steps:
        at += wait
        inside = [seen for time, seen in past if time > at - WINDOW]
        found = memory.extremes.get(InstrumentId("ACME"))
        high = None if found is None else found.high(at - WINDOW)
        low = None if found is None else found.low(at - WINDOW)
        assert (high, low) == (max(inside, default=None), min(inside, default=None))
        memory.note(told(at, price, marked=marked), (), None, None)
        past.append((at, price))


def told(at: int, price: int, *, marked: bool) -> Event:
    """A price that came as a mark, or with an order."""
    quote = Quote(instrument=InstrumentId("ACME"), at=Micros(at), last=Price(price))
    body = MarketSeen(quotes=(quote,)) if marked else OrderAsked(order=order(), quote=quote)
    return Event(at, Micros(at), body)


def test_a_quote_without_a_price_is_no_price_seen() -> None:
    memory = PricesSeen(WINDOW)
    quote = Quote(instrument=InstrumentId("ACME"), at=Micros(1), bid=Price(1))
    memory.note(Event(1, Micros(1), MarketSeen(quotes=(quote,))), (), None, None)
    memory.note(asked(1, order()), DESKS, order(), Verdict.ALLOW)
    assert memory.snapshot() == {}


def test_an_instrument_that_fell_silent_is_forgotten() -> None:
    memory = PricesSeen(WINDOW)
    memory.note(told(1, 10, marked=True), (), None, None)
    memory.note(asked(1 + WINDOW, order()), DESKS, order(), Verdict.ALLOW)
    assert memory.snapshot() == {}


TRAFFIC = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(Act), st.integers(0, 1)), max_size=40
)


@given(steps=TRAFFIC)
def test_traffic_is_counted_as_in_a_list_of_all_events(
    steps: list[tuple[int, Act, int]],
) -> None:
    memory = MarketTraffic(Level.DESK, WINDOW)
    past: list[tuple[int, Act, Scope]] = []
    at = 0
    for wait, act, which in steps:
        at += wait
        for desk in DESKS:
            inside = [one for time, one, where in past if where == desk and time > at - WINDOW]
            seen = memory.traffic.get(desk)
            counts = (0, 0, 0, 0) if seen is None else seen.since(at - WINDOW)
            assert counts == tuple(inside.count(each) for each in Act)
        memory.note(BODIES[act](at), (DESKS[which],), order(), Verdict.WARN)
        past.append((at, act, DESKS[which]))
        assert all(seen.events[-1][0] > at - WINDOW for seen in memory.traffic.values())


TRADE = ExecutionReported(
    route=RouteId("R"),
    order_id=OrderId("G1"),
    exec_id=ExecId("1"),
    type=ExecType.TRADE,
    status="1",
    filled=Quantity(1),
    leaves=Quantity(1),
)
BODIES = {
    Act.ORDER: lambda at: asked(at, order()),
    Act.REPLACE: lambda at: Event(
        at, Micros(at), ReplaceAsked(orig_cl_ord_id=ClOrdId("0"), order=order())
    ),
    Act.CANCEL: lambda at: Event(
        at, Micros(at), MassCancelAsked(session=SessionId("S"), cl_ord_id=ClOrdId("2"))
    ),
    Act.TRADE: lambda at: Event(at, Micros(at), TRADE),
}


@pytest.mark.parametrize("verdict", [Verdict.DENY, Verdict.REVIEW, None])
def test_what_did_not_go_out_is_no_traffic(verdict: Verdict | None) -> None:
    memory = MarketTraffic(Level.DESK, WINDOW)
    for act in (Act.ORDER, Act.REPLACE):
        memory.note(BODIES[act](1), DESKS, order(), verdict)
    assert memory.snapshot() == {}


def test_an_order_held_for_review_is_remembered() -> None:
    memory = RecentOrders(likeness({"account"}), WINDOW)
    memory.note(asked(1, order()), (), order(), Verdict.REVIEW)
    assert memory.snapshot() == [[1, "A"]]


def test_a_replace_is_a_message_but_no_application_and_no_new_order() -> None:
    body = ReplaceAsked(orig_cl_ord_id=ClOrdId("0"), order=order())
    event = Event(1, Micros(1), body)
    messages = MessageTimes(Level.DESK, WINDOW)
    orders = RecentOrders(likeness({"account"}), WINDOW)
    strategies = StrategyApplications(WINDOW)
    for memory in (messages, orders, strategies):
        memory.note(event, DESKS, order(), Verdict.ALLOW)
    assert messages.snapshot() == {DESKS[0]: [1], DESKS[1]: [1]}
    assert orders.snapshot() == []
    assert strategies.snapshot() == {}


def test_a_cancel_is_a_message_and_a_question_about_an_order_is_none() -> None:
    memory = MessageTimes(Level.DESK, WINDOW)
    cancel = CancelAsked(
        session=SessionId("S"), cl_ord_id=ClOrdId("2"), orig_cl_ord_id=ClOrdId("1")
    )
    memory.note(Event(1, Micros(1), cancel), DESKS[:1], None, None)
    assert memory.snapshot() == {DESKS[0]: [1]}
    assert StatusAsked not in memory.hears


def test_a_flood_does_not_grow_a_memory_without_end() -> None:
    messages = MessageTimes(Level.DESK, WINDOW)
    strategies = StrategyApplications(WINDOW)
    traffic = MarketTraffic(Level.DESK, WINDOW)
    event = asked(1, order())
    for _ in range(TIMES_MAX + 10):
        messages.note(event, DESKS[:1], order(), Verdict.DENY)
        strategies.note(event, DESKS[:1], order(), Verdict.DENY)
        traffic.note(event, DESKS[:1], order(), Verdict.ALLOW)
    assert traffic.traffic[DESKS[0]].since(0) == (EVENTS_MAX, 0, 0, 0)
    assert len(messages.times[DESKS[0]]) == TIMES_MAX
    applied = strategies.strategies[StrategyId("twap")]
    assert (len(applied.times), applied.peak) == (TIMES_MAX, TIMES_MAX)


def test_a_snapshot_is_plain_json() -> None:
    """So that two gates' memories can be compared by their bytes."""
    memories = (
        MessageTimes(Level.DESK, WINDOW),
        StrategyApplications(WINDOW),
        RecentOrders(likeness({"side", "price", "quantity"}), WINDOW),
        RecentOrders(likeness({"side"}), WINDOW),
        MarketTraffic(Level.DESK, WINDOW),
        PricesSeen(WINDOW),
    )
    memories[-1].note(told(7, 10, marked=True), (), None, None)
    for memory in memories:
        memory.note(asked(7, order()), DESKS[:1], order(), Verdict.ALLOW)
    assert [json.dumps(memory.snapshot()) for memory in memories] == [
        '{"desk:one": [7]}',
        '{"twap": {"peak": 1, "times": [7]}}',
        '[[7, "1", 1000000000, "2", 1000000000, null]]',
        '[[7, "1"]]',
        '{"desk:one": [[7, 0]]}',
        '{"ACME": {"highs": [[7, 10]], "lows": [[7, 10]]}}',
    ]


def test_a_memory_is_shown_what_it_hears_and_nothing_else() -> None:
    messages, prices = MessageTimes(Level.DESK, WINDOW), PricesSeen(WINDOW)
    traffic = MarketTraffic(Level.DESK, WINDOW)
    found = listening((messages, prices, traffic))
    assert found[OrderAsked] == (messages, prices, traffic)
    assert found[MarketSeen] == (prices,)
    assert found[ExecutionReported] == (traffic,)
    assert StatusAsked not in found
