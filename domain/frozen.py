"""Frozen values that are quick to make.

A frozen dataclass sets its fields through `object.__setattr__`, because its own refuses. That is
80 ns a field; some fifty fields are set for one order and fifty more for each report on it, so
it came to a tenth of the gate's time. Here the new object is, while its fields are set, of a twin
class: the same slots, and nothing that refuses. Then it becomes what it is, before anybody else has
seen it. A value of nineteen fields takes 1.1 us instead of 2.5; it is as frozen as before.

    @quick_to_make
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Order: …

Leaving the decorator out changes nothing but the time.
"""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")


def quick_to_make(kind: type[T]) -> type[T]:
    """Give a frozen dataclass with slots an ``__init__`` that does the same sooner."""
    given = fields(kind)  # type: ignore[arg-type]  # a type variable cannot say "dataclass"
    assert all(each.init and each.kw_only for each in given), "plain keyword fields only"
    assert all(each.default_factory is MISSING for each in given), "plain defaults only"
    assert not hasattr(kind, "__post_init__"), "nothing else may happen on the way"
    names = [each.name for each in given]
    seen: dict[str, Any] = {
        "kind": kind,
        "twin": type(kind.__name__, (), {"__slots__": tuple(names)}),
        "become": object.__setattr__,
        **{f"default_{each.name}": each.default for each in given},
    }
    arguments = ", ".join(
        each.name if each.default is MISSING else f"{each.name}=default_{each.name}"
        for each in given
    )
    lines = [
        f"def __init__(self, *, {arguments}):",
        "become(self, '__class__', twin)",
        *(f"self.{name} = {name}" for name in names),
        "self.__class__ = kind",
    ]
    exec("\n    ".join(lines), seen)  # noqa: S102 (a text of field names)
    made = seen["__init__"]
    made.__qualname__ = f"{kind.__qualname__}.__init__"
    made.__annotations__ = kind.__init__.__annotations__
    kind.__init__ = made  # type: ignore[method-assign]  # that is the purpose
    return kind
