"""Records: events and outcomes as canonical JSON, one line each.

The bytes follow the journal's profile (docs/formats/journal.md): keys in ASCII order, no blanks,
no floats, integers within 2^53, exact decimals as strings, instants as integer microseconds.

What is written of a dataclass, for every type in `domain.events` and `domain.messages`:

* a field equal to its default, and an absent value (None), are left out;
* a field marked `IMPLIED` is left out, because the record or an earlier one holds it;
* fixed numbers (`Price`, `Quantity`, `Amount`, `Ratio`) are decimal strings; other integers are
  integers; enumerations are their values; tuples are arrays; sets are sorted arrays;
* where one of several types may stand, an object says which it ``is``.

The writer and the reader are built once per type, from its annotations, so that the types
are the only description of the format. A record is

    {"at":…,"event":{"is":"OrderAsked",…},"outcome":{…},"seq":…,"v":1}
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from enum import Enum
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from domain.events import Body, Event
from domain.fixed import Amount, Price, Quantity, Ratio, parse_fixed, show_fixed
from domain.ids import Digest, Micros
from domain.market import FxRate, Quote
from domain.reference import Reference
from gateway.outcome import Outcome

VERSION = 1

Writer = Callable[[Any], str]
Reader = Callable[[Any], Any]

_OUTCOME_KEY = ',"outcome":'
_SEQ_KEY = ',"seq":'

_FIXED = frozenset({Price, Quantity, Amount, Ratio})


class RecordUnreadable(ValueError):
    """A line of the journal is not a record this version knows."""


def write_record(event: Event, outcome: Outcome) -> bytes:
    """Write one record, without the line's end."""
    return (
        f'{{"at":{event.at},"event":{_BODY.write(event.body)},'
        f'"outcome":{write_outcome(outcome)},"seq":{event.seq},"v":{VERSION}}}'
    ).encode()


def write_outcome(outcome: Outcome) -> str:
    """Write an outcome: what replay compares."""
    return _OUTCOME.write(outcome)


def read_record(line: bytes) -> tuple[Event, str]:
    """Read a record: its event, and its outcome's exact text.

    Raises
    ------
    RecordUnreadable
        If the line is not JSON, of another version, or names a type or field nobody knows.
    """
    try:
        found = json.loads(line, parse_float=_no_float)
        if found["v"] != VERSION:
            raise RecordUnreadable(f"record version `{found['v']}` is not `{VERSION}`")
        body = _BODY.read(found["event"])
        event = Event(found["seq"], Micros(found["at"]), body)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise RecordUnreadable(f"record cannot be read: {fault}") from fault
    # Inside a JSON string every quote is escaped, so these marks stand only where keys do.
    text = line.decode()
    start = text.index(_OUTCOME_KEY) + len(_OUTCOME_KEY)
    return event, text[start : text.rindex(_SEQ_KEY)]


def read_body(found: object) -> Body:
    """Read an event's body from parsed JSON: the form in which doors outside send them.

    Raises
    ------
    RecordUnreadable
        If it is not a body this version knows.
    """
    body: Body = _told(_BODY, found, "an event")
    return body


def read_quote(found: object) -> Quote:
    """Read a quote from parsed JSON; raises RecordUnreadable."""
    quote: Quote = _told(_QUOTE, found, "a quote")
    return quote


def read_rate(found: object) -> FxRate:
    """Read an exchange rate from parsed JSON; raises RecordUnreadable."""
    rate: FxRate = _told(_RATE, found, "an exchange rate")
    return rate


def write_quote(quote: Quote) -> str:
    """Write a quote."""
    return _QUOTE.write(quote)


def write_body(body: Body) -> str:
    """Write an event's body."""
    return _BODY.write(body)


def write_reference(reference: Reference) -> bytes:
    """Write reference facts as canonical JSON; their digest is the SHA-256 of these bytes."""
    return _REFERENCE.write(reference).encode()


def read_reference(data: bytes) -> Reference:
    """Read reference facts.

    Raises
    ------
    RecordUnreadable
        If the bytes are not facts this version knows.
    """
    try:
        found = json.loads(data, parse_float=_no_float)
        reference: Reference = _REFERENCE.read(found)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise RecordUnreadable(f"not reference facts: {fault}") from fault
    return replace(reference, digest=Digest(sha256(data).hexdigest()))


def _told(form: "_Form", found: object, what: str) -> Any:  # noqa: ANN401
    """Read what somebody outside says."""
    try:
        return form.read(found)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise RecordUnreadable(f"not {what}: {fault}") from fault


def _no_float(text: str) -> float:
    raise RecordUnreadable(f"`{text}` is a float: records hold none")


class _Form:
    """How values of one annotation are written and read."""

    __slots__ = ("read", "write")

    def __init__(self, write: Writer, read: Reader) -> None:
        self.write = write
        self.read = read


