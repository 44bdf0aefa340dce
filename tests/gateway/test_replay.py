"""The journal alone rebuilds the state, and tells when the rules have changed."""

import json

import pytest

from domain.events import MassCancelAsked, SessionChanged
from domain.ids import ClOrdId
from domain.lifecycle import ExecType
from gateway.records import RecordUnreadable
from gateway.replay import Difference, replay
from gateway.snapshot import digest
from gateway.state import State
from rules.policy import Policy
from tests.builders import (
    A2,
    ALPHA,
    MOMENTUM,
    Drawer,
    Gate,
    executed,
    order,
    policy,
    rule,
    shares,
    traded,
)


def busy() -> Gate:
    """A gate with something of everything behind it."""
    gate = Gate.opened(
        rules=[
            rule("max_order_quantity", limit="1000"),
            rule("message_rate", per="session", limit=50, window="1m"),
            rule("duplicate_order", window="1s"),
        ]
    )
    first = gate.working(order("1", strategy=MOMENTUM))
    gate.does(traded(first, 30, name="X1", filled=30, leaves=70))
    gate.replace("1", order("2", quantity=shares(200)))
    gate.ask(order("3", quantity=shares(5000)))
    gate.working(order("4", account=A2))
    gate.accepted(order("5"))
    gate.does(MassCancelAsked(session=ALPHA, cl_ord_id=ClOrdId("M")))
    gate.does(executed(ExecType.CANCELED, first, filled=shares(30)))
    gate.does(SessionChanged(session=ALPHA, up=False))
    return gate


def again(gate: Gate, drawer: Drawer | None = None) -> State:
    state = State(drawer or gate.shelf)
    for _ in replay(state, gate.records):
        pass
    return state


def test_replaying_gives_the_state_that_lived() -> None:
    gate = busy()
    assert digest(again(gate)) == digest(gate.state)


def test_a_replayed_gate_answers_as_the_one_that_lived() -> None:
    gate = busy()
    other = busy()
    other.state = again(gate)
    for terms in (order("6"), order("1"), order("7", quantity=shares(5000))):
        assert gate.ask(terms).messages == other.ask(terms).messages


def test_a_rule_that_says_otherwise_now_is_found_at_the_first_record_it_changes() -> None:
    gate = busy()
    drawer = Drawer(dict(gate.shelf.policies), gate.shelf.references)
    (old,) = drawer.policies.values()
    looser: Policy = policy([rule("max_order_quantity", limit="9000")])
    drawer.policies[old.digest] = looser
    with pytest.raises(Difference) as found:
        again(gate, drawer)
    body = json.loads(gate.records[found.value.seq])
    assert body["event"]["is"] == "OrderAsked"
    assert found.value.recorded != found.value.decided
    assert f"record {found.value.seq}" in str(found.value)


def test_a_changed_outcome_is_found() -> None:
    gate = busy()
    place = next(n for n, line in enumerate(gate.records) if b'"verdict":"deny"' in line)
    gate.records[place] = gate.records[place].replace(b'"leaves":"0"', b'"leaves":"1"')
    with pytest.raises(Difference):
        again(gate)


def test_without_checking_a_journal_of_other_rules_can_be_carried_out() -> None:
    gate = busy()
    drawer = Drawer(dict(gate.shelf.policies), gate.shelf.references)
    for known in drawer.policies:
        drawer.policies[known] = policy()
    state = State(drawer)
    outcomes = [outcome for _, outcome in replay(state, gate.records, check=False)]
    assert len(outcomes) == len(gate.records)


def test_a_gap_between_records_is_a_bug() -> None:
    gate = busy()
    del gate.records[3]
    with pytest.raises(AssertionError, match="without gaps"):
        again(gate)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b'{"at":1,"event":{"is":"Weather"},"outcome":{},"seq":0,"v":1}',
        b'{"at":1,"event":{"is":"Stopped"},"outcome":{},"seq":0,"v":2}',
        b'{"at":1,"event":{"is":"Stopped","reason":1},"outcome":{},"seq":0,"v":1}',
        b'{"at":1,"event":{"is":"Stopped","why":"x"},"outcome":{},"seq":0,"v":1}',
        b'{"at":1.5,"event":{"is":"Stopped","reason":"x"},"outcome":{},"seq":0,"v":1}',
    ],
)
def test_a_record_nobody_knows_is_refused(line: bytes) -> None:
    with pytest.raises(RecordUnreadable):
        list(replay(State(Drawer()), [line]))
