"""The plain twin of `gateway.forms`: fields looked up one by one, closures instead of source.

It was the gate's own writer and reader until compiled ones replaced it, and says the same format in
a way that is easier to be sure of.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from domain.fixed import Amount, Price, Quantity, Ratio, parse_fixed, show_fixed

FIXED = frozenset({Price, Quantity, Amount, Ratio})


def write(hint: Any, value: Any) -> str:
    """Write a value of an annotation."""
    hint = bare(hint)
    if hint in FIXED:
        return json.dumps(show_fixed(value))
    if hint in {bool, int, str}:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return json.dumps(value.value)
    if is_dataclass(hint):
        return write_object(hint, value)
    inner = get_args(hint)
    if is_union(hint):
        return write_object(type(value), value, tag=type(value).__name__)
    if get_origin(hint) is Mapping:
        pairs = [f"{write(str, name)}:{write(inner[1], value[name])}" for name in sorted(value)]
        return "{" + ",".join(pairs) + "}"
    if get_origin(hint) is frozenset:
        return "[" + ",".join(sorted(write(inner[0], each) for each in value)) + "]"
    if inner[-1] is ...:
        return "[" + ",".join(write(inner[0], each) for each in value) + "]"
    return "[" + ",".join(map(write, inner, value)) + "]"


def write_object(hint: Any, value: Any, tag: str | None = None) -> str:
    members = {} if tag is None else {"is": json.dumps(tag)}
    for each, kind in members_of(hint):
        found = getattr(value, each.name)
        if found is not None and found != default(each):
            members[each.name] = write(kind, found)
    return "{" + ",".join(f"{json.dumps(name)}:{members[name]}" for name in sorted(members)) + "}"


def read(hint: Any, found: Any) -> Any:
    """Make a value of an annotation from parsed JSON."""
    hint = bare(hint)
    inner = get_args(hint)
    if hint in FIXED:
        return parse_fixed(found)
    if hint in {bool, int, str} or (isinstance(hint, type) and issubclass(hint, Enum)):
        return hint(found)
    if is_union(hint):
        hint = {each.__name__: each for each in inner}[found.pop("is")]
    if isinstance(hint, type) and is_dataclass(hint):
        told = {each.name: absent(each) for each, _ in members_of(hint)}
        kinds = {each.name: kind for each, kind in members_of(hint)}
        told.update({name: read(kinds[name], value) for name, value in found.items()})
        return hint(**told)
    if get_origin(hint) is Mapping:
        return {name: read(inner[1], value) for name, value in found.items()}
    if get_origin(hint) is frozenset:
        return frozenset(read(inner[0], each) for each in found)
    if inner[-1] is ...:
        return tuple(read(inner[0], each) for each in found)
    return tuple(map(read, inner, found))


def members_of(hint: Any) -> "list[tuple[Field[Any], Any]]":
    """Give the fields a record holds, each with its annotation."""
    hints = get_type_hints(hint)
    return [(each, hints[each.name]) for each in fields(hint) if not each.metadata.get("implied")]


def default(each: "Field[Any]") -> Any:
    return each.default if each.default_factory is MISSING else each.default_factory()


def absent(each: "Field[Any]") -> Any:
    return None if default(each) is MISSING else default(each)


def bare(hint: Any) -> Any:
    """Take off what says that a value may be absent, and the names of plain types."""
    if is_union(hint) and len(present(hint)) == 1:
        return bare(present(hint)[0])
    if isinstance(hint, NewType) and hint not in FIXED:
        return bare(hint.__supertype__)
    return hint


def present(hint: Any) -> list[Any]:
    return [each for each in get_args(hint) if each is not types.NoneType]


def is_union(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType}
