"""A plain desk: it asks at random, repeats itself, and asks again for every answer it misses.

Its session is as `adapters.fix.desk` keeps it: answers to a desk that is away wait for it, and what
a dead gate may not have told is told again from the journal. What the desk asked and the gate had
not written down is lost, and the desk asks again, flagged PossResend.
"""

import random
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.events import (
    Body,
    CancelAsked,
    MassCancelAsked,
    MessageRefused,
    OrderAsked,
    ReplaceAsked,
    SignalAsked,
    StatusAsked,
)
from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, OrderId, SessionId, StrategyId
from domain.messages import CancelRefused, Report, ToDesk
from domain.order import Order, OrdType, Side, Signal, TimeInForce

FINAL = re.compile(r"(gate|house)\.")
"""What nobody can override names one of these rules."""

SIZES = (1, 5, 5, 20, 20, 50, 50, 100, 100, 200, 400, 5000)


class Desk:
    """One desk's session."""

    def __init__(
        self,
        session: SessionId,
        accounts: tuple[AccountId, ...],
        strategies: tuple[StrategyId, ...],
        instruments: tuple[InstrumentId, ...],
        chance: random.Random,
    ) -> None:
        self.session = session
        self.accounts = accounts
        self.strategies = strategies
        self.instruments = instruments
        self.chance = chance
        self.up = False
        self.asked: dict[ClOrdId, OrderAsked] = {}
        self.answers: dict[str, list[str]] = {}
        """By ClOrdID, the statuses the gate answered with: what the oracle reads."""
        self.reports: set[str] = set()
        """ExecIDs of all it was told."""
        self.open: dict[ClOrdId, Order] = {}
        self.denied: dict[OrderId, Order] = {}
        """What it was told no about, where people might say yes."""
        self.hopes: deque[Order] = deque(maxlen=2)
        """Denied terms that somebody may have let it send again."""
        self._told = 0
        self._waiting: list[ToDesk] = []
        self._numbers = 0

    def recall(self, journal: Sequence[ToDesk]) -> None:
        """After a start: hear what the journal has for it and was not told, and a little more."""
        self._waiting.clear()
        told = max(0, self._told - self.chance.randint(0, 2))
        self._told = told
        for message in journal[told:]:
            self.hear(message)

    def hear(self, message: ToDesk) -> None:
        """Take a message in, or let it wait."""
        if self.up:
            self._told += 1
            self._take(message)
        else:
            self._waiting.append(message)

    def log_on(self) -> None:
        self.up = True
        self._told += len(self._waiting)
        for message in self._waiting:
            self._take(message)
        self._waiting.clear()

    def _take(self, message: ToDesk) -> None:
        match message:
            case Report():
                self.reports.add(message.exec_id)
                self.answers.setdefault(message.cl_ord_id, []).append(message.status)
                if message.orig_cl_ord_id is not None:
                    self.answers.setdefault(message.orig_cl_ord_id, []).append(message.status)
                    self.open.pop(message.orig_cl_ord_id, None)
                if message.status == "8" and not FINAL.search(message.text or ""):
                    self.denied[message.order_id] = message.order
                if message.status in {"2", "4", "8", "C"}:
                    self.open.pop(message.cl_ord_id, None)
                else:
                    self.open[message.cl_ord_id] = message.order
            case CancelRefused():
                self.answers.setdefault(message.cl_ord_id, []).append("refused")
            case _:
                pass

    def unanswered(self) -> list[Body]:
        """What it asks again, flagged, because it heard nothing."""
        return [
            replace(asked, poss_resend=True)
            for name, asked in self.asked.items()
            if name not in self.answers
        ]

    def asks(self, at: Micros) -> Body:
        """Ask one thing."""
        some = list(self.open)
        kinds = ["order", "signal", "repeat", "status", "garbage", "mass"]
        weights = [30, 2, 2, 1, 1, 0.3]
        if some:
            kinds += ["cancel", "replace"]
            weights += [6, 10]
        if self.hopes:
            kinds.append("again")
            weights.append(20)
        match self.chance.choices(kinds, weights)[0]:
            case "order":
                return self._order()
            case "signal":
                asked = self._order()
                return SignalAsked(signal=Signal(order=asked.order, signalled_at=at))
            case "again":
                return self._again()
            case "repeat" if self.asked:
                return replace(self.chance.choice(list(self.asked.values())), poss_resend=True)
            case "status":
                name = self.chance.choice(some) if some else ClOrdId("nothing")
                return StatusAsked(session=self.session, cl_ord_id=name)
            case "mass":
                return MassCancelAsked(
                    session=self.session,
                    cl_ord_id=self._name(),
                    account=self.chance.choice([None, *self.accounts]),
                    side=self.chance.choice([None, Side.BUY]),
                )
            case "cancel":
                orig = self._orig(some)
                return CancelAsked(
                    session=self.session, cl_ord_id=self._name(), orig_cl_ord_id=orig
                )
            case "replace":
                orig = self._orig(some)
                terms = replace(
                    self.open.get(orig) or self._order().order,
                    cl_ord_id=self._name(),
                    quantity=self._quantity(),
                )
                return ReplaceAsked(orig_cl_ord_id=orig, order=terms)
            case _:
                return MessageRefused(
                    session=self.session,
                    ref_seq=self.chance.randint(1, 99),
                    message_type="D",
                    faults=("54: `x` is no side", "38: missing"),
                )

    def _order(self) -> OrderAsked:
        """A new order, now and then one that cannot be judged."""
        chance = self.chance
        kind = chance.choices([OrdType.LIMIT, OrdType.MARKET, OrdType.STOP], [8, 2, 1])[0]
        price = Price(chance.randint(9_000, 11_000) * NANO // 100)
        order = Order(
            session=self.session,
            cl_ord_id=self._name(),
            account=chance.choice(self.accounts),
            instrument=chance.choice(self.instruments),
            side=chance.choices([Side.BUY, Side.SELL, Side.SELL_SHORT], [5, 2, 3])[0],
            type=kind,
            quantity=self._quantity(),
            price=price if kind.has_price else None,
            stop_price=price if kind.has_stop else None,
            tif=chance.choice([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC]),
            strategy=chance.choice([None, *self.strategies]),
        )
        if order.side.is_short:
            # Little enough that a locate is used up bit by bit.
            order = replace(order, locate_id=order.instrument, quantity=self._quantity(SIZES[:5]))
        if chance.random() < 0.03:
            order = replace(order, account=AccountId("nobody"))
        if chance.random() < 0.02:
            order = replace(order, price=None)
        return self._asked(order)

    def _again(self) -> OrderAsked:
        """Ask for denied terms again, now and then for more or at another price."""
        hoped = self.chance.choice(self.hopes)
        if self.chance.random() < 0.3:
            self.hopes.remove(hoped)
        order = replace(hoped, cl_ord_id=self._name())
        luck = self.chance.random()
        if luck < 0.1:
            order = replace(order, quantity=self._quantity())
        elif luck < 0.2 and order.price is not None:
            order = replace(order, price=Price(order.price + NANO // 100))
        return self._asked(order)

    def _asked(self, order: Order) -> OrderAsked:
        asked = self.asked[order.cl_ord_id] = OrderAsked(order=order)
        return asked

    def _orig(self, some: Iterable[ClOrdId]) -> ClOrdId:
        if self.chance.random() < 0.05 and self.asked:
            return self.chance.choice(list(self.asked))
        return self.chance.choice(list(some))

    def _quantity(self, sizes: Sequence[int] = SIZES) -> Quantity:
        return Quantity(self.chance.choice(sizes) * NANO)

    def _name(self) -> ClOrdId:
        self._numbers += 1
        return ClOrdId(f"{self.session}-{self._numbers}")
