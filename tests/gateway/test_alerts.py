"""What becomes an alert, from the event and its outcome or from the journal's record of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from domain.consent import OverrideStep
from domain.events import (
    Body,
    CancelOrdered,
    FlattenOrdered,
    KillOverdue,
    LimitChanged,
    OrderAsked,
    OverrideGiven,
    PositionAdjusted,
    RouteChanged,
    SessionChanged,
    StateOrdered,
    WarningAcknowledged,
)
from domain.finding import Verdict
from domain.fixed import NANO, Amount, Price, Quantity
from domain.ids import Micros, OrderId, RuleId
from domain.limits import Limit
from domain.messages import Message, SendCancel
from domain.people import Person, PersonId, Role
from domain.scope import Scope, TradingState
from gateway.alarm import WAITING_MAX, Alarm
from gateway.alerts import Alert, Urgency, alerts_of
from gateway.inbox import Entry, Inbox
from gateway.outcome import Outcome
from gateway.records import read_outcome, read_record
from gateway.sequencer import BATCH_MAX, Sequencer
from tests.builders import (
    A1,
    ALPHA,
    IBM,
    NORTH,
    Gate,
    every,
    order,
    quote,
    reference,
    rule,
    shares,
)

SIZE = rule("max_order_quantity", limit="100")
HOUSE = Scope("firm:house")
TERMS: dict[str, Any] = {"by": "rita", "reason": "asked to"}
OVERRIDE = OverrideGiven(order_id=OrderId("G7"), step=OverrideStep.VERIFY, **TERMS)


def opened() -> Gate:
    roles = {"rita": Role.RISK, "sam": Role.SUPERVISOR}
    people = {
        PersonId(name): Person(id=PersonId(name), roles=frozenset({role}))
        for name, role in roles.items()
    }
    credit = Limit(name="credit", scope=HOUSE, hard=Amount(500 * NANO))
    review = replace(rule("max_order_value", limit="8000 USD"), verdict=Verdict.REVIEW)
    return Gate.opened(reference(people=people, limits=(credit,)), rules=[SIZE, review])


def asks(name: str, count: int) -> OrderAsked:
    return OrderAsked(order=order(name, quantity=shares(count)), quote=quote())


def rings(gate: Gate, body: Body) -> tuple[Alert, ...]:
    """What an event is told for, which must be the same read from its record."""
    outcome = gate.does(body)
    event, text = read_record(gate.records[-1], mark=gate.state.mark)
    found = alerts_of(event, outcome)
    assert alerts_of(event, read_outcome(text)) == found
    return found


def said(gate: Gate, body: Body) -> list[tuple[str, str]]:
    return [(alert.urgency.value, alert.what) for alert in rings(gate, body)]


def test_an_accepted_order_is_told_to_nobody() -> None:
    assert rings(opened(), asks("1", 1)) == ()


def test_a_denied_order_is_told_with_its_findings_and_once() -> None:
    gate = opened()
    body = asks("1", 101)
    (alert,) = rings(gate, body)
    assert (alert.urgency, alert.what) == (Urgency.WARNING, "order_is_denied")
    assert (alert.record, alert.at, alert.order_id) == (gate.state.next_seq - 1, gate.at, "G7")
    assert "test.max_order_quantity: " in alert.text
    assert rings(gate, body) == ()


def test_an_order_for_review_is_told_as_one() -> None:
    assert said(opened(), asks("1", 90)) == [("warning", "order_needs_review")]


@pytest.mark.parametrize(
    ("body", "urgency", "what", "words"),
    [
        (
            StateOrdered(scope=HOUSE, state=TradingState.HALTED, cancel=True, **TERMS),
            "warning",
            "trading_state_is_set",
            "firm:house halted by rita, cancels what works there: asked to",
        ),
        (
            StateOrdered(scope=HOUSE, state=TradingState.HALTED, cancel=True, drill=True, **TERMS),
            "notice",
            "kill_is_drilled",
            "of firm:house by rita: asked to",
        ),
        (
            CancelOrdered(scope=HOUSE, **TERMS),
            "warning",
            "cancels_are_ordered",
            "what works in firm:house by rita: asked to",
        ),
        (
            FlattenOrdered(scope=HOUSE, **TERMS),
            "warning",
            "flattening_is_ordered",
            "firm:house by rita: asked to",
        ),
        (
            LimitChanged(name="credit", scope=HOUSE, hard=Amount(NANO), **TERMS),
            "notice",
            "limit_is_changed",
            "credit of firm:house set to 1 by rita: asked to",
        ),
        (
            LimitChanged(name="credit", scope=HOUSE, hard=None, **TERMS),
            "notice",
            "limit_is_changed",
            "credit of firm:house restored by rita: asked to",
        ),
        (
            WarningAcknowledged(
                account=A1, instrument=IBM, rule=RuleId("cost"), reason="dear", text="ok", by="ann"
            ),
            "notice",
            "warning_is_acknowledged",
            "dear of cost for A1 by ann: ok",
        ),
        (
            PositionAdjusted(
                account=A1, instrument=IBM, quantity=Quantity(NANO), price=Price(NANO), **TERMS
            ),
            "notice",
            "position_is_adjusted",
            "A1 by 1 IBM by rita: asked to",
        ),
        (RouteChanged(route=NORTH, up=False), "warning", "route_is_lost", "NORTH"),
        (SessionChanged(session=ALPHA, up=False), "notice", "session_is_lost", "ALPHA"),
    ],
)
def test_what_people_do_and_which_lines_fall_is_told(
    body: Body, urgency: str, what: str, words: str
) -> None:
    (alert,) = rings(opened(), body)
    assert (alert.urgency, alert.what, alert.text) == (urgency, what, words)


def test_a_refusal_is_told_instead_of_the_deed() -> None:
    change = LimitChanged(name="credit", scope=HOUSE, hard=Amount(1), by="tom", reason="x")
    assert said(opened(), change) == [("notice", "limit_is_not_changed")]


def test_an_override_is_told_at_every_step_and_when_it_is_used() -> None:
    gate = opened()
    rings(gate, asks("1", 101))
    assert said(gate, OVERRIDE) == [("notice", "override_takes_a_step")]
    assert said(gate, replace(OVERRIDE, step=OverrideStep.AUTHORISE, by="sam")) == [
        ("notice", "override_takes_a_step")
    ]
    (alert,) = rings(gate, asks("2", 101))
    assert (alert.what, alert.text) == ("order_passes_by_override", "of G7")


def test_what_an_operator_must_look_at_is_an_alarm() -> None:
    gate = opened()
    name = gate.working(order("1", quantity=shares(1)))
    assert said(gate, RouteChanged(route=NORTH, up=False)) == [
        ("alarm", "route_is_lost_with_working_orders")
    ]
    rings(gate, RouteChanged(route=NORTH, up=True))
    kill = gate.does(CancelOrdered(scope=HOUSE, **TERMS))
    gate.refuses(every(kill, SendCancel)[0].order_id, name)
    event, text = read_record(gate.records[-1], mark=gate.state.mark)
    (alert,) = alerts_of(event, read_outcome(text))
    assert (alert.urgency, alert.what) == (Urgency.ALARM, "house_cancel_was_refused")
    record = gate.state.next_seq - 2
    assert said(gate, KillOverdue(record=record)) == [("alarm", "kill_is_not_confirmed")]


# Within five seconds: between a record and its alerts lies nothing but the batch it was synced in.


class Ledger:
    """A journal and an alarm that write into one list, in the order they are called."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []

    def append(self, records: Sequence[bytes]) -> range:
        self.calls += (("durable", read_record(line)[0].seq) for line in records)
        return range(len(records))

    def send(self, messages: tuple[Message, ...]) -> None:
        pass

    def ring(self, event: Any, outcome: Outcome) -> None:
        self.calls += (("told", alert.record) for alert in alerts_of(event, outcome))


