"""From a tree to a function of the case, bound to one place.

What the place already settles is worked out once, when the rule is bound: a condition that
compares the desk first is, at any other desk, `Known(False)`, and asks nothing of any order.

INVARIANT (fail closed): where a value is unknown, or divided by zero, the function raises
`Unanswerable`; it never guesses. Working out beforehand never hides that: a part which cannot be
answered is not dropped because of what stands to the right of it.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from domain.fixed import divided, scaled
from rules.case import Case
from rules.condition.grammar import Binary, Call, Literal, Member, Name, Tree, Unary
from rules.condition.names import VOCABULARY
from rules.condition.words import Value
from rules.place import Place


class Unanswerable(Exception):
    """The condition has no answer for this order."""


@dataclass(frozen=True, slots=True)
class Known:
    """What every order of the place gets for an answer."""

    value: Value


Asked = Callable[[Case], Any]
Answer = Known | Asked

_SIGNS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": scaled,
}


def answer_at(tree: Tree, place: Place) -> Answer:
    """Bind an expression that makes sense to a place."""
    match tree:
        case Literal():
            return Known(tree.value)
        case Name():
            return _name(tree.name, place)
        case Unary(sign="not"):
            return _applied(operator.not_, answer_at(tree.operand, place))
        case Unary():
            return _applied(operator.neg, answer_at(tree.operand, place))
        case Binary(sign="and"):
            return _both(answer_at(tree.left, place), answer_at(tree.right, place))
        case Binary(sign="or"):
            return _either(answer_at(tree.left, place), answer_at(tree.right, place))
        case Binary():
            sign = _divided if tree.sign == "/" else _SIGNS[tree.sign]
            return _joined(sign, answer_at(tree.left, place), answer_at(tree.right, place))
        case Member():
            options = frozenset(option.value for option in tree.options)
            inside = options.__contains__
            found = _applied(inside, answer_at(tree.operand, place))
            return _applied(operator.not_, found) if tree.negated else found
        case Call():
            return _called(tree, place)


def asked(answer: Answer) -> Asked:
    """Give an answer as a function, whether or not it needs one."""
    if isinstance(answer, Known):
        value = answer.value
        return lambda _: value
    return answer


def _name(name: str, place: Place) -> Answer:
    meaning = VOCABULARY[name]
    if meaning.fixed is not None:
        value = meaning.fixed(place)
        return _raising(_unknown(name)) if value is None else Known(value)
    assert meaning.asked is not None
    ask = meaning.asked(place)
    if meaning.always:
        return ask

    def known(case: Case) -> Value:
        found = ask(case)
        if found is None:
            raise Unanswerable(_unknown(name))
        return found

    return known


def _applied(function: Callable[[Any], Any], operand: Answer) -> Answer:
    if isinstance(operand, Known):
        return Known(function(operand.value))
    return lambda case: function(operand(case))


def _joined(function: Callable[[Any, Any], Any], left: Answer, right: Answer) -> Answer:
    if isinstance(right, Known):
        known = right.value
        if isinstance(left, Known):
            try:
                return Known(function(left.value, known))
            except Unanswerable as error:
                return _raising(str(error))
        return lambda case: function(left(case), known)
    if isinstance(left, Known):
        first = left.value
        return lambda case: function(first, right(case))
    return lambda case: function(left(case), right(case))


def _both(left: Answer, right: Answer) -> Answer:
    if isinstance(left, Known):
        return right if left.value else left
    if isinstance(right, Known):
        known = right.value
        return left if known else lambda case: left(case) and known
    return lambda case: left(case) and right(case)


def _either(left: Answer, right: Answer) -> Answer:
    if isinstance(left, Known):
        return left if left.value else right
    if isinstance(right, Known):
        known = right.value
        return lambda case: left(case) or known
    return lambda case: left(case) or right(case)


def _called(tree: Call, place: Place) -> Answer:
    if tree.function == "known":
        (name,) = tree.arguments
        assert isinstance(name, Name)
        return _whether_known(name.name, place)
    first, *others = (answer_at(argument, place) for argument in tree.arguments)
    if tree.function == "abs":
        return _applied(abs, first)
    for other in others:
        first = _joined(min if tree.function == "min" else max, first, other)
    return first


def _whether_known(name: str, place: Place) -> Answer:
    meaning = VOCABULARY[name]
    if meaning.fixed is not None:
        return Known(meaning.fixed(place) is not None)
    assert meaning.asked is not None
    ask = meaning.asked(place)
    return lambda case: ask(case) is not None


def _divided(left: int, right: int) -> int:
    if not right:
        raise Unanswerable("it divides by zero")
    return divided(left, right)


def _raising(said: str) -> Asked:
    def raising(_: Case) -> Value:
        raise Unanswerable(said)

    return raising


def _unknown(name: str) -> str:
    return f"`{name}` is not known"
