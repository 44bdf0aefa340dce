"""Flattening: what is held in a scope is closed by the gate itself, and never turned over."""

from dataclasses import replace
from typing import Any

import pytest

from domain.account import Account
from domain.events import (
    FlattenDue,
    MarketSeen,
    RouteChanged,
    Started,
    StateOrdered,
)
from domain.fixed import NANO, Price, Quantity, Ratio
from domain.flattening import GATE, End
from domain.ids import AccountId, ClientId
from domain.instrument import TickBand
from domain.lifecycle import ExecType
from domain.messages import AskOrder, SendCancel, SendOrder, SetFlattenTimer, SetKillTimer
from domain.order import OrdType, Side, TimeInForce
from domain.people import Person, PersonId, Role
from domain.scope import Scope, TradingState
from gateway.flatten import STEP_US, TOLD_EVERY
from gateway.outcome import NOTHING
from gateway.replay import replay
from gateway.snapshot import snapshot
from gateway.state import State
from gateway.views import standing
from tests.builders import (
    A1,
    A2,
    B1,
    BETA,
    IBM,
    NORTH,
    SECOND,
    SOUTH,
    VOD,
    Gate,
    every,
    executed,
    instrument,
    only,
    order,
    price,
    quote,
    reference,
    rule,
    shares,
    traded,
)
from tests.gateway.flattened import (
    CASH,
    HOUSE,
    asks,
    begun,
    fills,
    flattens,
    holding,
    holds,
    lines,
    steps,
    under_way,
)

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


def test_the_first_step_is_due_at_once_and_the_next_in_a_while() -> None:
    gate = holding((A1, 100))
    timer = only(flattens(gate), SetFlattenTimer)
    assert timer == SetFlattenTimer(record=gate.state.next_seq - 1, due=gate.at)
    assert timer.body == FlattenDue(record=timer.record)
    again = only(gate.does(timer.body), SetFlattenTimer)
    assert again == SetFlattenTimer(record=timer.record, due=gate.at + STEP_US)  # type: ignore[arg-type]


