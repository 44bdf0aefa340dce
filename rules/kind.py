"""What a kind of rule is.

A kind is one module under `rules/kinds/`; the module's name is the ``kind:`` in YAML. It says,
for people, what it asks and who demands it, and for the gate, how to bind one rule of the kind
to one place:

    YAML ──parse──► Rule (limits as exact integers) ──bind to a Place──► Check ──ask──► findings
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from domain.finding import OrdRejReason, Verdict
from domain.ids import RuleId
from domain.people import Role
from domain.scope import Level, Scope
from rules.check import Check
from rules.fault import Mark
from rules.memory import Memory, MemoryKey
from rules.place import Place
from rules.term import ALWAYS, Term


class Parameters(BaseModel):
    """What a rule of a kind may be told in YAML. Unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Reason:
    """One way a kind can say no: the identifier desks see, its FIX 103, and what it means."""

    name: str
    fix: OrdRejReason
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[P]):
    """One rule of a policy. `scope` narrows where it applies: every level named must match.

    `term` says when it is in force, `mark` where it stands in the policy's text.

    What a `silent` rule finds is for compliance to read and never told to a desk; it warns.
    """

    id: RuleId
    kind: str
    verdict: Verdict
    scope: Mapping[Level, frozenset[str]]
    citation: str | None
    silent: bool = False
    term: Term = ALWAYS
    mark: Mark | None = None
    parameters: P


class Kind(ABC, Generic[P]):
    """A kind of rule. `citations` are the articles that ask for it; `reasons` all its noes."""

    name: ClassVar[str]
    parameters: type[P]
    reasons: ClassVar[tuple[Reason, ...]]
    citations: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def bind(self, rule: Rule[P], place: Place) -> Check | None:
        """Bind a rule that applies to a place; None when it has nothing to ask there."""

    def memory(self, rule: Rule[P]) -> tuple[MemoryKey, Callable[[], Memory]] | None:  # noqa: ARG002
        """Say what memory the rule needs: its key, and how to make an empty one."""
        return None

    def keepers(self, rule: Rule[P], place: Scope) -> AbstractSet[Role]:  # noqa: ARG002
        """Say whose word alone sets a scope ACTIVE again; none named is anybody's."""
        return frozenset()
