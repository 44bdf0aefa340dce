"""What is written out for speed says what its plain definition says."""

from hypothesis import given
from hypothesis import strategies as st

from domain.exposure import stake
from domain.fixed import scaled

NANOS = st.integers(-(10**24), 10**24)
HELD = st.integers(0, 10**24)


@given(position=NANOS, buys=HELD, sells=HELD, unit=NANOS)
def test_a_line_is_valued_at_both_ends_rounded_away_from_zero(
    position: int, buys: int, sells: int, unit: int
) -> None:
    up = scaled(position + buys, unit)
    down = scaled(position - sells, unit)
    assert stake(position, buys, sells, unit) == (
        max(abs(up), abs(down)),
        max(up, down),
        min(up, down),
    )
