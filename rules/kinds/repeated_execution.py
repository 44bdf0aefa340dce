"""How often a strategy may be applied before a person must enable it again.

Asked by RTS 6 article 15(3), repeated automated execution throttles: after a stated number of
applications the strategy is disabled until a designated member of staff enables it again. A
strategy is applied when it asks for a new order, by order or by signal, whatever becomes of
that order.

    passes when    the most applications in any `window` since it was last enabled,
                   this one counted, <= limit

The first application over the limit is refused, and so is everything after it, replaces too,
however long the strategy then keeps still: `rules.memories.applications` remembers the peak.
A person enables it again by ordering the trading state ACTIVE for the strategy's own scope. With
`reenabled_by` that is kept for people who hold one of the roles named: anybody else's ACTIVE for
a strategy the rule may apply to is refused, also when it was meant to end a halt, since it would
set the count back. Orders that name no strategy are not asked.
"""

from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Annotated

from pydantic import Field

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, show_fixed
from domain.people import Role
from domain.scope import Level, Scope, level_of, name_of, scope
from rules.answer import breach, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.memories.applications import TIMES_MAX, StrategyApplications
from rules.memories.messages import count_since
from rules.memory import Memory, MemoryKey
from rules.place import Place

DISABLED = Reason(
    "strategy_is_disabled",
    OrdRejReason.ALGORITHM_RISK_THRESHOLD,
    "the strategy was applied more often than allowed, and nobody has enabled it again",
)


class Limits(Parameters):
    """`limit` applications may come within `window`; `reenabled_by` empty is anybody."""

    limit: Annotated[int, Field(ge=1, lt=TIMES_MAX)]
    window: PositiveDuration
    reenabled_by: tuple[Annotated[Role, Field(strict=False)], ...] = ()


class RepeatedExecution(Kind[Limits]):
    """A strategy is not applied more than `limit` times within `window`."""

    name = "repeated_execution"
    parameters = Limits
    reasons = (DISABLED,)
    citations = ("RTS 6 Art 15(3)",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the limit to one strategy's past."""
        strategy = place.strategy
        if strategy is None:
            return None
        where = scope(Level.STRATEGY, strategy)
        memory = place.memories[_key(rule.parameters)]
        assert isinstance(memory, StrategyApplications)
        strategies, limit, window = memory.strategies, rule.parameters.limit, rule.parameters.window

        def passes(case: Case) -> bool:
            applied = strategies.get(strategy)
            if applied is None:
                return True
            if applied.peak > limit:
                return False
            times = applied.times
            return (
                len(times) < limit or times[-limit] <= case.at - window or case.replaced is not None
            )

        def counted(case: Case, mine: int) -> int:
            applied = strategies.get(strategy)
            if applied is None:
                return mine
            return max(applied.peak, count_since(applied.times, case.at - window) + mine)

        def findings(case: Case) -> Iterator[Finding]:
            count = counted(case, 0 if case.replaced is not None else 1)
            if count > limit:
                text = (
                    f"{where} was applied {count} times within {show_fixed(window * 1000)} s, over "
                    f"{limit}, and is disabled until a person orders it ACTIVE"
                )
                yield breach(
                    rule,
                    DISABLED,
                    text,
                    scope=where,
                    observed=count * NANO,
                    limit=limit * NANO,
                    used=counted(case, 0) * NANO,
                    unit="applications",
                )

        def rooms(case: Case) -> Iterator[Room]:
            used = counted(case, 0) * NANO
            yield room(rule, where, used=used, limit=limit * NANO, unit="applications")

        bar = Bar((self.name, rule.parameters.window), (rule.parameters.limit,))
        return Check(passes, findings, rooms, bar=bar)

    def memory(self, rule: Rule[Limits]) -> tuple[MemoryKey, Callable[[], Memory]]:
        """Remember the applications of strategies, shared by all rules of one window."""
        window = rule.parameters.window
        return _key(rule.parameters), lambda: StrategyApplications(window)

    def keepers(self, rule: Rule[Limits], place: Scope) -> AbstractSet[Role]:
        """Keep every strategy the rule does not leave out by name."""
        strategies = rule.scope.get(Level.STRATEGY)
        if level_of(place) is not Level.STRATEGY:
            return frozenset()
        if strategies is not None and name_of(place) not in strategies:
            return frozenset()
        return frozenset(rule.parameters.reenabled_by)


def _key(limits: Limits) -> MemoryKey:
    return MemoryKey(f"applications in {limits.window}us")
