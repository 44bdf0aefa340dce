"""How a rule says no, and how much room it leaves: the one shape of every kind's answers.

Quantities, prices, amounts and fractions are given in nanos and written as exact decimals.
Counts are given times `NANO`. Headroom is what was left before this order: the limit less what
was used, below zero where the limit is already broken.
"""

from typing import Any

from domain.finding import Finding
from domain.fixed import show_fixed
from domain.scope import Scope
from rules.check import Room
from rules.kind import Reason, Rule


def finding(
    rule: Rule[Any],
    reason: Reason,
    text: str,
    *,
    scope: Scope | None = None,
    observed: str | None = None,
    limit: str | None = None,
    headroom: str | None = None,
    unit: str | None = None,
) -> Finding:
    """Say no in a rule's name. `text` is one sentence for a trader, in lower case."""
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        verdict=rule.verdict,
        reason=reason.name,
        text=text,
        scope=scope,
        observed=observed,
        limit=limit,
        headroom=headroom,
        unit=unit,
        citation=rule.citation,
        fix_reason=reason.fix,
        silent=rule.silent,
    )


def breach(
    rule: Rule[Any],
    reason: Reason,
    text: str,
    *,
    observed: int,
    limit: int,
    unit: str,
    used: int | None = None,
    scope: Scope | None = None,
) -> Finding:
    """Say that a figure broke its limit. `used` is what it was before this order."""
    return finding(
        rule,
        reason,
        text,
        scope=scope,
        observed=show_fixed(observed),
        limit=show_fixed(limit),
        headroom=None if used is None else show_fixed(limit - used),
        unit=unit,
    )


def room(rule: Rule[Any], scope: Scope, *, used: int, limit: int, unit: str) -> Room:
    """Say how much of a limit is used and left."""
    return Room(
        rule=rule.id,
        scope=scope,
        used=show_fixed(used),
        limit=show_fixed(limit),
        left=show_fixed(limit - used),
        unit=unit,
    )
