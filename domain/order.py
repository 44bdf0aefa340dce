"""An order as it was asked: the terms, never changing. What becomes of it is `book.Working`.

The vocabulary and the single characters are FIX's (tags beside the members), because that is
what desks and brokers say; 4.2, 4.4 and 5.0SP2 agree on all of these values.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.fixed import Price, Quantity
from domain.frozen import quick_to_make
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, RouteId, SessionId, StrategyId


class Side(StrEnum):
    """FIX 54."""

    BUY = "1"
    SELL = "2"
    SELL_SHORT = "5"
    SELL_SHORT_EXEMPT = "6"

    @property
    def is_buy(self) -> bool:
        """Whether a fill adds to the position."""
        return self is Side.BUY

    @property
    def is_short(self) -> bool:
        """Whether the seller says it does not own what it sells."""
        return self is Side.SELL_SHORT or self is Side.SELL_SHORT_EXEMPT


class OrdType(StrEnum):
    """FIX 40."""

    MARKET = "1"
    LIMIT = "2"
    STOP = "3"
    STOP_LIMIT = "4"

    @property
    def has_price(self) -> bool:
        """Whether tag 44 must be there."""
        return self is OrdType.LIMIT or self is OrdType.STOP_LIMIT

    @property
    def has_stop(self) -> bool:
        """Whether tag 99 must be there."""
        return self is OrdType.STOP or self is OrdType.STOP_LIMIT


class TimeInForce(StrEnum):
    """FIX 59."""

    DAY = "0"
    GTC = "1"
    IOC = "3"
    FOK = "4"
    GTD = "6"


class Capacity(StrEnum):
    """FIX 528 (47 Rule80A in 4.2): in what capacity the firm acts."""

    AGENCY = "A"
    PRINCIPAL = "P"
    RISKLESS_PRINCIPAL = "R"


class Origin(StrEnum):
    """Who decided and who sent it: FIX 1724 OrderOrigination and MiFID II's algo flag (2593)."""

    HUMAN = "human"
    ALGO = "algo"


@dataclass(frozen=True, slots=True)
class Party:
    """One party to the order: FIX 448, 447, 452 and, for MiFID II, 2376."""

    id: str
    source: str
    role: int
    qualifier: int | None = None


@quick_to_make
@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The terms of one order as a desk asked for them.

    `extra` are tags the gate does not understand and passes on, in the order they came, where
    the route's settings allow it. `route` is None until the gate has chosen a broker.
    """

    session: SessionId
    cl_ord_id: ClOrdId  # 11
    account: AccountId  # 1
    instrument: InstrumentId  # 55 and 207/100/48
    side: Side  # 54
    type: OrdType  # 40
    quantity: Quantity  # 38
    price: Price | None = None  # 44
    stop_price: Price | None = None  # 99
    tif: TimeInForce = TimeInForce.DAY  # 59
    expire_at: Micros | None = None  # 126
    strategy: StrategyId | None = None  # 847 or a tag of the session's settings
    capacity: Capacity | None = None  # 528
    origin: Origin | None = None
    parties: tuple[Party, ...] = ()  # 453
    locate_id: str | None = None  # 5700 by convention, 114 says whether one is required
    transact_at: Micros | None = None  # 60
    route: RouteId | None = None  # 100/207 where the desk may choose
    extra: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A strategy's wish to trade. Judged exactly like the order it carries.

    `signalled_at` is when the strategy made up its mind; a policy may refuse an old one.
    `confidence` is a fraction in nanos, `horizon_us` how long the idea is meant to hold.
    """

    order: Order
    signalled_at: Micros
    confidence: int | None = None
    horizon_us: int | None = None
