# ruff: noqa: N802 - quickfix calls its application by these names
"""What FIX costs before anything is checked: relays on quickfix, measured under the same load.

* `bare`: an acceptor and an initiator of quickfix with file stores, in Python, nothing guarded:
  the text of an order is taken and parsed, the message cloned, two fields set by tag, and sent.
  Gates are compared with this one.
* `bare, dictionary`: the same, with messages checked against the dictionary of 4.4.
* `engine`: the same through `adapters.fix.engine`, with its guards; and once more without keeping
  orders for resends that never happen.
* `door`: `engine`, with the front door before it.

    python -m tests.bench.relay [--only bare]

JSON on standard output.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import quickfix as fix

from adapters.fix.door import DoorSettings, Entrance, FrontDoor, Guest
from adapters.fix.engine import QuickfixEngine
from adapters.fix.port import Field, SessionName
from adapters.fix.sessions import Dial, EngineSettings, FixSession, Listen, Version
from adapters.fix.wire import OWN_TAGS
from tests.acceptance.transcript import free_port
from tests.bench.fix_load import Load, between, run

DESK, BROKER = SessionName("desk"), SessionName("broker")


class BareRelay(fix.Application):  # type: ignore[misc]
    """Passes orders on, and checks nothing."""

    def onCreate(self, session_id: fix.SessionID) -> None: ...

    def onLogon(self, session_id: fix.SessionID) -> None: ...

    def onLogout(self, session_id: fix.SessionID) -> None: ...

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None: ...

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None: ...

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None: ...

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        text = message.toString()
        fields = dict(pair.split("=", 1) for pair in text.split("\x01")[:-1])
        clone = fix.Message(message)
        clone.setField(11, f"G{fields['11']}")
        clone.setField(1, "OURS")
        fix.Session.sendToTarget(clone, self.broker)

    broker = fix.SessionID("FIX.4.4", "GATE", "BROKER")


def bare(load: Load, folder: Path, *, dictionary: bool) -> None:
    """Run the bare relay until standard input ends."""
    application = BareRelay()
    ends = []
    for kind, theirs, words in (
        (fix.SocketAcceptor, load.desk, {"SocketAcceptPort": str(load.desk_port)}),
        (
            fix.SocketInitiator,
            load.broker,
            {
                "SocketConnectHost": "127.0.0.1",
                "SocketConnectPort": str(load.broker_port),
                "ReconnectInterval": "1",
                "HeartBtInt": "30",
            },
        ),
    ):
        section = fix.Dictionary()
        for name, value in {
            "ConnectionType": "acceptor" if kind is fix.SocketAcceptor else "initiator",
            "NonStopSession": "Y",
            "SocketNodelay": "Y",
            "FileStorePath": str(folder),
            "UseDataDictionary": "Y" if dictionary else "N",
            "DataDictionary": str(Version.FIX44.dictionary),
            **words,
        }.items():
            section.setString(name, value)
        settings = fix.SessionSettings()
        settings.set(fix.SessionID(load.begin_string, load.gate, theirs), section)
        end = kind(application, fix.FileStoreFactory(settings), settings)
        ends.append(end)
        threading.Thread(target=end.block, daemon=True).start()
    sys.stdin.read()


class EngineRelay:
    """The same behind our port."""

    engine: QuickfixEngine

    def on_message(
        self, session: SessionName, text: str, *, poss_dup: bool, poss_resend: bool
    ) -> None:
        pairs = [pair.split("=", 1) for pair in text.split("\x01")[:-1]]
        fields: list[Field] = [
            (int(tag), value) for tag, value in pairs if int(tag) not in OWN_TAGS
        ]
        fields[0] = (1, "OURS")
        self.engine.send(BROKER, "D", fields)

    def approve_logon(self, session: SessionName, text: str) -> str | None:
        return None

    def on_logon(self, session: SessionName, text: str) -> None: ...

    def on_logout(self, session: SessionName) -> None: ...

    def on_session_reject(self, session: SessionName, text: str) -> None: ...

    def on_refusal(self, session: SessionName, text: str) -> None: ...

    def on_fault(self, fault: BaseException) -> None:
        print(f"fault: {fault!r}", file=sys.stderr, flush=True)


def guarded(load: Load, folder: Path, *, keeps_orders: bool) -> None:
    """Run the relay on our engine until standard input ends."""
    relay = EngineRelay()
    sessions = [
        FixSession(
            name=DESK,
            version=Version.FIX44,
            ours=load.gate,
            theirs=load.desk,
            link=Listen(port=load.desk_port),
        ),
        FixSession(
            name=BROKER,
            version=Version.FIX44,
            ours=load.gate,
            theirs=load.broker,
            link=Dial(host="127.0.0.1", port=load.broker_port, retry_s=1),
            keeps_messages=keeps_orders,
        ),
    ]
    relay.engine = QuickfixEngine(EngineSettings(sessions=sessions, store=folder), relay)
    relay.engine.start()
    sys.stdin.read()
    relay.engine.stop()


RELAYS: Mapping[str, Callable[[Load, Path], None]] = {
    "bare": partial(bare, dictionary=False),
    "bare, dictionary": partial(bare, dictionary=True),
    "engine": partial(guarded, keeps_orders=True),
    "engine, orders not kept": partial(guarded, keeps_orders=False),
}


@contextmanager
def running(relay: str, load: Load) -> Iterator[int]:
    """Run a relay as a program of its own; gives its process id."""
    with tempfile.TemporaryDirectory() as folder:
        told = json.dumps({"desk_port": load.desk_port, "broker_port": load.broker_port})
        with subprocess.Popen(
            [sys.executable, "-m", "tests.bench.relay", "--run", relay, told, folder],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
        ) as program:
            yield program.pid
            program.communicate()


def measured(relay: str, *, paced: int, flood: int, through_door: bool = False) -> dict[str, Any]:
    """Put a relay under load."""
    load = Load(free_port(), free_port())
    with ExitStack() as stack:
        ends = stack.enter_context(between(load))
        pid = stack.enter_context(running(relay, load))
        if through_door:
            entrance = Entrance(
                host="127.0.0.1",
                port=free_port(),
                engine_port=load.desk_port,
                guests=[Guest(sender=load.desk, target=load.gate)],
                allowed=["127.0.0.1/32"],
            )
            stack.enter_context(FrontDoor(DoorSettings(entrances=[entrance])))
            ends.desk_port = entrance.port
        return run(ends, pid, paced=paced, flood=flood)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paced", type=int, default=5000, help="orders at 1000 a second")
    parser.add_argument("--flood", type=int, default=20000, help="orders as fast as they go")
    parser.add_argument("--only", choices=[*RELAYS, "door"], help="one of the relays")
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.run:
        relay, load, folder = told.run
        RELAYS[relay](Load(**json.loads(load)), Path(folder))
        return
    sizes = {"paced": told.paced, "flood": told.flood}
    figures = {relay: measured(relay, **sizes) for relay in RELAYS if told.only in (None, relay)}
    if told.only in (None, "door"):
        figures["door"] = measured("engine", **sizes, through_door=True)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
