"""The paper broker on FIX: a real acceptor before `adapters.paper.exchange`.

The engine's threads only queue what they bring; one worker does everything else, so there is no
lock. What is said while the gate is away waits until it is back, as a real broker's reports do.

Commands come as lines of JSON and are answered by a line of JSON each:

=====================================================  ===========================================
``{"session": "x", "order": "G4", "steps": "bust 1"}``  do steps with an order
``{"instrument": "MSFT.XNAS", "price": "15.6"}``        move a reference price
``{"close": true}``                                     end the day
``{"log_out": "x"}``, ``{"log_on": "x"}``               hang up, answer again
=====================================================  ===========================================
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import assert_never

import msgspec

from adapters.fix.codec import Wire
from adapters.fix.codec_desk import DeskCodec
from adapters.fix.engine import QuickfixEngine
from adapters.fix.port import Sent, SessionName
from adapters.paper.exchange import Exchange, Said
from adapters.paper.ledger import Ledger
from adapters.paper.script import steps_of
from adapters.paper.settings import PaperSettings
from domain.events import (
    CancelAsked,
    CancelRejected,
    MassCancelAsked,
    MessageRefused,
    OrderAsked,
    ReplaceAsked,
    StatusAsked,
)
from domain.fixed import Price, parse_fixed, show_fixed
from domain.ids import ClOrdId, ExecId, InstrumentId, Micros, OrderId, RouteId, SessionId
from domain.messages import CancelRefused, MessageRefusal, Report, ToDesk

IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message the gate sent."""

    session: SessionName
    text: str
    poss_resend: bool


@dataclass(frozen=True, slots=True)
class Back:
    """The gate logged on."""

    session: SessionName


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line from outside: see the table above."""

    session: str | None = None
    order: str | None = None
    steps: str | None = None
    instrument: str | None = None
    price: str | None = None
    close: bool = False
    log_out: str | None = None
    log_on: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A command, and whom to answer."""

    line: str
    answer: Callable[[str], None]


class Line:
    """One session's broker."""

    def __init__(self, name: SessionName, settings: PaperSettings, first_exec: int) -> None:
        self.name = name
        self.exchange = Exchange(RouteId(name), settings.habits(), first_exec=first_exec)
        self.exchange.prices.update(settings.prices())
        self.codec = DeskCodec(SessionId(name), settings.dialects()[name], settings.listings())
        self.waiting: deque[Wire] = deque()


