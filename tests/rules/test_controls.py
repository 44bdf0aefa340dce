"""The lists of controls and paragraphs hold together with the kinds there are."""

import re
from pathlib import Path

import pytest

from domain.ids import Micros, RuleId
from rules.controls.coverage import ANY_QUESTION, SECTIONS, Fired, Served, coverage
from rules.controls.paragraphs import PARAGRAPHS
from rules.house import HOUSE
from rules.parse import parse_policy
from rules.registry import KINDS
from rules.term import read_moment

CONTROLS = {control.id: control for _, section in SECTIONS for control in section}
ROWS = [
    *(f"A{number}" for number in range(1, 13)),
    *(f"B{number}" for number in range(1, 9)),
    *(f"C{number}" for number in range(1, 12)),
    *(f"D{number}" for number in range(1, 9)),
    *(f"S{number}" for number in range(1, 21)),
]
NAMES = {paragraph.name for paragraph in PARAGRAPHS}


def test_every_row_has_its_control_and_no_two_are_one() -> None:
    assert [control.id for _, section in SECTIONS for control in section] == ROWS


def test_the_rows_are_those_of_the_reference() -> None:
    reference = Path(__file__).parents[3] / "shared" / "reference"
    if not reference.is_dir():
        pytest.skip("the reference of controls is not beside the repository")
    text = "".join(
        (reference / name).read_text(encoding="utf-8") for name in ("controls.md", "suitability.md")
    )
    rows = re.findall(r"^\|([A-DS]\d+)\|", text, re.MULTILINE)
    assert sorted(rows) == sorted(ROWS)


def test_every_kind_serves_a_control_and_every_kind_named_exists() -> None:
    named = {kind for control in CONTROLS.values() for kind in control.kinds}
    assert sorted(named - KINDS.keys()) == [], "named by a control, and no kind"
    assert sorted(KINDS.keys() - named - ANY_QUESTION) == [], "kinds of no control"


def test_every_control_has_a_kind_a_part_of_the_gate_or_somebody_else() -> None:
    bare = [one.id for one in CONTROLS.values() if not (one.kinds or one.gate or one.other)]
    assert bare == []


def test_what_is_anothers_has_no_kind_and_no_part_of_the_gate() -> None:
    mixed = [one.id for one in CONTROLS.values() if one.other and (one.kinds or one.gate)]
    assert mixed == []
    assert [one.name for one in PARAGRAPHS if one.other and one.gate] == []


def test_no_paragraph_stands_twice() -> None:
    assert len(NAMES) == len(PARAGRAPHS)


def test_every_paragraph_a_kind_or_a_control_cites_is_listed() -> None:
    """Whoever cites RTS 6 articles 12 to 18 or 15c3-5 names a paragraph by its name here."""
    cited = {
        *(one for kind in KINDS.values() for one in kind.citations),
        *(one for control in CONTROLS.values() for one in control.articles),
    }
    lists = re.compile(r"RTS 6 art 1[2-8]\b|SEC 15c3-5", re.IGNORECASE)
    assert sorted(one for one in cited if lists.match(one) and one not in NAMES) == []


def test_every_paragraph_only_rules_can_serve_is_cited_by_a_kind() -> None:
    cited = "; ".join(one for kind in KINDS.values() for one in kind.citations)
    alone = [one for one in PARAGRAPHS if one.gate is None and one.other is None]
    assert [one.name for one in alone if not one.is_named_by(cited)] == []


def test_the_houses_rules_are_part_of_a_control() -> None:
    told = " ".join(control.gate or "" for control in CONTROLS.values())
    assert [rule.id for _, rule in HOUSE if rule.id not in told] == []


POLICY = b"""
policy: p
version: 1
rules:
  - {id: size, kind: max_order_quantity, limit: 1, effective_until: 2026-06-04}
  - {id: value, kind: max_order_value, limit: 1 USD, citation: ours}
  - {id: mine, kind: condition, when: order.quantity > 5, citation: "RTS 6 Art 15(4); FINRA 5210"}
  - {id: vague, kind: max_position, per: account, long: 1, citation: RTS 6 Art 15(1)}
"""


def test_a_rule_serves_what_it_cites_on_the_days_it_is_in_force() -> None:
    policy = parse_policy(POLICY, file="p.yaml")
    early, late = (coverage(policy, read_moment(day)) for day in ("2026-06-03", "2026-06-04"))
    served = [
        {one.asked.name: one.served for one in each.paragraphs if not one.asked.gate}
        for each in (early, late)
    ]
    assert served[0]["RTS 6 Art 15(1)(c)"] is Served.RULES
    assert served[1]["RTS 6 Art 15(1)(c)"] is Served.NOTHING
    assert served[1]["RTS 6 Art 15(4)"] is Served.RULES, "a condition serves what it cites"
    assert served[1]["RTS 6 Art 15(1)(b)"] is Served.NOTHING, "who cites another serves another"
    assert served[1]["RTS 6 Art 15(1)(a)"] is Served.NOTHING, "a whole article names no part"
    assert served[1]["RTS 6 Art 18(4)"] is Served.OTHER
    assert len(late.open_paragraphs) == len(early.open_paragraphs) + 2


def test_a_control_is_served_by_its_kinds_the_gate_or_nothing() -> None:
    policy = parse_policy(POLICY, file="p.yaml")
    fired = {RuleId("value"): Fired(3, Micros(7), 9)}
    found = coverage(policy, read_moment("2026-06-04"), fired=fired)
    by = {one.asked.id: one for _, section in found.sections for one in section}
    assert by["A1"].served is Served.NOTHING, "its one rule is no longer in force"
    assert [one.rule.id for one in by["A1"].rules] == ["size"]
    assert by["A2"].served is Served.RULES
    assert by["D1"].served is Served.GATE
    assert by["S11"].served is Served.OTHER
    counts = {one.rule.id: one.fired.count for one in found.rules if one.fired}
    assert counts == {"size": 0, "value": 3, "mine": 0, "vague": 0}
