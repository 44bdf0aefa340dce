"""A new algorithm goes live by a plan: little first, in few places, and more by stages.

Asked by RTS 6 article 8, controlled deployment of algorithms: before an algorithm is deployed,
predefined limits are set on the number of instruments, the price, value and numbers of orders, the
strategy positions and the venues. Prices are for `price_collar`; the rest is a *stage*, in force
from `since` up to and without `until`:

    instruments, venues   where the strategy may trade
    orders                new orders let out within the last 24 hours, this one counted, <= orders
    order_value           what this order is worth at the worst of its prices  <= order_value
    position              the strategy's position in the instrument, long or short, if all that
                          works fills                                           <= position

What a stage does not say it does not limit. Before the first stage and between two nothing passes.
After the last, `then` says: ``deny`` (the plan has ended, somebody must decide how it goes on) or
``free``.

A rule of this kind applies to orders that name a strategy; its scope says which. An order, or a
replace, that makes the position no larger is not refused for the position; a replace is not counted
as an order.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from domain.exposure import Line
from domain.finding import Finding, OrdRejReason
from domain.fixed import NANO, Ratio, scaled, show_fixed
from domain.instrument import Instrument
from domain.scope import Level, Scope
from rules.answer import breach, finding, room
from rules.case import Case
from rules.check import Check, Room
from rules.fields import FixedAmount, FixedQuantity, Names
from rules.kind import Kind, Parameters, Reason, Rule
from rules.kinds.max_order_value import worst_price
from rules.memories.traffic import EVENTS_MAX, Act, MarketTraffic
from rules.memory import Memory, MemoryKey
from rules.missing import NO_RATE, NO_REFERENCE, unvalued
from rules.place import Place
from rules.term import Moment

DAY: Final = 86_400_000_000
KEY: Final = MemoryKey(f"traffic per {Level.STRATEGY} in {DAY}us")
NO_SLIPPAGE: Final = Ratio(NANO)
NOTHING: Final = Line()

NO_STAGE = Reason(
    "deployment_has_no_stage_now",
    OrdRejReason.ALGORITHM_RISK_THRESHOLD,
    "the plan has not begun, has a gap here, or has ended",
)

NOT_IN_STAGE = Reason(
    "instrument_is_not_in_the_stage",
    OrdRejReason.ALGORITHM_RISK_THRESHOLD,
    "the stage lets the strategy trade other instruments, or on other venues",
)

ORDERS = Reason(
    "stage_orders_exceed_limit",
    OrdRejReason.ALGORITHM_RISK_THRESHOLD,
    "the strategy has sent as many orders within 24 hours as the stage allows",
)

VALUE = Reason(
    "order_value_exceeds_stage",
    OrdRejReason.EXCEEDED_MAX_NOTIONAL,
    "the order is worth more than one may be in this stage",
)

POSITION = Reason(
    "position_exceeds_stage",
    OrdRejReason.EXCEEDS_LIMIT,
    "the strategy's position could become larger than this stage allows",
)


class Stage(Parameters):
    """What the strategy may do from `since` up to and without `until`."""

    since: Moment
    until: Moment
    instruments: Names | None = None
    venues: Names | None = None
    orders: Annotated[int, Field(ge=0, lt=EVENTS_MAX)] | None = None
    order_value: FixedAmount | None = None
    position: FixedQuantity | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.until <= self.since:
            raise ValueError("wanted `since` before `until`")
        return self

    def takes(self, instrument: Instrument) -> bool:
        """Whether an instrument may be traded in this stage."""
        return (self.instruments is None or instrument.id in self.instruments) and (
            self.venues is None or instrument.mic in self.venues
        )


class Plan(Parameters):
    """The stages, in their order, and what holds after the last."""

    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    then: Literal["deny", "free"] = "deny"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(later.since < earlier.until for earlier, later in pairwise(self.stages)):
            raise ValueError("wanted stages in their order, none before the last one's end")
        return self


class ControlledDeployment(Kind[Plan]):
    """A new strategy trades only where, and as much as, its deployment plan says."""

    name = "controlled_deployment"
    parameters = Plan
    reasons = (NO_STAGE, NOT_IN_STAGE, ORDERS, VALUE, POSITION, NO_REFERENCE, NO_RATE)
    citations = ("RTS 6 Art 8",)

    def bind(self, rule: Rule[Plan], place: Place) -> Check | None:
        """Bind each stage to the strategy's node and past."""
        found = place.node(Level.STRATEGY)
        if found is None:
            return None
        where, node = found
        memory = place.memories[KEY]
        assert isinstance(memory, MarketTraffic)
        plan, instrument = rule.parameters, place.instrument
        lines, past = node.lines, memory.traffic
        stages = tuple((stage.since, stage.until, stage) for stage in plan.stages)
        ended = plan.stages[-1].until if plan.then == "free" else None
        taken = frozenset(stage for stage in plan.stages if stage.takes(instrument))

        def stage_at(at: int) -> Stage | None:
            for since, until, stage in stages:
                if since <= at < until:
                    return stage
            return None

        def is_free(at: int) -> bool:
            return ended is not None and at >= ended

        def sent(case: Case) -> int:
            seen = past.get(where)
            return 0 if seen is None else seen.since(case.at - DAY)[Act.ORDER]

        def passes(case: Case) -> bool:
            stage = stage_at(case.at)
            if stage is None:
                return is_free(case.at)
            if stage not in taken:
                return False
            if stage.orders is not None and case.replaced is None and sent(case) >= stage.orders:
                return False
            if stage.order_value is not None:
                worth = value(case)
                if worth is None or worth > stage.order_value.amount:
                    return False
            return stage.position is None or _fits(stage.position, lines.get(instrument.id), case)

        def value(case: Case) -> int | None:
            if case.reference is None:
                return None
            price = worst_price(case.order, case.reference, NO_SLIPPAGE)
            unit = case.place.book.unit_value(instrument, price)
            return None if unit is None else scaled(unit, Ratio(case.order.quantity))

        def findings(case: Case) -> Iterator[Finding]:
            stage = stage_at(case.at)
            if stage is None:
                if not is_free(case.at):
                    text = f"the deployment plan of {where} lets nothing pass now"
                    yield finding(rule, NO_STAGE, text, scope=where)
                return
            if not stage.takes(instrument):
                text = f"{where} may not trade `{instrument.id}` on {instrument.mic} in this stage"
                yield finding(rule, NOT_IN_STAGE, text, scope=where)
            yield from _too_many(rule, where, stage, case, sent)
            yield from _too_dear(rule, where, stage, case, value)
            yield from _too_large(rule, where, stage, case, lines.get(instrument.id, NOTHING))

        def rooms(case: Case) -> Iterator[Room]:
            stage = stage_at(case.at)
            if stage is None:
                return
            if stage.orders is not None:
                used, limit = sent(case) * NANO, stage.orders * NANO
                yield room(rule, where, used=used, limit=limit, unit="orders")
            if stage.order_value is not None:
                unit = stage.order_value.currency
                yield room(rule, where, used=0, limit=stage.order_value.amount, unit=unit)
            if stage.position is not None:
                used = _reach(lines.get(instrument.id, NOTHING), 0, 0)
                yield room(rule, where, used=used, limit=stage.position, unit="units")

        return Check(passes, findings, rooms)

    def memory(self, rule: Rule[Plan]) -> tuple[MemoryKey, Callable[[], Memory]]:  # noqa: ARG002
        """Need a day's traffic of every strategy."""
        return KEY, lambda: MarketTraffic(Level.STRATEGY, DAY)


