"""Whether an account is traded for its own good or for the commission.

Asked by FINRA rule 2111 (quantitative suitability: recommendations that are each suitable may not
be so as a series) and by Reg BI. Two ratios over twelve months, with the average equity *e*,

    turnover       = (purchases + p) / e           purchases in the facts of the account's activity
    cost to equity = (costs + rate * p) / e        costs in the same facts

where *p* is what the facts do not hold yet: what was bought since their `as_of`, what working
orders may still buy, and this order, each at its price in base currency; `cost_rate` is what a
purchase is taken to cost.

    passes when    ratio <= hard    and, without a warning, ratio <= soft

for each limit that is given. Asked of orders that buy: nobody is kept from selling. Facts older
than `facts_age`, which is as long as the gate remembers purchases, and anything without a price or
rate deny.
"""

from collections.abc import Callable, Iterator
from typing import Self

from pydantic import model_validator

from domain.activity import Activity
from domain.finding import OrdRejReason, Verdict
from domain.fixed import NANO, Ratio, divided, scaled, show_fixed
from domain.scope import Level
from rules.fields import Fraction, PositiveDuration, PositiveFraction, PositiveQuantity
from rules.kind import Reason, Rule
from rules.memories.purchases import Purchases
from rules.memory import Memory, MemoryKey
from rules.missing import NO_RATE, NO_REFERENCE, UNPRICED, unpriced, unvalued
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown, warning
from rules.suitability.applicable import Duties, Duty, NoDuties
from rules.suitability.days import days
from rules.suitability.protection import NO_CLIENT, Asked, Protection, Warned

TURNOVER = Reason(
    "turnover_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the account's purchases of twelve months are too many times its average equity",
)

SOME_TURNOVER = Reason(
    "turnover_exceeds_soft_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the account's purchases of twelve months near what is too many times its average equity",
)

COST = Reason(
    "cost_to_equity_exceeds_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the account's costs of twelve months are too large a share of its average equity",
)

SOME_COST = Reason(
    "cost_to_equity_exceeds_soft_limit",
    OrdRejReason.EXCEEDS_LIMIT,
    "the account's costs of twelve months near what is too large a share of its average equity",
)

NO_ACTIVITY = Reason(
    "account_activity_is_unknown",
    OrdRejReason.OTHER,
    "the facts do not hold what the account traded in twelve months, or on what equity",
)

STALE_ACTIVITY = Reason(
    "account_activity_is_stale",
    OrdRejReason.STALE,
    "the facts of what the account traded are older than the rule allows, or from the future",
)


class Ratios(Warned):
    """At least one hard or soft limit. `turnover_…` count times, `cost_…` are fractions."""

    applies_to: Duties = frozenset({Duty.SUITABILITY})
    warns_for: NoDuties = frozenset()
    facts_age: PositiveDuration
    turnover_hard: PositiveQuantity | None = None
    turnover_soft: PositiveQuantity | None = None
    cost_hard: PositiveFraction | None = None
    cost_soft: PositiveFraction | None = None
    cost_rate: Fraction = Ratio(0)

    @model_validator(mode="after")
    def _limits(self) -> Self:
        pairs = ((self.turnover_soft, self.turnover_hard), (self.cost_soft, self.cost_hard))
        if all(limit is None for pair in pairs for limit in pair):
            raise ValueError("wanted at least one limit on turnover or cost")
        if any(soft is not None and hard is not None and soft > hard for soft, hard in pairs):
            raise ValueError("a soft limit must not be above its hard one")
        return self


