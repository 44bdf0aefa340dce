"""The types a rule's parameters are written in: from a policy's text to exact integers.

A policy is read by people and by editors, so a number may be written as people write it, and the
JSON Schema of every type says what an editor should accept. Inside there are only integers:

    ===================  =======================================  ===========================
    written              meant                                    kept
    ===================  =======================================  ===========================
    ``0.05``, ``100``    a plain decimal, at most 15.9 digits     nanos
    ``250000 USD``       an amount of money                       `Money`, nanos and currency
    ``5%``, ``25bp``     a fraction; ``0.05`` is the same as 5%   nanos of one
    ``500ms``, ``1h``    a duration in us, ms, s, m, h or d       microseconds
    ``restricted``       the name of a list of instruments        `ListName`
    ===================  =======================================  ===========================

INVARIANT (no float): a number without quotes reaches this module as an `int` or as the `Numeral`
holding its source text, so ``0.05`` is never a binary fraction on its way.

Parameters are validated strictly. A choice of words is a ``Literal``, or a ``StrEnum`` annotated
with ``Field(strict=False)``; a sequence arrives as a tuple.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from domain.fixed import NANO, Amount, Price, Quantity, Ratio, parse_fixed
from domain.market import Phase
from domain.money import Currency, Money


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it stands in the policy, where it is not a whole one of ordinary size."""

    text: str

    def __str__(self) -> str:
        return self.text


Reader = Callable[[object], int]

_DECIMAL: Final = r"-?[0-9]{1,15}(\.[0-9]{1,9})?"
_UNSIGNED: Final = r"[0-9]{1,15}(\.[0-9]{1,9})?"
_MONEY = re.compile(r"(-?[0-9.]+) ?([A-Z]{3,5})\Z", re.ASCII)
_SHARE = re.compile(r"(-?[0-9.]+) ?(%|bp)?\Z", re.ASCII)
_SPAN = re.compile(r"(-?[0-9.]+) ?(us|ms|s|m|h|d)\Z", re.ASCII)
_UNITS: Final = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_PARTS: Final = {None: 1, "%": 100, "bp": 10_000}


def _text(given: object, wanted: str) -> str:
    if isinstance(given, bool) or not isinstance(given, int | str | Numeral):
        # pydantic gathers a ValueError with the other faults; a TypeError would end the reading.
        raise ValueError(f"wanted {wanted}")  # noqa: TRY004
    return str(given)


def read_fixed(given: object) -> int:
    """Read a plain decimal as nanos."""
    return parse_fixed(_text(given, "a decimal such as 15.54"))


def read_fraction(given: object) -> int:
    """Read ``5%``, ``25bp`` or ``0.05`` as nanos of one."""
    text = _text(given, "a fraction such as 5% or 0.05")
    found = _SHARE.match(text)
    if found is None:
        raise ValueError(f"`{text}` is not a fraction such as 5%, 25bp or 0.05")
    if found[2] is None and abs(parse_fixed(text)) > NANO:
        raise ValueError(f"`{text}` is more than the whole; if per cent is meant, write {text}%")
    nanos, beyond = divmod(parse_fixed(found[1]), _PARTS[found[2]])
    if beyond:
        raise ValueError(f"`{text}` has more than 9 decimal places as a fraction")
    return nanos


def read_duration(given: object) -> int:
    """Read ``500ms``, ``1.5s`` or ``1h`` as microseconds."""
    text = _text(given, "a duration such as 500ms, 2s or 1h")
    found = _SPAN.match(text)
    if found is None:
        raise ValueError(f"`{text}` is not a duration such as 500ms, 2s, 5m, 1h or 1d")
    micros, beyond = divmod(parse_fixed(found[1]) * _UNITS[found[2]], NANO)
    if beyond:
        raise ValueError(f"`{text}` is finer than a microsecond")
    return micros


def read_money(given: object) -> Money:
    """Read ``250000 USD``."""
    text = _text(given, "an amount with its currency, such as 250000 USD")
    found = _MONEY.match(text)
    if found is None:
        raise ValueError(f"`{text}` is not an amount with its currency, such as 250000 USD")
    return Money(Amount(parse_fixed(found[1])), Currency(found[2]))


def _checked(read: Reader, least: int, word: str) -> Reader:
    def checked(given: object) -> int:
        value = read(given)
        if value < least:
            raise ValueError(f"must {word}, was {given}")
        return value

    return checked


