"""An instrument as product governance sees it: what it is, how risky, and whom it is meant for.

The target market is told in the groups of the European MiFID template (EMT): type of investor,
knowledge, ability to bear loss, needs, and channel of distribution. To every member of a group the
manufacturer says ``Y`` (meant for), ``N`` (the negative target market: not to be sold to) or
``Neutral``. A member that is left out was not assessed, which no rule takes for a yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.client import ClientClass, Knowledge, LossCapacity, Need
from domain.fixed import Quantity
from domain.ids import InstrumentId


class Flag(StrEnum):
    """What a target market says of one kind of client."""

    YES = "Y"
    NO = "N"
    NEUTRAL = "Neutral"


class Channel(StrEnum):
    """How a product reaches a client (the EMT's distribution strategy)."""

    EXECUTION_ONLY = "execution_only"
    APPROPRIATENESS = "appropriateness"
    ADVICE = "advice"
    PORTFOLIO_MANAGEMENT = "portfolio_management"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMarket:
    """Whom a product is meant for: the five groups."""

    investors: Mapping[ClientClass, Flag] = field(default_factory=dict)
    knowledge: Mapping[Knowledge, Flag] = field(default_factory=dict)
    losses: Mapping[LossCapacity, Flag] = field(default_factory=dict)
    needs: Mapping[Need, Flag] = field(default_factory=dict)
    channels: Mapping[Channel, Flag] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One version of what the firm knows of an instrument as a product.

    `complex` and `priip` are the law's words (2017/565 article 57; PRIIPs Regulation article 4).
    `family` is the class of products that experience of it counts for, and that caps on leverage
    are written for, such as ``cfd``. `sri` is the summary risk indicator; `holding` the
    recommended holding period in years; `leverage` how many times the money put in is at stake.
    `kid_version` is the key information document in force.
    """

    instrument: InstrumentId
    version: str
    family: str
    complex: bool
    priip: bool
    exempt_offering: bool
    approved: bool = False
    sri: int | None = None
    target: TargetMarket = field(default_factory=TargetMarket)
    leverage: Quantity | None = None
    holding: Quantity | None = None
    kid_version: str | None = None
