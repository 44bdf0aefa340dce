"""`ordergate facts`: faults told, a running gate told to read anew, what is in force shown."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from adapters.facts.load import read_facts
from gateway.gate import Gate, Plan
from gateway.reading_apart import read_here
from gateway.renewal import FactsFile
from tests.gateway.cli.conftest import POLICY

Ran = Callable[..., Result]

FACTS = """\
version: "7"
as_of: 2026-03-02
base: USD
calendars: {XNYS: {always_open: true}}
instruments: [{symbol: IBM, mic: XNYS, asset_class: equity, currency: USD, tick: 0.01}]
accounts: {house: {cash: {ann: {A1: {}, A2: {}}}}}
"""


@pytest.fixture
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of facts of a running gate, whose door and journal stand beside it."""
    # Short, because a socket's path may only have 107 bytes.
    folder = tmp_path_factory.mktemp("facts")
    path = folder / "facts.yaml"
    path.write_text(FACTS)
    (folder / "policy.yaml").write_bytes(POLICY)
    gate = Gate(
        Plan(
            journal=folder / "journal",
            key=folder / "key.pem",
            origin="test/gate",
            policy=folder / "policy.yaml",
            reference=read_facts(path),
            facts=FactsFile(path=path, read=read_here),
            door=folder / "gate.sock",
        )
    )
    gate.start()
    yield path
    gate.stop()


def door(file: Path) -> tuple[str, Path]:
    return "--door", file.parent / "gate.sock"


def test_sound_facts_pass_the_check_and_faulty_ones_do_not(tmp_path: Path, run: Ran) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(FACTS)
    assert run("facts", "check", path).exit_code == 0
    path.write_text(FACTS.replace("USD, tick", "usd, tick"))
    result = run("facts", "check", path)
    assert result.exit_code == 1
    assert f"{path}:5:71: `currency`: `usd` is not a currency" in result.stdout
    told = json.loads(run("facts", "check", path, "--json").stdout)
    assert [(fault["line"], fault["column"]) for fault in told["faults"]] == [(5, 71)]
    assert run("facts", "check", tmp_path / "nowhere.yaml").exit_code == 3


def test_a_running_gate_is_told_to_read_its_facts_anew(file: Path, run: Ran) -> None:
    file.write_text(FACTS.replace('"7"', '"8"'))
    result = run("facts", "load", "--by", "rob", *door(file))
    assert result.exit_code == 0
    assert " in force since record 3\nversion 8, as of 2026-03-02 00:00:00.000000" in result.stdout
    again = run("facts", "load", *door(file))
    assert "is in force already" in again.stdout
    line = run("tail", file.parent / "journal", "-n", "1").stdout
    assert "reference facts sha256:" in line
    assert "version 8, as of 2026-03-02 00:00:00.000000, are in force, by rob" in line
    assert "version 8, as of 2026-03-02" in run("state", *door(file)).stdout


def test_refused_facts_end_with_one_and_their_faults(file: Path, run: Ran) -> None:
    file.write_text(FACTS.replace("tick: 0.01", "tick: 0"))
    result = run("facts", "load", "--by", "rob", *door(file))
    assert result.exit_code == 1
    assert f"{file}:5:82: `tick` must be positive, was 0" in result.stdout
    assert "refused at record 3: the facts in force stay" in result.stdout
    assert "rob offers facts that cannot be used" in run("tail", file.parent / "journal").stdout


def test_older_facts_need_a_word(file: Path, run: Ran) -> None:
    file.write_text(FACTS.replace("2026-03-02", "2026-03-01"))
    said = run("facts", "load", "--json", *door(file)).stdout
    told = json.loads(said.splitlines()[-1])  # after the log of the gate, which is in this process
    assert told["faults"][0].startswith("facts_are_older")
    assert run("facts", "load", "--older", *door(file)).exit_code == 0


def test_what_is_in_force_is_shown_with_how_much_it_holds(file: Path, run: Ran) -> None:
    told = json.loads(run("facts", "show", "--json", *door(file)).stdout)
    assert (told["version"], told["base"]) == ("7", "USD")
    assert told["held"] == {"instruments": 1, "accounts": 2, "calendars": 1}
    assert "accounts     2" in run("facts", "show", *door(file)).stdout


def test_without_a_gate_there_is_no_answer(tmp_path: Path, run: Ran) -> None:
    assert run("facts", "load", "--door", tmp_path / "gate.sock").exit_code == 3
    assert run("facts", "show", "--door", tmp_path / "gate.sock").exit_code == 3
