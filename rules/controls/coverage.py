"""Which controls a policy has, which paragraphs its rules serve, and what is known of each rule.

A rule counts on a day when it is in force at the instant asked about. It stands under every control
its kind serves, and serves every paragraph its citation names. A control or paragraph that no rule
serves may still be served by the gate itself, or be another's; where it is neither, the policy
leaves it open, and the report says so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

from domain.ids import Micros, RuleId
from rules.controls.control import Control, Paragraph
from rules.controls.market import CREDIT, ORDER, PERMISSION, TRADING
from rules.controls.paragraphs import LAWS, PARAGRAPHS
from rules.controls.suitability import CLIENT
from rules.edges import Tried
from rules.kind import Rule
from rules.policy import Policy

SECTIONS: Final = (
    ("Per order", ORDER),
    ("Position and credit", CREDIT),
    ("Permission", PERMISSION),
    ("While trading", TRADING),
    ("For the client", CLIENT),
)
"""Every control, by what it looks at."""

ANY_QUESTION: Final = frozenset({"condition"})
"""Kinds that ask what their author wants: they serve what they cite, and no control by name."""


Asked = TypeVar("Asked", Control, Paragraph)


class Served(StrEnum):
    """By what a control or a paragraph is served."""

    RULES = "rules"
    GATE = "gate"
    OTHER = "other"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Fired:
    """How often a rule found something in recorded decisions; when, and in which record, last."""

    count: int
    at: Micros | None
    record: int | None


NEVER: Final = Fired(0, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A rule on the day asked about. `tried` and `fired` are None where nobody looked."""

    rule: Rule[Any]
    in_force: bool
    tried: Tried | None
    fired: Fired | None


@dataclass(frozen=True, slots=True)
class Answered(Generic[Asked]):
    """A control or a paragraph, and the rules that serve it, whether in force or not."""

    asked: Asked
    rules: tuple[Standing, ...]

    @property
    def served(self) -> Served:
        """Say by what it is served, rules first."""
        if any(one.in_force for one in self.rules):
            return Served.RULES
        if self.asked.gate is not None:
            return Served.GATE
        return Served.NOTHING if self.asked.other is None else Served.OTHER


@dataclass(frozen=True, slots=True)
class Coverage:
    """A policy held against both lists."""

    sections: tuple[tuple[str, tuple[Answered[Control], ...]], ...]
    laws: tuple[str, ...]
    paragraphs: tuple[Answered[Paragraph], ...]
    rules: tuple[Standing, ...]

    @property
    def open_paragraphs(self) -> tuple[Answered[Paragraph], ...]:
        """Give the paragraphs that nothing serves."""
        return tuple(one for one in self.paragraphs if one.served is Served.NOTHING)


def coverage(
    policy: Policy,
    at: Micros,
    *,
    laws: Collection[str] = tuple(LAWS),
    tried: Mapping[RuleId, Tried] | None = None,
    fired: Mapping[RuleId, Fired] | None = None,
) -> Coverage:
    """Hold a policy against the lists, as it stands at an instant, and with the laws that bind."""
    standings = tuple(
        Standing(
            rule=rule,
            in_force=rule.term.holds(at),
            tried=None if tried is None else tried.get(rule.id),
            fired=None if fired is None else fired.get(rule.id, NEVER),
        )
        for rule in policy.rules
    )

    def under(control: Control) -> Answered[Control]:
        return Answered(control, tuple(one for one in standings if one.rule.kind in control.kinds))

    def serving(paragraph: Paragraph) -> Answered[Paragraph]:
        named = (one for one in standings if paragraph.is_named_by(one.rule.citation))
        return Answered(paragraph, tuple(named))

    return Coverage(
        sections=tuple((name, tuple(map(under, controls))) for name, controls in SECTIONS),
        laws=tuple(LAWS[law] for law in laws),
        paragraphs=tuple(serving(one) for one in PARAGRAPHS if one.name.startswith(tuple(laws))),
        rules=standings,
    )
