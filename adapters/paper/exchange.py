"""The paper broker itself: orders in, reports out. No socket, no clock, chance only from a seed.

Left to itself it behaves well. An order is acknowledged and then filled in one to `parts_max`
parts, each some time later; how many and when follows from the seed and the order's id alone, so
the same orders give the same fills whatever came between. A limit order trades at the reference
price where that is known and not worse than the limit, else at its limit; a market order at the
reference price. An order that cannot trade at the reference price rests until the price moves. IOC
and FOK trade at once or end. Where a script says otherwise (`adapters.paper.script`), it is
followed.

Ids are the gate's: the order has the name it came with, and takes the name of each accepted
replace; any of its names finds it. INVARIANT (one order per name): a name that is known never
makes a second order. Sent again with PossResend, it is answered with how the order stands;
without, it is rejected as a duplicate. A repeated cancel or replace gets its first answers once
more.
"""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from heapq import heappop, heappush
from itertools import count
from typing import assert_never

from adapters.paper.script import Script, Step, Steps, Word, script_of
from domain.events import CancelRejected, ExecutionReported
from domain.fixed import NANO, Price, Quantity
from domain.ids import BrokerOrderId, ExecId, InstrumentId, Micros, OrderId, RouteId
from domain.lifecycle import ENDED, ExecType, Status, after_amounts
from domain.messages import (
    SendCancel,
    SendDontKnow,
    SendOrder,
    SendReplace,
    SendStatusRequest,
    ToBroker,
)
from domain.order import Order, OrdType, TimeInForce

Said = ExecutionReported | CancelRejected
"""What the broker says."""