def _positive(read: Reader) -> BeforeValidator:
    return BeforeValidator(_checked(read, 1, "be positive"))


def _not_negative(read: Reader) -> BeforeValidator:
    return BeforeValidator(_checked(read, 0, "not be negative"))


def _positive_money(given: object) -> Money:
    money = read_money(given)
    if money.amount < 1:
        raise ValueError(f"must be positive, was {given}")
    return money


def _number(pattern: str, example: str, **bounds: int) -> WithJsonSchema:
    written: dict[str, Any] = {"type": "string", "pattern": f"^{pattern}$"}
    return WithJsonSchema({"anyOf": [{"type": "number", **bounds}, written], "examples": [example]})


def _written(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": list(examples)})


FixedPrice = Annotated[Price, BeforeValidator(read_fixed), _number(_DECIMAL, "15.54")]
"""A price in the instrument's currency; may be negative."""

PositivePrice = Annotated[
    Price, _positive(read_fixed), _number(_UNSIGNED, "0.50", exclusiveMinimum=0)
]
"""A price, or a distance between prices, above zero."""

FixedQuantity = Annotated[
    Quantity, _not_negative(read_fixed), _number(_UNSIGNED, "10000", minimum=0)
]
"""A quantity, zero or more: a limit of zero forbids."""

PositiveQuantity = Annotated[
    Quantity, _positive(read_fixed), _number(_UNSIGNED, "10000", exclusiveMinimum=0)
]
"""A quantity above zero."""

FixedAmount = Annotated[
    Money, BeforeValidator(_positive_money), _written(_UNSIGNED + " ?[A-Z]{3,5}", "250000 USD")
]
"""An amount above zero with its currency, which must be the firm's base currency: `Policy.bind`
sees to that, so a kind may use `.amount` as it is."""

_FRACTION: Final = _UNSIGNED + " ?(%|bp)?"
_share = WithJsonSchema(
    {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": f"^{_FRACTION}$"},
        ],
        "examples": ["5%", "25bp", 0.05],
    }
)

Fraction = Annotated[Ratio, _not_negative(read_fraction), _share]
"""A fraction, zero or more, in nanos of one."""

PositiveFraction = Annotated[Ratio, _positive(read_fraction), _share]
"""A fraction above zero, in nanos of one."""

_span = _written(_UNSIGNED + " ?(us|ms|s|m|h|d)", "500ms", "2s", "1h")

Duration = Annotated[int, _not_negative(read_duration), _span]
"""A span of time, zero or more, in microseconds."""

PositiveDuration = Annotated[int, _positive(read_duration), _span]
"""A span of time above zero, in microseconds."""

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""How many: a whole number, zero or more. Not in nanos."""

PositiveCount = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""How many: a whole number above zero. Not in nanos."""


PhaseName = Annotated[Phase, Field(strict=False)]
"""A phase of a venue's trading day, by its word."""

NodeLevel = Literal["firm", "desk", "trader", "account", "strategy"]
"""Whose figures a limit is about: the levels at which the book keeps positions and sums."""

AnyLevel = Literal[
    "firm",
    "desk",
    "trader",
    "account",
    "strategy",
    "session",
    "asset_class",
    "venue",
    "instrument",
]
"""Where messages are counted: any level a scope can name."""


class ListName(str):
    """The name of one of the reference facts' lists of instruments.

    A class of its own so that a policy can be asked which lists it needs.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(
        cls,
        _source: type,
        _handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls, core_schema.str_schema(min_length=1, strict=True)
        )


def _one_or_many(given: object) -> frozenset[str]:
    names = given if isinstance(given, tuple) else (given,)
    if not names:
        raise ValueError("must not be empty")
    for name in names:
        if not isinstance(name, str) or not name:
            hint = "; put it in quotes" if isinstance(name, bool | int | Numeral) else ""
            raise ValueError(f"wanted a name or a list of names{hint}")
    return frozenset(str(name) for name in names)


Names = Annotated[
    frozenset[str],
    BeforeValidator(_one_or_many),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "array",
                    "items": {"type": "string", "minLength": 1},
                    "minItems": 1,
                    "uniqueItems": True,
                },
            ]
        }
    ),
]
"""One name or several: ``equity`` or ``[equity, fund]``."""
