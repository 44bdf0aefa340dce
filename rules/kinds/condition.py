"""A question compliance writes itself, as a small typed expression.

    - id: eq.close.large
      kind: condition
      when: order.value > 500000 and time.of_day >= 19:45
      verdict: review
      message: a large order in the last minutes wants a second pair of eyes

`when` describes the orders the rule speaks up about; `verdict` says what becomes of them. Language
and vocabulary are in `rules.condition`. A name or type that makes no sense is a fault of the
policy, with its line and column.

    passes when    the expression is false

An expression that cannot be answered for an order, because a value it needs is unknown or it
divides by zero, counts as true, and the finding says what was missing. A condition that the place
alone settles as false is not bound there at all.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from domain.finding import Finding, OrdRejReason
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.condition.answers import Asked, Known, Unanswerable, answer_at, asked
from rules.condition.expression import Expression
from rules.condition.grammar import Name
from rules.condition.names import VOCABULARY
from rules.condition.sense import names_in
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place

MET = Reason(
    "condition_is_met",
    OrdRejReason.OTHER,
    "the order is one the rule's expression describes",
)

NO_ANSWER = Reason(
    "condition_cannot_be_answered",
    OrdRejReason.OTHER,
    "the rule's expression needs a value that is not known for this order",
)


class Question(Parameters):
    """`when` is the expression; `message` is what the desk is told when it is true."""

    when: Expression
    message: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class Condition(Kind[Question]):
    """The order is not one that the expression `when` describes."""

    name = "condition"
    parameters = Question
    reasons = (MET, NO_ANSWER)

    def bind(self, rule: Rule[Question], place: Place) -> Check | None:
        """Bind the expression; nothing where the place alone makes it false."""
        when = rule.parameters.when
        where = scope(Level.ACCOUNT, place.account.id)
        answer = answer_at(when.tree, place)
        if isinstance(answer, Known) and not answer.value:
            return None
        ask = asked(answer)
        named = {
            name: asked(answer_at(Name(0, name), place))
            for name in dict.fromkeys(names_in(when.tree))
        }

        def passes(case: Case) -> bool:
            try:
                return not ask(case)
            except Unanswerable:
                return False

        def findings(case: Case) -> Iterator[Finding]:
            try:
                if not ask(case):
                    return
                reason, text = MET, rule.parameters.message or f"it holds that {when.text}"
            except Unanswerable as missing:
                reason, text = NO_ANSWER, f"{missing}, so it may hold that {when.text}"
            seen = ", ".join(f"{name} = {_seen(name, of, case)}" for name, of in named.items())
            yield finding(rule, reason, text, scope=where, observed=seen, limit=when.text)

        return Check(passes, findings)


def _seen(name: str, of: Asked, case: Case) -> str:
    try:
        return VOCABULARY[name].shown(of(case))
    except Unanswerable:
        return "unknown"
