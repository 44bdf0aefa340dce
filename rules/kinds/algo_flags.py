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

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import Field

from domain.finding import Finding, OrdRejReason
from domain.order import Order, Origin
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

DECISION_MAKER: Final = 122
"""PartyRole (452): the person or algorithm that took the investment decision."""
EXECUTOR: Final = 12
"""PartyRole (452): the person or algorithm that executes."""

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
    citations = ("RTS 6 art 12(3)", "RTS 22 fields 57, 59")

    def bind(self, rule: Rule[Required], place: Place) -> Check:
        """Look the strategy up once, and ask every order for the rest."""
        strategy = None if place.strategy is None else place.reference.strategies[place.strategy]
        lacks: Mapping[str, Callable[[Order], bool]] = {
            "origin": lambda order: order.origin is None,
            "capacity": lambda order: order.capacity is None,
            "decision_maker": lambda order: not _names(order, DECISION_MAKER),
            "executor": lambda order: not _names(order, EXECUTOR),
            "strategy": lambda order: strategy is None and order.origin is not Origin.HUMAN,
            "algo_id": lambda order: (
                (strategy is None or not strategy.algo_id) and order.origin is not Origin.HUMAN
            ),
        }
        # As the reasons stand, so that rules that ask the same in another order say the same.
        asked = tuple((flag, lacks[flag]) for flag in REASONS if flag in rule.parameters.required)
        questions = tuple(lack for _, lack in asked)
        where = scope(Level.ACCOUNT, place.account.id)

        def passes(case: Case) -> bool:
            order = case.order
            for lack in questions:  # noqa: SIM110 (any() would make a generator for every order)
                if lack(order):
                    return False
            return True

        def findings(case: Case) -> Iterator[Finding]:
            for flag, lack in asked:
                if lack(case.order):
                    reason = REASONS[flag]
                    yield finding(rule, reason, reason.meaning, scope=where, observed=flag)

        return Check(passes, findings)


def _names(order: Order, role: int) -> bool:
    for party in order.parties:  # noqa: SIM110 (as above)
        if party.role == role and party.id:
            return True
    return False
