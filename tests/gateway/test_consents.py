"""What people let pass: overrides by two persons, limits of the day, acknowledgements."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consent import Acknowledgement, OverrideStep
from domain.events import (
    LimitChanged,
    OrderAsked,
    OverrideGiven,
    SignalAsked,
    StateOrdered,
    WarningAcknowledged,
)
from domain.finding import Verdict
from domain.fixed import Amount
from domain.ids import InstrumentId, Micros, OrderId, RuleId, StrategyId
from domain.limits import Limit
from domain.messages import SendOrder
from domain.order import Order, OrdType, Side, Signal, TimeInForce
from domain.people import Person, PersonId, Role
from domain.reference import Reference
from domain.scope import Scope, TradingState
from gateway.outcome import NOTHING, Outcome
from gateway.replay import replay
from gateway.snapshot import digest, snapshot
from gateway.state import State
from tests.builders import (
    A1,
    A2,
    IBM,
    MOMENTUM,
    SECOND,
    VOD,
    Gate,
    every,
    only,
    order,
    price,
    quote,
    reference,
    rule,
    shares,
)

SIZE = rule("max_order_quantity", limit="100")
CREDIT = Limit(name="credit", scope=Scope("firm:house"), hard=Amount(500), soft=Amount(400))


def people(**roles: Role) -> Reference:
    found = {
        PersonId(name): Person(id=PersonId(name), roles=frozenset({role}))
        for name, role in (
            {"rita": Role.RISK, "sam": Role.SUPERVISOR, "tom": Role.TRADER} | roles
        ).items()
    }
    both = Person(id=PersonId("bo"), roles=frozenset({Role.RISK, Role.SUPERVISOR}))
    return reference(people={**found, both.id: both}, limits=(CREDIT,))


def opened(*rules: Any) -> Gate:
    return Gate.opened(people(), rules=rules or (SIZE,))


def says(gate: Gate, step: str, by: str, name: str, **more: Any) -> Outcome:
    terms = {"reason": "checked by phone", "until": None, **more}
    body = OverrideGiven(order_id=OrderId(name), step=OverrideStep(step), by=by, **terms)
    return gate.does(body)


def denied(gate: Gate, terms: Order, **more: Any) -> str:
    outcome = gate.ask(terms, **more)
    assert outcome.decision is not None
    assert not outcome.decision.passes
    assert outcome.order_id is not None
    return outcome.order_id


def overridden(gate: Gate, terms: Order) -> str:
    """An order that was denied, verified and authorised."""
    name = denied(gate, terms)
    assert says(gate, "verify", "rita", name) is NOTHING
    assert says(gate, "authorise", "sam", name) is NOTHING
    return name


def big(name: str, **changes: Any) -> Order:
    return replace(order(name, quantity=shares(150)), **changes)


def test_an_overridden_order_passes_once_and_says_by_whom() -> None:
    gate = opened()
    first = overridden(gate, big("1"))
    outcome = gate.ask(big("2"))
    assert only(outcome, SendOrder).order.cl_ord_id == "2"
    assert outcome.decision is not None
    (found,) = outcome.decision.findings
    assert (found.rule, found.verdict) == (SIZE.id, Verdict.WARN)
    assert found.text.endswith(f"overridden for `{first}` by rita and sam")
    assert gate.state.consents.overrides[OrderId(first)].used_by == outcome.order_id
    denied(gate, big("3"))


@pytest.mark.parametrize("count", [101, 149, 150])
def test_no_larger_quantity_is_the_same_trade(count: int) -> None:
    gate = opened()
    overridden(gate, big("1"))
    gate.accepted(big("2", quantity=shares(count)))


@pytest.mark.parametrize(
    "other",
    [
        {"quantity": shares(151)},
        {"account": A2},
        {"instrument": VOD},
        {"side": Side.SELL},
        {"type": OrdType.MARKET, "price": None},
        {"price": price(9_999)},
        {"tif": TimeInForce.GTC},
        {"strategy": MOMENTUM},
        {"strategy": StrategyId("unheard")},
        {"locate_id": "L2"},
    ],
)
def test_other_terms_are_another_trade(other: dict[str, Any]) -> None:
    gate = opened()
    name = overridden(gate, big("1"))
    denied(gate, big("2", **other))
    assert gate.state.consents.overrides[OrderId(name)].used_by is None
    gate.accepted(big("3"))


def test_an_order_that_passes_by_itself_leaves_the_override_unused() -> None:
    gate = opened()
    name = overridden(gate, big("1"))
    gate.accepted(big("2", quantity=shares(100)))
    assert gate.state.consents.overrides[OrderId(name)].used_by is None
    gate.accepted(big("3"))


def test_a_signal_may_use_an_override() -> None:
    gate = opened()
    overridden(gate, big("1"))
    signal = Signal(order=big("2"), signalled_at=gate.at)
    outcome = gate.does(SignalAsked(signal=signal, quote=quote(IBM, 10_000, gate.at)))
    assert every(outcome, SendOrder)


def test_an_override_covers_only_what_denied_the_order() -> None:
    gate = opened(SIZE, rule("max_position", per="account", long="300", short="300"))
    overridden(gate, big("1"))
    for name in ("a", "b"):
        gate.accepted(order(name))
    outcome = gate.ask(big("2"))
    assert outcome.decision is not None
    assert [(found.kind, found.verdict) for found in outcome.decision.findings] == [
        ("max_order_quantity", Verdict.DENY),
        ("max_position", Verdict.DENY),
    ]


def test_an_override_covers_a_rules_reason_and_not_its_every_reason() -> None:
    gate = opened(rule("max_order_value", limit="12000 USD"))
    market = big("1", type=OrdType.MARKET, price=None)
    name = denied(gate, market)
    assert says(gate, "verify", "rita", name) is NOTHING
    assert says(gate, "authorise", "sam", name) is NOTHING
    denied(gate, replace(market, cl_ord_id=order("2").cl_ord_id), cents=None)


def test_the_kill_switch_cannot_be_overridden() -> None:
    gate = opened()
    name = overridden(gate, big("1"))
    halt = StateOrdered(
        scope=Scope("desk:cash"), state=TradingState.HALTED, cancel=False, by="x", reason="x"
    )
    gate.does(halt)
    stopped = denied(gate, big("2"))
    assert gate.state.consents.overrides[OrderId(name)].used_by is None
    small = denied(gate, order("3"))
    for each, fault in ((stopped, None), (small, "nothing that denied it can be overridden")):
        told = says(gate, "verify", "rita", each)
        assert told.refused is (fault is not None)
        assert fault is None or fault in told.surprises[0]


def test_an_order_that_could_not_be_asked_about_cannot_be_overridden() -> None:
    gate = opened()
    name = denied(gate, big("1", quantity=shares(-1)))
    assert "nothing that denied it" in says(gate, "verify", "rita", name).surprises[0]


def test_an_override_lives_for_minutes() -> None:
    gate = opened()
    overridden(gate, big("1"))
    gate.does(
        StateOrdered(
            scope=Scope("venue:XLON"), state=TradingState.HALTED, cancel=False, by="x", reason="x"
        ),
        after=300 * SECOND,
    )
    denied(gate, big("2"))


def test_an_override_may_say_until_when_and_no_longer_than_an_hour() -> None:
    gate = opened()
    name = denied(gate, big("1"))
    for wrong in (0, 3_600 * SECOND + 1):
        told = says(gate, "verify", "rita", name, until=Micros(gate.at + SECOND + wrong))
        assert "within the hour" in told.surprises[0]
    until = Micros(gate.at + SECOND + 3_600 * SECOND)
    assert says(gate, "verify", "rita", name, until=until) is NOTHING
    assert says(gate, "authorise", "sam", name) is NOTHING
    gate.at = Micros(until - 2 * SECOND)
    gate.accepted(big("2"))


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ([("verify", "tom")], "`tom` is not of risk"),
        ([("verify", "sam")], "`sam` is not of risk"),
        ([("verify", "eve")], "`eve` is none of the people"),
        ([("authorise", "sam")], "risk has not verified it"),
        ([("verify", "rita"), ("authorise", "rita")], "`rita` is not of supervisor"),
        ([("verify", "bo"), ("authorise", "bo")], "`bo` verified it, and somebody else"),
        ([("revoke", "rita")], "there is nothing to revoke"),
        (
            [("verify", "rita"), ("revoke", "tom")],
            "`tom` is not of compliance or risk or supervisor",
        ),
    ],
)
def test_a_step_needs_its_role_and_another_person(steps: list[tuple[str, str]], fault: str) -> None:
    gate = opened()
    name = denied(gate, big("1"))
    for step, by in steps[:-1]:
        assert says(gate, step, by, name) is NOTHING
    told = says(gate, *steps[-1], name)
    assert told.refused
    assert fault in told.surprises[0]
    denied(gate, big("2"))


def test_a_revoked_or_used_override_is_over() -> None:
    gate = opened()
    name = overridden(gate, big("1"))
    assert says(gate, "revoke", "rita", name) is NOTHING
    denied(gate, big("2"))
    name = overridden(gate, big("3"))
    used = gate.accepted(big("4"))
    assert f"it was used by `{used}`" in says(gate, "verify", "rita", name).surprises[0]


def test_only_a_denied_order_can_be_overridden_and_only_with_a_reason() -> None:
    gate = opened()
    works = gate.accepted(order("1"))
    assert "no order this gate denied" in says(gate, "verify", "rita", works).surprises[0]
    assert "no order this gate denied" in says(gate, "verify", "rita", "G999").surprises[0]
    name = denied(gate, big("2"))
    assert "needs a reason" in says(gate, "verify", "rita", name, reason=" ").surprises[0]


def test_where_no_people_are_known_nobody_overrides() -> None:
    gate = Gate.opened(rules=[SIZE])
    name = denied(gate, big("1"))
    assert "name no people" in says(gate, "verify", "rita", name).surprises[0]


def changed(gate: Gate, by: str = "rita", **more: Any) -> Outcome:
    terms = {"hard": Amount(900), "soft": None, "until": None, **more}
    return gate.does(
        LimitChanged(name="credit", scope=Scope("firm:house"), by=by, reason="new line", **terms)
    )


def limit(gate: Gate) -> tuple[int, int | None] | None:
    return gate.state.limits.find("credit", Scope("firm:house"), gate.at)


def test_a_limit_changes_for_the_day_and_back() -> None:
    gate = opened()
    assert limit(gate) == (500, 400)
    assert changed(gate, soft=Amount(800)) is NOTHING
    assert limit(gate) == (900, 800)
    assert changed(gate, hard=None) is NOTHING
    assert limit(gate) == (500, 400)
    changed(gate, until=Micros(gate.at + 2 * SECOND))
    assert limit(gate) == (900, None)
    gate.at = Micros(gate.at + SECOND)
    assert limit(gate) == (500, 400)


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"by": "tom"}, "`tom` is not of risk"),
        ({"hard": Amount(-1)}, "wanted 0 <= soft <= hard"),
        ({"soft": Amount(901)}, "wanted 0 <= soft <= hard"),
        ({"until": Micros(1)}, "its end has passed"),
    ],
)
def test_a_limit_is_risks_to_change_and_makes_sense(more: dict[str, Any], fault: str) -> None:
    gate = opened()
    told = changed(gate, **more)
    assert told.refused
    assert fault in told.surprises[0]
    assert limit(gate) == (500, 400)


def test_a_limit_that_is_no_fact_cannot_be_changed() -> None:
    gate = opened()
    body = LimitChanged(
        name="credit", scope=Scope("desk:cash"), hard=Amount(1), by="rita", reason="x"
    )
    assert "no limit `credit` for desk:cash" in gate.does(body).surprises[0]


def test_newer_facts_forget_a_change_without_an_end() -> None:
    gate = opened()
    changed(gate)
    gate.does(gate.shelf.put_reference(replace(people(), version="2")))
    assert limit(gate) == (500, 400)


def seen(gate: Gate, **more: Any) -> Outcome:
    terms: dict[str, Any] = {"instrument": IBM, "until": None, **more}
    body = WarningAcknowledged(
        account=A1, rule=RuleId("cost"), reason="costs_are_high", text="I know", by="ann", **terms
    )
    return gate.does(body)


def test_an_acknowledgement_is_of_one_warning_until_its_end() -> None:
    gate = opened()
    key = (A1, IBM, RuleId("cost"), "costs_are_high")
    assert gate.state.consents.has_seen(key, gate.at) is None
    until = Micros(gate.at + 5 * SECOND)
    assert seen(gate, until=until) is NOTHING
    found = gate.state.consents.has_seen(key, gate.at)
    assert found == Acknowledgement(seq=gate.state.next_seq - 1, by="ann", until=until)
    assert gate.state.consents.has_seen(key, until) is None
    assert gate.state.consents.has_seen((A2, *key[1:]), gate.at) is None


def test_an_acknowledgement_is_of_something_known_and_not_over() -> None:
    gate = opened()
    unknown = seen(gate, instrument=InstrumentId("XXX"))
    assert "no instrument is called `XXX`" in unknown.surprises[0]
    assert "its end has passed" in seen(gate, until=gate.at).surprises[0]
    assert not gate.state.consents.acknowledged


def test_what_people_let_pass_is_part_of_the_state_and_is_replayed() -> None:
    gate = opened()
    name = denied(gate, big("1"))
    for deed in (
        lambda: says(gate, "verify", "rita", name),
        lambda: says(gate, "authorise", "sam", name),
        lambda: gate.accepted(big("2")),
        lambda: changed(gate),
        lambda: seen(gate),
    ):
        before = json.loads(snapshot(gate.state))
        deed()
        after = json.loads(snapshot(gate.state))
        assert any(before[part] != after[part] for part in ("overrides", "limits", "acknowledged"))
    state = State(gate.shelf)
    for _ in replay(state, gate.records):
        pass
    assert digest(state) == digest(gate.state)


TRIES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "quantity": st.sampled_from([shares(count) for count in (50, 101, 150, 151)]),
            "price": st.sampled_from([price(9_999), price(10_000)]),
            "side": st.sampled_from([Side.BUY, Side.SELL]),
            "account": st.sampled_from([A1, A2]),
            "tif": st.sampled_from([TimeInForce.DAY, TimeInForce.GTC]),
        },
    ),
    max_size=6,
)


@given(TRIES, st.sampled_from([1, 60, 200]))
def test_an_override_is_one_trade_of_the_denied_terms_in_its_time(
    tries: list[dict[str, Any]], pause: int
) -> None:
    """Of orders that are too large, the first with the denied terms passes, in time; no other."""
    gate = opened()
    overridden(gate, big("0"))
    until = gate.state.consents.overrides[OrderId("G7")].until
    used = False
    for number, changes in enumerate(tries, 1):
        asked = big(str(number), **changes)
        at = Micros(gate.at + pause * SECOND)
        body = OrderAsked(order=asked, quote=quote(IBM, 10_000, at))
        outcome = gate.does(body, after=pause * SECOND)
        same = replace(asked, cl_ord_id=big("0").cl_ord_id, quantity=shares(150)) == big("0")
        uses = not used and same and shares(100) < asked.quantity <= shares(150) and at < until
        used = used or uses
        small = asked.quantity <= shares(100)
        assert bool(every(outcome, SendOrder)) is (small or uses)
