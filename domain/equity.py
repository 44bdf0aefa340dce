"""What an account is worth: the equity its books told, and what it has won or lost since.

The gate sees trades, not deposits, interest or what was held before it began. So an account's
equity comes with the reference facts, as somebody reckoned it, and the gate adds the profit made
since:

    equity now = equity told - profit when it was told + profit now

*When it was told* is the record that brought it into force. An equity that newer facts repeat
unchanged, instant and all, is the same word and not a new one. Positions told to the gate
afterwards count from the price they are told at, so that is to be the price in the equity.
"""

from dataclasses import dataclass

from domain.fixed import Amount
from domain.ids import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account's equity, its positions counted in, as of an instant: nanos of base currency."""

    equity: Amount
    as_of: Micros


@dataclass(frozen=True, slots=True)
class Funds:
    """A balance, and the profit the account had made when it came; None if that was unknown."""

    balance: Balance
    profit: int | None
