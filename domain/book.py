"""The Book: every order, every position, every hold, at every node of the tree.

INVARIANT (holds): an accepted order counts in full, at every node above its account, from the
moment it is decided until it ends. `hold` is the only way a working order's quantity enters or
leaves the sums, and it always sets, never adds, so it cannot be counted twice.

The Book is changed only by `gateway.core.apply`. Its methods write and never refuse.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from domain.day import NEVER, Day, day_of
from domain.day_trades import DayTrades
from domain.equity import Funds
from domain.exposure import Node
from domain.fixed import NANO, Price, Quantity, scaled
from domain.ids import (
    AccountId,
    ClOrdId,
    InstrumentId,
    Micros,
    OrderId,
    OwnerId,
    SessionId,
    StrategyId,
)
from domain.instrument import AssetClass, Instrument
from domain.market import Figures, FxRate, Quote, TradingStatus
from domain.money import Currency, value_of
from domain.order import Order
from domain.reference import Reference
from domain.scope import Level, Scope, level_of, name_of, scope
from domain.working import Working

Group = Literal["issuer", "sector", "country"]
"""What instruments can have in common."""

RestingKey = tuple[OwnerId, InstrumentId, bool]
"""Whose, in what, and whether buying."""


@dataclass(slots=True)
class Book:
    """All that trading has left behind, and all that is under way.

    `live` finds an order by any id a broker may call it (its first id and every request on
    it); `by_desk` by any ClOrdID its desk ever used for it. Both are kept for ever: a ClOrdID
    is decided once. `listings` keeps instruments that newer reference facts have forgotten:
    brokers do fill after cancel, and an old order's fill must find its multiplier. `located` is
    what short sales use of each locate: all they sold and all they still may.
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
    funds: dict[AccountId, Funds] = field(default_factory=dict)
    day: Day = field(default_factory=Day)
    day_trades: dict[AccountId, DayTrades] = field(default_factory=dict)
    located: dict[str, Quantity] = field(default_factory=dict)
    holders: dict[InstrumentId, list[Node]] = field(default_factory=dict, compare=False)
    rates_since: Micros = field(default=NEVER, compare=False)
    _paths: dict[tuple[AccountId, StrategyId | None], tuple[tuple[Scope, Node], ...]] = field(
        default_factory=dict, compare=False
    )
    _groups: dict[Group, dict[str, frozenset[InstrumentId]]] = field(
        default_factory=dict, compare=False
    )
    _options: dict[InstrumentId, list[Instrument]] = field(default_factory=dict, compare=False)
    _deltas_since: Micros | None = field(default=None, compare=False)
    _touched: list[Node] = field(default_factory=list, compare=False)

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

    def delta_value(self, option: Instrument) -> int | None:
        """Value one option by what it moves with: delta x multiplier x the underlying's price.

        None when the facts name no underlying, or its price, the delta or a rate is unknown.
        """
        underlying = None if option.underlying is None else self.listings.get(option.underlying)
        if underlying is None or self.reference is None:
            return None
        figures, quote = self.figures.get(option.id), self.quotes.get(underlying.id)
        price = None if quote is None else quote.reference
        if figures is None or figures.delta is None or price is None:
            return None
        value = scaled(scaled(price, option.multiplier), figures.delta)
        rate = self.rate_of(underlying.currency)
        return None if rate is None else scaled(value, rate)

    def rate_of(self, currency: Currency) -> int | None:
        """Give what one unit of a currency is worth in the base currency."""
        if self.reference is not None and currency == self.reference.base:
            return NANO
        found = self.rates.get(currency)
        return None if found is None else found.rate

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
        """Give the unit value an instrument's exposure is counted at now.

        A share counts at its price, and a future at its own price times the multiplier, since it
        moves with what it is written on one for one. An option costs little and moves much, so it
        counts by its delta on the underlying's price; a put, whose delta is below zero, counts
        against a holding of the share.
        """
        if instrument.asset_class is AssetClass.OPTION:
            return self.delta_value(instrument)
        return self.worth(instrument)

    def worth(self, instrument: Instrument) -> int | None:
        """Give what one unit would fetch now, in nanos of the base currency."""
        quote = self.quotes.get(instrument.id)
        return None if quote is None else self.unit_value(instrument, quote.reference)

    def group(self, of: Group, instrument: Instrument) -> str | None:
        """Give an instrument's issuer, sector or country; a derivative has its underlying's."""
        named = instrument
        if instrument.underlying is not None:
            named = self.listings.get(instrument.underlying, instrument)
        found: str | None = getattr(named, of)
        return found

    def members(self, of: Group, name: str) -> frozenset[InstrumentId]:
        """Give all instruments of an issuer, a sector or a country, derivatives with them."""
        if of not in self._groups:
            found: dict[str | None, set[InstrumentId]] = {}
            for instrument in self.listings.values():
                found.setdefault(self.group(of, instrument), set()).add(instrument.id)
            self._groups[of] = {
                group: frozenset(ids) for group, ids in found.items() if group is not None
            }
        return self._groups[of].get(name, frozenset())

    def funds_of(self, place: Scope) -> int | None:
        """Give the equity of all accounts of a scope, less what they won or lost to have it.

        With a node's profit added it is the node's equity now. None when the facts tell no equity
        of one of the accounts, or there is none.
        """
        if self.reference is None:
            return None
        mine = [each.id for each in self.reference.accounts.values() if place in each.path]
        total = 0
        for account in mine:
            funds = self.funds.get(account)
            if funds is None or funds.profit is None:
                return None
            total += funds.balance.equity - funds.profit
        return total if mine else None

    def funds_told(self, place: Scope) -> Micros:
        """Give the instant of the oldest equity among a scope's accounts; `NEVER` without any."""
        accounts = () if self.reference is None else self.reference.accounts.values()
        known = (self.funds.get(each.id) for each in accounts if place in each.path)
        return min((each.balance.as_of for each in known if each is not None), default=NEVER)

    def turn(self, at: Micros) -> None:
        """Begin a new trading day if one has begun by `at`, before anything of it is counted."""
        if at < self.day.until:
            return
        ends = () if self.reference is None else self.reference.day_ends
        since, until = day_of(ends, at)
        if since > self.day.since:
            days = bisect_right(ends, since) - bisect_right(ends, self.day.since)
            self.day.since = since
            for node in self.nodes.values():
                node.open_day()
            for traded in self.day_trades.values():
                traded.turn(days)
        self.day.until = until
        self.day.known = until < NEVER

    def opening(self, node: Node, at: Micros) -> tuple[int, int] | None:
        """Give the profit a node's day began with and its peak since; None when unknown.

        An instant beyond the day's end is already the next day's, which begins as things stand.
        """
        since = self.begun(at)
        if since is None or node.unmarked:
            return None
        if since > self.day.since:
            return node.profit, node.profit
        return None if node.unopened else (node.opening, node.peak)

    def begun(self, at: Micros) -> Micros | None:
        """Give when the trading day of an instant not yet counted began; None when unknown."""
        if at < self.day.until:
            return self.day.since if self.day.known else None
        since, until = day_of(() if self.reference is None else self.reference.day_ends, at)
        return None if until == NEVER else since

    def crest(self) -> None:
        """See which nodes' profit stands higher than ever today, once an event is counted whole."""
        for node in self._touched:
            if node.profit > node.peak and not node.unmarked:
                node.peak = node.profit
        self._touched.clear()

    def load(self, reference: Reference) -> None:
        """Put new reference facts in force: accounts may have moved, prices count otherwise."""
        self.reference = reference
        self.listings.update(reference.instruments)
        for figures in reference.figures.values():
            self.figure(figures)
        self._paths.clear()
        self._groups.clear()
        self._deltas_since = None
        grown = self.nodes
        self._regrow()
        self._options = {}
        for instrument in self.listings.values():
            if instrument.asset_class is AssetClass.OPTION and instrument.underlying is not None:
                self._options.setdefault(instrument.underlying, []).append(instrument)
        for instrument in self.listings.values():
            self._revalue(instrument)
        for place, node in self.nodes.items():
            node.untally()
            if place not in grown:
                node.peak = node.profit
        self._take_balances(reference)
        self.day.until = Micros(0)

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
        for option in self._options.get(quote.instrument, ()):
            self._revalue(option)

    def rate(self, rate: FxRate) -> None:
        """Take an exchange rate and revalue everything in that currency."""
        self.rates[rate.currency] = rate
        self.rates_since = min(each.at for each in self.rates.values())
        for instrument in self.listings.values():
            if instrument.currency == rate.currency:
                self._revalue(instrument)
                for option in self._options.get(instrument.id, ()):
                    self._revalue(option)

    def status(self, status: TradingStatus) -> None:
        """Take how an instrument may be traded now. An older word changes nothing."""
        known = self.statuses.get(status.instrument)
        if known is None or known.at <= status.at:
            self.statuses[status.instrument] = status

    def figure(self, figures: Figures) -> None:
        """Take an instrument's figures. Older ones change nothing."""
        known = self.figures.get(figures.instrument)
        if known is not None and known.at > figures.at:
            return
        self.figures[figures.instrument] = figures
        instrument = self.listings.get(figures.instrument)
        if instrument is not None and instrument.asset_class is AssetClass.OPTION:
            self._deltas_since = None
            if known is None or known.delta != figures.delta:
                self._revalue(instrument)

    @property
    def deltas_since(self) -> Micros:
        """The instant of the oldest delta; `NEVER` while there is none."""
        if self._deltas_since is None:
            options = (option for written in self._options.values() for option in written)
            known = (self.figures.get(option.id) for option in options)
            self._deltas_since = min((each.at for each in known if each is not None), default=NEVER)
        return self._deltas_since

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
        if order.locate_id is not None and order.side.is_short:
            self._locate(working, order.locate_id, Quantity(working.filled + wanted))
        if change:
            working.held = wanted
            unit = self._unit(order)
            buys, sells = (change, 0) if order.side.is_buy else (0, change)
            for _, node in path:
                self._change(node, order.instrument, unit, buys=buys, sells=sells)

    def trade(self, order: Order, quantity: int, price: Price) -> None:
        """Move the position by a trade: `quantity` is what was filled, negative to take back."""
        signed = quantity if order.side.is_buy else -quantity
        if quantity > 0 and self.day.known:
            held = self.position(scope(Level.ACCOUNT, order.account), order.instrument)
            traded = self.day_trades.get(order.account)
            if traded is None:
                traded = self.day_trades[order.account] = DayTrades()
            traded.trade(order.instrument, held, signed)
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
        unit, worth = self.mark(listing), self.worth(listing)
        rate = self.rate_of(listing.currency)
        for _, node in self.path(account, strategy):
            self._change(node, instrument, unit, position=signed, cash=cash)
            node.reckon(instrument, worth, rate)
            self._touched.append(node)

    def position(self, place: Scope, instrument: InstrumentId) -> Quantity:
        """Give the position of a scope in an instrument."""
        node = self.nodes.get(place)
        line = None if node is None else node.lines.get(instrument)
        return Quantity(0) if line is None else line.position

    def resting_against(self, order: Order, owner: OwnerId) -> tuple[Working, ...]:
        """Give one owner's working orders on the other side of an order, oldest first."""
        found = self.resting.get((owner, order.instrument, not order.side.is_buy))
        return () if not found else tuple(found.values())

    def _locate(self, working: Working, locate: str, used: Quantity) -> None:
        """Make what a short sale uses of its locate what it must be now: sold, or still to sell."""
        change = used - working.located
        if change:
            working.located = used
            self.located[locate] = Quantity(self.located.get(locate, 0) + change)

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
        holders = self.holders.get(instrument.id)
        if not holders:
            return
        unit, worth = self.mark(instrument), self.worth(instrument)
        rate = self.rate_of(instrument.currency)
        for node in holders:
            node.value(instrument.id, node.lines[instrument.id], unit)
            node.reckon(instrument.id, worth, rate)
        self._touched += holders

    def _take_balances(self, reference: Reference) -> None:
        """Take new balances, each with the profit its account had made when it was told."""
        told = {}
        for account, balance in reference.balances.items():
            known = self.funds.get(account)
            if known is None or known.balance != balance:
                node = self.nodes.get(scope(Level.ACCOUNT, account), Node())
                known = Funds(balance, None if node.unmarked else node.profit)
            told[account] = known
        self.funds = told

    def _regrow(self) -> None:
        """Build the upper nodes anew from the accounts, whose own figures cannot have changed."""
        trunk = {Level.FIRM, Level.DESK, Level.TRADER}
        before = self.nodes
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
            for above, node in self.path(AccountId(name_of(place)), None):
                if node is leaf:
                    continue
                node.orders += leaf.orders
                node.opening += leaf.opening
                node.unopened = node.unopened or leaf.unopened
                if above in before:
                    node.peak = before[above].peak
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
