"""A limit is tried where it matters, or it is said that it is not."""

from pathlib import Path

import pytest

from domain.ids import RuleId
from rules.edges import Edges, Tried
from rules.parse import parse_policy
from rules.registry import KINDS
from rules.trial import read_trials, steps

CASES = Path(__file__).parent / "cases"

POLICY = """
policy: p
version: 1
rules:
  - {id: size, kind: max_order_quantity, limit: 1000}
  - {id: value, kind: max_order_value, limit: 5000 USD}
  - {id: names, kind: restricted_list, list: restricted}
  - {id: none, kind: max_position, per: account, short: 0}
  - {id: elsewhere, kind: max_order_quantity, limit: 1, scope: {desk: futures}}
  - {id: over, kind: max_order_quantity, limit: 1, effective_until: 2020-01-01}
"""


GIVEN = "{lists: {restricted: [BAD]}, quotes: {ACME: {last: 1}}}"


def tried(*orders: str, given: str = GIVEN) -> dict[str, Tried]:
    policy = parse_policy(POLICY.encode(), file="p.yaml")
    text = f"given: {given}\ntrials:\n  - name: t\n    ladder:\n"
    text += "".join(f"      - {{it: o, order: {one}, wanted: allow}}\n" for one in orders)
    edges = Edges(policy)
    for trial in read_trials(text.encode(), file="t.yaml"):
        for _ in steps(trial, policy, watch=edges):
            pass
    return {str(rule): one for rule, one in edges.tried.items()}


@pytest.mark.parametrize(
    ("quantities", "gaps"),
    [
        ((999,), ("at", "over")),
        ((1000,), ("over",)),
        ((1001,), ("under", "at")),
        ((999, 1001), ("at",)),
        ((999, 1000, 1001), ()),
    ],
)
def test_a_limit_is_tried_at_its_edge_by_a_case_that_stands_there(
    quantities: tuple[int, ...], gaps: tuple[str, ...]
) -> None:
    """Being at the edge passes, so it is under the limit as well."""
    found = tried(*(f"{{quantity: {one}, price: 1}}" for one in quantities))
    assert found["size"].gaps == gaps


def test_nothing_is_tried_by_no_case() -> None:
    policy = parse_policy(POLICY.encode(), file="p.yaml")
    assert Edges(policy).tried[RuleId("size")].gaps == ("under", "at", "over")


def test_the_smallest_step_is_a_nano_of_the_currency_too() -> None:
    found = tried("{quantity: 100, price: 50}", "{quantity: 100, price: 49.999999999}")["value"]
    assert (found.at, found.under, found.over) == ({"limit": 1}, 1, 0)


def test_what_cannot_be_asked_tries_nothing() -> None:
    """A market order without a quote is refused, and says nothing about the limit."""
    assert tried("{quantity: 100}", given="{}")["value"].cases == 0
    assert tried("{price: 1}", given="{}")["names"].cases == 0, "there is no such list"


def test_a_rule_without_numbers_has_no_edge() -> None:
    """A list is tried by a name on it and one that is not."""
    given = "{lists: {restricted: [BAD]}, instruments: {ACME: {}, BAD: {}}}"
    found = tried("{price: 1}", "{price: 1, instrument: BAD}", given=given)["names"]
    assert (found.numbers, found.gaps) == (frozenset(), ())


def test_a_limit_of_nought_has_none_either() -> None:
    assert tried("{price: 1}", "{price: 1, side: sell}")["none"].gaps == ()


def test_rules_of_elsewhere_and_of_other_days_are_not_tried() -> None:
    found = tried("{quantity: 1, price: 1}")
    assert (found["elsewhere"].cases, found["over"].cases) == (0, 0)


def test_a_trial_with_rules_of_its_own_tries_no_others() -> None:
    policy = parse_policy(POLICY.encode(), file="p.yaml")
    text = (
        b"trials:\n  - name: t\n    rules: [{id: size, kind: max_order_quantity, limit: 1}]\n"
        b"    ladder: [{it: o, order: {quantity: 1, price: 1}, wanted: allow}]\n"
    )
    edges = Edges(policy)
    (trial,) = read_trials(text, file="t.yaml")
    assert [one.differences for one in steps(trial, policy, watch=edges)] == [()]
    assert edges.tried[RuleId("size")].cases == 0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kinds_own_cases_try_it_under_at_and_over(kind: str) -> None:
    """The cases of a kind, whatever the rules they bring, leave no gap between them."""
    gaps = {"under", "at", "over"}
    files = [CASES / f"{kind}.yaml", *sorted((CASES / kind).glob("*.yaml"))]
    for file in filter(Path.is_file, files):
        for trial in read_trials(file.read_bytes(), file=file.name):
            assert trial.policy is not None
            edges = Edges(trial.policy)
            for _ in steps(trial, watch=edges):
                pass
            for rule in trial.policy.rules:
                if rule.kind == kind:
                    gaps &= set(edges.tried[rule.id].gaps)
                    gaps -= set() if edges.tried[rule.id].numbers else {"at"}
    assert gaps == set()
