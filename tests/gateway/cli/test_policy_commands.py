"""`ordergate policy`: cases beside a policy, explanations, coverage, and the reference of kinds."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from domain.events import OrderAsked, ReplaceAsked
from domain.ids import ClOrdId
from domain.lifecycle import ExecType
from rules.registry import KINDS
from tests.builders import executed, order, shares
from tests.gateway.cli.conftest import write_journal
from tests.gateway.cli.test_check_and_decide import FACTS, ORDER

Ran = Callable[..., Result]

ROOT = Path(__file__).parents[3]

DESK = """\
policy: desk
version: 3
owner: compliance
rules:
  - id: size
    kind: max_order_quantity
    limit: 1000
  - {id: names, kind: restricted_list, list: restricted}
  - {id: tighter, kind: max_order_quantity, limit: 800, effective_from: 2026-06-04}
  - {id: futures, kind: max_order_quantity, limit: 1, scope: {asset_class: future}}
"""
TRIALS = """\
given:
  lists: {restricted: [BAD]}
  instruments: {ACME: {}, BAD: {}, ESZ3: {asset_class: future}}
trials:
  - name: size
    ladder:
      - {it: is under the limit, order: {quantity: 999, price: 10}, wanted: allow}
      - {it: is at it, order: {quantity: 1000, price: 10}, wanted: allow}
      - it: is over it
        order: {quantity: 1001, price: 10}
        wanted: {reason: order_quantity_exceeds_limit, limit: 1000}
  - name: names
    story:
      - {it: are free, order: {price: 10}, wanted: allow}
      - it: or not
        order: {price: 10, instrument: BAD}
        wanted: {rule: names, reason: instrument_is_restricted}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A policy with its trials beside it."""
    (tmp_path / "desk.trials.yaml").write_text(TRIALS)
    (tmp_path / "facts.yaml").write_text(FACTS + "lists: {restricted: []}\n")
    policy = tmp_path / "desk.yaml"
    policy.write_text(DESK)
    return policy


# -------------------------------------------------------------------------------------- test


def test_the_cases_beside_a_policy_pass_and_untried_limits_are_told(desk: Path, run: Ran) -> None:
    result = run("policy", "test", desk)
    assert result.exit_code == 0, result.stdout
    assert "5 of 5 cases find what they want" in result.stdout
    assert f"{desk}:9: no case tries `tighter` under, at, over\n" in result.stdout
    assert "2 of 4 rules are tried under, at and over" in result.stdout
    assert run("policy", "test", desk, "--strict").exit_code == 1

    told = json.loads(run("policy", "test", desk, "--json").stdout)["policies"][0]
    assert {one["rule"]: one["untried"] for one in told["rules"]} == {
        "size": [],
        "names": [],
        "tighter": ["under", "at", "over"],
        "futures": ["under", "at", "over"],
    }
    assert [one["line"] for one in told["cases"]] == [7, 8, 9, 14, 15]


def test_a_case_that_fails_is_told_with_its_place(desk: Path, run: Ran) -> None:
    desk.write_text(DESK.replace("limit: 1000", "limit: 1001"))
    result = run("policy", "test", desk, "-q")
    assert result.exit_code == 1
    place = f"{desk.with_suffix('.trials.yaml')}:9"
    said = f"{place}: wanted order_quantity_exceeds_limit, found allow"
    assert f"fails   size: is over it\n        {said}\n" in result.stdout
    assert "4 of 5 cases" in result.stdout
    assert "is under the limit" not in result.stdout

    told = json.loads(run("policy", "test", desk, "--json").stdout)
    assert told["passed"] is False
    assert [one["it"] for one in told["policies"][0]["cases"] if not one["passed"]] == [
        "is over it"
    ]


def test_trials_may_stand_in_a_folder_or_be_named(desk: Path, run: Ran) -> None:
    folder = desk.with_suffix(".trials")
    folder.mkdir()
    beside = desk.with_suffix(".trials.yaml").rename(folder / "one.yaml")
    assert "5 of 5 cases" in run("policy", "test", desk).stdout
    elsewhere = beside.rename(desk.parent / "two.yaml")
    assert "5 of 5 cases" in run("policy", "test", desk, "--trials", elsewhere).stdout


def test_a_policy_without_cases_does_not_pass(desk: Path, run: Ran) -> None:
    desk.with_suffix(".trials.yaml").unlink()
    result = run("policy", "test", desk)
    assert result.exit_code == 1
    assert "no cases: wanted them in" in result.stdout


def test_faults_of_a_policy_and_of_its_cases_are_told_together(desk: Path, run: Ran) -> None:
    other = desk.with_name("other.yaml")
    other.write_text("policy: other\nversion: 0\nrules: [{id: a, kind: quote_age, max_age: 1s}]\n")
    desk.with_suffix(".trials.yaml").write_text("trials: []\n")
    result = run("policy", "test", desk, other)
    assert result.exit_code == 1
    assert "desk.trials.yaml:1:1: wanted at least one trial" in result.stderr
    assert "other.yaml:2:10: `version` must be at least 1, was 0" in result.stderr


def test_the_readmes_first_ten_minutes_go_as_it_says(
    tmp_path: Path, run: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The starter pack passes; the change the README makes fails as it shows, but for the lines."""
    monkeypatch.chdir(tmp_path)
    for name in ("my-desk.yaml", "my-desk.trials.yaml"):
        pack = ROOT / "policies" / name.replace("my-desk", "us-broker-dealer")
        Path(name).write_bytes(pack.read_bytes())
    assert run("policy", "test", "my-desk.yaml", "-q", "--strict").exit_code == 0

    policy = Path("my-desk.yaml")
    head, rule, tail = policy.read_text().partition("  - id: size.value\n")
    policy.write_text(head + rule + re.sub(r"limit: \d+ USD", "limit: 1500000 USD", tail, count=1))
    result = run("policy", "test", "my-desk.yaml", "-q")
    assert result.exit_code == 1
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(
        r"^ {4}(fails .*|  .*my-desk\.trials.*|my-desk\.yaml:.*)$", readme, re.MULTILINE
    )
    assert len(shown) == 3
    told = re.sub(r":\d+", "", result.stdout)
    for line in shown:
        assert re.sub(r":\d+", "", line).removesuffix("…").strip() in told