TOO_LATE, UNKNOWN, PENDING = 0, 1, 3
"""CxlRejReason (102)."""
UNKNOWN_ORDER, DUPLICATE, OTHER = 5, 6, 99
"""OrdRejReason (103)."""
TEXT = 58


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the broker behaves when nobody tells it.

    A part is filled between `fill_after_us_min` and `fill_after_us_max` after the one before.
    `scripts` are followed for an instrument's orders that bring none of their own.
    """

    seed: int = 0
    parts_max: int = 3
    fill_after_us_min: int = 0
    fill_after_us_max: int = 0
    scripts: dict[InstrumentId, Script] = field(default_factory=dict)


@dataclass(slots=True)
class Trade:
    """One trade as it stands now."""

    exec_id: ExecId
    quantity: Quantity
    price: Price


@dataclass(slots=True)
class PaperOrder:
    """An order at the broker."""

    order: Order
    name: OrderId
    broker_order_id: BrokerOrderId
    script: Script | None
    status: Status = Status.PENDING_NEW
    filled: Quantity = Quantity(0)
    triggered: bool = False
    rests: bool = False
    trades: list[Trade] = field(default_factory=list)
    parts: list[Quantity] = field(default_factory=list)

    @property
    def leaves(self) -> Quantity:
        """What is still worked."""
        if self.status in ENDED:
            return Quantity(0)
        return Quantity(max(0, self.order.quantity - self.filled))

    @property
    def average(self) -> Price | None:
        """The mean price of the trades."""
        if self.filled <= 0:
            return None
        return Price(sum(trade.quantity * trade.price for trade in self.trades) // self.filled)


class Exchange:
    """A paper broker for one session."""

    def __init__(self, route: RouteId, habits: Habits, *, first_exec: int = 1) -> None:
        """Begin without orders. ExecIDs count from `first_exec`."""
        self.orders: dict[OrderId, PaperOrder] = {}
        self.prices: dict[InstrumentId, Price] = {}
        self._route = route
        self._habits = habits
        self._numbers = count(first_exec)
        self._answers: dict[OrderId, list[Said]] = {}
        self._said: dict[OrderId, ExecutionReported] = {}
        self._due: list[tuple[Micros, int, PaperOrder]] = []
        self._turns = count()

    # ------------------------------------------------------------------------------ requests

    def take(self, message: ToBroker, at: Micros) -> list[Said]:
        """Take a message of the gate's, and answer."""
        match message:
            case SendOrder():
                return self.place(message.order_id, message.order, at, again=message.again)
            case SendCancel():
                return self.cancel(message.order_id, message.target, at)
            case SendReplace():
                return self.replace(message.order_id, message.target, message.order, at)
            case SendStatusRequest():
                return [self.status(message.order_id)]
            case SendDontKnow():
                return []
            case _:
                assert_never(message)

    def place(self, name: OrderId, order: Order, at: Micros, *, again: bool = False) -> list[Said]:
        """Take a new order."""
        if name in self.orders or name in self._answers:
            # INVARIANT (one order per name)
            return [self.status(name) if again else self._rejected_duplicate(name)]
        number = next(self._numbers)
        text = next((value for tag, value in order.extra if tag == TEXT), "")
        try:
            script = script_of(text) or self._habits.scripts.get(order.instrument)
        except ValueError as error:
            script = Script((Step(word=Word.REJECT, text=str(error)),))
        if script is not None and script.arrival[0].word is Word.LOSE and not again:
            return []
        paper = PaperOrder(order, name, BrokerOrderId(f"B{number}"), script)
        self.orders[name] = paper
        if script is not None:
            return self._perform(paper, script.arrival, at)
        if order.type is OrdType.MARKET and order.instrument not in self.prices:
            paper.status = Status.REJECTED
            return [self._say(paper, ExecType.REJECTED, reason=OTHER, text="no reference price")]
        paper.status = Status.NEW
        said: list[Said] = [self._say(paper, ExecType.NEW)]
        if order.tif in {TimeInForce.IOC, TimeInForce.FOK}:
            price = self._price(paper)
            if price is not None:
                said.append(self._trade(paper, order.quantity, price))
            else:
                paper.status = Status.CANCELED
                said.append(self._say(paper, ExecType.CANCELED))
            return said
        self._plan(paper, at)
        return said + self.work(at)

    def cancel(self, name: OrderId, target: OrderId, at: Micros) -> list[Said]:
        """Take a cancel of the order called `target`."""
        return self._request(name, target, None, at)

    def replace(self, name: OrderId, target: OrderId, order: Order, at: Micros) -> list[Said]:
        """Take new terms for the order called `target`."""
        return self._request(name, target, order, at)

    def status(self, name: OrderId) -> ExecutionReported:
        """Say how an order stands."""
        paper = self.orders.get(name)
        if paper is not None:
            return self._say(paper, ExecType.STATUS, name=name)
        return ExecutionReported(
            route=self._route,
            order_id=name,
            exec_id=self._exec_id(),
            type=ExecType.STATUS,
            status=Status.REJECTED.value,
            filled=Quantity(0),
            leaves=Quantity(0),
            reason=UNKNOWN_ORDER,
            text="unknown order",
        )

    # ----------------------------------------------------------------------------- the market

    def mark(self, instrument: InstrumentId, price: Price, at: Micros) -> list[Said]:
        """Move the reference price of an instrument: orders that rested may trade."""
        self.prices[instrument] = price
        for paper in self._live():
            if paper.order.instrument == instrument and paper.rests:
                paper.rests = False
                self._wake(paper, at)
        return self.work(at)

    def work(self, at: Micros) -> list[Said]:
        """Do what is due: fill, and expire."""
        said: list[Said] = []
        while self._due and self._due[0][0] <= at:
            due, _, paper = heappop(self._due)
            if paper.status in ENDED:
                continue
            expire_at = paper.order.expire_at
            if expire_at is not None and expire_at <= at:
                paper.status = Status.EXPIRED
                said.append(self._say(paper, ExecType.EXPIRED))
                continue
            price = self._price(paper)
            paper.rests = price is None
            if paper.parts and price is not None:
                said.append(self._trade(paper, paper.parts.pop(0), price))
                if paper.parts:
                    self._wake(paper, Micros(due + self._delay(paper)))
        return said

    @property
    def next_due(self) -> Micros | None:
        """When there is something to do next."""
        return self._due[0][0] if self._due else None

    def close(self) -> list[Said]:
        """End the day: orders for the day expire, the others are done for it."""
        said: list[Said] = []
        for paper in self._live():
            if paper.order.tif is TimeInForce.DAY:
                paper.status = Status.EXPIRED
                said.append(self._say(paper, ExecType.EXPIRED))
            else:
                said.append(self._say(paper, ExecType.DONE_FOR_DAY))
        return said

    def do(self, name: OrderId, steps: Steps, at: Micros) -> list[Said]:
        """Do steps with an order, told from outside. Raises LookupError when it is unknown."""
        paper = self.orders.get(name)
        if paper is None:
            raise LookupError(f"no order `{name}`")
        return self._perform(paper, steps, at)

    # -------------------------------------------------------------------------------- inside

    def _request(
        self, name: OrderId, target: OrderId, order: Order | None, at: Micros
    ) -> list[Said]:
        known = self._answers.get(name)
        if known is not None:
            return list(known)
        paper = self.orders.get(target)
        if paper is None:
            answers: list[Said] = [self._refuse(name, target, None, UNKNOWN, "unknown order")]
        else:
            script = paper.script
            steps = None if script is None else script.cancel if order is None else script.replace
            if steps is None:
                steps = (Step(word=Word.ACCEPT),)
            answers = self._perform(paper, steps, at, request=name, order=order)
        self._answers[name] = answers
        return list(answers)

    def _perform(
        self,
        paper: PaperOrder,
        steps: Steps,
        at: Micros,
        *,
        request: OrderId | None = None,
        order: Order | None = None,
    ) -> list[Said]:
        said: list[Said] = []
        for step in steps:
            match step.word:
                case Word.ACK:
                    if not paper.filled:
                        paper.status = Status.NEW
                    said.append(self._say(paper, ExecType.NEW))
                case Word.PEND if request is None:
                    said.append(self._say(paper, ExecType.PENDING_NEW))
                case Word.PEND:
                    kind = ExecType.PENDING_CANCEL if order is None else ExecType.PENDING_REPLACE
                    said.append(
                        self._say(paper, kind, name=request, orig=paper.name, status=kind.value)
                    )
                case Word.FILL:
                    quantity = step.quantity or Quantity(paper.order.quantity - paper.filled)
                    price = step.price or self._price(paper) or paper.order.price
                    if quantity > 0:
                        said.append(self._trade(paper, quantity, price or Price(NANO)))
                case Word.CORRECT | Word.BUST:
                    said += self._amend(paper, step)
                case Word.CANCEL:
                    paper.status = Status.CANCELED
                    said.append(self._say(paper, ExecType.CANCELED, text=step.text or None))
                case Word.EXPIRE:
                    paper.status = Status.EXPIRED
                    said.append(self._say(paper, ExecType.EXPIRED))
                case Word.DONE:
                    paper.status = Status.DONE_FOR_DAY
                    said.append(self._say(paper, ExecType.DONE_FOR_DAY))
                case Word.SUSPEND:
                    paper.status = Status.SUSPENDED
                    said.append(self._say(paper, ExecType.SUSPENDED))
                case Word.RESTATE:
                    assert step.quantity is not None
                    paper.order = replace(paper.order, quantity=step.quantity)
                    self._count(paper)
                    said.append(self._say(paper, ExecType.RESTATED, terms=True))
                case Word.REJECT:
                    paper.status = Status.REJECTED
                    text = step.text or "rejected"
                    said.append(self._say(paper, ExecType.REJECTED, reason=OTHER, text=text))
                case Word.ACCEPT:
                    if request is not None:
                        said.append(self._accept(paper, request, order, at))
                case Word.REFUSE:
                    if request is not None:
                        text = step.text or "refused"
                        said.append(self._refuse(request, paper.name, paper, OTHER, text))
                case Word.AGAIN:
                    last = self._said.get(paper.name)
                    said += [] if last is None else [last]
                case Word.SILENT | Word.LOSE:
                    pass
                case _:
                    assert_never(step.word)
        return said

    def _accept(self, paper: PaperOrder, request: OrderId, order: Order | None, at: Micros) -> Said:
        if paper.status in ENDED:
            return self._refuse(request, paper.name, paper, TOO_LATE, "the order has ended")
        orig = paper.name
        if order is None:
            paper.status = Status.CANCELED
            self.orders[request] = paper
            return self._say(paper, ExecType.CANCELED, name=request, orig=orig)
        if order.quantity <= paper.filled:
            return self._refuse(request, orig, paper, TOO_LATE, "as much is filled already")
        paper.order, paper.name = order, request
        paper.status = Status.PARTIALLY_FILLED if paper.filled else Status.NEW
        self.orders[request] = paper
        if paper.script is None:
            self._plan(paper, at)
        return self._say(paper, ExecType.REPLACED, orig=orig, terms=True)

    def _refuse(
        self, request: OrderId, target: OrderId, paper: PaperOrder | None, reason: int, text: str
    ) -> CancelRejected:
        status = Status.REJECTED if paper is None else paper.status
        return CancelRejected(
            route=self._route,
            order_id=request,
            orig_order_id=target,
            status=status.value,
            reason=reason,
            text=text,
        )

    def _rejected_duplicate(self, name: OrderId) -> ExecutionReported:
        return ExecutionReported(
            route=self._route,
            order_id=name,
            exec_id=self._exec_id(),
            type=ExecType.REJECTED,
            status=Status.REJECTED.value,
            filled=Quantity(0),
            leaves=Quantity(0),
            reason=DUPLICATE,
            text="duplicate order",
        )

    def _trade(self, paper: PaperOrder, quantity: Quantity, price: Price) -> ExecutionReported:
        trade = Trade(self._exec_id(), quantity, price)
        paper.trades.append(trade)
        self._count(paper)
        return self._say(paper, ExecType.TRADE, trade=trade, exec_id=trade.exec_id)

    def _amend(self, paper: PaperOrder, step: Step) -> list[Said]:
        if step.trade > len(paper.trades):
            return []
        trade = paper.trades[step.trade - 1]
        old = trade.exec_id
        if step.word is Word.BUST:
            gone = Trade(old, trade.quantity, trade.price)
            trade.quantity = Quantity(0)
            self._count(paper)
            return [self._say(paper, ExecType.TRADE_CANCEL, trade=gone, ref=old)]
        assert step.quantity is not None
        trade.quantity, trade.exec_id = step.quantity, self._exec_id()
        if step.price is not None:
            trade.price = step.price
        self._count(paper)
        kind = ExecType.TRADE_CORRECT
        return [self._say(paper, kind, trade=trade, ref=old, exec_id=trade.exec_id)]

    def _count(self, paper: PaperOrder) -> None:
        paper.filled = Quantity(sum(trade.quantity for trade in paper.trades))
        ended = paper.status in ENDED and paper.status is not Status.FILLED
        leaves = Quantity(0) if ended else Quantity(max(0, paper.order.quantity - paper.filled))
        paper.status = after_amounts(
            paper.status, quantity=paper.order.quantity, filled=paper.filled, leaves=leaves
        )

    def _say(
        self,
        paper: PaperOrder,
        kind: ExecType,
        *,
        name: OrderId | None = None,
        orig: OrderId | None = None,
        status: str | None = None,
        trade: Trade | None = None,
        ref: ExecId | None = None,
        exec_id: ExecId | None = None,
        reason: int | None = None,
        text: str | None = None,
        terms: bool = False,
    ) -> ExecutionReported:
        report = ExecutionReported(
            route=self._route,
            order_id=name or paper.name,
            orig_order_id=orig,
            broker_order_id=paper.broker_order_id,
            exec_id=exec_id or self._exec_id(),
            exec_ref_id=ref,
            type=kind,
            status=status or paper.status.value,
            last_quantity=None if trade is None else trade.quantity,
            last_price=None if trade is None else trade.price,
            filled=paper.filled,
            leaves=paper.leaves,
            quantity=paper.order.quantity if terms else None,
            price=paper.order.price if terms else None,
            reason=reason,
            text=text,
        )
        self._said[paper.name] = report
        return report

    def _exec_id(self) -> ExecId:
        return ExecId(f"X{next(self._numbers)}")

    def _live(self) -> list[PaperOrder]:
        return [
            paper
            for name, paper in self.orders.items()
            if name == paper.name and paper.status not in ENDED
        ]

    def _plan(self, paper: PaperOrder, at: Micros) -> None:
        """Divide what is left into parts, whole units but for the last."""
        parts = 1 + self._chance(paper.name, self._habits.parts_max)
        left = paper.order.quantity - paper.filled
        part = left // parts // NANO * NANO
        paper.parts = [Quantity(part)] * (parts - 1 if part else 0)
        paper.parts.append(Quantity(left - sum(paper.parts)))
        self._wake(paper, Micros(at + self._delay(paper)))
        if paper.order.expire_at is not None:
            self._wake(paper, paper.order.expire_at)

    def _wake(self, paper: PaperOrder, due: Micros) -> None:
        heappush(self._due, (due, next(self._turns), paper))

    def _delay(self, paper: PaperOrder) -> int:
        least, most = self._habits.fill_after_us_min, self._habits.fill_after_us_max
        return least + self._chance(f"{paper.name}/{len(paper.parts)}", most - least + 1)

    def _chance(self, what: str, choices: int) -> int:
        """Choose one of so many, by the seed and what it is about, and nothing else."""
        digest = sha256(f"{self._habits.seed}/{what}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % choices

    def _price(self, paper: PaperOrder) -> Price | None:
        """Give the price an order trades at now; None where it cannot."""
        order = paper.order
        reference = self.prices.get(order.instrument)
        if order.stop_price is not None and not paper.triggered:
            if reference is None:
                return None
            ahead = reference - order.stop_price
            paper.triggered = ahead >= 0 if order.side.is_buy else ahead <= 0
            if not paper.triggered:
                return None
        if order.price is None:
            return reference
        if reference is None:
            return order.price
        room = order.price - reference
        return reference if (room >= 0 if order.side.is_buy else room <= 0) else None
