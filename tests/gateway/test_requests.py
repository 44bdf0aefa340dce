"""Cancels, replaces and mass cancels: what a desk asks of an order that works."""

from dataclasses import replace
from typing import Any

import pytest

from domain.events import MassCancelAsked, ReplaceAsked, RouteChanged
from domain.fixed import NANO, Quantity
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, OrderId
from domain.lifecycle import ExecType, Status
from domain.messages import (
    CancelRefused,
    MassCancelAnswered,
    Report,
    SendCancel,
    SendReplace,
)
from domain.order import Order, Side
from tests.builders import (
    A2,
    ALPHA,
    B1,
    BETA,
    IBM,
    MOMENTUM,
    NORTH,
    Gate,
    every,
    executed,
    only,
    order,
    price,
    rule,
    shares,
    traded,
)


def bigger(name: str = "2", count: int = 300, **changes: Any) -> Order:
    return replace(order(name, quantity=shares(count)), **changes)


def test_a_replace_that_was_sent_long_ago_is_refused_and_the_order_stands() -> None:
    gate = Gate.opened()
    name = gate.working(order("1"))
    late = ReplaceAsked(
        orig_cl_ord_id=ClOrdId("1"), order=order("2"), sent_at=Micros(gate.at - 29_000_001)
    )
    told = only(gate.does(late), CancelRefused)
    assert (told.order_id, told.status, told.response_to) == (name, "0", "2")
    assert "allows 30 s" in told.text


def test_a_cancel_goes_to_the_broker_and_the_hold_stays() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    sent = only(gate.cancel("1"), SendCancel)
    assert (sent.target, sent.order.quantity) == (name, shares(100))
    assert gate.line("account:A1")["buys"] == 100
    assert gate.found(name).reported == "6"


def test_a_confirmed_cancel_ends_the_order_and_answers_with_the_cancels_id() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.cancel("1"), SendCancel).order_id
    told = only(
        gate.does(executed(ExecType.CANCELED, request, orig_order_id=OrderId(name))), Report
    )
    assert (told.status, told.cl_ord_id, told.orig_cl_ord_id) == ("4", "C1", "1")
    assert (told.order_id, told.leaves) == (name, 0)
    assert gate.line("account:A1")["buys"] == 0
    assert not gate.state.book.working


def test_a_cancel_the_broker_refuses_leaves_the_order_working() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.cancel("1"), SendCancel).order_id
    told = only(gate.refuses(request, name, reason=99, text="auction"), CancelRefused)
    assert (told.cl_ord_id, told.orig_cl_ord_id, told.response_to) == ("C1", "1", "1")
    assert (told.reason, told.text, told.status) == (99, "auction", "0")
    assert gate.line("account:A1")["buys"] == 100
    assert only(gate.cancel("1", "C2"), SendCancel).target == name


def test_a_second_cancel_while_one_is_under_way_is_refused() -> None:
    gate = Gate.opened()
    gate.working(order())
    gate.cancel("1")
    assert only(gate.cancel("1", "C2"), CancelRefused).reason == 3


def test_a_cancel_of_an_order_nobody_knows_is_refused() -> None:
    gate = Gate.opened()
    gate.working(order())
    assert only(gate.cancel("9"), CancelRefused).reason == 1
    assert only(gate.cancel("1", session=BETA), CancelRefused).reason == 1


def test_a_cancel_of_a_denied_order_is_refused_as_unknown() -> None:
    gate = Gate.opened()
    gate.ask(order(quantity=shares(0)))
    assert only(gate.cancel("1"), CancelRefused).reason == 1


def test_a_cancel_of_an_ended_order_is_too_late() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 100, name="X1", filled=100, leaves=0))
    told = only(gate.cancel("1"), CancelRefused)
    assert (told.reason, told.status) == (0, "2")


def test_a_cancel_whose_id_was_used_is_a_duplicate() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    gate.working(order("2"))
    assert only(gate.cancel("1", "2"), CancelRefused).reason == 6


