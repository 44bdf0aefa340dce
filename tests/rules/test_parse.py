"""A policy is read whole or refused with every fault and its place."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.finding import Verdict
from domain.scope import Level
from rules.fault import PolicyFaults
from rules.parse import parse_policy
from rules.registry import KINDS

A_WORD = "letters, digits, `.`, `_` and `-`, at most 64, a letter or digit first"
A_DECIMAL = "a plain decimal (at most 15 digits before the point, 9 after)"

HEAD = "policy: test\nversion: 1\n"


def faults_of(text: str | bytes, **other: Any) -> list[str]:
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(PolicyFaults) as refusal:
        parse_policy(raw, file="p.yaml", **other)
    return [str(fault).removeprefix("p.yaml:") for fault in refusal.value.faults]


def test_a_policy_says_what_was_written_and_is_named_by_its_bytes() -> None:
    text = b"""\
policy: us-equities
version: 3
owner: compliance
defaults: {verdict: review}
rules:
  - id: size
    kind: max_order_quantity
    limit: 0.1
    scope: {desk: us-equities, asset_class: [equity, fund]}
    citation: mandate 7
  - {id: size.hard, kind: max_order_quantity, limit: "100000", verdict: deny}
"""
    policy = parse_policy(text, file="p.yaml")

    assert policy.digest == f"sha256:{sha256(text).hexdigest()}"
    assert (policy.name, policy.version, policy.owner) == ("us-equities", 3, "compliance")
    soft, hard = policy.rules
    assert (soft.id, soft.verdict, soft.citation) == ("size", Verdict.REVIEW, "mandate 7")
    assert soft.scope == {
        Level.DESK: frozenset({"us-equities"}),
        Level.ASSET_CLASS: frozenset({"equity", "fund"}),
    }
    assert soft.parameters.limit == 100_000_000
    assert hard.verdict is Verdict.DENY
    assert hard.parameters.limit == 100_000 * 10**9
    assert hard.citation == "; ".join(KINDS["max_order_quantity"].citations)


def test_every_fault_is_said_at_once_from_the_top_down() -> None:
    assert faults_of("""\
policy: no blanks
version: -1
ownr: compliance
defaults: {verdict: maybe, againstt: last}
rules:
  - id: a
    kind: max_order_quantiy
    limit: 5
  - id: a
    kind: max_order_quantity
    limit: -5
    limx: 2
  - {id: c, kind: price_collar, percent: 5, scope: {dsk: x, asset_class: [equiy], desk: 3}}
  - {id: d, kind: max_order_quantity, limit: 1e5, note: 5}
  - {id: e, kind: max_order_value, limit: 250000}
  - 3
  - limit: 2
""") == [
        f"1:9: `policy`: wanted {A_WORD}, found `no blanks`",
        "2:10: `version` must be at least 1, was -1",
        "3:1: `ownr` is not a key of a policy: did you mean `owner`?",
        "4:21: `verdict`: wanted `deny`, `review` or `warn`, found `maybe`",
        "4:28: `againstt` is not an optional parameter of any kind: did you mean `against`?",
        "7:11: no kind of rule is called `max_order_quantiy`: did you mean `max_order_quantity`?",
        "11:12: `limit` must be positive, was -5",
        "12:5: `limx` is not a key of kind `max_order_quantity`: did you mean `limit`?",
        "13:42: `percent`: `5` is more than the whole; if per cent is meant, write 5%",
        "13:53: `dsk` is not a key of a scope: did you mean `desk`?",
        "13:74: `asset_class`: `equiy` is not an asset class: did you mean `equity`?",
        "13:89: `desk`: wanted a name or a list of names; put it in quotes",
        f"14:46: `limit`: `1e5` is not {A_DECIMAL}",
        "14:57: `note`: wanted text, found `5`; put it in quotes",
        "15:43: `limit`: `250000` is not an amount with its currency, such as 250000 USD",
        "16:5: `rules`: wanted a mapping, one `key: value` a line, found `3`",
        "17:5: `id` is missing, which a rule must have",
        "17:5: `kind` is missing, which a rule must have",
    ]


def test_an_id_is_used_once_and_is_not_the_houses() -> None:
    assert faults_of(f"""\
{HEAD}rules:
  - {{id: a, kind: max_order_quantity, limit: 1}}
  - {{id: a, kind: max_order_quantity, limit: 2}}
  - {{id: house.a, kind: max_order_quantity, limit: 2}}
