"""Slices of the simulation, and saboteurs that show it can fail.

`make sim` lives through longer worlds. Each saboteur breaks one promise of the gate, and the
oracle, who does not know which, must object.
"""

from collections.abc import Callable

import pytest

from tests.simulation.crash import kill
from tests.simulation.run import live, verdict_on
from tests.simulation.saboteurs import SABOTEURS, Patch

FELL_OVER = ("TypeError", "AttributeError", "NameError")
"""How a saboteur ends that no longer fits the code it breaks: that is no catch."""


@pytest.mark.parametrize("seed", range(100, 112))
def test_the_gate_keeps_its_promises_in_a_hostile_world(seed: int) -> None:
    verdict = live(seed, events=400)
    assert not verdict.wrong, str(verdict)


@pytest.mark.parametrize("seed", range(300, 303))
def test_a_gate_killed_again_and_again_loses_and_doubles_nothing(seed: int) -> None:
    assert verdict_on(kill(seed, kills=15)) == []


@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda each: each.__name__)
def test_a_saboteur_is_caught(saboteur: Callable[[Patch], None], monkeypatch: Patch) -> None:
    saboteur(monkeypatch)
    # Short worlds first: most give themselves away at once.
    verdicts = (live(seed, events=min(600, 100 * (seed - 198))) for seed in range(200, 230))
    wrong = next((verdict.wrong for verdict in verdicts if verdict.wrong), [])
    assert wrong, "nobody noticed"
    assert not wrong[-1].startswith(FELL_OVER), wrong[-1]
