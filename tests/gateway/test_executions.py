"""What brokers say: fills, corrections, busts, restatements, and what does not fit."""

from dataclasses import replace
from typing import Any

import pytest

from domain.events import (
    ExecutionReported,
    MarketSeen,
    MessageRejected,
    NotSent,
    ReferenceLoaded,
    ReportUnreadable,
)
from domain.fixed import NANO, Quantity
from domain.ids import ExecId, OrderId
from domain.lifecycle import ExecType, Status
from domain.messages import CancelRefused, Report, SendCancel, SendDontKnow, SendReplace
from domain.order import Side
from tests.builders import (
    IBM,
    NORTH,
    SOUTH,
    Gate,
    every,
    executed,
    only,
    order,
    price,
    quote,
    reference,
    shares,
    traded,
)


def busted(name: str, of: str, exec_id: str = "bust", **changes: Any) -> ExecutionReported:
    return executed(
        ExecType.TRADE_CANCEL, name, exec_id=ExecId(exec_id), exec_ref_id=ExecId(of), **changes
    )


def test_a_fill_moves_the_position_by_what_it_releases() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    told = only(gate.does(traded(name, 30, name="X1", filled=30, leaves=70, cents=9_900)), Report)
    assert (told.type, told.status, told.cl_ord_id) == (ExecType.TRADE, "1", "1")
    assert (told.last_quantity, told.last_price) == (shares(30), price(9_900))
    assert (told.filled, told.leaves, told.average) == (shares(30), shares(70), price(9_900))
    assert gate.line("firm:house") == {"position": 30, "buys": 70, "sells": 0}


def test_the_average_price_is_that_of_all_fills() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70, cents=9_900))
    told = only(gate.does(traded(name, 70, name="X2", filled=100, leaves=0, cents=9_800)), Report)
    assert told.average == price(9_830)
    assert told.status == "2"
    line = gate.state.book.nodes[gate.state.book.path(order().account, None)[0][0]].lines[IBM]
    assert line.cash == -(30 * 99 + 70 * 98) * NANO


def test_a_fill_that_comes_twice_counts_once() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    fill = traded(name, 30, name="X1", filled=30, leaves=70)
    gate.does(fill)
    again = gate.does(replace(fill, poss_dup=True))
    assert again.repeat
    assert again.messages == ()
    assert gate.line("account:A1") == {"position": 30, "buys": 70, "sells": 0}


def test_a_fill_after_the_cancel_moves_the_position_and_the_order_stays_cancelled() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(executed(ExecType.CANCELED, name))
    told = only(gate.does(traded(name, 30, name="X1", filled=30, leaves=0)), Report)
    assert told.status == "4"
    assert gate.line("account:A1") == {"position": 30, "buys": 0, "sells": 0}


def test_a_sale_takes_from_the_position() -> None:
    gate = Gate.opened()
    name = gate.working(order(side=Side.SELL))
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    assert gate.line("account:A1") == {"position": -30, "buys": 0, "sells": 70}


def test_a_bust_takes_the_trade_back_and_names_it_as_the_desk_knows_it() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    first = only(gate.does(traded(name, 30, name="X1", filled=30, leaves=70)), Report)
    told = only(gate.does(busted(name, "X1")), Report)
    assert (told.type, told.exec_ref_id) == (ExecType.TRADE_CANCEL, first.exec_id)
    assert (told.filled, told.leaves, told.average) == (0, shares(100), None)
    assert gate.line("account:A1") == {"position": 0, "buys": 100, "sells": 0}
    assert gate.found(name).status is Status.NEW


def test_a_bust_of_a_filled_order_that_no_longer_works_leaves_it_cancelled() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 60, name="X1", filled=60, leaves=40))
    gate.does(traded(name, 40, name="X2", filled=100, leaves=0))
    bust = busted(name, "X2", filled=shares(60), leaves=Quantity(0))
    told = only(gate.does(bust), Report)
    assert told.status == "4"
    assert gate.line("account:A1") == {"position": 60, "buys": 0, "sells": 0}


@pytest.mark.parametrize("named", ["X1", "X1b"], ids=["by the first id", "by the correction's"])
def test_a_corrected_trade_can_be_corrected_and_busted_again(named: str) -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    first = replace(
        traded(name, 20, name="X1b", filled=20, leaves=80, cents=9_000),
        type=ExecType.TRADE_CORRECT,
        exec_ref_id=ExecId("X1"),
    )
    told = only(gate.does(first), Report)
    assert (told.filled, told.average) == (shares(20), price(9_000))
    assert gate.line("account:A1") == {"position": 20, "buys": 80, "sells": 0}
    bust = busted(name, named, "X1c")
    last = gate.does(bust)
    assert last.surprises == ()
    assert only(last, Report).exec_ref_id == told.exec_id
    assert gate.line("account:A1") == {"position": 0, "buys": 100, "sells": 0}
    once_more = busted(name, "X1", "X1d")
    gate.does(once_more)
    assert gate.line("account:A1") == {"position": 0, "buys": 100, "sells": 0}