""") == [
        "5:10: `a` is already the id of the rule in line 4",
        "6:10: `house.a`: names beginning with `house.` are the house's own rules'",
    ]


def test_only_a_warning_is_silent() -> None:
    assert faults_of(f"""\
{HEAD}defaults: {{verdict: warn}}
rules:
  - {{id: a, kind: max_order_quantity, limit: 1, silent: true}}
  - {{id: b, kind: max_order_quantity, limit: 1, verdict: review, silent: true}}
  - {{id: c, kind: max_order_quantity, limit: 1, verdict: deny, silent: false}}
  - {{id: d, kind: max_order_quantity, limit: 1, silent: 1}}
""") == [
        "6:66: `silent`: what stops an order is told; only `verdict: warn` is silent",
        "8:57: `silent`: wanted true or false, found `1`",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"policy: \xff", "1:9: byte 0xff is not UTF-8, the one encoding read here"),
        ("é: 1\nb: \xff".encode("latin-1"), "1:1: byte 0xe9 is not UTF-8"),
        (b"a: 1\n\tb: 2", "2:1: not YAML: while scanning for the next token found character '\\t'"),
        (b"a: [1", "1:6: not YAML: while parsing a flow sequence expected ',' or ']'"),
        (b"a: 1\x07", "1:5: not YAML: character #x0007 may not stand here"),
        (b"a: &x 1", "1:4: anchor `&x`: there are no aliases here"),
        (b"b: *x", "1:4: alias `*x`: write the value out"),
        (b"a: !!int 1", "1:4: tag `tag:yaml.org,2002:int`: there are no tags here"),
        (b"a: 1\n---\nb: 2", "2:1: a second document: a file holds one"),
        (b"a: 1\nb: 2\na: 3", "3:1: `a` stands here twice, first in line 1"),
        (b"? [a]\n: 1", "1:3: a key must be a word"),
        (b"a:\n", "1:1: `a` has no value: write one, or leave it out"),
        (b"a: [1, ~]", "1:8: an item without a value: write one, or leave it out"),
        (b"- a", "1:1: a policy is a mapping: `policy`, `version`, `rules`"),
        (b"[" * 5000, "1:18: nested more than 16 deep"),
        (b"", "1:1: `policy` is missing, which a policy must have"),
    ],
)
def test_what_is_not_the_yaml_of_policies_is_refused_at_its_place(text: bytes, fault: str) -> None:
    assert faults_of(text)[0].startswith(fault)


def test_a_scope_without_its_value_does_not_become_a_scope_without_bounds() -> None:
    text = f"{HEAD}rules:\n  - {{id: a, kind: max_order_quantity, limit: 1, scope: {{desk: }}}}\n"
    assert faults_of(text) == ["4:57: `desk` has no value: write one, or leave it out"]


def test_words_that_older_yaml_reads_as_truths_or_dates_stay_words(parsed: Any) -> None:
    rule = parsed("scope: {instrument: [NO, on, 2024-01-31, 1_000, 12:30]}").rules[0]
    assert rule.scope[Level.INSTRUMENT] == {"NO", "on", "2024-01-31", "1_000", "12:30"}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    text = f"\ufeff{HEAD}rules:\n  - {{id: a, kind: max_order_quantity, limit: x}}\n"
    assert faults_of(text)[0].startswith("4:46: `limit`: `x` is not a plain decimal")


def test_defaults_fill_in_what_a_rule_leaves_out_and_only_that() -> None:
    policy = parse_policy(
        f"""\
{HEAD}defaults: {{against: last, aggressive_only: true}}
rules:
  - {{id: a, kind: price_collar, percent: 5%}}
  - {{id: b, kind: price_collar, percent: 5%, against: mid, aggressive_only: false}}
  - {{id: c, kind: max_order_quantity, limit: 1}}
""".encode(),
        file="p.yaml",
    )
    first, second, _ = (rule.parameters for rule in policy.rules)
    assert (first.against, first.aggressive_only) == ("last", True)
    assert (second.against, second.aggressive_only) == ("mid", False)


def test_a_required_one_has_no_default_and_a_wrong_default_is_said_once_where_it_stands() -> None:
    first, *others = faults_of(f"""\
{HEAD}defaults: {{min_sample: 5, against: lst}}
rules:
  - {{id: a, kind: price_collar, percent: 5%}}
  - {{id: b, kind: price_collar, percent: 5%}}
  - {{id: c, kind: order_to_trade, window: 1h, orders_per_trade: 4}}
