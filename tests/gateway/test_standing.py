"""Kills, lost desks, timers, facts, policies and positions told from outside."""

from dataclasses import replace
from typing import Any

import pytest

from domain.events import (
    GraceElapsed,
    MarketSeen,
    PositionAdjusted,
    RouteChanged,
    SessionChanged,
    Started,
    StateOrdered,
    Stopped,
)
from domain.exposure import Figures
from domain.fixed import NANO, Amount, Price, Quantity, Ratio
from domain.ids import ExecId, InstrumentId, RouteId
from domain.lifecycle import ExecType
from domain.market import FxRate
from domain.messages import Report, SendCancel, SendOrder, SetTimer
from domain.order import Side, TimeInForce
from domain.scope import Scope, TradingState
from gateway.outcome import NOTHING, Outcome
from tests.builders import (
    A1,
    A2,
    ALPHA,
    B1,
    BETA,
    GBP,
    IBM,
    MOMENTUM,
    NORTH,
    SECOND,
    SOUTH,
    START,
    VOD,
    Gate,
    account,
    every,
    executed,
    only,
    order,
    policy,
    price,
    quote,
    reference,
    rule,
    shares,
    traded,
)


def kill(gate: Gate, place: str, state: str = "halted", *, cancel: bool = True) -> Outcome:
    return gate.does(
        StateOrdered(
            scope=Scope(place),
            state=TradingState(state),
            cancel=cancel,
            by="op",
            reason="drill",
        )
    )


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("firm:house", ["1", "2", "3", "4"]),
        ("desk:cash", ["1", "2", "4"]),
        ("trader:bob", ["2"]),
        ("account:B1", ["3"]),
        ("strategy:momentum", ["1"]),
        ("session:BETA", ["3"]),
        ("instrument:VOD", ["4"]),
        ("venue:XNYS", ["1", "2", "3"]),
        ("asset_class:equity", ["1", "2", "3", "4"]),
        ("asset_class:XNYS", []),
        ("venue:equity", []),
        ("desk:elsewhere", []),
    ],
)
def test_a_kill_cancels_what_works_in_its_scope(place: str, wanted: list[str]) -> None:
    gate = Gate.opened()
    gate.working(order("1", strategy=MOMENTUM))
    gate.working(order("2", account=A2))
    gate.working(order("3", session=BETA, account=B1))
    gate.working(order("4", instrument=VOD))
    sent = every(kill(gate, place), SendCancel)
    assert [each.order.cl_ord_id for each in sent] == wanted


def test_a_halted_scope_denies_new_orders_and_lets_cancels_out() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    kill(gate, "desk:cash", cancel=False)
    assert not every(gate.ask(order("2")), SendOrder)
    assert every(gate.ask(order("3", session=BETA, account=B1)), SendOrder)
    assert every(gate.cancel("1"), SendCancel)
    kill(gate, "desk:cash", "active")
    assert every(gate.ask(order("4")), SendOrder)


def test_a_reducing_scope_lets_out_only_what_makes_the_position_smaller() -> None:
    gate = Gate.opened()
    name = gate.working(order("1"))
    gate.does(traded(name, 100, name="X1", filled=100, leaves=0))
    kill(gate, "account:A1", "reducing", cancel=False)
    assert not every(gate.ask(order("2")), SendOrder)
    assert every(gate.ask(order("3", side=Side.SELL)), SendOrder)
    assert not every(gate.ask(order("4", side=Side.SELL)), SendOrder)


def test_a_kill_counts_its_orders_until_each_has_ended() -> None:
    gate = Gate.opened()
    first, second = gate.working(order("1")), gate.working(order("2"))
    gate.cancel("2")
    sent = only(kill(gate, "firm:house"), SendCancel)
    (found,) = gate.state.kills.values()
    assert found.waiting == {first, second}
    gate.does(executed(ExecType.CANCELED, sent.order_id))
    assert (found.waiting, found.done_at) == ({second}, None)
    gate.does(traded(second, 100, name="X1", filled=100, leaves=0))
    assert (found.waiting, found.done_at) == (set(), gate.at)


def test_a_kill_of_nothing_is_done_at_once() -> None:
    gate = Gate.opened()
    kill(gate, "firm:house")
    (found,) = gate.state.kills.values()
    assert found.done_at == gate.at


