"""How old a strategy's wish may be when it is judged.

Good practice: a signal made up before a pause, a reconnect or a replayed queue is about a market
that is gone. The age is the time between the signal's own instant and the gate's.

    passes when    |at - signalled_at| <= max_age

A signal from the future by more than `max_age` is as little to be believed as an old one. Plain
orders are not signals and are not asked.
"""

from collections.abc import Iterator

from domain.finding import Finding, OrdRejReason
from domain.fixed import show_fixed
from domain.scope import Level, scope
from rules.answer import breach
from rules.case import Case
from rules.check import Bar, Check
from rules.fields import PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

STALE = Reason(
    "signal_is_stale",
    OrdRejReason.STALE,
    "the signal is older than allowed",
)

EARLY = Reason(
    "signal_is_from_the_future",
    OrdRejReason.STALE,
    "the signal says it was made later than now, by more than allowed",
)


class Age(Parameters):
    """`max_age` is the oldest a signal may be."""

    max_age: PositiveDuration


class StaleSignal(Kind[Age]):
    """A signal is no older than `max_age`."""

    name = "stale_signal"
    parameters = Age
    reasons = (STALE, EARLY)

    def bind(self, rule: Rule[Age], place: Place) -> Check:
        """Bind the age."""
        max_age = rule.parameters.max_age
        where = scope(Level.ACCOUNT, place.account.id)

        def passes(case: Case) -> bool:
            signalled_at = case.signalled_at
            return signalled_at is None or -max_age <= case.at - signalled_at <= max_age

        def findings(case: Case) -> Iterator[Finding]:
            if case.signalled_at is None:
                return
            age = case.at - case.signalled_at
            if abs(age) > max_age:
                seen, most = show_fixed(abs(age) * 1000), show_fixed(max_age * 1000)
                old = age > 0
                text = f"the signal is {seen} s {'old' if old else 'in the future'}, over {most} s"
                yield breach(
                    rule,
                    STALE if old else EARLY,
                    text,
                    scope=where,
                    observed=abs(age) * 1000,
                    limit=max_age * 1000,
                    unit="seconds",
                )

        bar = Bar(self.name, (max_age,))
        return Check(passes, findings, bar=bar)
