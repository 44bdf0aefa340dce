"""Whether a sale is marked as what it is.

Asked by Regulation SHO rule 200(g): a sale may be marked long only if the seller owns what it
sells. With *p* the account's position and *s* its working sales, of either mark,

    covered = p - s

is what it still has to sell. Two questions:

* a sale marked long:   passes when    quantity added by the order <= covered
* a sale marked short of what is fully covered is marked wrongly the other way;
  `covered_short` says what that means: ``pass``, ``warn`` (the default) or ``deny``

Purchases are not asked, nor is a replace that adds no quantity. Whether what is sold short can be
borrowed is `locate`'s question, and at what price it may be sold `short_price_test`'s.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Literal

from domain.exposure import Line
from domain.finding import Finding, OrdRejReason, Verdict
from domain.fixed import show_fixed
from domain.order import Side
from domain.scope import Level
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

UNCOVERED = Reason(
    "long_sale_is_not_covered",
    OrdRejReason.SHORT_SELL_NOT_PERMITTED,
    "the sale is marked long, and the position less working sales does not cover it",
)

COVERED = Reason(
    "short_sale_is_covered",
    OrdRejReason.OTHER,
    "the sale is marked short, and the position less working sales covers all of it",
)

NOTHING: Final = Line()


class Marking(Parameters):
    """What it means that a sale marked short is covered."""

    covered_short: Literal["pass", "warn", "deny"] = "warn"


class ShortSale(Kind[Marking]):
    """A sale's mark, long or short, is true."""

    name = "short_sale"
    parameters = Marking
    reasons = (UNCOVERED, COVERED)
    citations = ("SHO 200(g)",)

    def bind(self, rule: Rule[Marking], place: Place) -> Check:
        """Bind the account's line; purchases are answered at once."""
        found = place.node(Level.ACCOUNT)
        assert found is not None, "every path has an account"
        where, node = found
        lines, instrument = node.lines, place.instrument.id
        marking = rule.parameters
        buy, sell = Side.BUY, Side.SELL

        def passes(case: Case) -> bool:
            side = case.order.side
            if side is buy:
                return True
            if side is sell:
                line = lines.get(instrument, NOTHING)
                return case.sells <= line.position - line.sells or not case.sells
            return next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            order = case.order
            if order.side.is_buy:
                return
            line = lines.get(instrument, NOTHING)
            covered = line.position - line.sells
            if case.sells and not order.side.is_short and case.sells > covered:
                text = (
                    f"long sale adds {show_fixed(case.sells)}, and position less working sales "
                    f"covers {show_fixed(max(0, covered))}"
                )
                yield finding(
                    rule,
                    UNCOVERED,
                    text,
                    scope=where,
                    observed=show_fixed(case.sells),
                    limit=show_fixed(covered),
                    headroom=show_fixed(covered),
                    unit="units",
                )
            if not order.side.is_short:
                return
            if case.sells and case.sells <= covered and marking.covered_short != "pass":
                text = (
                    f"short sale adds {show_fixed(case.sells)}, and position less working sales "
                    f"covers {show_fixed(covered)}: it is a long sale"
                )
                no = finding(
                    rule,
                    COVERED,
                    text,
                    scope=where,
                    observed=show_fixed(case.sells),
                    limit=show_fixed(covered),
                    unit="units",
                )
                yield replace(no, verdict=Verdict(marking.covered_short))

        return Check(passes, findings)
