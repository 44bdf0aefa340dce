"""One session as it stands: up or down, held or open, and what may leave.

`up` is known from quickfix's callbacks and asked again in ``toApp``, under quickfix's lock of the
session. The numbers themselves are quickfix's, in its store.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.fix.port import Sent
from adapters.fix.sessions import FixSession, Listen

Quickfix = Any
"""An object of quickfix's: only the engine imports it, and it has no types."""


class Line:
    """A session as it stands: quickfix's handle, and what its callbacks have told us."""

    quickfix: Quickfix
    created: datetime
    """When the numbers began at 1."""

    def __init__(self, session: FixSession, now: Callable[[], datetime]) -> None:
        self.session = session
        self._now = now
        self.port = session.link.port if isinstance(session.link, Listen) else 0
        self.up = False
        """Messages may be sent. Anyone may clear it; only quickfix's own thread sets it."""
        self.announced = False
        """The handler was told of the logon, and is owed the logout."""
        self.held = False
        """Kept down by an operator, or for good."""
        self.reset_wanted = False
        self.logon_text = ""
        self._sender = 0
        self._refusals = 0

    @property
    def connected(self) -> bool:
        return bool(self.quickfix.isLoggedOn())

    def disable(self, reason: str) -> None:
        """Let quickfix say Logout at its next tick, and refuse further Logons."""
        self.up = False
        if self.quickfix.isEnabled():
            self.quickfix.logout(reason)

    def reset(self) -> None:
        """Begin again at 1. Only on quickfix's own thread, or while the session is down."""
        self.quickfix.reset()
        self.created = self._now()
        self.reset_wanted = False

    def unread(self) -> None:
        """Hang up within `fromApp`, and have its message count as not received."""
        self.quickfix.setNextTargetMsgSeqNum(self.quickfix.getExpectedTargetNum() - 1)
        self.quickfix.disconnect()

    def send(self, message: Quickfix) -> Sent:
        refusals = self._refusals
        self._sender = threading.get_ident()
        try:
            sent = self.quickfix.send(message)
        finally:
            self._sender = 0
        if sent:
            return Sent.SENT
        if self._refusals == refusals:
            raise OSError(f"the store of session `{self.session.name}` cannot be written")
        return Sent.NOT_LOGGED_ON

    def may_go(self, message: Quickfix) -> bool:
        """Say whether a message leaves that quickfix is about to number, or to send once more."""
        if self._sender != threading.get_ident():
            header = message.getHeader()
            if not header.isSetField(43):
                return True  # quickfix's own BusinessMessageReject
            # INVARIANT (no stale order)
            return header.getField(35) not in self.session.never_resent
        if not self.up:
            self._refusals += 1
        return self.up


def born(session: FixSession, store: Path) -> datetime:
    """Read when the numbers of a session began at 1, as quickfix's FileStore keeps it."""
    name = f"{session.version.begin_string}-{session.ours}-{session.theirs}.session"
    at = (store / name).read_text(encoding="ascii")[:17]
    return datetime.strptime(f"{at}+0000", "%Y%m%d-%H:%M:%S%z")
