"""Load for anything that takes FIX in and sends FIX out: a desk, a broker, and what lies between.

The desk and the broker are programs of their own, plain blocking sockets that know just enough
FIX: they cost a few microseconds a message, and do not dominate. What stands between them must
pass each order on, in order, from the session ``DESK → GATE`` at one port to the session ``GATE →
BROKER`` that it dials at another; its stores should be fresh.

*Flood*: orders are sent as fast as they are taken. Orders a second from the first sent to the last
arrived, and the CPU time that the program between used for each.
*Paced*: a thousand a second. From sending an order to its arrival, by the clock both share.

    python -m tests.bench.fix_load --desk-port 5001 --broker-port 5002 --pid 4711

is started before the program, or while that is dialling. JSON on standard output.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.fix.wire import first_message, framed, logon

ORDER = "21=1|55=MSFT|54=1|38=100|40=2|44=15.54|59=0|1=ACC1|58=a note of the trader|"
"""What an order says besides its ClOrdID (11) and TransactTime (60)."""

_NEW_ORDER = re.compile(rb"\x0135=D\x01")
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What is sent, and between whom."""

    desk_port: int
    broker_port: int
    begin_string: str = "FIX.4.4"
    order: str = ORDER
    desk: str = "DESK"
    gate: str = "GATE"
    broker: str = "BROKER"


