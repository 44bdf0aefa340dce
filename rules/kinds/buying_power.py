"""Intraday margin: no order may create or increase a deficit.

Asked by FINRA rule 4210 as amended by SR-FINRA-2025-017 (91 FR 20731): in place of the pattern day
trader's count and minimum, a firm watches the margin of the account through the day, and may do so
by blocking what would create or increase an intraday margin deficit. With the account's equity as
its books told it and what was won or lost since (`domain.equity`), and the requirement on all that
is held and working, this order counted,

    requirement = maintenance * gross exposure          (`domain.exposure`), rounded up
    deficit     = max(0, requirement - equity)

    passes when    requirement <= equity, or the exposure is no larger than without the order

A firm's rate is its own to set and at least the rule's: `maintenance` is a parameter and stands in
a policy with its date. It is one rate for long and short, so the more prudent of the two; who needs
several writes a rule for each broker or account, scoped. An option counts by its delta, which is a
measure of its risk and not the exchange's schedule of margins.

The amendment is in force from 4 June 2026 and may be phased in until 20 October 2027: the rule's
`effective_from` and `effective_until`, and its scope, say which of a firm's accounts are judged by
this and which still by `pattern_day_trader`.

No price, rate or delta of the order's instrument or of another holding denies; and so does an
equity nobody told, or told longer ago than `equity_age`.
"""

from collections.abc import Iterator
from typing import Final

from domain.exposure import Line, stake
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, scaled, show_fixed
from domain.scope import Level
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import PositiveDuration, PositiveFraction
from rules.freshness import Ages, no_older
from rules.kind import Kind, Reason, Rule
from rules.missing import (
    NO_DELTA,
    NO_EQUITY,
    NO_RATE,
    NO_REFERENCE,
    NO_UNDERLYING,
    STALE_DELTA,
    STALE_EQUITY,
    STALE_RATE,
    UNPRICED,
    unfunded,
    unpriced,
    unstaked,
)
from rules.place import Place

DEFICIT = Reason(
    "intraday_margin_deficit",
    OrdRejReason.INSUFFICIENT_CREDIT_LIMIT,
    "with this order the margin required could become more than the account's equity",
)

NOTHING: Final = Line()


class Limits(Ages):
    """`maintenance` is the share of the gross exposure that must be there as equity."""

    maintenance: PositiveFraction
    equity_age: PositiveDuration | None = None


class BuyingPower(Kind[Limits]):
    """An order creates or increases no intraday margin deficit of the account."""

    name = "buying_power"
    parameters = Limits
    reasons = (
        DEFICIT,
        NO_REFERENCE,
        NO_RATE,
        NO_DELTA,
        NO_UNDERLYING,
        UNPRICED,
        NO_EQUITY,
        STALE_EQUITY,
        STALE_RATE,
        STALE_DELTA,
    )
    citations = ("FINRA 4210",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check:
        """Bind the rate to the account; what its books told is taken until newer facts."""
        found = place.node(Level.ACCOUNT)
        assert found is not None, "every path ends in an account"
        where, node = found
        lines, instrument, base = node.lines, place.instrument.id, place.reference.base
        maintenance, equity_age = rule.parameters.maintenance, rule.parameters.equity_age
        funds, told = place.book.funds_of(where), place.book.funds_told(where)

        def gross(unit: int, buys: int, sells: int) -> int:
            line = lines.get(instrument, NOTHING)
            own, _, _ = stake(line.position, line.buys + buys, line.sells + sells, unit)
            return node.gross - line.gross + own

        def passes(case: Case) -> bool:
            unit = case.stake
            if (
                unit is not None
                and unit > 0
                and funds is not None
                and not (node.unpriced or node.unmarked)
                and (equity_age is None or case.at - told <= equity_age)
            ):
                line = lines.get(instrument, NOTHING)
                up = (line.position + line.buys + case.buys) * unit
                down = (line.sells + case.sells - line.position) * unit
                own = -(-max(up, down) // NANO)
                # Rounded up it is within a whole number if the exact product is.
                exact = (node.gross - line.gross + own) * maintenance
                if exact <= (funds + node.profit) * NANO:
                    return True
            return next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            if case.stake is None:
                reason, text = unstaked(case)
                yield finding(rule, reason, text, scope=where)
                return
            others = node.unpriced - {instrument}
            if others:
                yield finding(rule, UNPRICED, unpriced(where, others), scope=where)
                return
            if funds is None or node.unmarked:
                yield finding(rule, NO_EQUITY, unfunded(where, node), scope=where)
                return
            if equity_age is not None and case.at - told > equity_age:
                yield breach(
                    rule,
                    STALE_EQUITY,
                    f"the equity of {where} was told longer ago than the rule allows",
                    scope=where,
                    observed=(case.at - told) * 1000,
                    limit=equity_age * 1000,
                    unit="seconds",
                )
                return
            equity = funds + node.profit
            now = gross(case.stake, 0, 0)
            then = gross(case.stake, case.buys, case.sells)
            required = scaled(then, maintenance)
            if required > equity and then > now:
                text = (
                    f"{where} would need {show_fixed(required)} {base} of margin "
                    f"and has {show_fixed(equity)} {base}"
                )
                yield breach(
                    rule,
                    DEFICIT,
                    text,
                    scope=where,
                    observed=required,
                    limit=equity,
                    used=scaled(now, maintenance),
                    unit=base,
                )

        def rooms(case: Case) -> Iterator[Room]:
            if case.stake is None or funds is None or node.unmarked or node.unpriced - {instrument}:
                return
            now = scaled(gross(case.stake, 0, 0), maintenance)
            yield room(rule, where, used=now, limit=funds + node.profit, unit=f"{base} margin")

        bar = Bar((self.name, equity_age), (-maintenance,))
        check = Check(passes, findings, rooms, bar=bar)
        return no_older(check, rule, place, (found,))
