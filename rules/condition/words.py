"""An expression's text parted into words."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from rules.fields import read_duration, read_fixed, read_fraction

Value = int | str | bool
"""A number in nanos, a duration in microseconds, a text, or a truth."""


class Type(Enum):
    """What a value is. The name in lower case is what authors read."""

    NUMBER = auto()
    DURATION = auto()
    TEXT = auto()
    TRUTH = auto()

    def __str__(self) -> str:
        return self.name.lower()


class Mistake(Exception):
    """What makes no sense in an expression, at an offset of its text."""

    def __init__(self, at: int, text: str) -> None:
        super().__init__(text)
        self.at = at
        self.text = text


@dataclass(frozen=True, slots=True)
class Word:
    """One word at an offset. `value` and `type` are set on literals; `text` is as written."""

    at: int
    text: str
    sort: str
    type: Type | None = None
    value: Value = ""


KEYWORDS: Final = frozenset({"and", "or", "not", "in"})
END: Final = "end"

_WORD = re.compile(
    r"""(?P<blank>[ \t\r\n]+)
      | (?P<clock>[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(?![\w:]))
      | (?P<amount>[0-9][0-9.]*(?P<unit>%|[a-z]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*)
      | (?P<text>"[^"\n]*"|'[^'\n]*')
      | (?P<sign>==|!=|<=|>=|[-+*/<>()\[\],])""",
    re.ASCII | re.VERBOSE,
)
_HINTS: Final = {
    "=": "write `==` to compare",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    '"': "this text does not end",
    "'": "this text does not end",
}


def words_of(text: str) -> list[Word]:
    """Part a text into words, the last of sort `END`.

    Raises
    ------
    Mistake
        At the first character that begins no word, or number that is none.
    """
    words: list[Word] = []
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            hint = _HINTS.get(text[at], "it has no meaning here")
            raise Mistake(at, f"`{text[at]}`: {hint}")
        if found.lastgroup != "blank":
            words.append(_word(at, found))
        at = found.end()
    words.append(Word(at, "", END))
    return words


def _word(at: int, found: re.Match[str]) -> Word:
    text = found[0]
    if found["clock"]:
        return Word(at, text, "literal", Type.DURATION, _clock(at, text))
    if found["amount"]:
        kind, value = _amount(at, text, found["unit"])
        return Word(at, text, "literal", kind, value)
    if found["text"]:
        return Word(at, text, "literal", Type.TEXT, text[1:-1])
    if text in {"true", "false"}:
        return Word(at, text, "literal", Type.TRUTH, text == "true")
    if found["sign"] or text in KEYWORDS:
        return Word(at, text, text)
    return Word(at, text, "name")


def _clock(at: int, text: str) -> int:
    hours, minutes, seconds = (*map(int, text.split(":")), 0)[:3]
    if hours > 24 or minutes > 59 or seconds > 59 or (hours == 24 and minutes + seconds):
        raise Mistake(at, f"`{text}` is no time of day")
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000


def _amount(at: int, text: str, unit: str | None) -> tuple[Type, int]:
    try:
        if unit is None:
            return Type.NUMBER, read_fixed(text)
        if unit in {"%", "bp"}:
            return Type.NUMBER, read_fraction(text)
        return Type.DURATION, read_duration(text)
    except ValueError as error:
        raise Mistake(at, str(error)) from None
