"""Every file under `cases/` is read and run: the trials of each kind of rule, and of the house."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.fault import Faults
from rules.registry import KINDS
from rules.trial import Trial, read_trials, run

CASES = Path(__file__).parent / "cases"


def trials() -> Iterator[tuple[str, Trial]]:
    for path in sorted(CASES.rglob("*.yaml")):
        name = path.relative_to(CASES).with_suffix("").as_posix()
        for trial in read_trials(path.read_bytes(), file=path.name):
            yield name, trial


ALL = tuple(trials())


@pytest.mark.parametrize(
    "trial", [pytest.param(one, id=f"{name}: {one.name}") for name, one in ALL]
)
def test_the_policy_answers_as_the_trial_wants(trial: Trial) -> None:
    assert run(trial) == ()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_reason_of_a_kind_is_given_in_some_trial(kind: str) -> None:
    wanted = {
        want.reason
        for name, trial in ALL
        if name.split("/")[0] == kind
        for step in trial.steps
        for want in step.wanted or ()
    }
    assert sorted({reason.name for reason in KINDS[kind].reasons} - wanted) == []


SIZE = """
trials:
  - name: size
    rules: [{id: size, kind: max_order_quantity, limit: 100}]
    ladder:
      - it: is too large
        order: {quantity: 101}
        given: {at: 2026-03-02T15:00:00Z}
        wanted: {reason: order_quantity_exceeds_limit, observed: 101}
"""


def differences(text: str) -> list[str]:
    return [said for trial in read_trials(text.encode(), file="t.yaml") for said in run(trial)]


def test_the_trial_above_finds_what_it_wants() -> None:
    assert differences(SIZE) == []


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("observed: 101", "observed: 102", "is too large: `observed`: wanted 102, found 101"),
        ("observed: 101", "verdict: warn", "is too large: `verdict`: wanted warn, found deny"),
        (
            "{reason: order_quantity_exceeds_limit, observed: 101}",
            "allow",
            (
                "is too large: wanted allow, found order_quantity_exceeds_limit "
                "(order for 101 is over the 100 one order may)"
            ),
        ),
        (
            "quantity: 101",
            "quantity: 100",
            "is too large: wanted order_quantity_exceeds_limit, found allow",
        ),
        (
            "order: {",
            "replaces: W\n        order: {",
            "is too large: no working order of this trial is called `W`",
        ),
        (
            "quantity: 101",
            "account: A9",
            "is too large: no account of this trial is called `A9`",
        ),
    ],
)
def test_a_trial_says_what_differs(was: str, becomes: str, said: str) -> None:
    assert differences(SIZE.replace(was, becomes)) == [said]


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            "observed: 101",
            "observd: 101",
            "t.yaml:9:56: `observd` is not a key of a trial: did you mean `observed`?",
        ),
        (
            "limit: 100",
            "limits: 100",
            (
                "t.yaml:4:50: `limits` is not a key of kind `max_order_quantity`: "
                "did you mean `limit`?"
            ),
        ),
        (
            "    ladder:",
            "    given: {quotes: {ACME: {last: 0x1}}}\n    ladder:",
            "t.yaml:5:35: `last`: `0x1` is not a plain decimal",
        ),
        (
            "    ladder:",
            "    story:",
            "t.yaml:3:5: `trials`: `given` may differ on a rung of a ladder, not within a story",
        ),
        (
            "order: {quantity: 101}",
            "cancel: W",
            "t.yaml:6:9: `ladder`: `wanted` belongs to an `order`, and every order has one",
        ),
    ],
)
def test_a_fault_of_a_trial_has_its_place(was: str, becomes: str, said: str) -> None:
    with pytest.raises(Faults) as caught:
        read_trials(SIZE.replace(was, becomes).encode(), file="t.yaml")
    assert any(str(fault).startswith(said) for fault in caught.value.faults), caught.value
