"""The kill switch holds whatever the policy says, and when there is none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fixed import NANO, Price, Quantity, parse_fixed
from domain.flattening import GATE
from domain.order import Side
from domain.scope import Scope, TradingState
from rules.compile import bind_rules

ACTIVE, REDUCING, HALTED = TradingState


@pytest.mark.parametrize(
    "scope",
    [
        "firm:acme",
        "desk:us-equities",
        "trader:ann",
        "account:A1",
        "strategy:twap",
        "session:DESK1",
        "asset_class:equity",
        "venue:XNAS",
        "instrument:AAPL.XNAS",
    ],
)
def test_a_halt_of_any_scope_an_order_lies_in_stops_it(world: Any, scope: str) -> None:
    place = world.place(strategy="twap")
    panel, case = bind_rules((), place), world.case(place)
    assert panel.judge(case) == ()

    world.states[Scope(scope)] = HALTED
    (found,) = panel.judge(case)
    assert (found.rule, found.reason) == ("house.trading_state", "trading_is_halted")
    assert (found.scope, found.text) == (scope, f"trading in {scope} is halted")

    world.states[Scope(scope)] = ACTIVE
    assert panel.judge(case) == ()


@pytest.mark.parametrize("scope", ["trader:bob", "account:B1", "venue:XNYS", "strategy:twap"])
def test_a_halt_elsewhere_stops_nothing(world: Any, scope: str) -> None:
    world.states[Scope(scope)] = HALTED
    place = world.place()
    assert bind_rules((), place).judge(world.case(place)) == ()


def test_the_gravest_state_is_the_one_that_answers(world: Any) -> None:
    world.states.update(
        {Scope("account:A1"): REDUCING, Scope("firm:acme"): HALTED, Scope("venue:XNAS"): ACTIVE}
    )
    place = world.place()
    (found,) = bind_rules((), place).judge(world.case(place))
    assert found.scope == "firm:acme"


@pytest.mark.parametrize(
    ("position", "bought", "sold", "side", "quantity", "passes"),
    [
        ("100", "0", "0", Side.SELL, "100", True),
        ("100", "0", "0", Side.SELL, "101", False),
        ("100", "0", "60", Side.SELL, "40", True),
        ("100", "0", "60", Side.SELL, "41", False),
        ("100", "50", "0", Side.SELL, "100", True),
        ("100", "0", "0", Side.BUY, "1", False),
        ("100", "0", "0", Side.SELL_SHORT, "1", True),
        ("-100", "0", "0", Side.BUY, "100", True),
        ("-100", "0", "0", Side.BUY, "101", False),
        ("-100", "60", "0", Side.BUY, "41", False),
        ("-100", "0", "0", Side.SELL, "1", False),
        ("0", "0", "0", Side.BUY, "1", False),
        ("0", "0", "0", Side.SELL, "1", False),
    ],
)
def test_reducing_lets_through_what_brings_the_position_nearer_to_zero(
    world: Any,
    *,
    position: str,
    bought: str,
    sold: str,
    side: Side,
    quantity: str,
    passes: bool,
) -> None:
    place = world.place()
    held(world, place, position, bought, sold)
    world.states[Scope("desk:us-equities")] = REDUCING
    found = bind_rules((), place).judge(world.case(place, side=side, quantity=quantity))
    assert [finding.reason for finding in found] == (
        [] if passes else ["order_does_not_reduce_position"]
    )


def test_a_replace_that_adds_nothing_reduces_like_the_order_it_replaces(world: Any) -> None:
    place = world.place()
    held(world, place, "100", "0", "100")
    world.states[Scope("account:A1")] = REDUCING
    (working,) = world.book.working.values()
    panel = bind_rules((), place)
    assert panel.judge(world.case(place, side=Side.SELL, quantity="80", replaced=working)) == ()
    assert panel.judge(world.case(place, side=Side.SELL, quantity="101", replaced=working)) != ()


@pytest.mark.parametrize(("quantity", "passes"), [("40", True), ("41", False)])
def test_what_the_gate_itself_asks_for_may_only_reduce(
    world: Any, quantity: str, *, passes: bool
) -> None:
    place = replace(world.place(), session=GATE)
    held(world, place, "100", "0", "60")
    world.states[Scope("firm:acme")] = ACTIVE
    panel, case = bind_rules((), place), world.case(place, side=Side.SELL, quantity=quantity)
    assert [(each.reason, each.scope, each.limit) for each in panel.judge(case)] == (
        [] if passes else [("order_does_not_reduce_position", "session:gate", "40")]
    )
    world.states[Scope("firm:acme")] = HALTED
    (found,) = panel.judge(case)
    assert (found.reason, found.scope) == ("trading_is_halted", "firm:acme")


_AMOUNTS = st.integers(0, 5)


@given(
    position=st.integers(-5, 5),
    bought=_AMOUNTS,
    sold=_AMOUNTS,
    side=st.sampled_from(Side),
    quantity=st.integers(1, 6),
    closing=st.booleans(),
    states=st.dictionaries(
        st.sampled_from(["firm:acme", "account:A1", "venue:XNAS", "trader:bob"]).map(Scope),
        st.sampled_from(TradingState),
    ),
)
def test_quick_and_plain_answers_agree(
    new_world: Callable[[], Any],
    *,
    position: int,
    bought: int,
    sold: int,
    side: Side,
    quantity: int,
    closing: bool,
    states: dict[Scope, TradingState],
) -> None:
    world = new_world()
    place = replace(world.place(), session=GATE) if closing else world.place()
    held(world, place, str(position), str(bought), str(sold))
    world.states.update(states)
    panel, case = bind_rules((), place), world.case(place, side=side, quantity=str(quantity))
    assert panel.judge(case) == panel.explain(case)


def held(world: Any, place: Any, position: str, bought: str, sold: str) -> None:
    """Give the account a position and working orders."""
    signed = Quantity(parse_fixed(position))
    world.book.adjust(place.account.id, None, place.instrument.id, signed, Price(NANO))
    for side, quantity in ((Side.BUY, bought), (Side.SELL, sold)):
        if quantity != "0":
            world.work(place, side, quantity)
