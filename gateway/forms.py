"""Forms: how the values of a type are written as JSON, and how they are read.

A form is made from a type's annotations, so that the types are the only description of the
format. What is written of a dataclass:

* names in ASCII order; a field equal to its default, and an absent value (None), are left out;
* a field marked `IMPLIED` is left out, because the record or an earlier one holds it;
* fixed numbers (`Price`, `Quantity`, `Amount`, `Ratio`) are decimal strings; other integers are
  integers; enumerations are their values; tuples are arrays; sets are sorted arrays;
* where one of several dataclasses may stand, an object says which it ``is``.

For each type the source of one function is put together and compiled once, as `dataclasses`
does it: records are written for every order, and looking fields up in a loop took four times as
long. An order's writer, for example, begins and ends with

    def write(x):
        _price = f',"price":"{show(x.price)}"' if x.price is not None else ''
        …
        return f'{{"account":{quote(x.account)},…{_price},"quantity":"{show(x.quantity)}",…}}'

Reading goes through a *shape*: a msgspec struct beside each dataclass, with the same names, and
text where the dataclass has a fixed number. Parsing into the shape checks names, types and
enumerations, and says where something is wrong; a compiled function then makes the dataclass.
"""

# ruff: noqa: ANN401 (an annotation may be any object)

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache, reduce
from json.encoder import encode_basestring
from operator import or_
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

from domain.fixed import Amount, Price, Quantity, Ratio, parse_fixed, show_fixed

_FIXED = frozenset({Price, Quantity, Amount, Ratio})

_names: dict[str, Any] = {
    "comma": ",".join,
    "fixed": parse_fixed,
    "quote": encode_basestring,
    "show": show_fixed,
}
"""What compiled functions see, themselves among it."""


def writer(hint: Any) -> Callable[[Any], str]:
    """Give the function that writes values of an annotation."""
    write: Callable[[Any], str] = _names[_writer(hint)]
    return write


