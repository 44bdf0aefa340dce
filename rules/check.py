"""A check: one rule bound to one place, ready to be asked.

A `Check` answers twice. `passes` is the quick form, asked of every order: a few integer
comparisons and no allocation. `findings` is the plain form: it says everything, and is asked only
when `passes` said no, or when a person wants to know why, or how much room is left.

INVARIANT (quick is plain): ``check.passes(case) == (not list(check.findings(case)))`` for every
case. The tests attack it with random cases.

INVARIANT (fail closed): a check that cannot be asked, because a price, rate or figure is
missing, stale or unknown, does not pass, and its finding says what was missing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from domain.finding import Finding
from rules.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of a limit is used and left at a place, before a given order."""

    rule: str
    scope: str
    used: str
    limit: str
    left: str
    unit: str


def _no_rooms(_case: Case) -> tuple[Room, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Check:
    """One rule bound to one place. Kinds without an amount have no rooms."""

    passes: Callable[[Case], bool]
    findings: Callable[[Case], Iterable[Finding]]
    rooms: Callable[[Case], Iterable[Room]] = _no_rooms


class Panel:
    """The checks of one place."""

    __slots__ = ("_passes", "checks")

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self.checks = checks
        self._passes = tuple((check.passes, check) for check in checks)

    def judge(self, case: Case) -> tuple[Finding, ...]:
        """Ask every check; give all findings in the policy's order."""
        found: list[Finding] | None = None
        for passes, check in self._passes:
            if not passes(case):
                if found is None:
                    found = []
                found.extend(check.findings(case))
        return tuple(found) if found else ()

    def explain(self, case: Case) -> tuple[Finding, ...]:
        """Ask every check plainly: the slow twin of `judge`."""
        return tuple(finding for check in self.checks for finding in check.findings(case))

    def rooms(self, case: Case) -> tuple[Room, ...]:
        """Say what room each limit leaves."""
        return tuple(room for check in self.checks for room in check.rooms(case))
