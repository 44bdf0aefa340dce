"""What is wrong with a policy, settings or facts, and where: all of it at once, one line each.

policies/eu.yaml:14:7: `limit` must be positive, was -5 EUR
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a text; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file, and its place."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class Faults(ValueError):
    """What people wrote cannot be used. `faults` are all that is wrong, by file, from the top."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda one: (one.file, one.line, one.column, one.text))
        super().__init__("\n".join(map(str, self.faults)))


class PolicyFaults(Faults):
    """A policy cannot be used."""


LISTED_MAX = 20
"""More known words than this are counted, not listed."""


def nearest(word: str, known: Iterable[str]) -> str:
    """End a sentence about an unknown word: with the likeliest known one, or with all of them."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    if not names:
        return "none is known"
    if len(names) > LISTED_MAX:
        return f"none of the {len(names)} known is like it"
    return f"known are {', '.join(f'`{name}`' for name in names)}"
