"""A desk's session: what it asks goes into the inbox, what we answer goes out.

Messages arrive on the engine's thread and leave on the writer's. Answers to a desk that is away
wait, in order, until it is back: the engine numbers nothing for a session that is down, and a desk
must learn of every fill. They are sent when the record of its return is durable, on the writer's
thread, so nothing here needs a lock. INVARIANT (a desk is told in order).

A gateway may die with answers unsent. So the record up to which the desk was told everything is
marked, and after a start the journal's later answers are sent again, with 97=Y and their first
ExecID. INVARIANT (a desk is told at least once). The mark follows when an answer of a later record
goes out, because one record may cause several answers.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, assert_never

import structlog

from adapters.fix.codec import number_of
from adapters.fix.codec_desk import DeskCodec
from adapters.fix.mark import Mark
from adapters.fix.port import FixEngine, Sent, SessionName
from adapters.fix.received import Received
from domain.events import Body, Event, SessionChanged
from domain.ids import SessionId, record_of
from domain.messages import CancelRefused, MassCancelAnswered, MessageRefusal, Report, ToDesk

log = structlog.get_logger()


class Inbox(Protocol):
    """Where everything that happens is put (the gateway's inbox)."""

    def ask(self, body: Body, answer: Callable[[Event, Any], None] | None = None) -> bool:
        """Put in a request; False when the gate is too far behind to take it."""

    def tell(self, body: Body, answer: Callable[[Event, Any], None] | None = None) -> None:
        """Put in what has happened."""


class Desk:
    """One desk's session."""

    def __init__(
        self,
        name: SessionName,
        *,
        codec: DeskCodec,
        engine: FixEngine,
        inbox: Inbox,
        received: Received,
        told: Mark,
    ) -> None:
        self.received = received
        self._session = SessionId(name)
        self._name = name
        self.codec = codec
        self._engine = engine
        self._inbox = inbox
        self._told = told
        self._last = told.number
        self._waiting: deque[tuple[ToDesk, bool]] = deque()

    def on_message(self, text: str, *, poss_dup: bool, poss_resend: bool) -> None:  # noqa: ARG002
        """Take in a message; a copy that FIX itself sends again is known by its ClOrdID."""
        number = number_of(text)
        era = self.received.arrive(number)
        asked = self.codec.read(text, poss_resend=poss_resend)
        if not self._inbox.ask(asked, lambda _event, _outcome: self.received.keep(number, era)):
            busy = self.codec.busy(text)
            self._engine.send(self._name, busy.msg_type, busy.fields)

    def on_logon(self) -> None:
        """Take note that the desk is here."""
        change = SessionChanged(session=self._session, up=True)
        self._inbox.tell(change, lambda _event, _outcome: self._catch_up())

    def on_logout(self) -> None:
        """Take note that the desk is gone."""
        self._inbox.tell(SessionChanged(session=self._session, up=False))

    def on_session_reject(self, text: str) -> None:
        """Take note that the desk cannot read what we sent. Nothing can be done about it here."""
        log.error("desk_rejects_our_message", session=self._session, text=text)

    def on_refusal(self, text: str) -> None:
        """Take note that a message of the desk's was no FIX; it was told so, and may correct it."""
        log.warning("message_was_refused", session=self._session, text=text)

    def send(self, message: ToDesk) -> None:
        """Answer, or keep the answer until the desk is back."""
        self._waiting.append((message, False))
        self._catch_up()

    def recall(self, message: ToDesk) -> None:
        """Take an answer from the journal, before the start: it waits if it may be unsent.

        A refused cancel does not say its record, so it waits until a later answer shows that
        everything before was told. Where somebody removed the mark, the desk is not told its
        whole history again.
        """
        record = _record_of(message)
        if self._told.is_new:
            self._last = record or self._last
        elif record is not None and record <= self._told.number:
            self._waiting.clear()
        else:
            self._waiting.append((message, True))

    def rest(self) -> None:
        """Note, at a stop in good order, that all the desk was told it was told in full."""
        if not self._waiting:
            self._told.set(self._last)

    def _catch_up(self) -> None:
        while self._waiting:
            message, again = self._waiting[0]
            wire = self.codec.write(message)
            sent = self._engine.send(
                self._name, wire.msg_type, wire.fields, poss_resend=wire.poss_resend or again
            )
            if sent is Sent.NOT_LOGGED_ON or sent is Sent.SILENCED:
                return
            self._waiting.popleft()
            if sent is Sent.MALFORMED:
                log.error("answer_cannot_be_written", session=self._session, answer=message)
            record = _record_of(message)
            if record is not None and record != self._last:
                self._told.set(self._last)
                self._last = record


def _record_of(message: ToDesk) -> int | None:
    """Give the record that caused an answer; a refused cancel does not say."""
    match message:
        case Report(exec_id=name) | MessageRefusal(exec_id=name):
            pass
        case MassCancelAnswered(order_id=name):
            pass
        case CancelRefused():
            return None
        case _:
            assert_never(message)
    return record_of(name)
