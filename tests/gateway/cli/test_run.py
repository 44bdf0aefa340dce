"""The commands as a shell runs them: processes, signals, exit codes, pipes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from gateway.cli.app import app
from gateway.local_door import LocalCaller
from tests.gateway.cli.conftest import POLICY

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from gateway.cli import main; main()"]
PATIENCE_S = 30.0

FACTS = """\
base: USD
calendars: {XNYS: {always_open: true}}
instruments: [{symbol: IBM, mic: XNYS, asset_class: equity, currency: USD, tick: 0.01}]
accounts: {house: {cash: {ann: {A1: {}}}}}
sessions: {REST: {desk: cash}}
"""


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Short, because a socket's path may only have 107 bytes.
    folder = tmp_path_factory.mktemp("run")
    (folder / "policy.yaml").write_bytes(POLICY)
    (folder / "facts.yaml").write_text(FACTS)
    (folder / "ordergate.yaml").write_text(
        "gate: g\njournal: {path: journal, key: key.pem}\npolicy: policy.yaml\nfacts: facts.yaml\n"
    )
    return folder


def ran(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )


def answers(door: Path) -> bool:
    with suppress(OSError):
        LocalCaller(door).close()
        return True
    return False


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a gate until its door is there; kill it, whatever happens."""
    process = subprocess.Popen(
        [*COMMAND, "run", str(folder / "ordergate.yaml")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not answers(folder / "gate.sock"):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_gate_runs_until_it_is_told_to_stop(folder: Path) -> None:
    with running(folder) as process:
        told = json.loads(ran("state", "--door", folder / "gate.sock", "--json").stdout)
        assert told["policy"].startswith("sha256:")
        second = ran("run", folder / "ordergate.yaml")
        assert second.returncode == 3
        assert "is being written by process" in second.stderr
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert "event=gate_open" in log
        assert "event=gate_closed" in log
    assert ran("verify", folder / "journal").returncode == 0
    assert json.loads(ran("replay", folder / "journal", "--json").stdout)["difference"] is None


def test_a_gate_does_not_start_with_faults(folder: Path) -> None:
    (folder / "policy.yaml").write_text("policy: p\nversion: 1\nrules: []\n")
    result = ran("run", folder / "ordergate.yaml")
    assert result.returncode == 1
    assert "policy.yaml:3:8: `rules` must not be empty" in result.stderr
    assert not (folder / "journal").exists()


def test_who_follows_a_journal_ends_it_with_an_interrupt(journal: Path) -> None:
    tail = subprocess.Popen(
        [*COMMAND, "tail", str(journal), "-f"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert tail.stdout is not None
        while "repeat" not in tail.stdout.readline():
            assert tail.poll() is None
        tail.send_signal(signal.SIGINT)
        _, complaints = tail.communicate(timeout=PATIENCE_S)
        assert (complaints, tail.returncode) == ("", 0)
    finally:
        tail.kill()
        tail.communicate()


def test_whoever_has_seen_enough_may_leave(journal: Path) -> None:
    """`ordergate tail journal | true` ends quietly."""
    read, write = os.pipe()
    os.close(read)
    try:
        for words in ((), ("--json",)):
            ended = subprocess.run(
                [*COMMAND, "tail", str(journal), *words],
                cwd=ROOT,
                stdout=write,
                stderr=subprocess.PIPE,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
            assert ended.stderr == ""
    finally:
        os.close(write)


def test_help_names_every_command_and_the_exit_codes() -> None:
    result = ran("--help")
    assert result.returncode == 0
    for command in ("check", "decide", "verify", "replay", "tail", "order", "run", "halt"):
        assert f" {command} " in result.stdout
    assert "Ends with 0 when the answer is yes" in result.stdout
    assert "ordergate halt desk:" in ran("halt", "--help").stdout


def test_asking_for_help_imports_nothing_heavy() -> None:
    """A gate's engine, web server and calendars take seconds that an operator has not got."""
    script = (
        "import sys; from gateway.cli.app import app; "
        "print([m for m in ('quickfix', 'fastapi', 'pandas', 'uvicorn') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def commands(group: TyperGroup, *above: str) -> Iterator[tuple[str, Any]]:
    """Every command by its name, those of a group by both."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *above, name)
        else:
            yield " ".join((*above, name)), command


def test_the_page_of_the_command_line_tells_every_command_and_option() -> None:
    page = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    untold = []
    for name, command in commands(group):
        options = [one.opts for one in command.params if one.param_type_name == "option"]
        ways = [set(words) for words in options if "--help" not in words]
        ways.append({f"ordergate {name}"})
        untold += [f"{name}: {way}" for way in ways if not any(word in page for word in way)]
    assert untold == []
