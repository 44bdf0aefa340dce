"""What is noticed silently is recorded, and no desk is told: in no answer, by no door."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from domain.finding import GRAVITY, Decision, Finding, Verdict, decided
from domain.ids import RuleId
from domain.messages import CancelRefused, Report, SendOrder, ToDesk
from domain.order import Order
from gateway.outcome import Outcome
from gateway.records import write_outcome
from gateway.views import as_told, rooms
from tests.builders import A1, ALPHA, B1, BETA, IBM, Gate, every, only, order, rule, shares

WATCH = replace(
    rule("max_order_quantity", limit="700"),
    id=RuleId("watch"),
    verdict=Verdict.WARN,
    silent=True,
)
SIZE = rule("max_order_quantity", limit="1000")


def told(outcome: Outcome) -> str:
    return str([message for message in outcome.messages if isinstance(message, ToDesk)])


def noticed(outcome: Outcome) -> list[str]:
    assert outcome.decision is not None
    return [finding.rule for finding in outcome.decision.findings]


def large(name: str = "1", count: int = 800) -> Order:
    return order(name, session=BETA, account=B1, quantity=shares(count))


def test_a_watched_order_leaves_and_is_recorded_and_its_desk_learns_nothing() -> None:
    gate = Gate.opened(rules=[WATCH])
    outcome = gate.ask(large())
    assert noticed(outcome) == ["watch"]
    assert outcome.decision is not None
    assert outcome.decision.verdict is Verdict.WARN
    assert b'"rule":"watch"' in gate.records[-1]
    assert every(outcome, SendOrder)
    assert only(outcome, Report).text is None
    assert "watch" not in told(outcome)


def test_a_denied_order_is_told_all_but_the_silence_and_again_when_it_is_repeated() -> None:
    gate = Gate.opened(rules=[WATCH, SIZE])
    for outcome in (gate.ask(large(count=2000)), gate.ask(large(count=2000))):
        assert noticed(outcome) == ["watch", "test.max_order_quantity"]
        assert "test.max_order_quantity" in told(outcome)
        assert "watch" not in told(outcome)
        assert only(outcome, Report).reason == 3


def test_a_refused_replace_is_told_all_but_the_silence() -> None:
    gate = Gate.opened(rules=[WATCH, SIZE])
    gate.ask(large(count=10))
    outcome = gate.replace("1", large("2", count=2000))
    assert noticed(outcome) == ["watch", "test.max_order_quantity"]
    assert "test.max_order_quantity" in only(outcome, CancelRefused).text
    assert "watch" not in told(outcome)


def test_room_does_not_tell_of_a_silent_limit() -> None:
    loud = rule("max_position", per="account", long="1000")
    quiet = replace(loud, id=RuleId("quiet"), verdict=Verdict.WARN, silent=True)
    gate = Gate.opened(rules=[quiet, loud])
    found = rooms(gate.state, session=ALPHA, account=A1, instrument=IBM, strategy=None)
    assert found is not None
    assert [room["rule"] for room in found] == ["test.max_position"]


FINDINGS = st.lists(
    st.builds(
        lambda verdict, silent: Finding(
            rule=RuleId("r"), kind="k", verdict=verdict, reason="a_b", text="t", silent=silent
        ),
        st.sampled_from([Verdict.WARN, Verdict.REVIEW, Verdict.DENY]),
        st.booleans(),
    ),
    max_size=4,
).map(tuple)


@given(FINDINGS)
def test_what_a_desk_is_told_stops_the_order_exactly_when_it_was_stopped(
    findings: tuple[Finding, ...],
) -> None:
    whole = decided(findings, None)
    part = whole.told
    assert part.passes == whole.passes
    assert GRAVITY[part.verdict] <= GRAVITY[whole.verdict]
    assert not any(each.silent and each.verdict is Verdict.WARN for each in part.findings)
    assert [each for each in findings if not each.silent or each.verdict is not Verdict.WARN] == [
        *part.findings
    ]


@given(FINDINGS)
def test_a_record_is_told_as_the_decision_is(findings: tuple[Finding, ...]) -> None:
    def written(decision: Decision) -> object:
        return json.loads(write_outcome(Outcome(decision=decision)))["decision"]

    decision = decided(findings, None)
    recorded = written(decision)
    assert isinstance(recorded, dict)
    assert as_told(recorded) == written(decision.told)