# ----------------------------------------------------------------------------------- explain


def explained(run: Ran, *words: object, stdin: str | None = None) -> tuple[int, Any]:
    result = run("policy", "explain", "--json", *words, stdin=stdin)
    return result.exit_code, json.loads(result.stdout)


def test_a_new_order_is_explained_rule_by_rule(desk: Path, run: Ran) -> None:
    files = ("--policy", desk, "--facts", desk.with_name("facts.yaml"))
    asked = json.dumps({**ORDER, "quantity": "1001", "at": 1_767_600_000_000_000})
    code, told = explained(run, "-", *files, stdin=asked)
    assert (code, told["verdict"], told["file"]) == (1, "deny", str(desk))
    assert told["policy"]["digest"].startswith("sha256:")
    rules = {one["rule"]: one for one in told["rules"]}
    assert [(name, one["answer"], one["line"]) for name, one in rules.items()] == [
        ("house.trading_state", "passed", None),
        ("size", "found", 5),
        ("names", "not asked", 8),
        ("tighter", "not asked", 9),
        ("futures", "not asked", 10),
    ]
    assert rules["tighter"]["why"] == "in force from 2026-06-04"
    assert rules["futures"]["why"] == "for asset class future; this is equity"
    assert rules["size"]["findings"][0]["observed"] == "1001"
    assert rules["size"]["rooms"][0]["left"] == "1000"
    assert rules["size"]["citation"].startswith("RTS 6 Art 15(1)(c)")

    shown = run("policy", "explain", "-", *files, stdin=asked).stdout
    assert "headroom 1000 units" in shown
    assert f"{desk}:5" in shown