def test_a_bust_of_a_trade_never_seen_is_believed_by_its_sum() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    bust = busted(name, "X9", filled=shares(10), leaves=shares(90))
    outcome = gate.does(bust)
    assert any("unseen_trade" in each for each in outcome.surprises)
    assert gate.line("account:A1") == {"position": 10, "buys": 90, "sells": 0}


def test_a_correction_of_a_trade_never_seen_is_believed_by_its_sum_at_its_price() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    body = replace(
        traded(name, 25, name="X9", filled=25, leaves=75, cents=9_000),
        type=ExecType.TRADE_CORRECT,
        exec_ref_id=ExecId("X8"),
    )
    outcome = gate.does(body)
    assert any("unseen_trade: X8" in each for each in outcome.surprises)
    assert only(outcome, Report).average == price(9_000)
    assert gate.line("account:A1") == {"position": 25, "buys": 75, "sells": 0}


def test_an_order_restated_to_what_is_filled_already_has_ended() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    body = executed(
        ExecType.RESTATED, name, quantity=shares(30), filled=shares(30), leaves=Quantity(0)
    )
    assert only(gate.does(body), Report).status == "2"
    assert gate.line("account:A1") == {"position": 30, "buys": 0, "sells": 0}


def test_a_sum_that_does_not_add_up_is_told_and_our_count_of_trades_kept() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    outcome = gate.does(traded(name, 30, name="X1", filled=40, leaves=60))
    assert any("sum_of_fills_differs" in each for each in outcome.surprises)
    assert gate.found(name).filled == shares(30)
    assert gate.line("account:A1")["position"] == 30


def test_an_overfill_moves_the_position_and_is_told() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    outcome = gate.does(traded(name, 120, name="X1", filled=120, leaves=0))
    assert any("overfilled" in each for each in outcome.surprises)
    assert gate.line("account:A1") == {"position": 120, "buys": 0, "sells": 0}
    assert gate.found(name).status is Status.FILLED


def test_a_brokers_rejection_ends_the_order_with_its_words() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    told = only(gate.does(executed(ExecType.REJECTED, name, reason=3, text="too much")), Report)
    assert (told.status, told.reason, told.text) == ("8", 3, "too much")
    assert gate.line("account:A1")["buys"] == 0


def test_an_order_that_was_rejected_and_is_acknowledged_is_held_again() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    gate.does(executed(ExecType.REJECTED, name))
    gate.does(executed(ExecType.NEW, name))
    assert gate.line("account:A1")["buys"] == 100


@pytest.mark.parametrize("kind", [ExecType.NEW, ExecType.PENDING_NEW, ExecType.DONE_FOR_DAY])
def test_a_broker_that_says_nothing_is_left_while_an_order_lives_frees_no_hold(
    kind: ExecType,
) -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    gate.does(executed(kind, name, leaves=Quantity(0)))
    assert gate.line("account:A1")["buys"] == 100


def test_an_end_leaves_nothing_and_no_request_whatever_the_broker_says_is_left() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.replace("1", order("2", quantity=shares(200)))
    told = only(gate.does(executed(ExecType.CANCELED, name, leaves=shares(70))), Report)
    assert told.leaves == 0
    assert gate.found(name).requests == {}
    assert gate.found(name).leaves == 0


def test_a_move_whose_sum_is_not_ours_is_told() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    outcome = gate.does(executed(ExecType.CANCELED, name, filled=shares(30)))
    assert outcome.surprises == (f"sum_of_fills_differs: ours 0, the broker's {shares(30)}",)


def test_a_cancel_nobody_asked_for_ends_the_order() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    told = only(gate.does(executed(ExecType.CANCELED, name, text="closed")), Report)
    assert (told.status, told.cl_ord_id, told.orig_cl_ord_id) == ("4", "1", None)


def test_a_restatement_changes_the_terms_the_broker_names() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    body = executed(
        ExecType.RESTATED, name, quantity=shares(80), price=price(9_500), leaves=shares(80)
    )
    told = only(gate.does(body), Report)
    assert (told.order.quantity, told.order.price) == (shares(80), price(9_500))
    assert gate.line("account:A1")["buys"] == 80


def test_a_replacement_nobody_asked_for_is_believed_and_told() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    body = executed(
        ExecType.REPLACED,
        "broker's own",
        orig_order_id=OrderId(name),
        quantity=shares(150),
        leaves=shares(150),
    )
    outcome = gate.does(body)
    assert any("not_asked_for" in each for each in outcome.surprises)
    assert gate.line("account:A1")["buys"] == 150
    gate.does(traded(name, 150, name="X1", filled=150, leaves=0))
    assert gate.found(name).status is Status.FILLED


def test_a_replace_that_a_fill_overtook_may_still_come_when_a_bust_reopens_the_order() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.replace("1", order("2", quantity=shares(200))), SendReplace).order_id
    gate.does(traded(name, 100, name="X1", filled=100, leaves=0))
    gate.does(busted(name, "X1"))
    told = gate.does(executed(ExecType.REPLACED, request, quantity=shares(200), leaves=shares(200)))
    assert any("not_asked_for" in each for each in told.surprises)
    assert gate.line("account:A1")["buys"] == 200
    assert only(gate.cancel("1"), SendCancel).target == request


