"""Kill the gate again and again at seeded places, and count what was lost.

    python tests/simulation/crash.py --kills 100

Worlds in which the process dies every few records: before its batch is recorded, after it and
before anything is sent, in the middle of sending, or by a failing disk; often the power goes with
it, and any subset of the sectors that were not synced is lost. After each death the journal must
open, every acknowledged record must be there, and replay must give the state that lived; in the end
the oracle asks whether anything was sent twice, dropped or never answered.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.simulation.run import verdict_on
from tests.simulation.world import World

STRETCH = 25
"""Things that happen between two deaths, about."""


def kill(seed: int, kills: int) -> World:
    """Live through a world until it has died so often, and let it come to rest."""
    world = World(seed)
    while world.deaths.total() < kills:
        world.doom()
        world.live(STRETCH)
    world.quiet()
    return world


def main() -> int:
    """Run the campaign the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="the first world")
    parser.add_argument("--kills", type=int, default=10, help="how many deaths in all")
    parser.add_argument("--each", type=int, default=25, help="how many in one world")
    asked = parser.parse_args()
    deaths: Counter[str] = Counter()
    bad = 0
    seed = asked.seed
    while deaths.total() < asked.kills:
        world = kill(seed, min(asked.each, asked.kills - deaths.total()))
        wrong = verdict_on(world)
        deaths += world.deaths
        if wrong:
            bad += 1
            print(f"seed {seed}: " + "\n  ".join(wrong[:20]))
            print(f"  again: python tests/simulation/crash.py --seed {seed} --kills {asked.each}")
        seed += 1
    for place, count in sorted(deaths.items()):
        print(f"{count:6} {place}")
    print(f"{deaths.total():6} deaths in {seed - asked.seed} worlds: {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
