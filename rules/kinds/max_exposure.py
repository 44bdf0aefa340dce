"""How much a node of the tree may have at stake over all instruments, in base currency.

Asked by the market access rule's credit and capital thresholds (c)(1)(i), and by RTS 6 article
15(5): limits per client, instrument, trader, desk and the firm as a whole. `domain.exposure` says
how a node's sums are made; here one line of them, that of the order's instrument, is taken
out and put back as it would stand with this order working, valued at the price the order is
judged by:

    gross = sum over instruments of max(|up|, |down|)
    long  = max(0, sum of up)          short = max(0, - sum of down)
    net   = max(long, short)

    passes when    figure <= limit    for every limit that is given

What the order changes is measured at one price: it is refused by a limit only if the figure
with it is larger than without it, so who is over a limit may always trade back towards it.

A share and a future count at their price, a future's times its multiplier; an option counts by
its delta on the underlying's price (`domain.book.Book.mark`), so a put counts against the share.

INVARIANT (no price, no figure): no reference price, rate or delta for the order's instrument, or
any other instrument at stake at the node without a value, denies; so does, where an age is given, a
rate or a delta that is older.
"""

from collections.abc import Iterator
from typing import Final, Self

from pydantic import model_validator

from domain.exposure import Line, Node, stake
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, show_fixed
from domain.money import Money
from domain.scope import Level
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import UNBOUNDED, Bar, Check, Room
from rules.fields import FixedAmount, NodeLevel
from rules.freshness import Ages, no_older
from rules.kind import Kind, Reason, Rule
from rules.missing import (
    NO_DELTA,
    NO_RATE,
    NO_REFERENCE,
    NO_UNDERLYING,
    STALE_DELTA,
    STALE_RATE,
    UNPRICED,
    unpriced,
    unstaked,
)
from rules.place import Place

GROSS = Reason(
    "gross_exposure_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the values of all positions, working orders counted, add up to more than allowed",
)

NET = Reason(
    "net_exposure_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "long and short values, netted, can become larger than allowed",
)

LONG = Reason(
    "long_exposure_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "if every working purchase fills, the node is longer in value than allowed",
)

SHORT = Reason(
    "short_exposure_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "if every working sale fills, the node is shorter in value than allowed",
)


NOTHING: Final = Line()


class Limits(Ages):
    """At least one limit."""

    per: NodeLevel
    gross: FixedAmount | None = None
    net: FixedAmount | None = None
    long: FixedAmount | None = None
    short: FixedAmount | None = None

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.gross is self.net is self.long is self.short is None:
            raise ValueError("wanted at least one of `gross`, `net`, `long` and `short`")
        return self


class MaxExposure(Kind[Limits]):
    """What a node has at stake over all instruments cannot exceed the limits."""

    name = "max_exposure"
    parameters = Limits
    reasons = (
        GROSS,
        NET,
        LONG,
        SHORT,
        NO_REFERENCE,
        NO_RATE,
        NO_DELTA,
        NO_UNDERLYING,
        UNPRICED,
        STALE_RATE,
        STALE_DELTA,
    )
    citations = ("SEC 15c3-5(c)(1)(i)", "RTS 6 Art 15(5)")

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the limits to a node's sums; an order within all of them divides nothing."""
        found = place.node(Level(rule.parameters.per))
        if found is None:
            return None
        where, node = found
        limits = rule.parameters
        lines, instrument, base = node.lines, place.instrument.id, place.reference.base
        most_gross = UNBOUNDED if limits.gross is None else limits.gross.amount
        most_long = _least(limits.long, limits.net)
        most_short = _least(limits.short, limits.net)

        def passes(case: Case) -> bool:
            unit = case.stake
            if unit is not None and unit > 0 and not node.unpriced:
                line = lines.get(instrument, NOTHING)
                up = (line.position + line.buys + case.buys) * unit
                down = (line.sells + case.sells - line.position) * unit
                # A value rounded up to the nano fits what is left if the exact one does; and the
                # end that is further from zero is the larger of these two.
                if (
                    up <= (most_gross - node.gross + line.gross) * NANO >= down
                    and (most_long is None or up <= (most_long - node.up + line.up) * NANO)
                    and (most_short is None or down <= (most_short + node.down - line.down) * NANO)
                ):
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
            line = lines.get(instrument, NOTHING)
            now = _figures(limits, node, line, case.stake, 0, 0)
            then = _figures(limits, node, line, case.stake, case.buys, case.sells)
            for (reason, word, limit, used), (_, _, _, reached) in zip(now, then, strict=True):
                if reached > limit and reached > used:
                    text = (
                        f"{word} exposure of {where} could reach {show_fixed(reached)} {base}, "
                        f"over {show_fixed(limit)} {base}"
                    )
                    yield breach(
                        rule,
                        reason,
                        text,
                        scope=where,
                        observed=reached,
                        limit=limit,
                        used=used,
                        unit=base,
                    )

        def rooms(case: Case) -> Iterator[Room]:
            if case.stake is None or node.unpriced - {instrument}:
                return
            line = lines.get(instrument, NOTHING)
            for _, word, limit, used in _figures(limits, node, line, case.stake, 0, 0):
                yield room(rule, where, used=used, limit=limit, unit=f"{base} {word}")

        given = (limits.gross, limits.net, limits.long, limits.short)
        heights = tuple(UNBOUNDED if limit is None else limit.amount for limit in given)
        bar = Bar((self.name, limits.per), heights)
        check = Check(passes, findings, rooms, bar=bar)
        return no_older(check, rule, place, (found,))


def _figures(
    limits: Limits, node: Node, line: Line, unit: int, buys: int, sells: int
) -> Iterator[tuple[Reason, str, int, int]]:
    """Give each limit's reason, word, limit and figure when so much more is working."""
    line_gross, line_up, line_down = stake(
        line.position, line.buys + buys, line.sells + sells, unit
    )
    long = max(0, node.up - line.up + line_up)
    short = max(0, -(node.down - line.down + line_down))
    measured = (
        (GROSS, "gross", limits.gross, node.gross - line.gross + line_gross),
        (NET, "net", limits.net, max(long, short)),
        (LONG, "long", limits.long, long),
        (SHORT, "short", limits.short, short),
    )
    for reason, word, limit, figure in measured:
        if limit is not None:
            yield reason, word, limit.amount, figure


def _least(*limits: Money | None) -> int | None:
    return min((limit.amount for limit in limits if limit is not None), default=None)
