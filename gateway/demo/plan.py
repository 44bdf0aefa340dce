"""The plan of a day: every message the desks will send, and what must become of each.

Each trade of the account becomes an order: a limit at the traded price, rounded to the tick, judged
against the trade before as the market. Three things a real desk meets are written in:

* A sale of more than is held is two orders: what is owned, marked long, and the rest short.
* On the days of the crash the price is further from the last trade than the collar allows. The
  order is denied; the desk looks, the market has moved there, and it asks again.
* A broker refuses an order now and then, takes a trade back and does it anew, or is first given
  a price that does not trade, and then a better one.

Beside them some orders rest far from the market for a while and are cancelled, and every few trades
somebody slips (`gateway.demo.slips`). At the end a strategy runs away, is stopped by its own limit,
and killed.

The same trades give the same plan. Who wants to know what a message must come to asks the plan,
before any of it was sent.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum

import msgspec

from domain.fixed import NANO, Price, Quantity, show_fixed
from domain.ids import AccountId, ClOrdId, InstrumentId, RuleId, SessionId, StrategyId
from domain.instrument import Instrument
from domain.order import Order, OrdType, Side
from domain.reference import Reference
from domain.scope import Level, Scope, scope
from gateway.demo.slips import SLIPS, Here, Slip
from gateway.demo.trades import Account, Trade, locate_of

ACCOUNT = AccountId("momentum")
SESSIONS = {"XNAS": SessionId("desk-nasdaq"), "XNYS": SessionId("desk-nyse")}
COLLAR = NANO // 10
"""What policy.yaml allows between a price and the market, as a fraction."""

RUNAWAY = StrategyId("runaway")
RUNAWAY_LIMIT, RUNAWAY_ORDERS = 6, 10

TEXT = 58
REST_AT = 94
"""Per cent of the market at which an order rests."""
REST_FOR = 40
"""Trades an order rests for."""
REST_BELOW = 10
"""Ticks by which it must rest below all of them, lest it meet one of our own sales."""


class End(StrEnum):
    """What a new order must come to."""

    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    DENIED = "denied"
    REPEATED = "repeated"


class Market(msgspec.Struct, frozen=True):
    """The last price of an instrument, told to the gate; `age_us` ago it was true."""

    instrument: InstrumentId
    price: Price
    age_us: int = 0


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An order to send, once the market was told. `rule` is whose finding must deny it."""

    order: Order
    market: Market | None
    end: End
    words: str = ""
    rule: RuleId | None = None
    slip: bool = False