class Between:
    """The two ends of a program under load. A context manager."""

    def __init__(self, load: Load, folder: Path) -> None:
        """Listen as the broker. The program may be started now."""
        self._load = load
        self.desk_port = load.desk_port
        """Where the desk dials: at the program, or at a door before it."""
        self._files = {end: folder / end for end in ("desk", "broker")}
        self._ends = {"broker": _end("broker", load, self._files["broker"])}
        assert self._hear("broker") == "listening"

    def connect(self) -> None:
        """Wait for the program to dial the broker, then log the desk on."""
        assert self._hear("broker") == "logged on"
        load = replace(self._load, desk_port=self.desk_port)
        self._ends["desk"] = _end("desk", load, self._files["desk"])
        assert self._hear("desk") == "logged on"

    def measure(self, pid: int, orders: int, rate: int) -> dict[str, float]:
        """Send `orders` at `rate` a second, or as fast as they are taken where it is 0."""
        cpu = _cpu_s(pid)
        for end in ("broker", "desk"):
            self._say(end, f"{orders} {rate}")
        for end in ("desk", "broker"):
            assert self._hear(end) == "done"
        cpu = _cpu_s(pid) - cpu
        sent, arrived = (_times(self._files[end]) for end in ("desk", "broker"))
        figures: dict[str, float] = {"orders": orders, "cpu_us": round(cpu / orders * 1e6, 1)}
        if rate == 0:
            return figures | {"orders_per_s": round(orders / (arrived[-1] - sent[0]) * 1e9)}
        delays = sorted((end - begin) / 1e3 for begin, end in zip(sent, arrived, strict=True))
        return figures | {
            "rate": rate,
            "p50_us": round(delays[orders // 2]),
            "p99_us": round(delays[orders * 99 // 100]),
            "max_us": round(delays[-1]),
        }

    def _say(self, end: str, line: str) -> None:
        program = self._ends[end]
        assert program.stdin is not None
        program.stdin.write(f"{line}\n")
        program.stdin.flush()

    def _hear(self, end: str) -> str:
        program = self._ends[end]
        assert program.stdout is not None
        line = program.stdout.readline().strip()
        if not line:
            raise RuntimeError(f"the {end} of the load ended with {program.wait()}")
        return line

    def close(self) -> None:
        for program in self._ends.values():
            program.communicate()


@contextmanager
def between(load: Load) -> Iterator[Between]:
    with tempfile.TemporaryDirectory() as folder:
        ends = Between(load, Path(folder))
        try:
            yield ends
        finally:
            ends.close()


def run(ends: Between, pid: int, *, paced: int, flood: int) -> dict[str, Any]:
    """Warm up, then take both figures."""
    ends.connect()
    ends.measure(pid, 1000, 0)
    return {"paced": ends.measure(pid, paced, 1000), "flood": ends.measure(pid, flood, 0)}


# --------------------------------------------------------------------------------- the two ends


def desk(load: Load, file: Path) -> None:
    """Send orders as told on standard input; read and forget what is answered."""
    connection = socket.create_connection(("127.0.0.1", load.desk_port), _PATIENCE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(logon(load.begin_string, load.desk, load.gate, 1, datetime.now(UTC)))
    assert b"\x0135=A\x01" in connection.recv(4096)
    print("logged on", flush=True)
    number = 1
    for line in sys.stdin:
        orders, rate = map(int, line.split())
        messages = [_order(load, number + count) for count in range(1, orders + 1)]
        number += orders
        times = array("q", bytes(8 * orders))
        began = time.monotonic_ns()
        for count, message in enumerate(messages):
            if rate:
                due = began + count * 1_000_000_000 // rate
                while (early := due - time.monotonic_ns()) > 0:
                    time.sleep(early / 1e9)
            times[count] = time.monotonic_ns()
            connection.sendall(message)
            if count % 32 == 0:
                _drain(connection)
        file.write_bytes(times.tobytes())
        print("done", flush=True)
        _drain(connection)


def broker(load: Load, file: Path) -> None:
    """Note when each order arrives, as many as told on standard input."""
    server = socket.create_server(("127.0.0.1", load.broker_port))
    server.settimeout(_PATIENCE_S)
    print("listening", flush=True)
    connection, _ = server.accept()
    connection.settimeout(_PATIENCE_S)
    received = b""
    while first_message(received) is None:
        received += connection.recv(4096)
    connection.sendall(logon(load.begin_string, load.broker, load.gate, 1, datetime.now(UTC)))
    print("logged on", flush=True)
    for line in sys.stdin:
        orders = int(line.split()[0])
        times = array("q")
        rest = b""
        while len(times) < orders:
            chunk = connection.recv(1 << 18)
            now = time.monotonic_ns()
            assert chunk, "the program under load hung up"
            found = len(_NEW_ORDER.findall(rest + chunk))
            times.extend([now] * found)
            rest = (rest + chunk)[-5:] if not (rest + chunk).endswith(b"\x0135=D\x01") else b""
        file.write_bytes(times.tobytes())
        print("done", flush=True)


def _order(load: Load, number: int) -> bytes:
    now = datetime.now(UTC)
    sent = now.strftime("%Y%m%d-%H:%M:%S.") + f"{now.microsecond // 1000:03}"
    names = f"49={load.desk}|52={sent}|56={load.gate}|"
    body = f"35=D|34={number}|{names}11=ORD-{number:08}|60={sent}|{load.order}"
    return framed(load.begin_string, body.replace("|", "\x01").encode())


def _drain(connection: socket.socket) -> None:
    connection.setblocking(False)
    try:
        while connection.recv(1 << 18):
            pass
    except BlockingIOError:
        pass
    finally:
        connection.settimeout(_PATIENCE_S)


def _end(end: str, load: Load, file: Path) -> "subprocess.Popen[str]":
    told = json.dumps(asdict(load))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.fix_load", end, told, str(file)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _cpu_s(pid: int) -> float:
    """CPU time a process has used, user and system; Linux."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _times(file: Path) -> "array[int]":
    return array("q", file.read_bytes())


def main() -> None:
    if sys.argv[1:2] in (["desk"], ["broker"]):
        end = desk if sys.argv[1] == "desk" else broker
        end(Load(**json.loads(sys.argv[2])), Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desk-port", type=int, required=True)
    parser.add_argument("--broker-port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--order", default=ORDER)
    parser.add_argument("--paced", type=int, default=5000)
    parser.add_argument("--flood", type=int, default=20000)
    told = parser.parse_args()
    with between(Load(told.desk_port, told.broker_port, order=told.order)) as ends:
        print(json.dumps(run(ends, told.pid, paced=told.paced, flood=told.flood), indent=2))


if __name__ == "__main__":
    main()
