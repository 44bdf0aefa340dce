"""Quotes, ticks, scopes, money, findings and names: the small nouns."""

import pytest

from domain.events import Event, Started
from domain.finding import Decision, Finding, Verdict, decided
from domain.fixed import NANO, Amount, Price, Quantity
from domain.ids import Micros, RuleId, exec_id, order_id, record_of
from domain.instrument import TickBand
from domain.market import Quote
from domain.money import Currency, Money, value_of
from domain.order import OrdType, Side
from domain.scope import Level, level_of, name_of, parse_scope, scope
from tests.builders import IBM, USD, instrument


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ({"last": Price(7), "bid": Price(1), "ask": Price(3), "close": Price(9)}, 7),
        ({"bid": Price(1), "ask": Price(4), "close": Price(9)}, 2),
        ({"bid": Price(1), "close": Price(9)}, 9),
        ({"ask": Price(1)}, None),
        ({"last": Price(0), "close": Price(9)}, 0),
    ],
)
def test_the_reference_price_is_last_else_mid_else_close(
    known: dict[str, Price], wanted: int | None
) -> None:
    assert Quote(instrument=IBM, at=Micros(0), **known).reference == wanted


def test_a_tick_depends_on_the_size_of_the_price() -> None:
    bands = tuple(
        TickBand(Price(since * NANO), Price(tick)) for since, tick in ((0, 1), (1, 10), (100, 500))
    )
    listing = instrument(IBM, "XNYS", USD, ticks=bands)
    prices = [0, NANO - 1, NANO, 99 * NANO, 100 * NANO, -100 * NANO]
    assert [listing.tick_at(Price(price)) for price in prices] == [1, 1, 10, 10, 500, 500]


def test_a_scope_is_a_level_and_a_name() -> None:
    place = scope(Level.DESK, "us:equities")
    assert (place, level_of(place), name_of(place)) == (
        "desk:us:equities",
        Level.DESK,
        "us:equities",
    )
    assert parse_scope(place) == place


@pytest.mark.parametrize("text", ["", "desk", "desk:", ":x", "office:x", "Desk:x"])
def test_what_is_no_scope_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a scope: wanted `level:name`"):
        parse_scope(text)


def test_money_adds_within_a_currency_only() -> None:
    one = Money(Amount(1_500_000_000), USD)
    assert str(one + one) == "3 USD"
    with pytest.raises(AssertionError, match="cannot add EUR to USD"):
        one + Money(Amount(1), Currency("EUR"))


def test_a_value_is_price_times_quantity_times_multiplier() -> None:
    contract = value_of(Price(4_500 * NANO), Quantity(-2 * NANO), Quantity(50 * NANO))
    assert contract == -450_000 * NANO
    assert value_of(Price(1), Quantity(1), Quantity(NANO)) == 1
    assert value_of(Price(1), Quantity(-1), Quantity(NANO)) == -1


def finding(verdict: Verdict, name: str) -> Finding:
    return Finding(rule=RuleId(name), kind="x", verdict=verdict, reason="x", text="x")


def test_the_verdict_is_the_gravest_finding_whatever_their_order() -> None:
    warn, deny = finding(Verdict.WARN, "a"), finding(Verdict.DENY, "b")
    review, other = finding(Verdict.REVIEW, "c"), finding(Verdict.DENY, "d")
    for told in ((warn, deny, review, other), (deny, review, other, warn)):
        decision = decided(told, None)
        assert decision.verdict is Verdict.DENY
        assert decision.gravest == deny
        assert not decision.passes


@pytest.mark.parametrize(
    ("verdict", "passes"),
    [(Verdict.ALLOW, True), (Verdict.WARN, True), (Verdict.REVIEW, False), (Verdict.DENY, False)],
)
def test_only_what_is_allowed_or_warned_about_leaves(verdict: Verdict, passes: bool) -> None:
    assert Decision(verdict=verdict, findings=(), policy=None).passes is passes


def test_no_finding_is_a_silent_yes() -> None:
    assert decided((), None).verdict is Verdict.ALLOW
    assert decided((), None).gravest is None


def test_names_are_places_in_the_journal() -> None:
    assert [order_id(7), order_id(7, 2), exec_id(7), exec_id(7, 1)] == ["G7", "G7-2", "E7", "E7-1"]
    event = Event(7, Micros(0), Started(version="0", host="x"), "KWXDQ")
    assert [event.order_id(), event.exec_id(1)] == ["GKWXDQ7", "EKWXDQ7-1"]
    names = ["G7", "GKWXDQ7-2", "EKWXDQ7", "NONE", "G", "g7", "GKWXDQ-7"]
    assert [record_of(name) for name in names] == [7, 7, 7, None, None, None, None]


def test_sides_and_types_know_what_they_need() -> None:
    assert [side for side in Side if side.is_buy] == [Side.BUY]
    assert [side for side in Side if side.is_short] == [Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT]
    assert [kind for kind in OrdType if kind.has_price] == [OrdType.LIMIT, OrdType.STOP_LIMIT]
    assert [kind for kind in OrdType if kind.has_stop] == [OrdType.STOP, OrdType.STOP_LIMIT]


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Started(version="0", host="x").host = "y"  # type: ignore[misc]