def test_long_is_sold_and_short_is_bought_in_every_account_of_the_scope() -> None:
    gate = holding((A1, 300), (A2, -200), (B1, 50))
    record = begun(gate)
    orders = steps(gate, record)
    assert lines(orders) == [("A1", "SELL", 300), ("A2", "BUY", 200)]
    for name, each in zip(asks(gate, orders), orders, strict=True):
        sent = gate.found(name)
        assert (sent.order.session, sent.route, sent.order.tif) == (GATE, NORTH, TimeInForce.IOC)
        fills(gate, name, each.quantity // NANO)
    assert steps(gate, record) == ()
    ended = under_way(gate, record)
    assert (ended.end, ended.ended_at, ended.asked) == (End.FLAT, gate.at, 2)
    assert gate.line("account:A1")["position"] == gate.line("account:A2")["position"] == 0
    assert gate.line("account:B1")["position"] == 50
    assert gate.state.states == {CASH: REDUCING}
    assert gate.does(FlattenDue(record=record)) is NOTHING


@pytest.mark.parametrize(
    ("place", "closed"),
    [
        ("firm:house", ["A1 IBM", "A1 VOD", "A2 IBM", "B1 IBM"]),
        ("trader:bob", ["A2 IBM"]),
        ("account:A1", ["A1 IBM", "A1 VOD"]),
        ("client:acme", ["B1 IBM"]),
        ("instrument:VOD", ["A1 VOD"]),
        ("venue:XNYS", ["A1 IBM", "A2 IBM", "B1 IBM"]),
        ("asset_class:equity", ["A1 IBM", "A1 VOD", "A2 IBM", "B1 IBM"]),
        ("account:nobody", []),
    ],
)
def test_every_scope_that_holds_positions_can_be_flattened(place: str, closed: list[str]) -> None:
    accounts: dict[AccountId, Account] = dict(reference().accounts)
    accounts[B1] = replace(accounts[B1], client=ClientId("acme"))
    gate = holding((B1, 5), (A2, 5), (A1, 5), facts=reference(accounts=accounts))
    gate.does(MarketSeen(quotes=(quote(VOD, 10_000, gate.at),)))
    holds(gate, A1, 5, VOD)
    found = steps(gate, begun(gate, Scope(place)))
    assert [f"{each.account} {each.instrument}" for each in found] == closed


@pytest.mark.parametrize(
    ("place", "more", "why"),
    [
        ("strategy:momentum", {}, "positions are accounts', and strategy is no level of theirs"),
        ("session:ALPHA", {}, "positions are accounts', and session is no level of theirs"),
        ("order:G1", {}, "positions are accounts', and order is no level of theirs"),
        ("firm:house", {"slippage": Ratio(NANO)}, "wanted a slippage from 0 up to 1, was 1"),
        ("firm:house", {"slippage": Ratio(-1)}, "wanted a slippage from 0 up to 1, was -0.00000"),
        ("firm:house", {"piece": Quantity(0)}, "a piece must be positive, was 0"),
        ("firm:house", {"attempts": 0}, "wanted at least one attempt, was 0"),
    ],
)
def test_what_cannot_be_flattened_is_refused(place: str, more: dict[str, Any], why: str) -> None:
    gate = holding((A1, 100))
    gate.working(order("1"))
    outcome = flattens(gate, Scope(place), **more)
    (told,) = outcome.surprises
    assert told.startswith(f"flattening_is_refused: {place} by op: {why}")
    assert (outcome.refused, outcome.messages) == (True, ())
    assert (gate.state.states, gate.state.flattenings) == ({}, {})


def test_without_facts_there_is_nothing_to_flatten() -> None:
    (told,) = flattens(Gate()).surprises
    assert told.endswith("no reference facts are loaded")


@pytest.mark.parametrize(("by", "may"), [("rita", True), ("sam", True), ("tom", False)])
def test_where_people_are_known_it_takes_risk_or_a_supervisor(by: str, may: bool) -> None:
    roles = {"rita": Role.RISK, "sam": Role.SUPERVISOR, "tom": Role.TRADER}
    people = {
        PersonId(name): Person(id=PersonId(name), roles=frozenset({role}))
        for name, role in roles.items()
    }
    gate = holding((A1, 100), facts=reference(people=people))
    assert flattens(gate, by=by).refused is not may


def test_what_works_in_the_scope_is_cancelled_first_and_followed_like_a_kill() -> None:
    gate = holding((A1, 100))
    far = gate.working(order("1", side=Side.SELL, price=price(20_000)))
    gate.working(order("2", account=B1, session=BETA))
    outcome = flattens(gate)
    record = only(outcome, SetFlattenTimer).record
    assert only(outcome, SendCancel).target == far
    assert only(outcome, SetKillTimer).record == record
    assert gate.state.kills[record].waiting == {far}
    assert steps(gate, record) == ()  # until the sale is gone it may still close the line
    gate.does(executed(ExecType.CANCELED, far))
    assert lines(steps(gate, record)) == [("A1", "SELL", 100)]


def test_what_desks_put_there_since_is_cancelled_by_the_next_step() -> None:
    gate = holding((A1, 100))
    record = begun(gate)
    own = asks(gate, steps(gate, record))
    assert not every(gate.does(FlattenDue(record=record)), SendCancel)
    gate.does(executed(ExecType.EXPIRED, own[0]))
    far = gate.working(order("1", side=Side.SELL, price=price(20_000)))
    step = gate.does(FlattenDue(record=record))
    assert (only(step, SendCancel).target, every(step, AskOrder)) == (far, ())
    assert not every(gate.does(FlattenDue(record=record)), SendCancel)


def test_what_is_left_of_a_partial_fill_is_asked_for_again_at_the_price_of_then() -> None:
    gate = holding((A1, 300))
    record = begun(gate)
    (first,) = steps(gate, record)
    fills(gate, asks(gate, [first])[0], 120)
    gate.does(MarketSeen(quotes=(quote(IBM, 9_000, gate.at),)))
    (second,) = steps(gate, record)
    assert lines([second]) == [("A1", "SELL", 180)]
    assert (first.price, second.price) == (price(9_500), price(8_550))
    assert first.cl_ord_id != second.cl_ord_id
    fills(gate, asks(gate, [second])[0], 180)
    steps(gate, record)
    assert under_way(gate, record).end is End.FLAT


def test_orders_are_named_after_the_record_and_the_journal() -> None:
    gate = holding((A1, 100), (A2, 100), mark="KWX")
    record = begun(gate)
    orders = steps(gate, record)
    at = gate.state.next_seq - 1
    assert [each.cl_ord_id for each in orders] == [f"FKWX{at}-0", f"FKWX{at}-1"]


@pytest.mark.parametrize(
    ("count", "cents", "slippage", "tick", "wanted"),
    [
        (100, 10_000, "0.05", 1, 9_500),
        (-100, 10_000, "0.05", 1, 10_500),
        (100, 10_001, "0.05", 1, 9_501),  # 95.0095
        (-100, 10_001, "0.05", 1, 10_501),  # 105.0105
        (100, 10_000, "0.03", 25, 9_700),
        (100, 10_010, "0.03", 25, 9_725),  # 97.097
        (-100, 10_010, "0.03", 25, 10_300),  # 103.103
        (100, 10_000, "0", 1, 10_000),
        (100, -500, "0.1", 1, -550),
        (-100, -500, "0.1", 1, -450),
    ],
)
def test_a_limit_stands_in_whole_ticks_and_no_further_away_than_the_slippage(
    count: int, cents: int, slippage: str, tick: int, wanted: int
) -> None:
    listing = instrument(IBM, "XNYS", reference().base)
    listing = replace(listing, ticks=(TickBand(Price(0), price(tick)),))
    listings = {**reference().instruments, IBM: listing}
    gate = holding((A1, count), facts=reference(instruments=listings))
    gate.does(MarketSeen(quotes=(quote(IBM, cents, gate.at),)))
    fraction = Ratio(round(float(slippage) * NANO))
    (found,) = steps(gate, begun(gate, slippage=fraction))
    assert (found.type, found.price) == (OrdType.LIMIT, price(wanted))


def test_market_orders_need_no_price() -> None:
    gate = Gate.opened()
    holds(gate, A1, 100)
    (found,) = steps(gate, begun(gate, market=True))
    assert (found.type, found.price) == (OrdType.MARKET, None)


def test_a_line_without_a_price_waits_for_one_and_is_told_now_and_then() -> None:
    gate = Gate.opened()
    holds(gate, A1, 100)
    record = begun(gate)
    told = [gate.does(FlattenDue(record=record)).surprises for _ in range(TOLD_EVERY + 1)]
    what = ("position_cannot_be_closed: A1 IBM has no price",)
    assert told == [what, *[()] * (TOLD_EVERY - 1), what]
    gate.does(MarketSeen(quotes=(quote(IBM, 10_000, gate.at),)))
    assert lines(steps(gate, record)) == [("A1", "SELL", 100)]


def test_a_line_is_closed_piece_by_piece() -> None:
    gate = holding((A1, 250))
    record = begun(gate, piece=shares(100))
    closed = []
    while found := steps(gate, record):
        closed += lines(found)
        fills(gate, asks(gate, found)[0], found[0].quantity // NANO)
    assert closed == [("A1", "SELL", 100), ("A1", "SELL", 100), ("A1", "SELL", 50)]
    assert under_way(gate, record).end is End.FLAT


def test_a_denied_closing_order_is_tried_again() -> None:
    gate = holding((A1, 100), rules=[rule("max_order_quantity", limit="50")])
    record = begun(gate)
    (first,) = steps(gate, record)
    refused = gate.ask(first)
    assert refused.decision is not None
    assert [each.reason for each in refused.decision.findings] == ["order_quantity_exceeds_limit"]
    (second,) = steps(gate, record)
    assert (second.quantity, second.cl_ord_id != first.cl_ord_id) == (first.quantity, True)


def test_a_closing_order_is_judged_and_recorded_like_any_other() -> None:
    gate = holding((A1, 100))
    record = begun(gate)
    (found,) = steps(gate, record)
    outcome = gate.ask(found)
    assert only(outcome, SendOrder).order == found
    assert gate.ask(found).repeat
    assert gate.line("account:A1") == {"position": 100, "buys": 0, "sells": 100}


def test_an_order_of_the_gate_may_only_reduce_whatever_the_trading_state() -> None:
    """Between a step and its order's turn the scope may be released, and a desk be quicker."""
    gate = holding((A1, 100))
    record = begun(gate)
    (found,) = steps(gate, record)
    gate.does(StateOrdered(scope=CASH, state=ACTIVE, cancel=False, by="op", reason="enough"))
    gate.working(order("1", side=Side.SELL, quantity=shares(60)))
    late = gate.ask(found)
    assert late.decision is not None
    (finding,) = late.decision.findings
    assert (finding.rule, finding.reason) == (
        "house.trading_state",
        "order_does_not_reduce_position",
    )
    assert (finding.scope, finding.limit) == ("session:gate", "40")


def test_two_flattenings_that_overlap_close_a_line_once() -> None:
    gate = holding((A1, 100))
    wide, narrow = begun(gate, HOUSE), begun(gate, CASH)
    (one,), (other,) = steps(gate, wide), steps(gate, narrow)
    asks(gate, [one])
    refused = gate.ask(other)
    assert refused.decision is not None
    assert not refused.decision.passes


def test_a_halted_scope_is_not_loosened_by_a_flattening() -> None:
    gate = holding((A1, 100))
    gate.does(StateOrdered(scope=CASH, state=HALTED, cancel=False, by="op", reason="fire"))
    outcome = flattens(gate)
    assert outcome.refused
    assert "it is halted, and no closing order could pass" in outcome.surprises[0]
    assert gate.state.states == {CASH: HALTED}


@pytest.mark.parametrize("place", ["firm:house", "account:A1", "instrument:IBM"])
def test_lines_in_another_scope_that_is_halted_wait(place: str) -> None:
    gate = holding((A1, 100))
    record = begun(gate)
    halt = StateOrdered(scope=Scope(place), state=HALTED, cancel=False, by="op", reason="fire")
    gate.does(halt)
    step = gate.does(FlattenDue(record=record))
    assert every(step, AskOrder) == ()
    what = f"position_cannot_be_closed: A1 IBM is in {place}, which is halted"
    assert step.surprises == (what,)
    gate.does(replace(halt, state=ACTIVE))
    assert lines(steps(gate, record)) == [("A1", "SELL", 100)]


@pytest.mark.parametrize(
    ("state", "end"), [(ACTIVE, End.CALLED_OFF), (HALTED, End.CALLED_OFF), (REDUCING, None)]
)
def test_whoever_sets_another_state_calls_it_off(state: TradingState, end: End | None) -> None:
    gate = holding((A1, 100))
    record = begun(gate)
    gate.does(StateOrdered(scope=CASH, state=state, cancel=False, by="op", reason="wait"))
    assert under_way(gate, record).end is end
    assert bool(steps(gate, record)) is (end is None)


def test_a_release_that_is_refused_or_of_another_scope_calls_nothing_off() -> None:
    people = {PersonId("rita"): Person(id=PersonId("rita"), roles=frozenset({Role.RISK}))}
    gate = holding((A1, 100), facts=reference(people=people, release_needs_two=True))
    record = begun(gate, by="rita")
    alone = StateOrdered(scope=CASH, state=ACTIVE, cancel=False, by="rita", reason="alone")
    assert gate.does(alone).refused
    gate.does(replace(alone, scope=HOUSE, state=REDUCING))
    assert under_way(gate, record).end is None


def test_a_second_order_for_the_scope_takes_the_place_of_the_first() -> None:
    gate = holding((A1, 100))
    first, second = begun(gate), begun(gate, market=True)
    assert under_way(gate, first).end is End.CALLED_OFF
    assert steps(gate, first) == ()
    assert [each.type for each in steps(gate, second)] == [OrdType.MARKET]


def test_when_its_attempts_are_over_people_must_look() -> None:
    gate = holding((A1, 100))
    record = begun(gate, attempts=2)
    for _ in range(2):
        (found,) = steps(gate, record)
        gate.does(executed(ExecType.REJECTED, asks(gate, [found])[0]))
    last = gate.does(FlattenDue(record=record))
    (told,) = last.surprises
    what, where, left = told.split(": ", 2)
    assert what == "flattening_is_not_finished"
    assert where == f"desk:cash at record {record}, after 2 attempts"
    assert left == "1 lines are held and 0 orders work: A1 IBM"
    assert (last.messages, under_way(gate, record).end) == ((), End.GIVEN_UP)


def test_it_is_not_finished_while_something_in_the_scope_may_still_fill() -> None:
    gate = holding()
    name = gate.working(order("1"))
    record = begun(gate)
    steps(gate, record)
    assert under_way(gate, record).end is None
    gate.does(traded(name, 100, name="late", filled=100, leaves=0))
    assert lines(steps(gate, record)) == [("A1", "SELL", 100)]


def test_a_start_goes_on_with_what_is_not_finished() -> None:
    """The step was recorded, and the gate died before the order it asked for came in."""
    gate = holding((A1, 100))
    done, record = begun(gate, Scope("account:B1")), begun(gate)
    steps(gate, done)
    lost = steps(gate, record)
    timer = only(gate.does(Started(version="0", host="test")), SetFlattenTimer)
    assert timer == SetFlattenTimer(record=record, due=gate.at + STEP_US)  # type: ignore[arg-type]
    gate.does(RouteChanged(route=NORTH, up=True))
    assert lines(steps(gate, record)) == lines(lost)


def test_an_order_in_doubt_after_a_crash_is_not_asked_for_twice() -> None:
    gate = holding((A1, 100))
    record = begun(gate)
    (name,) = asks(gate, steps(gate, record))
    gate.does(Started(version="0", host="test"))
    assert gate.found(name).in_doubt
    assert steps(gate, record) == ()


def test_a_replay_gives_the_same_state_and_orders() -> None:
    gate = holding((B1, 40), (A1, 100))
    record = begun(gate, HOUSE)
    for name in asks(gate, steps(gate, record)):
        fills(gate, name, 30)
    steps(gate, record)
    again = State(gate.shelf)
    assert sum(1 for _ in replay(again, iter(gate.records))) == len(gate.records)
    assert snapshot(again) == snapshot(gate.state)


def test_the_state_tells_how_far_it_has_come() -> None:
    gate = holding((A1, 100), (A2, -30))
    began = gate.at + SECOND
    record = begun(gate)
    first, second = asks(gate, steps(gate, record))
    fills(gate, first, 60)
    (told,) = standing(gate.state)["flattenings"]
    assert told == {
        "record": record,
        "scope": "desk:cash",
        "at": began,
        "by": "op",
        "steps": 1,
        "asked": 2,
        "left": [
            {"account": "A1", "instrument": "IBM", "position": "40"},
            {"account": "A2", "instrument": "IBM", "position": "-30"},
        ],
        "end": None,
        "done_ms": None,
        "done_at": None,
    }
    fills(gate, second, 30)
    fills(gate, asks(gate, steps(gate, record))[0], 40)
    steps(gate, record)
    (told,) = standing(gate.state)["flattenings"]
    assert (told["left"], told["end"], told["done_at"]) == ([], "flat", gate.at)
    assert told["done_ms"] == (gate.at - began) / 1000


def test_a_broker_that_is_away_is_waited_for() -> None:
    gate = holding((A1, 100), up=False)
    record = begun(gate)
    (found,) = steps(gate, record)
    refused = gate.ask(found)
    assert refused.decision is not None
    assert [each.reason for each in refused.decision.findings] == ["no_route_is_up"]
    for route in (NORTH, SOUTH):
        gate.does(RouteChanged(route=route, up=True))
    asks(gate, steps(gate, record))
