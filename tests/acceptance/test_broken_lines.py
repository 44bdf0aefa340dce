"""Lines that break in the middle of the flow, over real FIX sessions with the real gate.

Both sides of the gate are played by hand, message by message, because what matters here is what a
well-behaved program on the other side would never show: a socket that dies, numbers that are
missing, an order nobody knows any more.
"""

import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest

from adapters.fix.port import Field
from tests.acceptance.transcript import PATIENCE_S, free_port

pytest.importorskip("quickfix", reason="quickfix is not installed")

from tests.adapters.fix.peer import Peer

pytestmark = pytest.mark.fix

ROOT = Path(__file__).parents[2]
FLOW = Path(__file__).parent / "order_flow"
SETTINGS = """
gate: lines
policy: policy.yaml
facts: facts.yaml
journal: {{path: journal, key: journal.key}}
fix:
  inner_ports: {desks}
  desks:
    - {{id: desk-44, version: FIX.4.4, ours: GATE, theirs: DESK}}
  brokers:
    - {{id: broker, version: FIX.4.4, ours: GATE, theirs: BROKER, host: 127.0.0.1, port: {broker},
       retry: 1s}}
"""
AT_ONCE = struct.pack("ii", 1, 0)


def value(text: str, tag: int) -> str:
    """The first value of a tag; empty where there is none."""
    _, _, rest = text.partition(f"\x01{tag}=")
    return rest.partition("\x01")[0]


def sent_again() -> str:
    """The header of a message that FIX sends again."""
    at = datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S")
    return f"43=Y\x01122={at}\x01"


