"""How old a rate or a delta may be for a rule that values whole nodes.

A node's sums are made of marks, and a mark in another currency, or of an option, is as old as the
rate or the delta in it. Who gives an age wants every rate and every delta that the asked nodes'
sums contain, and those the order brings, to be no older at the instant of judging. What is older
denies, whether or not the order makes a figure larger: nobody knows what the figures are.

Quick is: nothing in the book is too old. Only where something is are the nodes' lines looked at.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from domain.exposure import Node
from domain.finding import Finding
from domain.ids import Micros
from domain.instrument import AssetClass, Instrument
from domain.scope import Scope
from rules.answer import breach
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import PositiveDuration
from rules.kind import Parameters, Reason, Rule
from rules.missing import STALE_DELTA, STALE_RATE
from rules.place import Place


class Ages(Parameters):
    """How old a rate and a delta may be; left out: of any age."""

    rate_age: PositiveDuration | None = None
    delta_age: PositiveDuration | None = None


def _always(_where: Scope, _at: Micros) -> bool:
    return True


def no_older(
    check: Check,
    rule: Rule[Any],
    place: Place,
    nodes: tuple[tuple[Scope, Node], ...],
    *,
    limited: Callable[[Scope, Micros], bool] = _always,
) -> Check:
    """Have a check pass only while nothing in these nodes' sums is older than its rule allows.

    `limited` says whether a node is asked about at an instant.
    """
    ages: Ages = rule.parameters
    rate_age, delta_age = ages.rate_age, ages.delta_age
    if rate_age is None and delta_age is None:
        return check
    book = place.book
    asked, plainly = check.passes, check.findings

    def passes(case: Case) -> bool:
        if rate_age is not None and case.at - book.rates_since > rate_age and any(stale(case)):
            return False
        if delta_age is not None and case.at - book.deltas_since > delta_age and any(stale(case)):
            return False
        return asked(case)

    def findings(case: Case) -> Iterator[Finding]:
        found = next(stale(case), None)
        if found is None:
            yield from plainly(case)
        else:
            yield found

    def stale(case: Case) -> Iterator[Finding]:
        asked_about = ((where, node) for where, node in nodes if limited(where, case.at))
        for where, node in asked_about:
            for instrument in _at_stake(node, place):
                for reason, what, at, age in _marks(instrument):
                    if age is not None and at is not None and case.at - at > age:
                        yield breach(
                            rule,
                            reason,
                            f"the {what} is older than the rule allows",
                            scope=where,
                            observed=(case.at - at) * 1000,
                            limit=age * 1000,
                            unit="seconds",
                        )

    def _marks(
        instrument: Instrument,
    ) -> Iterator[tuple[Reason, str, Micros | None, int | None]]:
        for currency in _currencies(instrument, place):
            rate = book.rates.get(currency)
            at = None if rate is None or currency == place.reference.base else rate.at
            yield STALE_RATE, f"exchange rate of {currency}", at, rate_age
        if instrument.asset_class is AssetClass.OPTION:
            figures = book.figures.get(instrument.id)
            at = None if figures is None else figures.at
            yield STALE_DELTA, f"delta of `{instrument.id}`", at, delta_age

    bar = check.bar and Bar((check.bar.question, rate_age, delta_age), check.bar.heights)
    return replace(check, passes=passes, findings=findings, bar=bar)


def _at_stake(node: Node, place: Place) -> Iterator[Instrument]:
    yield place.instrument
    for name, line in node.lines.items():
        if (line.at_stake or line.cash) and name != place.instrument.id:
            yield place.book.listings[name]


def _currencies(instrument: Instrument, place: Place) -> Iterable[Any]:
    underlying = instrument.underlying
    if instrument.asset_class is AssetClass.OPTION and underlying in place.book.listings:
        return dict.fromkeys((instrument.currency, place.book.listings[underlying].currency))
    return (instrument.currency,)
