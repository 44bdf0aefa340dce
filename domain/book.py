"""The Book: every order, every position, every hold, at every node of the tree.

INVARIANT (holds): an accepted order counts in full, at every node above its account, from the
moment it is decided until it ends. `hold` is the only way a working order's quantity enters or
leaves the sums, and it always sets, never adds, so it cannot be counted twice.

The Book is changed only by `gateway.core.apply`. Its methods write and never refuse.
"""

from dataclasses import dataclass, field

from domain.exposure import Node
from domain.fixed import NANO, Price, Quantity, scaled
from domain.ids import (
    AccountId,
    ClOrdId,
    InstrumentId,
    OrderId,
    OwnerId,
    SessionId,
    StrategyId,
)
from domain.instrument import Instrument
from domain.market import Figures, FxRate, Quote, TradingStatus
from domain.money import Currency, value_of
from domain.order import Order
from domain.reference import Reference
from domain.scope import Level, Scope, level_of, name_of, scope
from domain.working import Working

RestingKey = tuple[OwnerId, InstrumentId, bool]
"""Whose, in what, and whether buying."""


@dataclass(slots=True)
class Book:
    """All that trading has left behind, and all that is under way.

    `live` finds an order by any id a broker may call it (its first id and every request on
    it); `by_desk` by any ClOrdID its desk ever used for it. Both are kept for ever: a ClOrdID
    is decided once. `listings` keeps instruments that newer reference facts have forgotten:
    brokers do fill after cancel, and an old order's fill must find its multiplier.
    """

    reference: Reference | None = None
    orders: dict[OrderId, Working] = field(default_factory=dict)
    live: dict[OrderId, Working] = field(default_factory=dict)
    by_desk: dict[tuple[SessionId, ClOrdId], Working] = field(default_factory=dict)
    working: dict[OrderId, Working] = field(default_factory=dict)
    resting: dict[RestingKey, dict[OrderId, Working]] = field(default_factory=dict)
    nodes: dict[Scope, Node] = field(default_factory=dict)
    quotes: dict[InstrumentId, Quote] = field(default_factory=dict)
    rates: dict[Currency, FxRate] = field(default_factory=dict)
    statuses: dict[InstrumentId, TradingStatus] = field(default_factory=dict)
    figures: dict[InstrumentId, Figures] = field(default_factory=dict)
    listings: dict[InstrumentId, Instrument] = field(default_factory=dict)
    holders: dict[InstrumentId, list[Node]] = field(default_factory=dict, compare=False)
    _paths: dict[tuple[AccountId, StrategyId | None], tuple[tuple[Scope, Node], ...]] = field(
        default_factory=dict, compare=False
    )

    def node(self, place: Scope) -> Node:
        """Give a scope's node, making an empty one at first."""
        found = self.nodes.get(place)
        if found is None:
            found = self.nodes[place] = Node()
        return found

    def path(
        self, account: AccountId, strategy: StrategyId | None
    ) -> tuple[tuple[Scope, Node], ...]:
        """Give the nodes an order counts at: firm, desk, trader, account, and its strategy."""
        key = (account, strategy)
        found = self._paths.get(key)
        if found is None:
            found = self._paths[key] = self._walk(account, strategy)
        return found

    def unit_value(self, instrument: Instrument, price: Price | None) -> int | None:
        """Value one unit at `price` in nanos of the base currency; None when that is unknown."""
        if price is None or self.reference is None:
            return None
        multiplier = instrument.multiplier
        value: int = price if multiplier == NANO else scaled(price, multiplier)
        if instrument.currency == self.reference.base:
            return value
        rate = self.rates.get(instrument.currency)
        return None if rate is None else scaled(value, rate.rate)

    def mark(self, instrument: Instrument) -> int | None:
        """Give the unit value positions in an instrument are counted at now."""
        quote = self.quotes.get(instrument.id)
        return None if quote is None else self.unit_value(instrument, quote.reference)

    def load(self, reference: Reference) -> None:
        """Put new reference facts in force: accounts may have moved, prices count otherwise."""
        self.reference = reference
        self.listings.update(reference.instruments)
        for figures in reference.figures.values():
            self.figure(figures)
        self._paths.clear()
        self._regrow()
        for instrument in self.listings.values():
            self._revalue(instrument)

    def quote(self, quote: Quote) -> None:
        """Take a quote and revalue the instrument's lines. An older one changes nothing."""
        known = self.quotes.get(quote.instrument)
        if known is not None and (known is quote or known.at > quote.at):
            return
        self.quotes[quote.instrument] = quote
        if known is not None and known.reference == quote.reference:
            return
        instrument = self.listings.get(quote.instrument)
        if instrument is not None:
            self._revalue(instrument)

    def rate(self, rate: FxRate) -> None:
        """Take an exchange rate and revalue everything in that currency."""
        self.rates[rate.currency] = rate
        for instrument in self.listings.values():
            if instrument.currency == rate.currency:
                self._revalue(instrument)

    def status(self, status: TradingStatus) -> None:
        """Take how an instrument may be traded now. An older word changes nothing."""
        known = self.statuses.get(status.instrument)
        if known is None or known.at <= status.at:
            self.statuses[status.instrument] = status

    def figure(self, figures: Figures) -> None:
        """Take an instrument's figures. Older ones change nothing."""
        known = self.figures.get(figures.instrument)
        if known is None or known.at <= figures.at:
            self.figures[figures.instrument] = figures

    def open(self, working: Working) -> None:
        """Take in a decided order. A denied one is remembered; an accepted one is held."""
        self.orders[working.order_id] = working
        self.live[working.order_id] = working
        self.by_desk[working.order.session, working.order.cl_ord_id] = working
        self.hold(working)

    def hold(self, working: Working) -> None:
        """Make the held quantity of an order what it must be now."""
        wanted = working.wanted
        change = wanted - working.held
        order = working.order
        path = self.path(order.account, order.strategy)
        if working.ended:
            if self.working.pop(working.order_id, None) is not None:
                self._resting(order).pop(working.order_id, None)
                for _, node in path:
                    node.orders -= 1
        elif working.order_id not in self.working:
            self.working[working.order_id] = working
            self._resting(order)[working.order_id] = working
            for _, node in path:
                node.orders += 1
        if change:
            working.held = wanted
            unit = self._unit(order)
            buys, sells = (change, 0) if order.side.is_buy else (0, change)
            for _, node in path:
                self._change(node, order.instrument, unit, buys=buys, sells=sells)

    def trade(self, order: Order, quantity: int, price: Price) -> None:
        """Move the position by a trade: `quantity` is what was filled, negative to take back."""
        signed = quantity if order.side.is_buy else -quantity
        self.adjust(order.account, order.strategy, order.instrument, Quantity(signed), price)

    def adjust(
        self,
        account: AccountId,
        strategy: StrategyId | None,
        instrument: InstrumentId,
        signed: Quantity,
        price: Price,
    ) -> None:
        """Move a position by a signed quantity at a price."""
        listing = self.listings[instrument]
        cash = -value_of(price, signed, listing.multiplier)
        unit = self.mark(listing)
        for _, node in self.path(account, strategy):
            self._change(node, instrument, unit, position=signed, cash=cash)

    def position(self, place: Scope, instrument: InstrumentId) -> Quantity:
        """Give the position of a scope in an instrument."""
        node = self.nodes.get(place)
        line = None if node is None else node.lines.get(instrument)
        return Quantity(0) if line is None else line.position

    def resting_against(self, order: Order, owner: OwnerId) -> tuple[Working, ...]:
        """Give one owner's working orders on the other side of an order, oldest first."""
        found = self.resting.get((owner, order.instrument, not order.side.is_buy))
        return () if not found else tuple(found.values())

    def _walk(
        self, account: AccountId, strategy: StrategyId | None
    ) -> tuple[tuple[Scope, Node], ...]:
        places: list[Scope] = []
        if self.reference is not None and account in self.reference.accounts:
            places.extend(self.reference.accounts[account].path)
        else:
            places.append(scope(Level.ACCOUNT, account))
        if strategy is not None:
            places.append(scope(Level.STRATEGY, strategy))
        return tuple((place, self.node(place)) for place in places)

    def _resting(self, order: Order) -> dict[OrderId, Working]:
        owner = OwnerId(order.account)
        if self.reference is not None and order.account in self.reference.accounts:
            owner = self.reference.accounts[order.account].owner
        return self.resting.setdefault((owner, order.instrument, order.side.is_buy), {})

    def _unit(self, order: Order) -> int | None:
        return self.mark(self.listings[order.instrument])

    def _change(
        self,
        node: Node,
        instrument: InstrumentId,
        unit: int | None,
        *,
        position: int = 0,
        buys: int = 0,
        sells: int = 0,
        cash: int = 0,
    ) -> None:
        if instrument not in node.lines:
            self.holders.setdefault(instrument, []).append(node)
        node.change(instrument, unit, position=position, buys=buys, sells=sells, cash=cash)

    def _revalue(self, instrument: Instrument) -> None:
        unit = self.mark(instrument)
        for node in self.holders.get(instrument.id, ()):
            node.value(instrument.id, node.lines[instrument.id], unit)

    def _regrow(self) -> None:
        """Build the upper nodes anew from the accounts, whose own figures cannot have changed."""
        trunk = {Level.FIRM, Level.DESK, Level.TRADER}
        self.nodes = {
            place: node for place, node in self.nodes.items() if level_of(place) not in trunk
        }
        self.holders = {}
        for node in self.nodes.values():
            for instrument in node.lines:
                self.holders.setdefault(instrument, []).append(node)
        for place, leaf in list(self.nodes.items()):
            if level_of(place) is not Level.ACCOUNT:
                continue
            for _, node in self.path(AccountId(name_of(place)), None):
                if node is leaf:
                    continue
                node.orders += leaf.orders
                for instrument, line in leaf.lines.items():
                    self._change(
                        node,
                        instrument,
                        line.unit,
                        position=line.position,
                        buys=line.buys,
                        sells=line.sells,
                        cash=line.cash,
                    )
        self.resting = {}
        for working in self.working.values():
            self._resting(working.order)[working.order_id] = working
