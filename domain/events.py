"""Everything that can happen to the gate, as values.

The core knows only what these say. Doors (FIX, REST, timers, market data) make bodies; the
sequencer stamps each with its place in the journal and its time, and from then on it is
history: it is decided, applied, recorded and, on replay, decided again with the same result.

The quote an order is judged by travels inside the order's own event, so the journal holds
every price the gate ever acted on and none it did not.
"""

from dataclasses import dataclass

from domain.consent import OverrideStep
from domain.fixed import Amount, Price, Quantity, Ratio
from domain.frozen import quick_to_make
from domain.ids import (
    AccountId,
    BrokerOrderId,
    ClOrdId,
    Digest,
    ExecId,
    InstrumentId,
    Micros,
    OrderId,
    RouteId,
    RuleId,
    SessionId,
    exec_id,
    order_id,
)
from domain.lifecycle import ExecType
from domain.market import Figures, FxRate, Quote, TradingStatus
from domain.order import Order, Side, Signal
from domain.scope import Scope, TradingState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAsked:
    """A desk asks for a new order (FIX D), first sent at `sent_at` by the desk's own clock."""

    order: Order
    quote: Quote | None = None
    sent_at: Micros | None = None  # 122 of a message sent again (43), else 52
    poss_resend: bool = False  # 97


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalAsked:
    """A strategy asks for an order by signal."""

    signal: Signal
    quote: Quote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceAsked:
    """A desk asks to change a working order (FIX G). `order` holds the whole new terms."""

    orig_cl_ord_id: ClOrdId  # 41
    order: Order
    quote: Quote | None = None
    sent_at: Micros | None = None  # 122 or 52


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    """A desk asks to end a working order (FIX F)."""

    session: SessionId
    cl_ord_id: ClOrdId  # 11
    orig_cl_ord_id: ClOrdId  # 41


