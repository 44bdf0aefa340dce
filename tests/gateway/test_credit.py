"""Credit, days and equities through the gate: what counts at once, how a day ends, what replays."""

from dataclasses import replace
from typing import Any

import pytest

from domain.equity import Balance
from domain.events import LimitChanged, MarketSeen, PositionAdjusted
from domain.finding import Verdict
from domain.fixed import NANO, Amount
from domain.ids import Micros
from domain.lifecycle import ExecType
from domain.limits import Limit
from domain.order import Side
from domain.people import Person, PersonId, Role
from domain.reference import Reference
from domain.scope import Scope
from gateway.outcome import Outcome
from gateway.replay import replay
from gateway.snapshot import digest
from gateway.state import State
from tests.builders import (
    A1,
    A2,
    IBM,
    SECOND,
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

HOUR = 3600 * SECOND
ENDS = tuple(Micros(START + days * 24 * HOUR) for days in range(1, 10))
RISK = PersonId("rita")


def facts(**changes: Any) -> Reference:
    limits = (
        Limit(name="credit", scope=Scope("account:A1"), hard=Amount(20_000 * NANO)),
        Limit(
            name="credit",
            scope=Scope("desk:cash"),
            hard=Amount(30_000 * NANO),
            soft=Amount(25_000 * NANO),
        ),
    )
    told = reference(
        limits=limits,
        people={RISK: Person(id=RISK, roles=frozenset({Role.RISK}))},
        balances={A1: Balance(equity=Amount(10_000 * NANO), as_of=START)},
        day_ends=ENDS,
    )
    return replace(told, **changes)


CREDIT = rule("credit_limit", named="credit")


def reasons(outcome: Outcome) -> list[tuple[str, Verdict]]:
    assert outcome.decision is not None
    return [(each.reason, each.verdict) for each in outcome.decision.findings]


DENIED = [("credit_limit_is_exceeded", Verdict.DENY)]


def test_an_order_takes_its_credit_at_once_and_gives_it_back_at_its_end() -> None:
    gate = Gate.opened(facts(), [CREDIT])
    first = gate.accepted(order("1", quantity=shares(200)))
    assert reasons(gate.ask(order("2", quantity=shares(1)))) == DENIED
    gate.does(executed(ExecType.NEW, first, leaves=shares(200)))
    gate.does(traded(first, 50, name="X1", filled=50, leaves=150))
    assert reasons(gate.ask(order("3", quantity=shares(1)))) == DENIED
    gate.does(executed(ExecType.CANCELED, first, filled=shares(50)))
    assert reasons(gate.ask(order("4", quantity=shares(150)))) == []


def test_the_accounts_of_a_desk_share_its_credit_and_are_warned_before_its_end() -> None:
    gate = Gate.opened(facts(), [CREDIT])
    gate.accepted(order("1", quantity=shares(200)))
    told = gate.ask(order("2", account=A2, quantity=shares(51)))
    assert reasons(told) == [("soft_credit_limit_is_exceeded", Verdict.WARN)]
    assert told.decision is not None
    assert told.decision.passes
    assert reasons(gate.ask(order("3", account=A2, quantity=shares(50)))) == DENIED


def test_a_changed_limit_judges_the_next_order() -> None:
    gate = Gate.opened(facts(), [CREDIT])
    gate.accepted(order("1", quantity=shares(200)))
    change = LimitChanged(
        name="credit",
        scope=Scope("account:A1"),
        hard=Amount(21_000 * NANO),
        until=Micros(gate.at + HOUR),
        by=RISK,
        reason="a block trade",
    )
    gate.does(change)
    gate.accepted(order("2", quantity=shares(10)))
    assert reasons(gate.ask(order("3", quantity=shares(1)))) == DENIED
    gate.does(replace(change, hard=Amount(40_000 * NANO), soft=Amount(1)))
    told = gate.ask(order("4", quantity=shares(1)))
    assert reasons(told) == [("soft_credit_limit_is_exceeded", Verdict.WARN)]
    # The change has an end, and what it let in stays.
    gate.does(MarketSeen(), after=2 * HOUR)
    assert reasons(gate.ask(order("5", quantity=shares(1)))) == DENIED


def lost(gate: Gate, cents: int) -> None:
    """Buy a hundred at 100 and see the market fall."""
    name = gate.working(order("buy"))
    gate.does(traded(name, 100, name="X1", filled=100, leaves=0))
    gate.does(MarketSeen(quotes=(quote(IBM, cents, gate.at),)))


LOSS = rule("daily_loss", max_loss="1000 USD", max_drawdown="1500 USD")


def test_a_lost_day_leaves_only_the_way_out() -> None:
    gate = Gate.opened(facts(), [LOSS])
    lost(gate, 8_900)
    told = gate.ask(order("1", quantity=shares(1)), cents=8_900)
    assert reasons(told) == [("daily_loss_exceeds_limit", Verdict.DENY)]
    gate.accepted(order("2", side=Side.SELL, quantity=shares(60)), cents=8_900)
    gate.accepted(order("3", side=Side.SELL, quantity=shares(40)), cents=8_900)
    told = gate.ask(order("4", side=Side.SELL, quantity=shares(1)), cents=8_900)
    assert reasons(told) == [("daily_loss_exceeds_limit", Verdict.DENY)]


@pytest.mark.parametrize("seen", [True, False], ids=["after an event", "by the order itself"])
def test_the_next_day_begins_level(*, seen: bool) -> None:
    gate = Gate.opened(facts(), [LOSS])
    lost(gate, 8_900)
    until = ENDS[0] - gate.at
    if seen:
        gate.does(MarketSeen(), after=until)
        until = 0
    gate.at = Micros(gate.at + until - SECOND)
    gate.accepted(order("1", quantity=shares(1)), cents=8_900)
    account = gate.state.book.node(Scope("account:A1"))
    assert (account.opening, account.peak) == (-1100 * NANO, -1100 * NANO)


def test_the_second_before_is_still_the_lost_day() -> None:
    gate = Gate.opened(facts(), [LOSS])
    lost(gate, 8_900)
    gate.at = Micros(ENDS[0] - SECOND - 1)
    told = gate.ask(order("1", quantity=shares(1)), cents=8_900)
    assert reasons(told) == [("daily_loss_exceeds_limit", Verdict.DENY)]


def test_a_position_told_in_the_morning_has_won_nothing_yet() -> None:
    gate = Gate.opened(facts(), [LOSS])
    gate.does(
        PositionAdjusted(
            account=A1,
            instrument=IBM,
            quantity=shares(1000),
            price=price(10_000),
            by="ops",
            reason="start of day",
        )
    )
    told = gate.ask(order("1", quantity=shares(1)))
    assert reasons(told) == [("profit_is_unknown", Verdict.DENY)], "the book had no quote yet"
    gate.accepted(order("2", quantity=shares(1)))


def test_margin_is_of_the_equity_told_and_what_was_lost_since() -> None:
    gate = Gate.opened(facts(), [rule("buying_power", maintenance="50%")])
    lost(gate, 9_000)
    # 9000 are left, and 9000 at stake: 90 more at 90 make the requirement 8550.
    told = gate.ask(order("1", quantity=shares(101)), cents=9_000)
    assert reasons(told) == [("intraday_margin_deficit", Verdict.DENY)]
    gate.accepted(order("2", quantity=shares(100)), cents=9_000)


def busy() -> Gate:
    rules = [
        CREDIT,
        LOSS,
        rule("buying_power", maintenance="25%"),
        rule("pattern_day_trader", day_trades=1, share="0%", minimum_equity="9500 USD"),
        rule("concentration", limit="100%", equity=True),
    ]
    gate = Gate.opened(facts(), rules)
    lost(gate, 9_700)
    name = gate.working(order("1", side=Side.SELL, quantity=shares(10)), cents=9_700)
    gate.does(traded(name, 10, name="X2", filled=10, leaves=0, cents=9_700))
    gate.does(MarketSeen(quotes=(quote(IBM, 9_900, gate.at),)), after=30 * HOUR)
    gate.ask(order("2", quantity=shares(10)), cents=9_800)
    return gate


def test_days_and_equities_are_replayed() -> None:
    gate = busy()
    assert gate.state.book.day_trades[A1].recent.day_trades == 1
    state = State(gate.shelf)
    for _ in replay(state, gate.records):
        pass
    assert digest(state) == digest(gate.state)
    assert state.book == gate.state.book


@pytest.mark.parametrize("name", ["opening", "peak", "profit", "unopened"])
def test_every_figure_of_a_day_is_in_the_digest(name: str) -> None:
    gate = busy()
    before = digest(gate.state)
    node = gate.state.book.node(Scope("account:A1"))
    setattr(node, name, getattr(node, name) + 1)
    assert digest(gate.state) != before


def test_the_day_the_funds_and_the_day_trades_are_in_the_digest() -> None:
    gate = busy()
    seen = {digest(gate.state)}
    book = gate.state.book
    book.day.since = Micros(book.day.since + 1)
    seen.add(digest(gate.state))
    book.funds.clear()
    seen.add(digest(gate.state))
    book.day_trades[A1].counts[0].day_trades += 1
    seen.add(digest(gate.state))
    assert len(seen) == 4
