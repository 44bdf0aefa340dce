"""A value that is quick to make is the value it would have been."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, fields, replace
from inspect import signature

import pytest

from domain.frozen import quick_to_make


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    name: str
    count: int = 3
    text: str | None = None


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    name: str
    count: int = 3
    text: str | None = None


def test_it_has_the_fields_and_defaults_of_its_plain_twin() -> None:
    plain, quick = Plain(name="a", text="b"), Quick(name="a", text="b")
    assert type(quick) is Quick
    assert [getattr(quick, each.name) for each in fields(quick)] == ["a", 3, "b"]
    assert repr(quick) == repr(plain).replace("Plain", "Quick")
    assert signature(Quick) == signature(Plain)


def test_it_is_equal_hashable_and_copied_like_any_other() -> None:
    quick = Quick(name="a")
    assert quick == Quick(name="a", count=3) != Quick(name="b")
    assert hash(quick) == hash(Quick(name="a"))
    assert replace(quick, name="b") == Quick(name="b")
    assert copy.deepcopy(quick) == pickle.loads(pickle.dumps(quick)) == quick


def test_it_is_frozen() -> None:
    quick = Quick(name="a")
    with pytest.raises(FrozenInstanceError):
        quick.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del quick.name


def test_what_is_missing_or_unknown_is_refused() -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'names'"):
        Quick(name="a", names="b")  # type: ignore[call-arg]


def test_a_class_that_does_more_when_it_is_made_is_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Checked:
        name: str

        def __post_init__(self) -> None:
            assert self.name

    with pytest.raises(AssertionError, match="nothing else may happen"):
        quick_to_make(Checked)