def test_an_order_of_the_past_is_explained_as_it_was_then(journal: Path, run: Ran) -> None:
    """G8 was denied for its size; what happened since, a kill of its desk, plays no part."""
    code, told = explained(run, "G8", "--journal", journal)
    assert (code, told["verdict"], told["recorded"], told["record"]) == (1, "deny", "deny", 8)
    assert [(one["rule"], one["verdict"]) for one in told["rules"]] == [
        ("house.trading_state", "allow"),
        ("test.size", "deny"),
        ("test.value", "warn"),
        ("test.watch", "warn"),
    ]
    by_desk = explained(run, "2", "--session", "ALPHA", "--journal", journal)
    assert by_desk == (code, told)
    code, told = explained(run, "G5", "--journal", journal)
    assert (code, told["verdict"], told["record"]) == (0, "allow", 5)


def test_the_past_can_be_judged_by_a_draft(journal: Path, desk: Path, run: Ran) -> None:
    desk.write_text(DESK.replace("limit: 1000", "limit: 99"))
    code, told = explained(run, "G5", "--journal", journal, "--policy", desk)
    assert (code, told["recorded"], told["verdict"]) == (1, "allow", "deny")
    assert told["policy"]["name"] == "desk"
    shown = run("policy", "explain", "G5", "--journal", journal, "--policy", desk).stdout
    assert "the record says allow" in shown


def test_a_replace_is_explained_by_what_it_changes(tmp_path: Path, run: Ran) -> None:
    folder = tmp_path / "journal"
    write_journal(
        folder,
        [
            OrderAsked(order=order("1")),
            executed(ExecType.NEW, "G5", leaves=shares(100)),
            ReplaceAsked(orig_cl_ord_id=ClOrdId("1"), order=order("R1", quantity=shares(600))),
        ],
    )
    code, told = explained(run, "G7", "--journal", folder)
    assert (code, told["record"], told["verdict"]) == (0, 7, "warn")
    assert [one["rule"] for one in told["rules"] if one["answer"] == "found"] == ["test.value"]


def test_what_was_denied_at_the_door_is_told_without_rules(journal: Path, run: Ran) -> None:
    asked = json.dumps({**ORDER, "account": "A9", "instrument": "IBM"})
    code, told = explained(run, "-", "--state", journal, stdin=asked)
    assert (code, told["rules"]) == (1, [])
    shown = run("policy", "explain", "-", "--state", journal, stdin=asked).stdout
    assert "said before any rule was asked" in shown
    assert "account `A9` is not known" in shown


def test_an_order_nobody_knows_is_said_to_be_unknown(journal: Path, run: Ran) -> None:
    result = run("policy", "explain", "G99", "--journal", journal)
    assert result.exit_code == 1
    assert "no order or replace `G99` is in the journal" in result.stderr


def test_explain_needs_something_to_judge_by(desk: Path, journal: Path, run: Ran) -> None:
    assert run("policy", "explain", "-", "--policy", desk).exit_code == 2
    assert run("policy", "explain", "G5", "--journal", journal, "--state", journal).exit_code == 2


# ---------------------------------------------------------------------------------- coverage


def covered(run: Ran, *words: object) -> tuple[int, Any]:
    result = run("policy", "coverage", "--json", *words)
    return result.exit_code, json.loads(result.stdout)


def test_coverage_names_what_no_rule_serves(desk: Path, run: Ran) -> None:
    code, told = covered(run, desk, "--on", "2026-06-03")
    assert code == 1
    controls = {one["id"]: one for one in told["controls"]}
    assert controls["A1"]["rules"] == ["size", "tighter", "futures"]
    assert (controls["A3"]["served_by"], controls["D1"]["served_by"]) == ("nothing", "gate")
    assert "RTS 6 Art 15(1)(a)" in told["open"]
    assert "RTS 6 Art 15(1)(c)" not in told["open"]
    rules = {one["rule"]: one for one in told["rules"]}
    assert (rules["size"]["cases"], rules["size"]["untried"]) == (5, [])
    assert (rules["tighter"]["in_force"], rules["size"]["fired"]) == (False, None)
    _, later = covered(run, desk, "--on", "2026-06-04")
    assert {one["rule"]: one["in_force"] for one in later["rules"]}["tighter"] is True

    shown = run("policy", "coverage", desk, "--on", "2026-06-03").stdout
    assert "no rule of this policy serves" in shown
    assert "  RTS 6 Art 15(1)(a): price collars" in shown


