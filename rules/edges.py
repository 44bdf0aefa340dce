"""Whether a policy's limits are tried where it matters: just under, at, and just over.

A limit that nobody tries at its very value may be off by one, a factor or a decimal point without
a case that notices. Where a kind has its limit is the kind's own affair, so the question is asked
from outside, by changing the rule and looking whether anybody would notice:

* a rule is tried *over* by a case it says no to;
* it is tried *at* a number by a case it passes, and would not pass were that number one step less
  or one step more, a step being the smallest the number can change by;
* it is tried *under* by a case it passes either way.

A no because a fact is missing, or because the rule does not fit the facts, tries no limit. A
rule without numbers (a list, a condition) has no edge to stand on; a yes and a no try it. Nor is
a number one that shapes what the rule remembers: another window is another memory.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from domain.finding import Finding, Verdict
from domain.fixed import Amount
from domain.money import Money
from rules.case import Case
from rules.compile import UNFIT, applies, bind_rule
from rules.kind import Rule
from rules.policy import Policy
from rules.registry import KINDS

_UNASKED = ("_is_missing", "_is_stale", "_is_unknown", "_has_no_price")
"""How the reasons of a no end that comes from not knowing."""


@dataclass(slots=True)
class Tried:
    """How the cases seen so far tried one rule. `at` are the numbers tried at their edge."""

    numbers: frozenset[str]
    cases: int = 0
    under: int = 0
    over: int = 0
    at: dict[str, int] = field(default_factory=dict)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Say which of under, at and over no case has tried."""
        has = {"over": self.over, "under": self.under or self.at}
        if self.numbers:
            has["at"] = self.at
        return tuple(name for name in ("under", "at", "over") if name in has and not has[name])


class Edges:
    """Sees the questions put to a policy (`rules.trial.Watch`) and keeps how its rules fared."""

    def __init__(self, policy: Policy) -> None:
        self._neighbours = {rule.id: tuple(_neighbours(rule)) for rule in policy.rules}
        self.tried = {
            rule: Tried(frozenset(name for name, _ in others))
            for rule, others in self._neighbours.items()
        }
        self._policy = policy

    def __call__(self, policy: Policy, case: Case) -> None:
        """Take note of a question; one put to a trial's own rules says nothing of ours."""
        if policy is not self._policy:
            return
        here = frozenset(case.place.scopes)
        for rule in policy.rules:
            if applies(rule.scope, here) and rule.term.holds(case.at):
                self._see(rule, case)

    def _see(self, rule: Rule[Any], case: Case) -> None:
        check = bind_rule(rule, case.place)
        tried = self.tried[rule.id]
        if check is None:
            if not tried.numbers:
                # A list has nothing to ask about a name that is not on it: that is its yes.
                tried.cases += 1
                tried.under += 1
            return
        noes = [one for one in check.findings(case) if one.verdict is not Verdict.ALLOW]
        if any(_unasked(one, tried.numbers) for one in noes):
            return
        tried.cases += 1
        if noes:
            tried.over += 1
            return
        edges = {name for name, other in self._neighbours[rule.id] if not _passes(other, case)}
        for name in edges:
            tried.at[name] = tried.at.get(name, 0) + 1
        tried.under += not edges


def _unasked(finding: Finding, numbers: frozenset[str]) -> bool:
    """Say whether a no comes from not knowing, and so not from a number of the rule.

    What is too old by a limit breaks that limit; and where there is no number, what is missing
    (an entitlement, a locate) is what the rule asks for.
    """
    unknown = bool(numbers) and finding.limit is None and finding.reason.endswith(_UNASKED)
    return unknown or finding.reason == UNFIT.name


def _passes(rule: Rule[Any], case: Case) -> bool:
    check = bind_rule(rule, case.place)
    return check is None or all(one.verdict is Verdict.ALLOW for one in check.findings(case))


def _neighbours(rule: Rule[Any]) -> Iterator[tuple[str, Rule[Any]]]:
    """Give the rules that differ from one by a step of one number, and remember the same."""
    memory = _memory(rule)
    for name, parameters in _stepped(rule.parameters):
        other = replace(rule, parameters=parameters)
        if _memory(other) == memory:
            yield name, other


def _stepped(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any part of a rule
    """Give what differs from a value by a step of one number in it, and the number's name."""
    match value:
        case bool():
            pass
        case int():
            # A limit of nought forbids, and what it lets through stands at no edge.
            yield from (("", stepped) for stepped in (value - 1, value + 1) if value > 0)
        case Money(amount, currency):
            for _, stepped in _stepped(amount):
                yield "", Money(Amount(stepped), currency)
        case BaseModel():
            for name in type(value).model_fields:
                for inner, stepped in _stepped(getattr(value, name)):
                    yield _named(name, inner), value.model_copy(update={name: stepped})
        case Mapping():
            for name, held in value.items():
                for inner, stepped in _stepped(held):
                    yield _named(str(name), inner), {**value, name: stepped}
        case tuple():
            for place, held in enumerate(value):
                for inner, stepped in _stepped(held):
                    changed = (*value[:place], stepped, *value[place + 1 :])
                    yield _named(str(place + 1), inner), changed
        case _:
            pass


def _named(outer: str, inner: str) -> str:
    return f"{outer}.{inner}" if inner else outer


def _memory(rule: Rule[Any]) -> object:
    needed = KINDS[rule.kind].memory(rule)
    return None if needed is None else needed[0]