class PaperBroker:
    """A running paper broker; `fail` is told, once, of what must not happen."""

    def __init__(
        self, settings: PaperSettings, fail: Callable[[BaseException], None] | None = None
    ) -> None:
        self.faults: list[BaseException] = []
        self._fail = fail or self.faults.append
        self._ledger = Ledger(Path(settings.folder) / "ledger.jsonl")
        first_exec = self._ledger.lines + 1
        self._lines = {
            SessionName(session.name): Line(SessionName(session.name), settings, first_exec)
            for session in settings.sessions
        }
        self._queue: SimpleQueue[Arrived | Back | Told | None] = SimpleQueue()
        self._engine = QuickfixEngine(settings.engine(), self)
        self._worker = Thread(target=self._work, name="paper broker")

    def start(self) -> None:
        """Listen."""
        self._worker.start()
        self._engine.start()

    def stop(self) -> None:
        """Log out, and finish what was brought."""
        self._engine.stop()
        self._queue.put(None)
        self._worker.join()
        self._ledger.close()

    def command(self, line: str, answer: Callable[[str], None]) -> None:
        """Do what a line says, soon, and answer."""
        self._queue.put(Told(line, answer))

    # ----------------------------------------------------------------------------- the engine

    def on_message(
        self, session: SessionName, text: str, *, poss_dup: bool, poss_resend: bool
    ) -> None:
        """Queue a message."""
        self._queue.put(Arrived(session, text, poss_dup or poss_resend))

    def approve_logon(self, session: SessionName, text: str) -> str | None:  # noqa: ARG002
        """Let everybody in."""
        return None

    def on_logon(self, session: SessionName, text: str) -> None:  # noqa: ARG002
        """Queue that the gate is here: what waited for it may go."""
        self._queue.put(Back(session))

    def on_logout(self, session: SessionName) -> None:
        """Let it go; what is said from now on waits."""

    def on_session_reject(self, session: SessionName, text: str) -> None:
        """Write down that the gate could not read us."""
        self._ledger.write(_now(), session, "3", text=text)

    def on_refusal(self, session: SessionName, text: str) -> None:
        """Write down that the engine could not read the gate."""
        self._ledger.write(_now(), session, "refused", text=text)

    def on_fault(self, fault: BaseException) -> None:
        """Pass on that the engine has failed."""
        self._fail(fault)

    # ----------------------------------------------------------------------------- the worker

    def _work(self) -> None:
        try:
            while self._take():
                for line in self._lines.values():
                    self._say(line, line.exchange.work(_now()))
        except BaseException as fault:  # noqa: BLE001 - whatever it is, somebody must know
            self._fail(fault)

    def _take(self) -> bool:
        """Take what is queued next, or wait until a fill is due; False at the end."""
        try:
            item = self._queue.get(timeout=self._patience())
        except Empty:
            return True
        match item:
            case None:
                return False
            case Arrived():
                self._arrived(item)
            case Told():
                item.answer(self._told(item.line))
            case Back():
                self._flush(self._lines[item.session])
            case _:
                assert_never(item)
        return True

    def _patience(self) -> float:
        dues = [line.exchange.next_due for line in self._lines.values()]
        soonest = min((due for due in dues if due is not None), default=None)
        if soonest is None:
            return IDLE_S
        return min(IDLE_S, max(0.0, (soonest - _now()) / 1e6))

    def _arrived(self, arrived: Arrived) -> None:
        line, at = self._lines[arrived.session], _now()
        again = arrived.poss_resend
        asked = line.codec.read(arrived.text, poss_resend=again)
        exchange = line.exchange
        match asked:
            case OrderAsked(order=order):
                name = OrderId(order.cl_ord_id)
                terms = {
                    "instrument": order.instrument,
                    "side": order.side.value,
                    "quantity": show_fixed(order.quantity),
                    "again": again,
                }
                self._ledger.write(at, line.name, "D", id=name, **terms)
                self._say(line, exchange.place(name, order, at, again=again))
            case ReplaceAsked(order=order, orig_cl_ord_id=orig):
                name = OrderId(order.cl_ord_id)
                self._ledger.write(at, line.name, "G", id=name, target=orig, again=again)
                self._say(line, exchange.replace(name, OrderId(orig), order, at), "2")
            case CancelAsked(cl_ord_id=asked_name, orig_cl_ord_id=orig):
                self._ledger.write(at, line.name, "F", id=asked_name, target=orig, again=again)
                self._say(line, exchange.cancel(OrderId(asked_name), OrderId(orig), at), "1")
            case StatusAsked(cl_ord_id=asked_name):
                self._ledger.write(at, line.name, "H", id=asked_name)
                self._say(line, [exchange.status(OrderId(asked_name))])
            case MessageRefused(message_type="Q"):
                self._ledger.write(at, line.name, "Q", text=arrived.text)
            case MessageRefused() | MassCancelAsked():
                self._ledger.write(at, line.name, "refused", text=arrived.text)
                self._send(line, line.codec.write(_refusal(asked, at)))

    def _told(self, text: str) -> str:
        try:
            command = msgspec.json.decode(text, type=Command)
            self._do(command)
        except (ValueError, LookupError) as error:
            return msgspec.json.encode({"error": str(error)}).decode()
        return '{"done":true}'

    def _do(self, command: Command) -> None:
        at = _now()
        if command.steps is not None and command.order is not None:
            name = SessionName(command.session or next(iter(self._lines)))
            line = self._lines[name]
            steps = steps_of(command.steps)
            self._say(line, line.exchange.do(OrderId(command.order), steps, at))
        if command.instrument is not None and command.price is not None:
            price = Price(parse_fixed(command.price))
            for line in self._lines.values():
                self._say(line, line.exchange.mark(InstrumentId(command.instrument), price, at))
        if command.close:
            for line in self._lines.values():
                self._say(line, line.exchange.close())
        if command.log_out is not None:
            self._engine.log_out(SessionName(command.log_out), "told to")
        if command.log_on is not None:
            self._engine.log_on(SessionName(command.log_on))

    def _say(self, line: Line, said: list[Said], response_to: str = "1") -> None:
        for each in said:
            answer = _answer(line, each, response_to)
            wire = line.codec.write(answer)
            kept = {"id": each.order_id, "status": each.status}
            if isinstance(answer, Report):
                kept |= {
                    "order": answer.order_id,
                    "exec_id": answer.exec_id,
                    "exec_type": answer.type.value,
                    "filled": show_fixed(answer.filled),
                }
                if answer.last_quantity is not None:
                    kept["last_quantity"] = show_fixed(answer.last_quantity)
            self._ledger.write(answer.at, line.name, wire.msg_type, **kept)
            self._send(line, wire)

    def _send(self, line: Line, wire: Wire) -> None:
        line.waiting.append(wire)
        self._flush(line)

    def _flush(self, line: Line) -> None:
        while line.waiting:
            wire = line.waiting[0]
            sent = self._engine.send(line.name, wire.msg_type, wire.fields)
            if sent in {Sent.NOT_LOGGED_ON, Sent.SILENCED}:
                return
            line.waiting.popleft()


