"""New facts while a desk is logged on: what it may trade changes between two of its orders.

The gate, its FIX engine and a paper broker are the real ones, each a process of its own; the desk
is a plain socket that stays connected from the first order to the last.
"""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.local_door import LocalCaller
from tests.acceptance.test_order_flow import FLOW, program
from tests.acceptance.transcript import SOH, Connection, complete, free_port

pytestmark = pytest.mark.fix

LOGON = "35=A|34=1|49=DESK|52=<TIME>|56=GATE|98=0|108=30"
NEW = (
    "35=D|34={number}|49=DESK|52=<TIME>|56=GATE|11={name}|1=ACC|55={symbol}|54=1|60=<TIME>|38=100|"
)
NEW += "40=2|44=15.54|58=paper: ack"
TSLA = "  - {symbol: TSLA, mic: XNAS, asset_class: equity, currency: USD, tick: 0.01}\n"


class Desk:
    """A desk on a line of its own."""

    def __init__(self, port: int) -> None:
        self._line = Connection(socket.create_connection(("127.0.0.1", port), 10))
        self._number = 1
        assert self._exchange(LOGON)["35"] == "A"

    def asks(self, symbol: str) -> dict[str, str]:
        """Ask for a hundred shares; give the report."""
        self._number += 1
        text = NEW.format(number=self._number, name=f"n{self._number}", symbol=symbol)
        return self._exchange(text)

    def close(self) -> None:
        self._line.close()

    def _exchange(self, bars: str) -> dict[str, str]:
        self._line.send(complete(f"8=FIX.4.4|{bars}|".encode().replace(b"|", SOH)))
        said = self._line.receive().decode().rstrip("\x01").split("\x01")
        return dict(pair.split("=", 1) for pair in said)


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Desk]]:
    pytest.importorskip("quickfix", reason="quickfix is not installed")
    folder = tmp_path_factory.mktemp("facts")
    desks, broker = free_port(), free_port()
    text = (FLOW / "ordergate.yaml").read_text()
    text = text.replace("inner_ports: 1", f"inner_ports: {desks}")
    (folder / "ordergate.yaml").write_text(text.replace("port: 1", f"port: {broker}"))
    for name in ("facts.yaml", "policy.yaml"):
        (folder / name).write_text((FLOW / name).read_text())
    session = {"name": "x", "version": "FIX.4.4", "ours": "PAPER", "theirs": "GATE"}
    paper = {"folder": str(folder / "paper"), "sessions": [{**session, "port": broker}]}
    (folder / "paper.json").write_text(json.dumps(paper))
    with (
        program("ready", "adapters.paper", "--detached", "--config", str(folder / "paper.json")),
        program("open", "tests.acceptance.house", str(folder / "ordergate.yaml")),
    ):
        desk = Desk(desks)
        yield folder, desk
        desk.close()


def load(folder: Path, *changes: tuple[str, str]) -> dict[str, Any]:
    """Change the file of facts and have the gate read it."""
    text = (folder / "facts.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "facts.yaml").write_text(text)
    caller = LocalCaller(folder / "gate.sock")
    try:
        return caller.ask({"load": "facts", "by": "test"})
    finally:
        caller.close()


def test_a_desk_trades_what_new_facts_allow_on_the_line_it_has(house: tuple[Path, Desk]) -> None:
    folder, desk = house
    before = desk.asks("TSLA")
    assert (before["39"], before["58"]) == ("8", "gate.instrument: instrument `TSLA` is not known")

    assert "faults" not in load(folder, ("instruments:\n", f"instruments:\n{TSLA}"))
    after = desk.asks("TSLA")
    assert (after["39"], after["207"], after["15"]) == ("0", "XNAS", "USD")

    load(folder, ("restricted: [LEH.XNAS]", "restricted: [TSLA.XNAS]"))
    assert desk.asks("TSLA")["58"] == "restricted: `TSLA.XNAS` is on the list `restricted`"
    assert desk.asks("LEH")["39"] == "0"

    msft = "  - {symbol: MSFT, mic: XNAS, asset_class: equity, currency: USD, tick: 0.01}\n"
    load(folder, (msft, ""))
    assert desk.asks("MSFT")["39"] == "8"

    told = load(folder, ("  desk-50: {desk: floor}\n", ""))
    (fault,) = told["faults"]
    assert fault.startswith("the facts lack session `desk-50` of a FIX desk")
    assert desk.asks("TSLA")["39"] == "8", "the list in force still names it"
