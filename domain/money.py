"""Money knows its currency.

`value_of` is the one definition of an order's value used everywhere: price × quantity ×
contract multiplier, in the instrument's currency, rounded away from zero to the nano.
"""

from dataclasses import dataclass
from typing import NewType

from domain.fixed import NANO, Amount, Price, Quantity, scaled, show_fixed

Currency = NewType("Currency", str)
"""ISO 4217 code in capitals, or a digital token's (USDT).

The subunit quotes of venues (GBX) are the adapter's to turn.
"""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    amount: Amount
    currency: Currency

    def __str__(self) -> str:
        """Write as a desk would say it: ``1250000.5 USD``."""
        return f"{show_fixed(self.amount)} {self.currency}"

    def __add__(self, other: "Money") -> "Money":
        """Add within one currency; adding two currencies is a bug."""
        if other.currency != self.currency:
            message = f"cannot add {other.currency} to {self.currency} without a rate"
            raise AssertionError(message)
        return Money(Amount(self.amount + other.amount), self.currency)


def value_of(price: Price, quantity: Quantity, multiplier: Quantity) -> Amount:
    """Value an order or a position, in nanos of the instrument's currency, signed as quantity."""
    value = scaled(price, quantity)
    return Amount(value if multiplier == NANO else scaled(value, multiplier))