class Replace(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """New terms for a working order."""

    target: ClOrdId
    order: Order
    market: Market


class Cancel(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The end of a resting order."""

    target: ClOrdId
    cl_ord_id: ClOrdId
    order: Order


class Kill(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A scope halted, and what works in it cancelled."""

    scope: Scope
    words: str


Step = NewOrder | Replace | Cancel | Kill


def plan(account: Account, reference: Reference) -> tuple[Step, ...]:
    """Write the plan for an account's trades."""
    return tuple(_Planning(account, reference).steps())


class _Planning:
    """The plan as far as it is written: what will be held by then, and what rests."""

    def __init__(self, account: Account, reference: Reference) -> None:
        self.account = account
        self.instruments = reference.instruments
        self.held = {name: held.quantity for name, held in account.opening.items()}
        self.market = {name: held.price for name, held in account.opening.items()}
        self.last: dict[InstrumentId, Order] = {}
        self.sent: set[Order] = set()
        self.resting: deque[tuple[int, Order]] = deque()
        self.slips = deque(SLIPS)
        self.slip_every = max(2, min(12, len(account.trades) // (len(SLIPS) + 2)))

    def steps(self) -> Iterator[Step]:
        for number, trade in enumerate(self.account.trades, 1):
            while self.resting and self.resting[0][0] <= number:
                yield self.withdraw()
            yield from self.traded(number, trade)
            if number % self.slip_every == 0:
                yield from self.slipped(number, trade)
            if number % 12 == 3:
                yield from self.rested(number, trade)
        while self.resting:
            yield self.withdraw()
        if self.last:
            yield from self.runaway(next(reversed(self.last.values())))

    # ---------------------------------------------------------------------------------- trades

    def traded(self, number: int, trade: Trade) -> Iterator[Step]:
        name = trade.instrument.id
        price = _rounded(trade.price, trade.instrument)
        market = _rounded(self.market.get(name, trade.price), trade.instrument)
        held = self.held.get(name, Quantity(0))
        orders = tuple(_orders(number, trade, price, held))
        if not _near(price, market):
            early = _named(orders[0], f"{orders[0].cl_ord_id}-early")
            yield NewOrder(
                order=early,
                market=Market(name, market),
                end=End.DENIED,
                rule=RuleId("collar"),
                words="the market has jumped further than the collar",
            )
            market = price
        for order in orders:
            yield from self.filled(number, order, Market(name, market))
        self.market[name] = trade.price
        self.held[name] = Quantity(held + trade.quantity)

    def filled(self, number: int, order: Order, market: Market) -> Iterator[Step]:
        """Send an order that fills in the end, this way or that."""
        quantity = order.quantity // NANO
        match number % 50:
            case 5 | 22 | 39:
                order = self.distinct(order, ticks=-5)
                yield _sent(market, order, "ack / replace: accept, fill")
                new = self.better(_named(order, f"{order.cl_ord_id}-better"), 5)
                yield Replace(target=order.cl_ord_id, order=new, market=_within(market, new))
            case 16 if quantity > 1:
                order = self.distinct(order)
                yield _sent(market, order, f"ack, fill {quantity // 2}, bust 1, fill")
            case 33 if quantity > 1:
                order = self.distinct(order)
                first, then = _price(self.better(order, 1)), _price(order)
                script = f"ack, fill {quantity // 2}@{show_fixed(first)}, "
                script += f"correct 1 {quantity}@{show_fixed(then)}"
                yield _sent(market, order, script)
            case 45:
                early = self.distinct(_named(order, f"{order.cl_ord_id}-early"))
                yield _sent(market, early, "reject the session is busy", End.REJECTED)
                order = self.distinct(order)
                yield _sent(market, order)
            case _:
                order = self.distinct(order)
                yield _sent(market, order)
        self.last[order.instrument] = order

    def distinct(self, order: Order, *, ticks: int = 0) -> Order:
        """Price an order so many ticks better or worse, and better still while its terms are known.

        What the account did days apart would be a duplicate within seconds.
        """
        order = self.better(order, ticks)
        while (terms := replace(order, cl_ord_id=ClOrdId(""), locate_id=None)) in self.sent:
            order = self.better(order, 1)
        self.sent.add(terms)
        return order

    def better(self, order: Order, ticks: int) -> Order:
        """Make an order pay so many ticks more, or ask so many less."""
        price = _price(order)
        tick = self.instruments[order.instrument].tick_at(price)
        return replace(order, price=Price(price + ticks * (tick if order.side.is_buy else -tick)))

    # ----------------------------------------------------------------------------------- slips

    def slipped(self, number: int, trade: Trade) -> Iterator[Step]:
        """Make the first slip that suits the moment; those that do not keep their turn."""
        name = trade.instrument.id
        price = _rounded(trade.price, trade.instrument)
        here = Here(
            honest=self.last[name],
            market=price,
            tick=trade.instrument.tick_at(price),
            position=self.held[name],
            resting=next((order for _, order in self.resting if order.instrument == name), None),
            instruments=self.instruments,
        )
        for slip in tuple(self.slips):
            order = slip.make(here)
            if order is not None:
                self.slips.remove(slip)
                self.slips.append(slip)
                yield _slip(number, slip, order, here)
                return

    # --------------------------------------------------------------------------------- resting

    def rested(self, number: int, trade: Trade) -> Iterator[Step]:
        """Let a purchase rest below all that will trade until it is cancelled."""
        name = trade.instrument.id
        tick = trade.instrument.tick_at(trade.price)
        price = Price(trade.price * REST_AT // 100 // tick * tick)
        ahead = self.account.trades[number : number + REST_FOR]
        waits = any(order.instrument == name for _, order in self.resting)
        lowest = min((each.price for each in ahead if each.instrument.id == name), default=None)
        if waits or lowest is None or lowest < price + REST_BELOW * tick:
            return
        order = _order(f"R{number:04}", trade.instrument, Side.BUY, Quantity(100 * NANO), price)
        order = _scripted(self.distinct(order), "ack / cancel: accept")
        self.resting.append((number + REST_FOR, order))
        market = Market(name, _rounded(trade.price, trade.instrument))
        yield NewOrder(order=order, market=market, end=End.CANCELLED)

    def withdraw(self) -> Step:
        _, order = self.resting.popleft()
        return Cancel(
            target=order.cl_ord_id, cl_ord_id=ClOrdId(f"{order.cl_ord_id}-x"), order=order
        )

    # --------------------------------------------------------------------------- the last scene

    def runaway(self, last: Order) -> Iterator[Step]:
        """Let a strategy run until its own limit stops it, and kill it."""
        name = last.instrument
        instrument = self.instruments[name]
        market = _rounded(self.market[name], instrument)
        tick = instrument.tick_at(market)
        price = Price(market * REST_AT // 100 // tick * tick)
        for number in range(1, RUNAWAY_ORDERS + 2):
            quantity = Quantity(number * NANO)
            order = _order(f"A{number:02}", instrument, Side.BUY, quantity, price)
            order = replace(_scripted(order, "ack / cancel: accept"), strategy=RUNAWAY)
            stopped = number > RUNAWAY_LIMIT
            killed = number > RUNAWAY_ORDERS
            if killed:
                place = scope(Level.STRATEGY, RUNAWAY)
                yield Kill(scope=place, words="the strategy that ran away is killed")
            rule = RuleId("house.trading_state" if killed else "strategy.repeats")
            words = "one more from the killed strategy" if killed else "the strategy runs away"
            yield NewOrder(
                order=order,
                market=Market(name, market),
                end=End.DENIED if stopped else End.CANCELLED,
                rule=rule if stopped else None,
                words=words if stopped else "",
                slip=stopped,
            )


def _orders(number: int, trade: Trade, price: Price, held: Quantity) -> Iterator[Order]:
    """Make the order of a trade; two where it sells more than is held."""
    quantity = Quantity(abs(trade.quantity))
    name = f"T{number:04}"
    if trade.quantity > 0:
        yield _order(name, trade.instrument, Side.BUY, quantity, price)
        return
    owned = Quantity(min(quantity, max(0, held)))
    if owned:
        yield _order(name, trade.instrument, Side.SELL, owned, price)
    if quantity > owned:
        short = f"{name}-short" if owned else name
        left = Quantity(quantity - owned)
        order = _order(short, trade.instrument, Side.SELL_SHORT, left, price)
        yield replace(order, locate_id=locate_of(trade.instrument.id))


def _order(
    name: str, instrument: Instrument, side: Side, quantity: Quantity, price: Price
) -> Order:
    return Order(
        session=SESSIONS[instrument.mic],
        cl_ord_id=ClOrdId(name),
        account=ACCOUNT,
        instrument=instrument.id,
        side=side,
        type=OrdType.LIMIT,
        quantity=quantity,
        price=price,
    )


def _sent(market: Market, order: Order, script: str = "", end: End = End.FILLED) -> NewOrder:
    scripted = _scripted(order, script) if script else order
    return NewOrder(order=scripted, market=_within(market, order), end=end)


def _within(market: Market, order: Order) -> Market:
    """Give the market an order is sent at: its own price, where the last is beyond the collar."""
    price = _price(order)
    return market if _near(price, market.price) else Market(order.instrument, price)


def _near(price: Price, market: Price) -> bool:
    return abs(price - market) * NANO <= market * COLLAR


def _price(order: Order) -> Price:
    assert order.price is not None, "all orders of the plan are limits"
    return order.price


def _slip(number: int, slip: Slip, order: Order, here: Here) -> NewOrder:
    price = here.market if slip.market is None else slip.market
    known = order.instrument in here.instruments
    named = order if slip.repeats else _named(order, f"S{number:04}")
    return NewOrder(
        order=named,
        market=Market(order.instrument, price, slip.age_us) if known else None,
        end=End.REPEATED if slip.repeats else End.DENIED,
        words=slip.words,
        rule=slip.rule,
        slip=True,
    )


def _named(order: Order, name: str) -> Order:
    return replace(order, cl_ord_id=ClOrdId(name))


def _scripted(order: Order, script: str) -> Order:
    """Tell the paper broker, in the order's Text (58), what to do with it."""
    return replace(order, extra=((TEXT, f"paper: {script}"),))


def _rounded(price: Price, instrument: Instrument) -> Price:
    tick = instrument.tick_at(price)
    return Price((price + tick // 2) // tick * tick)


def by_name(steps: tuple[Step, ...]) -> Mapping[tuple[SessionId, ClOrdId], NewOrder]:
    """Find new orders by session and ClOrdID; a repeated one under its first sending."""
    found: dict[tuple[SessionId, ClOrdId], NewOrder] = {}
    for step in steps:
        if isinstance(step, NewOrder):
            found.setdefault((step.order.session, step.order.cl_ord_id), step)
    return found