_forms: dict[Any, _Form] = {}


def _form(hint: Any) -> _Form:  # noqa: ANN401 (an annotation may be any object)
    """Give the form of an annotation, made at its first use."""
    found = _forms.get(hint)
    if found is None:
        found = _forms[hint] = _make(hint)
    return found


def _make(hint: Any) -> _Form:  # noqa: ANN401
    if hint in _FIXED:
        return _Form(lambda value: f'"{show_fixed(value)}"', lambda text: hint(parse_fixed(text)))
    if isinstance(hint, NewType):
        return _form(hint.__supertype__)
    if hint is bool:
        return _Form(lambda value: "true" if value else "false", _checked(bool))
    if hint is int:
        return _Form(int.__repr__, _checked(int))
    if hint is str:
        return _Form(encode_basestring, _checked(str))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enumeration(hint)
    if is_dataclass(hint):
        return _object(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        present = tuple(argument for argument in arguments if argument is not type(None))
        return _form(present[0]) if len(present) == 1 else _union(present)
    if origin is tuple:
        return _array(arguments)
    if origin is Mapping:
        return _mapping(arguments[1])
    if origin is frozenset:
        inner = _form(arguments[0])
        return _Form(
            lambda value: "[" + ",".join(sorted(map(inner.write, value))) + "]",
            lambda found: frozenset(map(inner.read, found)),
        )
    raise AssertionError(f"no form for {hint}")


def _checked(wanted: type) -> Reader:
    def read(found: object) -> object:
        if type(found) is not wanted:
            raise TypeError(f"`{found}` is not {wanted.__name__}")
        return found

    return read


def _enumeration(hint: type[Enum]) -> _Form:
    texts = {member: json.dumps(member.value) for member in hint}
    return _Form(texts.__getitem__, hint)


def _array(arguments: tuple[Any, ...]) -> _Form:
    if len(arguments) == 2 and arguments[1] is ...:
        inner = _form(arguments[0])
        return _Form(
            lambda value: "[" + ",".join([inner.write(each) for each in value]) + "]",
            lambda found: tuple([inner.read(each) for each in found]),
        )
    forms = [_form(argument) for argument in arguments]
    return _Form(
        lambda value: (
            "["
            + ",".join([form.write(each) for form, each in zip(forms, value, strict=True)])
            + "]"
        ),
        lambda found: tuple([form.read(each) for form, each in zip(forms, found, strict=True)]),
    )


def _mapping(inner_hint: Any) -> _Form:  # noqa: ANN401
    inner = _form(inner_hint)
    return _Form(
        lambda value: (
            "{"
            + ",".join(
                encode_basestring(key) + ":" + inner.write(value[key]) for key in sorted(value)
            )
            + "}"
        ),
        lambda found: {key: inner.read(each) for key, each in found.items()},
    )


def _object(hint: Any, name: str | None = None) -> _Form:  # noqa: ANN401
    """Build the form of a dataclass; with `name`, the key ``is`` stands in its place."""
    hints = get_type_hints(hint)
    written = [each for each in fields(hint) if not each.metadata.get("implied")]
    known = {each.name: _form(hints[each.name]) for each in written}
    absent = {each.name: _default(each) for each in written}
    optional = {each for each in known if type(None) in get_args(hints[each])}
    plan = [(each, f'"{each}":', form.write, absent[each]) for each, form in sorted(known.items())]
    before = [row for row in plan if name is None or row[0] < "is"]
    behind = plan[len(before) :]
    tag = [] if name is None else [f'"is":"{name}"']

    def write(value: object) -> str:
        parts = [
            key + put(found)
            for each, key, put, default in before
            if (found := getattr(value, each)) is not None and found != default
        ]
        parts += tag
        parts += [
            key + put(found)
            for each, key, put, default in behind
            if (found := getattr(value, each)) is not None and found != default
        ]
        return "{" + ",".join(parts) + "}"

    def read(found: dict[str, object]) -> object:
        told = {
            each: known[each].read(value)
            for each, value in found.items()
            if each != "is" or name is None
        }
        for each in optional:
            if each not in told and absent[each] is MISSING:
                told[each] = None
        return hint(**told)

    return _Form(write, read)


def _default(each: "Field[Any]") -> object:
    if each.default is not MISSING:
        return each.default
    if each.default_factory is not MISSING:
        return each.default_factory()
    return MISSING


def _union(present: tuple[Any, ...]) -> _Form:
    forms = {hint: _object(hint, hint.__name__) for hint in present}
    names = {hint.__name__: form for hint, form in forms.items()}
    return _Form(
        lambda value: forms[type(value)].write(value),
        lambda found: names[found["is"]].read(found),
    )


_BODY = _form(Body)
_OUTCOME = _form(Outcome)
_REFERENCE = _form(Reference)
_QUOTE = _form(Quote)
_RATE = _form(FxRate)
