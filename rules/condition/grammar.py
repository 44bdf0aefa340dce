"""From words to a tree, by precedence climbing (Pratt 1973): each sign knows how hard it binds.

    or < and < not < comparisons and `in` < + - < * / < unary -

INVARIANT (bounded tree): an expression has at most `STEPS_MAX` operators, calls and brackets, so
nothing that walks its tree can run out of stack.
"""

from dataclasses import dataclass
from typing import Final

from rules.condition.words import END, Mistake, Type, Value, Word, words_of

STEPS_MAX: Final = 100

BINDS: Final = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not"), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/"), 6),
}
COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_NOT: Final = 3
_COMPARE: Final = 4
_NEGATE: Final = 7


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written."""

    at: int
    type: Type
    value: Value


@dataclass(frozen=True, slots=True)
class Name:
    """A word of the vocabulary, such as ``order.quantity``."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``-`` or ``not``."""

    at: int
    sign: str
    operand: "Tree"


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic, a comparison, ``and`` or ``or``. `at` is where the sign stands."""

    at: int
    sign: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Member:
    """``in`` or ``not in`` a list of literals."""

    at: int
    operand: "Tree"
    options: tuple[Literal, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function of some values."""

    at: int
    function: str
    arguments: tuple["Tree", ...]


Tree = Literal | Name | Unary | Binary | Member | Call


def tree_of(text: str) -> Tree:
    """Read an expression.

    Raises
    ------
    Mistake
        Where it first stops being one.
    """
    reader = _Reader(words_of(text))
    tree = reader.expression(0)
    reader.take(END)
    return tree


class _Reader:
    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.place = 0
        self.steps = 0

    @property
    def next(self) -> Word:
        return self.words[self.place]

    def take(self, sort: str) -> Word:
        word = self.next
        if word.sort != sort:
            wanted = "the end" if sort == END else f"`{sort}`"
            raise Mistake(word.at, f"wanted {wanted}, found {_shown(word)}")
        self.place += 1
        return word

    def step(self, at: int) -> None:
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise Mistake(at, f"more than {STEPS_MAX} operators and brackets: write several rules")

    def expression(self, floor: int) -> Tree:
        tree = self.prefix()
        compared = False
        while (bind := BINDS.get(self.next.sort, 0)) > floor:
            word = self.take(self.next.sort)
            self.step(word.at)
            if bind == _COMPARE and compared:
                raise Mistake(word.at, "compare two values at a time, joined by `and`")
            compared = bind == _COMPARE
            if word.sort in {"in", "not"}:
                tree = self.member(word, tree)
            else:
                tree = Binary(word.at, word.sort, tree, self.expression(bind))
        return tree

    def prefix(self) -> Tree:
        word = self.next
        match word.sort:
            case "literal":
                return self.literal()
            case "name":
                return self.name()
            case "(":
                self.step(self.take("(").at)
                tree = self.expression(0)
                self.take(")")
                return tree
            case "not" | "-":
                self.step(self.take(word.sort).at)
                bind = _NOT if word.sort == "not" else _NEGATE
                return Unary(word.at, word.sort, self.expression(bind))
            case _:
                raise Mistake(word.at, f"wanted a value, found {_shown(word)}")

    def literal(self) -> Literal:
        negative = self.next.sort == "-"
        if negative:
            self.take("-")
        word = self.take("literal")
        assert word.type is not None
        if not negative:
            return Literal(word.at, word.type, word.value)
        if isinstance(word.value, bool) or not isinstance(word.value, int):
            raise Mistake(word.at, f"`-` before {word.type}")
        return Literal(word.at, word.type, -word.value)

    def name(self) -> Tree:
        word = self.take("name")
        if self.next.sort != "(":
            return Name(word.at, word.text)
        self.step(self.take("(").at)
        arguments = [self.expression(0)]
        while self.next.sort == ",":
            self.take(",")
            arguments.append(self.expression(0))
        self.take(")")
        return Call(word.at, word.text, tuple(arguments))

    def member(self, word: Word, operand: Tree) -> Tree:
        if word.sort == "not":
            self.take("in")
        self.take("[")
        options = [self.literal()]
        while self.next.sort == ",":
            self.take(",")
            options.append(self.literal())
        self.take("]")
        return Member(word.at, operand, tuple(options), word.sort == "not")


def _shown(word: Word) -> str:
    return "the end" if word.sort == END else f"`{word.text}`"