def test_a_fill_that_overtakes_a_cancel_answers_it_at_once_and_only_once() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.cancel("1"), SendCancel).order_id
    outcome = gate.does(traded(name, 100, name="X1", filled=100, leaves=0))
    assert only(outcome, Report).status == "2"
    told = only(outcome, CancelRefused)
    assert (told.cl_ord_id, told.reason, told.status) == ("C1", 0, "2")
    late = gate.refuses(request, name)
    assert (late.messages, late.surprises) == ((), ())


def test_a_cancel_while_the_broker_is_away_is_kept_and_sent_on_its_return() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(RouteChanged(route=NORTH, up=False))
    assert not gate.cancel("1").messages
    sent = only(gate.does(RouteChanged(route=NORTH, up=True)), SendCancel)
    assert (sent.target, sent.again) == (name, True)
    assert not every(gate.does(RouteChanged(route=NORTH, up=True)), SendCancel)


def test_a_replace_goes_out_and_the_larger_version_is_held() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    sent = only(gate.replace("1", bigger()), SendReplace)
    assert (sent.target, sent.order.quantity) == (name, shares(300))
    assert gate.line("account:A1")["buys"] == 300
    assert gate.found(name).reported == "E"


def test_a_smaller_replace_holds_the_old_quantity_until_it_is_confirmed() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.replace("1", bigger(count=40)), SendReplace).order_id
    assert gate.line("account:A1")["buys"] == 100
    told = only(
        gate.does(
            executed(ExecType.REPLACED, request, orig_order_id=OrderId(name), leaves=shares(40))
        ),
        Report,
    )
    assert (told.cl_ord_id, told.orig_cl_ord_id, told.status) == ("2", "1", "0")
    assert told.order.quantity == shares(40)
    assert gate.line("account:A1")["buys"] == 40


def test_after_a_replace_both_ids_find_the_order_and_the_broker_is_asked_by_the_new() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.replace("1", bigger()), SendReplace).order_id
    gate.does(executed(ExecType.REPLACED, request, leaves=shares(300)))
    gate.does(traded(request, 10, name="X1", filled=10, leaves=290))
    gate.does(traded(name, 10, name="X2", filled=20, leaves=280))
    sent = only(gate.cancel("1"), SendCancel)
    assert sent.target == request
    assert gate.found(name).filled == shares(20)


def test_a_fill_while_a_replace_is_under_way_counts_against_both_versions() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.replace("1", bigger())
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    assert gate.line("account:A1") == {"position": 30, "buys": 270, "sells": 0}


def test_a_replace_the_broker_refuses_gives_the_hold_back() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.replace("1", bigger()), SendReplace).order_id
    told = only(gate.refuses(request, name), CancelRefused)
    assert told.response_to == "2"
    assert gate.line("account:A1")["buys"] == 100


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (bigger(account=A2), 99),
        (bigger(side=Side.SELL), 99),
        (bigger(strategy=MOMENTUM), 99),
        (bigger(price=None), 99),
        (bigger(count=1001), 99),
        (bigger(count=30), 0),
        (bigger("1"), 6),
        (bigger(cl_ord_id=ClOrdId("3"), session=BETA), 1),
    ],
    ids=["account", "side", "strategy", "terms", "limit", "filled", "duplicate", "session"],
)
def test_a_replace_is_refused_and_changes_nothing(terms: Order, reason: int) -> None:
    gate = Gate.opened(rules=[rule("max_order_quantity", limit="1000")])
    name = gate.working(order())
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    outcome = gate.replace("1", terms)
    assert only(outcome, CancelRefused).reason == reason
    assert gate.line("account:A1") == {"position": 30, "buys": 70, "sells": 0}
    assert gate.found(name).order == order()


def test_a_replace_keeps_the_strategy_it_does_not_name() -> None:
    gate = Gate.opened()
    name = gate.working(order(strategy=MOMENTUM))
    request = only(gate.replace("1", bigger()), SendReplace).order_id
    gate.does(executed(ExecType.REPLACED, request, leaves=shares(300)))
    assert gate.line("strategy:momentum")["buys"] == 300
    gate.does(executed(ExecType.CANCELED, request, exec_id="X-end"))
    assert gate.line("strategy:momentum")["buys"] == 0
    assert gate.found(name).order.strategy == MOMENTUM


