"""The packs in `policies/` can be used as they are, and the editors' schema agrees with them."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from rules.fault import PolicyFaults
from rules.parse import parse_policy
from rules.registry import KINDS
from rules.schema import policy_schema

POLICIES = Path(__file__).parents[2] / "policies"
PACKS = sorted(POLICIES.glob("*.yaml"))

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
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text)))


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


def test_the_equities_pack_shows_every_kind() -> None:
    policy = parse_policy((POLICIES / "us-equities.yaml").read_bytes(), file="us-equities.yaml")
    assert {rule.kind for rule in policy.rules} == set(KINDS)


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
