"""The gate of the order-flow transcripts, as a program::

    python -m tests.acceptance.house SETTINGS

It says `open` once its broker is there, and ends with SIGTERM.
"""

import sys
import time
from pathlib import Path
from typing import Any

from adapters.facts.load import read_facts
from gateway.gate import Gate
from gateway.local_door import LocalCaller
from gateway.running import run
from gateway.settings import Settings, read_settings


def announce(settings: Settings) -> None:
    """Say `open` when every session with a broker is up."""
    assert settings.fix is not None
    brokers = settings.fix.links.brokers
    caller = LocalCaller(settings.door)
    while not all(links_of(caller).get(route) for route in brokers):
        time.sleep(0.05)
    caller.close()
    print("open", flush=True)


def links_of(caller: LocalCaller) -> dict[str, Any]:
    health: Any = caller.ask({"look": "health"})["health"]
    links: dict[str, Any] = health["links"]
    return links


def main(path: Path) -> int:
    first = read_settings(path, environ={})
    reference = read_facts(first.facts)
    settings = read_settings(path, environ={}, reference=reference)

    def opened(_: Gate) -> None:
        announce(settings)

    return run(settings, reference, opened)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
