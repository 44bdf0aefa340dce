"""Alerts: what a person must hear of within seconds of its happening.

RTS 6 article 16 has trading watched in real time, by who trades and by risk apart from them, with
alerts within five seconds of the event. An alert follows from a record alone, its event and its
outcome, so whoever follows the journal finds the same alerts as the gate's own log tells, in the
same order, today or in a year. There are three sorts:

* an order or replace that was denied, or that a person must review;
* a *surprise*: what the core itself says an operator should look at, such as a cancel the broker
  refused, a kill not confirmed, a route lost while orders work there;
* what somebody did by hand: kills, releases, limits, overrides, positions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.events import (
    Body,
    CancelOrdered,
    Event,
    FlattenOrdered,
    LimitChanged,
    OverrideGiven,
    PositionAdjusted,
    RouteChanged,
    SessionChanged,
    StateOrdered,
    WarningAcknowledged,
)
from domain.finding import Verdict
from domain.fixed import show_fixed
from domain.ids import Micros, OrderId
from gateway.outcome import Outcome
from gateway.reports import denial_text


class Urgency(StrEnum):
    """How soon somebody must look, from mild to severe."""

    NOTICE = "notice"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to be told: `what` is a sentence with underscores, `text` its details."""

    record: int
    at: Micros
    urgency: Urgency
    what: str
    text: str
    order_id: OrderId | None = None


MILD: Final = frozenset(
    {
        "adjustment_is_of_something_unknown",
        "cancel_is_of_no_working_order",
        "limit_is_not_changed",
        "order_has_no_trading_state",
        "order_passes_by_override",
        "override_is_not_given",
        "release_waits_for_second_person",
        "warning_is_not_acknowledged",
    }
)
"""Surprises that whoever caused them was told, and that leave nothing undone."""


BY_HAND: Final = frozenset(
    {
        *(StateOrdered, CancelOrdered, FlattenOrdered, LimitChanged, OverrideGiven),
        *(WarningAcknowledged, PositionAdjusted, RouteChanged, SessionChanged),
    }
)
"""What is told when nothing surprising came of it: deeds, and lines that fall."""


def alerts_of(event: Event, outcome: Outcome) -> tuple[Alert, ...]:
    """Give what a record must be told for; mostly nothing."""
    decision = outcome.decision
    passes = decision is None or decision.passes or outcome.repeat
    if passes and not outcome.surprises and type(event.body) not in BY_HAND:
        return ()  # nearly every record: an order let out, a report, a mark
    return tuple(
        Alert(
            record=event.seq,
            at=event.at,
            urgency=urgency,
            what=what,
            text=text,
            order_id=outcome.order_id,
        )
        for urgency, what, text in _told(event, outcome)
    )


def _told(event: Event, outcome: Outcome) -> Iterator[tuple[Urgency, str, str]]:
    decision = outcome.decision
    if decision is not None and not decision.passes and not outcome.repeat:
        review = decision.verdict is Verdict.REVIEW
        what = "order_needs_review" if review else "order_is_denied"
        yield Urgency.WARNING, what, denial_text(decision)
    for surprise in outcome.surprises:
        what, _, text = surprise.partition(": ")
        yield Urgency.NOTICE if what in MILD else Urgency.ALARM, what, text
    if not outcome.surprises:
        yield from _done(event.body)


def _done(body: Body) -> Iterator[tuple[Urgency, str, str]]:
    """What somebody did by hand and was taken, and which lines fell."""
    match body:
        case StateOrdered(drill=True) | CancelOrdered(drill=True):
            text = f"of {body.scope} by {body.by}: {body.reason}"
            yield Urgency.NOTICE, "kill_is_drilled", text
        case StateOrdered():
            cancels = ", cancels what works there" if body.cancel else ""
            text = f"{body.scope} {body.state} by {body.by}{cancels}: {body.reason}"
            yield Urgency.WARNING, "trading_state_is_set", text
        case CancelOrdered():
            text = f"what works in {body.scope} by {body.by}: {body.reason}"
            yield Urgency.WARNING, "cancels_are_ordered", text
        case FlattenOrdered():
            text = f"{body.scope} by {body.by}: {body.reason}"
            yield Urgency.WARNING, "flattening_is_ordered", text
        case LimitChanged():
            to = "restored" if body.hard is None else f"set to {show_fixed(body.hard)}"
            text = f"{body.name} of {body.scope} {to} by {body.by}: {body.reason}"
            yield Urgency.NOTICE, "limit_is_changed", text
        case OverrideGiven():
            text = f"{body.step} of {body.order_id} by {body.by}: {body.reason}"
            yield Urgency.NOTICE, "override_takes_a_step", text
        case WarningAcknowledged():
            text = f"{body.reason} of {body.rule} for {body.account} by {body.by}: {body.text}"
            yield Urgency.NOTICE, "warning_is_acknowledged", text
        case PositionAdjusted():
            change = f"{show_fixed(body.quantity)} {body.instrument}"
            text = f"{body.account} by {change} by {body.by}: {body.reason}"
            yield Urgency.NOTICE, "position_is_adjusted", text
        case RouteChanged(up=False):
            yield Urgency.WARNING, "route_is_lost", body.route
        case SessionChanged(up=False):
            yield Urgency.NOTICE, "session_is_lost", body.session
        case _:
            pass
