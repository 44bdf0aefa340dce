"""The stage: a folder, free ports, and the processes of the demo, started in order and stopped.

Two paper brokers, the gate and the desks are processes of their own, joined by TCP on loopback and
by the gate's local door, as they would be in a house. Only ports and pace differ from what lies in
docs/examples/account. A Ctrl-C reaches the demo alone, which then ends the others in good order:
desks, gate, brokers.
"""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec
from ruamel.yaml import YAML

from domain.events import PositionAdjusted
from domain.ids import Micros
from domain.market import Quote
from domain.reference import Reference
from gateway.demo.desk import DeskSession, DeskSettings
from gateway.demo.plan import ACCOUNT, Step
from gateway.demo.trades import Account
from gateway.local_door import DoorRefused, LocalCaller
from gateway.records import write_body, write_quote

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "account"
SETTINGS, POLICY, FACTS = "ordergate.yaml", "policy.yaml", "facts.yaml"
KEY = "journal.key.pub"
RUN = ("-c", "from gateway.cli import main; main()", "run")
"""`ordergate run`, whatever is on the path."""
PATIENCE_S = 60.0
POLL_S = 0.05
FILL_PARTS_MAX = 3
FILL_WITHIN = 4.0
"""Messages of the desks that a part of an order may take to fill: a bit of life on the screen."""

Said = Callable[[str], None]


class Fallen(Exception):
    """A process ended, or never began, that should be running."""


