"""Which instruments may not be traded, or not on one side, by a named list.

Asked by the market access rule (c)(2)(ii), orders for securities the firm or a customer is
restricted from trading, and by every control room. The lists are part of the reference facts; a
rule names one of them. A restricted list denies; a watch list is the same rule with the verdict
``warn``.

    passes when    the instrument is not on the list, or the order is not on a barred side

`barred` is ``all``, ``buys``, ``sells`` (long and short) or ``short_sells``. An instrument counts
by its own identifier only: who restricts an issuer lists each of its instruments.
"""

from collections.abc import Iterator
from typing import Literal

from domain.finding import Finding, OrdRejReason
from domain.order import Side
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import ListName
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

LISTED = Reason(
    "instrument_is_restricted",
    OrdRejReason.OTHER,
    "the instrument is on a list that bars this side of trading",
)

SIDES = {
    "all": frozenset(Side),
    "buys": frozenset({Side.BUY}),
    "sells": frozenset(Side) - {Side.BUY},
    "short_sells": frozenset({Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT}),
}


class Listed(Parameters):
    """`list` is the name of a list of the reference facts."""

    list: ListName
    barred: Literal["all", "buys", "sells", "short_sells"] = "all"


class RestrictedList(Kind[Listed]):
    """The instrument is on no list that bars trading it."""

    name = "restricted_list"
    parameters = Listed
    reasons = (LISTED,)
    citations = ("SEC 15c3-5(c)(2)(ii)",)

    def bind(self, rule: Rule[Listed], place: Place) -> Check | None:
        """Look the instrument up once; off the list there is nothing to ask."""
        instrument = place.instrument.id
        entries = place.reference.lists[rule.parameters.list].entries
        if not any(entry.names(place.instrument) for entry in entries):
            return None
        barred = SIDES[rule.parameters.barred]
        where = scope(Level.INSTRUMENT, instrument)

        def passes(case: Case) -> bool:
            return case.order.side not in barred

        def findings(case: Case) -> Iterator[Finding]:
            if case.order.side in barred:
                text = f"`{instrument}` is on the list `{rule.parameters.list}`"
                yield finding(
                    rule, LISTED, text, scope=where, observed=instrument, limit=rule.parameters.list
                )

        return Check(passes, findings)