def test_alerts_are_handed_over_before_another_batch_is_recorded() -> None:
    gate, ledger = opened(), Ledger()
    sequencer = Sequencer(
        gate.state,
        inbox=Inbox(),
        record=ledger,
        outbox=ledger,
        clock=lambda: Micros(gate.at),
        quote_of=lambda _: None,
        ring=ledger.ring,
    )
    first = gate.state.next_seq
    asked = [asks(str(name), 101) for name in range(6)]
    for start in (0, 3):
        sequencer.step([Entry(body, None) for body in asked[start : start + 3]])
    batches = [list(range(first, first + 3)), list(range(first + 3, first + 6))]
    assert ledger.calls == [
        (what, number) for batch in batches for what in ("durable", "told") for number in batch
    ]
    assert BATCH_MAX < WAITING_MAX


def test_the_alarm_tells_everything_and_says_what_it_left_out() -> None:
    gate = opened()
    outcome = gate.does(asks("1", 101))
    event, _ = read_record(gate.records[-1], mark=gate.state.mark)
    alarm = Alarm()
    for _ in range(WAITING_MAX + 3):
        alarm.ring(event, outcome)
    with capture_logs() as lines:
        alarm.start()
        alarm.stop()
    assert [line["event"] for line in lines[:-1]] == ["order_is_denied"] * WAITING_MAX
    assert (lines[0]["log_level"], lines[0]["order"], lines[0]["record"]) == ("warning", "G7", 7)
    assert lines[-1] == {"event": "alerts_were_left_out", "log_level": "error", "count": 3}
