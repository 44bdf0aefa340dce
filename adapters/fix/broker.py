"""A broker's session: recorded messages go out, what the broker says goes into the inbox.

A message that could not be handed over certainly did not leave, and the core is told so
(`NotSent`). A status request that did not leave says nothing about its order; when the broker is
back, the core asks again.

A broker refuses a message by its number (45), so the last numbers sent are remembered with their
orders. They are noted before the send: the refusal may be here before the send returns, and no lock
may be held across it. Heartbeats take numbers too, so the message numbered 45 is the last one noted
with that number or a smaller one.
"""

from collections import deque

import structlog

from adapters.fix.codec import number_of
from adapters.fix.codec_broker import BrokerCodec
from adapters.fix.desk import Inbox
from adapters.fix.port import FixEngine, Sent, SessionName
from adapters.fix.received import Received
from domain.events import MessageRejected, NotSent, RouteChanged
from domain.ids import OrderId, RouteId
from domain.messages import SendDontKnow, SendStatusRequest, ToBroker

log = structlog.get_logger()

REMEMBERED = 10_000
"""Messages a broker may still refuse."""


class SentNumbers:
    """Which order the message with a number was about."""

    def __init__(self) -> None:
        self._noted: deque[tuple[int, OrderId]] = deque(maxlen=REMEMBERED)

    def note(self, number: int, order_id: OrderId) -> None:
        """Note the next number to be sent; a smaller one than before means they began again."""
        if self._noted and self._noted[-1][0] > number:
            self._noted.clear()
        self._noted.append((number, order_id))

    def find(self, number: int) -> OrderId | None:
        """Find the order; None when it was sent too long ago, or not by us."""
        for noted, order_id in reversed(self._noted.copy()):
            if noted <= number:
                return order_id
        return None


class Broker:
    """One broker's session."""

    def __init__(
        self,
        name: SessionName,
        *,
        codec: BrokerCodec,
        sent: SentNumbers,
        engine: FixEngine,
        inbox: Inbox,
        received: Received,
    ) -> None:
        self._route = RouteId(name)
        self.received = received
        self.codec = codec
        self._name = name
        self._sent = sent
        self._engine = engine
        self._inbox = inbox

    def on_message(self, text: str, *, poss_dup: bool, poss_resend: bool) -> None:
        """Take in whatever the broker says; it is never turned away."""
        number = number_of(text)
        era = self.received.arrive(number)
        said = self.codec.read(text, poss_dup=poss_dup or poss_resend)
        self._inbox.tell(said, lambda _event, _outcome: self.received.keep(number, era))

    def on_session_reject(self, text: str) -> None:
        """Take in that the broker cannot read a message of ours."""
        self._inbox.tell(self.codec.read(text))

    def on_refusal(self, text: str) -> None:
        """Take in that a message of the broker's was no FIX: it may have been a fill."""
        # INVARIANT (no report is lost)
        self._inbox.tell(self.codec.refused(text))

    def on_logon(self) -> None:
        """Take note that the broker is here."""
        self._inbox.tell(RouteChanged(route=self._route, up=True))

    def on_logout(self) -> None:
        """Take note that the broker is gone."""
        self._inbox.tell(RouteChanged(route=self._route, up=False))

    def send(self, message: ToBroker) -> None:
        """Send a recorded message, or tell that it did not leave."""
        wire = self.codec.write(message)
        if isinstance(message, SendDontKnow):
            self._engine.send(self._name, wire.msg_type, wire.fields)
            return
        self._sent.note(self._engine.next_outgoing(self._name), message.order_id)
        sent = self._engine.send(
            self._name, wire.msg_type, wire.fields, poss_resend=wire.poss_resend
        )
        if sent is Sent.SENT:
            return
        log.warning("not_sent", route=self._route, order_id=message.order_id, why=sent.value)
        if isinstance(message, SendStatusRequest):
            return
        if sent is Sent.MALFORMED:
            rejected = MessageRejected(
                route=self._route,
                order_id=message.order_id,
                message_type=wire.msg_type,
                text="it cannot be written in FIX",
            )
            self._inbox.tell(rejected)
        else:
            again = message.again
            self._inbox.tell(NotSent(route=self._route, order_id=message.order_id, again=again))
