"""Two states with one digest are equal; whatever can change an answer changes the digest."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.events import MarketSeen, RouteChanged, SessionChanged, StateOrdered
from domain.fixed import Quantity
from domain.lifecycle import Status
from domain.scope import Scope, TradingState
from gateway.snapshot import digest, snapshot
from tests.builders import ALPHA, IBM, NORTH, Gate, order, quote, rule, shares, traded


def gate() -> Gate:
    made = Gate.opened(rules=[rule("message_rate", per="session", limit=50, window="1m")])
    name = made.working(order())
    made.does(traded(name, 30, name="X1", filled=30, leaves=70))
    return made


def test_a_snapshot_is_canonical_json() -> None:
    text = snapshot(gate().state)
    found = json.loads(text)
    assert (
        text
        == json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    assert found["book"]["nodes"]["account:A1"]["lines"]["IBM"]["position"] == 30 * 10**9


def test_equal_lives_have_equal_digests() -> None:
    assert digest(gate().state) == digest(gate().state)


def test_asking_about_an_account_changes_nothing() -> None:
    made = gate()
    before = digest(made.state)
    made.state.book.path(order().account, None)
    made.state.book.node(Scope("account:nobody"))
    made.state.unbind()
    assert digest(made.state) == before


CHANGES: list[Callable[[Gate], object]] = [
    lambda made: made.ask(order("2")),
    lambda made: made.ask(order("2", quantity=shares(0))),
    lambda made: made.cancel("1"),
    lambda made: made.cancel("nothing"),
    lambda made: made.does(MarketSeen(quotes=(quote(IBM, 1, made.at),))),
    lambda made: made.does(RouteChanged(route=NORTH, up=False)),
    lambda made: made.does(SessionChanged(session=ALPHA, up=False)),
    lambda made: made.does(
        StateOrdered(
            scope=Scope("firm:house"),
            state=TradingState.HALTED,
            cancel=False,
            by="x",
            reason="x",
        )
    ),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_every_event_changes_the_digest(number: int) -> None:
    made = gate()
    before = digest(made.state)
    CHANGES[number](made)
    assert digest(made.state) != before


def _working(made: Gate) -> object:
    return next(iter(made.state.book.working.values()))


PRYINGS: list[tuple[str, object]] = [
    ("status", Status.SUSPENDED),
    ("held", Quantity(1)),
    ("in_doubt", True),
    ("again", True),
    ("worth", 2**80),
    ("order", replace(order(), price=None)),
]


@pytest.mark.parametrize(("name", "value"), PRYINGS, ids=[name for name, _ in PRYINGS])
def test_every_figure_of_an_order_is_in_the_digest(name: str, value: object) -> None:
    made = gate()
    before = digest(made.state)
    setattr(_working(made), name, value)
    assert digest(made.state) != before
