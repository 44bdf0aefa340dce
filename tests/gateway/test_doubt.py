"""What was sent and never answered: asked about, sent again once, never doubled, never dropped."""

import pytest

from domain.events import (
    MarketSeen,
    MessageRejected,
    NotSent,
    RouteChanged,
    Started,
    StateOrdered,
)
from domain.fixed import Quantity
from domain.ids import BrokerOrderId, ExecId, OrderId
from domain.lifecycle import ExecType, Status
from domain.market import Phase, TradingStatus
from domain.messages import (
    CancelRefused,
    Report,
    SendCancel,
    SendOrder,
    SendReplace,
    SendStatusRequest,
)
from domain.scope import Scope, TradingState
from gateway.outcome import Outcome
from tests.builders import (
    NORTH,
    SECOND,
    SOUTH,
    VOD,
    Gate,
    every,
    executed,
    only,
    order,
    policy,
    reference,
    rule,
    shares,
    traded,
)

UNKNOWN = {"status": "8", "reason": 5, "leaves": Quantity(0)}


def lost(gate: Gate) -> None:
    gate.does(RouteChanged(route=NORTH, up=False))


def back(gate: Gate, *, after: int = SECOND) -> Outcome:
    return gate.does(RouteChanged(route=NORTH, up=True), after=after)


def in_doubt(gate: Gate) -> str:
    """An order that left, and whose broker was lost before a word of it."""
    name = gate.accepted(order())
    lost(gate)
    return name


def unknown(gate: Gate, name: str, **more: object) -> Outcome:
    return gate.does(executed(ExecType.STATUS, name, **{**UNKNOWN, **more}))


def test_an_unanswered_order_is_asked_about_and_not_sent_again() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    assert gate.found(name).in_doubt
    outcome = back(gate)
    assert only(outcome, SendStatusRequest).order_id == name
    assert not every(outcome, SendOrder)
    assert gate.line("account:A1")["buys"] == 100


def test_an_acknowledged_order_is_not_in_doubt() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    lost(gate)
    assert not gate.found(name).in_doubt
    assert back(gate).messages == ()


def test_only_the_orders_of_the_lost_route_are_in_doubt() -> None:
    gate = Gate.opened()
    name = gate.accepted(order(instrument=VOD))
    lost(gate)
    assert not gate.found(name).in_doubt
    gate.does(RouteChanged(route=SOUTH, up=False))
    assert gate.found(name).in_doubt


def test_after_a_start_everything_unanswered_is_in_doubt_and_every_route_is_down() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    gate.does(Started(version="1", host="test"))
    assert gate.found(name).in_doubt
    assert gate.state.routes == set()
    assert only(back(gate), SendStatusRequest).order_id == name


def test_an_order_the_broker_has_is_told_to_the_desk_as_working() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    told = only(gate.does(executed(ExecType.STATUS, name, status="0")), Report)
    assert (told.type, told.status) == (ExecType.NEW, "0")
    assert not gate.found(name).in_doubt


@pytest.mark.parametrize("status", ["4", "8", "C"])
def test_an_order_that_ended_unheard_ends_here(status: str) -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    outcome = gate.does(
        executed(ExecType.STATUS, name, status=status, reason=3, leaves=Quantity(0))
    )
    assert only(outcome, Report).status == status
    assert gate.line("account:A1")["buys"] == 0


@pytest.mark.parametrize("number", [None, "NONE"])
def test_a_rejected_status_without_a_reason_or_an_id_means_unknown(number: str | None) -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    assert only(unknown(gate, name, reason=None, broker_order_id=number), SendOrder).again


def test_a_rejected_status_without_a_reason_but_with_an_id_means_rejected() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    outcome = unknown(gate, name, reason=None, broker_order_id="B1")
    assert only(outcome, Report).status == "8"
    assert gate.line("account:A1")["buys"] == 0


def test_how_an_order_stood_on_an_earlier_connection_is_nobodys_business() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(traded(name, 100, name="X1", filled=100, leaves=0))
    outcome = gate.does(executed(ExecType.STATUS, name, status="0", poss_dup=True))
    assert (outcome.messages, outcome.surprises) == ((), ())


def test_after_a_status_the_broker_is_asked_by_the_ids_it_gave() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    gate.does(executed(ExecType.STATUS, name, status="0", broker_order_id=BrokerOrderId("B7")))
    sent = only(gate.cancel("1"), SendCancel)
    assert (sent.target, sent.broker_order_id) == (name, "B7")


def test_an_order_the_broker_has_and_not_yet_acknowledged_stays_pending() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    assert gate.does(executed(ExecType.STATUS, name, status="A")).messages == ()
    assert gate.found(name).status is Status.PENDING_NEW
    assert not gate.found(name).in_doubt


def test_a_status_that_comes_when_the_broker_is_lost_again_sends_nothing() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    gate.cancel("1")
    back(gate)
    lost(gate)
    outcome = gate.does(executed(ExecType.STATUS, name, status="0"))
    assert not every(outcome, SendCancel)
    assert only(back(gate), SendCancel).target == name


