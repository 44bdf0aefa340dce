"""The packs in `policies/` can be used as they are, and the editors' schema agrees with them.

Each has trials beside it that pass, and that try every one of its rules: some case is let through,
some is not, and where the rule has a number some case stands exactly at it.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from domain.ids import Micros
from gateway.cli import beside
from rules.controls.coverage import coverage
from rules.fault import PolicyFaults
from rules.parse import parse_policy
from rules.registry import KINDS
from rules.schema import policy_schema
from rules.term import read_moment

POLICIES = Path(__file__).parents[2] / "policies"
PACKS = [path for path in sorted(POLICIES.glob("*.yaml")) if not path.name.endswith(beside.ENDING)]
AT: Micros = read_moment("2026-07-01")
"""An instant at which every rule that begins with a law's day has begun."""

# What the schema refuses, the parser must refuse too.
WRONG = {
    "an unknown key": "foo: 1",
    "no rules": "rules: []",
    "a version of nought": "version: 0",
    "an unknown kind": "rules: [{id: a, kind: nonsense}]",
    "an unknown parameter": "rules: [{id: a, kind: max_order_quantity, limit: 1, foo: 2}]",
    "a missing limit": "rules: [{id: a, kind: max_order_quantity}]",
    "a negative limit": "rules: [{id: a, kind: max_order_quantity, limit: -1}]",
    "an amount without currency": "rules: [{id: a, kind: max_order_value, limit: 5}]",
    "a fraction above one": "rules: [{id: a, kind: price_collar, percent: 5}]",
    "an unknown verdict": "rules: [{id: a, kind: max_order_quantity, limit: 1, verdict: stop}]",
    "an unknown level": "rules: [{id: a, kind: max_order_quantity, limit: 1, scope: {dsk: a}}]",
    "a scope without names": "rules: [{id: a, kind: session_hours, scope: {desk: []}}]",
    "an unknown class": "rules: [{id: a, kind: session_hours, scope: {asset_class: x}}]",
    "a limit as a default": "defaults: {window: 5s}",
    "a truth for a name": "rules: [{id: true, kind: max_order_quantity, limit: 1}]",
}
RIGHT = "policy: a\nversion: 1\nrules: [{id: a, kind: max_order_quantity, limit: 1}]\n"


@pytest.fixture(scope="module")
def schema() -> Any:
    return jsonschema_rs.validator_for(policy_schema())


def plain(text: str) -> Any:
    # Text that looks like a day is one to this reader, and text to a policy.
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_a_pack_has_no_fault_for_the_parser_or_for_editors(pack: Path, schema: Any) -> None:
    policy = parse_policy(pack.read_bytes(), file=pack.name)
    assert policy.name == pack.stem
    assert list(schema.iter_errors(plain(pack.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_every_rule_of_a_pack_says_who_asks_for_it_or_why_it_is_there(pack: Path) -> None:
    rules = plain(pack.read_text(encoding="utf-8"))["rules"]
    assert [
        rule["id"]
        for rule in rules
        if not (rule.get("citation") or rule.get("note") or KINDS[rule["kind"]].citations)
    ] == []


@pytest.fixture(scope="module")
def tested() -> dict[str, beside.Tested]:
    """Put every pack to the trials beside it."""
    return {
        path.stem: beside.Tested.of(
            parse_policy(path.read_bytes(), file=path.name),
            path.name,
            beside.read_trial_files(beside.trials_beside(path)),
        )
        for path in PACKS
    }


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_the_trials_beside_a_pack_find_what_they_want(
    pack: Path, tested: dict[str, beside.Tested]
) -> None:
    cases = tuple(tested[pack.stem].cases())
    assert cases
    said = [(trial.name, taken.line, each) for trial, taken in cases for each in taken.differences]
    assert said == []


@pytest.mark.parametrize("pack", PACKS, ids=lambda path: path.stem)
def test_every_rule_of_a_pack_is_tried_under_at_and_over_its_limit(
    pack: Path, tested: dict[str, beside.Tested]
) -> None:
    tried = tested[pack.stem].edges.tried
    assert {rule: one.gaps for rule, one in tried.items() if one.gaps} == {}


def test_the_packs_show_every_kind() -> None:
    policies = [parse_policy(path.read_bytes(), file=path.name) for path in PACKS]
    assert {rule.kind for policy in policies for rule in policy.rules} == set(KINDS)


@pytest.mark.parametrize(
    ("pack", "law"), [("us-broker-dealer", "SEC 15c3-5"), ("eu-algorithmic-firm", "RTS 6")]
)
def test_a_pack_leaves_nothing_open_of_the_law_it_is_for(pack: str, law: str) -> None:
    path = POLICIES / f"{pack}.yaml"
    found = coverage(parse_policy(path.read_bytes(), file=path.name), AT)
    asked = [one.asked.name for one in found.paragraphs if one.asked.name.startswith(law)]
    assert asked
    assert [one.asked.name for one in found.open_paragraphs if one.asked.name in asked] == []


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_the_schema_refuses_the_parser_refuses_too(wrong: str, schema: Any) -> None:
    key = wrong.partition(":")[0]
    text = "".join(line for line in RIGHT.splitlines(keepends=True) if not line.startswith(key))
    text += wrong + "\n"
    assert not schema.is_valid(plain(text))
    with pytest.raises(PolicyFaults):
        parse_policy(text.encode(), file="p.yaml")


def test_the_first_policy_of_the_readme_is_one() -> None:
    readme = (POLICIES / "README.md").read_text(encoding="utf-8")
    text = readme.partition("```yaml\n")[2].partition("```")[0]
    assert parse_policy(text.encode(), file="README.md").name == "my-desk"
