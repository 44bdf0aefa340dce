"""Tables in JSON and YAML: every value with its place, and what is none refused at its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.facts.json_nodes import read_json
from adapters.facts.table import read_table
from rules.fault import Faults, Mark
from rules.fields import Numeral
from rules.nodes import found_at, key_place_of, value_of


def test_every_value_of_a_json_table_knows_its_place() -> None:
    root = read_json(
        '[\n  {"id": "x",\n   "roles": ["a", 1.50], "on": true, "of": null}]', file="t"
    )
    assert value_of(root) == ({"id": "x", "roles": ("a", Numeral("1.50")), "on": True},)
    places = {
        (0,): Mark(2, 3),
        (0, "id"): Mark(2, 10),
        (0, "roles", 1): Mark(3, 19),
        (0, "on"): Mark(3, 32),
    }
    assert {path: found_at(root, path).mark for path in places} == places
    assert key_place_of(root, (0, "roles")) == Mark(3, 4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: not JSON: expecting value"),
        ("[1,]", "1:4: not JSON: expecting value"),
        ("[1 2]", "1:4: not JSON: wanted `,`"),
        ("[1] x", "1:5: not JSON: something after the end"),
        ('[{"a": 1\n, "a": 2}]', "2:3: not JSON: `a` stands here twice"),
        ("[{a: 1}]", '1:3: not JSON: wanted `"`'),
        ('[{"a" 1}]', "1:7: not JSON: wanted `:`"),
        ('[{"a": 1,}]', '1:10: not JSON: wanted `"`'),
        ('["a', "1:2: not JSON: unterminated string starting at"),
        ("[NaN]", "1:2: not JSON: `NaN` is no number"),
        ("[null]", "1:2: not JSON: an item without a value"),
        ("[" * 30 + "]" * 30, "1:18: not JSON: nested more than 16 deep"),
    ],
)
def test_what_is_not_json_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(Faults) as refusal:
        read_json(text, file="t.json")
    assert [str(fault) for fault in refusal.value.faults] == [f"t.json:{said}"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("t.json", '{"id": 1}', "1:1: wanted a list of rows"),
        ("t.yaml", "id: x\n", "1:1: wanted a list of rows"),
        ("t.tsv", "id\n", "1:1: `.tsv` is no table's ending: wanted .csv, .json or .yaml"),
        ("t.yaml", "- {id: &x 1}\n", "1:8: anchor `&x`: there are no aliases here"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(Faults) as refusal:
        read_table(tmp_path / name, file=name)
    assert [str(fault) for fault in refusal.value.faults] == [f"{name}:{said}"]


def plain(value: Any) -> Any:
    """What the tree of a JSON value holds: absent where it is null, text where it is a fraction."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items() if each is not None}
        case list():
            return tuple(plain(each) for each in value)
        case float():
            return Numeral(json.dumps(value))
        case int() if not isinstance(value, bool) and len(str(value)) > 18:
            return Numeral(str(value))
        case _:
            return value


_scalars = (
    st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner | st.none(), max_size=3)
    ),
    max_leaves=8,
)


@given(value=_values, indent=st.sampled_from([None, 0, 2]), ascii_only=st.booleans())
def test_json_is_read_as_the_standard_library_reads_it(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert value_of(read_json(text, file="t")) == plain(value)


@given(st.text('[]{}:,"\\ \n01.-eEtrufalsn', max_size=30))
def test_what_the_standard_library_refuses_is_refused_here(text: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        with pytest.raises(Faults):
            read_json(text, file="t")
