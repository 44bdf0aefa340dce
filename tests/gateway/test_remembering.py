"""What the core shows to the memories of rules, and what it keeps from them."""

from dataclasses import replace

import pytest

from domain.events import CancelAsked, MarketSeen, StateOrdered
from domain.ids import ClOrdId, ExecId
from domain.lifecycle import ExecType
from domain.people import Person, PersonId, Role
from domain.scope import Scope, TradingState
from gateway.outcome import Outcome
from rules.term import Term
from tests.builders import (
    ALPHA,
    MOMENTUM,
    START,
    Gate,
    executed,
    order,
    price,
    quote,
    reference,
    rule,
    shares,
    traded,
)


def reasons(outcome: Outcome) -> tuple[str, ...]:
    assert outcome.decision is not None
    return tuple(finding.reason for finding in outcome.decision.findings)


def test_a_name_that_was_decided_before_is_a_message_once_more() -> None:
    gate = Gate.opened(rules=[rule("message_rate", limit=2, window="1m")])
    gate.working(order("1"))
    assert gate.ask(order("1")).repeat
    assert reasons(gate.ask(order("2"))) == ("message_rate_exceeds_limit",)


def test_a_name_that_was_decided_before_is_no_application_and_no_duplicate() -> None:
    terms = order("1", strategy=MOMENTUM)
    rules = [
        rule("repeated_execution", limit=2, window="1h"),
        rule("duplicate_order", window="3s", match=("account",)),
    ]
    gate = Gate.opened(rules=rules)
    gate.working(terms)
    gate.ask(terms)
    gate.ask(terms)
    assert reasons(gate.ask(order("2", strategy=MOMENTUM))) == ()


RATIO = rule("order_to_trade", orders_per_trade="2", window="1h", min_sample=2)


def test_a_trade_is_shown_and_only_once() -> None:
    gate = Gate.opened(rules=[RATIO])
    name = gate.working(order("1"))
    assert reasons(gate.ask(order("2"))) == ("orders_per_trade_exceed_limit",)
    trade = traded(name, 40, name="X1", filled=40, leaves=60)
    gate.does(trade)
    gate.does(trade)
    gate.working(order("3"), cents=10_000)
    # Three messages for one trade, and not for two.
    assert reasons(gate.ask(order("4"))) == ("orders_per_trade_exceed_limit",)


@pytest.mark.parametrize("kind", [ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL])
def test_a_correction_or_a_bust_is_no_trade(kind: ExecType) -> None:
    gate = Gate.opened(rules=[RATIO])
    name = gate.working(order("1"))
    gate.does(traded(name, 40, name="X1", filled=40, leaves=60))
    again = executed(
        kind,
        name,
        exec_id=ExecId("X2"),
        exec_ref_id=ExecId("X1"),
        last_quantity=shares(30),
        last_price=price(10_000),
        filled=shares(30),
        leaves=shares(70),
    )
    gate.does(again)
    gate.working(order("2"))
    assert reasons(gate.ask(order("3"))) == ("orders_per_trade_exceed_limit",)


def test_a_trade_of_an_order_never_sent_is_not_shown() -> None:
    gate = Gate.opened(rules=[RATIO])
    gate.working(order("1"))
    gate.does(traded("G99999", 40, name="X1", filled=40, leaves=60))
    assert reasons(gate.ask(order("2"))) == ("orders_per_trade_exceed_limit",)


def test_cancels_count_and_still_go_out() -> None:
    cancels = rule("order_to_trade", cancels_per_order="0.4", window="1h", min_sample=1)
    gate = Gate.opened(rules=[cancels])
    gate.working(order("1"))
    outcome = gate.does(
        CancelAsked(session=ALPHA, cl_ord_id=ClOrdId("C"), orig_cl_ord_id=ClOrdId("1"))
    )
    assert len(outcome.messages) == 1
    assert reasons(gate.ask(order("2"))) == ("cancels_per_order_exceed_limit",)


def test_a_mark_is_shown() -> None:
    gate = Gate.opened(rules=[rule("price_move", percent="5%", window="1m")])
    gate.does(MarketSeen(quotes=(quote(cents=9_000, at=gate.at),)))
    assert reasons(gate.ask(order("1"))) == ("price_is_above_period_band",)


ENABLED_AGAIN = rule("repeated_execution", limit=1, window="1m", reenabled_by=("risk",))
PEOPLE = {
    PersonId(name): Person(id=PersonId(name), roles=frozenset({role}))
    for name, role in {"rita": Role.RISK, "sue": Role.SUPERVISOR}.items()
}


def enable(gate: Gate, by: str) -> Outcome:
    body = StateOrdered(
        scope=Scope(f"strategy:{MOMENTUM}"),
        state=TradingState.ACTIVE,
        cancel=False,
        by=by,
        reason="looked",
    )
    return gate.does(body)


def test_only_the_role_a_rule_names_enables_a_strategy() -> None:
    gate = Gate.opened(reference(people=PEOPLE), [ENABLED_AGAIN])
    gate.working(order("1", strategy=MOMENTUM))
    assert reasons(gate.ask(order("2", strategy=MOMENTUM))) == ("strategy_is_disabled",)
    for by in ("sue", "nobody"):
        outcome = enable(gate, by)
        assert outcome.refused
        assert outcome.surprises[0].startswith("release_is_refused: strategy:momentum")
        assert reasons(gate.ask(order(by, strategy=MOMENTUM))) == ("strategy_is_disabled",)
    assert enable(gate, "rita") == Outcome()
    gate.working(order("3", strategy=MOMENTUM))


def test_a_rule_that_has_ended_keeps_nothing() -> None:
    ended = replace(ENABLED_AGAIN, term=Term(until=START))
    assert enable(Gate.opened(rules=[ended]), "rita") == Outcome()


def test_without_people_in_the_facts_nobody_enables_it() -> None:
    gate = Gate.opened(rules=[ENABLED_AGAIN])
    assert "name no people" in enable(gate, "rita").surprises[0]
