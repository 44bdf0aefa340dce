"""Our canonical JSON against the rfc8785 package, and everything the profile leaves out."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit import canonical

NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-(2**53), 2**53)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
RECORDS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(NAMES, VALUES, max_size=6)


def beyond_the_oracle(value: object) -> bool:
    """The oracle stops at 2^53 - 1, which RFC 8785 recommends; our profile goes to 2^53."""
    match value:
        case bool():
            return False
        case int():
            return abs(value) == 2**53
        case list():
            return any(map(beyond_the_oracle, value))
        case dict():
            return any(map(beyond_the_oracle, value.values()))
        case _:
            return False


@given(RECORDS)
def test_what_it_writes_is_what_rfc_8785_says(record: dict[str, Any]) -> None:
    written = canonical.encode(record)
    if not beyond_the_oracle(record):
        assert written == rfc8785.dumps(record)
    assert canonical.flaw(written) is None
    assert canonical.decode(written) == record


@given(RECORDS.filter(bool), st.data())
def test_white_space_anywhere_between_tokens_is_told(
    record: dict[str, Any], data: st.DataObject
) -> None:
    written = canonical.encode(record)
    at = data.draw(st.sampled_from([0, 1, len(written) - 1, len(written)]))
    assert canonical.flaw(written[:at] + b" " + written[at:]) is not None


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (b"", "not JSON at character 0: expecting value"),
        (b"[]", "a record is a JSON object"),
        (b'{"b":1,"a":2}', 'byte 2 is not canonical: `b":1,"a":2}`, wanted `a":2,"b":1}`'),
        (b'{"a":1,"a":1}', 'byte 6 is not canonical: `,"a":1}`, wanted `}`'),
        (b'{"a":1} ', "byte 7 is not canonical: ` `, wanted ``"),
        (b'{"a":1}x', "not JSON at character 7: extra data"),
        (b'{"a":1.0}', "a number that is not an integer: `1.0`"),
        (b'{"a":1e3}', "a number that is not an integer: `1e3`"),
        (b'{"a":NaN}', "a number that is not an integer: `NaN`"),
        (b'{"a":-Infinity}', "a number that is not an integer: `-Infinity`"),
        (b'{"a":-0}', "byte 5 is not canonical: `-0}`, wanted `0}`"),
        (b'{"a":01}', "not JSON at character 6: expecting ',' delimiter"),
        (b'{"a":9007199254740993}', "an integer beyond 2^53: `9007199254740993`"),
        (b'{"a":-9007199254740993}', "an integer beyond 2^53: `-9007199254740993`"),
        (b'{"a":' + b"9" * 5000 + b"}", f"an integer beyond 2^53: `{'9' * 40}`"),
        (b'{"a":"\\u0041"}', 'byte 6 is not canonical: `\\u0041"}`, wanted `A"}`'),
        (b'{"a":"\\u000A"}', 'byte 7 is not canonical: `u000A"}`, wanted `n"}`'),
        (b'{"a":"\\u001F"}', 'byte 11 is not canonical: `F"}`, wanted `f"}`'),
        (b'{"a":"\\/"}', 'byte 6 is not canonical: `\\/"}`, wanted `/"}`'),
        (b'{"a":"\\ud800"}', "a string holds half a surrogate pair"),
        (b'{"a":"\xff"}', "byte 6 is not UTF-8"),
        (b'\xef\xbb\xbf{"a":1}', "not JSON at character 0: expecting value"),
        ('{"ä":1}'.encode(), "a member name that is not ASCII: `ä`"),
        ('{"a":[{"ä":1}]}'.encode(), "a member name that is not ASCII: `ä`"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a":"\x01"}', "not JSON at character 6: invalid control character at"),
    ],
)
def test_a_stray_record_is_told_with_its_place(record: bytes, why: str) -> None:
    assert canonical.flaw(record) == why


def test_both_ends_of_the_integers_belong() -> None:
    assert canonical.flaw(b'{"a":9007199254740992,"b":-9007199254740992}') is None


@pytest.mark.parametrize("value", [1.5, {1: 2}, {"ä": 1}, 2**53 + 1, b"bytes", [{"a": (1,)}]])
def test_what_the_profile_lacks_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"integer|ASCII|no place"):
        canonical.encode({"value": value})
