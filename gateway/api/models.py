"""What callers of the REST door send and get. Decimals are strings: JSON's numbers are floats."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain.fixed import Price, Quantity, parse_fixed
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, RouteId, SessionId, StrategyId
from domain.order import Capacity, Order, OrdType, Origin, Party, Side, Signal, TimeInForce
from domain.scope import parse_scope


def _decimal(text: str) -> str:
    parse_fixed(text)
    return text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must hold printable characters only")
    return text


def _scope(text: str) -> str:
    return parse_scope(text)


Decimal = Annotated[
    str, AfterValidator(_decimal), Field(description="a plain decimal, such as `15.54`")
]
Name = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_printable)]
Words = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_printable)]


class Model(BaseModel):
    """Unknown keys are faults."""

    model_config = ConfigDict(extra="forbid")


class PartyModel(Model):
    """One party (FIX 448, 447, 452, 2376)."""

    id: Name
    source: Name = "D"
    role: int
    qualifier: int | None = None


class OrderModel(Model):
    """A new order, or the whole new terms of one."""

    cl_ord_id: Name = Field(description="your id for it, never used before")
    account: Name
    instrument: Name = Field(description="as the reference facts name it, such as `AMD.XNYS`")
    side: Literal["buy", "sell", "sell_short", "sell_short_exempt"]
    type: Literal["market", "limit", "stop", "stop_limit"]
    quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: Literal["day", "gtc", "ioc", "fok", "gtd"] = "day"
    expire_at: int | None = Field(None, description="microseconds since 1970, UTC; of `gtd`")
    strategy: Name | None = None
    capacity: Literal["agency", "principal", "riskless_principal"] | None = None
    origin: Literal["human", "algo"] | None = None
    locate_id: Name | None = None
    route: Name | None = None
    parties: list[PartyModel] = []

    def order(self, session: SessionId) -> Order:
        """Make the order as it comes through a session's door."""
        return Order(
            session=session,
            cl_ord_id=ClOrdId(self.cl_ord_id),
            account=AccountId(self.account),
            instrument=InstrumentId(self.instrument),
            side=Side[self.side.upper()],
            type=OrdType[self.type.upper()],
            quantity=Quantity(parse_fixed(self.quantity)),
            price=None if self.price is None else Price(parse_fixed(self.price)),
            stop_price=None if self.stop_price is None else Price(parse_fixed(self.stop_price)),
            tif=TimeInForce[self.time_in_force.upper()],
            expire_at=None if self.expire_at is None else Micros(self.expire_at),
            strategy=None if self.strategy is None else StrategyId(self.strategy),
            capacity=None if self.capacity is None else Capacity[self.capacity.upper()],
            origin=None if self.origin is None else Origin[self.origin.upper()],
            locate_id=self.locate_id,
            route=None if self.route is None else RouteId(self.route),
            parties=tuple(
                Party(party.id, party.source, party.role, party.qualifier) for party in self.parties
            ),
        )


class SignalModel(Model):
    """A strategy's wish, judged like the order it carries."""

    order: OrderModel
    signalled_at: int = Field(description="microseconds since 1970, UTC")
    confidence: Decimal | None = Field(None, description="a fraction from 0 to 1")
    horizon_us: int | None = None

    def signal(self, session: SessionId) -> Signal:
        """Make the signal."""
        return Signal(
            order=self.order.order(session),
            signalled_at=Micros(self.signalled_at),
            confidence=None if self.confidence is None else parse_fixed(self.confidence),
            horizon_us=self.horizon_us,
        )


class CancelModel(Model):
    """A cancel: your id for the request."""

    cl_ord_id: Name


class HaltModel(Model):
    """A kill: `reducing` lets positions be closed, `halted` stops everything but cancels."""

    scope: Annotated[str, AfterValidator(_scope)] = Field(description="such as `desk:equities`")
    state: Literal["reducing", "halted"] = "halted"
    cancel: bool = Field(default=True, description="cancel what is working in the scope")
    drill: bool = Field(default=False, description="change nothing: tell what would be cancelled")
    reason: Words


class ScopeCancelModel(Model):
    """A cancel of what works in a scope, which goes on trading."""

    scope: Annotated[str, AfterValidator(_scope)] = Field(description="such as `order:G17`")
    keep_gtc: bool = Field(default=False, description="leave what is good till cancelled")
    drill: bool = False
    reason: Words


class FlattenModel(Model):
    """Have the gate close what is held in a scope."""

    scope: Annotated[str, AfterValidator(_scope)] = Field(description="such as `account:A1`")
    slippage: Decimal = Field(
        default="0.05", description="how far from the reference price it may close, a fraction"
    )
    market: bool = Field(default=False, description="close by market orders")
    piece: Decimal | None = Field(None, description="the most that one order closes")
    attempts: int = Field(default=150, ge=1, description="steps before people must look")
    reason: Words


class OverrideModel(Model):
    """A step towards letting one denied order pass; the key's name is the person's."""

    order_id: Name = Field(description="the denied order, such as `G17`")
    step: Literal["verify", "authorise", "revoke"]
    until: int | None = Field(None, description="microseconds since 1970, UTC; of `verify`")
    reason: Words


class LimitModel(Model):
    """A limit of the facts changed during the day; without `hard`, an earlier change taken back."""

    name: Name
    scope: Annotated[str, AfterValidator(_scope)]
    hard: Decimal | None = None
    soft: Decimal | None = None
    until: int | None = Field(None, description="microseconds since 1970, UTC")
    reason: Words


class AcknowledgementModel(Model):
    """A client, or somebody for them, has seen a warning and insists."""

    account: Name
    instrument: Name
    rule: Name
    reason: Name = Field(description="the reason the rule gave")
    text: Words
    until: int | None = Field(None, description="microseconds since 1970, UTC")


class ResumeModel(Model):
    """A release."""

    scope: Annotated[str, AfterValidator(_scope)]
    reason: Words