def test_coverage_asks_only_the_laws_that_bind(desk: Path, run: Ran) -> None:
    code, told = covered(run, desk, "--on", "2026-06-03", "--law", "SEC 15c3-5")
    assert code == 1
    assert {one["name"].partition("(")[0] for one in told["paragraphs"]} == {"SEC 15c3-5"}
    assert told["open"] == ["SEC 15c3-5(c)(1)(i)", "SEC 15c3-5(c)(2)(i)"]
    cites = f"asset_class: future}}, citation: {'; '.join(told['open'])}}}"
    desk.write_text(DESK.replace("asset_class: future}}", cites))
    code, told = covered(run, desk, "--on", "2026-06-03", "--law", "SEC 15c3-5")
    assert (code, told["open"]) == (0, [])
    assert run("policy", "coverage", desk, "--law", "RTS 7").exit_code == 2


def test_coverage_tells_when_a_rule_fired_last(journal: Path, tmp_path: Path, run: Ran) -> None:
    """Record 8 was denied by both; record 13 repeats its question and is not counted."""
    policy = tmp_path / "test.yaml"
    policy.write_text(
        "policy: test\nversion: 2\nrules:\n"
        "  - {id: test.size, kind: max_order_quantity, limit: 1000}\n"
        "  - {id: test.new, kind: max_order_quantity, limit: 10}\n"
    )
    _, told = covered(run, policy, "--journal", journal, "--on", "2026-06-03")
    assert [(one["rule"], one["fired"], one["last_record"]) for one in told["rules"]] == [
        ("test.size", 1, 8),
        ("test.new", 0, None),
    ]


def test_the_page_is_whole_in_itself(desk: Path, journal: Path, run: Ran) -> None:
    desk.write_text(DESK.replace("owner: compliance", "owner: <b>Ann & Co</b>"))
    page = desk.with_name("coverage.html")
    run("policy", "coverage", desk, "--journal", journal, "--on", "2026-06-03", "--html", page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert not re.search(r"https?:|<script|<link|@import|url\(", text)
    assert "&lt;b&gt;Ann &amp; Co&lt;/b&gt;" in text
    for tag in ("table", "tr", "td", "th", "section", "dl", "span", "small", "code", "main"):
        assert len(re.findall(rf"<{tag}[ >]", text)) == text.count(f"</{tag}>"), tag
    assert "<strong>RTS 6 Art 15(1)(a)</strong>" in text


def test_a_day_that_is_none_is_not_understood(desk: Path, run: Ran) -> None:
    result = run("policy", "coverage", desk, "--on", "tomorrow")
    assert result.exit_code == 2
    assert "is not a day or an instant" in result.stderr


# --------------------------------------------------------------------------------- reference


def test_the_reference_holds_every_kind(tmp_path: Path, run: Ran) -> None:
    page = tmp_path / "kinds.md"
    assert run("policy", "reference", "--to", page).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"\n## {kind}\n" not in text] == []
    assert text == run("policy", "reference").stdout
    links = set(re.findall(r"\]\(#([\w.]+)\)", text))
    assert links == set(re.findall(r'<a id="([\w.]+)">', text))


def test_the_reference_of_one_kind_is_its_page(run: Ran) -> None:
    text = run("policy", "reference", "max_order_quantity").stdout
    assert text.startswith("# max_order_quantity\n")
    result = run("policy", "reference", "max_order_quantty")
    assert result.exit_code == 2
    assert "max_order_quantity" in result.stderr
