"""A policy: the rules compliance wrote, read once and never changed.

A policy is named by the SHA-256 of its exact bytes. Every decision carries that digest and the
journal keeps the bytes, so years later one can say by which words an order was judged.
"""

from dataclasses import dataclass
from typing import Any

from domain.events import StateOrdered
from domain.ids import Digest, Micros
from domain.people import role_fault
from domain.reference import Reference
from domain.scope import TradingState
from rules.check import Panel
from rules.compile import bind_rules
from rules.kind import Rule
from rules.memory import Memory, MemoryKey
from rules.place import Place
from rules.registry import KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy that was read without a fault. `rules` stand in the order they were written."""

    digest: Digest
    name: str
    version: int
    description: str
    owner: str
    rules: tuple[Rule[Any], ...]

    def bind(self, place: Place) -> Panel:
        """Give the checks of a place: the house's, then this policy's that apply."""
        return bind_rules(self.rules, place)

    def memories(self) -> dict[MemoryKey, Memory]:
        """Make a fresh memory of every shape the rules need."""
        needed = (KINDS[rule.kind].memory(rule) for rule in self.rules)
        return {key: make() for key, make in filter(None, needed)}

    def state_fault(self, body: StateOrdered, at: Micros, reference: Reference) -> str | None:
        """Say why a rule in force keeps somebody from setting a state; None when none does."""
        if body.state is not TradingState.ACTIVE:
            return None
        for rule in self.rules:
            if not rule.term.holds(at):
                continue
            keepers = KINDS[rule.kind].keepers(rule, body.scope)
            fault = role_fault(reference.people, body.by, keepers) if keepers else None
            if fault is not None:
                return f"rule `{rule.id}` keeps {body.scope}: {fault}"
        return None
