"""What the two parties of a session agreed about tags, beside their version of FIX.

Every tag of an order is one of four things. It is *understood*: it becomes a term of the order and
is judged. It is *passed on*: it says nothing the gate judges, and reaches the broker as it came,
where the broker's dialect passes it too. It is *dropped*, by agreement. Or it is none of these,
and then the order is refused.

INVARIANT (nothing lost in silence): a tag may change what an order means. ``200=202603`` picks the
expiry, ``423=1`` makes the price a percentage, ``388`` lets the broker go beyond the limit. An
order is never judged without it and sent as if it had not been there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from adapters.fix.sessions import Version
from domain.ids import RouteId

HEADER = frozenset(
    {8, 9, 10, 34, 35, 43, 49, 50, 52, 56, 57, 89, 90, 91, 93, 97, 115, 116, 122, 128, 129}
    | {142, 143, 144, 145, 212, 213, 347, 369, 370, 627, 628, 629, 630, 1128, 1129, 1137, 1156}
)
"""The session layer's own tags, and the routing tags beside them."""

UNDERSTOOD = frozenset(
    {1, 11, 15, 21, 22, 37, 38, 40, 41, 44, 47, 48, 54, 55, 59, 60, 76, 99, 100, 109, 126, 207}
    | {447, 448, 452, 453, 528, 1028, 2376, 2593, 2594, 2595}
)
"""What becomes a term of an order or names one; a dialect adds the tags of strategy and locate."""

PASSED = frozenset(
    # 18 ExecInst, 58 Text, 63 and 64 settlement, 77 open or close, 110 MinQty, 111 MaxFloor
    {18, 58, 63, 64, 77, 81, 110, 111, 114, 120, 203, 204, 210, 336, 377, 386, 439, 440}
    # 526 and 583 second ids, 529 restrictions, 581 and 582 whose account, 847 broker's algorithms
    | {526, 529, 581, 582, 583, 625, 635, 660, 847, 848, 849, 957, 958, 959, 960}
    # 1031 CustOrderHandlingInst, 1090 and 1138 display, 1724 OrderOrigination
    | {1031, 1090, 1138, 1724}
)
"""Tags of the standard that are passed on as they came. The gate judges by one of them: 377, an
order the firm solicited, in `rules.suitability`."""

DROPPED = frozenset({37, 107, 167, 460, 461})
"""Tags that say once more what others say: the order's id with us (37), and the instrument."""

_LAST_TAG = {Version.FIX42: 446, Version.FIX44: 956, Version.FIX50SP2: 4999}
_LATER_IN_44 = frozenset({1031, 1724, 2376, 2593, 2594, 2595})
"""MiFID II's tags, which our 4.4 dictionary knows."""

_FIRST_CUSTOM_TAG = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one session speaks.

    `renames` gives the standard's number (or ours) to a tag the other side uses for it.
    `exchanges` turns its codes (207, 100) into MICs, and `routes` says which of its destinations
    (100) name a broker of ours. `strategy_tag` None keeps strategies to ourselves.
    `sender_role` makes a party of SenderSubID (50), with that role (452; 36: entering trader).
    """

    version: Version
    renames: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    passes: frozenset[int] = frozenset()
    drops: frozenset[int] = frozenset()
    strategy_tag: int | None = 847
    locate_tag: int = 5700
    exchanges: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    routes: Mapping[str, RouteId] = field(default_factory=lambda: MappingProxyType({}))
    sender_role: int | None = None

    @property
    def own(self) -> frozenset[int]:
        """The tags understood by this dialect."""
        return UNDERSTOOD | {self.strategy_tag or 11, self.locate_tag}

    @property
    def passed(self) -> frozenset[int]:
        """The tags that go through: the standard's that this version has, and those agreed."""
        standard = frozenset(tag for tag in PASSED if self.has(tag))
        return (standard | self.passes) - self.own - self.drops

    @property
    def dropped(self) -> frozenset[int]:
        """The tags that are read and forgotten."""
        return (DROPPED | self.drops) - self.passes

    def has(self, tag: int) -> bool:
        """Whether the version knows a tag, or it is a custom one."""
        if tag <= _LAST_TAG[self.version] or tag >= _FIRST_CUSTOM_TAG:
            return True
        return self.version is Version.FIX44 and tag in _LATER_IN_44
