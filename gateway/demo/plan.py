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

from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, ClOrdId, InstrumentId, RuleId, SessionId, StrategyId
from domain.instrument import Instrument
from domain.order import Order, OrdType, Side
from domain.reference import Reference
from domain.scope import Level, Scope, scope
from gateway.demo.slips import SLIPS, Here, Slip
from gateway.demo.trades import Account, Trade

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
        self.terms: set[tuple[InstrumentId, Side, Quantity, Price]] = set()
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
        if abs(price - market) * NANO > market * COLLAR:
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
            distinct = self.distinct(order)
            yield from self.filled(number, distinct, Market(name, market))
            self.last[name] = distinct
        self.market[name] = trade.price
        self.held[name] = Quantity(held + trade.quantity)

    def distinct(self, order: Order) -> Order:
        """Make the terms new: what the account did days apart is a duplicate within seconds."""
        price = order.price
        assert price is not None
        while (terms := (order.instrument, order.side, order.quantity, price)) in self.terms:
            price = Price(price + self.instruments[order.instrument].tick_at(price))
        self.terms.add(terms)
        return replace(order, price=price)

    def filled(self, number: int, order: Order, market: Market) -> Iterator[Step]:
        """Send an order that fills in the end, this way or that."""
        quantity = order.quantity // NANO
        tick = self.instruments[order.instrument].tick_at(order.price or Price(0))
        better = Price((order.price or 0) + (tick if order.side.is_buy else -tick))
        match number % 50:
            case 5 | 22 | 39:
                away = Price((order.price or 0) + (-tick if order.side.is_buy else tick) * 5)
                passive = _scripted(replace(order, price=away), "ack / replace: accept, fill")
                yield NewOrder(order=passive, market=market, end=End.FILLED)
                new = _named(order, f"{order.cl_ord_id}-better")
                yield Replace(target=order.cl_ord_id, order=new, market=market)
            case 16 if quantity > 1:
                script = f"ack, fill {quantity // 2}, bust 1, fill"
                yield NewOrder(order=_scripted(order, script), market=market, end=End.FILLED)
            case 33 if quantity > 1:
                script = f"ack, fill {quantity // 2}@{_show(better)}, correct 1 {quantity}@"
                script += _show(order.price or Price(0))
                yield NewOrder(order=_scripted(order, script), market=market, end=End.FILLED)
            case 45:
                early = _named(order, f"{order.cl_ord_id}-early")
                early = _scripted(early, "reject the session is busy")
                yield NewOrder(order=early, market=market, end=End.REJECTED)
                # A tick better: the very same terms within seconds would be a duplicate.
                yield NewOrder(order=replace(order, price=better), market=market, end=End.FILLED)
            case _:
                yield NewOrder(order=order, market=market, end=End.FILLED)

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
        if waits or any(each.price <= price for each in ahead if each.instrument.id == name):
            return
        order = _order(f"R{number:04}", trade.instrument, Side.BUY, Quantity(100 * NANO), price)
        order = _scripted(order, "ack / cancel: accept")
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
        yield replace(order, locate_id=f"L-{number}")


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


def _show(price: Price) -> str:
    return f"{price // NANO}.{price % NANO:09}"


def by_name(steps: tuple[Step, ...]) -> Mapping[tuple[SessionId, ClOrdId], NewOrder]:
    """Find new orders by session and ClOrdID; a repeated one under its first sending."""
    found: dict[tuple[SessionId, ClOrdId], NewOrder] = {}
    for step in steps:
        if isinstance(step, NewOrder):
            found.setdefault((step.order.session, step.order.cl_ord_id), step)
    return found
