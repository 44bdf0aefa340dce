"""Rules with dates: an order is judged by the rules in force at its own instant."""

from datetime import UTC, datetime

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import Micros
from rules.fault import PolicyFaults
from rules.parse import parse_policy
from rules.schema import policy_schema
from rules.term import ALWAYS, Term, read_moment
from rules.trial import read_trials, run


def micros(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-06-04", "2026-06-04T00:00"),
        ("2026-06-04 America/New_York", "2026-06-04T04:00"),
        ("2026-01-05 America/New_York", "2026-01-05T05:00"),
        ("2026-06-04 09:30 America/New_York", "2026-06-04T13:30"),
        ("2026-06-04T13:30:00Z", "2026-06-04T13:30"),
        ("2026-06-04 13:30+02:00", "2026-06-04T11:30"),
    ],
)
def test_a_day_is_the_instant_at_which_it_begins_there(written: str, utc: str) -> None:
    assert read_moment(written) == micros(utc)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("soon", "is not a day or an instant such as 2026-06-04"),
        ("20260604", "is not a day or an instant"),
        ("2026-02-30", "day is out of range for month"),
        ("2026-06-04T13:30", "says no zone: wanted an offset, or a name after it"),
        ("2026-06-04T13:30Z Europe/Paris", "has an offset and a zone"),
        ("2026-06-04 Mars/North", "`Mars/North` is not a time zone"),
        ("2026-03-08 02:30 America/New_York", "a time the clocks there skip"),
        ("2026-11-01 01:30 America/New_York", "a time the clocks there show twice"),
        ("2018-11-04 America/Sao_Paulo", "a time the clocks there skip"),
    ],
)
def test_what_is_no_one_instant_is_refused(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_moment(written)


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("2026-06-04", True),
        ("2026-06-04 America/New_York", True),
        ("2026-06-04T13:30:00Z", True),
        ("soon", False),
        ("20260604", False),
    ],
)
def test_editors_are_told_how_a_day_is_written(written: str, right: bool) -> None:
    schema = jsonschema_rs.validator_for(policy_schema())
    rule = {"id": "a", "kind": "max_order_quantity", "limit": 1, "effective_from": written}
    assert schema.is_valid({"policy": "p", "version": 1, "rules": [rule]}) is right


instants = st.none() | st.integers(0, 10).map(Micros)


@given(instants, instants, instants, st.integers(-1, 11).map(Micros))
def test_terms_that_meet_leave_no_instant_to_neither_and_none_to_both(
    since: Micros | None, meet: Micros | None, until: Micros | None, at: Micros
) -> None:
    earlier, later, whole = Term(since, meet), Term(meet, until), Term(since, until)
    in_order = [one for one in (since, meet, until) if one is not None]
    if meet is not None and in_order == sorted(in_order):
        assert earlier.holds(at) + later.holds(at) == whole.holds(at)


def test_a_term_says_its_ends() -> None:
    assert str(ALWAYS) == "always"
    assert str(Term(read_moment("2026-06-04"))) == "from 2026-06-04"
    term = Term(read_moment("2026-06-04"), read_moment("2027-10-20 America/New_York"))
    assert str(term) == "from 2026-06-04 until 2027-10-20 04:00 UTC"


OLD_AND_NEW = """
trials:
  - name: a limit that changes on 4 June in New York
    rules:
      - id: old
        kind: max_order_quantity
        limit: 100
        effective_until: 2026-06-04 America/New_York
      - id: new
        kind: max_order_quantity
        limit: 50
        effective_from: 2026-06-04 America/New_York
      - {id: always, kind: max_order_quantity, limit: 80, verdict: warn}
    ladder:
      - it: the old limit holds to the last microsecond
        given: {at: "2026-06-04T03:59:59.999999Z"}
        order: {quantity: 100}
        wanted: {rule: always, verdict: warn, reason: order_quantity_exceeds_limit}
        rooms:
          - {rule: old, limit: 100, unit: units}
          - {rule: always, limit: 80, unit: units}
      - it: and says no as ever
        given: {at: "2026-06-04T03:59:59.999999Z"}
        order: {quantity: 101}
        wanted:
          - {rule: old, reason: order_quantity_exceeds_limit, limit: 100}
          - {rule: always, verdict: warn, reason: order_quantity_exceeds_limit}
      - it: then the new one, from its first
        given: {at: "2026-06-04T04:00:00Z"}
        order: {quantity: 51}
        wanted: {rule: new, reason: order_quantity_exceeds_limit, limit: 50}
      - it: a stricter rule with dates stands in for no rule without
        given: {at: "2026-06-04T03:59:59Z"}
        order: {quantity: 81}
        wanted: {rule: always, verdict: warn, reason: order_quantity_exceeds_limit}
"""


def test_an_order_is_judged_by_the_rules_of_its_own_instant() -> None:
    for trial in read_trials(OLD_AND_NEW.encode(), file="t.yaml"):
        assert run(trial) == (), trial.name


def test_a_rule_that_ends_before_it_begins_is_a_fault() -> None:
    text = (
        b"policy: p\nversion: 1\nrules:\n"
        b"  - id: a\n    kind: max_order_quantity\n    limit: 1\n"
        b"    effective_from: 2026-06-04\n    effective_until: 2026-06-04\n"
        b"  - {id: b, kind: max_order_quantity, limit: 1, effective_from: soon}\n"
    )
    with pytest.raises(PolicyFaults) as caught:
        parse_policy(text, file="p.yaml")
    assert [str(fault).partition(" is not a day")[0] for fault in caught.value.faults] == [
        "p.yaml:8:22: `effective_until` must be after `effective_from`",
        "p.yaml:9:65: `effective_from`: `soon`",
    ]
