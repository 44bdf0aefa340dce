"""Why a policy answers a case as it does, rule by rule: also the rules that were silent.

A verdict names the rules that found something. Who asks why wants the others as well: which
passed, with how much room, and which were never asked, and why not. A rule is not asked

* when its scope names a place the order does not lie in,
* when its term does not hold at the order's instant,
* when its kind has nothing to ask at such a place (a collar for no listed price, a rule for
  strategies and an order without one).

INVARIANT (explained is judged): the findings of an explanation are, in order, those of the panel
bound to the same place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.finding import GRAVITY, Finding, Verdict
from domain.scope import Level, Scope, level_of, name_of
from rules.case import Case
from rules.check import Check, Room
from rules.compile import applies, bind_rule
from rules.house import HOUSE
from rules.kind import Rule
from rules.policy import Policy


class Answer(StrEnum):
    """What became of a rule."""

    FOUND = "found"
    PASSED = "passed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One rule's part in a verdict. `why` says why it was not asked."""

    rule: Rule[Any]
    answer: Answer
    why: str | None = None
    findings: tuple[Finding, ...] = ()
    rooms: tuple[Room, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """Give what the rule says of the order; None where it was not asked."""
        match self.answer:
            case Answer.FOUND:
                return max((one.verdict for one in self.findings), key=GRAVITY.__getitem__)
            case Answer.PASSED:
                return Verdict.ALLOW
            case Answer.NOT_ASKED:
                return None


def explained(policy: Policy, case: Case) -> tuple[Explained, ...]:
    """Explain what the house's rules and then the policy's say of a case."""
    return tuple(_explained(policy, case))


def _explained(policy: Policy, case: Case) -> Iterator[Explained]:
    place = case.place
    here = frozenset(place.scopes)
    for kind, house in HOUSE:
        yield _asked(house, kind.bind(house, place), case)
    for rule in policy.rules:
        if not applies(rule.scope, here):
            yield _not_asked(rule, _elsewhere(rule, place.scopes))
        elif not rule.term.holds(case.at):
            yield _not_asked(rule, f"in force {rule.term}")
        else:
            yield _asked(rule, bind_rule(rule, place), case)


def _asked(rule: Rule[Any], check: Check | None, case: Case) -> Explained:
    if check is None:
        return _not_asked(rule, f"`{rule.kind}` has nothing to ask here")
    findings = tuple(check.findings(case))
    return Explained(
        rule=rule,
        answer=Answer.PASSED
        if all(one.verdict is Verdict.ALLOW for one in findings)
        else Answer.FOUND,
        findings=findings,
        rooms=tuple(check.rooms(case)),
    )


def _not_asked(rule: Rule[Any], why: str) -> Explained:
    return Explained(rule=rule, answer=Answer.NOT_ASKED, why=why)


def _elsewhere(rule: Rule[Any], scopes: tuple[Scope, ...]) -> str:
    """Say at which level a rule's scope names another place, the first of them."""
    for level, names in rule.scope.items():
        here = [name_of(place) for place in scopes if level_of(place) is level]
        if not names & set(here):
            return f"for {_said(level)} {', '.join(sorted(names))}; this is {_here(level, here)}"
    raise AssertionError("a scope that does not apply differs at some level")


def _here(level: Level, names: list[str]) -> str:
    return ", ".join(names) if names else f"of no {_said(level)}"


def _said(level: Level) -> str:
    return level.value.replace("_", " ")
