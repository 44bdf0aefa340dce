"""The house's own rules: in force whatever the policy says, and when there is none.

The trading state is the kill switch. A place lies in many scopes, and the gravest state of any of
them holds:

* ACTIVE asks nothing;
* REDUCING lets through only what brings the account's position in the instrument nearer to zero
  even if every working order on that side fills: a sale while long by no more than the position
  less the working sales, a purchase while short likewise;
* HALTED lets nothing through. Cancels are not judged, so they always pass.

What the gate itself asks for, to close what is held (`gateway.flatten`), may only reduce whatever
the state: its session is REDUCING for ever.
"""

from collections.abc import Iterable
from typing import Final

from domain.finding import Finding, OrdRejReason, Verdict
from domain.flattening import GATE
from domain.ids import RuleId
from domain.scope import SEVERITY, Level, Scope, TradingState, scope
from rules.answer import breach, finding
from rules.case import Case
from rules.check import Check
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place
from rules.reducing import room_to_zero

PREFIX: Final = "house."
"""How the ids of these rules begin; a policy's may not."""


class NoParameters(Parameters):
    """The house's rules cannot be set."""


class TradingStateKind(Kind[NoParameters]):
    """The kill switch: what the scopes an order lies in may do at all."""

    name = "trading_state"
    parameters = NoParameters
    citations = ("RTS 6 Art 12", "RTS 7 Art 18(2)(c)")
    halted = Reason(
        "trading_is_halted",
        OrdRejReason.OTHER,
        "a scope the order lies in is HALTED: only cancels pass",
    )
    not_reducing = Reason(
        "order_does_not_reduce_position",
        OrdRejReason.OTHER,
        "a scope the order lies in is REDUCING, and the order could leave the position no smaller",
    )
    reasons = (halted, not_reducing)

    def bind(self, rule: Rule[NoParameters], place: Place) -> Check:
        scopes = place.scopes
        states = place.states
        room = room_to_zero(place)
        closing = place.session == GATE

        def allowed(state: TradingState, case: Case) -> bool:
            match state:
                case TradingState.ACTIVE:
                    return True
                case TradingState.REDUCING:
                    return room(case) >= case.change
                case TradingState.HALTED:
                    return False

        def passes(case: Case) -> bool:
            if closing and room(case) < case.change:
                return False
            if not states:
                return True
            return all(allowed(states[at], case) for at in scopes if at in states)

        def findings(case: Case) -> Iterable[Finding]:
            at = max((at for at in scopes if at in states), key=severity, default=None)
            if closing and (at is None or states[at] is not TradingState.HALTED):
                at, state = scope(Level.SESSION, GATE), TradingState.REDUCING
            elif at is not None:
                state = states[at]
            else:
                return
            if allowed(state, case):
                return
            if state is TradingState.HALTED:
                yield finding(rule, self.halted, f"trading in {at} is halted", scope=at)
            else:
                yield breach(
                    rule,
                    self.not_reducing,
                    f"trading in {at} may only bring positions nearer to zero",
                    scope=at,
                    observed=case.change,
                    limit=max(0, room(case)),
                    unit="units",
                )

        def severity(at: Scope) -> int:
            return SEVERITY[states[at]]

        return Check(passes, findings)


HOUSE: Final[tuple[tuple[Kind[NoParameters], Rule[NoParameters]], ...]] = tuple(
    (
        kind,
        Rule(
            id=RuleId(f"{PREFIX}{kind.name}"),
            kind=kind.name,
            verdict=Verdict.DENY,
            scope={},
            citation="; ".join(kind.citations),
            parameters=NoParameters(),
        ),
    )
    for kind in (TradingStateKind(),)
)
"""The rules no policy can leave out."""