def test_a_kill_remembers_what_the_broker_would_not_cancel() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(kill(gate, "firm:house"), SendCancel).order_id
    outcome = gate.refuses(request, name)
    (found,) = gate.state.kills.values()
    assert found.refused == {name}
    assert outcome.messages == ()
    assert any("house_cancel_was_refused" in each for each in outcome.surprises)
    assert only(kill(gate, "firm:house"), SendCancel).target == name
    gate.does(executed(ExecType.CANCELED, name))
    assert found.refused == set()
    assert found.done_at == gate.at


def test_a_kill_while_the_broker_is_away_is_carried_out_on_its_return() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(RouteChanged(route=NORTH, up=False))
    assert not every(kill(gate, "firm:house"), SendCancel)
    assert only(gate.does(RouteChanged(route=NORTH, up=True)), SendCancel).target == name


def test_a_killed_order_is_told_to_its_desk_as_cancelled() -> None:
    gate = Gate.opened()
    gate.working(order())
    request = only(kill(gate, "firm:house"), SendCancel).order_id
    told = only(gate.does(executed(ExecType.CANCELED, request)), Report)
    assert (told.cl_ord_id, told.orig_cl_ord_id, told.status) == ("1", None, "4")


def test_a_lost_desk_has_its_grace_and_then_its_orders_are_cancelled() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    gate.working(order("2", tif=TimeInForce.GTC))
    gate.working(order("3", session=BETA, account=B1))
    timer = only(gate.does(SessionChanged(session=ALPHA, up=False)), SetTimer)
    assert (timer.session, timer.due) == (ALPHA, gate.at + 5 * SECOND)
    outcome = gate.does(GraceElapsed(session=ALPHA, since=timer.since))
    assert [each.order.cl_ord_id for each in every(outcome, SendCancel)] == ["1"]
    (found,) = gate.state.kills.values()
    assert found.scope == "session:ALPHA"


def test_a_desk_that_comes_back_in_time_keeps_its_orders() -> None:
    gate = Gate.opened()
    gate.working(order())
    timer = only(gate.does(SessionChanged(session=ALPHA, up=False)), SetTimer)
    gate.does(SessionChanged(session=ALPHA, up=True))
    assert gate.does(GraceElapsed(session=ALPHA, since=timer.since)) is NOTHING


def test_a_desk_lost_again_has_its_whole_grace_again() -> None:
    gate = Gate.opened()
    gate.working(order())
    first = only(gate.does(SessionChanged(session=ALPHA, up=False)), SetTimer)
    gate.does(SessionChanged(session=ALPHA, up=True))
    second = only(gate.does(SessionChanged(session=ALPHA, up=False)), SetTimer)
    assert gate.does(GraceElapsed(session=ALPHA, since=first.since)) is NOTHING
    assert every(gate.does(GraceElapsed(session=ALPHA, since=second.since)), SendCancel)


def test_a_desk_without_cancel_on_disconnect_keeps_its_orders_and_gets_no_timer() -> None:
    gate = Gate.opened()
    gate.working(order("1", session=BETA, account=B1))
    assert gate.does(SessionChanged(session=BETA, up=False)) is NOTHING


def test_a_desk_that_does_not_keep_gtc_loses_those_too() -> None:
    facts = reference()
    door = replace(facts.sessions[ALPHA], keep_gtc=False)
    gate = Gate.opened(replace(facts, sessions={**facts.sessions, ALPHA: door}))
    gate.working(order("1", tif=TimeInForce.GTC))
    timer = only(gate.does(SessionChanged(session=ALPHA, up=False)), SetTimer)
    assert every(gate.does(GraceElapsed(session=ALPHA, since=timer.since)), SendCancel)


def test_after_a_start_desks_with_working_orders_have_their_grace_to_return() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    gate.working(order("2", session=BETA, account=B1))
    timer = only(gate.does(Started(version="1", host="test")), SetTimer)
    assert timer.session == ALPHA
    assert gate.state.up == set()
    gate.does(RouteChanged(route=NORTH, up=True))
    assert every(gate.does(GraceElapsed(session=ALPHA, since=timer.since)), SendCancel)


