"""What is judged: one order, replace or signal, with the facts it is judged by.

Figures that several rules need are worked out once, here, as exact integers. What cannot be
known is None, and every check must say no to a None it needs (fail closed).
"""

from domain.fixed import Price
from domain.ids import Micros
from domain.instrument import AssetClass
from domain.market import Quote
from domain.order import Order
from domain.working import Working
from rules.place import Place


class Case:
    """The facts of one question.

    Attributes
    ----------
    order : Order
        The terms asked for; of a replace, the new terms, whole.
    replaced : Working or None
        The order a replace wants to change.
    signalled_at : Micros or None
        When a signal was raised.
    quote, reference, unit
        The quote it is judged by, that quote's reference price, and the value of one unit at
        that price in nanos of base currency. Each is None when unknown.
    stake : int or None
        What one unit adds to an exposure: `unit`, and of an option its delta's share of the
        underlying's price, which is below zero for a put.
    change : int
        By how much the held quantity grows if this is accepted: an order's whole quantity, of
        a replace what the larger of the two versions adds. Never negative.
    buys, sells : int
        The same, by direction.
    signed : int
        `change` with the sign of the side.
    """

    __slots__ = (
        "at",
        "buys",
        "change",
        "order",
        "place",
        "quantity",
        "quote",
        "reference",
        "replaced",
        "sells",
        "signalled_at",
        "signed",
        "stake",
        "unit",
    )

    def __init__(
        self,
        *,
        at: Micros,
        order: Order,
        place: Place,
        quote: Quote | None,
        replaced: Working | None = None,
        signalled_at: Micros | None = None,
    ) -> None:
        self.at = at
        self.order = order
        self.place = place
        self.quote = quote
        self.replaced = replaced
        self.signalled_at = signalled_at
        self.quantity = order.quantity
        self.reference: Price | None = None if quote is None else quote.reference
        self.unit = place.book.unit_value(place.instrument, self.reference)
        self.stake = self.unit
        if place.instrument.asset_class is AssetClass.OPTION:
            self.stake = place.book.delta_value(place.instrument)
        change: int = order.quantity
        if replaced is not None:
            change = max(0, order.quantity - replaced.filled - replaced.held)
        self.change = change
        if order.side.is_buy:
            self.buys, self.sells, self.signed = change, 0, change
        else:
            self.buys, self.sells, self.signed = 0, change, -change
