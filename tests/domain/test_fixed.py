"""Exact decimals, against `decimal.Decimal`."""

from decimal import ROUND_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fixed import NANO, divided, parse_fixed, scaled, show_fixed

NANOS = st.integers(-(10**24) + 1, 10**24 - 1)


def decimal_of(nanos: int) -> Decimal:
    return Decimal(nanos).scaleb(-9)


@given(NANOS)
def test_what_is_shown_is_read_back(nanos: int) -> None:
    assert parse_fixed(show_fixed(nanos)) == nanos


@given(NANOS)
def test_a_number_is_shown_as_its_shortest_exact_decimal(nanos: int) -> None:
    shown = show_fixed(nanos)
    assert Decimal(shown) == decimal_of(nanos)
    assert "." not in shown or not shown.endswith(("0", "."))
    assert shown != "-0"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**15) + 1))
def test_a_plain_decimal_is_read_exactly(number: Decimal) -> None:
    if abs(number) < 10**15:
        assert decimal_of(parse_fixed(f"{number:f}")) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", ".", "1.", ".5", "+1", "1e5", "1E5", "nan", "NaN", "inf", "-inf", "0x10"),
        *("1,5", "1_000", " 1", "1 ", "1\n", "--1", "1.1.1", "1.0000000001", "1234567890123456"),
        *("١", "１", "½", "1.5\x00"),
    ],
)
def test_anything_but_a_plain_decimal_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a plain decimal"):
        parse_fixed(text)


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("0", 0),
        ("-0", 0),
        ("15.54", 15_540_000_000),
        ("-0.5", -500_000_000),
        ("0.000000001", 1),
        ("007", 7 * NANO),
        ("999999999999999.999999999", 10**24 - 1),
    ],
)
def test_decimals_a_desk_writes_are_read(text: str, nanos: int) -> None:
    assert parse_fixed(text) == nanos


@given(NANOS, NANOS)
def test_a_product_is_rounded_away_from_zero(left: int, right: int) -> None:
    with localcontext(prec=100):
        exact = decimal_of(left) * decimal_of(right)
        assert decimal_of(scaled(left, right)) == exact.quantize(Decimal("1e-9"), ROUND_UP)


@given(NANOS, NANOS.filter(bool))
def test_a_quotient_is_rounded_away_from_zero(left: int, right: int) -> None:
    with localcontext(prec=100):
        found = divided(left, right)
        exact = Decimal(left) * NANO / Decimal(right)
        assert abs(found) >= abs(exact)
        assert abs(found - exact) < 1
