"""The records of the journal as a page: every type that may stand in one, from its annotations."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from inspect import cleandoc, getdoc
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from domain.events import Body
from domain.fixed import Amount, Price, Quantity, Ratio
from domain.messages import Message
from gateway import records
from gateway.outcome import Outcome

_DECIMAL = frozenset({Price, Quantity, Amount, Ratio})


def records_page() -> Iterator[str]:
    """Write the page, line by line."""
    yield from ("# Records", "")
    yield "What a line of the [journal](../formats/journal.md) says. The types below are the"
    yield "gate's own; a field in *italics* may be left out."
    yield from ("", "```text", cleandoc(records.__doc__ or ""), "```", "", "## Events", "")
    parts: dict[str, Any] = {}
    told: set[str] = set()
    for body in get_args(Body):
        yield from _type(body, parts)
    yield from ("## Outcomes", "")
    yield from _type(Outcome, parts)
    yield from ("## Messages", "")
    for message in get_args(Message):
        yield from _type(message, parts)
    yield from ("## Parts", "")
    while parts:
        name = min(parts)
        hint = parts.pop(name)
        if name not in told:
            told.add(name)
            yield from (_choice(hint) if issubclass(hint, Enum) else _type(hint, parts))


def _type(hint: Any, parts: dict[str, Any]) -> Iterator[str]:  # noqa: ANN401 (a class)
    yield from (f"### {hint.__name__}", "", (getdoc(hint) or "").split("\n\n")[0], "")
    hints = get_type_hints(hint)
    told = [each for each in fields(hint) if not each.metadata.get("implied")]
    if told:
        yield from ("| field | written as |", "|---|---|")
        for each in sorted(told, key=lambda field: field.name):
            optional = _may_be_left_out(each, hints[each.name])
            name = f"*`{each.name}`*" if optional else f"`{each.name}`"
            yield f"| {name} | {_form(hints[each.name], parts)} |"
        yield ""


def _choice(hint: type[Enum]) -> Iterator[str]:
    yield from (f"### {hint.__name__}", "", (getdoc(hint) or "").split("\n\n")[0], "")
    yield ", ".join(f"`{member.value}` {member.name.lower()}" for member in hint)
    yield ""


def _may_be_left_out(each: "Field[Any]", hint: Any) -> bool:  # noqa: ANN401 (any annotation)
    return (
        each.default is not MISSING
        or each.default_factory is not MISSING
        or type(None) in get_args(hint)
    )


def _form(hint: Any, parts: dict[str, Any]) -> str:  # noqa: ANN401 (any annotation)
    if hint in _DECIMAL:
        return "decimal"
    if isinstance(hint, NewType):
        inner = _form(hint.__supertype__, parts)
        return "microseconds" if hint.__name__ == "Micros" else inner
    if get_origin(hint) in {Union, types.UnionType}:
        present = [each for each in get_args(hint) if each is not type(None)]
        return _form(present[0], parts) if len(present) == 1 else "one of the messages"
    if get_origin(hint) in {tuple, frozenset}:
        members = [_form(each, parts) for each in get_args(hint) if each is not ...]
        return f"array of {' and '.join(members)}"
    if get_origin(hint) is Mapping:
        return f"object of {_form(get_args(hint)[1], parts)}"
    if isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, Enum)):
        parts[hint.__name__] = hint
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    return {int: "integer", str: "text", bool: "`true` or `false`"}[hint]
