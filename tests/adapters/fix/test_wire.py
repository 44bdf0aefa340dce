"""Framing: what is written can be read, and nothing else is taken for it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fix.wire import OWN_TAGS, Garbled, body_of, first_message, framed, logon, value_of

values = st.text(st.characters(blacklist_characters="\x00\x01"), min_size=1)
tags = st.integers(min_value=1, max_value=99_999).filter(lambda tag: tag not in OWN_TAGS)
bodies = st.lists(st.tuples(tags, values), min_size=1)


@given(bodies)
def test_fields_are_written_in_order(fields: list[tuple[int, str]]) -> None:
    body = body_of(fields)
    assert body is not None
    pairs = [pair.split("=", 1) for pair in body.split("\x01")]
    assert [(int(tag), value) for tag, value in pairs] == fields


@given(bodies, st.data())
def test_a_value_that_would_forge_a_field_is_refused(
    fields: list[tuple[int, str]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(fields) - 1))
    tag, value = fields[place]
    cut = data.draw(st.integers(0, len(value)))
    bad = data.draw(st.sampled_from(["\x00", "\x01", "\x0138=1"]))
    fields[place] = (tag, value[:cut] + bad + value[cut:])
    assert body_of(fields) is None


@given(bodies, st.binary(max_size=20))
def test_a_message_is_cut_off_whatever_follows(fields: list[tuple[int, str]], rest: bytes) -> None:
    body = body_of(fields)
    assert body is not None
    message = framed("FIX.4.4", f"35=D\x01{body}\x01".encode("utf-8", "surrogatepass"))
    assert first_message(message + rest) == message


def test_a_message_that_has_not_wholly_arrived_is_waited_for() -> None:
    message = logon("FIXT.1.1", "DESK", "GATE", 1, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert all(first_message(message[:length]) is None for length in range(len(message)))
    assert first_message(message) == message
    assert value_of(message, 52) == "20260102-03:04:05"
    assert value_of(message, 1137) == "9"
    assert value_of(message, 58) == ""


@pytest.mark.parametrize(
    "received",
    [
        b"GET / HTTP/1.1",
        b"\x16\x03\x01",
        b"8=FIX.4.4\x0135=A\x0134=1\x0149=DESK\x01",
        b"8=FIX.4.4\x019=-5\x0135=A\x01xxxxxxxxx",
        b"8=FIX.4.4\x019=99999999\x0135=A\x01xxxx",
        b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01",
        b"8=FIX.4.4\x019=4\x0135=0\x0110=163\x01",
    ],
)
def test_what_no_message_begins_with_is_not_waited_for(received: bytes) -> None:
    with pytest.raises(Garbled):
        first_message(received)
