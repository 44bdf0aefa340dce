"""A panel asks only the strictest of alike checks, and answers as if it had asked them all."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fixed import NANO, Price, Quantity
from domain.order import Side
from rules.check import Bar, Check, Panel
from rules.parse import parse_policy

_SMALL = st.integers(1, 9)
_LIMITS = {
    "max_order_quantity": ("limit: {}00", ()),
    "max_order_value": ("limit: {}0000 USD", ("slippage: 10%",)),
    "price_collar": ("percent: {}%", ("aggressive_only: true", "against: close")),
    "quote_age": ("max_age: {}s", ("negative_prices: true",)),
    "max_open_orders": ("limit: {}", ("per: desk",)),
    "concentration": ("limit: {}%, capital: 1000000 USD", ("per: desk",)),
    "session_hours": ("before_close: {}s", ()),
    "condition": ("when: order.quantity > {}00", ()),
}


@st.composite
def rules(draw: st.DrawFn) -> str:
    """One rule as YAML, without its id."""
    kind = draw(st.sampled_from([*_LIMITS, "max_position", "max_exposure"]))
    if kind in _LIMITS:
        limit, others = _LIMITS[kind]
        said = [
            limit.format(draw(_SMALL)),
            *draw(st.sets(st.sampled_from(others)) if others else st.just(())),
        ]
        return f"kind: {kind}, {', '.join(said)}"
    unit = "0000 USD" if kind == "max_exposure" else "00"
    sides = draw(st.sets(st.sampled_from(["long", "short", "net", "gross"]), min_size=1))
    said = [f"{side}: {draw(_SMALL)}{unit}" for side in sorted(sides)]
    return f"kind: {kind}, per: {draw(st.sampled_from(['account', 'desk']))}, {', '.join(said)}"


@pytest.mark.fuzz
@given(
    written=st.lists(rules(), min_size=1, max_size=12),
    side=st.sampled_from(Side),
    quantity=st.integers(1, 1_200),
    limit=st.none() | st.integers(88, 112),
    position=st.integers(-900, 900),
    working=st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 400)), max_size=3),
    last=st.none() | st.integers(95, 105),
)
def test_what_the_strictest_let_pass_all_let_pass(
    new_world: Callable[[], Any],
    *,
    written: list[str],
    side: Side,
    quantity: int,
    limit: int | None,
    position: int,
    working: list[tuple[Side, int]],
    last: int | None,
) -> None:
    lines = "".join(f"  - {{id: r{place}, {rule}}}\n" for place, rule in enumerate(written))
    policy = parse_policy(f"policy: p\nversion: 1\nrules:\n{lines}".encode(), file="p.yaml")
    world = new_world()
    place = world.place()
    world.book.quote(world.quote(place, last="100"))
    world.book.adjust(
        place.account.id, None, place.instrument.id, Quantity(position * NANO), Price(NANO)
    )
    for which, amount in working:
        world.work(place, which, str(amount))
    case = world.case(
        place,
        side=side,
        quantity=str(quantity),
        limit=None if limit is None else str(limit),
        quote=world.quote(place, **({} if last is None else {"last": str(last)})),
    )
    panel = policy.bind(place)
    assert panel.judge(case) == panel.explain(case)
    asked = [finding.rule for finding in panel.judge(case)]
    assert asked == sorted(asked, key=lambda rule: int(rule[1:]))


@pytest.fixture
def counted() -> Callable[..., tuple[Panel, list[str]]]:
    """A panel of checks with given bars, and the names of those that were asked."""

    def counted(*bars: Bar | None) -> tuple[Panel, list[str]]:
        asked: list[str] = []

        def check(name: str, bar: Bar | None) -> Check:
            def passes(_: Any) -> bool:
                asked.append(name)
                return True

            return Check(passes, lambda _: (), bar=bar)

        return Panel(tuple(check(str(place), bar) for place, bar in enumerate(bars))), asked

    return counted


@pytest.mark.parametrize(
    ("bars", "wanted"),
    [
        ([Bar("a", (2,)), Bar("a", (1,)), Bar("a", (3,))], {"1"}),
        ([Bar("a", (1,)), Bar("b", (1,))], {"0", "1"}),
        ([Bar("a", (1, 2)), Bar("a", (2, 1))], {"0", "1"}),
        ([Bar("a", (1, 2)), Bar("a", (2, 2)), Bar("a", (1, 1))], {"2"}),
        ([Bar("a"), Bar("a"), None, None], {"0", "2", "3"}),
    ],
)
def test_only_the_strictest_of_alike_checks_are_asked(
    counted: Callable[..., tuple[Panel, list[str]]], bars: list[Bar | None], wanted: set[str]
) -> None:
    panel, asked = counted(*bars)
    nothing: Any = None
    assert panel.judge(nothing) == ()
    assert set(asked) == wanted
