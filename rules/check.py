"""A check: one rule bound to one place, ready to be asked.

A `Check` answers twice. `passes` is the quick form, asked of every order: a few integer
comparisons and no allocation. `findings` is the plain form: it says everything, and is asked only
when `passes` said no, or when a person wants to know why, or how much room is left.

INVARIANT (quick is plain): ``check.passes(case) == (not list(check.findings(case)))`` for every
case. The tests attack it with random cases.

INVARIANT (fail closed): a check that cannot be asked, because a price, rate or figure is
missing, stale or unknown, does not pass, and its finding says what was missing.
"""

import operator
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Final

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


UNBOUNDED: Final = 10**30
"""The height of a bar that is not there: no figure of an order comes near."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a check asks, and how high its limits are.

    INVARIANT (lower bar): of two checks at one place with the same `question`, a case that passes
    the one passes the other too, if none of the other's `heights` is lower.
    """

    question: Hashable
    heights: tuple[int, ...] = ()

    def covers(self, other: "Bar") -> bool:
        """Whether whatever passes here passes there."""
        return all(map(operator.le, self.heights, other.heights))


@dataclass(frozen=True, slots=True)
class Check:
    """One rule bound to one place. Kinds without an amount have no rooms.

    `bar` lets the panel ask only the strictest of checks that ask the same; None stands alone.
    """

    passes: Callable[[Case], bool]
    findings: Callable[[Case], Iterable[Finding]]
    rooms: Callable[[Case], Iterable[Room]] = _no_rooms
    bar: Bar | None = None


class Panel:
    """The checks of one place.

    Of checks with one question only the strictest are asked; the others stand behind them and are
    heard when the strictest said no. Who writes a ladder (warn at one million, deny at two) or
    the same limit for firm and desk pays for it once.
    """

    __slots__ = ("_quick", "checks")

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self.checks = checks
        self._quick = tuple((group[0][1].passes, group) for group in _behind_the_strictest(checks))

    def judge(self, case: Case) -> tuple[Finding, ...]:
        """Ask every check; give all findings in the policy's order."""
        doubted: list[tuple[int, Check]] | None = None
        for passes, group in self._quick:
            if not passes(case):
                if doubted is None:
                    doubted = []
                doubted.extend(group)
        if doubted is None:
            return ()
        doubted.sort(key=_place)
        return tuple(finding for _, check in doubted for finding in check.findings(case))

    def explain(self, case: Case) -> tuple[Finding, ...]:
        """Ask every check plainly: the slow twin of `judge`."""
        return tuple(finding for check in self.checks for finding in check.findings(case))

    def rooms(self, case: Case) -> tuple[Room, ...]:
        """Say what room each limit leaves."""
        return tuple(room for check in self.checks for room in check.rooms(case))


Group = list[tuple[int, Check]]
"""Checks with their places in the policy's order; the first is as strict as any."""


def _behind_the_strictest(checks: tuple[Check, ...]) -> list[Group]:
    groups: list[Group] = []
    asking: dict[Hashable, list[Group]] = {}
    for place, check in enumerate(checks):
        bar = check.bar
        if bar is None:
            groups.append([(place, check)])
            continue
        alike = asking.setdefault(bar.question, [])
        for group in alike:
            strictest = group[0][1].bar
            assert strictest is not None
            if strictest.covers(bar):
                group.append((place, check))
                break
            if bar.covers(strictest):
                group.insert(0, (place, check))
                break
        else:
            alike.append([(place, check)])
            groups.append(alike[-1])
    return groups


def _place(one: tuple[int, Check]) -> int:
    return one[0]
