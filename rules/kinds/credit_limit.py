"""How much credit a customer, a desk or the firm may use, asked at the account and every parent.

Asked by the market access rule, paragraph (c)(1)(i): orders that would exceed pre-set credit or
capital thresholds, in the aggregate for each customer and for the broker-dealer, are blocked before
they leave. The credit used at a node of the tree is

    used = sum over instruments of max(|up|, |down|)

of `domain.exposure`: the value of what is held, long or short, and of what could come to it if the
worst side of everything working were filled. A working order is a *reservation*: it is counted
whole from the moment it is decided, becomes a position as it fills, and is given back when it ends.

    denied when    used with this order > hard
    warned when    used with this order > soft, and not denied

The limit stands in the rule (`limit`, `soft`) for one level of the tree. Or it is a fact with a
name (`named: credit`), which may be there for any scope of the order's path; then the order must
pass at every scope that has one: the account, all its parents, the strategy. A fact may be changed
during the day by risk, as a journalled event, and the next order is judged by what it is then.
`required` denies where the account itself has no such fact.

Only an order that makes the credit used larger is refused or warned of. A hard limit's finding has
the rule's verdict, a soft limit's is a warning.

INVARIANT (no price, no figure): no value of the order's instrument, or of another at stake at a
node that has a limit, denies.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, Self

from pydantic import model_validator

from domain.exposure import Line, Node, stake
from domain.finding import GRAVITY, Finding, OrdRejReason, Verdict
from domain.fixed import NANO, Amount, show_fixed
from domain.ids import Micros
from domain.scope import Level, Scope, scope
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import UNBOUNDED, Bar, Check, Room
from rules.fields import FixedAmount, NodeLevel
from rules.frame import Word
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

EXCEEDED = Reason(
    "credit_limit_is_exceeded",
    OrdRejReason.INSUFFICIENT_CREDIT_LIMIT,
    "with this order more credit could be used than the hard limit allows",
)

SOFT = Reason(
    "soft_credit_limit_is_exceeded",
    OrdRejReason.INSUFFICIENT_CREDIT_LIMIT,
    "with this order more credit could be used than the soft limit; it passes with a warning",
)

NO_LIMIT = Reason(
    "credit_limit_is_missing",
    OrdRejReason.INSUFFICIENT_CREDIT_LIMIT,
    "the rule requires a limit of the account, and the facts have none",
)

NOTHING: Final = Line()

Pair = tuple[Amount, Amount | None]
"""A hard and a soft limit."""


class Limits(Ages):
    """Either `limit`, perhaps `soft`, for the level `per`; or `named`, for every scope."""

    limit: FixedAmount | None = None
    soft: FixedAmount | None = None
    per: NodeLevel = "account"
    named: Word | None = None
    required: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.limit is None) == (self.named is None):
            raise ValueError("wanted exactly one of `limit` and `named`")
        if self.limit is None and (self.soft is not None or "per" in self.model_fields_set):
            raise ValueError("`soft` and `per` go with `limit`; named limits bring their own")
        if self.named is None and self.required:
            raise ValueError("`required` goes with `named`")
        if self.limit and self.soft and self.soft.amount > self.limit.amount:
            raise ValueError("`soft` must not be above `limit`")
        return self


class CreditLimit(Kind[Limits]):
    """The credit used at a node, working orders counted whole, stays within its limit."""

    name = "credit_limit"
    parameters = Limits
    reasons = (
        EXCEEDED,
        SOFT,
        NO_LIMIT,
        NO_REFERENCE,
        NO_RATE,
        NO_DELTA,
        NO_UNDERLYING,
        UNPRICED,
        STALE_RATE,
        STALE_DELTA,
    )
    citations = ("SEC 15c3-5(c)(1)(i)", "RTS 6 Art 15(4)")

    def bind(self, rule: Rule[Limits], place: Place) -> Check | None:
        """Bind a stated limit to its node, or the named ones to the whole path."""
        limits = rule.parameters
        if limits.named is not None:
            return _named(rule, place, limits.named)
        found = place.node(Level(limits.per))
        if found is None:
            return None
        assert limits.limit is not None
        stated = (limits.limit.amount, None if limits.soft is None else limits.soft.amount)
        check = _check(rule, place, (found,), lambda _where, _at: stated)
        heights = tuple(UNBOUNDED if height is None else height for height in stated)
        bar = Bar((self.name, limits.per), heights)
        return no_older(replace(check, bar=bar), rule, place, (found,))


def _named(rule: Rule[Limits], place: Place, name: str) -> Check:
    """Ask at every scope of the path that has a limit of the name at that instant."""
    facts = place.limits
    account = scope(Level.ACCOUNT, place.account.id)
    # Who changes a limit changes one the facts hold, and where the facts change all is bound anew.
    path = tuple(
        (where, node)
        for where, node in place.path
        if (name, where) in facts.facts or (name, where) in facts.changed
    )
    stated = {
        where: (fact.hard, fact.soft)
        for where, _ in path
        if (fact := facts.facts.get((name, where))) is not None
    }

    def limit_of(where: Scope, at: Micros) -> Pair | None:
        return facts.find(name, where, at) if facts.changed else stated.get(where)

    check = no_older(
        _check(rule, place, path, limit_of),
        rule,
        place,
        path,
        limited=lambda where, at: limit_of(where, at) is not None,
    )
    if not rule.parameters.required:
        return check

    def passes(case: Case) -> bool:
        return limit_of(account, case.at) is not None and check.passes(case)

    def findings(case: Case) -> Iterator[Finding]:
        if limit_of(account, case.at) is None:
            text = f"the facts have no limit `{name}` of {account}"
            yield finding(rule, NO_LIMIT, text, scope=account)
        yield from check.findings(case)

    return replace(check, passes=passes, findings=findings)


def _check(
    rule: Rule[Limits],
    place: Place,
    nodes: tuple[tuple[Scope, Node], ...],
    limit_of: Callable[[Scope, Micros], Pair | None],
) -> Check:
    instrument, base = place.instrument.id, place.reference.base

    def passes(case: Case) -> bool:
        unit = case.stake
        for where, node in nodes:
            pair = limit_of(where, case.at)
            if pair is None:
                continue
            if unit is None or unit <= 0 or node.unpriced:
                break
            hard, soft = pair
            line = node.lines.get(instrument, NOTHING)
            left = ((hard if soft is None else soft) - node.gross + line.gross) * NANO
            if (line.position + line.buys + case.buys) * unit > left or (
                line.sells + case.sells - line.position
            ) * unit > left:
                break
        else:
            return True
        return next(findings(case), None) is None

    def findings(case: Case) -> Iterator[Finding]:
        for where, node in nodes:
            pair = limit_of(where, case.at)
            if pair is not None:
                yield from judged(case, where, node, pair)

    def judged(case: Case, where: Scope, node: Node, pair: Pair) -> Iterator[Finding]:
        if case.stake is None:
            reason, text = unstaked(case)
            yield finding(rule, reason, text, scope=where)
            return
        others = node.unpriced - {instrument}
        if others:
            yield finding(rule, UNPRICED, unpriced(where, others), scope=where)
            return
        now = used(node, case.stake, 0, 0)
        then = used(node, case.stake, case.buys, case.sells)
        hard, soft = pair
        if then <= now:
            return
        if then > hard:
            yield over(EXCEEDED, "credit", where, then, now, hard)
        elif soft is not None and then > soft:
            found = over(SOFT, "soft credit", where, then, now, soft)
            yield replace(found, verdict=min(rule.verdict, Verdict.WARN, key=GRAVITY.__getitem__))

    def over(
        reason: Reason, word: str, where: Scope, then: int, now: int, limit: Amount
    ) -> Finding:
        text = (
            f"{where} could use {show_fixed(then)} {base}, "
            f"over its {word} limit of {show_fixed(limit)} {base}"
        )
        return breach(
            rule, reason, text, scope=where, observed=then, limit=limit, used=now, unit=base
        )

    def used(node: Node, unit: int, buys: int, sells: int) -> int:
        line = node.lines.get(instrument, NOTHING)
        own, _, _ = stake(line.position, line.buys + buys, line.sells + sells, unit)
        return node.gross - line.gross + own

    def rooms(case: Case) -> Iterator[Room]:
        for where, node in nodes:
            pair = limit_of(where, case.at)
            if pair is None or case.stake is None or node.unpriced - {instrument}:
                continue
            now = used(node, case.stake, 0, 0)
            yield room(rule, where, used=now, limit=pair[0], unit=f"{base} credit")

    return Check(passes, findings, rooms)
