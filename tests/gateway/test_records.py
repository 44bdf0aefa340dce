"""Whatever can happen is written canonically and read back as it was.

Values are drawn from the annotations themselves, so a type or field added to `domain.events` is
attacked the day it is added. Three judges: the plain twin, RFC 8785, and equality after reading.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from enum import Enum
from typing import Any, get_args, get_origin

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Body, Event, Started
from domain.fixed import parse_fixed, show_fixed
from domain.ids import digest_of
from domain.market import FxRate, Quote
from domain.reference import Reference
from gateway.outcome import NOTHING, Outcome
from gateway.records import (
    RecordUnreadable,
    read_body,
    read_quote,
    read_rate,
    read_record,
    read_reference,
    write_body,
    write_outcome,
    write_quote,
    write_record,
    write_reference,
)
from tests.gateway import plain_records as plain

EXACT = st.integers(-(2**53) + 1, 2**53 - 1)
NANOS = st.integers(-(10**24) + 1, 10**24 - 1)
# Names of members are ASCII; values may hold anything but half a surrogate pair.
NAMES = st.text(st.characters(max_codepoint=127))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Draw values of an annotation."""
    if plain.is_union(hint) and type(None) in get_args(hint):
        return st.none() | values(plain.bare(hint))
    hint = plain.bare(hint)
    inner = get_args(hint)
    if hint in plain.FIXED:
        return NANOS
    if hint is bool:
        return st.booleans()
    if hint is int:
        return EXACT
    if hint is str:
        return TEXTS
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if plain.is_union(hint):
        return st.one_of([values(each) for each in inner])
    if get_origin(hint) is Mapping:
        return st.dictionaries(NAMES, values(inner[1]), max_size=2)
    if get_origin(hint) is frozenset:
        return st.frozensets(values(inner[0]), max_size=3)
    if get_origin(hint) is tuple and inner[-1] is ...:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if get_origin(hint) is tuple:
        return st.tuples(*map(values, inner))
    return objects(hint)


def objects(hint: Any) -> st.SearchStrategy[Any]:
    """Draw dataclasses; what a record leaves out as implied is not there."""
    required = {}
    chosen = {}
    for each, kind in plain.members_of(hint):
        default = plain.default(each)
        if default is MISSING:
            required[each.name] = values(kind)
        else:
            chosen[each.name] = values(kind)
    implied = {
        each.name: st.none()
        for each in fields(hint)
        if each.metadata.get("implied") and plain.default(each) is MISSING
    }
    return st.fixed_dictionaries(required | implied, optional=chosen).map(lambda told: hint(**told))


BODIES = values(Body)
OUTCOMES = objects(Outcome)
EVENTS = st.builds(Event, st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1), BODIES)


@given(EVENTS, OUTCOMES)
def test_a_record_is_canonical_and_reads_back(event: Event, outcome: Outcome) -> None:
    line = write_record(event, outcome)
    assert line == rfc8785.dumps(json.loads(line))
    assert read_record(line) == (event, write_outcome(outcome))


@pytest.mark.parametrize("kind", get_args(Body))
@given(data=st.data())
def test_every_body_is_written_and_read_like_its_plain_twin(
    kind: type[Body], data: st.DataObject
) -> None:
    body = data.draw(objects(kind))
    text = write_body(body)
    assert text == plain.write(Body, body)
    assert read_body(json.loads(text)) == plain.read(Body, json.loads(text)) == body


@given(OUTCOMES)
def test_outcomes_are_written_like_their_plain_twin(outcome: Outcome) -> None:
    assert write_outcome(outcome) == plain.write(Outcome, outcome)


@given(values(Reference))
def test_reference_facts_are_written_like_their_plain_twin_and_named_by_their_bytes(
    facts: Reference,
) -> None:
    data = write_reference(facts)
    assert data.decode() == plain.write(Reference, facts)
    digest = digest_of(data)
    assert read_reference(data) == replace(facts, digest=digest)


@given(values(Quote), values(FxRate))
def test_quotes_and_rates_are_read_from_parsed_json(quote: Quote, rate: FxRate) -> None:
    assert read_quote(json.loads(write_quote(quote))) == quote
    assert read_rate(json.loads(plain.write(FxRate, rate))) == rate


@given(NANOS)
def test_fixed_numbers_have_one_spelling(nanos: int) -> None:
    text = show_fixed(nanos)
    assert parse_fixed(text) == nanos
    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", text)
    assert text != "-0"


STARTED = b'{"at":1,"event":{"host":"h","is":"Started","version":"1"},"outcome":{},"seq":0,"v":1}'


@pytest.mark.parametrize(
    ("told", "instead", "said"),
    [
        (b'"v":1', b'"v":2', "record version `2` is not `1`"),
        (b'"v":1', b'"v":1,"w":1', "unknown field `w`"),
        (b'"at":1', b'"at":1.0', "Expected `int`, got `float` - at `$.at`"),
        (b'"at":1', b'"at":true', "Expected `int`, got `bool` - at `$.at`"),
        (b"Started", b"Begun", "Invalid value 'Begun' - at `$.is`"),
        (b'"host":"h",', b"", "missing required field `host`"),
        (b'"host":"h"', b'"host":null', "Expected `str`, got `null` - at `$.host`"),
        (b'"host":"h"', b'"host":"\xff"', "utf-8"),
        (b'"host":"h"', b'"host":"h","port":1', "unknown field `port`"),
        (b"{}", b"{", "malformed"),
    ],
)
def test_a_line_that_is_no_record_of_this_version_is_refused(
    told: bytes, instead: bytes, said: str
) -> None:
    assert read_record(STARTED)[0].body == Started(version="1", host="h")
    with pytest.raises(RecordUnreadable, match=re.escape(said)):
        read_record(STARTED.replace(told, instead))


@pytest.mark.parametrize("price", ["1e3", "+1", "1.", ".5", " 1", "1_0", "", "١", "1" * 16])
def test_a_price_that_is_no_plain_decimal_is_refused(price: str) -> None:
    told = {"at": 1, "instrument": "IBM", "last": price}
    with pytest.raises(RecordUnreadable, match="is not a plain decimal"):
        read_quote(told)


def test_what_is_implied_is_not_written() -> None:
    assert write_outcome(replace(NOTHING, refused=True)) == "{}"
