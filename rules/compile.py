"""From a policy to the checks of one place.

A rule applies to a place when, at every level its scope names, the place has one of the names;
a rule without a scope applies everywhere. The rules that apply are bound, in the policy's order,
behind the house's own, which no policy can leave out. One with a term is asked while it lasts.

INVARIANT (fail closed): a rule the reference facts do not fit, because a list is gone or the base
currency is another, is bound to a check that never passes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from domain.finding import Finding, OrdRejReason
from domain.scope import Level, Scope, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Bar, Check, Panel, Room
from rules.house import HOUSE
from rules.kind import Kind, Reason, Rule
from rules.needs import unmet_needs
from rules.place import Place
from rules.registry import KINDS
from rules.term import ALWAYS, Term

UNFIT = Reason(
    "rule_does_not_fit_reference_facts",
    OrdRejReason.OTHER,
    "the rule names a list that is gone, or a limit in a currency that is not the firm's base",
)


def bind_rules(rules: Iterable[Rule[Any]], place: Place) -> Panel:
    """Bind the house's rules, and those of a policy that apply, to a place."""
    here = frozenset(place.scopes)
    bound = [kind.bind(rule, place) for kind, rule in HOUSE]
    bound += [bind_rule(rule, place) for rule in rules if applies(rule.scope, here)]
    return Panel(tuple(check for check in bound if check is not None))


def applies(wanted: Mapping[Level, frozenset[str]], here: frozenset[Scope]) -> bool:
    """Whether a place that lies in the scopes `here` is one a rule is scoped to."""
    return all(any(scope(level, name) in here for name in names) for level, names in wanted.items())


def bind_rule(rule: Rule[Any], place: Place) -> Check | None:
    """Bind a rule whose scope is right; None when it has nothing to ask of any order there."""
    check = _bind(KINDS[rule.kind], rule, place)
    return check if check is None or rule.term == ALWAYS else _while_in_force(rule.term, check)


def _while_in_force(term: Term, check: Check) -> Check:
    """Ask a check during its rule's term. A rule without one does not come by here."""
    holds = term.holds

    def passes(case: Case) -> bool:
        return not holds(case.at) or check.passes(case)

    def findings(case: Case) -> Iterable[Finding]:
        return check.findings(case) if holds(case.at) else ()

    def rooms(case: Case) -> Iterable[Room]:
        return check.rooms(case) if holds(case.at) else ()

    # INVARIANT (lower bar): only rules of one term stand in for each other.
    bar = check.bar and Bar((term, check.bar.question), check.bar.heights)
    return Check(passes, findings, rooms, bar)


def _bind(kind: Kind[Any], rule: Rule[Any], place: Place) -> Check | None:
    for path, said in unmet_needs(rule.parameters, place.reference):
        return _unfit(rule, f"`{'.'.join(map(str, path))}`: {said}")
    check = kind.bind(rule, place)
    if check is not None and rule.silent:
        # Room left under a limit would tell that there is one.
        check = Check(check.passes, check.findings, bar=check.bar)
    if check is None or check.bar is not None:
        return check
    # A check's answer follows from its parameters and place: who writes a rule twice pays once.
    return replace(check, bar=Bar((rule.kind, rule.parameters)))


def _unfit(rule: Rule[Any], said: str) -> Check:
    answer = (finding(rule, UNFIT, said),)

    def passes(_: Case) -> bool:
        return False

    def findings(_: Case) -> tuple[Finding, ...]:
        return answer

    return Check(passes, findings)
