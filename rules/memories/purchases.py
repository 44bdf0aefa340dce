"""What every account bought, trade by trade, over a sliding window.

Worth is price times quantity in the instrument's currency, rounded up to the nano; multiplier and
exchange rate are the reader's, who knows them as they are now. A trade that is exactly a window old
has left it. What a broker corrects or busts later stays as it was first told: a purchase that was
taken back is counted until it leaves the window.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping

from domain.events import Event, ExecutionReported
from domain.finding import Verdict
from domain.fixed import Price, scaled
from domain.ids import AccountId, InstrumentId, Micros
from domain.order import Order
from domain.scope import Scope
from rules.memory import Memory

Bought = tuple[Micros, InstrumentId, Price]
"""When, what, and for how much."""


class Purchases(Memory):
    """The purchases of every account, oldest first."""

    __slots__ = ("_bought", "_window")

    hears = frozenset({ExecutionReported})

    def __init__(self, window: int) -> None:
        self._window = window
        self._bought: OrderedDict[AccountId, deque[Bought]] = OrderedDict()

    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],  # noqa: ARG002
        order: Order | None,
        verdict: Verdict | None,  # noqa: ARG002
    ) -> None:
        """Take in a trade, if it is a purchase."""
        body = event.body
        assert isinstance(body, ExecutionReported)
        if order is None or not order.side.is_buy:
            return
        if body.last_quantity is None or body.last_price is None:
            return
        worth = Price(abs(scaled(body.last_quantity, body.last_price)))
        self._bought.setdefault(order.account, deque()).append((event.at, order.instrument, worth))
        self._bought.move_to_end(order.account)  # they stand in the order of their last purchase
        self._forget(event.at - self._window)

    def since(self, account: AccountId, at: Micros) -> Iterator[tuple[InstrumentId, Price]]:
        """Give what an account bought after an instant."""
        for bought_at, instrument, worth in self._bought.get(account, ()):
            if bought_at > at:
                yield instrument, worth

    def snapshot(self) -> Mapping[str, object]:
        """Give every account's purchases."""
        return {account: list(map(list, bought)) for account, bought in self._bought.items()}

    def _forget(self, since: int) -> None:
        while self._bought:
            bought = next(iter(self._bought.values()))
            if bought[-1][0] > since:
                break
            self._bought.popitem(last=False)
        if self._bought:
            latest = next(reversed(self._bought.values()))
            while latest[0][0] <= since:
                latest.popleft()