""")
    assert first.startswith("3:12: `min_sample` is not an optional parameter of any kind")
    assert others == [
        "3:36: `against`: wanted `reference`, `last`, `mid` or `close`, found `lst`",
        "7:5: `min_sample` is missing, which kind `order_to_trade` must have",
    ]


def test_faults_of_an_expression_stand_where_the_words_do() -> None:
    assert faults_of(f"""\
{HEAD}rules:
  - id: a
    kind: condition
    when: |
      order.valx > 5000 and
         time.of_day >= 3
      or order.side == "short"
  - {{id: b, kind: condition, when: 'order.type == ''limx'' or order.quantity'}}
  - id: c
    kind: condition
    when: "order.type == \\"limit\\"
      and order.quantity = 3"
  - {{id: d, kind: condition, when: true}}
""") == [
        "7:7: `when`: nothing is called `order.valx`: did you mean `order.value`?",
        "8:22: `when`: `>=` has duration and number, which cannot be put together",
        "9:24: `when`: `order.side` is never `short`: did you mean `sell_short`?",
        "10:51: `when`: `order.type` is never `limx`: did you mean `limit`?",
        "10:63: `when`: `or`: wanted truth, found number",
        "14:26: `when`: `=`: write `==` to compare",
        "15:36: `when`: wanted an expression such as `order.value > 1000000`",
    ]


def test_names_the_reference_facts_do_not_know_are_faults_when_they_are_given(world: Any) -> None:
    text = f"""\
{HEAD}rules:
  - {{id: a, kind: restricted_list, list: restrictd}}
  - {{id: b, kind: max_order_value, limit: 5 EUR}}
  - {{id: c, kind: max_order_quantity, limit: 5, scope: {{account: [A1, A2], desk: us}}}}
"""
    parse_policy(text.encode(), file="p.yaml")
    assert faults_of(text, reference=world.facts) == [
        "4:42: `list`: no list is called `restrictd`: did you mean `restricted`?",
        "5:43: `limit`: `5 EUR` is not in the firm's base currency, USD",
        "6:71: the reference facts know no account `A2`: known are `A1`, `B1`",
        "6:82: the reference facts know no desk `us`: known are `us-equities`",
    ]


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_policy_or_faults(text: bytes) -> None:
    with pytest.raises(PolicyFaults) as refusal:
        parse_policy(text, file="p.yaml")
    assert refusal.value.faults


_SCALARS = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.decimals(allow_nan=False).map(str),
    st.booleans(),
    st.sampled_from(["5%", "10 USD", "2s", "deny", "~", "*a", "order.value > 1", *KINDS]),
)
_KEYS = st.sampled_from(["id", "kind", "limit", "scope", "verdict", "when", "desk", "list", "per"])
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=20,
)


@example({"policy": {"id": "\r", "kind": "\x1f"}})
@given(st.dictionaries(st.sampled_from(["policy", "version", "defaults", "rules"]), _ANYTHING))
def test_any_tree_is_a_policy_or_faults_that_lie_in_the_text(tree: dict[str, Any]) -> None:
    text = _flow(tree)
    try:
        parse_policy(text.encode(), file="p.yaml")
    except PolicyFaults as refusal:
        lines = re.split(r"\r\n?|\n", text)  # YAML's line breaks
        for fault in refusal.faults:
            assert 1 <= fault.line <= len(lines)
            assert 1 <= fault.column <= len(lines[fault.line - 1]) + 1


def _flow(tree: Any) -> str:
    match tree:
        case dict():
            return "{" + ", ".join(f"{key}: {_flow(held)}" for key, held in tree.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, tree)) + "]"
        case bool():
            return str(tree).lower()
        case _:
            return str(tree)


@pytest.fixture
def parsed() -> Callable[[str], Any]:
    def parsed(line: str) -> Any:
        text = f"{HEAD}rules:\n  - id: a\n    kind: max_order_quantity\n    limit: 1\n    {line}\n"
        return parse_policy(text.encode(), file="p.yaml")

    return parsed
