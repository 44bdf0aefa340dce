"""What deciding an event comes to: the answer, the messages, and the changes to make.

The journal records the answer and the messages; the changes follow from them and the event.
`apply` carries changes out without a question: whatever could be refused was refused in
`decide`.
"""

from dataclasses import dataclass, field

from domain.finding import Decision
from domain.fixed import Price, Quantity
from domain.flattening import End
from domain.frozen import quick_to_make
from domain.ids import BrokerOrderId, ExecId, OrderId, RouteId, SessionId
from domain.lifecycle import Status
from domain.messages import IMPLIED, Message
from domain.order import Order
from domain.release import Release
from domain.scope import Scope
from domain.working import Fill, Request, Working


@dataclass(frozen=True, slots=True)
class Open:
    """An order was decided: take it into the Book, held if it was accepted."""

    working: Working


@dataclass(frozen=True, slots=True)
class Ask:
    """A cancel or replace was accepted: hold the larger of both versions until it is answered."""

    working: Working
    request: Request


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """A broker's word moved an order. Absolute values, so that carrying it out cannot add up.

    `done` is the trade that moves the position, and `fill` how it is put down. A correction or
    a bust takes back what the fill was (`undone`) before the new is counted.
    """

    working: Working
    status: Status
    filled: Quantity
    leaves: Quantity
    worth: int
    live_id: OrderId
    order: Order
    broker_order_id: BrokerOrderId | None
    exec_id: ExecId | None = None
    fill: tuple[ExecId, Fill] | None = None
    undone: Fill | None = None
    done: tuple[Quantity, Price] | None = None
    answered: frozenset[OrderId] = frozenset()


@dataclass(frozen=True, slots=True)
class Drop:
    """A request was refused or never left; the order stands as it stood."""

    working: Working
    request: OrderId


@dataclass(frozen=True, slots=True)
class Doubt:
    """Nobody knows whether these reached the broker; or, with `lifted`, they were sent again."""

    orders: tuple[Working, ...]
    requests: tuple[Request, ...]
    lifted: bool = False


@dataclass(frozen=True, slots=True)
class Chase:
    """A kill or a lost session: keep count of these until every one has ended."""

    scope: Scope
    orders: tuple[OrderId, ...]


@dataclass(frozen=True, slots=True)
class Propose:
    """A release was asked for by the first of two persons."""

    scope: Scope
    release: Release


@dataclass(frozen=True, slots=True)
class Resend:
    """An order the broker never saw was sent again: only a new loss puts it in doubt again."""

    working: Working


@dataclass(frozen=True, slots=True)
class Step:
    """The flattening that `record` ordered came a step further, or to its end."""

    record: int
    asked: int
    end: End | None = None


@dataclass(frozen=True, slots=True)
class UseOverride:
    """The override of a denied order let another one pass: it is used up."""

    denied: OrderId
    by: OrderId


Change = Open | Ask | Advance | Drop | Doubt | Resend | Chase | Propose | Step | UseOverride


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """Orders of one session at one route that a kill would have cancelled.

    Of a route that is `away` the cancels would wait for its return.
    """

    session: SessionId
    route: RouteId
    orders: tuple[OrderId, ...]
    away: bool = False


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to one event.

    `order_id` is the order it concerns. `repeat` says a ClOrdID had been decided before, and
    this is that answer again. `surprises` are what an operator should look at: sentences in
    the present tense with underscores, details after a colon. `drilled` is what a drill would have
    cancelled. A `refused` event is recorded and not taken in: whatever it says about the world
    around the orders stays as it was.
    """

    decision: Decision | None = None
    order_id: OrderId | None = None
    repeat: bool = False
    surprises: tuple[str, ...] = ()
    drilled: tuple[Drilled, ...] = ()
    messages: tuple[Message, ...] = ()
    changes: tuple[Change, ...] = field(default=(), metadata=IMPLIED)
    refused: bool = field(default=False, metadata=IMPLIED)


NOTHING = Outcome()
