"""The whole demo, played once over FIX; and a reckoning that finds what is wrong."""

import io
import json
import shutil
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from domain.ids import RuleId
from gateway.demo.plan import End, NewOrder
from gateway.demo.screen import Screen
from gateway.demo.watch import Watch
from tests.gateway.demo.conftest import Played

pytestmark = [pytest.mark.fix, pytest.mark.timeout(180)]


def test_the_demo_stops_every_slip_and_no_honest_order(played: Played) -> None:
    assert played.good, played.said
    reckoning = played.reckoned()
    assert reckoning.let_through == ()
    assert reckoning.astray == ()
    assert reckoning.journal.unchecked == ()
    assert "all 25 slips were stopped" in played.said
    assert f"verify {played.folder / 'journal'}" in played.said


def test_the_account_ends_where_it_ended_in_2008(played: Played) -> None:
    for name, position in played.reckoned().positions.items():
        assert position.gate == position.brokers == position.known, name


def test_a_slip_stopped_by_another_rule_counts_as_let_through(played: Played) -> None:
    steps = tuple(
        msgspec.structs.replace(step, rule=RuleId("somebody.else"))
        if isinstance(step, NewOrder) and step.words == "a symbol misspelt"
        else step
        for step in played.steps
    )
    reckoning = played.reckoned(steps=steps)
    assert [each.step.words for each in reckoning.let_through] == ["a symbol misspelt"]
    assert not reckoning.good


def test_an_honest_order_that_goes_astray_is_listed_and_forgiven(played: Played) -> None:
    steps = tuple(
        msgspec.structs.replace(step, end=End.CANCELLED)
        if isinstance(step, NewOrder) and step.order.cl_ord_id == "T0001"
        else step
        for step in played.steps
    )
    reckoning = played.reckoned(steps=steps)
    assert [(each.step.order.cl_ord_id, each.came_to) for each in reckoning.astray] == [
        ("T0001", "filled")
    ]
    assert reckoning.good


def test_a_trade_that_only_the_broker_knows_is_found(played: Played, tmp_path: Path) -> None:
    def one_share_more(line: dict[str, str]) -> dict[str, str]:
        return line | {"filled": str(int(line["filled"]) + 1)}

    ledgers = [_bent(path, tmp_path, one_share_more) for path in played.ledgers()]
    reckoning = played.reckoned(ledgers=ledgers)
    assert not reckoning.agreed
    assert not reckoning.good


def test_an_order_worked_twice_is_found(played: Played, tmp_path: Path) -> None:
    def another_order(line: dict[str, str]) -> dict[str, str]:
        return line | {"order": "B-another"}

    ledgers = [_bent(path, tmp_path, another_order) for path in played.ledgers()]
    assert len(played.reckoned(ledgers=ledgers).worked_twice) == len(ledgers)


def test_a_changed_journal_is_found(played: Played, tmp_path: Path) -> None:
    copy = tmp_path / "journal"
    shutil.copytree(played.folder / "journal", copy)
    segment = min((copy / "segments").iterdir())
    text = segment.read_bytes()
    assert b'"T0042"' in text
    segment.write_bytes(text.replace(b'"T0042"', b'"T0043"', 1))
    reckoning = played.reckoned(journal=copy)
    assert not reckoning.journal.ok
    assert not reckoning.good


def test_the_screen_shows_the_gate_at_work(played: Played) -> None:
    watch = Watch(played.folder / "journal", played.desk_log, played.steps)
    watch.start()
    watch.close()
    assert watch.fault is None
    console = Console(file=io.StringIO(), width=100, height=30, force_terminal=False)
    with console.capture() as captured:
        console.print(Screen(watch, 95, "a real account"), end="")
    drawn = captured.get()
    rows = drawn.splitlines()
    assert len(rows) == 30
    assert max(map(len, rows)) <= 100
    for word in ("order 95 of 95", "denied", "strategy.repeats", "● desk-nyse", "gross USD"):
        assert word in drawn


def _bent(ledger: Path, folder: Path, bend: object) -> Path:
    """Write a ledger whose last fill is told once more, otherwise."""
    lines = ledger.read_text().splitlines()
    last = next(line for line in reversed(lines) if '"exec_type": "F"' in line)
    assert callable(bend)
    bent = folder / f"{ledger.parent.name}.jsonl"
    bent.write_text("\n".join([*lines, json.dumps(bend(json.loads(last)))]) + "\n")
    return bent
