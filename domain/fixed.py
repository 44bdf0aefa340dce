"""Exact decimals: whole numbers of nanos.

A price of 15.54 is the integer 15 540 000 000: a count of 10^-9. Nine places hold every tick
the venues we route to publish; integers add and compare exactly and several times faster than
`Decimal`. Nothing here is a float, and no float may come in: text outside, integers inside.

A product of two fixed numbers has eighteen places. It is brought back to nine by rounding
*away from zero* (`scaled`), so that a rounded exposure is never smaller than the true one.

Whole parts are limited to fifteen digits: larger numbers are not orders, they are mistakes.
"""

import re
from typing import NewType

Price = NewType("Price", int)
"""Nanos of the instrument's currency for one unit; may be negative (spreads, oil in 2020)."""

Quantity = NewType("Quantity", int)
"""Nanos of a unit: shares, contracts, coins."""

Amount = NewType("Amount", int)
"""Nanos of a currency named beside it."""

Ratio = NewType("Ratio", int)
"""Nanos of one: 0.05 is 50 000 000. A fraction, never per cent."""

PLACES = 9
NANO = 1_000_000_000

_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,9})?\Z", re.ASCII)
_PLACES_LEFT: list[int] = [10 ** (PLACES - written) for written in range(PLACES + 1)]


def parse_fixed(text: str) -> int:
    """Read a decimal such as ``-15.54`` as nanos.

    Raises
    ------
    ValueError
        If the text is anything but a plain decimal of at most 15 whole and 9 decimal digits:
        no exponent, no sign ``+``, no blank, no NaN, no lone point.
    """
    if _DECIMAL.match(text) is None:
        message = f"`{text}` is not a plain decimal (at most 15 digits before the point, 9 after)"
        raise ValueError(message)
    whole, _, decimals = text.partition(".")
    return int(whole + decimals) * _PLACES_LEFT[len(decimals)]


def show_fixed(nanos: int) -> str:
    """Write nanos as the shortest exact decimal: ``15.54``, ``-0.5``, ``100``."""
    if nanos < 0:
        return "-" + show_fixed(-nanos)
    whole, decimals = divmod(nanos, NANO)
    if not decimals:
        return str(whole)
    return f"{whole}.{decimals:09}".rstrip("0")


def scaled(left: int, right: int) -> int:
    """Multiply two fixed numbers, rounding the last nano away from zero."""
    product = left * right
    return -(-product // NANO) if product >= 0 else product // NANO


def divided(left: int, right: int) -> int:
    """Divide two fixed numbers, rounding the last nano away from zero. `right` is not zero."""
    quotient = left * NANO
    if (quotient >= 0) == (right > 0):
        return -(-quotient // right)
    return quotient // right
