"""Every kind of rule, by its name in YAML. A new kind is one module and two lines here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from rules.kind import Kind
from rules.kinds.concentration import Concentration
from rules.kinds.condition import Condition
from rules.kinds.duplicate_order import DuplicateOrder
from rules.kinds.instrument_validity import InstrumentValidity
from rules.kinds.max_exposure import MaxExposure
from rules.kinds.max_open_orders import MaxOpenOrders
from rules.kinds.max_order_quantity import MaxOrderQuantity
from rules.kinds.max_order_value import MaxOrderValue
from rules.kinds.max_position import MaxPosition
from rules.kinds.message_rate import MessageRate
from rules.kinds.price_collar import PriceCollar
from rules.kinds.quote_age import QuoteAge
from rules.kinds.repeated_execution import RepeatedExecution
from rules.kinds.restricted_list import RestrictedList
from rules.kinds.self_trade import SelfTrade
from rules.kinds.session_hours import SessionHours
from rules.kinds.short_sale import ShortSale
from rules.kinds.stale_signal import StaleSignal

_ALL: Final[tuple[Kind[Any], ...]] = (
    Concentration(),
    Condition(),
    DuplicateOrder(),
    InstrumentValidity(),
    MaxExposure(),
    MaxOpenOrders(),
    MaxOrderQuantity(),
    MaxOrderValue(),
    MaxPosition(),
    MessageRate(),
    PriceCollar(),
    QuoteAge(),
    RepeatedExecution(),
    RestrictedList(),
    SelfTrade(),
    SessionHours(),
    ShortSale(),
    StaleSignal(),
)

KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType({kind.name: kind for kind in _ALL})
"""A policy's rules are of these kinds."""