def test_facts_that_forget_what_is_in_use_are_refused_whole() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    gate.working(order("2", instrument=VOD))
    facts = reference()
    lame = replace(
        facts,
        instruments={IBM: facts.instruments[IBM]},
        accounts={A2: facts.accounts[A2], B1: facts.accounts[B1]},
        routes=(facts.routes[1],),
    )
    outcome = gate.does(gate.shelf.put_reference(replace(lame, digest="d" * 64)))  # type: ignore[arg-type]
    (told,) = outcome.surprises
    assert "account:A1, instrument:VOD, route:NORTH" in told
    assert gate.state.book.reference == facts


def test_an_account_may_move_to_another_desk_with_all_it_holds() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    facts = reference()
    moved = {**facts.accounts, A1: account(A1, "programme", "cat")}
    gate.does(gate.shelf.put_reference(reference(accounts=moved)))
    assert gate.line("desk:programme") == {"position": 30, "buys": 70, "sells": 0}
    assert gate.line("trader:cat") == {"position": 30, "buys": 70, "sells": 0}
    assert gate.line("desk:cash") == {"position": 0, "buys": 0, "sells": 0}
    assert gate.line("firm:house") == {"position": 30, "buys": 70, "sells": 0}
    gate.does(traded(name, 70, name="X2", filled=100, leaves=0))
    assert gate.line("desk:programme") == {"position": 100, "buys": 0, "sells": 0}


def test_a_policy_counts_from_its_record_on() -> None:
    gate = Gate.opened()
    assert every(gate.ask(order("1")), SendOrder)
    tight = policy([rule("max_order_quantity", limit="10")])
    gate.does(gate.shelf.put_policy(tight))
    outcome = gate.ask(order("2"))
    assert not every(outcome, SendOrder)
    assert outcome.decision is not None
    assert outcome.decision.policy == tight.digest


def test_an_adjusted_position_counts_like_a_traded_one() -> None:
    gate = Gate.opened()
    body = PositionAdjusted(
        account=A1,
        instrument=IBM,
        quantity=Quantity(-5 * NANO),
        price=price(10_000),
        by="op",
        reason="start of day",
    )
    gate.does(body)
    assert gate.line("firm:house")["position"] == -5
    unheard: Any = replace(body, instrument=InstrumentId("XXX"))
    outcome = gate.does(unheard)
    assert outcome.refused
    assert outcome.surprises
    assert gate.line("firm:house")["position"] == -5


def test_marks_and_rates_revalue_every_node() -> None:
    gate = Gate.opened()
    gate.accepted(order("1", instrument=VOD))
    firm = gate.state.book.path(A1, None)[0][1]
    gate.does(MarketSeen(rates=(FxRate(currency=GBP, rate=Ratio(2 * NANO), at=gate.at),)))
    assert firm.gross == 100 * 100 * 2 * NANO
    gate.does(MarketSeen(quotes=(quote(VOD, 5_000, gate.at),)))
    assert firm.gross == 100 * 50 * 2 * NANO
    gate.does(MarketSeen(quotes=(quote(VOD, 1, START),)))
    assert firm.gross == 100 * 50 * 2 * NANO


def test_stopping_changes_nothing() -> None:
    gate = Gate.opened()
    gate.working(order())
    assert gate.does(Stopped(reason="night")) is NOTHING
    assert gate.line("account:A1")["buys"] == 100


def test_unknown_routes_and_sessions_come_and_go_without_harm() -> None:
    gate = Gate.opened()
    for up in (True, False):
        gate.does(RouteChanged(route=RouteId("ELSEWHERE"), up=up))
    assert gate.does(SessionChanged(session=ALPHA, up=True)) is NOTHING
    assert gate.state.routes == {NORTH, SOUTH}


def test_a_position_without_a_price_is_no_smaller_for_it() -> None:
    gate = Gate.opened()
    name = gate.working(order(), cents=None)
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    firm = gate.state.book.path(A1, None)[0][1]
    assert firm.unpriced == {IBM}
    gate.does(MarketSeen(quotes=(quote(IBM, 10_000, gate.at),)))
    assert firm.figures == Figures(
        gross=Amount(100 * 100 * NANO),
        up=Amount(100 * 100 * NANO),
        down=Amount(30 * 100 * NANO),
    )
    assert Price(firm.lines[IBM].cash) == -30 * 100 * NANO
    assert gate.found(name).fills[ExecId("X1")].quantity == shares(30)
