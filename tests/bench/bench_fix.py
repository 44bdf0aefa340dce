"""FIX in → FIX out: the whole gate over loopback, beside a relay that checks nothing.

Both stand between the same desk and broker (`tests.bench.fix_load`), one after the other in one
run. The relay is quickfix in Python with file stores. The gate reads, judges (`POLICY`: twenty
rules that all apply), holds, records with a sync, and writes, keeping no copy of orders that are
never resent. Its journal is on the same disk as
the relay's stores.

    python -m tests.bench.bench_fix [--paced N] [--flood N] [--profile FILE]

JSON on standard output: `ratio` is the gate's orders a second over the relay's, `added` what the
gate adds at a thousand orders a second, journal included.
"""

import argparse
import json
import os
import signal
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
from tests.bench.fix_load import Load, between, run
from tests.bench.relay import measured

ROOT = Path(__file__).parents[2]

POLICY = """\
policy: bench
version: 1
rules:
  - id: class
    kind: condition
    when: instrument.asset_class not in ["equity", "fund"]
    message: this desk trades shares and funds only
  - {id: restricted, kind: restricted_list, list: restricted}
  - {id: watch, kind: restricted_list, list: watch, verdict: warn}
  - {id: validity, kind: instrument_validity}
  - {id: hours, kind: session_hours}
  - {id: quote, kind: quote_age, max_age: 1h}
  - {id: quantity, kind: max_order_quantity, limit: 50000}
  - {id: value, kind: max_order_value, limit: 2000000 USD, slippage: 5%}
  - {id: value.review, kind: max_order_value, limit: 1000000 USD, slippage: 5%, verdict: review}
  - {id: collar, kind: price_collar, percent: 5%}
  - {id: collar.aggressive, kind: price_collar, percent: 2%, aggressive_only: true, market: touch}
  - {id: position.account, kind: max_position, per: account, long: 900000000, short: 900000000}
  - {id: position.desk, kind: max_position, per: desk, net: 900000000}
  - {id: exposure.account, kind: max_exposure, per: account, gross: 90000000000 USD}
  - {id: exposure.desk, kind: max_exposure, per: desk, gross: 90000000000 USD}
  - {id: exposure.firm, kind: max_exposure, per: firm, gross: 90000000000 USD}
  - {id: rate, kind: message_rate, per: session, limit: 65536, window: 1s}
  - {id: open, kind: max_open_orders, per: account, limit: 90000000}
  - {id: self, kind: self_trade, within: owner}
  - {id: short, kind: short_sale}
  - {id: locate, kind: locate}
"""

FACTS = """\
base: USD
calendars: {XNAS: {always_open: true}}
instruments:
  - {symbol: MSFT, mic: XNAS, asset_class: equity, currency: USD, tick: 0.01}
lists: {restricted: [], watch: []}
accounts: {firm: {equities: {trader: {ACC1: {}}}}}
sessions: {desk: {desk: equities}}
routes: [{id: broker}]
"""

SETTINGS = """\
gate: bench
policy: policy.yaml
facts: facts.yaml
journal: {{path: journal, key: journal.key}}
inbox: 100000
fix:
  inner_ports: {desk_port}
  desks: [{{id: desk, version: FIX.4.4, ours: GATE, theirs: DESK}}]
  brokers:
    - id: broker
      version: FIX.4.4
      ours: GATE
      theirs: BROKER
      host: 127.0.0.1
      port: {broker_port}
      retry: 1s
      keeps_messages: false
"""


@contextmanager
def gate(load: Load, profile: Path | None) -> Iterator[int]:
    """Run a gate as a program of its own; gives its process id."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "policy.yaml").write_text(POLICY)
        (home / "facts.yaml").write_text(FACTS)
        text = SETTINGS.format(desk_port=load.desk_port, broker_port=load.broker_port)
        (home / "ordergate.yaml").write_text(text)
        program = "from gateway.cli import main; main()"
        command = [sys.executable, "-c", program, "run", str(home / "ordergate.yaml")]
        log = (home / "log").open("w")
        with subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as running:
            caller = opened(home / "gate.sock", running, home / "log")
            quote = {"at": time.time_ns() // 1000, "instrument": "MSFT.XNAS", "last": "15.54"}
            caller.ask({"quotes": [quote]})
            caller.close()
            with profiled(running.pid, profile):
                yield running.pid
            running.terminate()
        log.close()
        assert running.returncode == 0, (home / "log").read_text()


@contextmanager
def profiled(pid: int, file: Path | None) -> Iterator[None]:
    """Let py-spy, where it is installed, write a program's stacks to a file, if one is named."""
    if file is None:
        yield
        return
    command = ["py-spy", "record", "--pid", str(pid), "-r", "400", "-f", "raw", "-o", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as spy:
        yield
        spy.send_signal(signal.SIGINT)


def opened(path: Path, program: "subprocess.Popen[bytes]", log: Path) -> LocalCaller:
    """Wait until a gate that was started answers at its local door."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return LocalCaller(path)
        except OSError:
            assert program.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the gate does not open"
            time.sleep(0.05)


def measured_gate(*, paced: int, flood: int, profile: Path | None = None) -> dict[str, Any]:
    """Put the gate under load."""
    load = Load(free_port(), free_port())
    with between(load) as ends, gate(load, profile) as pid:
        return run(ends, pid, paced=paced, flood=flood)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paced", type=int, default=5000, help="orders at 1000 a second")
    parser.add_argument("--flood", type=int, default=20000, help="orders as fast as they go")
    parser.add_argument("--profile", type=Path, help="where py-spy writes the gate's stacks")
    told = parser.parse_args()
    if told.profile is not None:
        found = measured_gate(paced=told.paced, flood=told.flood, profile=told.profile.absolute())
        print(json.dumps(found, indent=2))
        return
    relay = measured("bare", paced=told.paced, flood=told.flood)
    whole = measured_gate(paced=told.paced, flood=told.flood)
    print(
        json.dumps(
            {
                "cores": os.cpu_count(),
                "relay": relay,
                "gate": whole,
                "ratio": round(whole["flood"]["orders_per_s"] / relay["flood"]["orders_per_s"], 2),
                "added": {
                    name: whole["paced"][name] - relay["paced"][name]
                    for name in ("p50_us", "p99_us")
                },
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
