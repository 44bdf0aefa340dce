"""An explanation names every rule, and its findings are the verdict's."""

from pathlib import Path

import pytest

from rules.case import Case
from rules.explanation import Answer, Explained, explained
from rules.policy import Policy
from rules.trial import Trial, read_trials, steps

CASES = Path(__file__).parent / "cases"


def explanations(trial: Trial) -> list[tuple[Policy, Case, tuple[Explained, ...]]]:
    """Explain every question of a trial, as it is put."""
    seen: list[tuple[Policy, Case, tuple[Explained, ...]]] = []

    def watch(policy: Policy, case: Case) -> None:
        told = explained(policy, case)
        assert tuple(one for each in told for one in each.findings) == policy.bind(
            case.place
        ).judge(case)
        seen.append((policy, case, told))

    for _ in steps(trial, watch=watch):
        pass
    return seen


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_explained_is_what_is_judged(file: Path) -> None:
    """Every question of every kind's cases is explained and judged: the findings are the same."""
    asked = [explanations(trial) for trial in read_trials(file.read_bytes(), file=file.name)]
    assert any(asked)


WHY = b"""
trials:
  - name: t
    given: {strategies: {twap: {desk: cash}}}
    rules:
      - {id: small, kind: max_order_quantity, limit: 10}
      - {id: large, kind: max_order_quantity, limit: 1000}
      - {id: futures, kind: max_order_quantity, limit: 1, scope: {desk: [futures, rates]}}
      - {id: algos, kind: max_order_quantity, limit: 1, scope: {strategy: twap}}
      - {id: older, kind: max_order_quantity, limit: 1, effective_until: 2020-01-01}
      - {id: repeats, kind: repeated_execution, limit: 3, window: 1m}
    ladder: [{it: o, order: {price: 1}, wanted: allow}]
"""


def test_every_rule_is_told_with_its_answer_and_why_it_was_not_asked() -> None:
    (trial,) = read_trials(WHY, file="t.yaml")
    ((_, _, told),) = explanations(trial)
    assert [(one.rule.id, one.answer, one.why) for one in told] == [
        ("house.trading_state", Answer.PASSED, None),
        ("small", Answer.FOUND, None),
        ("large", Answer.PASSED, None),
        ("futures", Answer.NOT_ASKED, "for desk futures, rates; this is cash"),
        ("algos", Answer.NOT_ASKED, "for strategy twap; this is of no strategy"),
        ("older", Answer.NOT_ASKED, "in force until 2020-01-01"),
        ("repeats", Answer.NOT_ASKED, "`repeated_execution` has nothing to ask here"),
    ]
    assert [(room.limit, room.left) for room in told[2].rooms] == [("1000", "1000")]
    assert [one.rule.mark.line for one in told if one.rule.mark] == [6, 7, 8, 9, 10, 11]
