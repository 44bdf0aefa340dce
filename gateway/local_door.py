"""The local door: how other processes on this machine reach the gate.

FIX and the gate live alone in their process, so that nothing CPU-bound shares the interpreter
with an order. The API, the console and the command line are other processes; they speak to the
gate over a Unix socket, which only its owner may open (mode 0600), in JSON lines:

    {"id":1,"event":{"is":"CancelAsked",…}}      ask; the answer comes when the record is durable
    {"id":1,"seq":17,"at":…,"outcome":{…}}
    {"id":2,"quotes":[…],"rates":[…],"statuses":[…],"figures":[…]}    news of the market
    {"id":2,"taken":true}
    {"id":3,"look":"health"}                     figures that no record holds: queue, links
    {"id":3,"health":{…}}
    {"id":4,"load":"facts","by":"ann"}           have the file of facts read anew
    {"id":4,"digest":…,"seq":18,"at":…}

Every line gets one answer with its id; what cannot be read, or is refused at the door, gets
``{"id":…,"refused":"why"}``. Answers may come in another order than the questions.

Only events an outside caller may cause are taken (`CALLERS`): a caller cannot pretend to be a
broker, a timer or another desk's FIX session.
"""

import asyncio
import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

from adapters.market.board import QuoteBoard
from domain.events import (
    CancelAsked,
    CancelOrdered,
    Event,
    FlattenOrdered,
    LimitChanged,
    MassCancelAsked,
    OrderAsked,
    OverrideGiven,
    PositionAdjusted,
    ReplaceAsked,
    SignalAsked,
    StateOrdered,
    StatusAsked,
    WarningAcknowledged,
)
from domain.flattening import GATE
from gateway.inbox import Inbox
from gateway.outcome import Outcome
from gateway.records import (
    RecordUnreadable,
    read_body,
    read_figures,
    read_quote,
    read_rate,
    read_status,
    write_outcome,
)
from gateway.renewal import Renewal, Told
from gateway.state import State
from gateway.views import facts_in_force, limits, standing

ASKERS = (OrderAsked, SignalAsked, ReplaceAsked, CancelAsked, MassCancelAsked, StatusAsked)
"""What a caller may ask, and be refused when the gate is behind."""

OPERATORS = (
    StateOrdered,
    CancelOrdered,
    FlattenOrdered,
    PositionAdjusted,
    LimitChanged,
    OverrideGiven,
    WarningAcknowledged,
)
"""What an operator says; never refused for lack of room."""

NEWS: Mapping[str, Callable[[object], object]] = {
    "quotes": read_quote,
    "rates": read_rate,
    "statuses": read_status,
    "figures": read_figures,
}
"""What a line may tell of the market."""

VIEWS: Mapping[object, Callable[[State], object]] = {
    "facts": facts_in_force,
    "limits": limits,
    "state": standing,
}
"""What of the state a line may ask to see."""

LINE_MAX = 1 << 20
UNSENT_MAX = 16 << 20
"""Bytes a caller may leave unread before it is cut off: a slow reader must not fill memory."""


