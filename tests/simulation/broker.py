"""A plain broker with a bad character.

It does what brokers do: acknowledges late or never, fills before it acknowledges, fills after it
cancelled, busts and corrects trades, restates and cancels what nobody asked it to. It keeps a log
of what it received and did, in plain JSON values, for the oracle to read.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from domain.events import CancelRejected, ExecutionReported, MessageRejected, ReportUnreadable
from domain.fixed import NANO, Price, Quantity
from domain.ids import BrokerOrderId, ExecId, OrderId, RouteId
from domain.lifecycle import ExecType
from domain.messages import (
    SendCancel,
    SendDontKnow,
    SendOrder,
    SendReplace,
    SendStatusRequest,
    ToBroker,
)
from domain.order import Order

Said = ExecutionReported | CancelRejected | MessageRejected | ReportUnreadable
Entry = dict[str, object]


@dataclass(slots=True)
class Trade:
    """One trade as it stands: a correction changes it, a bust makes it nothing."""

    quantity: int
    price: int
    named: str


@dataclass(slots=True)
class Held:
    """One order as the broker has it. `status` is its tag 39; `names` all its ClOrdIDs."""

    order: Order
    name: OrderId
    number: BrokerOrderId
    names: set[OrderId]
    status: str = "A"
    trades: list[Trade] = field(default_factory=list)
    asked: list[SendCancel | SendReplace] = field(default_factory=list)

    @property
    def filled(self) -> int:
        return sum(trade.quantity for trade in self.trades)

    @property
    def ended(self) -> bool:
        return self.status in {"2", "4", "8", "C"}

    @property
    def leaves(self) -> int:
        return 0 if self.ended else max(0, self.order.quantity - self.filled)


class Broker:
    """One broker. `say` takes what it says into the wire's store."""

    def __init__(self, route: RouteId, chance: random.Random) -> None:
        self.route = route
        self.chance = chance
        self.held: list[Held] = []
        self.named: dict[OrderId, Held] = {}
        self.answered: set[OrderId] = set()
        self.questions: deque[SendStatusRequest] = deque()
        self.said: list[Said] = []
        self.log: list[Entry] = []
        self._numbers = 0

    # What it receives.

    def receive(self, message: ToBroker, *, durable: int) -> None:
        """Take in one message; `durable` is how many records were safe when it left the gate."""
        self._note(message, durable)
        match message:
            case SendOrder():
                self._order(message)
            case SendCancel() | SendReplace():
                self._request(message)
            case SendStatusRequest():
                self.questions.append(message)
            case SendDontKnow():
                pass

    def _note(self, message: ToBroker, durable: int) -> None:
        entry: Entry = {"got": type(message).__name__, "durable": durable}
        if isinstance(message, SendOrder | SendCancel | SendReplace):
            order = message.order
            entry |= {
                "id": message.order_id,
                "again": message.again,
                "account": order.account,
                "instrument": order.instrument,
                "side": order.side.value,
                "quantity": order.quantity,
                "price": order.price,
            }
        self.log.append(entry)

    def _order(self, message: SendOrder) -> None:
        known = self.named.get(message.order_id)
        if known is None:
            held = Held(
                order=message.order,
                name=message.order_id,
                number=BrokerOrderId(self._next("B")),
                names={message.order_id},
            )
            self.held.append(held)
            self.named[message.order_id] = held
            self.log.append({"worked": message.order_id})
        elif self.chance.random() < 0.5:
            # The second copy is refused as a duplicate, and some brokers say nothing at all.
            self._report(known, ExecType.REJECTED, status="8", leaves=0, reason=6, named=known.name)

    def _request(self, message: SendCancel | SendReplace) -> None:
        if message.order_id in self.answered or self._under_way(message.order_id):
            if self.chance.random() < 0.5:
                self._refuse(message, 6, "duplicate")
            return
        held = self.named.get(message.target)
        if held is None:
            self.answered.add(message.order_id)
            self._refuse(message, 1, "unknown order")
        else:
            held.asked.append(message)

    def _under_way(self, name: OrderId) -> bool:
        return any(asked.order_id == name for held in self.held for asked in held.asked)

    # What it does of itself. Each act is one thing a broker may do next.

    def act(self) -> None:
        """Do one thing, if there is anything to do."""
        acts: list[tuple[int, Callable[[], None]]] = [(8, self._answer_question)]
        if self.held:
            acts += [
                (8, self._acknowledge),
                (6, self._fill),
                (5, self._answer_request),
                (1, self._correct),
                (1, self._bust),
                (1, self._late_fill),
                (1, self._end_unasked),
                (1, self._restate),
                (1, self._pause),
                (1, self._say_again),
                (1, self._babble),
            ]
        weights, deeds = zip(*acts, strict=True)
        self.chance.choices(deeds, weights)[0]()

    def settle(self) -> None:
        """Answer everything and end everything: the day is over."""
        while self.questions:
            self._answer_question()
        for held in self.held:
            while held.asked:
                self._answer(held, held.asked.pop(0))
            if not held.ended:
                kind = self.chance.choice([ExecType.CANCELED, ExecType.EXPIRED])
                self._end(held, kind)

    def _acknowledge(self) -> None:
        held = self._one(lambda each: each.status == "A")
        if held is None:
            return
        luck = self.chance.random()
        if luck < 0.08:
            held.status = "8"
            self._report(held, ExecType.REJECTED, leaves=0, reason=3, text="no")
            self.log.append({"ended": held.name, "status": "8"})
        elif luck < 0.12 and not held.trades:
            held.status = "8"
            self.said.append(
                MessageRejected(
                    route=self.route, order_id=held.name, message_type="D", text="cannot read it"
                )
            )
            self.log.append({"ended": held.name, "status": "8"})
        elif luck < 0.25:
            # Some say that nothing is left while the order is only pending.
            self._report(held, ExecType.PENDING_NEW, leaves=self.chance.choice([0, held.leaves]))
        else:
            held.status = "1" if held.trades else "0"
            self._report(held, ExecType.NEW)

    def _fill(self) -> None:
        held = self._one(lambda each: not each.ended and each.leaves > 0)
        if held is not None:
            whole = self.chance.random() < 0.4
            self._trade(held, held.leaves if whole else self._part(held.leaves))

    def _late_fill(self) -> None:
        held = self._one(
            lambda each: each.status in {"4", "C"} and each.filled < each.order.quantity
        )
        if held is not None:
            self._trade(held, self._part(held.order.quantity - held.filled))

    def _trade(self, held: Held, quantity: int) -> None:
        price = held.order.price or Price(self.chance.randint(50, 150) * NANO)
        trade = Trade(quantity, price, self._next("X"))
        held.trades.append(trade)
        if not held.ended:
            held.status = "1" if held.leaves else "2"
        elif held.filled >= held.order.quantity:
            held.status = "2"
        self._report(
            held, ExecType.TRADE, exec_id=trade.named, last=(quantity, price), named=held.name
        )
        self._traded(held, quantity, price)

    def _correct(self) -> None:
        held = self._one(lambda each: any(trade.quantity for trade in each.trades))
        if held is None:
            return
        trade = self.chance.choice([trade for trade in held.trades if trade.quantity])
        before, cost = trade.quantity, trade.price
        trade.quantity = self._part(before)
        trade.price += self.chance.choice([-1, 0, 1]) * NANO // 100
        self._amend(held, trade, ExecType.TRADE_CORRECT, (trade.quantity, trade.price))
        self._traded(held, -before, cost)
        self._traded(held, trade.quantity, trade.price)

    def _bust(self) -> None:
        held = self._one(lambda each: any(trade.quantity for trade in each.trades))
        if held is None:
            return
        trade = self.chance.choice([trade for trade in held.trades if trade.quantity])
        gone, trade.quantity = trade.quantity, 0
        self._amend(held, trade, ExecType.TRADE_CANCEL, None)
        self._traded(held, -gone, trade.price)

    def _amend(
        self, held: Held, trade: Trade, kind: ExecType, last: tuple[int, int] | None
    ) -> None:
        if held.status == "2" and held.filled < held.order.quantity:
            # What a correction frees may be worked again, or not.
            held.status = self.chance.choice(["1", "4"])
        if held.status == "1" and not held.filled:
            held.status = "0"
        named = self._next("X")
        self._report(held, kind, exec_id=named, ref=trade.named, last=last)
        if self.chance.random() < 0.5:
            trade.named = named

    def _end_unasked(self) -> None:
        held = self._one(lambda each: not each.ended)
        if held is not None:
            self._end(held, self.chance.choice([ExecType.CANCELED, ExecType.EXPIRED]))

    def _end(self, held: Held, kind: ExecType, named: OrderId | None = None) -> None:
        held.status = kind.value
        self._report(held, kind, named=named)
        self.log.append({"ended": held.name, "status": kind.value})

    def _restate(self) -> None:
        held = self._one(lambda each: each.status in {"0", "1"})
        if held is None:
            return
        held.order = replace(held.order, quantity=Quantity(held.filled + self._part(held.leaves)))
        if not held.leaves:
            held.status = "2"
        self._report(held, ExecType.RESTATED, terms=True)

    def _pause(self) -> None:
        """Stop working an order for now, with nothing left to see, or go on with one."""
        held = self._one(lambda each: each.status in {"0", "1", "3", "9"})
        if held is None:
            return
        if held.status in {"3", "9"}:
            held.status = "1" if held.filled else "0"
            self._report(held, ExecType.NEW)
        else:
            kind = self.chance.choice([ExecType.DONE_FOR_DAY, ExecType.SUSPENDED])
            held.status = kind.value
            self._report(held, kind, leaves=self.chance.choice([0, held.leaves]))

    def _answer_request(self) -> None:
        held = self._one(lambda each: bool(each.asked))
        if held is None:
            return
        if self.chance.random() < 0.3:
            asked = held.asked[0]
            pending = isinstance(asked, SendCancel)
            kind = ExecType.PENDING_CANCEL if pending else ExecType.PENDING_REPLACE
            self._report(held, kind, named=asked.order_id)
        else:
            self._answer(held, held.asked.pop(0))

    def _answer(self, held: Held, asked: SendCancel | SendReplace) -> None:
        self.answered.add(asked.order_id)
        if held.ended or held.status == "A":
            self._refuse(asked, 0, "too late")
        elif self.chance.random() < 0.15:
            self._refuse(asked, 99, "not now")
        elif isinstance(asked, SendCancel):
            held.names.add(asked.order_id)
            self._end(held, ExecType.CANCELED, asked.order_id)
        elif asked.order.quantity <= held.filled:
            self._refuse(asked, 0, "filled already")
        else:
            held.order, held.name = asked.order, asked.order_id
            held.names.add(asked.order_id)
            self.named[asked.order_id] = held
            self._report(held, ExecType.REPLACED, terms=True)

    def _answer_question(self) -> None:
        if not self.questions:
            return
        asked = self.questions.popleft()
        held = self.named.get(asked.order_id)
        if held is not None:
            self._report(held, ExecType.STATUS)
        elif self.chance.random() < 0.5:
            self.said.append(
                MessageRejected(
                    route=self.route,
                    order_id=asked.order_id,
                    message_type="H",
                    reason=1,
                    text="unknown",
                )
            )
        else:
            self.said.append(
                ExecutionReported(
                    route=self.route,
                    order_id=asked.order_id,
                    exec_id=ExecId(self._next("X")),
                    type=ExecType.STATUS,
                    status="8",
                    filled=Quantity(0),
                    leaves=Quantity(0),
                    reason=5,
                )
            )

    def _say_again(self) -> None:
        """Say something a second time, flagged."""
        said = self.chance.choice(self.said) if self.said else None
        if isinstance(said, ExecutionReported) and said.type is not ExecType.STATUS:
            self.said.append(replace(said, poss_dup=True))

    def _babble(self) -> None:
        """Say something nobody can read, or about an order nobody sent."""
        if self.chance.random() < 0.5:
            self.said.append(
                ReportUnreadable(
                    route=self.route, message_type="8", text="8=FIX", faults=("32: `x`",)
                )
            )
            return
        self.said.append(
            ExecutionReported(
                route=self.route,
                order_id=OrderId("nobody's"),
                exec_id=ExecId(self._next("X")),
                type=ExecType.TRADE,
                status="2",
                last_quantity=Quantity(NANO),
                last_price=Price(NANO),
                filled=Quantity(NANO),
                leaves=Quantity(0),
            )
        )

    # How it says things.

    def _report(
        self,
        held: Held,
        kind: ExecType,
        *,
        status: str | None = None,
        leaves: int | None = None,
        named: OrderId | None = None,
        exec_id: str | None = None,
        ref: str | None = None,
        last: tuple[int, int] | None = None,
        terms: bool = False,
        reason: int | None = None,
        text: str | None = None,
    ) -> None:
        self.said.append(
            ExecutionReported(
                route=self.route,
                order_id=named or held.name,
                orig_order_id=None if named in {None, held.name} else held.name,
                broker_order_id=held.number,
                exec_id=ExecId(exec_id or self._next("X")),
                exec_ref_id=None if ref is None else ExecId(ref),
                type=kind,
                status=status or held.status,
                last_quantity=None if last is None else Quantity(last[0]),
                last_price=None if last is None else Price(last[1]),
                filled=Quantity(held.filled),
                leaves=Quantity(held.leaves if leaves is None else leaves),
                quantity=held.order.quantity if terms else None,
                price=held.order.price if terms else None,
                reason=reason,
                text=text,
            )
        )

    def _refuse(self, asked: SendCancel | SendReplace, reason: int, text: str) -> None:
        self.said.append(
            CancelRejected(
                route=self.route,
                order_id=asked.order_id,
                orig_order_id=asked.target,
                status="8",
                reason=reason,
                text=text,
            )
        )

    def _traded(self, held: Held, quantity: int, price: int) -> None:
        order = held.order
        signed = quantity if order.side.is_buy else -quantity
        self.log.append(
            {
                "traded": held.name,
                "account": order.account,
                "instrument": order.instrument,
                "quantity": signed,
                "price": price,
            }
        )

    def _one(self, fits: Callable[[Held], bool]) -> Held | None:
        found = [held for held in self.held if fits(held)]
        return self.chance.choice(found) if found else None

    def _part(self, quantity: int) -> int:
        return self.chance.randint(1, max(1, quantity // NANO)) * NANO

    def _next(self, letter: str) -> str:
        self._numbers += 1
        return f"{self.route}-{letter}{self._numbers}"