def test_a_replace_while_another_request_is_under_way_is_refused() -> None:
    gate = Gate.opened()
    gate.working(order())
    gate.cancel("1")
    assert only(gate.replace("1", bigger()), CancelRefused).reason == 3


def test_a_replace_while_the_broker_is_away_is_refused() -> None:
    gate = Gate.opened()
    gate.working(order())
    gate.does(RouteChanged(route=NORTH, up=False))
    assert only(gate.replace("1", bigger()), CancelRefused).reason == 2


def test_a_replace_of_an_order_in_doubt_is_refused() -> None:
    gate = Gate.opened()
    gate.accepted(order())
    gate.does(RouteChanged(route=NORTH, up=False))
    told = only(gate.replace("1", bigger()), CancelRefused)
    assert "found out" in told.text


def test_a_cancel_may_follow_a_replace_under_way_and_its_confirmation_answers_both() -> None:
    gate = Gate.opened()
    gate.working(order())
    gate.replace("1", bigger())
    request = only(gate.cancel("1"), SendCancel).order_id
    outcome = gate.does(executed(ExecType.CANCELED, request))
    assert only(outcome, Report).cl_ord_id == "C1"
    told = only(outcome, CancelRefused)
    assert (told.cl_ord_id, told.response_to, told.status) == ("2", "2", "4")
    assert gate.line("account:A1")["buys"] == 0


def test_a_mass_cancel_reaches_the_sessions_own_working_orders_only() -> None:
    gate = Gate.opened()
    mine = [gate.working(order("1")), gate.working(order("2", account=A2))]
    gate.working(order("3", session=BETA, account=B1))
    gate.working(order("4"))
    gate.cancel("4")
    outcome = gate.does(MassCancelAsked(session=ALPHA, cl_ord_id=ClOrdId("M1")))
    sent = every(outcome, SendCancel)
    assert [each.target for each in sent] == mine
    assert len({each.order_id for each in sent}) == 2
    assert only(outcome, MassCancelAnswered).affected == 2


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"account": A2}, ["2"]),
        ({"side": Side.SELL}, ["3"]),
        ({"instrument": IBM}, ["1", "2", "3"]),
        ({"account": AccountId("A1"), "side": Side.BUY}, ["1"]),
    ],
)
def test_a_mass_cancel_may_be_narrowed(asked: dict[str, Any], wanted: list[str]) -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    gate.working(order("2", account=A2))
    gate.working(order("3", side=Side.SELL))
    body = MassCancelAsked(session=ALPHA, cl_ord_id=ClOrdId("M1"), **asked)
    assert [each.order.cl_ord_id for each in every(gate.does(body), SendCancel)] == wanted


def test_a_confirmed_mass_cancel_is_told_under_the_orders_own_id() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    outcome = gate.does(MassCancelAsked(session=ALPHA, cl_ord_id=ClOrdId("M1")))
    request = only(outcome, SendCancel).order_id
    told = only(gate.does(executed(ExecType.CANCELED, request)), Report)
    assert (told.cl_ord_id, told.orig_cl_ord_id) == ("1", None)


def test_pending_reports_of_the_broker_change_no_amount() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.cancel("1"), SendCancel).order_id
    told = only(gate.does(executed(ExecType.PENDING_CANCEL, request, leaves=Quantity(0))), Report)
    assert (told.status, told.leaves) == ("6", 100 * NANO)
    assert gate.line("account:A1")["buys"] == 100
    assert gate.found(name).status is Status.NEW


def test_a_dearer_replace_is_judged_at_its_new_price() -> None:
    gate = Gate.opened(rules=[rule("max_order_value", limit="11000 USD")])
    gate.working(order())
    told = only(gate.replace("1", bigger(count=100, price=price(11_100))), CancelRefused)
    assert "test.max_order_value" in told.text


def test_a_mass_cancel_of_a_security_nobody_knows_is_refused_as_such() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    asked = MassCancelAsked(session=ALPHA, cl_ord_id=ClOrdId("m1"), instrument=IBM)
    unknown = replace(asked, instrument=InstrumentId("NOPE"))
    assert only(gate.does(unknown), MassCancelAnswered).reason == 1
    answered = only(gate.does(asked), MassCancelAnswered)
    assert (answered.reason, answered.affected) == (None, 1)
