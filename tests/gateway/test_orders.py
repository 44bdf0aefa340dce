"""What a desk asks anew: accepted, denied, or answered again."""

from dataclasses import replace

import pytest

from domain.events import (
    MessageRefused,
    OrderAsked,
    RouteChanged,
    SignalAsked,
    StatusAsked,
)
from domain.finding import Verdict
from domain.fixed import NANO
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, RouteId, SessionId, StrategyId
from domain.lifecycle import ExecType, Status
from domain.messages import MessageRefusal, Report, SendOrder
from domain.order import Order, OrdType, Side, Signal, TimeInForce
from domain.reference import Route
from tests.builders import (
    A1,
    ALPHA,
    B1,
    BETA,
    IBM,
    MOMENTUM,
    NORTH,
    SOUTH,
    VOD,
    Gate,
    every,
    executed,
    only,
    order,
    price,
    reference,
    rule,
    shares,
    traded,
)

SIZE = rule("max_order_quantity", limit="1000")


def test_an_accepted_order_goes_to_its_broker_and_is_held_at_every_node() -> None:
    gate = Gate.opened()
    outcome = gate.ask(order(strategy=MOMENTUM))
    sent = only(outcome, SendOrder)
    assert (sent.route, sent.order_id, sent.again) == (NORTH, outcome.order_id, False)
    assert sent.order == order(strategy=MOMENTUM)
    for place in ("firm:house", "desk:cash", "trader:ann", "account:A1", "strategy:momentum"):
        assert gate.line(place) == {"position": 0, "buys": 100, "sells": 0}
    assert gate.line("trader:bob")["buys"] == 0


def test_our_id_of_an_order_is_its_place_in_the_journal() -> None:
    gate = Gate.opened()
    seq = gate.state.next_seq
    assert gate.ask(order()).order_id == f"G{seq}"


def test_names_carry_the_mark_of_the_journal_s_first_record_alone() -> None:
    gate = Gate.opened(mark="KWXDQ")  # which starts once more, without a mark
    seq = gate.state.next_seq
    outcome = gate.ask(order())
    report = only(gate.does(executed(ExecType.NEW, str(outcome.order_id))), Report)
    assert (outcome.order_id, report.exec_id) == (f"GKWXDQ{seq}", f"EKWXDQ{seq + 1}")


def test_a_desk_that_wants_pending_new_is_told_at_once() -> None:
    gate = Gate.opened()
    outcome = gate.ask(order(session=BETA, account=B1))
    assert only(outcome, Report).status == "A"
    assert not every(gate.ask(order()), Report)


def test_a_denied_order_holds_nothing_goes_nowhere_and_says_why() -> None:
    gate = Gate.opened(rules=[SIZE])
    outcome = gate.ask(order(quantity=shares(1001)))
    assert not every(outcome, SendOrder)
    told = only(outcome, Report)
    assert (told.type, told.status, told.reason) == (ExecType.REJECTED, "8", 3)
    assert told.text is not None
    assert "test.max_order_quantity" in told.text
    assert (told.filled, told.leaves) == (0, 0)
    assert gate.line("account:A1")["buys"] == 0
    assert gate.found(told.order_id).status is Status.DENIED


def test_every_reason_is_told_at_once() -> None:
    gate = Gate.opened(rules=[SIZE])
    outcome = gate.ask(order(quantity=shares(5000), route=RouteId("NOWHERE")))
    assert outcome.decision is not None
    assert [each.rule for each in outcome.decision.findings] == [
        "gate.route",
        "test.max_order_quantity",
    ]


def test_a_warning_lets_the_order_out_and_is_recorded() -> None:
    gate = Gate.opened(rules=[replace(SIZE, verdict=Verdict.WARN)])
    outcome = gate.ask(order(quantity=shares(1001)))
    assert outcome.decision is not None
    assert outcome.decision.verdict is Verdict.WARN
    assert every(outcome, SendOrder)


def test_an_order_for_review_does_not_leave() -> None:
    gate = Gate.opened(rules=[replace(SIZE, verdict=Verdict.REVIEW)])
    assert not every(gate.ask(order(quantity=shares(1001))), SendOrder)


