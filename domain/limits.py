"""Limits that live beside the policy: one number for one scope, under a name rules refer to.

A policy says *how* a limit is asked (credit used, with holds, at every node); how much each of a
thousand customers may have is a fact. Such a limit comes with the reference facts and may be
changed during the day by a person, as a journalled event, until an instant or until newer facts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.fixed import Amount
from domain.ids import Micros
from domain.scope import Scope

LimitKey = tuple[str, Scope]
"""A limit's name, such as ``credit``, and the scope it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit as a fact. `hard` is what nobody passes; `soft`, if any, warns before it.

    Nanos of the firm's base currency.
    """

    name: str
    scope: Scope
    hard: Amount
    soft: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitNow:
    """A limit as a person changed it, and until when; None is until the next facts."""

    hard: Amount
    soft: Amount | None
    until: Micros | None
    by: str
    seq: int


@dataclass(slots=True)
class Limits:
    """The limits in force: the facts', and over them what people changed."""

    facts: dict[LimitKey, Limit] = field(default_factory=dict)
    changed: dict[LimitKey, LimitNow] = field(default_factory=dict)

    def load(self, facts: Iterable[Limit]) -> None:
        """Put new facts in force. What people changed without an end is forgotten."""
        self.facts = {(limit.name, limit.scope): limit for limit in facts}
        self.changed = {key: now for key, now in self.changed.items() if now.until is not None}

    def find(self, name: str, place: Scope, at: Micros) -> tuple[Amount, Amount | None] | None:
        """Give the hard and the soft limit of a scope now; None where there is none."""
        now = self.changed.get((name, place))
        if now is not None and (now.until is None or at < now.until):
            return now.hard, now.soft
        fact = self.facts.get((name, place))
        return None if fact is None else (fact.hard, fact.soft)
