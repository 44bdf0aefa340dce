"""A process that ends when it should not is told, with its last words."""

import subprocess
import sys
from pathlib import Path

import pytest

from domain.reference import Reference
from gateway.demo.show import TRADES, Wishes, play
from gateway.demo.stage import Fallen, Player, Stage
from gateway.demo.trades import Account


def player(folder: Path, name: str, script: str) -> Player:
    log = folder / f"{name}.log"
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=words, stderr=words
        )
    return Player(name, log, process)


@pytest.fixture
def stage(tmp_path: Path, reference: Reference) -> Stage:
    return Stage(tmp_path, Account({}, ()), (), reference, 1.0)


WAIT = "import sys; sys.stdin.read()"


def test_desks_that_are_done_end_the_play(stage: Stage, tmp_path: Path) -> None:
    with stage:
        stage.players["gate"] = player(tmp_path, "gate", WAIT)
        stage.players["desks"] = player(tmp_path, "desks", "pass")
        stage.players["desks"].process.wait(30)
        assert not stage.playing()


@pytest.mark.parametrize("fallen", ["gate", "desks"])
def test_a_process_that_falls_is_told_with_its_last_words(
    stage: Stage, tmp_path: Path, fallen: str
) -> None:
    with stage:
        for name in ("gate", "desks"):
            script = "print('the disk is full'); raise SystemExit(3)" if name == fallen else WAIT
            stage.players[name] = player(tmp_path, name, script)
        stage.players[fallen].process.wait(30)
        with pytest.raises(Fallen, match=f"(?s){fallen} ended with 3.*the disk is full"):
            stage.playing()
    assert not any(each.alive for each in stage.players.values())


def test_a_process_that_does_not_listen_is_ended_all_the_same(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.demo.stage.PATIENCE_S", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    deaf += "print('deaf', flush=True); time.sleep(60)"
    found = stage.players["gate"] = player(tmp_path, "gate", deaf)
    while not found.has_said("deaf"):
        assert found.alive
    stage.close()
    assert not found.alive


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(OSError, match="is not empty"):
        play(Wishes(trades=TRADES, folder=tmp_path), console=None)  # type: ignore[arg-type]
