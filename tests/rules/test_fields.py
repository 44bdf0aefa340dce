"""What people write becomes exactly that, or nothing."""

from collections.abc import Callable
from fractions import Fraction as Exact

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.fixed import NANO
from domain.money import Currency, Money
from rules.fields import (
    Duration,
    FixedAmount,
    FixedPrice,
    FixedQuantity,
    Fraction,
    ListName,
    Names,
    Numeral,
    PositiveDuration,
    PositiveFraction,
    PositiveQuantity,
    read_duration,
    read_fixed,
    read_fraction,
    read_money,
)
from rules.kind import Parameters


class Everything(Parameters):
    """One parameter of every type."""

    price: FixedPrice = 0  # type: ignore[assignment]
    quantity: FixedQuantity = 0  # type: ignore[assignment]
    size: PositiveQuantity = 1  # type: ignore[assignment]
    amount: FixedAmount | None = None
    share: Fraction = 0  # type: ignore[assignment]
    part: PositiveFraction = 1  # type: ignore[assignment]
    delay: Duration = 0
    window: PositiveDuration = 1
    list: ListName | None = None
    names: Names = frozenset()


@pytest.mark.parametrize(
    ("read", "given", "wanted"),
    [
        (read_fixed, 100, 100 * NANO),
        (read_fixed, Numeral("0.1"), 100_000_000),
        (read_fixed, "-15.54", -15_540_000_000),
        (read_fraction, "5%", 50_000_000),
        (read_fraction, "25bp", 2_500_000),
        (read_fraction, "25 bp", 2_500_000),
        (read_fraction, Numeral("0.05"), 50_000_000),
        (read_fraction, 1, NANO),
        (read_fraction, "150%", 1_500_000_000),
        (read_duration, "1us", 1),
        (read_duration, "1.5ms", 1_500),
        (read_duration, "2s", 2_000_000),
        (read_duration, "5m", 300_000_000),
        (read_duration, "1h", 3_600_000_000),
        (read_duration, "1d", 86_400_000_000),
        (read_money, "250000 USD", Money(250_000 * NANO, Currency("USD"))),  # type: ignore[arg-type]
        (read_money, "0.5EUR", Money(500_000_000, Currency("EUR"))),  # type: ignore[arg-type]
    ],
)
def test_what_is_written_is_what_is_meant(
    read: Callable[[object], object], given: object, wanted: object
) -> None:
    assert read(given) == wanted


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("price", Numeral("1e5"), "`1e5` is not a plain decimal"),
        ("price", Numeral(".5"), "`.5` is not a plain decimal"),
        ("price", "1,000", "`1,000` is not a plain decimal"),
        ("price", Numeral("0.0000000001"), "`0.0000000001` is not a plain decimal"),
        ("price", True, "wanted a decimal such as 15.54"),
        ("price", ("1",), "wanted a decimal such as 15.54"),
        ("quantity", -1, "must not be negative, was -1"),
        ("size", 0, "must be positive, was 0"),
        ("amount", 250000, "`250000` is not an amount with its currency"),
        ("amount", "250000 usd", "`250000 usd` is not an amount with its currency"),
        ("amount", "-5 EUR", "must be positive, was -5 EUR"),
        ("share", 5, "`5` is more than the whole; if per cent is meant, write 5%"),
        ("share", "5 %%", "`5 %%` is not a fraction"),
        ("share", "0.00000001%", "`0.00000001%` has more than 9 decimal places as a fraction"),
        ("share", "-5%", "must not be negative, was -5%"),
        ("part", "0%", "must be positive, was 0%"),
        ("delay", 5, "`5` is not a duration such as 500ms"),
        ("delay", "5 minutes", "`5 minutes` is not a duration"),
        ("delay", "0.5us", "`0.5us` is finer than a microsecond"),
        ("window", "0s", "must be positive, was 0s"),
        ("names", (), "must not be empty"),
        ("names", ("a", 700), "wanted a name or a list of names; put it in quotes"),
        ("names", {}, "wanted a name or a list of names"),
    ],
)
def test_what_is_not_meant_so_is_refused_in_the_authors_words(
    field: str, given: object, said: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        Everything.model_validate({field: given})
    (error,) = refusal.value.errors()
    assert error["loc"] == (field,)
    assert str(error["ctx"]["error"]).startswith(said)


@given(st.decimals(0, 10**9, places=9))
def test_a_number_is_the_decimal_that_was_written(number: object) -> None:
    assert Exact(read_fixed(f"{number:f}"), NANO) == Exact(str(number))


def test_a_list_is_told_apart_from_other_text() -> None:
    assert isinstance(Everything.model_validate({"list": "restricted"}).list, ListName)
