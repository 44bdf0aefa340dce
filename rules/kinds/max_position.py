"""How large the position in one instrument may become, in units, working orders held.

Asked by RTS 6 articles 15(5) and 17(4) (maximum long, maximum short and overall position), and
by every mandate. With *p* the position at a node of the tree, *b* and *s* the working purchases
and sales there, and this order counted among them, the position may end anywhere between p - s
and p + b. So the node is, at the worst,

    long  = max(0, p + b)          if every purchase fills and no sale does
    short = max(0, s - p)          if every sale fills and no purchase does
    net   = max(long, short)       the larger of the two
    gross = long + short           both, not netted

    passes when    figure <= limit    for every limit that is given

`per` says at which node: the account, or its trader, desk, firm or strategy, where the positions
of all accounts below are added with their signs. A limit per strategy asks nothing of an order
that names no strategy.

An order that makes no figure larger is never refused by it: who is over the limit after a
corporate action or a lowered limit may always work back towards it. A sale out of a long position
leaves every figure as it is, and so does a replace that adds no quantity.
"""

from collections.abc import Iterator
from typing import Final, Self

from pydantic import model_validator

from domain.exposure import Line
from domain.finding import Finding, OrdRejReason
from domain.fixed import show_fixed
from domain.scope import Level
from rules.answer import breach, room
from rules.case import Case
from rules.check import UNBOUNDED, Bar, Check, Room
from rules.fields import FixedQuantity, NodeLevel
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

LONG = Reason(
    "long_position_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "if every working purchase fills, the position is longer than allowed",
)

SHORT = Reason(
    "short_position_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "if every working sale fills, the position is shorter than allowed",
)

NET = Reason(
    "net_position_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the position can become larger, long or short, than allowed",
)

GROSS = Reason(
    "gross_position_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the longest and the shortest the position can become are together more than allowed",
)

NOTHING: Final = Line()


class Limits(Parameters):
    """At least one limit; a limit of zero forbids, so ``short: 0`` is long only."""

    per: NodeLevel = "account"
    long: FixedQuantity | None = None
    short: FixedQuantity | None = None
    net: FixedQuantity | None = None
    gross: FixedQuantity | None = None

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.long is self.short is self.net is self.gross is None:
            raise ValueError("wanted at least one of `long`, `short`, `net` and `gross`")
        return self


class MaxPosition(Kind[Limits]):
    """The position in the instrument cannot become larger than the limits."""

    name = "max_position"
    parameters = Limits
    reasons = (LONG, SHORT, NET, GROSS)
    citations = ("RTS 6 Art 15(5)", "RTS 6 Art 17(4)")

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the limits to a node; an order only ever adds on its own side."""
        found = place.node(Level(rule.parameters.per))
        if found is None:
            return None
        where, node = found
        lines, instrument = node.lines, place.instrument.id
        limits = rule.parameters
        most_long = _least(limits.long, limits.net, limits.gross)
        most_short = _least(limits.short, limits.net, limits.gross)
        most_both = _least(limits.gross)

        def passes(case: Case) -> bool:
            line = lines.get(instrument, NOTHING)
            if case.buys:
                within = line.position + line.buys + case.buys <= most_long
            elif case.sells:
                within = line.sells + case.sells - line.position <= most_short
            else:
                return True
            # What can still trade either way is the longest and the shortest together.
            within = within and line.buys + line.sells + case.change <= most_both
            return within or next(findings(case), None) is None

        def findings(case: Case) -> Iterator[Finding]:
            line = lines.get(instrument, NOTHING)
            now = _figures(limits, line, 0, 0)
            then = _figures(limits, line, case.buys, case.sells)
            for (reason, word, limit, used), (_, _, _, reached) in zip(now, then, strict=True):
                if reached > limit and reached > used:
                    text = (
                        f"{word} position of {where} in `{instrument}` could reach "
                        f"{show_fixed(reached)}, over {show_fixed(limit)}"
                    )
                    yield breach(
                        rule,
                        reason,
                        text,
                        scope=where,
                        observed=reached,
                        limit=limit,
                        used=used,
                        unit="units",
                    )

        def rooms(_case: Case) -> Iterator[Room]:
            line = lines.get(instrument, NOTHING)
            for _, word, limit, used in _figures(limits, line, 0, 0):
                yield room(rule, where, used=used, limit=limit, unit=f"units {word}")

        given = (limits.long, limits.short, limits.net, limits.gross)
        heights = tuple(UNBOUNDED if limit is None else limit for limit in given)
        bar = Bar((self.name, limits.per), heights)
        return Check(passes, findings, rooms, bar=bar)


def _figures(
    limits: Limits, line: Line, buys: int, sells: int
) -> tuple[tuple[Reason, str, int, int], ...]:
    """Give each limit's reason, word, limit and figure when so much more is working."""
    long = max(0, line.position + line.buys + buys)
    short = max(0, line.sells + sells - line.position)
    measured = (
        (LONG, "long", limits.long, long),
        (SHORT, "short", limits.short, short),
        (NET, "net", limits.net, max(long, short)),
        (GROSS, "gross", limits.gross, long + short),
    )
    return tuple(
        (reason, word, limit, figure)
        for reason, word, limit, figure in measured
        if limit is not None
    )


def _least(*limits: int | None) -> int:
    return min((limit for limit in limits if limit is not None), default=UNBOUNDED)