def test_a_move_that_is_not_in_the_table_is_told_and_not_made() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 100, name="X1", filled=100, leaves=0))
    outcome = gate.does(executed(ExecType.REJECTED, name, filled=shares(100)))
    assert any("not_in_the_table" in each for each in outcome.surprises)
    assert gate.found(name).status is Status.FILLED


def test_a_trade_on_an_order_never_sent_is_not_known_and_moves_nothing() -> None:
    gate = Gate.opened()
    outcome = gate.does(traded("G99", 10, name="X1", filled=10, leaves=0))
    assert only(outcome, SendDontKnow).route == NORTH
    assert outcome.surprises
    assert not gate.does(executed(ExecType.NEW, "G99")).messages


def test_a_broker_speaks_only_of_its_own_orders() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.cancel("1"), SendCancel).order_id
    fill = traded(name, 10, name="X1", filled=10, leaves=90, route=SOUTH)
    assert only(gate.does(fill), SendDontKnow).route == SOUTH
    said = MessageRejected(route=SOUTH, order_id=OrderId(request), message_type="F")
    assert gate.does(said).surprises
    gate.does(NotSent(route=SOUTH, order_id=OrderId(name)))
    assert gate.found(name).cancelling
    assert gate.line("account:A1") == {"position": 0, "buys": 100, "sells": 0}


def test_a_message_the_broker_could_not_read_ends_an_order_it_never_worked() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    body = MessageRejected(route=NORTH, order_id=OrderId(name), message_type="D", text="tag 54")
    told = only(gate.does(body), Report)
    assert (told.status, told.text) == ("8", "tag 54")
    assert gate.does(body).surprises


@pytest.mark.parametrize(("kind", "response"), [("F", "1"), ("G", "2")])
def test_a_request_the_broker_could_not_read_is_refused(kind: str, response: str) -> None:
    gate = Gate.opened()
    gate.working(order())
    if kind == "F":
        request = only(gate.cancel("1", "2"), SendCancel).order_id
    else:
        request = only(gate.replace("1", order("2", quantity=shares(200))), SendReplace).order_id
    body = MessageRejected(route=NORTH, order_id=request, message_type=kind, text="tag 41")
    told = only(gate.does(body), CancelRefused)
    assert (told.response_to, told.text, told.cl_ord_id) == (response, "tag 41", "2")
    assert gate.line("account:A1")["buys"] == 100


def test_an_order_that_certainly_did_not_leave_ends() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    told = only(gate.does(NotSent(route=NORTH, order_id=OrderId(name))), Report)
    assert (told.status, told.text) == ("8", "route `NORTH` was down: not sent")
    assert gate.line("account:A1")["buys"] == 0


def test_a_replace_that_certainly_did_not_leave_is_refused() -> None:
    gate = Gate.opened()
    gate.working(order())
    request = only(gate.replace("1", order("2", quantity=shares(200))), SendReplace).order_id
    told = only(gate.does(NotSent(route=NORTH, order_id=request)), CancelRefused)
    assert told.cl_ord_id == "2"
    assert gate.line("account:A1")["buys"] == 100


def test_not_sent_says_nothing_of_what_was_answered_meanwhile() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    assert gate.does(NotSent(route=NORTH, order_id=OrderId(name))).messages == ()
    assert gate.does(NotSent(route=NORTH, order_id=OrderId("G99"))).messages == ()
    assert gate.line("account:A1")["buys"] == 100


def test_a_refusal_of_no_request_is_told_to_the_operator() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    assert gate.refuses(name, name).surprises
    assert gate.refuses("G99", "G99").surprises


def test_a_report_that_cannot_be_read_is_told_with_its_faults() -> None:
    gate = Gate.opened()
    body = ReportUnreadable(route=NORTH, message_type="8", text="8=FIX", faults=("32: `x`",))
    assert gate.does(body).surprises == ("report_is_unreadable: NORTH: 32: `x`",)


def test_a_late_fill_of_a_listing_the_facts_have_forgotten_still_counts() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(executed(ExecType.CANCELED, name))
    facts = reference(
        instruments={key: value for key, value in reference().instruments.items() if key != IBM}
    )
    body: ReferenceLoaded = gate.shelf.put_reference(facts)
    assert not gate.does(body).refused
    gate.does(traded(name, 30, name="X1", filled=30, leaves=0))
    assert gate.line("firm:house")["position"] == 30
    gate.does(MarketSeen(quotes=(quote(IBM, 20_000, gate.at),)))
    assert gate.state.book.path(order().account, None)[0][1].gross == 30 * 200 * NANO


def test_all_messages_of_one_order_name_one_order() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    outcomes = [
        gate.does(traded(name, 30, name="X1", filled=30, leaves=70)),
        gate.cancel("1"),
        gate.does(executed(ExecType.CANCELED, name, filled=shares(30))),
    ]
    assert {each.order_id for each in outcomes} == {name}
    assert {told.order_id for each in outcomes for told in every(each, Report)} == {name}
