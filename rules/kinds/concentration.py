"""How large a share of a node one instrument, or all of one issuer, sector or country, may be.

Asked by mandates and fund rules (no more than so much of the capital in one name). With this order
working, the share is

    share = part / whole

The part is the gross value at a node of the tree, ``max(|up|, |down|)`` of `domain.exposure` at the
price the order is judged by, of the order's instrument; or, with `of`, the sum of the gross values
of all instruments that share its issuer, sector or country. A derivative has the issuer, sector and
country of what it is written on, and counts as `domain.book.Book.mark` says. Long and short in
two instruments of one issuer add up: they need not move together.

The whole is one of four things:

* `capital`: an amount the policy states, such as the fund's net assets;
* the node's own gross exposure, this order counted in it, but at least `gross_floor`, without
  which the first order into an empty book would always be all of it;
* `equity`: the node's net asset value now (`domain.equity`), of all its accounts together;
* `adv_age`: the instrument's average daily volume, believed for so long. Then the part is not a
  value but the most units the position can come to, long or short: the days it takes to leave it.

    passes when    part <= limit * whole

compared as a product, without division. An order that does not make the part larger is never
refused.

No reference price, rate or delta denies; so does an issuer, sector or country the facts do not name
where it is asked for, another holding without a value if it is in the part or the whole, an equity
nobody told, and a volume that is missing or old. A holding of which the facts name no issuer counts
towards none.
"""

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import model_validator

from domain.exposure import Line, Node, Tally, stake
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, divided, show_fixed
from domain.ids import InstrumentId
from domain.scope import Level, Scope
from rules import figures
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Bar, Check, Room
from rules.fields import FixedAmount, NodeLevel, PositiveDuration, PositiveFraction
from rules.figures import NO_FIGURE, STALE_FIGURE
from rules.freshness import Ages, no_older
from rules.kind import Kind, Reason, Rule
from rules.missing import (
    NO_DELTA,
    NO_EQUITY,
    NO_RATE,
    NO_REFERENCE,
    NO_UNDERLYING,
    STALE_DELTA,
    STALE_RATE,
    UNPRICED,
    unfunded,
    unpriced,
    unstaked,
)
from rules.place import Place

EXCEEDED = Reason(
    "concentration_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the instrument, or its issuer, sector or country, can become a larger share than allowed",
)

NO_GROUP = Reason(
    "issuer_sector_or_country_is_unknown",
    OrdRejReason.OTHER,
    "the facts do not name the issuer, sector or country whose share is asked for",
)

NOTHING: Final = Line()


class Limits(Ages):
    """Exactly one of `capital`, `gross_floor`, `equity` and `adv_age` says of what."""

    limit: PositiveFraction
    per: NodeLevel = "account"
    of: Literal["instrument", "issuer", "sector", "country"] = "instrument"
    capital: FixedAmount | None = None
    gross_floor: FixedAmount | None = None
    equity: Literal[True] | None = None
    adv_age: PositiveDuration | None = None

    @model_validator(mode="after")
    def _one_whole(self) -> Self:
        told = (self.capital, self.gross_floor, self.equity, self.adv_age)
        if sum(each is not None for each in told) != 1:
            raise ValueError(
                "wanted exactly one of `capital`, `gross_floor`, `equity` and `adv_age`"
            )
        if self.adv_age is not None and self.of != "instrument":
            raise ValueError("a volume is one instrument's: `adv_age` goes with `of: instrument`")
        if self.equity and self.per == "strategy":
            raise ValueError("a strategy has no equity of its own")
        return self


