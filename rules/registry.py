"""Every kind of rule, by its name in YAML. A new kind is one module and two lines here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from rules.kind import Kind
from rules.kinds.accredited import Accredited
from rules.kinds.algo_flags import AlgoFlags
from rules.kinds.appropriateness import Appropriateness
from rules.kinds.approved_products import ApprovedProducts
from rules.kinds.buying_power import BuyingPower
from rules.kinds.concentration import Concentration
from rules.kinds.condition import Condition
from rules.kinds.controlled_deployment import ControlledDeployment
from rules.kinds.cost_disclosed import CostDisclosed
from rules.kinds.credit_limit import CreditLimit
from rules.kinds.daily_loss import DailyLoss
from rules.kinds.duplicate_order import DuplicateOrder
from rules.kinds.entitlement import EntitlementHeld
from rules.kinds.horizon import Horizon
from rules.kinds.instrument_validity import InstrumentValidity
from rules.kinds.kid_delivered import KidDelivered
from rules.kinds.leverage_cap import LeverageCap
from rules.kinds.locate import LocateHeld
from rules.kinds.loss_capacity import LossCapacity
from rules.kinds.luld import Luld
from rules.kinds.market_order import MarketOrder
from rules.kinds.max_exposure import MaxExposure
from rules.kinds.max_open_orders import MaxOpenOrders
from rules.kinds.max_open_value import MaxOpenValue
from rules.kinds.max_order_adv import MaxOrderAdv
from rules.kinds.max_order_quantity import MaxOrderQuantity
from rules.kinds.max_order_value import MaxOrderValue
from rules.kinds.max_position import MaxPosition
from rules.kinds.message_rate import MessageRate
from rules.kinds.options_level import OptionsLevel
from rules.kinds.order_terms import OrderTerms
from rules.kinds.order_to_trade import OrderToTrade
from rules.kinds.pattern_day_trader import PatternDayTrader
from rules.kinds.price_collar import PriceCollar
from rules.kinds.price_move import PriceMove
from rules.kinds.profile_age import ProfileAge
from rules.kinds.quote_age import QuoteAge
from rules.kinds.repeated_execution import RepeatedExecution
from rules.kinds.restricted_list import RestrictedList
from rules.kinds.risk_tolerance import RiskTolerance
from rules.kinds.self_trade import SelfTrade
from rules.kinds.session_hours import SessionHours
from rules.kinds.short_price_test import ShortPriceTest
from rules.kinds.short_sale import ShortSale
from rules.kinds.stale_signal import StaleSignal
from rules.kinds.target_market import TargetMarket
from rules.kinds.trading_halt import TradingHalt
from rules.kinds.turnover import Turnover
from rules.kinds.vulnerable_review import VulnerableReview
from rules.kinds.wash_risk import WashRisk

_ALL: Final[tuple[Kind[Any], ...]] = (
    Accredited(),
    AlgoFlags(),
    Appropriateness(),
    ApprovedProducts(),
    BuyingPower(),
    Concentration(),
    Condition(),
    ControlledDeployment(),
    CostDisclosed(),
    CreditLimit(),
    DailyLoss(),
    DuplicateOrder(),
    EntitlementHeld(),
    Horizon(),
    InstrumentValidity(),
    KidDelivered(),
    LeverageCap(),
    LocateHeld(),
    LossCapacity(),
    Luld(),
    MarketOrder(),
    MaxExposure(),
    MaxOpenOrders(),
    MaxOpenValue(),
    MaxOrderAdv(),
    MaxOrderQuantity(),
    MaxOrderValue(),
    MaxPosition(),
    MessageRate(),
    OptionsLevel(),
    OrderTerms(),
    OrderToTrade(),
    PatternDayTrader(),
    PriceCollar(),
    PriceMove(),
    ProfileAge(),
    QuoteAge(),
    RepeatedExecution(),
    RestrictedList(),
    RiskTolerance(),
    SelfTrade(),
    SessionHours(),
    ShortPriceTest(),
    ShortSale(),
    StaleSignal(),
    TargetMarket(),
    TradingHalt(),
    Turnover(),
    VulnerableReview(),
    WashRisk(),
)

KINDS: Final[Mapping[str, Kind[Any]]] = MappingProxyType({kind.name: kind for kind in _ALL})
"""A policy's rules are of these kinds."""