@dataclass(frozen=True, slots=True, kw_only=True)
class MassCancelAsked:
    """A desk asks to end many orders of its own session (FIX q). None means any."""

    session: SessionId
    cl_ord_id: ClOrdId
    account: AccountId | None = None
    instrument: InstrumentId | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAsked:
    """A desk asks how an order stands (FIX H); `symbol` and `side` are echoed if it is unknown."""

    session: SessionId
    cl_ord_id: ClOrdId
    request_id: str | None = None  # 790
    symbol: str | None = None  # 55
    side: str | None = None  # 54


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRefused:
    """A desk's message could not be read. Every fault it has is listed, with its tag.

    What it is about stands here as far as it could be read, to be said in the answer.
    """

    session: SessionId
    ref_seq: int  # 45
    message_type: str  # 372
    cl_ord_id: ClOrdId | None = None
    orig_cl_ord_id: ClOrdId | None = None
    symbol: str | None = None  # 55
    side: str | None = None  # 54
    faults: tuple[str, ...]


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionReported:
    """A broker reports on an order (FIX 8).

    `order_id` is tag 11 of the report: the id we gave the order or the latest request on it;
    `orig_order_id` is tag 41. `status` is the broker's tag 39 as one character. `symbol` and
    `side` are the broker's words, for telling it that we know no such order.
    """

    route: RouteId
    order_id: OrderId
    orig_order_id: OrderId | None = None
    broker_order_id: BrokerOrderId | None = None  # 37
    exec_id: ExecId  # 17
    exec_ref_id: ExecId | None = None  # 19
    type: ExecType  # 150
    status: str  # 39
    last_quantity: Quantity | None = None  # 32
    last_price: Price | None = None  # 31
    filled: Quantity  # 14
    leaves: Quantity  # 151
    quantity: Quantity | None = None  # 38, as restated or replaced
    price: Price | None = None  # 44, as restated or replaced
    reason: int | None = None  # 103
    text: str | None = None  # 58
    symbol: str | None = None  # 55
    side: str | None = None  # 54
    poss_dup: bool = False  # 43


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRejected:
    """A broker refuses a cancel or a replace (FIX 9)."""

    route: RouteId
    order_id: OrderId  # 11: the request
    orig_order_id: OrderId  # 41: the order
    status: str  # 39
    reason: int | None = None  # 102
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRejected:
    """A broker could not read a message of ours (FIX 3 or j); `order_id` is what it was about."""

    route: RouteId
    order_id: OrderId
    message_type: str  # 372
    reason: int | None = None  # 380; None of a session-level reject
    text: str | None = None
    poss_dup: bool = False  # 43


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnreadable:
    """A broker's report could not be read. Its text is kept: it may have been a fill."""

    route: RouteId
    message_type: str
    text: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The adapter could not hand a recorded message to a broker: it certainly did not leave.

    `again` says that of a message which carried PossResend: an earlier copy may have left.
    """

    route: RouteId
    order_id: OrderId
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSeen:
    """Marks for valuing positions and whatever else markets say, conflated to a bounded rate."""

    quotes: tuple[Quote, ...] = ()
    rates: tuple[FxRate, ...] = ()
    statuses: tuple[TradingStatus, ...] = ()
    figures: tuple[Figures, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged:
    """A desk's session logged on or was lost."""

    session: SessionId
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GraceElapsed:
    """A lost session's grace is over. `since` is the record that saw the loss."""

    session: SessionId
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChanged:
    """A broker's session logged on or was lost."""

    route: RouteId
    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StateOrdered:
    """Somebody sets the trading state of a scope: the kill switch and its release.

    With `cancel`, every working order in the scope is cancelled at the broker as well. A `drill`
    changes nothing and sends nothing: its outcome says what would have been cancelled.
    """

    scope: Scope
    state: TradingState
    cancel: bool
    drill: bool = False
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrdered:
    """Somebody cancels what works in a scope, and leaves the scope's trading state as it is."""

    scope: Scope
    keep_gtc: bool = False
    drill: bool = False
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KillOverdue:
    """The time in which every cancel of a kill should have been confirmed is over.

    `record` is the one that ordered it.
    """

    record: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenOrdered:
    """Somebody has the gate itself close what is held in a scope, which may then only reduce.

    Each closing order is a limit order no further than `slippage`, a fraction, from the reference
    price, or a market order; it closes no more than a `piece` at once. After so many `attempts`
    the gate leaves it to people.
    """

    scope: Scope
    slippage: Ratio = Ratio(50_000_000)
    market: bool = False
    piece: Quantity | None = None
    attempts: int = 150
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlattenDue:
    """It is time for the next step of the flattening that `record` ordered."""

    record: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionAdjusted:
    """A position changed outside this gate (start of day, transfer): a signed quantity."""

    account: AccountId
    instrument: InstrumentId
    quantity: Quantity
    price: Price
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChanged:
    """Somebody changes a limit of the facts during the day, until an instant or newer facts.

    `hard` None takes an earlier change back.
    """

    name: str
    scope: Scope
    hard: Amount | None
    soft: Amount | None = None
    until: Micros | None = None
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideGiven:
    """Somebody takes a step towards letting one denied order pass (RTS 6 article 15(6)).

    ``verify`` is risk's word that the order is what it should be, ``authorise`` the designated
    person's leave, ``revoke`` takes either back. `order_id` is the denied order.
    """

    order_id: OrderId
    step: OverrideStep
    until: Micros | None = None
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningAcknowledged:
    """A client, or somebody for them, has seen a warning and insists.

    It is good for orders of the account in the instrument that the rule with that id finds fault
    with for the same `reason`, until `until`.
    """

    account: AccountId
    instrument: InstrumentId
    rule: RuleId
    reason: str
    text: str
    until: Micros | None = None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated:
    """From this record on, orders are judged by the policy with this digest."""

    digest: Digest
    name: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceLoaded:
    """From this record on, the reference facts with this digest are in force.

    `version` and `as_of` are the facts' own. `older` is somebody's word that they may be older
    than those in force.
    """

    digest: Digest
    version: str = ""
    as_of: Micros | None = None
    older: bool = False
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRefused:
    """A file of reference facts was read and cannot be used: those in force stay in force.

    `faults` are what is wrong with it, each with its place; of very many, the first and how many
    more there are.
    """

    file: str
    faults: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A process took the pen. Whatever was sent and never answered is now in doubt.

    `mark` of a journal's first record becomes part of every name the journal gives: letters by
    chance, so that a broker which remembers another journal's orders never takes one for ours.
    """

    version: str
    host: str
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The process laid down the pen in good order."""

    reason: str


Body = (
    OrderAsked
    | SignalAsked
    | ReplaceAsked
    | CancelAsked
    | MassCancelAsked
    | StatusAsked
    | MessageRefused
    | ExecutionReported
    | CancelRejected
    | MessageRejected
    | ReportUnreadable
    | NotSent
    | MarketSeen
    | SessionChanged
    | GraceElapsed
    | RouteChanged
    | StateOrdered
    | CancelOrdered
    | KillOverdue
    | FlattenOrdered
    | FlattenDue
    | PositionAdjusted
    | LimitChanged
    | OverrideGiven
    | WarningAcknowledged
    | PolicyActivated
    | ReferenceLoaded
    | FactsRefused
    | Started
    | Stopped
)
"""One thing that happened."""


@dataclass(frozen=True, slots=True)
class Event:
    """A body with its place in the journal and its time."""

    seq: int
    at: Micros
    body: Body
    mark: str = ""
    """The journal's, which its first record says: no two journals name an order alike."""

    def order_id(self, part: int = 0) -> OrderId:
        """Name the order, or the request numbered `part`, that this event makes."""
        return order_id(self.seq, part, self.mark)

    def exec_id(self, part: int = 0) -> ExecId:
        """Name the report to a desk that this event causes."""
        return exec_id(self.seq, part, self.mark)
