"""The plan: what it promises without a gate, and that the policy of the example fits it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from domain.fixed import NANO
from domain.ids import ClOrdId, InstrumentId
from domain.order import Side
from domain.reference import Reference
from gateway.demo.plan import Cancel, End, NewOrder, Replace, Step, plan
from gateway.demo.show import TRADES
from gateway.demo.slips import DEAREST_ORDER, LARGEST_ORDER, SLIPS
from gateway.demo.stage import EXAMPLE, POLICY
from gateway.demo.trades import Account, read_account
from rules.parse import parse_policy
from tests.gateway.demo.conftest import FULL, WHOLE


@pytest.fixture(scope="module")
def account(reference: Reference) -> Account:
    return read_account(TRADES, reference.instruments)


@pytest.fixture(scope="module")
def steps(account: Account, reference: Reference) -> tuple[Step, ...]:
    return plan(account, reference)


def orders(steps: tuple[Step, ...]) -> Iterator[NewOrder]:
    return (step for step in steps if isinstance(step, NewOrder))


def test_the_same_trades_give_the_same_plan(
    account: Account, reference: Reference, steps: tuple[Step, ...]
) -> None:
    assert plan(account, reference) == steps


def test_a_plan_survives_being_written_down(steps: tuple[Step, ...]) -> None:
    for step in steps:
        assert msgspec.json.decode(msgspec.json.encode(step), type=Step) == step


def test_what_is_to_fill_adds_up_to_the_account(account: Account, steps: tuple[Step, ...]) -> None:
    held: Counter[InstrumentId] = Counter(
        {name: holding.quantity for name, holding in account.opening.items()}
    )
    for step in orders(steps):
        if step.end is End.FILLED:
            sign = 1 if step.order.side.is_buy else -1
            held[step.order.instrument] += sign * step.order.quantity
    assert dict(held) == account.positions()


def test_only_what_is_held_is_sold_as_held(account: Account, steps: tuple[Step, ...]) -> None:
    held: dict[str, int] = {name: before.quantity for name, before in account.opening.items()}
    for step in orders(steps):
        order = step.order
        if step.end is not End.FILLED:
            continue
        before = held.get(order.instrument, 0)
        if order.side is Side.SELL:
            assert order.quantity <= before
        if order.side is Side.SELL_SHORT:
            assert before <= 0
            assert order.locate_id is not None
        held[order.instrument] = before + (1 if order.side.is_buy else -1) * order.quantity


def test_what_is_sold_short_is_within_what_was_located(
    steps: tuple[Step, ...], reference: Reference
) -> None:
    used: Counter[str] = Counter()
    for step in orders(steps):
        order = step.order
        if step.end is End.FILLED and order.side is Side.SELL_SHORT:
            assert order.locate_id is not None
            assert reference.locates[order.locate_id].instrument == order.instrument
            used[order.locate_id] += order.quantity
    assert used
    for name, quantity in used.items():
        assert quantity <= (reference.locates[name].quantity or 0)


@pytest.mark.parametrize("trades", [60, None])
def test_every_slip_is_made(account: Account, reference: Reference, trades: int | None) -> None:
    made = {step.words for step in orders(plan(account.first(trades), reference)) if step.slip}
    assert made >= {slip.words for slip in SLIPS}


def test_no_two_orders_have_the_same_terms(steps: tuple[Step, ...]) -> None:
    """Within seconds they would be duplicates."""
    terms = Counter(
        replace(step.order, cl_ord_id=ClOrdId(""), extra=(), locate_id=None)
        for step in orders(steps)
        if not (step.slip or step.end is End.DENIED)
    )
    assert set(terms.values()) == {1}


@pytest.mark.parametrize("file", [TRADES, pytest.param(FULL, marks=WHOLE)], ids=["sample", "whole"])
def test_no_honest_order_is_beyond_the_collar(reference: Reference, file: Path) -> None:
    """But for those that are meant to be, and are asked again."""
    for step in plan(read_account(file, reference.instruments), reference):
        if not isinstance(step, NewOrder | Replace) or step.market is None:
            continue
        if isinstance(step, Replace) or not step.slip:
            price = step.order.price
            assert price is not None
            beyond = abs(price - step.market.price) * 10 > step.market.price
            assert beyond == (isinstance(step, NewOrder) and step.rule == "collar"), step


def test_ids_are_new_but_where_one_is_sent_twice(steps: tuple[Step, ...]) -> None:
    names: Counter[str] = Counter()
    for step in steps:
        match step:
            case NewOrder(order=order, end=end) if end is not End.REPEATED:
                names[order.cl_ord_id] += 1
            case Replace(order=order):
                names[order.cl_ord_id] += 1
            case Cancel(cl_ord_id=name):
                names[name] += 1
            case _:
                pass
    assert set(names.values()) == {1}


def test_what_rests_is_cancelled_in_the_end(steps: tuple[Step, ...]) -> None:
    resting = {
        step.order.cl_ord_id
        for step in orders(steps)
        if step.end is End.CANCELLED and step.order.strategy is None
    }
    assert {step.target for step in steps if isinstance(step, Cancel)} == resting


def test_the_rules_that_slips_count_on_are_in_the_policy(steps: tuple[Step, ...]) -> None:
    policy = parse_policy((EXAMPLE / POLICY).read_bytes(), file=POLICY)
    known = {rule.id for rule in policy.rules}
    wanted = {step.rule for step in orders(steps) if step.rule is not None}
    assert {rule for rule in wanted if not rule.startswith(("gate.", "house."))} <= known
    assert LARGEST_ORDER == 30_000 * NANO
    assert DEAREST_ORDER == 125_000 * NANO


def test_an_account_without_trades_has_an_empty_plan(reference: Reference) -> None:
    assert plan(Account({}, ()), reference) == ()