def reader(hint: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Give the shape to parse an annotation into, and the function that makes its values."""
    return _shape(hint), _names[_maker(hint)]


# Writing. A *piece* is what an f-string holds for a value, and `at` an expression for the value.


def _piece(hint: Any, at: str) -> str:
    hint = _bare(hint)
    if hint in _FIXED:
        return f'"{{show({at})}}"'
    if hint is str:
        return f"{{quote({at})}}"
    if hint is int:
        return f"{{{at}}}"
    if hint is bool or _is_enum(hint):
        return f"{{{_words(hint)}[{at}]}}"
    if _is_union(hint):
        return f"{{{_writers(hint)}[type({at})]({at})}}"
    inner = get_args(hint)
    if _is_list(hint):
        return f"[{{comma(map({_writer(inner[0])}, {at}))}}]"
    if get_origin(hint) is tuple:
        pieces = [_piece(each, f"{at}[{place}]") for place, each in enumerate(inner)]
        return f"[{','.join(pieces)}]"
    if get_origin(hint) is frozenset:
        return f"[{{comma(sorted(map({_writer(inner[0])}, {at})))}}]"
    return f"{{{_writer(hint)}({at})}}"


@cache
def _writer(hint: Any, tag: str | None = None) -> str:
    """Name the function that writes values; with a tag, an object says that it ``is`` that."""
    if _is_object(hint):
        return _compile(*_object(hint, tag))
    if get_origin(hint) is Mapping:
        piece = _piece(get_args(hint)[1], "x[name]")
        return _compile(
            f"pairs = [f'{{quote(name)}}:{piece}' for name in sorted(x)]",
            "return '{' + comma(pairs) + '}'",
        )
    piece = _piece(hint, "x")
    return _compile(f"return f'{piece}'")


def _object(hint: Any, tag: str | None) -> list[str]:
    """Write the lines that write a dataclass."""
    rows = [
        (each.name, _piece(kind, f"x.{each.name}"), _test(each, kind))
        for each, kind in _fields(hint)
    ]
    if tag is not None:
        rows.append(("is", f'"{tag}"', None))
    rows.sort()
    # Commas stand on that side of an optional field where a field is always written.
    always = [place for place, (_, _, test) in enumerate(rows) if test is None]
    fixed = always[0] if always else -1
    lines, parts = [], []
    for place, (name, piece, test) in enumerate(rows):
        part = f'"{name}":{piece}'
        if place != fixed:
            part = f"{part}," if place < fixed else f",{part}"
        if test is not None:
            lines.append(f"_{name} = f'{part}' if {test} else ''")
            part = f"{{_{name}}}"
        parts.append(part)
    text = "".join(parts)
    if always:
        return [*lines, f"return f'{{{{{text}}}}}'"]
    return [*lines, f"text = f'{text}'", "return '{' + text[1:] + '}'"]


def _test(each: "Field[Any]", hint: Any) -> str | None:
    """Say when a field is written; None means always."""
    at, default = f"x.{each.name}", _default(each)
    if default is None or (default is MISSING and _is_optional(hint)):
        return f"{at} is not None"
    if default is MISSING:
        return None
    assert not _is_optional(hint), "a default of its own leaves no way to write an absent value"
    return f"{at} != {_name(default)}" if default else at


@cache
def _words(hint: Any) -> str:
    if hint is bool:
        return _name({True: "true", False: "false"})
    return _name({member: json.dumps(member.value) for member in hint})


@cache
def _writers(hint: Any) -> str:
    return _name({each: _names[_writer(each, each.__name__)] for each in get_args(hint)})


# Reading.


@cache
def _shape(hint: Any, tag: str | None = None) -> Any:
    """Give what msgspec parses values of an annotation into."""
    hint = _bare(hint)
    inner = get_args(hint)
    if hint in _FIXED:
        return str
    if _is_object(hint):
        rows = [
            (each.name, _shape(kind))
            if _default(each) is MISSING and not _is_optional(kind)
            else (each.name, _shape(kind), None)
            for each, kind in _fields(hint)
        ]
        return msgspec.defstruct(
            hint.__name__,
            rows,
            tag_field=tag and "is",
            tag=tag,
            kw_only=True,
            forbid_unknown_fields=True,
        )
    if _is_union(hint):
        return reduce(or_, (_shape(each, each.__name__) for each in inner))
    if get_origin(hint) is Mapping:
        return types.GenericAlias(dict, (str, _shape(inner[1])))
    if get_origin(hint) in {tuple, frozenset}:
        shapes = tuple(each if each is ... else _shape(each) for each in inner)
        return types.GenericAlias(get_origin(hint), shapes)
    return hint


def _value(hint: Any, at: str) -> str:
    """Write the expression that makes a value of its shape; `at` itself where both are one."""
    hint = _bare(hint)
    inner = get_args(hint)
    if hint in _FIXED:
        return f"fixed({at})"
    if _is_object(hint):
        return f"{_maker(hint)}({at})"
    if _is_union(hint):
        return f"{_makers(hint)}[type({at})]({at})"
    if all(each is ... or _value(each, "x") == "x" for each in inner):
        return at
    if get_origin(hint) is Mapping:
        return f"{{name: {_value(inner[1], 'y')} for name, y in {at}.items()}}"
    if _is_list(hint):
        return f"tuple(map({_maker(inner[0])}, {at}))"
    raise AssertionError(f"no form for {hint}")


@cache
def _maker(hint: Any) -> str:
    """Name the function that makes values of an annotation's shape."""
    if not _is_object(hint):
        return _compile(f"return {_value(hint, 'x')}")
    given = []
    for each, kind in _fields(hint):
        at, default = f"x.{each.name}", _default(each)
        value = _value(kind, at)
        if default is not MISSING and default is not None:
            value = f"{_name(default)} if {at} is None else {value}"
        elif value != at and (default is None or _is_optional(kind)):
            value = f"None if {at} is None else {value}"
        given.append(f"{each.name}={value}")
    return _compile(f"return {_name(hint)}({', '.join(given)})")


@cache
def _makers(hint: Any) -> str:
    return _name({_shape(each, each.__name__): _names[_maker(each)] for each in get_args(hint)})


# What both need.


def _compile(*lines: str) -> str:
    """Compile a function of `x` and name it."""
    name = f"f{len(_names)}"
    exec("\n    ".join([f"def {name}(x):", *lines]), _names)  # noqa: S102 (text of our own)
    return name


def _name(value: object) -> str:
    """Give compiled functions a name for a value."""
    name = f"v{len(_names)}"
    _names[name] = value
    return name


def _fields(hint: Any) -> list[tuple["Field[Any]", Any]]:
    """Give the fields that are written, each with its annotation."""
    hints = get_type_hints(hint)
    return [(each, hints[each.name]) for each in fields(hint) if not each.metadata.get("implied")]


def _default(each: "Field[Any]") -> object:
    if each.default_factory is not MISSING:
        return each.default_factory()
    return each.default


def _bare(hint: Any) -> Any:
    """Take off what says that a value may be absent, and the names of plain types."""
    if _is_optional(hint):
        present = [each for each in get_args(hint) if each is not types.NoneType]
        hint = reduce(or_, present)
    if isinstance(hint, NewType) and hint not in _FIXED:
        return _bare(hint.__supertype__)
    return hint


def _is_object(hint: Any) -> bool:
    return isinstance(hint, type) and is_dataclass(hint)


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType} and types.NoneType in get_args(hint)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType}


def _is_list(hint: Any) -> bool:
    return get_origin(hint) is tuple and get_args(hint)[-1] is ...


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)
