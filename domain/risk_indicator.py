"""The summary risk indicator of a packaged product: one number from 1 to 7.

Delegated Regulation (EU) 2017/653, Annex II. The *market risk measure* (MRM) follows from the
volatility that is equivalent to the value at risk over the recommended holding period at 97.5 %
(VEV), annualised, a fraction:

    MRM    1        2          3          4           5           6           7
    VEV    < 0.5%   < 5%       < 12%      < 20%       < 30%       < 80%       80% and more

each class beginning where the one before ends, inclusively. A product whose prices are monthly or
rarer goes one class up (never beyond 7). The *credit risk measure* (CRM) is 1 to 6. Part 3 of the
annex joins the two in a table, `SUMMARY` below.

VEV is in nanos of one, so that 4.999 % and 5 % are two integers and no rounding decides.
"""

from bisect import bisect_right
from typing import Final

from domain.fixed import Ratio

MEASURES: Final = range(1, 8)
"""What a market risk measure, and a summary risk indicator, may be."""
CREDIT: Final = range(1, 7)
"""What a credit risk measure may be."""

_BOUNDS: Final = (5_000_000, 50_000_000, 120_000_000, 200_000_000, 300_000_000, 800_000_000)

SUMMARY: Final = (
    (1, 2, 3, 4, 5, 6, 7),
    (1, 2, 3, 4, 5, 6, 7),
    (3, 3, 3, 4, 5, 6, 7),
    (5, 5, 5, 5, 5, 6, 7),
    (5, 5, 5, 5, 5, 6, 7),
    (6, 6, 6, 6, 6, 6, 7),
)
"""The indicator, by CRM (rows, from 1) and MRM (columns, from 1)."""


def market_risk(vev: Ratio, *, monthly: bool = False) -> int:
    """Give the MRM of a VEV; `monthly` says that prices are monthly or rarer."""
    assert vev >= 0, "a volatility is not negative"
    return min(7, bisect_right(_BOUNDS, vev) + 1 + monthly)


def summary_risk(mrm: int, crm: int) -> int:
    """Give the summary risk indicator of a market and a credit risk measure."""
    assert mrm in MEASURES, mrm
    assert crm in CREDIT, crm
    return SUMMARY[crm - 1][mrm - 1]
