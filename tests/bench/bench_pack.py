"""How long a whole starter pack takes to judge an order: `python -m tests.bench.bench_pack`.

The pack is `policies/us-broker-dealer.yaml`, every kind of it on, in a world that has all it asks
for: entitlements, limits, statuses, volumes, an equity, an issuer, a client. An order that passes
every rule is the slowest yes. Then the same rules stand there again for other desks, four and
nineteen times over: the cost must grow with the rules that apply, not with those that exist.

`judge` is `Panel.judge`, `case` gathering the order's facts, `bind` finding and binding the rules
of a place, which happens once for every account, strategy, session and instrument. Microseconds, of
the quietest of several runs; the p50 of the largest over that of the smallest is told as `growth`.
JSON on standard output.
"""

import argparse
import gc
import json
import platform
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.finding import decided
from domain.ids import InstrumentId, Micros
from domain.scope import Level
from rules.case import Case
from rules.given import GivenText, OrderText
from rules.parse import parse_policy
from rules.policy import Policy
from rules.world import World
from rules.written import Written
from tests.bench.bench_decide import timed

PACK = Path(__file__).parents[2] / "policies" / "us-broker-dealer.yaml"

TIMES = (1, 5, 20)
"""How often the pack stands there: once for the order's desk, the others for other desks."""


def repeated(pack: Policy, times: int) -> Policy:
    """Give the pack with its rules written again for other desks."""
    others = [
        replace(
            rule,
            id=type(rule.id)(f"{rule.id}.{number}"),
            scope={**rule.scope, Level.DESK: frozenset({f"other{number}"})},
        )
        for number in range(1, times)
        for rule in pack.rules
    ]
    return replace(pack, rules=(*pack.rules, *others))


class Desk:
    """One place bound to a policy, and an order that passes."""

    def __init__(self, policy: Policy, given: GivenText) -> None:
        self.policy = policy
        world = World(given, policy.memories())
        self.at = world.at
        self.order = world.order(OrderText(), "1")
        self.place = world.place(self.order)
        self.quote = world.quote(InstrumentId(self.order.instrument))
        self.panel = policy.bind(self.place)
        found = self.panel.judge(self.case())
        assert decided(found, None).passes, found

    def case(self, _number: int = 0) -> Case:
        """Gather the order's facts."""
        return Case(at=Micros(self.at), order=self.order, place=self.place, quote=self.quote)

    def measure(self, calls: int) -> dict[str, Any]:
        """Time judging, gathering and binding."""
        case, judge, bind = self.case(), self.panel.judge, self.policy.bind
        before = time.process_time_ns()
        for _ in range(20):
            bind(self.place)
        binding = (time.process_time_ns() - before) / 20_000
        return {
            "rules": len(self.policy.rules),
            "checks": len(self.panel.checks),
            "judge": timed(lambda _: judge(case), 1, calls),
            "case": timed(self.case, 1, calls),
            "bind": round(binding),
        }


def world() -> GivenText:
    """Read the world beside this file."""
    path = Path(__file__).with_suffix(".yaml")
    given = Written.yaml(path.read_bytes(), file=str(path)).read(GivenText)
    assert given is not None, path
    return given


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000, help="judgements in each run")
    calls = parser.parse_args().calls
    pack, given = parse_policy(PACK.read_bytes(), file=str(PACK)), world()
    desks = {times: Desk(repeated(pack, times), given) for times in TIMES}
    gc.collect()
    gc.freeze()
    gc.disable()
    found: dict[str, Any] = {f"{times} times": desk.measure(calls) for times, desk in desks.items()}
    first, last = (found[f"{times} times"]["judge"]["p50"] for times in (TIMES[0], TIMES[-1]))
    found["growth"] = round(last / first, 2)
    print(json.dumps({"python": platform.python_version(), **found}, indent=2))


if __name__ == "__main__":
    main()
