"""Whether an order says who decided it and who, or what, carries it out.

Asked by RTS 6 article 12(3), under which a firm knows which algorithm and which trader or client is
behind every order it sends, and by RTS 22 fields 57 and 59, which report them. An order is complete
when all that `required` names is there:

``origin``          whether a person or an algorithm sent it    FIX 1028, 1724, 2594 with 2595
``capacity``        in what capacity the firm deals             FIX 528 (47 in 4.2)
``decision_maker``  who within the firm took the decision       FIX 452=122, RTS 22 field 57
``executor``        who within the firm carries it out          FIX 452=12, RTS 22 field 59
``strategy``        the strategy, of an order from an algorithm FIX 847, or the session's own tag
``algo_id``         its registered identifier, in the facts     RTS 22 fields 57 and 59

The last two are asked of orders whose origin is an algorithm; what a person decided has neither.
An order that does not say its origin could be an algorithm's, and is asked for them too. Everything
that is missing is said at once. Left out, `required` is the first four.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import Field

from domain.finding import Finding, OrdRejReason
from domain.order import Origin
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

ROLES: Final[Mapping[str, int]] = MappingProxyType({"decision_maker": 122, "executor": 12})
"""PartyRole (452) of the person or algorithm that decided, and of the one that executes."""

REASONS: Final[Mapping[str, Reason]] = MappingProxyType(
    {
        flag: Reason(name, OrdRejReason.OTHER, meaning)
        for flag, name, meaning in (
            (
                "origin",
                "origin_is_missing",
                "the order does not say whether a person or an algorithm sent it",
            ),
            (
                "capacity",
                "capacity_is_missing",
                "the order does not say in what capacity the firm deals",
            ),
            (
                "decision_maker",
                "decision_maker_is_missing",
                "the order does not name who took the investment decision",
            ),
            (
                "executor",
                "executor_is_missing",
                "the order does not name who carries it out",
            ),
            (
                "strategy",
                "strategy_is_missing",
                "the order may be an algorithm's, and names no strategy",
            ),
            (
                "algo_id",
                "algorithm_is_unidentified",
                "the order may be an algorithm's, whose identifier the facts do not hold",
            ),
        )
    }
)

Flag = Literal["origin", "capacity", "decision_maker", "executor", "strategy", "algo_id"]


class Required(Parameters):
    """What an order must say of who is behind it."""

    required: Annotated[tuple[Flag, ...], Field(min_length=1)] = (
        "origin",
        "capacity",
        "decision_maker",
        "executor",
    )


class AlgoFlags(Kind[Required]):
    """The order says who decided it and who, or what, carries it out."""

    name = "algo_flags"
    parameters = Required
    reasons = tuple(REASONS.values())
    citations = ("RTS 6 Art 12(3)", "RTS 22 fields 57, 59")

    def bind(self, rule: Rule[Required], place: Place) -> Check:
        """Look the strategy up once, and ask every order for the rest."""
        strategy = None if place.strategy is None else place.reference.strategies[place.strategy]
        identified = strategy is not None and bool(strategy.algo_id)
        wanted = frozenset(rule.parameters.required)
        origin, capacity = "origin" in wanted, "capacity" in wanted
        roles = tuple(role for flag, role in ROLES.items() if flag in wanted)
        anonymous = ("strategy" in wanted and strategy is None) or (
            "algo_id" in wanted and not identified
        )
        where = scope(Level.ACCOUNT, place.account.id)
        human = Origin.HUMAN

        def passes(case: Case) -> bool:
            order = case.order
            if (
                (origin and order.origin is None)
                or (capacity and order.capacity is None)
                or (anonymous and order.origin is not human)
            ):
                return False
            for role in roles:
                for party in order.parties:
                    if party.role == role and party.id:
                        break
                else:
                    return False
            return True

        def findings(case: Case) -> Iterator[Finding]:
            order = case.order
            named = {party.role for party in order.parties if party.id}
            lacking = {
                "origin": order.origin is None,
                "capacity": order.capacity is None,
                **{flag: role not in named for flag, role in ROLES.items()},
                "strategy": strategy is None and order.origin is not human,
                "algo_id": not identified and order.origin is not human,
            }
            for flag, reason in REASONS.items():
                if flag in wanted and lacking[flag]:
                    yield finding(rule, reason, reason.meaning, scope=where, observed=flag)

        return Check(passes, findings)
