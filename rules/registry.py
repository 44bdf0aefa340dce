"""Every kind of rule, by its name in YAML. A new kind is one module and two lines here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from rules.kind import Kind
from rules.kinds.concentration import Concentration
from rules.kinds.condition import Condition
from rules.kinds.instrument_validity import InstrumentValidity
from rules.kinds.max_exposure import MaxExposure
from rules.kinds.max_open_orders import MaxOpenOrders
from rules.kinds.max_order_quantity import MaxOrderQuantity
from rules.kinds.max_order_value import MaxOrderValue
from rules.kinds.max_position import MaxPosition
from rules.kinds.price_collar import PriceCollar
from rules.kinds.restricted_list import RestrictedList

_ALL: Final[tuple[Kind[Any], ...]] = (
    Concentration(),
    Condition(),
    InstrumentValidity(),
    MaxExposure(),
    MaxOpenOrders(),
    MaxOrderQuantity(),
    MaxOrderValue(),
    MaxPosition(),
    PriceCollar(),
    RestrictedList(),
)

KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType({kind.name: kind for kind in _ALL})
"""A policy's rules are of these kinds."""
