"""A policy's YAML as a tree that knows where everything stands.

The text is YAML 1.2, read by ruamel.yaml's parser up to its events; this module makes the tree,
so that nothing is decided about a value behind the author's back. Of YAML, a policy may use
mappings with plain words as keys, sequences, and scalars in every style. It may not use

* anchors, aliases and merge keys: a rule must be readable by itself, and a dozen lines of
  aliases can stand for a billion;
* tags (``!!int``) and several documents in one file;
* one key twice in a mapping, of which YAML readers silently drop one;
* ``null``: a scope whose value was forgotten must not become a scope without bounds.

A plain scalar is ``true``, ``false``, a number, or else text; ``NO`` is a country, and
``2024-01-31`` and ``1_000`` are text. INVARIANT (no float): a number is an `int` of at most
eighteen digits or a `Numeral` with its exact source text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from rules.fault import Fault, Mark, PolicyFaults
from rules.fields import Numeral
from rules.needs import Path

DEPTH_MAX = 16

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}\Z", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z", re.ASCII)
_LINE_BREAK = re.compile(r"\r\n?|\n")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar. `written` is its source text, quotes, indicators and all."""

    mark: Mark
    value: str | int | bool | Numeral | None
    style: str | None
    written: str

    def at(self, offset: int) -> Mark:
        """Give the place of the character at `offset` of the value, which must not be blank.

        Folding, indentation and quoting change only blanks, quotes and escapes, so the nth
        character of the value that is not blank is the nth of the source that is not.
        """
        wanted = len("".join(str(self.value)[:offset].split()))
        line, column = self.mark.line, self.mark.column
        for unit, content in self._units():
            if content and not wanted:
                break
            wanted -= content
            if unit == "\n":
                line, column = line + 1, 1
            else:
                column += len(unit)
        return Mark(line, column)

    def _units(self) -> Iterator[tuple[str, bool]]:
        """Part the source into characters and escapes, and say which stand for a non-blank."""
        opened = self.style is None
        for found in _UNITS.get(self.style or "", _CHARACTER).finditer(self.written):
            unit = found[0]
            yield unit, opened and unit not in _BLANK
            # A quote opens the content at once; the header of a block ends with its line.
            opened = opened or self.style in {"'", '"'} or unit == "\n"


@dataclass(frozen=True, slots=True)
class Branch:
    """A mapping. `entries` give the place of each key and what it leads to."""

    mark: Mark
    entries: dict[str, tuple[Mark, "Node"]]


@dataclass(frozen=True, slots=True)
class Series:
    """A sequence."""

    mark: Mark
    items: tuple["Node", ...]


Node = Leaf | Branch | Series

_CHARACTER = re.compile(r".", re.DOTALL)
_UNITS = {
    "'": re.compile(r"''|.", re.DOTALL),
    '"': re.compile(r"\\x..|\\u.{4}|\\U.{8}|\\.|.", re.DOTALL),
}
_BLANK = {" ", "\t", "\n", "\r", r"\n", r"\t", r"\r", "\\ ", "\\\n"}


def read_nodes(text: bytes, *, file: str) -> Node:
    """Read a YAML text as a tree.

    Raises
    ------
    PolicyFaults
        If it is not UTF-8, not YAML, or more than the YAML a policy may use.
    """
    return _Reader(_decoded(text, file), file).tree()


def value_of(node: Node) -> object:
    """Give a node as plain values: dict, tuple, str, int, bool, None or `Numeral`."""
    match node:
        case Leaf():
            return node.value
        case Branch():
            return {key: value_of(child) for key, (_, child) in node.entries.items()}
        case Series():
            return tuple(value_of(item) for item in node.items)


def found_at(node: Node, path: Path) -> Node:
    """Follow a path as far as it leads; pydantic puts in steps of its own, which are skipped."""
    for step in path:
        match node:
            case Branch() if step in node.entries:
                node = node.entries[str(step)][1]
            case Series() if isinstance(step, int) and step < len(node.items):
                node = node.items[step]
            case _:
                continue
    return node


def place_of(node: Node, path: Path, name: str | None = None) -> Mark:
    """Give the place a path leads to; in a list of names, that of the name."""
    found = found_at(node, path)
    if isinstance(found, Series) and name is not None:
        for item in found.items:
            if isinstance(item, Leaf) and item.value == name:
                return item.mark
    return found.mark


