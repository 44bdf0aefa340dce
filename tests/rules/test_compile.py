"""The rules that apply to a place are bound there, and no others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.money import Currency
from rules.parse import parse_policy
from rules.policy import Policy


@pytest.fixture
def sizes() -> Callable[..., Policy]:
    """A policy of one rule a scope, each of which every order breaks."""

    def sizes(*scopes: str) -> Policy:
        rules = "".join(
            f"  - {{id: r{place}, kind: max_order_quantity, limit: 1, scope: {scope}}}\n"
            for place, scope in enumerate(scopes)
        )
        return parse_policy(f"policy: p\nversion: 1\nrules:\n{rules}".encode(), file="p.yaml")

    return sizes


@pytest.mark.parametrize(
    ("scope", "applies"),
    [
        ("{}", True),
        ("{firm: acme}", True),
        ("{desk: us-equities}", True),
        ("{trader: ann}", True),
        ("{trader: bob}", False),
        ("{account: [B1, A1]}", True),
        ("{account: B1}", False),
        ("{strategy: twap}", True),
        ("{strategy: vwap}", False),
        ("{session: DESK1}", True),
        ("{asset_class: [fund, equity]}", True),
        ("{asset_class: future}", False),
        ("{venue: XNAS}", True),
        ("{instrument: AAPL.XNAS}", True),
        ("{instrument: A1}", False),
        ("{trader: ann, venue: XNAS}", True),
        ("{trader: ann, venue: XNYS}", False),
    ],
)
def test_a_rule_applies_where_every_level_of_its_scope_matches(
    world: Any, sizes: Callable[..., Policy], scope: str, applies: bool
) -> None:
    place = world.place(strategy="twap")
    found = sizes(scope).bind(place).judge(world.case(place))
    assert [finding.rule for finding in found] == (["r0"] if applies else [])


def test_an_order_without_a_strategy_meets_no_rule_of_a_strategy(
    world: Any, sizes: Callable[..., Policy]
) -> None:
    place = world.place(strategy=None)
    assert sizes("{strategy: twap}").bind(place).judge(world.case(place)) == ()


def test_all_that_apply_answer_in_the_policys_order(
    world: Any, sizes: Callable[..., Policy]
) -> None:
    place = world.place()
    found = sizes("{venue: XNAS}", "{venue: XNYS}", "{desk: us-equities}", "{}").bind(place)
    assert [finding.rule for finding in found.judge(world.case(place))] == ["r0", "r2", "r3"]


def test_a_rule_the_facts_no_longer_fit_says_no_to_everything(
    new_world: Callable[..., Any],
) -> None:
    world = new_world()
    policy = parse_policy(
        b"policy: p\nversion: 1\nrules:\n"
        b"  - {id: a, kind: restricted_list, list: restricted}\n"
        b"  - {id: b, kind: max_order_value, limit: 1000000 USD}\n",
        file="p.yaml",
        reference=world.facts,
    )
    assert policy.bind(world.place()).judge(world.case(world.place())) == ()

    changed = new_world(facts=replace(world.facts, base=Currency("EUR"), lists={}))
    place = changed.place()
    found = policy.bind(place).judge(changed.case(place))
    assert found == policy.bind(place).explain(changed.case(place))
    assert [(finding.rule, finding.reason) for finding in found] == [
        ("a", "rule_does_not_fit_reference_facts"),
        ("b", "rule_does_not_fit_reference_facts"),
    ]
    assert [finding.text for finding in found] == [
        "`list`: no list is called `restricted`: none is known",
        "`limit`: `1000000 USD` is not in the firm's base currency, EUR",
    ]


def test_every_memory_a_policy_needs_is_made_once_for_each_shape() -> None:
    policy = parse_policy(
        b"policy: p\nversion: 1\nrules:\n"
        b"  - {id: a, kind: duplicate_order, window: 1s}\n"
        b"  - {id: b, kind: duplicate_order, window: 1s, verdict: warn}\n"
        b"  - {id: c, kind: duplicate_order, window: 2s}\n"
        b"  - {id: d, kind: max_order_quantity, limit: 2}\n",
        file="p.yaml",
    )
    first, second = policy.memories(), policy.memories()
    assert len(first) == 2
    assert first.keys() == second.keys()
    assert all(first[key] is not second[key] for key in first)