@dataclass
class Side:
    """One side of the gate, whose line can be cut and made again."""

    peer: Peer
    line: socket.socket

    def cut(self) -> None:
        """Die as a killed process on a killed machine does: with a reset, and no word."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.line.close()

    def quiet(self) -> None:
        """See that the gate has nothing more to say: the next message answers a question."""
        self.peer.say("1", [(112, "anything else")])
        self.peer.hear("0")

    def hear(self, *kinds: str) -> dict[str, list[str]]:
        """Hear messages of these types, one for each time a type is named, in any order."""
        found: dict[str, list[str]] = {kind: [] for kind in kinds}
        for _ in kinds:
            text = self.peer.hear_any()
            assert value(text, 35) in kinds, text.replace("\x01", "|")
            found[value(text, 35)].append(text)
        assert all(len(found[kind]) == kinds.count(kind) for kind in kinds), found
        return found


class House:
    """The gate as a program, and a place for its desk and its broker."""

    def __init__(self, folder: Path, server: socket.socket) -> None:
        self._server = server
        self.desks = free_port()
        broker = int(server.getsockname()[1])
        (folder / "ordergate.yaml").write_text(SETTINGS.format(desks=self.desks, broker=broker))
        (folder / "policy.yaml").write_text((FLOW / "policy.yaml").read_text())
        facts = (FLOW / "facts.yaml").read_text()
        wanted = "desk-44: {desk: floor, cancel_on_disconnect: 500ms}"
        (folder / "facts.yaml").write_text(facts.replace("desk-44: {desk: floor}", wanted))
        command = [sys.executable, "-m", "tests.acceptance.house", str(folder / "ordergate.yaml")]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.broker = self.answer(1)
        assert self.process.stdout is not None
        assert "open" in iter(lambda: self.process.stdout.readline().rstrip(), "")  # type: ignore[union-attr]

    def answer(self, number: int) -> Side:
        """Be the broker that the gate dials."""
        line, _ = self._server.accept()
        broker = Side(Peer(line, ours="BROKER", number=number), line)
        broker.peer.hear("A")
        broker.peer.say("A", [(98, "0"), (108, "30")])
        return broker

    def log_on(self, number: int = 1) -> Side:
        """Be the desk."""
        line = socket.create_connection(("127.0.0.1", self.desks), PATIENCE_S)
        return Side(Peer(line, number=number).log_on(), line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.broker.peer.hang_up()
        self.process.communicate(timeout=30)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_listener() as server, House(tmp_path, server) as running:
        yield running
    assert running.process.returncode == 0


@contextmanager
def a_listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server


def order(name: str, *, tif: str = "0") -> list[Field]:
    return [
        *((11, name), (1, "ACC"), (55, "MSFT"), (54, "1"), (38, "100"), (40, "2"), (44, "15.54")),
        *((59, tif), (60, datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S"))),
    ]


def report(ours: str, exec_id: str, kind: str, status: str, **more: str) -> list[Field]:
    """What a broker says of our order."""
    filled = int(more.pop("filled", "0"))
    leaves = more.pop("leaves", str(100 - filled))
    fields: list[Field] = [
        *((37, f"B{ours}"), (11, ours), (17, exec_id), (150, kind), (39, status)),
        *((55, "MSFT"), (54, "1"), (151, leaves), (14, str(filled)), (6, "0")),
    ]
    return fields + [(int(tag[1:]), text) for tag, text in more.items()]


def placed(desk: Side, broker: Side, name: str, *, tif: str = "0") -> str:
    """Have an order working; give our id of it."""
    desk.peer.say("D", order(name, tif=tif))
    ours = value(broker.peer.hear("D"), 11)
    broker.peer.say("8", report(ours, f"X-{ours}", "0", "0"))
    assert value(desk.peer.hear("8"), 150) == "0"
    return ours


def test_a_desk_whose_line_dies_has_its_day_orders_cancelled_and_its_others_kept(
    house: House,
) -> None:
    broker, desk = house.broker, house.log_on()
    for_the_day = placed(desk, broker, "a1")
    placed(desk, broker, "a2", tif="1")
    desk.cut()
    cancel = broker.peer.hear("F")
    assert (value(cancel, 41), value(cancel, 37)) == (for_the_day, f"B{for_the_day}")
    broker.peer.say("8", report(value(cancel, 11), "X9", "4", "4", leaves="0", t41=for_the_day))
    broker.quiet()

    back = house.log_on(desk.peer.number)
    told = back.peer.hear("8")
    assert (value(told, 11), value(told, 39), value(told, 151)) == ("a1", "4", "0")
    back.peer.say("H", [(11, "a2"), (55, "MSFT"), (54, "1")])
    assert value(back.peer.hear("8"), 39) == "0"
    back.peer.hang_up()


def test_a_broker_whose_line_dies_is_asked_and_no_order_is_doubled_or_lost(house: House) -> None:
    broker, desk = house.broker, house.log_on()
    settled = placed(desk, broker, "b1")
    doubtful: dict[str, str] = {}
    numbers: list[int] = []
    for name in ("never-arrived", "known"):
        desk.peer.say("D", order(name))
        arrived = broker.peer.hear("D")
        doubtful[name] = value(arrived, 11)
        numbers.append(int(value(arrived, 34)))
    # A fill of the first order takes a number and dies with the line.
    fill = report(settled, "X-fill", "F", "1", filled="40", t32="40", t31="15.54")
    lost = broker.peer.number
    broker.cut()

    broker = house.broker = house.answer(lost + 1)
    heard = broker.hear("2", "H", "H")
    (resend,) = heard["2"]
    assert value(resend, 7) == str(lost)
    assert sorted(value(text, 11) for text in heard["H"]) == sorted(doubtful.values())
    broker.peer.say("8", fill, header=sent_again(), number=lost)
    fills_in = [(123, "Y"), (36, str(lost + 2))]
    broker.peer.say("4", fills_in, header=sent_again(), number=lost + 1)
    told = desk.peer.hear("8")
    assert (value(told, 11), value(told, 150), value(told, 14)) == ("b1", "F", "40")

    # Asked for what the broker missed, the session fills the gap: orders are not repeated.
    broker.peer.say("2", [(7, str(numbers[0])), (16, str(numbers[-1]))])
    gap = broker.peer.hear("4")
    assert (value(gap, 123), value(gap, 43)) == ("Y", "Y")
    assert (int(value(gap, 34)), int(value(gap, 36))) == (numbers[0], numbers[-1] + 1)
    broker.quiet()

    # What the broker knows is not sent again.
    known, unknown = doubtful["known"], doubtful["never-arrived"]
    broker.peer.say("8", report(known, "S1", "I", "0"))
    assert value(desk.peer.hear("8"), 39) == "0"
    broker.quiet()

    # What it does not know is sent once more, under the same id, flagged.
    no_such_order = report(unknown, "S2", "I", "8", leaves="0", t103="5")
    broker.peer.say("8", no_such_order)
    again = broker.peer.hear("D")
    assert (value(again, 11), value(again, 97)) == (unknown, "Y")
    broker.peer.say("8", no_such_order)
    broker.quiet()
    broker.peer.say("8", report(unknown, "X-late", "0", "0"))
    told = desk.peer.hear("8")
    assert (value(told, 11), value(told, 150)) == ("never-arrived", "0")

    # A fill that comes a second time counts once.
    broker.peer.say("8", fill)
    broker.quiet()
    desk.quiet()
    desk.peer.say("H", [(11, "b1"), (55, "MSFT"), (54, "1")])
    assert value(desk.peer.hear("8"), 14) == "40"
    desk.peer.hang_up()


def test_an_order_fix_brings_again_much_later_is_denied_and_not_sent(house: House) -> None:
    broker, desk = house.broker, house.log_on()
    first = "43=Y\x01122=20260105-14:30:00\x01"
    # Numbered as the gate expects it, as after a gap: the gate never heard of it before.
    desk.peer.say("D", order("late"), header=first)
    told = desk.peer.hear("8")
    assert (value(told, 39), value(told, 103)) == ("8", "4")
    assert "session `desk-44` allows 30 s" in value(told, 58)
    broker.quiet()
    desk.peer.hang_up()