def _answer(line: Line, said: Said, response_to: str) -> ToDesk:
    """Say it as FIX does, with the order's own terms beside what happened."""
    session, at = SessionId(line.name), _now()
    paper = line.exchange.orders.get(said.order_id)
    orig = said.orig_order_id
    if isinstance(said, CancelRejected):
        known = line.exchange.orders.get(said.orig_order_id)
        return CancelRefused(
            session=session,
            order_id=None if known is None else OrderId(known.broker_order_id),
            cl_ord_id=ClOrdId(said.order_id),
            orig_cl_ord_id=ClOrdId(said.orig_order_id),
            status=said.status,
            response_to=response_to,
            reason=said.reason or 0,
            text=said.text or "",
            at=at,
        )
    if paper is None and orig is not None:
        paper = line.exchange.orders.get(orig)
    if paper is None:
        return MessageRefusal(
            session=session,
            ref_seq=0,
            message_type="H",
            cl_ord_id=ClOrdId(said.order_id),
            orig_cl_ord_id=None,
            exec_id=said.exec_id,
            text=said.text or "",
            at=at,
        )
    return Report(
        session=session,
        order_id=OrderId(said.broker_order_id or "NONE"),
        exec_id=said.exec_id,
        type=said.type,
        status=said.status,
        cl_ord_id=ClOrdId(said.order_id),
        orig_cl_ord_id=None if orig is None else ClOrdId(orig),
        order=replace(paper.order, quantity=said.quantity or paper.order.quantity),
        filled=said.filled,
        leaves=said.leaves,
        average=paper.average,
        last_quantity=said.last_quantity,
        last_price=said.last_price,
        exec_ref_id=said.exec_ref_id,
        reason=said.reason,
        text=said.text,
        at=at,
    )


def _refusal(asked: MessageRefused | MassCancelAsked, at: Micros) -> MessageRefusal:
    exec_id = ExecId(f"R{at}")
    if isinstance(asked, MassCancelAsked):
        return MessageRefusal(
            session=asked.session,
            ref_seq=0,
            message_type="q",
            cl_ord_id=asked.cl_ord_id,
            orig_cl_ord_id=None,
            exec_id=exec_id,
            text="this broker cancels order by order",
            at=at,
        )
    return MessageRefusal(
        session=asked.session,
        ref_seq=asked.ref_seq,
        message_type=asked.message_type,
        cl_ord_id=asked.cl_ord_id,
        orig_cl_ord_id=asked.orig_cl_ord_id,
        exec_id=exec_id,
        text="; ".join(asked.faults),
        at=at,
    )


def _now() -> Micros:
    return Micros(time.time_ns() // 1000)
