"""JSON as the tree its text would be in YAML, with the place of every value (`rules.nodes`).

The standard library reads a scalar at a position and says where it ends; what lies between, the
brackets, colons and commas, is read here, because no reader of whole texts tells places. A number
keeps its source text where it is not a plain whole one (INVARIANT: no float). ``null`` is a value
that was not written, which is how programs that write tables say so. One key twice in an object is
a fault: readers of JSON silently drop one of the two.
"""

import json
import re
from bisect import bisect_right

from rules.fault import Fault, Faults, Mark
from rules.fields import Numeral
from rules.nodes import DEPTH_MAX, Branch, Leaf, Node, Series

_BLANK = re.compile(r"[ \t\r\n]*")
_DIGITS_MAX = 18


def read_json(text: str, *, file: str) -> Node:
    """Read a JSON text as a tree; `file` is what faults call it.

    Raises
    ------
    Faults
        If it is not JSON, at the first place where it is not.
    """
    reading = _Reading(text)
    try:
        root, end = reading.node(reading.skip(0), 0)
        end = reading.skip(end)
        if end < len(text):
            raise _Wrong("something after the end", end)
    except _Wrong as wrong:
        mark = reading.mark(wrong.at)
        raise Faults([Fault(file, mark.line, mark.column, f"not JSON: {wrong}")]) from None
    return root


class _Wrong(Exception):
    def __init__(self, said: str, at: int) -> None:
        super().__init__(said)
        self.at = at


class _Reading:
    """One reading of one text. Every method takes where to begin and gives where it ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.scalar = json.JSONDecoder(
            parse_int=_whole, parse_float=Numeral, parse_constant=_refused
        ).raw_decode

    def node(self, at: int, depth: int) -> tuple[Node, int]:
        if depth > DEPTH_MAX:
            raise _Wrong(f"nested more than {DEPTH_MAX} deep", at)
        match self.text[at : at + 1]:
            case "{":
                return self.branch(at, depth)
            case "[":
                return self.series(at, depth)
            case _:
                return self.leaf(at)

    def leaf(self, at: int) -> tuple[Leaf, int]:
        try:
            value, end = self.scalar(self.text, at)
        except ValueError as fault:
            raise _Wrong(_said(fault), getattr(fault, "pos", at)) from None
        return Leaf(self.mark(at), value, None, self.text[at:end]), end

    def branch(self, at: int, depth: int) -> tuple[Branch, int]:
        entries: dict[str, tuple[Mark, Node]] = {}
        mark, seen = self.mark(at), set[str]()
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "}":
            if seen:
                at = self.skip(self.passed(",", at))
            self.passed('"', at)
            key, end = self.leaf(at)
            word = str(key.value)
            if word in seen:
                raise _Wrong(f"`{word}` stands here twice", at)
            seen.add(word)
            child, at = self.node(self.skip(self.passed(":", self.skip(end))), depth + 1)
            if not (isinstance(child, Leaf) and child.value is None):
                entries[word] = key.mark, child
            at = self.skip(at)
        return Branch(mark, entries), at + 1

    def series(self, at: int, depth: int) -> tuple[Series, int]:
        items: list[Node] = []
        mark = self.mark(at)
        at = self.skip(at + 1)
        while self.text[at : at + 1] != "]":
            if items:
                at = self.skip(self.passed(",", at))
            item, end = self.node(at, depth + 1)
            if isinstance(item, Leaf) and item.value is None:
                raise _Wrong("an item without a value", at)
            items.append(item)
            at = self.skip(end)
        return Series(mark, tuple(items)), at + 1

    def passed(self, wanted: str, at: int) -> int:
        if self.text[at : at + 1] != wanted:
            raise _Wrong(f"wanted `{wanted}`", at)
        return at + 1

    def skip(self, at: int) -> int:
        blank = _BLANK.match(self.text, at)
        return at if blank is None else blank.end()

    def mark(self, at: int) -> Mark:
        line = bisect_right(self.lines, at)
        return Mark(line, at - self.lines[line - 1] + 1)


def _whole(text: str) -> int | Numeral:
    return int(text) if len(text) <= _DIGITS_MAX else Numeral(text)


def _refused(word: str) -> None:
    raise ValueError(f"`{word}` is no number")


def _said(fault: ValueError) -> str:
    said = fault.msg if isinstance(fault, json.JSONDecodeError) else str(fault)
    return said[:1].lower() + said[1:]