def test_the_decision_names_the_policy() -> None:
    gate = Gate.opened()
    outcome = gate.ask(order())
    assert gate.state.policy is not None
    assert outcome.decision is not None
    assert outcome.decision.policy == gate.state.policy.digest


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (order(account=AccountId("Z9")), "account_is_unknown"),
        (order(session=SessionId("GAMMA")), "session_is_unknown"),
        (order(account=B1), "account_is_not_of_the_session"),
        (order(instrument=InstrumentId("XXX")), "instrument_is_unknown"),
        (order(strategy=StrategyId("luck")), "strategy_is_unknown"),
        (order(route=SOUTH), "no_route_takes_the_order"),
        (order(quantity=shares(0)), "quantity_is_not_positive"),
        (order(quantity=shares(-1)), "quantity_is_not_positive"),
        (order(price=None), "price_does_not_fit_the_type"),
        (order(type=OrdType.MARKET), "price_does_not_fit_the_type"),
        (order(type=OrdType.STOP, price=None), "stop_does_not_fit_the_type"),
        (order(stop_price=price(1)), "stop_does_not_fit_the_type"),
        (order(tif=TimeInForce.GTD), "expiry_does_not_fit"),
        (order(expire_at=Micros(1)), "expiry_does_not_fit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_judged_is_denied(terms: Order, reason: str) -> None:
    gate = Gate.opened()
    outcome = gate.ask(terms)
    assert outcome.decision is not None
    assert reason in {each.reason for each in outcome.decision.findings}
    assert only(outcome, Report).status == "8"
    assert not every(outcome, SendOrder)


def test_everything_unknown_is_told_at_once() -> None:
    gate = Gate.opened()
    outcome = gate.ask(
        order(account=AccountId("Z9"), instrument=InstrumentId("XXX"), quantity=shares(0))
    )
    assert outcome.decision is not None
    assert {each.reason for each in outcome.decision.findings} == {
        "quantity_is_not_positive",
        "account_is_unknown",
        "instrument_is_unknown",
    }


def test_before_facts_and_policy_are_there_every_order_is_denied() -> None:
    gate = Gate()
    first = gate.ask(order("1"))
    gate.does(gate.shelf.put_reference(reference()))
    second = gate.ask(order("2"))
    assert first.decision is not None
    assert [each.reason for each in first.decision.findings] == ["no_reference_facts_are_loaded"]
    assert second.decision is not None
    assert [each.reason for each in second.decision.findings] == ["no_policy_is_in_force"]


def test_an_order_whose_broker_is_away_is_denied() -> None:
    gate = Gate.opened(up=False)
    outcome = gate.ask(order())
    assert outcome.decision is not None
    assert [each.reason for each in outcome.decision.findings] == ["no_route_is_up"]


def test_the_first_route_that_is_up_gets_the_order() -> None:
    spare = RouteId("SPARE")
    facts = reference()
    gate = Gate.opened(replace(facts, routes=(*facts.routes, Route(id=spare))), up=False)
    gate.does(RouteChanged(route=spare, up=True))
    assert only(gate.ask(order("1")), SendOrder).route == spare
    gate.does(RouteChanged(route=NORTH, up=True))
    assert only(gate.ask(order("2")), SendOrder).route == NORTH
    assert only(gate.ask(order("3", route=spare)), SendOrder).route == spare


def test_a_session_with_listed_accounts_may_trade_only_those() -> None:
    facts = reference()
    door = replace(facts.sessions[ALPHA], accounts=frozenset({B1}))
    gate = Gate.opened(replace(facts, sessions={**facts.sessions, ALPHA: door}))
    gate.accepted(order("1", account=B1))
    assert not every(gate.ask(order("2", account=A1)), SendOrder)


@pytest.mark.parametrize("terms", [order(), order(quantity=shares(999))], ids=["same", "other"])
def test_a_repeated_id_gets_the_first_answer_and_causes_nothing(terms: Order) -> None:
    gate = Gate.opened()
    name = gate.working(order())
    before = gate.line("account:A1")
    again = gate.does(OrderAsked(order=terms, poss_resend=True))
    assert again.repeat
    told = only(again, Report)
    assert (told.order_id, told.status, told.repeat) == (name, "0", True)
    assert told.type is ExecType.STATUS
    assert len(again.messages) == 1
    assert gate.line("account:A1") == before


def test_a_repeated_denied_order_is_denied_with_the_first_reasons() -> None:
    gate = Gate.opened(rules=[SIZE])
    first = only(gate.ask(order(quantity=shares(1001))), Report)
    again = only(gate.ask(order(quantity=shares(1))), Report)
    assert (again.status, again.reason, again.type) == ("8", first.reason, ExecType.REJECTED)
    assert first.text is not None
    assert again.text is not None
    assert first.text in again.text


def test_two_sessions_may_use_the_same_id() -> None:
    gate = Gate.opened()
    first = gate.accepted(order("1"))
    second = gate.accepted(order("1", session=BETA, account=B1))
    assert first != second


def test_the_id_of_a_cancel_cannot_become_an_order() -> None:
    gate = Gate.opened()
    name = gate.working(order("1"))
    gate.cancel("1", "2")
    again = gate.ask(order("2"))
    assert again.repeat
    assert only(again, Report).order_id == name


def test_a_signal_is_judged_like_the_order_it_carries() -> None:
    gate = Gate.opened(rules=[SIZE])
    good = gate.does(SignalAsked(signal=Signal(order=order("1"), signalled_at=gate.at)))
    big = order("2", quantity=shares(1001))
    bad = gate.does(SignalAsked(signal=Signal(order=big, signalled_at=gate.at)))
    assert every(good, SendOrder)
    assert not every(bad, SendOrder)


def test_bound_checks_are_kept_for_so_many_places_and_bound_again_beyond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.state.PANELS_MAX", 1)
    gate = Gate.opened(rules=[SIZE])
    gate.accepted(order("1"))
    gate.accepted(order("2", strategy=MOMENTUM))
    assert not every(gate.ask(order("3", quantity=shares(1001))), SendOrder)


def test_a_sale_is_held_as_a_sale() -> None:
    gate = Gate.opened()
    gate.accepted(order(side=Side.SELL_SHORT))
    assert gate.line("desk:cash") == {"position": 0, "buys": 0, "sells": 100}


def test_a_status_question_is_answered_with_how_the_order_stands() -> None:
    gate = Gate.opened()
    name = gate.working(order())
    told = only(gate.does(StatusAsked(session=ALPHA, cl_ord_id=ClOrdId("1"))), Report)
    assert (told.type, told.status, told.order_id) == (ExecType.STATUS, "0", name)
    assert told.leaves == 100 * NANO


def test_a_status_question_about_nothing_is_refused_in_words() -> None:
    gate = Gate.opened()
    gate.working(order())
    told = only(gate.does(StatusAsked(session=BETA, cl_ord_id=ClOrdId("1"))), MessageRefusal)
    assert "`1`" in told.text


def test_a_message_that_cannot_be_read_is_answered_with_all_its_faults() -> None:
    gate = Gate.opened()
    body = MessageRefused(
        session=ALPHA, ref_seq=7, message_type="D", faults=("54: `x`", "38: missing")
    )
    told = only(gate.does(body), MessageRefusal)
    assert (told.ref_seq, told.text) == (7, "54: `x`; 38: missing")


@pytest.mark.parametrize("kind", ["F", "G"])
def test_an_unreadable_request_is_answered_with_how_its_order_stands(kind: str) -> None:
    gate = Gate.opened()
    name = gate.working(order())
    body = MessageRefused(
        session=ALPHA,
        ref_seq=7,
        message_type=kind,
        cl_ord_id=ClOrdId("2"),
        orig_cl_ord_id=ClOrdId("1"),
        faults=("44: missing",),
    )
    told = only(gate.does(body), MessageRefusal)
    assert (told.order_id, told.status) == (name, "0")
    stranger = only(gate.does(replace(body, session=BETA)), MessageRefusal)
    assert (stranger.order_id, stranger.status) == (None, None)


@pytest.mark.parametrize("kind", ["D", "H"])
def test_an_unreadable_message_does_not_tell_a_desk_that_its_working_order_is_rejected(
    kind: str,
) -> None:
    gate = Gate.opened()
    name = gate.working(order())
    body = MessageRefused(
        session=ALPHA,
        ref_seq=7,
        message_type=kind,
        cl_ord_id=ClOrdId("1"),
        symbol="IBM",
        side="1",
        faults=("38: missing",),
    )
    told = only(gate.does(body), Report)
    assert (told.type, told.status, told.order_id) == (ExecType.STATUS, "0", name)
    assert told.text == "38: missing"
    unknown = only(gate.does(replace(body, cl_ord_id=ClOrdId("9"))), MessageRefusal)
    assert (unknown.symbol, unknown.side, unknown.order_id) == ("IBM", "1", None)


def test_an_order_that_was_sent_long_ago_is_denied_and_its_name_is_used_up() -> None:
    gate = Gate.opened()
    late = OrderAsked(order=order("1"), sent_at=Micros(gate.at - 29_000_001))
    told = only(gate.does(late), Report)
    assert (told.type, told.status, told.reason) == (ExecType.REJECTED, "8", 4)
    assert told.text is not None
    assert "allows 30 s" in told.text
    again = gate.does(replace(late, sent_at=gate.at))
    assert again.repeat
    assert not every(again, SendOrder)


def test_an_order_that_came_in_time_or_does_not_say_when_it_was_sent_is_taken() -> None:
    gate = Gate.opened()
    for name, sent_at in (("1", Micros(gate.at - 29_000_000)), ("2", None), ("3", gate.at)):
        asked = OrderAsked(order=order(name), sent_at=sent_at)
        assert every(gate.does(asked), SendOrder)


def test_a_session_may_take_orders_of_any_age_or_none_but_the_newest() -> None:
    gate = Gate.opened()
    facts = reference()
    for limit, taken in ((0, True), (1_000_000, False)):
        sessions = dict(facts.sessions)
        sessions[ALPHA] = replace(sessions[ALPHA], stale_after_us=limit)
        gate.does(gate.shelf.put_reference(replace(facts, sessions=sessions)))
        asked = OrderAsked(order=order(f"{limit}"), sent_at=Micros(gate.at - 5_000_000))
        assert bool(every(gate.does(asked), SendOrder)) is taken


def test_a_repeat_gets_its_first_answer_however_late_it_comes() -> None:
    gate = Gate.opened()
    gate.working(order("1"))
    late = OrderAsked(order=order("1"), sent_at=Micros(1), poss_resend=True)
    told = only(gate.does(late), Report)
    assert (told.type, told.status, told.repeat) == (ExecType.STATUS, "0", True)


def test_orders_in_another_currency_are_valued_by_the_rate_or_not_at_all() -> None:
    gate = Gate.opened()
    gate.accepted(order("1", instrument=VOD))
    firm = gate.state.book.nodes[gate.state.book.path(A1, None)[0][0]]
    assert firm.unpriced == {VOD}
    assert firm.figures is None


def test_a_quote_that_came_with_an_order_marks_the_book() -> None:
    gate = Gate.opened()
    gate.accepted(order("1"), cents=20_000)
    firm = gate.state.book.path(A1, None)[0][1]
    assert firm.up == 100 * 200 * NANO
    gate.ask(order("2", quantity=shares(0)), cents=30_000)
    assert firm.up == 100 * 300 * NANO
    assert gate.state.book.quotes[IBM].reference == price(30_000)


def test_an_order_that_fills_before_its_acknowledgement_is_acknowledged_without_effect() -> None:
    gate = Gate.opened()
    name = gate.accepted(order())
    gate.does(traded(name, 40, name="X1", filled=40, leaves=60))
    gate.does(executed(ExecType.NEW, name, filled=shares(40), leaves=shares(60)))
    assert gate.found(name).status is Status.PARTIALLY_FILLED
    assert gate.line("account:A1") == {"position": 40, "buys": 60, "sells": 0}
