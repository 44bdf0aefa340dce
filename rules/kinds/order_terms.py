"""Which kinds of orders may be sent at all: types, times in force, sides, capacities.

Asked by RTS 6 article 15(5), nothing for which a trader has no permission, and by the market
access rule's pre-order-entry requirements (c)(2). What the venue could take is
`instrument_validity`'s question; this one is what the firm wants taken, for the instruments,
desks or strategies its scope names:

* the type is one of `types`, the time in force one of `times_in_force`, the side one of `sides`
  and the capacity one of `capacities`, where those are given. An order that names no capacity
  has none of them;
* with `phases` only while the instrument is in one of them, so that an auction can have its own
  terms. An order whose terms would not pass is then refused as well when the phase is not known,
  from a status no older than `max_status_age` when that is given.
"""

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import model_validator

from domain.finding import Finding, OrdRejReason
from domain.order import Capacity, Order, OrdType, Side, TimeInForce
from domain.scope import Level, scope
from rules.answer import finding
from rules.case import Case
from rules.check import Check
from rules.fields import PhaseName, PositiveDuration
from rules.kind import Kind, Parameters, Reason, Rule
from rules.place import Place
from rules.status import NO_STATUS, STALE_STATUS, disbelief, phase_of

TYPE = Reason(
    "type_is_not_permitted",
    OrdRejReason.UNSUPPORTED,
    "the rule permits no orders of this type",
)

TIF = Reason(
    "time_in_force_is_not_permitted",
    OrdRejReason.UNSUPPORTED,
    "the rule permits no orders of this time in force",
)

SIDE = Reason(
    "side_is_not_permitted",
    OrdRejReason.UNSUPPORTED,
    "the rule permits no orders of this side",
)

CAPACITY = Reason(
    "capacity_is_not_permitted",
    OrdRejReason.UNSUPPORTED,
    "the rule permits no orders in this capacity, or in none",
)

TypeName = Literal["market", "limit", "stop", "stop_limit"]
TifName = Literal["day", "gtc", "ioc", "fok", "gtd"]
SideName = Literal["buy", "sell", "sell_short", "sell_short_exempt"]
CapacityName = Literal["agency", "principal", "riskless_principal"]

LISTS: Final = ("types", "times_in_force", "sides", "capacities")


class Permission(Parameters):
    """At least one of `types`, `times_in_force`, `sides` and `capacities`; empty permits all."""

    types: tuple[TypeName, ...] = ()
    times_in_force: tuple[TifName, ...] = ()
    sides: tuple[SideName, ...] = ()
    capacities: tuple[CapacityName, ...] = ()
    phases: tuple[PhaseName, ...] = ()
    max_status_age: PositiveDuration | None = None

    @model_validator(mode="after")
    def _permits_less_than_all(self) -> Self:
        if not any(getattr(self, name) for name in LISTS):
            raise ValueError(
                "wanted at least one of `types`, `times_in_force`, `sides` and `capacities`"
            )
        return self


class OrderTerms(Kind[Permission]):
    """The order's type, time in force, side and capacity are among those permitted."""

    name = "order_terms"
    parameters = Permission
    reasons = (TYPE, TIF, SIDE, CAPACITY, NO_STATUS, STALE_STATUS)
    citations = ("RTS 6 Art 15(5)", "SEC 15c3-5(c)(2)(i)")

    def bind(self, rule: Rule[Permission], place: Place) -> Check:
        """Bind the permission: four look-ups answer an order that has it."""
        permission = rule.parameters
        where = scope(Level.INSTRUMENT, place.instrument.id)
        types = frozenset(OrdType[word.upper()] for word in permission.types) or frozenset(OrdType)
        tifs = frozenset(TimeInForce[word.upper()] for word in permission.times_in_force)
        tifs = tifs or frozenset(TimeInForce)
        sides = frozenset(Side[word.upper()] for word in permission.sides) or frozenset(Side)
        named = frozenset(Capacity[word.upper()] for word in permission.capacities)
        capacities: frozenset[Capacity | None] = named or frozenset({*Capacity, None})
        phases, statuses = frozenset(permission.phases), place.book.statuses

        def passes(case: Case) -> bool:
            order = case.order
            if (
                order.type in types
                and order.tif in tifs
                and order.side in sides
                and order.capacity in capacities
            ):
                return True
            return bool(phases) and next(findings(case), None) is None

        def faults(order: Order) -> Iterator[tuple[Reason, str, tuple[str, ...]]]:
            if order.type not in types:
                yield TYPE, f"{_word(order.type)} orders", permission.types
            if order.tif not in tifs:
                yield TIF, f"{_word(order.tif)} orders", permission.times_in_force
            if order.side not in sides:
                yield SIDE, f"{_word(order.side)} orders", permission.sides
            if order.capacity not in capacities:
                word = "no" if order.capacity is None else _word(order.capacity)
                yield CAPACITY, f"orders in {word} capacity", permission.capacities

        def findings(case: Case) -> Iterator[Finding]:
            found = tuple(faults(case.order))
            if not found:
                return
            when = ""
            if phases:
                status = statuses.get(place.instrument.id)
                phase = phase_of(status, case.at, permission.max_status_age)
                if phase is None:
                    reason, text = disbelief(place.instrument.id, status)
                    yield finding(rule, reason, text, scope=where)
                    return
                if phase not in phases:
                    return
                when = f" in the phase {phase}"
            for reason, what, permitted in found:
                text = f"{what} are not permitted{when}"
                yield finding(
                    rule,
                    reason,
                    text,
                    scope=where,
                    observed=what,
                    limit=", ".join(permitted),
                )

        return Check(passes, findings)


def _word(member: OrdType | TimeInForce | Side | Capacity) -> str:
    return member.name.lower()
