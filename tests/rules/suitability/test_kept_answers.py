"""An answer that is kept is the one that would be given afresh."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.finding import Verdict
from domain.ids import Micros, RuleId
from rules.case import Case
from rules.given import GivenText, OrderText
from rules.kind import Rule
from rules.registry import KINDS
from rules.suitability.protection import Protection
from rules.world import World
from tests.rules.kinds.clients import CLIENTS, PRODUCTS, PROTECTIONS

KEPT = sorted(
    name
    for name, kind in KINDS.items()
    if isinstance(kind, Protection) and type(kind).lasts is not Protection.lasts
)
GIVEN = {
    "instruments": {"HOME": {}, "AWAY": {}},
    "accounts": {"A": {"client": "known"}},
    "quotes": {"HOME": {"last": "1"}},
}


def made(name: str, parameters: Mapping[str, Any]) -> Rule[Any]:
    return Rule(
        id=RuleId(name),
        kind=name,
        verdict=Verdict.DENY,
        scope={},
        citation=None,
        parameters=KINDS[name].parameters.model_validate(parameters),
    )


ORDERS = st.fixed_dictionaries({}, optional={"solicited": st.booleans()})


def test_some_kinds_keep_their_answers() -> None:
    assert "risk_tolerance" in KEPT
    assert "turnover" not in KEPT


@pytest.mark.parametrize("name", KEPT)
@given(data=st.data())
def test_a_check_that_was_asked_before_answers_like_a_new_one(name: str, data: Any) -> None:
    told = data.draw(st.fixed_dictionaries({"known": CLIENTS}), label="clients")
    products = data.draw(st.fixed_dictionaries({}, optional={"HOME": PRODUCTS}), label="products")
    parameters: Mapping[str, Any] = data.draw(PROTECTIONS[name], label="parameters")
    if parameters.get("list") is not None:
        parameters = {**parameters, "list": "some"}
    world = World(
        GivenText.model_validate(
            {**GIVEN, "lists": {"some": ("HOME",)}, "clients": told, "products": products}
        ),
        {},
    )
    rule = made(name, parameters)
    asked = []
    for number in range(3):
        terms = data.draw(ORDERS, label="order")
        order = world.order(OrderText.model_validate(terms), f"S{number}")
        place = world.place(order)
        at = Micros(world.at + data.draw(st.integers(0, 10), label="later"))
        asked.append(Case(at=at, order=order, place=place, quote=world.quote(order.instrument)))
    old = KINDS[name].bind(rule, asked[0].place)
    assert old is not None
    for case in asked:
        new = KINDS[name].bind(rule, case.place)
        assert new is not None
        assert old.passes(case) == new.passes(case)
        assert list(old.findings(case)) == list(new.findings(case))


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("appropriateness", {"test_age": "1us"}, "knowledge_is_insufficient"),
        ("approved_products", {"list": "some"}, "product_is_not_approved"),
    ],
)
def test_what_time_can_take_back_is_not_kept(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    told = {
        "clients": {"known": {"experience": {"fund": {"tested": "2026-03-02T15:00:00Z"}}}},
        "products": {"HOME": {}},
        "entries": {"some": ({"instrument": "HOME", "until": "2026-03-02T15:00:00.000002Z"},)},
    }
    world = World(GivenText.model_validate(GIVEN | told), {})
    order = world.order(OrderText(), "S")
    place, quote = world.place(order), world.quote(order.instrument)
    check = KINDS[name].bind(made(name, parameters), place)
    assert check is not None
    found = [
        [one.reason for one in check.findings(Case(at=at, order=order, place=place, quote=quote))]
        for at in (world.at, Micros(world.at + 2))
    ]
    assert found == [["client_test_is_passed"], [reason]]
