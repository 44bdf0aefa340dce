"""The FIX port: the session layer as the rest of the gateway sees it.

A session layer carries numbered messages between two parties, and nothing else. This page says what
ours promises, so that another one can replace it on the day it passes the same transcripts.

*Text.* An application message arrives as its whole text, ``8=…|9=…|35=…|…|10=…|`` with SOH where a
bar stands here, and leaves as an ordered list of ``(tag, value)`` pairs. The engine writes the
header fields 8, 9, 34, 35, 43, 49, 52, 56, 97 and 122, and the trailer. Repeating groups are
written out in order (453, then 448, 447, 452, …) and arrive in order; other body fields may arrive
sorted by tag. Bytes that are not UTF-8 arrive by ``surrogateescape``, and would leave as ``?``.

*Threads.* The engine may be called from any thread. The handler is called from the engine's own
threads (one for all acceptors, one for all initiators) while the session waits: copy, hand over,
return. It must not wait for anything that itself needs a send.

*Faults.* What a handler raises never travels into the engine. The engine tells ``on_fault`` once
and goes silent: nothing more is handed over or sent, and sessions are logged out. The message that
failed, and all behind it, count as not received, so that peers send them again. The owner stops
the program.

*Losses.* A message counts as received once ``on_message`` has returned, not once it is durable. Who
hands it over to a journal sets the next incoming number from that journal before ``start``.

INVARIANT (no stale order): an order is never given to a session that is down, and one that was
lost on the wire is gap-filled, never repeated behind the gate's back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NewType, Protocol

SessionName = NewType("SessionName", str)
"""The name the settings give a session (`desk-a`, `broker-x`); not a CompID."""

Field = tuple[int, str]
"""A FIX field: its tag and its value as text, never empty, without SOH."""


class Sent(Enum):
    """What became of a message given to `FixEngine.send`."""

    SENT = "sent"
    """Numbered, stored and given to the wire. Whether it arrived is for the peer to say."""
    NOT_LOGGED_ON = "not logged on"
    """The session is down. Nothing was numbered or stored; nothing will go out later."""
    MALFORMED = "malformed"
    """A value is empty or holds SOH, or a tag is the engine's own or none. Nothing went out."""
    SILENCED = "silenced"
    """A handler failed earlier: the engine is silent for good. Nothing went out."""


@dataclass(frozen=True, slots=True)
class NextNumbers:
    """The sequence numbers (34) a session will use next."""

    outgoing: int
    incoming: int


class FixHandler(Protocol):
    """Whoever receives what the sessions bring. Every method returns quickly."""

    def on_message(
        self, session: SessionName, text: str, *, poss_dup: bool, poss_resend: bool
    ) -> None:
        """Receive an application message: its text, and whether 43=Y or 97=Y was in its header."""

    def approve_logon(self, session: SessionName, text: str) -> str | None:
        """Say why a peer's Logon (35=A) is refused, or None. Its password (554, 925) reads ``***``.

        Asked after the engine itself has compared the user name and password with the settings.
        """

    def on_logon(self, session: SessionName, text: str) -> None:
        """Learn that the session is up. `text` is the peer's Logon, passwords masked."""

    def on_logout(self, session: SessionName) -> None:
        """Learn that the session is down, by Logout or by a broken connection."""

    def on_session_reject(self, session: SessionName, text: str) -> None:
        """Receive a session-level Reject (35=3) of something we sent: 45 says which number."""

    def on_refusal(self, session: SessionName, text: str) -> None:
        """Learn of a Reject (35=3) the engine itself gives: what 45 names is not handed over."""

    def on_fault(self, fault: BaseException) -> None:
        """Learn, once, that a handler or the engine failed. Stop the program soon."""


class FixEngine(Protocol):
    """A running set of FIX sessions, acceptors and initiators."""

    def start(self) -> None:
        """Listen and connect. An engine starts once: a stopped one is not started again."""

    def turn(self) -> bool:
        """Do what the sessions have to do now, without waiting; say whether a message arrived.

        Of an engine without threads of its own: its owner calls this again and again, on one
        thread, on which the handler is called too.
        """

    def stop(self) -> None:
        """Log every session out and release ports and threads."""

    def send(
        self,
        session: SessionName,
        msg_type: str,
        fields: Sequence[Field],
        *,
        header: Sequence[Field] = (),
        poss_resend: bool = False,
    ) -> Sent:
        """Send an application message of type `msg_type` (35) with `fields` in this order.

        `header` are further header fields (50, 57, 115, 128, 129, 142). `poss_resend` sets 97=Y.
        Raises OSError when the session's store cannot be written: stop the program.
        """

    def logged_on(self, session: SessionName) -> bool:
        """Say whether the session is up now."""

    def log_on(self, session: SessionName) -> None:
        """Let the session be up again, after `log_out`."""

    def log_out(self, session: SessionName, reason: str) -> None:
        """End the session, telling the peer why (58), and keep it down until `log_on`."""

    def next_numbers(self, session: SessionName) -> NextNumbers:
        """Read the next sequence numbers."""

    def next_outgoing(self, session: SessionName) -> int:
        """Read the number the next message to go out will have."""

    def set_next_numbers(
        self, session: SessionName, *, outgoing: int | None = None, incoming: int | None = None
    ) -> None:
        """Set the next sequence numbers; for operators, after a call with the peer."""

    def reset(self, session: SessionName) -> None:
        """Log out and begin again at 1 both ways, forgetting stored messages.

        Waits for the logout; not from within a handler. Raises TimeoutError.
        """
