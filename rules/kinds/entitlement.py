"""Whether who asks for an order has been permitted to trade what it is for.

Asked by RTS 6 articles 15(5) and 18(5) and by the market access rule (c)(2)(iii): a trader without
permission for an instrument is stopped before entry. The reference facts hold entitlements. Each
opens a part of the market to one scope of the account tree, or to one strategy, and covers an
instrument when

    it names the instrument's asset class, or none
    and its venue, or none
    and the instrument itself, or none

    passes when    an entitlement of some scope the order lies in covers the instrument

`per` names levels that must each have been granted it: with ``[trader, account]`` the trader needs
an entitlement and the account another. An order without a strategy has no strategy to be granted
anything, and does not pass where `per` names that level: leaving the name out opens no door.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from domain.finding import Finding, OrdRejReason
from domain.instrument import Instrument
from domain.permission import Entitlement
from domain.scope import Level, Scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import NodeLevel
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

NOT_ENTITLED = Reason(
    "entitlement_is_missing",
    OrdRejReason.OTHER,
    "no entitlement of those the order comes from covers the instrument",
)


class Granting(Parameters):
    """The levels that must each hold an entitlement; left out, any one of them is enough."""

    per: Annotated[tuple[NodeLevel, ...], Field(min_length=1)] | None = None


class EntitlementHeld(Kind[Granting]):
    """Who asks for the order is entitled to trade the instrument."""

    name = "entitlement"
    parameters = Granting
    reasons = (NOT_ENTITLED,)
    citations = ("RTS 6 Art 15(5)", "RTS 6 Art 18(5)", "SEC 15c3-5(c)(2)(iii)")

    def bind(self, rule: Rule[Granting], place: Place) -> Check | None:
        """Look the entitlements up once: an order cannot change what it was granted."""
        lacking = tuple(_lacking(rule.parameters.per, place))
        if not lacking:
            return None
        instrument = place.instrument
        part = f"`{instrument.id}` ({instrument.asset_class}, {instrument.mic})"
        answer = tuple(
            finding(
                rule,
                NOT_ENTITLED,
                f"{said} to trade {part}",
                scope=where,
                observed=instrument.id,
            )
            for said, where in lacking
        )

        def passes(_: Case) -> bool:
            return False

        def findings(_: Case) -> tuple[Finding, ...]:
            return answer

        return Check(passes, findings)


def covers(entitlement: Entitlement, instrument: Instrument) -> bool:
    """Whether an entitlement is for an instrument. An empty set means all."""
    return (
        (not entitlement.asset_classes or instrument.asset_class in entitlement.asset_classes)
        and (not entitlement.venues or instrument.mic in entitlement.venues)
        and (not entitlement.instruments or instrument.id in entitlement.instruments)
    )


def _lacking(per: Sequence[NodeLevel] | None, place: Place) -> Iterator[tuple[str, Scope | None]]:
    """Say who holds no entitlement and should, with the scope that should hold it."""
    granted = {
        each.scope for each in place.reference.entitlements if covers(each, place.instrument)
    }
    if per is None:
        if granted.isdisjoint(where for where, _ in place.path):
            yield "nobody the order comes from is entitled", None
        return
    for level in per:
        found = place.node(Level(level))
        if found is None:
            yield f"an order that names no {level} is not entitled", None
        elif found[0] not in granted:
            yield f"{found[0]} is not entitled", found[0]
