"""Every kind of rule, by its name in YAML. A new kind is one module and two lines here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from rules.kind import Kind
from rules.kinds.max_order_quantity import MaxOrderQuantity
from rules.kinds.max_order_value import MaxOrderValue
from rules.kinds.price_collar import PriceCollar

_ALL: Final[tuple[Kind[Any], ...]] = (
    MaxOrderQuantity(),
    MaxOrderValue(),
    PriceCollar(),
)

KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType({kind.name: kind for kind in _ALL})
"""A policy's rules are of these kinds."""
