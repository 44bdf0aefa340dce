"""The kill switch: from the order to halt until the broker has confirmed every cancel.

A gate with a number of working orders at a paper broker, over real FIX sessions. `answered` is the
time until the halt is recorded (from then on every new order is denied) and every cancel is on the
wire; `confirmed` until the last of them is confirmed by the broker and that is recorded, too.

    python -m tests.bench.bench_kill [--orders N]

JSON on standard output.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.local_door import LocalCaller
from tests.acceptance.transcript import free_port
from tests.bench.bench_fix import FACTS, POLICY, ROOT, SETTINGS, opened

PROGRAM = "from gateway.cli import main; main()"
SESSION = "rest"


@contextmanager
def working(home: Path, orders: int) -> Iterator[LocalCaller]:
    """Run a broker and a gate, and bring orders to work."""
    desk, broker = free_port(), free_port()
    facts = FACTS.replace("sessions: {", f"sessions: {{{SESSION}: {{desk: equities}}, ")
    (home / "facts.yaml").write_text(facts)
    (home / "policy.yaml").write_text(POLICY)
    (home / "ordergate.yaml").write_text(SETTINGS.format(desk_port=desk, broker_port=broker))
    session = {
        "name": "gate",
        "version": "FIX.4.4",
        "ours": "BROKER",
        "theirs": "GATE",
        "port": broker,
    }
    listing = {
        "id": "MSFT.XNAS",
        "symbol": "MSFT",
        "mic": "XNAS",
        "currency": "USD",
        "script": "paper: ack",
    }
    config = {"folder": str(home / "paper"), "sessions": [session], "instruments": [listing]}
    (home / "paper.json").write_text(json.dumps(config))
    paper = [sys.executable, "-m", "adapters.paper", "--config", str(home / "paper.json")]
    gate = [sys.executable, "-c", PROGRAM, "run", str(home / "ordergate.yaml")]
    log = (home / "log").open("w")
    with (
        subprocess.Popen([*paper, "--detached"], cwd=ROOT, stdout=subprocess.PIPE) as there,
        subprocess.Popen(gate, cwd=ROOT, stdout=log, stderr=log) as here,
    ):
        caller = opened(home / "gate.sock", here, home / "log")
        until(caller, lambda state: state["routes"] == ["broker"])
        quote = {"at": time.time_ns() // 1000, "instrument": "MSFT.XNAS", "last": "15.54"}
        caller.ask({"quotes": [quote]})
        for number in range(orders):
            order = {
                "session": SESSION,
                "cl_ord_id": f"K{number}",
                "account": "ACC1",
                "instrument": "MSFT.XNAS",
                "side": "1",
                "type": "2",
                "quantity": "100",
                "price": "15.54",
            }
            caller.ask({"event": {"is": "OrderAsked", "order": order}})
        yield caller
        caller.close()
        here.terminate()
        here.wait()
        there.terminate()
    log.close()


def until(caller: LocalCaller, wanted: Any) -> dict[str, Any]:
    """Ask how the gate stands until it stands as wanted."""
    deadline = time.monotonic() + 60
    while True:
        state: Any = caller.ask({"look": "state"})["state"]
        if wanted(state):
            return dict(state)
        assert time.monotonic() < deadline, state
        time.sleep(0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="orders working at the kill")
    told = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        working(Path(folder), told.orders) as caller,
    ):
        halt = {
            "is": "StateOrdered",
            "scope": "firm:firm",
            "state": "halted",
            "cancel": True,
            "by": "bench",
            "reason": "measured",
        }
        began = time.perf_counter()
        caller.ask({"event": halt})
        answered = time.perf_counter() - began
        state = until(caller, lambda state: all(kill["done_at"] for kill in state["kills"]))
        confirmed = time.perf_counter() - began
        (kill,) = state["kills"]
        assert not kill["refused"]
        assert state["working"] == 0
    print(
        json.dumps(
            {
                "orders": told.orders,
                "answered_ms": round(answered * 1e3, 1),
                "confirmed_ms": round(confirmed * 1e3, 1),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
