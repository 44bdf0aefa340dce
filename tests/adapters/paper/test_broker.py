"""The paper broker over FIX, in its own process, asked by a desk's program in every version.

What quickfix's dictionaries do not accept comes back as a Reject (35=3), and fails these tests: so
they show that everything both sides write is FIX.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("quickfix")

from adapters.fix.client import DeskClient, NotLoggedOn
from adapters.fix.codec import Wire
from adapters.fix.codec_broker import BrokerCodec
from adapters.fix.dialect import Dialect
from adapters.fix.listings import Listings
from adapters.fix.port import SessionName
from adapters.fix.sessions import Dial, FixSession, Version
from adapters.paper.settings import PaperSettings, read_settings
from domain.events import CancelRejected, ExecutionReported, MessageRejected, ReportUnreadable
from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, ClOrdId, ExecId, InstrumentId, OrderId, RouteId, SessionId
from domain.lifecycle import ExecType
from domain.messages import SendDontKnow
from domain.order import Capacity, Order, OrdType, Origin, Party, Side, TimeInForce

pytestmark = pytest.mark.fix

ROOT = Path(__file__).parents[3]
ORDER = Order(
    session=SessionId("desk"),
    cl_ord_id=ClOrdId("a1"),
    account=AccountId("ACC"),
    instrument=InstrumentId("MSFT.XNAS"),
    side=Side.BUY,
    type=OrdType.LIMIT,
    quantity=Quantity(100 * NANO),
    price=Price(15 * NANO),
    capacity=Capacity.PRINCIPAL,
    parties=(Party("CLIENT", "D", 3), Party("ALGO7", "D", 12, 22), Party("JANE", "P", 122, 24)),
    origin=Origin.ALGO,
    locate_id="L1",
    extra=((2594, "2"), (2595, "Y")),
)
MSFT = {
    "id": "MSFT.XNAS",
    "symbol": "MSFT",
    "mic": "XNAS",
    "currency": "USD",
}


class Paper:
    """A paper broker's process."""

    def __init__(self, folder: Path, version: Version) -> None:
        self.folder = folder
        self.port = free_port()
        session = {
            "name": "x",
            "version": version.value,
            "ours": "BROKER",
            "theirs": "GATE",
            "port": self.port,
        }
        config = folder / "paper.json"
        config.write_text(
            json.dumps({"folder": str(folder), "sessions": [session], "instruments": [MSFT]})
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapters.paper", "--config", str(config)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def tell(self, **command: object) -> dict[str, object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, object] = json.loads(self._process.stdout.readline())
        return answer

    def stop(self) -> int:
        self._process.communicate(timeout=20)
        return self._process.returncode

    def ledger(self) -> list[dict[str, Any]]:
        text = (self.folder / "ledger.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module", params=list(Version), ids=lambda version: version.name)
def version(request: pytest.FixtureRequest) -> Version:
    assert isinstance(request.param, Version)
    return request.param


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory, version: Version) -> Iterator[Paper]:
    broker = Paper(tmp_path_factory.mktemp("paper"), version)
    yield broker
    assert broker.stop() == 0


@pytest.fixture(scope="module")
def desk(version: Version, paper: Paper) -> Iterator[DeskClient]:
    """A desk for all tests of a version; each test uses ClOrdIDs of its own."""
    session = FixSession(
        name=SessionName("desk"),
        version=version,
        ours="GATE",
        theirs="BROKER",
        link=Dial(host="127.0.0.1", port=paper.port, retry_s=1),
    )
    settings: PaperSettings = read_settings((paper.folder / "paper.json").read_bytes())
    client = DeskClient(
        session, Dialect(version=version), settings.listings(), paper.folder / "client"
    )
    client.start()
    assert client.wait_for(lambda: client.logged_on)
    yield client
    client.stop()
    assert client.faults == []
    unread = [
        answer
        for answer in client.answers
        if isinstance(answer, MessageRejected | ReportUnreadable)
    ]
    assert unread == []


def scripted(name: str, script: str) -> Order:
    return replace(ORDER, cl_ord_id=ClOrdId(name), extra=(*ORDER.extra, (58, f"paper: {script}")))


def kinds(desk: DeskClient, name: str, count: int) -> list[str]:
    desk.wait_for(lambda: len(desk.about(ClOrdId(name))) >= count)
    return [
        answer.type.name if isinstance(answer, ExecutionReported) else "REFUSED"
        for answer in desk.about(ClOrdId(name))
    ]


def test_orders_of_every_kind_are_understood(desk: DeskClient) -> None:
    kinds_of = (
        ORDER,
        replace(ORDER, type=OrdType.STOP, price=None, stop_price=Price(20 * NANO)),
        replace(ORDER, type=OrdType.STOP_LIMIT, stop_price=Price(20 * NANO)),
        replace(ORDER, side=Side.SELL_SHORT, tif=TimeInForce.IOC),
        replace(ORDER, side=Side.SELL, tif=TimeInForce.GTC, capacity=None, origin=Origin.HUMAN),
        replace(ORDER, side=Side.SELL_SHORT_EXEMPT, parties=(), origin=None, extra=()),
    )
    for number, order in enumerate(kinds_of):
        desk.order(replace(order, cl_ord_id=ClOrdId(f"k{number}")))
    for number in range(len(kinds_of)):
        assert kinds(desk, f"k{number}", 1)[0] == "NEW"


