"""How often each rule found something, and when last, from the decisions a journal holds.

A rule is known by its id, which is never given to another, so its past goes on through every
version of the policy. A repeated question got the first answer again and is not counted twice.
"""

import json
from collections.abc import Iterable

from domain.finding import Verdict
from domain.ids import RuleId
from gateway.records import read_record
from rules.controls.coverage import Fired


def fired(records: Iterable[bytes]) -> dict[RuleId, Fired]:
    """Count the findings of every rule, in the order of records."""
    found: dict[RuleId, Fired] = {}
    for line in records:
        if b'"findings"' not in line:
            continue
        event, text = read_record(line)
        outcome = json.loads(text)
        if outcome.get("repeat"):
            continue
        named = {
            RuleId(one["rule"])
            for one in outcome.get("decision", {}).get("findings", ())
            if one["verdict"] != Verdict.ALLOW
        }
        for rule in named:
            before = found.get(rule)
            found[rule] = Fired(1 if before is None else before.count + 1, event.at, event.seq)
    return found
