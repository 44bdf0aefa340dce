"""A desk's own program, as small as can be: it asks the gate over FIX and keeps the answers.

It runs on the same engine as the gate, as an initiator. A hand-made session on a socket would be
shorter; but a demo and tests that count orders need a session that heartbeats, resends and
reconnects exactly like the desks' own, and the engine has that already.
"""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition

from adapters.fix.codec import Wire, show_instant
from adapters.fix.codec_broker import Answer, BrokerCodec
from adapters.fix.dialect import Dialect
from adapters.fix.engine import QuickfixEngine
from adapters.fix.listings import Listings
from adapters.fix.port import Sent, SessionName
from adapters.fix.sessions import EngineSettings, FixSession
from domain.events import CancelRejected, ExecutionReported
from domain.ids import ClOrdId, Micros, OrderId, RouteId
from domain.messages import SendCancel, SendOrder, SendReplace, SendStatusRequest
from domain.order import Order

GATE = RouteId("gate")


class NotLoggedOn(RuntimeError):
    """The gate is away: nothing was sent."""


class DeskClient:
    """One desk, connected to one gate.

    `answers` are the gate's execution reports, refusals and rejects, in the order they came.
    `listen` is called with each, on the engine's thread: it returns quickly.
    """

    def __init__(
        self,
        session: FixSession,
        dialect: Dialect,
        listings: Listings,
        store: Path,
        listen: Callable[[Answer], None] = lambda _: None,
    ) -> None:
        self.answers: list[Answer] = []
        self.texts: list[str] = []
        """The same as text."""
        self.faults: list[BaseException] = []
        self._name: SessionName = session.name
        self._version = dialect.version
        self._codec = BrokerCodec(GATE, dialect, listings)
        self._listen = listen
        self._news = Condition()
        self._engine = QuickfixEngine(EngineSettings(sessions=[session], store=store), self)

    def start(self) -> None:
        """Dial, and go on dialling."""
        self._engine.start()

    def stop(self) -> None:
        """Log out."""
        self._engine.stop()

    # ------------------------------------------------------------------------------- to ask

    def order(self, order: Order, *, again: bool = False) -> None:
        """Send an order under its own ClOrdID. Raises NotLoggedOn."""
        name = OrderId(order.cl_ord_id)
        message = SendOrder(route=GATE, order_id=name, order=order, at=_now(), again=again)
        self.send(self._codec.write(message))

    def replace(self, orig: ClOrdId, order: Order) -> None:
        """Ask for new terms, under the ClOrdID of `order`."""
        message = SendReplace(
            route=GATE,
            order_id=OrderId(order.cl_ord_id),
            target=OrderId(orig),
            broker_order_id=None,
            order=order,
            at=_now(),
        )
        self.send(self._codec.write(message))

    def cancel(self, name: ClOrdId, order: Order) -> None:
        """Ask for the end of an order."""
        message = SendCancel(
            route=GATE,
            order_id=OrderId(name),
            target=OrderId(order.cl_ord_id),
            broker_order_id=None,
            order=order,
            at=_now(),
        )
        self.send(self._codec.write(message))

    def cancel_all(self, name: ClOrdId) -> None:
        """Ask for the end of all orders of this session."""
        at = show_instant(_now(), self._version)
        self.send(Wire("q", [(11, name), (530, "7"), (60, at)]))

    def status(self, order: Order) -> None:
        """Ask how an order stands."""
        message = SendStatusRequest(
            route=GATE, order_id=OrderId(order.cl_ord_id), broker_order_id=None, order=order
        )
        self.send(self._codec.write(message))

    def send(self, wire: Wire) -> None:
        """Send a message as it is. Raises NotLoggedOn, or ValueError when it is no FIX."""
        sent = self._engine.send(
            self._name, wire.msg_type, wire.fields, poss_resend=wire.poss_resend
        )
        if sent is Sent.MALFORMED:
            raise ValueError(f"`{wire.fields}` cannot be written in FIX")
        if sent is not Sent.SENT:
            raise NotLoggedOn(f"session `{self._name}` is not logged on: {sent.value}")

    # ------------------------------------------------------------------------------ to wait

    @property
    def logged_on(self) -> bool:
        """Whether the gate is there."""
        return self._engine.logged_on(self._name)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        """Wait until a condition on what has come holds; False when it never did."""
        with self._news:
            return self._news.wait_for(condition, timeout_s)

    def about(self, name: ClOrdId) -> list[ExecutionReported | CancelRejected]:
        """Give the answers to one ClOrdID."""
        ours = OrderId(name)
        return [
            answer
            for answer in self.answers
            if isinstance(answer, ExecutionReported | CancelRejected) and answer.order_id == ours
        ]

    # --------------------------------------------------------------------------- the engine

    def on_message(
        self, session: SessionName, text: str, *, poss_dup: bool, poss_resend: bool
    ) -> None:
        """Keep an answer."""
        del session
        answer = self._codec.read(text, poss_dup=poss_dup or poss_resend)
        with self._news:
            self.texts.append(text)
            self.answers.append(answer)
            self._news.notify_all()
        self._listen(answer)

    def approve_logon(self, session: SessionName, text: str) -> str | None:  # noqa: ARG002
        """Accept the gate's Logon."""
        return None

    def on_logon(self, session: SessionName, text: str) -> None:  # noqa: ARG002
        """Wake whoever waits for the session."""
        with self._news:
            self._news.notify_all()

    def on_logout(self, session: SessionName) -> None:  # noqa: ARG002
        """Wake whoever waits for the end."""
        with self._news:
            self._news.notify_all()

    def on_session_reject(self, session: SessionName, text: str) -> None:  # noqa: ARG002
        """Keep the gate's refusal of a message."""
        self.on_message(self._name, text, poss_dup=False, poss_resend=False)

    def on_refusal(self, session: SessionName, text: str) -> None:  # noqa: ARG002
        """Keep what the gate said and the engine refused, as a fault."""
        self.faults.append(ValueError(f"an answer was refused: {text}"))

    def on_fault(self, fault: BaseException) -> None:
        """Keep the fault."""
        self.faults.append(fault)


def _now() -> Micros:
    return Micros(time.time_ns() // 1000)
