"""What protects a client on the way through the gate: what is recorded, told, and let through."""

import json
from dataclasses import replace
from typing import Any

from domain.client import Client, ClientClass, Service
from domain.events import WarningAcknowledged
from domain.finding import Verdict
from domain.ids import ClientId, Micros
from domain.messages import Report, SendOrder
from domain.product import Product
from domain.scope import Level
from gateway.outcome import Outcome
from gateway.views import as_told
from tests.builders import A1, IBM, START, Gate, every, only, order, policy, reference, rule

C7 = ClientId("C7")
CLIENT = Client(
    id=C7,
    version="3",
    as_of=START,
    category=ClientClass.RETAIL,
    service=Service.EXECUTION_ONLY,
    risk_tolerance=3,
)
PRODUCT = Product(
    instrument=IBM,
    version="12",
    family="cfd",
    complex=True,
    priip=False,
    exempt_offering=False,
    sri=3,
)
TOLERANCE = rule("risk_tolerance")
REASON = "risk_indicator_exceeds_tolerance"


def facts(**changed: Any) -> Any:
    known = reference()
    accounts = {**known.accounts, A1: replace(known.accounts[A1], client=C7)}
    products = {IBM: replace(PRODUCT, **changed)}
    return reference(accounts=accounts, clients={C7: CLIENT}, products=products)


def acknowledged(**changed: Any) -> WarningAcknowledged:
    told = WarningAcknowledged(
        account=A1,
        instrument=IBM,
        rule=TOLERANCE.id,
        reason=REASON,
        text="riskier than you wanted",
        by="ann",
    )
    return replace(told, **changed)


def reasons(outcome: Outcome) -> list[str]:
    assert outcome.decision is not None
    return [finding.reason for finding in outcome.decision.findings]


def test_a_pass_is_recorded_with_its_versions_and_told_to_nobody() -> None:
    gate = Gate.opened(facts(), [TOLERANCE])
    outcome = gate.ask(order())
    assert every(outcome, SendOrder)
    recorded = json.loads(gate.records[-1])["outcome"]["decision"]
    assert recorded["verdict"] == "allow"
    assert recorded["policy"] == policy([TOLERANCE]).digest
    (found,) = recorded["findings"]
    assert found["verdict"] == "allow"
    assert found["text"].endswith(
        "(client `C7` version 3, product `IBM` version 12, appropriateness)"
    )
    assert as_told(recorded)["findings"] == []
    assert outcome.decision is not None
    assert outcome.decision.told.findings == ()


def test_a_warning_stops_the_order_until_it_is_acknowledged() -> None:
    gate = Gate.opened(facts(sri=6), [TOLERANCE])
    denied = gate.ask(order("1"))
    assert reasons(denied) == [f"{REASON}_unacknowledged"]
    told = only(denied, Report)
    assert told.text is not None
    assert f"acknowledge `{REASON}` of rule `{TOLERANCE.id}` to insist" in told.text

    seen = gate.state.next_seq
    assert not gate.does(acknowledged()).refused
    passed = gate.ask(order("2"))
    assert every(passed, SendOrder)
    assert passed.decision is not None
    assert passed.decision.verdict is Verdict.WARN
    assert f"acknowledged by `ann` in record {seen}" in passed.decision.findings[0].text


def test_an_acknowledgement_runs_out() -> None:
    gate = Gate.opened(facts(sri=6), [TOLERANCE])
    gate.does(acknowledged(until=Micros(gate.at + 10_000_000)))
    assert reasons(gate.ask(order("1"))) == [REASON]
    gate.at = Micros(gate.at + 10_000_000)
    assert reasons(gate.ask(order("2"))) == [f"{REASON}_unacknowledged"]


def test_a_new_version_of_the_product_is_asked_at_once() -> None:
    gate = Gate.opened(facts(), [TOLERANCE])
    gate.accepted(order("1"))
    gate.does(gate.shelf.put_reference(facts(sri=4, version="13")))
    denied = gate.ask(order("2"))
    assert denied.decision is not None
    assert "product `IBM` version 13" in denied.decision.findings[0].text


def test_an_account_without_such_rules_pays_and_records_nothing() -> None:
    scoped = replace(TOLERANCE, scope={Level.ACCOUNT: frozenset({"A2"})})
    gate = Gate.opened(facts(), [scoped])
    assert gate.ask(order()).decision is not None
    assert json.loads(gate.records[-1])["outcome"]["decision"].get("findings", []) == []