@dataclass(slots=True)
class Player:
    """One process, and the file its words go to."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def has_said(self, word: str) -> bool:
        return word in self.log.read_text(encoding="utf-8", errors="replace").splitlines()

    def fallen(self, how: str) -> Fallen:
        words = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        return Fallen("\n".join((f"{self.name} {how}; its last words, in {self.log}:", *words)))

    def end(self) -> None:
        """Ask it to stop, and insist after a while."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Stage:
    """All of a demo that is outside its own process; a context manager."""

    folder: Path
    account: Account
    steps: Sequence[Step]
    reference: Reference
    pace: float
    asks_again: bool = True
    players: dict[str, Player] = field(default_factory=dict)
    restarts: int = 0
    _settings: Any = None

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def key(self) -> Path:
        """The public half of the key that signs the journal."""
        return self.folder / KEY

    @property
    def settings(self) -> Path:
        return self.folder / SETTINGS

    @property
    def desk_log(self) -> Path:
        return self.folder / "desks" / "desk.jsonl"

    @property
    def ledgers(self) -> dict[str, Path]:
        """What each broker wrote down itself."""
        return {
            broker["id"]: self.folder / broker["id"] / "ledger.jsonl"
            for broker in self._settings["fix"]["brokers"]
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, said: Said) -> None:
        """Write the folder and start everything but the desks. Raises Fallen, OSError."""
        self._write_settings()
        brokers = self._settings["fix"]["brokers"]
        said("starting " + " and ".join(f"{each['id']} ({each['version']})" for each in brokers))
        waiting = [self._start_broker(broker) for broker in brokers]
        for player in waiting:
            self._wait(player, partial(player.has_said, "ready"))
        said("starting the gate, and waiting until it has reached its brokers")
        self.start_gate()
        self.await_gate()
        said("telling the gate what the account held before")
        self._tell_opening()

    def start_gate(self) -> Player:
        """Start the gate, or start it again."""
        if "gate" in self.players:
            self.players["gate"].end()
            self.restarts += 1
        return self._start("gate", *RUN, str(self.settings))

    def await_gate(self) -> None:
        """Wait until the gate is open and has reached its brokers."""
        brokers = [broker["id"] for broker in self._settings["fix"]["brokers"]]

        def is_open() -> bool:
            links = self._health().get("links")
            return isinstance(links, dict) and all(links.get(name) for name in brokers)

        self._wait(self.players["gate"], is_open)

    def start_desks(self) -> None:
        """Start the desks, and wait until they are logged on."""
        plan, fix = self.folder / "plan.jsonl", self._settings["fix"]
        plan.write_bytes(b"".join(msgspec.json.encode(step) + b"\n" for step in self.steps))
        port = int(fix["doors"][0]["listen"].rpartition(":")[2])
        settings = DeskSettings(
            folder=str(self.folder / "desks"),
            plan=str(plan),
            facts=str(self.folder / FACTS),
            door=str(self.folder / "gate.sock"),
            pace=self.pace,
            asks_again=self.asks_again,
            sessions=tuple(
                DeskSession(
                    id=desk["id"],
                    version=desk["version"],
                    ours=desk["theirs"],
                    theirs=desk["ours"],
                    port=port,
                    strategy_tag=desk["strategy_tag"],
                )
                for desk in fix["desks"]
            ),
        )
        config = self.folder / "desks.json"
        config.write_bytes(msgspec.json.encode(settings))
        desks = self._start("desks", "-m", "gateway.demo.desk", "--config", str(config))
        self._wait(desks, partial(desks.has_said, "ready"))

    def playing(self) -> bool:
        """Say whether the desks are still at work. Raises Fallen when something else ended.

        A gate that was killed is started again, as a supervisor would.
        """
        for player in list(self.players.values()):
            ended_with = player.process.poll()
            if ended_with is None or (player.name == "desks" and ended_with == 0):
                continue
            if player.name != "gate" or ended_with != -signal.SIGKILL:
                raise player.fallen(f"ended with {ended_with}")
            self.start_gate()
        return self.players["desks"].alive

    def kill_gate(self) -> None:
        """Kill the gate without a warning. The desks and brokers are not told."""
        gate = self.players["gate"].process
        gate.kill()
        gate.wait()

    def close(self) -> None:
        """End everything, in the opposite order; and at once, when that is interrupted."""
        try:
            for player in reversed(list(self.players.values())):
                player.end()
        finally:
            for player in self.players.values():
                player.process.kill()

    # --------------------------------------------------------------------------------- inside

    def _write_settings(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (POLICY, FACTS):
            shutil.copy(EXAMPLE / name, self.folder / name)
        yaml = YAML()
        settings = yaml.load(EXAMPLE / SETTINGS)
        fix = settings["fix"]
        inner, door, *brokers = _free_ports(2 + len(fix["brokers"]))
        fix["inner_ports"] = inner
        fix["doors"][0]["listen"] = f"127.0.0.1:{door}"
        for broker, port in zip(fix["brokers"], brokers, strict=True):
            broker["port"] = port
        yaml.dump(settings, self.settings)
        self._settings = settings

    def _start_broker(self, broker: dict[str, Any]) -> Player:
        session = {
            "name": broker["id"],
            "version": broker["version"],
            "ours": broker["theirs"],
            "theirs": broker["ours"],
            "port": broker["port"],
        }
        settings = {
            "folder": str(self.folder / broker["id"]),
            "sessions": [session],
            "instruments": [
                {
                    "id": instrument.id,
                    "symbol": instrument.symbol,
                    "mic": instrument.mic,
                    "currency": instrument.currency,
                }
                for instrument in self.reference.instruments.values()
            ],
            "parts_max": FILL_PARTS_MAX,
            "fill_after_us_max": int(FILL_WITHIN / self.pace * 1e6),
        }
        config = self.folder / f"{broker['id']}.json"
        config.write_bytes(msgspec.json.encode(settings))
        return self._start(broker["id"], "-m", "adapters.paper", "--config", str(config))

    def _tell_opening(self) -> None:
        """Tell all prices at once, since marks go on once a second, and then what is held."""
        caller = LocalCaller(self.folder / "gate.sock")
        now = Micros(time.time_ns() // 1000)
        opening = self.account.opening.items()
        quotes = [Quote(instrument=name, at=now, last=held.price) for name, held in opening]
        try:
            caller.ask({"quotes": [msgspec.json.decode(write_quote(quote)) for quote in quotes]})
            for name, held in opening:
                if held.quantity:
                    body = PositionAdjusted(
                        account=ACCOUNT,
                        instrument=name,
                        quantity=held.quantity,
                        price=held.price,
                        by="demo",
                        reason="held before the first trade",
                    )
                    caller.ask({"event": msgspec.json.decode(write_body(body))})
        finally:
            caller.close()

    def _health(self) -> dict[str, object]:
        try:
            caller = LocalCaller(self.folder / "gate.sock", timeout_s=2.0)
        except OSError:
            return {}
        try:
            found = caller.ask({"look": "health"})["health"]
        except (OSError, DoorRefused):
            return {}
        finally:
            caller.close()
        return found if isinstance(found, dict) else {}

    def _start(self, name: str, *arguments: str) -> Player:
        log = self.folder / f"{name}.log"
        with log.open("ab") as words:
            process = subprocess.Popen(  # noqa: S603 - our own modules, by our own interpreter
                [sys.executable, *arguments],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        player = self.players[name] = Player(name, log, process)
        return player

    def _wait(self, player: Player, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_ready():
            if not player.alive:
                raise player.fallen(f"ended with {player.process.returncode}")
            if time.monotonic() > deadline:
                raise player.fallen(f"was not ready within {PATIENCE_S:.0f} s")
            time.sleep(POLL_S)


def _free_ports(count: int) -> list[int]:
    """Find ports nobody listens on. Somebody may yet take one: then starting fails, and says so."""
    found = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in found]
    for each in found:
        each.close()
    return ports
