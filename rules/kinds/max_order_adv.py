"""The largest share of an instrument's daily volume that one order may ask for.

Asked by RTS 6 article 15(1)(c), maximum order volume, and by the market access rule's "appropriate
size parameters": a thousand shares are little in one name and a day's trading in another. The
measure is the instrument's average daily volume (ADV), in units, as the facts or the market's
events tell it.

    passes when    quantity <= limit * ADV

compared as a product, without division. Of a replace the whole new quantity is judged, as in
`max_order_quantity`. No ADV, or one older than `max_figures_age`, denies.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, show_fixed
from domain.scope import Level, scope
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import PositiveDuration, PositiveFraction
from rules.figures import NO_FIGURE, STALE_FIGURE, disbelief, figure
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

EXCEEDED = Reason(
    "order_quantity_exceeds_share_of_volume",
    OrdRejReason.EXCEEDED_CLIP_SIZE_LIMIT,
    "the order asks for a larger share of the instrument's daily volume than one order may",
)


class Limits(Parameters):
    """`limit` is the largest share of the average daily volume that passes."""

    limit: PositiveFraction
    max_figures_age: PositiveDuration


class MaxOrderAdv(Kind[Limits]):
    """One order asks for no more than a share of the average daily volume."""

    name = "max_order_adv"
    parameters = Limits
    reasons = (EXCEEDED, NO_FIGURE, STALE_FIGURE)
    citations = ("RTS 6 Art 15(1)(c)", "SEC 15c3-5(c)(1)(ii)")

    def bind(self, rule: Rule[Limits], place: Place) -> Check:
        """Bind the share; the volume is looked up for every order."""
        limit, max_age = rule.parameters.limit, rule.parameters.max_figures_age
        where = scope(Level.INSTRUMENT, place.instrument.id)

        def passes(case: Case) -> bool:
            adv = figure(case, "adv", max_age)
            return adv is not None and case.quantity * NANO <= limit * adv

        def findings(case: Case) -> Iterator[Finding]:
            adv = figure(case, "adv", max_age)
            if adv is None:
                reason, text = disbelief(case, "adv", max_age)
                yield finding(rule, reason, text, scope=where)
            elif case.quantity * NANO > limit * adv:
                text = (
                    f"order for {show_fixed(case.quantity)} is over {show_fixed(limit * 100)}% of "
                    f"the average daily volume, {show_fixed(adv)}"
                )
                yield breach(
                    rule,
                    EXCEEDED,
                    text,
                    scope=where,
                    observed=case.quantity,
                    limit=limit * adv // NANO,
                    used=0,
                    unit="units",
                )

        def rooms(case: Case) -> Iterator[Room]:
            adv = figure(case, "adv", max_age)
            if adv is not None:
                yield room(rule, where, used=0, limit=limit * adv // NANO, unit="units")

        return Check(passes, findings, rooms, bar=Bar((self.name, max_age), (limit,)))