def test_a_whole_life_is_told(desk: DeskClient, paper: Paper) -> None:
    order = scripted("a1", "pend, ack, fill 60, correct 1 50, bust 1, restate 90, again")
    desk.order(order)
    assert kinds(desk, "a1", 7) == [
        "PENDING_NEW",
        "NEW",
        "TRADE",
        "TRADE_CORRECT",
        "TRADE_CANCEL",
        "RESTATED",
        "RESTATED",
    ]
    desk.replace(order.cl_ord_id, replace(order, cl_ord_id=ClOrdId("a2")))
    assert kinds(desk, "a2", 1) == ["REPLACED"]
    assert paper.tell(session="x", order="a2", steps="fill 10, done, suspend") == {"done": True}
    assert kinds(desk, "a2", 4)[1:] == ["TRADE", "DONE_FOR_DAY", "SUSPENDED"]
    desk.cancel(ClOrdId("a3"), replace(order, cl_ord_id=ClOrdId("a2")))
    assert kinds(desk, "a3", 1) == ["CANCELED"]
    desk.cancel(ClOrdId("a4"), order)
    assert kinds(desk, "a4", 1) == ["REFUSED"]
    answer = desk.about(ClOrdId("a4"))[0]
    assert isinstance(answer, CancelRejected)
    assert (answer.reason, answer.status) == (0, "4")


def test_status_and_repeats_make_no_second_order(desk: DeskClient, paper: Paper) -> None:
    order = scripted("s1", "ack")
    desk.status(order)
    assert kinds(desk, "s1", 1) == ["STATUS"]
    unknown = desk.about(order.cl_ord_id)[0]
    assert isinstance(unknown, ExecutionReported)
    assert (unknown.status, unknown.reason) == ("8", 5)
    desk.order(order)
    desk.order(order, again=True)
    desk.order(order)
    assert kinds(desk, "s1", 4)[1:] == ["NEW", "STATUS", "REJECTED"]
    placed = [line for line in paper.ledger() if line["type"] == "D" and line["id"] == "s1"]
    assert [line["again"] for line in placed] == [False, True, False]


def test_what_happens_while_the_gate_is_away_is_told_when_it_is_back(
    desk: DeskClient, paper: Paper
) -> None:
    desk.order(scripted("w1", "ack"))
    assert kinds(desk, "w1", 1) == ["NEW"]
    assert paper.tell(log_out="x") == {"done": True}
    assert desk.wait_for(lambda: not desk.logged_on)
    with pytest.raises(NotLoggedOn):
        desk.order(scripted("w2", "ack"))
    assert paper.tell(order="w1", steps="fill 40, fill 60") == {"done": True}
    assert len([line for line in paper.ledger() if line.get("id") == "w1"]) == 4
    assert paper.tell(log_on="x") == {"done": True}
    assert kinds(desk, "w1", 3) == ["NEW", "TRADE", "TRADE"]


def test_a_trade_nobody_knows_is_disowned_in_every_version(
    desk: DeskClient, paper: Paper, version: Version
) -> None:
    execution = ExecutionReported(
        route=RouteId("gate"),
        order_id=OrderId("q1"),
        exec_id=ExecId("X1"),
        type=ExecType.TRADE,
        status="2",
        last_quantity=Quantity(NANO),
        last_price=Price(NANO),
        filled=Quantity(NANO),
        leaves=Quantity(0),
    )
    codec = BrokerCodec(RouteId("gate"), Dialect(version=version), Listings(()))
    desk.send(codec.write(SendDontKnow(route=RouteId("gate"), execution=execution)))
    desk.order(scripted("q2", "ack"))
    assert kinds(desk, "q2", 1) == ["NEW"]
    assert [line["type"] for line in paper.ledger()][-3:] == ["Q", "D", "8"]


def test_a_malformed_order_is_refused_and_the_broker_goes_on(desk: DeskClient) -> None:
    fields = [(11, "bad"), (1, "ACC"), (55, "MSFT"), (54, "1"), (38, "-5"), (40, "2"), (44, "1")]
    desk.send(Wire("D", [*fields, (21, "1"), (60, "20260105-14:30:00.000")]))
    assert kinds(desk, "bad", 1) == ["REJECTED"]
    answer = desk.about(ClOrdId("bad"))[0]
    assert answer.text == "OrderQty (38) is `-5`, wanted more than 0"


def test_a_wrong_command_is_answered_with_its_fault(paper: Paper) -> None:
    assert paper.tell(order="G1", steps="dance")["error"]
    assert paper.tell(order="G1", steps="ack") == {"error": "no order `G1`"}
    assert paper.tell(dance=True)["error"]
    assert paper.tell(instrument="MSFT.XNAS", price="16") == {"done": True}
    assert paper.tell(close=True) == {"done": True}


def test_unusable_settings_end_the_program_with_the_reason(tmp_path: Path) -> None:
    config = tmp_path / "bad.json"
    config.write_text('{"folder": "x", "sessions": [], "instruments": []}')
    done = subprocess.run(
        [sys.executable, "-m", "adapters.paper", "--config", str(config)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "Expected `array` of length >= 1" in done.stderr
