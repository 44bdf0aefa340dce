"""How large a share of a node one instrument may be.

Asked by mandates and fund rules (no more than so much of the capital in one name). The share of
the order's instrument at a node of the tree, with this order working, is

    share = gross value of the instrument there / whole

where the gross value is ``max(|up|, |down|)`` of `domain.exposure` at the price the order is
judged by, and the whole is one of two things:

* ``capital``: an amount the policy states, such as the fund's net assets;
* the node's own gross exposure, this order counted in it, but at least ``gross_floor``, without
  which the first order into an empty book would always be all of it.

    passes when    share <= limit

compared as a product, without division. An order that does not make the instrument's gross value
larger is never refused.

No reference price or rate denies; and where the node's own gross exposure is the whole, any
other holding there without a value does.
"""

from collections.abc import Iterator
from typing import Final, Self

from pydantic import model_validator

from domain.exposure import Line, stake
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, divided, show_fixed
from domain.scope import Level
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import FixedAmount, NodeLevel, PositiveFraction
from rules.kind import Kind, Parameters, Reason, Rule
from rules.missing import NO_RATE, NO_REFERENCE, UNPRICED, unpriced, unvalued
from rules.place import Place

EXCEEDED = Reason(
    "concentration_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the instrument can become a larger share of the node than allowed",
)

NOTHING: Final = Line()


class Limits(Parameters):
    """Exactly one of `capital` and `gross_floor` says what the share is a share of."""

    limit: PositiveFraction
    per: NodeLevel = "account"
    capital: FixedAmount | None = None
    gross_floor: FixedAmount | None = None

    @model_validator(mode="after")
    def _one_whole(self) -> Self:
        if (self.capital is None) == (self.gross_floor is None):
            raise ValueError("wanted exactly one of `capital` and `gross_floor`")
        return self


class Concentration(Kind[Limits]):
    """One instrument is no more than a share of what a node has."""

    name = "concentration"
    parameters = Limits
    reasons = (EXCEEDED, NO_REFERENCE, NO_RATE, UNPRICED)

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the share to a node; the whole is stated or grows with the node."""
        found = place.node(Level(rule.parameters.per))
        if found is None:
            return None
        where, node = found
        lines, instrument = node.lines, place.instrument.id
        limit, capital, floor = (
            rule.parameters.limit,
            rule.parameters.capital,
            rule.parameters.gross_floor,
        )
        stated = capital or floor
        assert stated is not None
        whole = stated.amount
        # ceil(exact / N) * N <= limit * whole, solved for exact.
        ceiling = limit * whole // NANO * NANO

        def valued(unit: int, buys: int, sells: int) -> tuple[int, int]:
            """Give the instrument's gross value and the whole when so much more is working."""
            line = lines.get(instrument, NOTHING)
            own, _, _ = stake(line.position, line.buys + buys, line.sells + sells, unit)
            if floor is None:
                return own, whole
            return own, max(whole, node.gross - line.gross + own)

        def passes(case: Case) -> bool:
            unit = case.unit
            if unit is not None and unit > 0 and not (floor and node.unpriced):
                line = lines.get(instrument, NOTHING)
                up = (line.position + line.buys + case.buys) * unit
                down = (line.sells + case.sells - line.position) * unit
                if up <= ceiling >= down:
                    return True
                if floor is not None:
                    own = -(-max(up, down) // NANO)
                    if own * NANO <= limit * (node.gross - line.gross + own):
                        return True
            return next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            if case.unit is None:
                reason, text = unvalued(case)
                yield finding(rule, reason, text, scope=where)
                return
            others = node.unpriced - {instrument}
            if others and floor is not None:
                yield finding(rule, UNPRICED, unpriced(where, others), scope=where)
                return
            before, whole_before = valued(case.unit, 0, 0)
            own, whole_then = valued(case.unit, case.buys, case.sells)
            if own * NANO > limit * whole_then and own > before:
                share = divided(own, whole_then)
                text = (
                    f"`{instrument}` could become {show_fixed(share * 100)}% of {where}, "
                    f"over {show_fixed(limit * 100)}%"
                )
                yield breach(
                    rule,
                    EXCEEDED,
                    text,
                    scope=where,
                    observed=share,
                    limit=limit,
                    used=divided(before, whole_before),
                    unit="fraction",
                )

        def rooms(case: Case) -> Iterator[Room]:
            if case.unit is None or (floor is not None and node.unpriced - {instrument}):
                return
            own, all_of_it = valued(case.unit, 0, 0)
            yield room(rule, where, used=divided(own, all_of_it), limit=limit, unit="fraction")

        # Of a stated capital only its share counts; what grows with the node has a share alone.
        height = ceiling if floor is None else limit
        bar = Bar((self.name, rule.parameters.per, floor), (height,))
        return Check(passes, findings, rooms, bar=bar)
