"""Run a paper broker: ``python -m adapters.paper --config paper.json``.

It says ``ready`` when it listens. Lines on standard input are commands (`adapters.paper.broker`),
each answered by a line; the end of input ends the broker, and so do SIGINT and SIGTERM. With
``--detached`` standard input is not read.

Exit codes: 0 stopped, 1 the FIX engine failed, 2 the settings or a port cannot be used.
"""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event, Thread

from adapters.paper.broker import PaperBroker
from adapters.paper.settings import read_settings


def main() -> int:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(prog="adapters.paper", description="a FIX broker on paper")
    parser.add_argument("--config", type=Path, required=True, help="settings, a JSON file")
    parser.add_argument("--detached", action="store_true", help="do not read standard input")
    chosen = parser.parse_args()
    ended = Event()
    faults: list[BaseException] = []

    def fail(fault: BaseException) -> None:
        faults.append(fault)
        ended.set()

    try:
        broker = PaperBroker(read_settings(chosen.config.read_bytes()), fail)
        broker.start()
    except (ValueError, OSError) as error:
        _print_error(f"{chosen.config}: {error}")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    _print("ready")
    if not chosen.detached:
        Thread(target=_listen, args=(broker, ended), daemon=True).start()
    ended.wait()
    broker.stop()
    for fault in faults:
        _print_error(repr(fault))
    return 1 if faults else 0


def _listen(broker: PaperBroker, ended: Event) -> None:
    for line in sys.stdin:
        if line.strip():
            broker.command(line, _print)
    ended.set()


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _print_error(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