class Turnover(Protection[Ratios]):
    """The account is not traded more than its equity bears."""

    name = "turnover"
    parameters = Ratios
    reasons = (
        NO_CLIENT,
        *warning(TURNOVER, SOME_TURNOVER, COST, SOME_COST),
        NO_ACTIVITY,
        STALE_ACTIVITY,
        NO_REFERENCE,
        NO_RATE,
        UNPRICED,
        PASSED,
    )
    citations = ("FINRA 2111", "Reg BI")
    needs_product = False

    def has_question(self, _parameters: Ratios, asked: Asked) -> bool:
        """Only purchases turn a portfolio over."""
        return asked.case.buys > 0

    def ask(self, parameters: Ratios, asked: Asked) -> Iterator[Answer]:
        """Add up what the facts do not hold, and compare both ratios."""
        case = asked.case
        activity = case.place.reference.activity.get(case.place.account.id)
        if activity is None:
            yield unknown(NO_ACTIVITY, "the facts do not hold what the account traded")
            return
        if activity.equity <= 0:
            yield unknown(NO_ACTIVITY, "the facts state no average equity above zero")
            return
        age = case.at - activity.as_of
        if not 0 <= age <= parameters.facts_age:
            told = f"the facts of what the account traded are {days(age)} days old"
            yield unknown(STALE_ACTIVITY, told)
            return
        new = _not_in_facts(parameters, asked, activity)
        if isinstance(new, Answer):
            yield new
            return
        bought = activity.purchases + new
        cost = activity.costs + scaled(new, parameters.cost_rate)
        if parameters.turnover_hard is not None or parameters.turnover_soft is not None:
            times = parameters.turnover_hard, parameters.turnover_soft
            yield _held("turnover", "times", bought, activity, times, (TURNOVER, SOME_TURNOVER))
        if parameters.cost_hard is not None or parameters.cost_soft is not None:
            shares = parameters.cost_hard, parameters.cost_soft
            yield _held("cost to equity", "of equity", cost, activity, shares, (COST, SOME_COST))

    def memory(self, rule: Rule[Ratios]) -> tuple[MemoryKey, Callable[[], Memory]]:
        """Remember purchases as long as facts are believed."""
        window = rule.parameters.facts_age
        return _key(rule.parameters), lambda: Purchases(window)


def _key(parameters: Ratios) -> MemoryKey:
    return MemoryKey(f"purchases in {parameters.facts_age}us")


def _not_in_facts(parameters: Ratios, asked: Asked, activity: Activity) -> int | Answer:
    """Value what was bought since the facts, what works, and the order; or say what cannot be."""
    case = asked.case
    place = case.place
    if case.unit is None:
        reason, text = unvalued(case)
        return unknown(reason, text)
    found = place.node(Level.ACCOUNT)
    memory = place.memories[_key(parameters)]
    assert found is not None, "every path has an account"
    assert isinstance(memory, Purchases)
    where, node = found
    listings, total = place.book.listings, abs(scaled(case.buys, case.unit))
    for instrument, worth in memory.since(place.account.id, activity.as_of):
        value = place.book.unit_value(listings[instrument], worth)
        if value is None:
            return unknown(UNPRICED, unpriced(where, {instrument}))
        total += value
    for instrument, line in node.lines.items():
        if line.buys:
            unit = place.book.mark(listings[instrument])
            if unit is None:
                return unknown(UNPRICED, unpriced(where, {instrument}))
            total += abs(scaled(line.buys, unit))
    return total


def _held(
    what: str,
    unit: str,
    figure: int,
    activity: Activity,
    limits: tuple[int | None, int | None],
    reasons: tuple[Reason, Reason],
) -> Answer:
    """Compare with the hard and the soft limit, without division: figure / equity > limit."""
    observed = show_fixed(divided(figure, activity.equity))
    text = f"{what} of twelve months would be {observed}"
    for limit, reason, verdict in zip(limits, reasons, (None, Verdict.WARN), strict=True):
        if limit is not None and figure * NANO > limit * activity.equity:
            over = show_fixed(limit)
            text = f"{text}, over {over}"
            return failed(reason, text, observed, over, unit, verdict=verdict)
    lowest = min(limit for limit in limits if limit is not None)
    return passed(text, observed, show_fixed(lowest), unit)
