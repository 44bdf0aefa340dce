"""What an expression means must be settled before any order asks it: names known, types agreeing.

Every mistake is found at once. A part with a mistake has no type, and what has no type is not
complained about again further up.
"""

from collections.abc import Iterable, Iterator

from rules.condition.grammar import (
    COMPARISONS,
    Binary,
    Call,
    Literal,
    Member,
    Name,
    Tree,
    Unary,
)
from rules.condition.names import VOCABULARY
from rules.condition.words import Mistake, Type
from rules.fault import nearest

FUNCTIONS = {
    "abs": "the size of a number, without its sign",
    "known": "whether a name has a value for this order",
    "max": "the largest of some values",
    "min": "the smallest of some values",
}

_ORDERED = (Type.NUMBER, Type.DURATION)


def mistakes_of(tree: Tree) -> list[Mistake]:
    """Find everything that makes no sense in a condition."""
    sense = _Sense()
    found = sense.type_of(tree)
    sense.want(found, (Type.TRUTH,), _start(tree), "a condition is true or false")
    return sorted(sense.mistakes, key=lambda mistake: mistake.at)


def names_in(tree: Tree) -> Iterator[str]:
    """Give the names an expression uses, from the left."""
    match tree:
        case Literal():
            return
        case Name():
            yield tree.name
        case Unary() | Member():
            yield from names_in(tree.operand)
        case Binary():
            yield from names_in(tree.left)
            yield from names_in(tree.right)
        case Call():
            for argument in tree.arguments:
                yield from names_in(argument)


class _Sense:
    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def type_of(self, tree: Tree) -> Type | None:
        match tree:
            case Literal():
                return tree.type
            case Name():
                return self.name(tree)
            case Unary(sign="not"):
                return self.same([tree.operand], (Type.TRUTH,), tree.at, "`not`", Type.TRUTH)
            case Unary():
                return self.same([tree.operand], _ORDERED, tree.at, f"`{tree.sign}`")
            case Binary():
                return self.binary(tree)
            case Member():
                return self.member(tree)
            case Call():
                return self.call(tree)

    def name(self, tree: Name) -> Type | None:
        meaning = VOCABULARY.get(tree.name)
        if meaning is None:
            said = f"nothing is called `{tree.name}`: {_nearest_name(tree.name)}"
            self.wrong(tree.at, said)
            return None
        return meaning.type

    def binary(self, tree: Binary) -> Type | None:
        both = [tree.left, tree.right]
        what = f"`{tree.sign}`"
        if tree.sign in {"and", "or"}:
            return self.same(both, (Type.TRUTH,), tree.at, what, Type.TRUTH)
        if tree.sign in {"*", "/"}:
            return self.same(both, (Type.NUMBER,), tree.at, what)
        if tree.sign in {"+", "-"}:
            return self.same(both, _ORDERED, tree.at, what)
        assert tree.sign in COMPARISONS
        allowed = tuple(Type) if tree.sign in {"==", "!="} else _ORDERED
        result = self.same(both, allowed, tree.at, what, Type.TRUTH)
        self.options(tree.left, [one for one in [tree.right] if isinstance(one, Literal)])
        self.options(tree.right, [one for one in [tree.left] if isinstance(one, Literal)])
        return result

    def member(self, tree: Member) -> Type | None:
        self.same([tree.operand, *tree.options], tuple(Type), tree.at, "`in`")
        self.options(tree.operand, tree.options)
        return Type.TRUTH

    def options(self, tree: Tree, literals: Iterable[Literal]) -> None:
        """Refuse texts a name can never be: a rule that misspells `sell_short` never speaks."""
        meaning = VOCABULARY.get(tree.name) if isinstance(tree, Name) else None
        if meaning is None or meaning.values is None:
            return
        for literal in literals:
            if literal.type is Type.TEXT and literal.value not in meaning.values:
                hint = nearest(str(literal.value), meaning.values)
                self.wrong(literal.at, f"`{meaning.name}` is never `{literal.value}`: {hint}")

    def call(self, tree: Call) -> Type | None:
        count = len(tree.arguments)
        match tree.function:
            case "known":
                if count != 1 or not isinstance(tree.arguments[0], Name):
                    self.wrong(tree.at, "`known` takes one name")
                    return None
                self.type_of(tree.arguments[0])
                return Type.TRUTH
            case "abs":
                if count != 1:
                    self.wrong(tree.at, f"`abs` takes one value, found {count}")
                    return None
            case "min" | "max":
                if count < 2:
                    self.wrong(tree.at, f"`{tree.function}` takes two values or more")
                    return None
            case _:
                said = f"no function is called `{tree.function}`: "
                self.wrong(tree.at, said + nearest(tree.function, FUNCTIONS))
                return None
        return self.same(tree.arguments, _ORDERED, tree.at, f"`{tree.function}`")

    def same(
        self,
        trees: Iterable[Tree],
        allowed: tuple[Type, ...],
        at: int,
        what: str,
        result: Type | None = None,
    ) -> Type | None:
        """Want operands of one type, which is allowed; give that type, or `result`."""
        first: Type | None = None
        for tree in trees:
            found = self.type_of(tree)
            if found is None:
                continue
            if not self.want(found, allowed, _start(tree), what):
                continue
            if first is not None and found is not first:
                self.wrong(at, f"{what} has {first} and {found}, which cannot be put together")
            first = first or found
        return result or first

    def want(self, found: Type | None, allowed: tuple[Type, ...], at: int, what: str) -> bool:
        if found is None or found in allowed:
            return True
        wanted = " or ".join(map(str, allowed))
        self.wrong(at, f"{what}: wanted {wanted}, found {found}")
        return False

    def wrong(self, at: int, text: str) -> None:
        self.mistakes.append(Mistake(at, text))


def _start(tree: Tree) -> int:
    """Give the offset a part of the text begins at."""
    match tree:
        case Binary():
            return _start(tree.left)
        case Member():
            return _start(tree.operand)
        case _:
            return tree.at


def _nearest_name(name: str) -> str:
    """Suggest among the names that begin alike; where none does, among all."""
    group = name.partition(".")[0] + "."
    siblings = [known for known in VOCABULARY if known.startswith(group)]
    return nearest(name, siblings or VOCABULARY)
