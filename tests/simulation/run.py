"""Live through seeded worlds, and say which the oracle found wrong.

    python tests/simulation/run.py                      # twenty worlds
    python tests/simulation/run.py --seed 7 --runs 1    # that one again

Exit code 1 when anything was wrong; each wrong world is named with the command that replays it.
"""

import argparse
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.simulation.oracle import judge
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one world."""

    seed: int
    events: int
    wrong: list[str]
    records: int = 0
    orders: int = 0
    deaths: int = 0

    @property
    def command(self) -> str:
        return f"python tests/simulation/run.py --seed {self.seed} --runs 1 --events {self.events}"

    def __str__(self) -> str:
        told = (
            f"seed {self.seed}: {self.records} records, {self.orders} orders, {self.deaths} deaths"
        )
        if not self.wrong:
            return told
        return "\n  ".join([told, *self.wrong[:20], f"again: {self.command}"])


def verdict_on(world: World) -> list[str]:
    """Have a world judged that has had its quiet end."""
    wrong = world.wrong + judge(
        records=world.records(),
        logs={route: wire.broker.log for route, wire in world.wires.items()},
        limits=world.limits,
        facts=world.facts,
        standing=world.standing,
        heard=world.desks,
    )
    return wrong if world.settled else [*wrong, "the world does not come to rest"]


def live(seed: int, events: int) -> Verdict:
    """Live through one world and have it judged. A crash of the gate itself is wrong too."""
    try:
        world = World(seed)
        world.live(events)
        world.quiet()
        wrong = verdict_on(world)
    except Exception:  # noqa: BLE001 (whatever ends a world is what we look for)
        return Verdict(seed, events, traceback.format_exc().splitlines())
    orders = len(world.state.book.orders)
    return Verdict(seed, events, wrong, world.journal.size, orders, world.deaths.total())


def main() -> int:
    """Run the campaign the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="the first world")
    parser.add_argument("--runs", type=int, default=20, help="how many worlds")
    parser.add_argument("--events", type=int, default=1000, help="things that happen in each")
    asked = parser.parse_args()
    began = time.monotonic()
    verdicts = []
    for seed in range(asked.seed, asked.seed + asked.runs):
        verdicts.append(live(seed, asked.events))
        print(verdicts[-1], flush=True)
    bad = [verdict for verdict in verdicts if verdict.wrong]
    records = sum(verdict.records for verdict in verdicts)
    deaths = sum(verdict.deaths for verdict in verdicts)
    took = time.monotonic() - began
    print(
        f"{len(verdicts)} worlds, {records} records, {deaths} deaths in {took:.0f} s: "
        f"{len(bad)} wrong"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