def _too_many(
    rule: Rule[Plan], where: Scope, stage: Stage, case: Case, sent: Callable[[Case], int]
) -> Iterator[Finding]:
    if stage.orders is None or case.replaced is not None:
        return
    before = sent(case)
    if before >= stage.orders:
        text = f"{where} has sent {before} orders within 24 h, and may send {stage.orders}"
        yield breach(
            rule,
            ORDERS,
            text,
            scope=where,
            observed=(before + 1) * NANO,
            limit=stage.orders * NANO,
            used=before * NANO,
            unit="orders",
        )


def _too_dear(
    rule: Rule[Plan], where: Scope, stage: Stage, case: Case, value: Callable[[Case], int | None]
) -> Iterator[Finding]:
    if stage.order_value is None:
        return
    worth, most = value(case), stage.order_value
    if worth is None:
        reason, text = unvalued(case)
        yield finding(rule, reason, text, scope=where)
    elif worth > most.amount:
        text = f"order worth {show_fixed(worth)} {most.currency} is over the {most} of this stage"
        yield breach(
            rule,
            VALUE,
            text,
            scope=where,
            observed=worth,
            limit=most.amount,
            used=0,
            unit=most.currency,
        )


def _too_large(
    rule: Rule[Plan], where: Scope, stage: Stage, case: Case, line: Line
) -> Iterator[Finding]:
    if stage.position is None or _fits(stage.position, line, case):
        return
    reached = _reach(line, case.buys, case.sells)
    text = (
        f"position of {where} in `{case.order.instrument}` could reach {show_fixed(reached)}, "
        f"over {show_fixed(stage.position)}"
    )
    yield breach(
        rule,
        POSITION,
        text,
        scope=where,
        observed=reached,
        limit=stage.position,
        used=_reach(line, 0, 0),
        unit="units",
    )


def _fits(most: int, line: Line | None, case: Case) -> bool:
    """Whether a position stays within its limit, or becomes no larger than it could already."""
    known = NOTHING if line is None else line
    reached = _reach(known, case.buys, case.sells)
    return reached <= most or reached <= _reach(known, 0, 0)


def _reach(line: Line, buys: int, sells: int) -> int:
    """Give how large a position can become, long or short, when so much more works."""
    return max(0, line.position + line.buys + buys, line.sells + sells - line.position)