def key_place_of(node: Node, path: Path) -> Mark:
    """Give the place of the key a path ends in."""
    holder = found_at(node, path[:-1])
    if isinstance(holder, Branch) and path[-1] in holder.entries:
        return holder.entries[str(path[-1])][0]
    return holder.mark


def _decoded(text: bytes, file: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start].split(b"\n")
        column = len(before[-1].decode(errors="replace")) + 1
        said = f"byte 0x{text[error.start]:02x} is not UTF-8, the one encoding read here"
        raise PolicyFaults([Fault(file, len(before), column, said)]) from None


class _Reader:
    """Makes the tree from the events, gathering what may not be there."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.faults: list[Fault] = []
        self.events: Iterator[Event] = iter(())

    def tree(self) -> Node:
        try:
            self.events = YAML(typ="safe", pure=True).parse(self.text)
            root = self._document()
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Mark(1, 1) if mark is None else Mark(mark.line + 1, mark.column + 1)
            said = " ".join(f"{error.context or ''} {error.problem or ''}".split())
            self._fault(place, f"not YAML: {said}")
        except ReaderError as error:
            before = _LINE_BREAK.split(self.text[: error.position])
            place = Mark(len(before), len(before[-1]) + 1)
            self._fault(place, f"not YAML: character #x{error.character:04x} may not stand here")
        except YAMLError as error:
            self._fault(Mark(1, 1), f"not YAML: {error}")
        else:
            if not self.faults:
                return root
        raise PolicyFaults(self.faults)

    def _document(self) -> Node:
        root: Node | None = None
        for event in self.events:
            if isinstance(event, NodeEvent):
                root = self._node(event, 0)
            elif isinstance(event, DocumentStartEvent) and root is not None:
                self._fault(_mark(event), "a second document: a file holds one")
                return root
        return Branch(Mark(1, 1), {}) if root is None else root

    def _node(self, event: Any, depth: int) -> Node:  # noqa: ANN401 - ruamel's events are untyped
        mark = _mark(event)
        if depth > DEPTH_MAX:
            self._fault(mark, f"nested more than {DEPTH_MAX} deep")
            raise PolicyFaults(self.faults)
        if isinstance(event, AliasEvent):
            self._fault(mark, f"alias `*{event.anchor}`: write the value out")
            return Leaf(mark, "", None, "")
        if event.anchor is not None:
            self._fault(mark, f"anchor `&{event.anchor}`: there are no aliases here")
        if event.tag is not None:
            self._fault(mark, f"tag `{event.tag}`: there are no tags here")
        if isinstance(event, MappingStartEvent):
            return self._branch(mark, depth)
        if isinstance(event, SequenceStartEvent):
            return self._series(mark, depth)
        assert isinstance(event, ScalarEvent), event
        return self._leaf(mark, event)

    def _branch(self, mark: Mark, depth: int) -> Branch:
        entries: dict[str, tuple[Mark, Node]] = {}
        for event in self.events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._node(event, depth + 1)
            child = self._node(next(self.events), depth + 1)
            if not isinstance(key, Leaf) or not isinstance(key.value, str):
                self._fault(key.mark, "a key must be a word")
            elif key.value in entries:
                first = entries[key.value][0].line
                self._fault(key.mark, f"`{key.value}` stands here twice, first in line {first}")
            else:
                entries[key.value] = (
                    key.mark,
                    self._filled(child, key.mark, f"`{key.value}` has no value"),
                )
        return Branch(mark, entries)

    def _series(self, mark: Mark, depth: int) -> Series:
        items: list[Node] = []
        for event in self.events:
            if isinstance(event, SequenceEndEvent):
                break
            item = self._node(event, depth + 1)
            items.append(self._filled(item, item.mark, "an item without a value"))
        return Series(mark, tuple(items))

    def _filled(self, node: Node, mark: Mark, said: str) -> Node:
        if isinstance(node, Leaf) and node.value is None:
            self._fault(mark, f"{said}: write one, or leave it out")
        return node

    def _leaf(self, mark: Mark, event: ScalarEvent) -> Leaf:
        written = self.text[event.start_mark.index : event.end_mark.index]
        value = event.value if event.style else _resolved(event.value)
        return Leaf(mark, value, event.style, written)

    def _fault(self, mark: Mark, text: str) -> None:
        self.faults.append(Fault(self.file, mark.line, mark.column, text))


def _mark(event: Event) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _resolved(text: str) -> str | int | bool | Numeral | None:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.match(text):
        return int(text)
    return Numeral(text) if _NUMBER.match(text) else text