class LocalDoor:
    """Serves the socket, on a thread and an event loop of its own."""

    def __init__(
        self,
        path: Path,
        *,
        inbox: Inbox,
        board: QuoteBoard,
        health: Callable[[], dict[str, object]],
        sessions: Callable[[], frozenset[str]],
        renewal: Renewal | None = None,
    ) -> None:
        self._path = path
        self._inbox = inbox
        self._board = board
        self._health = health
        self._sessions = sessions
        self._renewal = renewal
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._callers: set[asyncio.StreamWriter] = set()
        self._thread = Thread(target=self._run, name="local door", daemon=True)

    def start(self) -> None:
        """Listen. The path must not be served by anybody else: the journal's lock sees to that."""
        with suppress(FileNotFoundError):
            self._path.unlink()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        opened = asyncio.run_coroutine_threadsafe(self._open(), self._loop)
        self._thread.start()
        opened.result()

    def stop(self) -> None:
        """Stop listening and cut callers off."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open(self) -> None:
        mask = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, path=self._path, limit=LINE_MAX
            )
        finally:
            os.umask(mask)

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._callers):
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers.add(writer)
        try:
            while line := await reader.readline():
                self._take(line, writer)
        except (ConnectionError, ValueError):
            # ValueError: a line longer than LINE_MAX; nothing sensible can follow it.
            pass
        finally:
            self._callers.discard(writer)
            writer.close()

    def _take(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        name: object = None
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict):
                raise RecordUnreadable("a line must be a JSON object")
            name = asked.get("id")
            self._answer(asked, name, writer)
        except (RecordUnreadable, ValueError, TypeError) as fault:
            _write(writer, {"id": name, "refused": str(fault)})

    def _answer(self, asked: dict[str, object], name: object, writer: asyncio.StreamWriter) -> None:
        if "event" in asked:
            self._event(asked["event"], name, writer)
        elif not NEWS.keys().isdisjoint(asked):
            self._board.put(**_news(asked))
            _write(writer, {"id": name, "taken": True})
        elif asked.get("load") == "facts":
            self._load(asked, name, writer)
        elif asked.get("look") == "health":
            _write(writer, {"id": name, "health": self._health()})
        elif asked.get("look") in VIEWS:
            what = str(asked["look"])
            self._inbox.look(lambda state: self._later(writer, name, what, VIEWS[what](state)))
        else:
            wanted = ", ".join(f"`{key}`" for key in ("event", *NEWS, "look"))
            raise RecordUnreadable(f"a line must hold {wanted} or `load`")

    def _load(self, asked: dict[str, object], name: object, writer: asyncio.StreamWriter) -> None:
        by, older = asked.get("by"), asked.get("older", False)
        if self._renewal is None:
            raise RecordUnreadable("this gate has no file of facts to read")
        if not isinstance(by, str) or not by or not isinstance(older, bool):
            raise RecordUnreadable("`by` must say who loads, `older` true or false")

        def answer(told: Told) -> None:
            self._loop.call_soon_threadsafe(_write, writer, {"id": name, **told})

        self._renewal.ask(by, answer, older=older)

    def _event(self, found: object, name: object, writer: asyncio.StreamWriter) -> None:
        body = read_body(found)
        if not isinstance(body, (*ASKERS, *OPERATORS)):
            raise RecordUnreadable(f"`{type(body).__name__}` is not for a caller to say")
        session = _session_of(body)
        if session is not None and session in self._sessions():
            raise RecordUnreadable(f"session `{session}` is a FIX session: only it may ask")
        if session == GATE:
            raise RecordUnreadable(f"session `{session}` is the gate's own: nobody else may ask")

        def answer(event: Event, outcome: Outcome) -> None:
            text = f'"seq":{event.seq},"at":{event.at},"outcome":{write_outcome(outcome)}}}\n'
            head = f'{{"id":{json.dumps(name)},'
            self._loop.call_soon_threadsafe(_send, writer, (head + text).encode())

        if isinstance(body, OPERATORS):
            self._inbox.tell(body, answer)
        elif not self._inbox.ask(body, answer):
            _write(writer, {"id": name, "refused": "the gate is behind: try again shortly"})

    def _later(self, writer: asyncio.StreamWriter, name: object, what: str, found: object) -> None:
        self._loop.call_soon_threadsafe(_write, writer, {"id": name, what: found})


class DoorRefused(Exception):
    """The gate would not take a line; the message says why."""


class LocalCaller:
    """The other side: asks one line at a time and waits for its answer. For the command line."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")
        self._names = count(1)

    def ask(self, line: dict[str, object]) -> dict[str, object]:
        """Send one line and give its answer.

        Raises
        ------
        DoorRefused
            If the gate refused the line, or hung up.
        OSError
            If the gate is not there or does not answer in time.
        """
        name = next(self._names)
        self._socket.sendall(json.dumps({**line, "id": name}).encode() + b"\n")
        text = self._lines.readline()
        if not text:
            raise DoorRefused("the gate hung up")
        found: dict[str, object] = json.loads(text)
        if "refused" in found:
            raise DoorRefused(str(found["refused"]))
        return found

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()


def _news(asked: dict[str, object]) -> dict[str, list[Any]]:
    """Read news of the market, all of it before any is taken."""
    found: dict[str, list[Any]] = {}
    for key, read in NEWS.items():
        told = asked.get(key, [])
        if not isinstance(told, list):
            raise RecordUnreadable(f"`{key}` must be an array")
        found[key] = [read(each) for each in told]
    return found


def _session_of(body: object) -> str | None:
    match body:
        case OrderAsked(order=order) | ReplaceAsked(order=order):
            return order.session
        case SignalAsked(signal=signal):
            return signal.order.session
        case CancelAsked() | MassCancelAsked() | StatusAsked():
            return body.session
        case _:
            return None


def _write(writer: asyncio.StreamWriter, found: dict[str, object]) -> None:
    _send(writer, json.dumps(found, separators=(",", ":")).encode() + b"\n")


def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    if writer.is_closing():
        return
    writer.write(data)
    if writer.transport.get_write_buffer_size() > UNSENT_MAX:
        writer.transport.abort()