def test_an_unknown_of_an_order_nobody_doubts_any_more_is_no_surprise() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    unknown(gate, name)
    assert unknown(gate, name) == Outcome(order_id=OrderId(name))
    gate.does(executed(ExecType.CANCELED, name))
    assert unknown(gate, name) == Outcome(order_id=OrderId(name))


def test_an_end_told_by_a_status_answers_the_requests_it_overtook() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    gate.cancel("1")
    back(gate)
    outcome = gate.does(executed(ExecType.STATUS, name, status="C", leaves=Quantity(0)))
    assert only(outcome, Report).status == "C"
    assert only(outcome, CancelRefused).cl_ord_id == "C1"


def test_fills_are_not_taken_from_a_status_and_the_end_waits_for_them() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    body = executed(ExecType.STATUS, name, status="4", filled=shares(30), leaves=Quantity(0))
    outcome = gate.does(body)
    assert any("outstanding" in each for each in outcome.surprises)
    assert gate.line("account:A1") == {"position": 0, "buys": 100, "sells": 0}
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    gate.does(executed(ExecType.CANCELED, name, filled=shares(30)))
    assert gate.line("account:A1") == {"position": 30, "buys": 0, "sells": 0}


def test_an_order_the_broker_never_saw_is_sent_again_flagged_under_its_own_id() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    sent = only(unknown(gate, name), SendOrder)
    assert (sent.order_id, sent.again, sent.order) == (name, True, gate.found(name).order)
    assert gate.line("account:A1")["buys"] == 100


def test_the_same_answer_given_by_a_business_reject_is_understood() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    body = MessageRejected(route=NORTH, order_id=OrderId(name), message_type="H", reason=1)
    assert only(gate.does(body), SendOrder).again


def test_a_broker_that_cannot_answer_leaves_the_doubt_to_the_operator() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    body = MessageRejected(route=NORTH, order_id=OrderId(name), message_type="H", reason=3)
    outcome = gate.does(body)
    assert any("status_request_was_rejected" in each for each in outcome.surprises)
    assert gate.found(name).in_doubt


def test_two_answers_to_two_questions_send_the_order_again_once() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    assert every(unknown(gate, name), SendOrder)
    assert unknown(gate, name).messages == ()


def test_an_order_too_old_to_be_meant_now_ends_instead() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate, after=60 * SECOND)
    outcome = unknown(gate, name)
    assert not every(outcome, SendOrder)
    assert only(outcome, Report).status == "8"
    assert gate.line("account:A1")["buys"] == 0


def test_an_order_that_was_cancelled_meanwhile_ends_instead_and_the_cancel_is_answered() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    assert not gate.cancel("1").messages
    outcome = back(gate)
    assert not every(outcome, SendCancel)
    outcome = unknown(gate, name)
    assert not every(outcome, SendOrder)
    assert only(outcome, Report).status == "8"
    assert only(outcome, CancelRefused).cl_ord_id == "C1"


@pytest.mark.parametrize(("place", "stopped"), [("desk:cash", True), ("desk:programme", False)])
@pytest.mark.parametrize("wanted", [TradingState.HALTED, TradingState.REDUCING])
def test_an_order_the_broker_never_saw_is_not_sent_again_where_trading_stopped(
    place: str, stopped: bool, wanted: TradingState
) -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    gate.does(StateOrdered(scope=Scope(place), state=wanted, cancel=False, by="op", reason="drill"))
    back(gate)
    outcome = unknown(gate, name)
    assert bool(every(outcome, SendOrder)) is not stopped
    if stopped:
        assert only(outcome, Report).text == (
            f"the broker never saw it, and trading in desk:cash is {wanted}"
        )


@pytest.mark.parametrize(("phase", "again"), [(Phase.HALTED, False), (Phase.CONTINUOUS, True)])
def test_an_order_the_broker_never_saw_is_not_sent_again_into_a_venue_s_halt(
    phase: Phase, again: bool
) -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    status = TradingStatus(instrument=order().instrument, at=gate.at, phase=phase)
    gate.does(MarketSeen(statuses=(status,)))
    back(gate)
    assert bool(every(unknown(gate, name), SendOrder)) is again


@pytest.mark.parametrize("what", ["facts", "rules"])
def test_an_order_the_broker_never_saw_is_not_sent_again_under_other_facts_or_rules(
    what: str,
) -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    if what == "facts":
        gate.does(gate.shelf.put_reference(reference()))
    else:
        gate.does(gate.shelf.put_policy(policy([rule("max_order_quantity", limit="1")])))
    back(gate)
    outcome = unknown(gate, name)
    assert not every(outcome, SendOrder)
    assert only(outcome, Report).text == (
        "the broker never saw it, and the policy or the facts it was judged by have changed"
    )


def test_a_replace_of_an_order_the_broker_never_saw_goes_out_behind_it() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    request = only(gate.replace("1", order("2", quantity=shares(200))), SendReplace).order_id
    lost(gate)
    back(gate)
    outcome = unknown(gate, name)
    assert [type(each) for each in outcome.messages] == [SendOrder, SendReplace]
    again = only(outcome, SendReplace)
    assert (again.order_id, again.target, again.again) == (request, name, True)
    assert gate.line("account:A1")["buys"] == 200


