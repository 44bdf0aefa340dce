"""Whether an order can only bring a position nearer to zero.

Against the account's position p, with b already working to buy and s to sell, no more may be sold
than ``p - s`` while p is long, and no more bought than ``-p - b`` while it is short. What works
already counts, so two orders that would each close a position cannot turn it over together.
"""

from collections.abc import Callable

from domain.scope import Level
from rules.case import Case
from rules.place import Place


def room_to_zero(place: Place) -> Callable[[Case], int]:
    """Bind the question how much may still be traded towards zero: below zero when nothing."""
    found = place.node(Level.ACCOUNT)
    assert found is not None, "every path ends in an account"
    lines, instrument = found[1].lines, place.instrument.id

    def room(case: Case) -> int:
        line = lines.get(instrument)
        if line is None:
            return -1
        if case.order.side.is_buy:
            return -line.position - line.buys if line.position < 0 else -1
        return line.position - line.sells if line.position > 0 else -1

    return room
