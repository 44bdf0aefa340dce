"""The trials that stand beside a policy, and what came of them.

Beside ``desk.yaml`` stand ``desk.trials.yaml``, or the files of a folder ``desk.trials``, or both.
A folder keeps a file for every subject when one would be too long to read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.edges import Edges
from rules.policy import Policy
from rules.trial import Taken, Trial, read_trials, steps

ENDING = ".trials.yaml"
"""How a file of trials is called; everything else that ends in .yaml is a policy."""


def trials_beside(policy: Path) -> list[Path]:
    """Find the files of trials that belong to a policy, in the order of their names."""
    beside = policy.with_suffix(ENDING)
    folder = policy.with_suffix(ENDING.removesuffix(".yaml"))
    return [*([beside] if beside.is_file() else []), *sorted(folder.glob("*.yaml"))]


def read_trial_files(files: list[Path]) -> list[Trial]:
    """Read files of trials.

    Raises
    ------
    OSError, Faults
        If one of them cannot be read, or has faults.
    """
    return [trial for path in files for trial in read_trials(path.read_bytes(), file=str(path))]


@dataclass(frozen=True, slots=True)
class Tested:
    """A policy, and the trials it was put to, each step with what was not as wanted."""

    policy: Policy
    file: str
    trials: tuple[tuple[Trial, tuple[Taken, ...]], ...]
    edges: Edges

    @classmethod
    def of(cls, policy: Policy, file: str, trials: list[Trial]) -> "Tested":
        """Put a policy to trials; a trial with rules of its own is judged by those."""
        edges = Edges(policy)
        taken = tuple((one, tuple(steps(one, policy, watch=edges))) for one in trials)
        return cls(policy, file, taken, edges)

    @property
    def passed(self) -> bool:
        """Whether every step found what it wants."""
        return not any(taken.differences for _, steps in self.trials for taken in steps)

    def cases(self) -> Iterator[tuple[Trial, Taken]]:
        """Give every step with its trial."""
        return ((trial, taken) for trial, steps in self.trials for taken in steps)
