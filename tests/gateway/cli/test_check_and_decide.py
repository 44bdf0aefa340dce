"""`check` and `decide`: what is said of policies, facts, settings and single orders."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from domain.events import OrderAsked
from tests.builders import order, shares
from tests.gateway.cli.conftest import POLICY, write_journal

Ran = Callable[..., Result]

FACTS = """\
base: USD
calendars: {XNYS: {always_open: true}}
instruments: [{symbol: IBM, mic: XNYS, asset_class: equity, currency: USD, tick: 0.01}]
accounts: {house: {cash: {ann: {A1: {}}}}}
sessions: {ALPHA: {desk: cash}}
routes: [{id: NORTH}]
"""

ORDER = {
    "session": "ALPHA",
    "cl_ord_id": "77",
    "account": "A1",
    "instrument": "IBM.XNYS",
    "side": "buy",
    "type": "limit",
    "quantity": "100",
    "price": "100",
    "quote": {"last": "100"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_bytes(POLICY)
    (tmp_path / "facts.yaml").write_text(FACTS)
    (tmp_path / "ordergate.yaml").write_text(
        "gate: g\njournal: {path: j, key: k}\npolicy: policy.yaml\nfacts: facts.yaml\n"
    )
    return tmp_path


# ------------------------------------------------------------------------------------- check


def test_what_has_no_faults_is_said_to_have_none(folder: Path, run: Ran) -> None:
    result = run("check", folder / "policy.yaml", "--facts", folder / "facts.yaml")
    assert result.exit_code == 0
    assert "no faults" in result.stdout
    assert run("check", "--settings", folder / "ordergate.yaml").exit_code == 0


def test_every_fault_of_every_file_is_told_with_its_place(folder: Path, run: Ran) -> None:
    one, two = folder / "one.yaml", folder / "two.yaml"
    one.write_text(
        "policy: p\nversion: 0\nrules:\n  - {id: a, kind: max_order_quantty, limit: 1}\n"
    )
    two.write_text(
        "policy: p\nversion: 1\nrules:\n"
        "  - {id: a, kind: max_order_value, limit: 5 EUR, scope: {desk: cahs}}\n"
    )
    result = run("check", one, two, "--facts", folder / "facts.yaml")
    assert result.exit_code == 1
    assert [line.replace(f"{folder}/", "") for line in result.stdout.splitlines()] == [
        "one.yaml:2:10: `version` must be at least 1, was 0",
        (
            "one.yaml:4:19: no kind of rule is called `max_order_quantty`: did you mean "
            "`max_order_quantity`?"
        ),
        "two.yaml:4:43: `limit`: `5 EUR` is not in the firm's base currency, USD",
        "two.yaml:4:64: the reference facts know no desk `cahs`: did you mean `cash`?",
    ]
    told = json.loads(run("check", one, "--json").stdout)
    assert [(one["line"], one["column"]) for one in told["faults"]] == [(2, 10), (4, 19)]


def test_settings_are_checked_with_the_files_they_name(folder: Path, run: Ran) -> None:
    (folder / "facts.yaml").write_text(FACTS.replace("desk: cash", "desk: cahs"))
    (folder / "policy.yaml").write_text("policy: p\nversion: 1\nrules: []\n")
    result = run("check", "--settings", folder / "ordergate.yaml")
    assert result.exit_code == 1
    assert "facts.yaml:5:26: no desk is called `cahs`" in result.stdout
    assert "policy.yaml:3:8: `rules` must not be empty" in result.stdout


def test_a_file_of_trials_is_read_as_one(folder: Path, run: Ran) -> None:
    trials = folder / "policy.trials.yaml"
    trials.write_text("trials:\n  - name: size\n    lader: []\n")
    result = run("check", folder / "policy.yaml", trials)
    assert result.exit_code == 1
    assert "`lader` is not a key of a trial: did you mean `ladder`?" in result.stdout


def test_a_question_without_an_object_is_not_understood(run: Ran) -> None:
    result = run("check")
    assert result.exit_code == 2
    assert "nothing to read" in result.stderr


def test_a_file_that_is_not_there_is_no_fault_but_no_answer_either(folder: Path, run: Ran) -> None:
    result = run("check", folder / "nowhere.yaml")
    assert result.exit_code == 3
    assert "nowhere.yaml`: no such file or directory" in result.stderr


# ------------------------------------------------------------------------------------ decide


def decided(run: Ran, folder: Path, *words: object, **changes: object) -> tuple[int, Any]:
    """The exit code and the answer for an order, given on standard input."""
    asked = json.dumps({**ORDER, **changes})
    result = run("decide", "-", "--json", *words, stdin=asked)
    return result.exit_code, json.loads(result.stdout)


def test_an_order_that_passes_is_told_its_route_and_the_room_it_had(folder: Path, run: Ran) -> None:
    files = ("--policy", folder / "policy.yaml", "--facts", folder / "facts.yaml")
    code, told = decided(run, folder, *files)
    assert (code, told["verdict"], told["route"], told["findings"]) == (0, "allow", "NORTH", [])
    assert [(room["rule"], room["left"], room["unit"]) for room in told["rooms"]] == [
        ("test.size", "1000", "units"),
        ("test.value", "50000", "USD"),
    ]
    assert told["policy"].startswith("sha256:")


def test_an_order_that_does_not_is_told_every_reason(folder: Path, run: Ran) -> None:
    files = ("--policy", folder / "policy.yaml", "--facts", folder / "facts.yaml")
    code, told = decided(run, folder, *files, quantity="2000", instrument="IBM.XNYS")
    assert (code, told["verdict"], told["route"]) == (1, "deny", None)
    assert [(one["rule"], one["verdict"]) for one in told["findings"]] == [
        ("test.size", "deny"),
        ("test.value", "warn"),
    ]
    size = told["findings"][0]
    assert (size["observed"], size["limit"]) == ("2000", "1000")

    (folder / "order.json").write_text(json.dumps({**ORDER, "quantity": "2000"}))
    shown = run("decide", folder / "order.json", *files)
    assert shown.exit_code == 1
    assert shown.stdout.startswith("deny\n  deny   test.size: ")
    assert "room before this order" in shown.stdout


def test_without_a_price_the_answer_is_no(folder: Path, run: Ran) -> None:
    files = ("--policy", folder / "policy.yaml", "--facts", folder / "facts.yaml")
    code, told = decided(run, folder, *files, quote={}, type="market", price="1")
    assert code == 1
    assert "price_does_not_fit_the_type" in [one["reason"] for one in told["findings"]]


def test_an_account_nobody_knows_has_no_room(folder: Path, run: Ran) -> None:
    files = ("--policy", folder / "policy.yaml", "--facts", folder / "facts.yaml")
    code, told = decided(run, folder, *files, account="A9")
    assert (code, told["rooms"]) == (1, [])
    assert told["findings"][0]["reason"] == "account_is_unknown"


def test_a_draft_policy_is_tried_on_the_book_of_a_journal(tmp_path: Path, run: Ran) -> None:
    """Ninety shares work in the journal; a draft that allows a position of 150 leaves 60."""
    journal = tmp_path / "journal"
    write_journal(journal, [OrderAsked(order=order("1", quantity=shares(90)))])
    code, told = decided(run, tmp_path, "--state", journal, instrument="IBM")
    assert (code, told["verdict"]) == (0, "allow")

    draft = tmp_path / "draft.yaml"
    draft.write_text(
        "policy: draft\nversion: 1\nrules:\n"
        "  - {id: position, kind: max_position, per: account, long: 150}\n"
    )
    code, told = decided(run, tmp_path, "--state", journal, "--policy", draft, instrument="IBM")
    assert (code, told["verdict"]) == (1, "deny")
    assert (told["rooms"][0]["used"], told["rooms"][0]["left"]) == ("90", "60")


def test_a_clordid_the_journal_has_decided_gets_that_answer(tmp_path: Path, run: Ran) -> None:
    journal = tmp_path / "journal"
    write_journal(journal, [OrderAsked(order=order("1", quantity=shares(5_000)))])
    code, told = decided(run, tmp_path, "--state", journal, cl_ord_id="1", instrument="IBM")
    assert (code, told["repeat"], told["findings"][0]["observed"]) == (1, True, "5000")


def test_asking_leaves_the_journal_as_it_was(journal: Path, tmp_path: Path, run: Ran) -> None:
    def contents() -> dict[str, bytes]:
        return {str(one): one.read_bytes() for one in journal.rglob("*") if one.is_file()}

    before = contents()
    decided(run, tmp_path, "--state", journal, instrument="IBM")
    assert contents() == before


def test_a_question_with_faults_is_refused_with_all_of_them(folder: Path, run: Ran) -> None:
    asked = """\
        {
          "session": "ALPHA", "cl_ord_id": "1", "account": "A1", "instrumnt": "IBM",
          "side": "hold", "type": "limit", "quantity": 100, "price": "1e3",
          "quote": {"lst": "1"}
        }"""
    files = ("--policy", folder / "policy.yaml", "--facts", folder / "facts.yaml")
    result = run("decide", "-", *files, stdin=asked)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "standard input:1:9: `instrument` is missing, which an order must have",
        ("standard input:2:66: `instrumnt` is not a key of an order: did you mean `instrument`?"),
        (
            "standard input:3:19: `side`: wanted `buy`, `sell`, `sell_short` or "
            "`sell_short_exempt`, found `hold`"
        ),
        "standard input:3:56: `quantity`: wanted text, found `100`; put it in quotes",
        (
            "standard input:3:70: `price`: `1e3` is not a plain decimal (at most 15 digits "
            "before the point, 9 after)"
        ),
        "standard input:4:21: `lst` is not a key of a quote: did you mean `last`?",
    ]


def test_decide_needs_a_policy_and_facts_from_somewhere(folder: Path, run: Ran) -> None:
    result = run("decide", "-", "--policy", folder / "policy.yaml", stdin="{}")
    assert result.exit_code == 2
    assert "both --policy and --facts are needed" in result.stderr
