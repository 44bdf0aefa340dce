"""The pattern day trader: who day trades often needs a minimum of equity to go on.

Asked by FINRA rule 4210(f)(8)(B) as it stood until SR-FINRA-2025-017 (91 FR 20731) took it away,
from 4 June 2026 on and for firms that phase in until 20 October 2027: give the rule its
`effective_until`, and its scope where a firm's brokers or accounts differ. `buying_power` is what
came in its place. A customer is a pattern day trader who made at least so many day trades in five
business days, if they were more than a share of the trades of those days, and then may day trade
only while the account's equity is no less than a minimum:

    pattern   d >= day_trades    and    d > share * t
    passes when    the order cannot become a day trade, or it makes no pattern, or
                   equity >= minimum_equity

with *d* the day trades and *t* the trades of today and the four business days before
(`domain.day_trades`), this order counted in both. An order can become a day trade if it is against
a position that was opened or added to today, or against another order that works.

Days are those whose ends the facts tell, so they must tell business days. Denied is what might be
a day trade while the day, or the equity a pattern needs, is unknown.
"""

from collections.abc import Iterator
from typing import Final

from domain.day_trades import DayTrades
from domain.exposure import Line
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, show_fixed
from domain.scope import Level
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import FixedAmount, Fraction, PositiveCount
from rules.kind import Kind, Parameters, Reason, Rule
from rules.missing import NO_DAY, NO_EQUITY, unfunded
from rules.place import Place

TOO_LITTLE = Reason(
    "day_trade_needs_minimum_equity",
    OrdRejReason.INSUFFICIENT_CREDIT_LIMIT,
    "the account day trades often enough to need a minimum of equity, and has less",
)

NOTHING: Final = Line()


class Limits(Parameters):
    """What makes a pattern, and the equity it needs."""

    day_trades: PositiveCount
    share: Fraction
    minimum_equity: FixedAmount


class PatternDayTrader(Kind[Limits]):
    """An account that day trades often does so only with a minimum of equity."""

    name = "pattern_day_trader"
    parameters = Limits
    reasons = (TOO_LITTLE, NO_DAY, NO_EQUITY)
    citations = ("FINRA 4210(f)(8)(B)",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check:
        """Bind the counts to the account; an order that closes nothing of today passes at once."""
        found = place.node(Level.ACCOUNT)
        assert found is not None, "every path ends in an account"
        where, node = found
        limits, book, base = rule.parameters, place.book, place.reference.base
        lines, instrument, counts = node.lines, place.instrument.id, book.day_trades
        account, minimum = place.account.id, limits.minimum_equity.amount
        funds = book.funds_of(where)

        def may_be_one(case: Case) -> bool:
            """Whether the order could become a day trade that is not counted yet."""
            if not case.change:
                return False
            line = lines.get(instrument, NOTHING)
            if line.sells if case.buys else line.buys:
                return True
            if line.position * case.signed >= 0:
                return False
            if book.begun(case.at) != book.day.since:
                # Of a day nobody knows everything may be of today; of a new day nothing is.
                return book.begun(case.at) is None
            traded = counts.get(account)
            return traded is not None and traded.closes(instrument, line.position)

        def reached() -> tuple[int, int]:
            """Give the day trades and trades of five days with this order."""
            recent = counts.get(account, DayTrades()).recent
            return recent.day_trades + 1, recent.trades + 1

        def passes(case: Case) -> bool:
            return not may_be_one(case) or next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            if not may_be_one(case):
                return
            if book.begun(case.at) is None:
                text = "the facts do not say when this trading day ends, so it may be a day trade"
                yield finding(rule, NO_DAY, text, scope=where)
                return
            day_trades, trades = reached()
            if day_trades < limits.day_trades or day_trades * NANO <= limits.share * trades:
                return
            if funds is None or node.unmarked:
                yield finding(rule, NO_EQUITY, unfunded(where, node), scope=where)
                return
            equity = funds + node.profit
            if equity < minimum:
                text = (
                    f"this could be day trade {day_trades} of {where} in five days, which needs "
                    f"{show_fixed(minimum)} {base} of equity, and there are {show_fixed(equity)}"
                )
                yield breach(
                    rule, TOO_LITTLE, text, scope=where, observed=equity, limit=minimum, unit=base
                )

        def rooms(_case: Case) -> Iterator[Room]:
            used = counts.get(account, DayTrades()).recent.day_trades
            most = limits.day_trades - 1
            yield room(rule, where, used=used * NANO, limit=most * NANO, unit="day trades")

        # Fewer day trades make a pattern, or a smaller share, or more equity is wanted: stricter.
        bar = Bar((self.name,), (limits.day_trades, limits.share, -minimum))
        return Check(passes, findings, rooms, bar=bar)
