"""How much a node may lose in a trading day before it may only reduce what it holds.

Asked by RTS 6 article 15(5), risk thresholds of the firm; every venue's and broker's risk screen
has it. The day's result of a node is what its profit (`domain.exposure`: realised and unrealised,
at the last marks, in base currency) has grown by since the day began (`domain.day`), and the
drawdown is how far it stands below the day's highest, the day's beginning counted:

    loss     = profit when the day began - profit now
    drawdown = highest profit of the day - profit now

    passes when    loss <= max_loss    and    loss <= max_loss_share * equity when the day began
                   and    drawdown <= max_drawdown
                   and    drawdown <= max_drawdown_share * equity at the day's highest
                   for every limit that is given

or, with ``action: reduce_only``, when the order can only bring the account's position in its
instrument nearer to zero, what works already counted. ``action: deny`` lets nothing through. The
order itself adds nothing to a loss: the rule stands in the way of the next one.

The marks are the book's: the quote an order brings counts from the next order on, and a position
of which no price was ever seen is unknown until one is.

A profit is unknown while something that was traded has no price or rate, and so is the day's if it
was unknown when the day began; the day is, if the facts do not say when it ends; and a share of an
equity nobody told. Each denies, but for what ``reduce_only`` lets through.
"""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

from domain.exposure import Node
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, show_fixed
from domain.scope import Level, Scope
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import UNBOUNDED, Bar, Check, Room
from rules.fields import FixedAmount, NodeLevel, PositiveFraction
from rules.kind import Kind, Parameters, Reason, Rule
from rules.missing import NO_DAY, NO_EQUITY, unfunded
from rules.place import Place
from rules.reducing import room_to_zero

LOSS = Reason(
    "daily_loss_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the node has lost more since the trading day began than allowed",
)

DRAWDOWN = Reason(
    "drawdown_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the node stands further below its day's highest profit than allowed",
)

NO_PROFIT = Reason(
    "profit_is_unknown",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "something the node traded has no price or rate, or had none when the day began",
)


class Limits(Parameters):
    """At least one limit; the shares are of the equity the day began with, or at its highest."""

    per: NodeLevel = "account"
    max_loss: FixedAmount | None = None
    max_loss_share: PositiveFraction | None = None
    max_drawdown: FixedAmount | None = None
    max_drawdown_share: PositiveFraction | None = None
    action: Literal["reduce_only", "deny"] = "reduce_only"

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        shares = (self.max_loss_share, self.max_drawdown_share)
        if all(each is None for each in (self.max_loss, self.max_drawdown, *shares)):
            raise ValueError(
                "wanted at least one of `max_loss`, `max_loss_share`, `max_drawdown` and "
                "`max_drawdown_share`"
            )
        if shares != (None, None) and self.per == "strategy":
            raise ValueError("a strategy has no equity of its own to lose a share of")
        return self


class DailyLoss(Kind[Limits]):
    """A node that has lost too much in a day may only reduce what it holds."""

    name = "daily_loss"
    parameters = Limits
    reasons = (LOSS, DRAWDOWN, NO_DAY, NO_PROFIT, NO_EQUITY)
    citations = ("RTS 6 Art 15(5)",)

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the limits to a node's profit; while it is within all of them no order is read."""
        found = place.node(Level(rule.parameters.per))
        if found is None:
            return None
        where, node = found
        limits, book, base = rule.parameters, place.book, place.reference.base
        room_left = room_to_zero(place)
        lenient = limits.action == "reduce_only"
        loss_share, drawdown_share = limits.max_loss_share or 0, limits.max_drawdown_share or 0
        funds = book.funds_of(where) if loss_share or drawdown_share else 0

        most_loss = UNBOUNDED if limits.max_loss is None else limits.max_loss.amount
        most_drawdown = UNBOUNDED if limits.max_drawdown is None else limits.max_drawdown.amount
        day = book.day

        def share(of_equity: int, profit: int) -> int:
            """Give a share of the equity there was at a profit, and none of what is no equity."""
            assert funds is not None
            return max(0, of_equity * (funds + profit) // NANO)

        def passes(case: Case) -> bool:
            if case.at < day.until and day.known and not (node.unmarked or node.unopened):
                loss, drawdown = node.opening - node.profit, node.peak - node.profit
                if (
                    funds is not None
                    and loss <= most_loss
                    and drawdown <= most_drawdown
                    and not (loss_share and loss > share(loss_share, node.opening))
                    and not (drawdown_share and drawdown > share(drawdown_share, node.peak))
                ):
                    return True
            return next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            if lenient and room_left(case) >= case.change:
                return
            since = book.opening(node, case.at)
            if since is None:
                yield _unknown(rule, place, where, node)
                return
            if funds is None:
                yield finding(rule, NO_EQUITY, unfunded(where, node), scope=where)
                return
            for reason, word, limit, figure in figures(*since):
                if figure > limit:
                    text = (
                        f"{where} has a {word} of {show_fixed(figure)} {base} today, "
                        f"over {show_fixed(limit)} {base}"
                    )
                    yield breach(
                        rule,
                        reason,
                        text,
                        scope=where,
                        observed=figure,
                        limit=limit,
                        used=figure,
                        unit=base,
                    )

        def figures(opening: int, peak: int) -> Iterator[tuple[Reason, str, int, int]]:
            loss = opening - node.profit
            if limits.max_loss is not None:
                yield LOSS, "loss", limits.max_loss.amount, loss
            if loss_share:
                yield LOSS, "loss", share(loss_share, opening), loss
            if limits.max_drawdown is not None:
                yield DRAWDOWN, "drawdown", limits.max_drawdown.amount, peak - node.profit
            if drawdown_share:
                yield DRAWDOWN, "drawdown", share(drawdown_share, peak), peak - node.profit

        def rooms(case: Case) -> Iterator[Room]:
            since = book.opening(node, case.at)
            if since is None or funds is None:
                return
            for _, word, limit, figure in figures(*since):
                yield room(rule, where, used=figure, limit=limit, unit=f"{base} {word}")

        asked = (self.name, limits.per, limits.action, loss_share, drawdown_share)
        bar = Bar(asked, (most_loss, most_drawdown))
        return Check(passes, findings, rooms, bar=bar)


def _unknown(rule: Rule[Limits], place: Place, where: Scope, node: Node) -> Finding:
    if node.unmarked:
        return finding(rule, NO_PROFIT, unfunded(where, node), scope=where)
    if node.unopened:
        text = f"what {where} had won or lost when the day began is unknown"
        return finding(rule, NO_PROFIT, text, scope=where)
    ends = place.reference.day_ends
    text = "the last trading day the facts tell has ended" if ends else "the facts tell no days"
    return finding(rule, NO_DAY, text, scope=where)
