"""The summary risk indicator against Delegated Regulation (EU) 2017/653, Annex II."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fixed import NANO, Ratio, parse_fixed
from domain.risk_indicator import CREDIT, MEASURES, market_risk, summary_risk


def per_cent(text: str) -> Ratio:
    return Ratio(parse_fixed(text) // 100)


@pytest.mark.parametrize(
    ("below", "at", "mrm"),
    [
        ("0.4999999", "0.5", 2),
        ("4.999", "5", 3),
        ("11.9999999", "12", 4),
        ("19.9999999", "20", 5),
        ("29.9999999", "30", 6),
        ("79.9999999", "80", 7),
    ],
)
def test_a_class_begins_at_its_bound_and_not_a_nano_below(below: str, at: str, mrm: int) -> None:
    assert market_risk(per_cent(below)) == mrm - 1
    assert market_risk(Ratio(per_cent(at) - 1)) == mrm - 1
    assert market_risk(per_cent(at)) == mrm


def test_no_volatility_is_the_lowest_class_and_more_than_all_the_highest() -> None:
    assert market_risk(Ratio(0)) == 1
    assert market_risk(Ratio(3 * NANO)) == 7


def test_monthly_prices_raise_the_class_by_one_and_never_beyond_seven() -> None:
    assert market_risk(per_cent("4.999"), monthly=True) == 3
    assert market_risk(per_cent("80"), monthly=True) == 7


@pytest.mark.parametrize(
    ("crm", "row"),
    [
        (1, [1, 2, 3, 4, 5, 6, 7]),
        (2, [1, 2, 3, 4, 5, 6, 7]),
        (3, [3, 3, 3, 4, 5, 6, 7]),
        (4, [5, 5, 5, 5, 5, 6, 7]),
        (5, [5, 5, 5, 5, 5, 6, 7]),
        (6, [6, 6, 6, 6, 6, 6, 7]),
    ],
)
def test_the_table_of_part_three(crm: int, row: list[int]) -> None:
    assert [summary_risk(mrm, crm) for mrm in MEASURES] == row


@given(mrm=st.sampled_from(MEASURES), crm=st.sampled_from(CREDIT))
def test_the_indicator_hides_no_market_risk_and_rises_with_both(mrm: int, crm: int) -> None:
    sri = summary_risk(mrm, crm)
    assert sri >= mrm
    assert mrm == 7 or summary_risk(mrm + 1, crm) >= sri
    assert crm == 6 or summary_risk(mrm, crm + 1) >= sri