class Concentration(Kind[Limits]):
    """One instrument, issuer, sector or country is no more than a share of what a node has."""

    name = "concentration"
    parameters = Limits
    reasons = (
        EXCEEDED,
        NO_GROUP,
        NO_REFERENCE,
        NO_RATE,
        NO_DELTA,
        NO_UNDERLYING,
        UNPRICED,
        NO_EQUITY,
        NO_FIGURE,
        STALE_FIGURE,
        STALE_RATE,
        STALE_DELTA,
    )

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind the share to a node; the whole is stated, told or grows with the node."""
        limits = rule.parameters
        found = place.node(Level(limits.per))
        if found is None:
            return None
        where, node = found
        if limits.adv_age is not None:
            return _of_volume(rule, place, where, node, limits.adv_age)
        tally: Tally | None = None
        name: str = place.instrument.id
        if limits.of != "instrument":
            group = place.book.group(limits.of, place.instrument)
            if group is None:
                return _unknown(rule, place, where)
            name = group
            tally = node.tally((limits.of, group), place.book.members(limits.of, group))
        check = _of_value(rule, place, where, node, name, tally)
        return no_older(check, rule, place, (found,))


def _of_value(
    rule: Rule[Limits],
    place: Place,
    where: Scope,
    node: Node,
    name: str,
    tally: Tally | None,
) -> Check:
    """Compare the value of an instrument, or of the group in the tally, with a whole in money."""
    limits, instrument, lines = rule.parameters, place.instrument.id, node.lines
    limit, of, floor = limits.limit, limits.of, limits.gross_floor
    funds = place.book.funds_of(where) if limits.equity else None
    stated = None if limits.capital is None else limits.capital.amount
    # Of a whole that is known: ceil(exact / N) * N <= limit * whole, solved for exact.
    least = limits.capital or floor
    ceiling = -1 if least is None else limit * least.amount // NANO * NANO
    equity = limits.equity is not None

    def alike(line: Line) -> int:
        """Give the value of what else is of the group."""
        return 0 if tally is None else tally.gross - line.gross

    def whole(gross: int) -> int:
        """Give the whole; `gross` is what the node's would be."""
        if floor is not None:
            return max(floor.amount, gross)
        if stated is not None:
            return stated
        assert funds is not None
        return funds + node.profit

    def valued(unit: int, buys: int, sells: int) -> tuple[int, int]:
        """Give the part and the whole when so much more is working."""
        line = lines.get(instrument, NOTHING)
        own, _, _ = stake(line.position, line.buys + buys, line.sells + sells, unit)
        return own + alike(line), whole(node.gross - line.gross + own)

    def blind() -> set[InstrumentId]:
        """Say which other holdings without a value leave the part or the whole unknown."""
        if floor is not None:
            return node.unpriced - {instrument}
        return set() if tally is None else (node.unpriced & tally.members) - {instrument}

    def unfounded() -> bool:
        """Whether the whole is an equity nobody knows."""
        return equity and (funds is None or bool(node.unmarked))

    def passes(case: Case) -> bool:
        unit = case.stake
        if (
            unit is not None
            and unit > 0
            and not node.unpriced
            and not (equity and (funds is None or node.unmarked))
        ):
            line = lines.get(instrument, NOTHING)
            others = 0 if tally is None else tally.gross - line.gross
            up = (line.position + line.buys + case.buys) * unit
            down = (line.sells + case.sells - line.position) * unit
            if up <= ceiling - others * NANO >= down:
                return True
            if stated is None:
                own = -(-max(up, down) // NANO)
                if (own + others) * NANO <= limit * whole(node.gross - line.gross + own):
                    return True
        return next(findings(case), None) is None

    def findings(case: Case) -> Iterator[Finding]:
        if case.stake is None:
            reason, text = unstaked(case)
            yield finding(rule, reason, text, scope=where)
            return
        unknown = blind()
        if unknown:
            yield finding(rule, UNPRICED, unpriced(where, unknown), scope=where)
            return
        if unfounded():
            yield finding(rule, NO_EQUITY, unfunded(where, node), scope=where)
            return
        before, whole_before = valued(case.stake, 0, 0)
        part, whole_then = valued(case.stake, case.buys, case.sells)
        if part * NANO > limit * whole_then and part > before:
            yield _over(rule, where, name, part, whole_then, before, whole_before)

    def rooms(case: Case) -> Iterator[Room]:
        if case.stake is None or blind() or unfounded():
            return
        part, all_of_it = valued(case.stake, 0, 0)
        if all_of_it > 0:
            used = divided(part, all_of_it)
            yield room(rule, where, used=used, limit=limit, unit="fraction")

    # Of a stated capital only its share counts; what grows with the node has a share alone.
    height = ceiling if limits.capital is not None else limit
    bar = Bar(("concentration", limits.per, of, floor, limits.equity), (height,))
    return Check(passes, findings, rooms, bar=bar)


def _of_volume(rule: Rule[Limits], place: Place, where: Scope, node: Node, age: int) -> Check:
    """Compare the most units a position can come to with the average daily volume."""
    limit, instrument, lines = rule.parameters.limit, place.instrument.id, node.lines

    def most(buys: int, sells: int) -> int:
        line = lines.get(instrument, NOTHING)
        return max(line.position + line.buys + buys, line.sells + sells - line.position)

    def passes(case: Case) -> bool:
        adv = figures.figure(case, "adv", age)
        if adv is not None and most(case.buys, case.sells) * NANO <= limit * adv:
            return True
        return next(findings(case), None) is None

    def findings(case: Case) -> Iterator[Finding]:
        adv = figures.figure(case, "adv", age)
        if adv is None:
            reason, text = figures.disbelief(case, "adv", age)
            yield finding(rule, reason, text, scope=where)
            return
        before, then = most(0, 0), most(case.buys, case.sells)
        if then * NANO > limit * adv and then > before:
            yield _over(rule, where, instrument, then, adv, before, adv)

    def rooms(case: Case) -> Iterator[Room]:
        adv = figures.figure(case, "adv", age)
        if adv is not None:
            used = divided(most(0, 0), adv)
            yield room(rule, where, used=used, limit=limit, unit="fraction")

    bar = Bar(("concentration.adv", rule.parameters.per, age), (limit,))
    return Check(passes, findings, rooms, bar=bar)


def _over(
    rule: Rule[Limits],
    where: Scope,
    name: str,
    part: int,
    whole: int,
    before: int,
    whole_before: int,
) -> Finding:
    limit, kind = rule.parameters.limit, rule.parameters.of
    called = f"`{name}`" if kind == "instrument" else f"{kind} `{name}`"
    if rule.parameters.adv_age is not None:
        of = f"the average daily volume at {where}"
    else:
        of = f"{where}"
    if whole <= 0:
        text = f"{called} could become {show_fixed(part)} of {of}, which is worth nothing"
        return finding(rule, EXCEEDED, text, scope=where)
    share = divided(part, whole)
    text = (
        f"{called} could become {show_fixed(share * 100)}% of {of}, over {show_fixed(limit * 100)}%"
    )
    return breach(
        rule,
        EXCEEDED,
        text,
        scope=where,
        observed=share,
        limit=limit,
        used=divided(before, whole_before) if whole_before > 0 else None,
        unit="fraction",
    )


def _unknown(rule: Rule[Limits], place: Place, where: Scope) -> Check:
    """Say no to every order in an instrument of which nobody knows whose it is."""
    of, instrument = rule.parameters.of, place.instrument.id
    text = f"the facts name no {of} of `{instrument}`, so its share is unknown"
    answer = (finding(rule, NO_GROUP, text, scope=where),)
    return Check(lambda _: False, lambda _: answer)