def test_a_cancel_kept_for_an_order_in_doubt_goes_out_when_the_broker_has_it() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    gate.cancel("1")
    back(gate)
    outcome = gate.does(executed(ExecType.STATUS, name, status="0"))
    sent = only(outcome, SendCancel)
    assert (sent.target, sent.again) == (name, True)
    assert only(outcome, Report).status == "6"


def test_an_unknown_first_said_on_an_earlier_connection_is_asked_again() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    lost(gate)
    back(gate)
    outcome = unknown(gate, name, poss_dup=True)
    assert only(outcome, SendStatusRequest).order_id == name
    assert not every(outcome, SendOrder)
    assert only(unknown(gate, name), SendOrder).again


def test_an_order_sent_again_is_in_doubt_again_when_its_broker_is_lost_again() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    unknown(gate, name)
    lost(gate)
    assert only(back(gate), SendStatusRequest).order_id == name


def test_a_duplicate_is_a_yes_when_the_order_was_sent_again() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    unknown(gate, name)
    outcome = gate.does(executed(ExecType.REJECTED, name, reason=6))
    assert only(outcome, SendStatusRequest).order_id == name
    assert gate.line("account:A1")["buys"] == 100
    gate.does(executed(ExecType.STATUS, name, status="0"))
    late = executed(ExecType.REJECTED, name, reason=6, exec_id=ExecId("X2"))
    assert gate.does(late).messages == ()
    assert gate.found(name).status is Status.NEW


def test_a_duplicate_is_a_no_when_the_order_was_sent_once() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    gate.does(executed(ExecType.REJECTED, name, reason=6))
    assert gate.found(name).status is Status.REJECTED


def test_a_second_sending_that_did_not_leave_keeps_the_doubt() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    unknown(gate, name)
    assert gate.does(NotSent(route=NORTH, order_id=OrderId(name), again=True)).messages == ()
    assert gate.found(name).in_doubt
    assert gate.line("account:A1")["buys"] == 100


def test_a_fill_ends_a_doubt() -> None:
    gate = Gate.opened()
    name = in_doubt(gate)
    back(gate)
    gate.does(traded(name, 30, name="X1", filled=30, leaves=70))
    assert not gate.found(name).in_doubt
    assert gate.does(executed(ExecType.STATUS, name, status="1", filled=shares(30))).surprises == ()


def test_requests_in_doubt_are_sent_again_under_their_own_ids() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    gate.working(order("2"))
    cancelled = only(gate.cancel("1", "C1"), SendCancel)
    replaced = only(gate.replace("2", order("3", quantity=shares(200))), SendReplace)
    lost(gate)
    outcome = back(gate)
    again = only(outcome, SendCancel), only(outcome, SendReplace)
    assert [each.order_id for each in again] == [cancelled.order_id, replaced.order_id]
    assert all(each.again for each in again)
    assert again[1].order.quantity == shares(200)


def test_a_duplicate_is_no_answer_to_a_request_that_was_sent_again() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    request = only(gate.replace("1", order("2", quantity=shares(200))), SendReplace).order_id
    lost(gate)
    back(gate)
    outcome = gate.refuses(request, name, reason=6)
    assert (outcome.messages, outcome.surprises) == ((), ())
    assert gate.line("account:A1")["buys"] == 200
    told = only(gate.does(executed(ExecType.REPLACED, request, leaves=shares(200))), Report)
    assert told.cl_ord_id == "2"


@pytest.mark.parametrize("again", [False, True])
def test_a_cancel_that_did_not_leave_waits_for_the_broker(again: bool) -> None:
    gate = Gate.opened()
    gate.working(order())
    request = only(gate.cancel("1"), SendCancel).order_id
    gate.does(NotSent(route=NORTH, order_id=request, again=again))
    lost(gate)
    assert only(back(gate), SendCancel).order_id == request


def test_a_replace_sent_again_that_did_not_leave_keeps_its_hold() -> None:
    gate = Gate.opened()
    gate.working(order())
    request = only(gate.replace("1", order("2", quantity=shares(200))), SendReplace).order_id
    lost(gate)
    back(gate)
    gate.does(NotSent(route=NORTH, order_id=request, again=True))
    assert gate.line("account:A1")["buys"] == 200
    lost(gate)
    assert only(back(gate), SendReplace).order_id == request


def test_a_broker_that_forgot_a_working_order_is_told_to_the_operator() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    outcome = unknown(gate, name)
    assert any("forgot" in each for each in outcome.surprises)
    assert gate.line("account:A1")["buys"] == 100


def test_a_broker_that_works_an_ended_order_is_told_to_the_operator() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    gate.does(executed(ExecType.CANCELED, name))
    outcome = gate.does(executed(ExecType.STATUS, name, status="0"))
    assert any("works_an_ended_order" in each for each in outcome.surprises)
