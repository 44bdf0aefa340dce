"""The acceptor under test: our engine, and the application that the acceptance scripts expect
behind it.

The application echoes orders (D), securities (d) and e-mails (C), ignores an order that may be a
repeat (97=Y) and was seen before on this connection, and refuses every other message type as
unsupported. Run it as a program::

    python tests/acceptance/echo.py PORT STORE

It says `ready` when it listens, and ends with its standard input.
"""

import sys
from pathlib import Path

from adapters.fix.engine import QuickfixEngine
from adapters.fix.port import Field, FixEngine, SessionName
from adapters.fix.sessions import EngineSettings, FixSession, Listen, Validation, Version

SESSIONS = {"fix42": Version.FIX42, "fix44": Version.FIX44, "fix50sp2": Version.FIX50SP2}
"""The folders of scripts, and what they speak."""

_HEADER_AND_TRAILER = frozenset(
    {8, 9, 10, 34, 35, 43, 49, 50, 52, 56, 57, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145}
)


class Echo:
    """A handler that sends back what it gets."""

    engine: FixEngine

    def __init__(self) -> None:
        self._seen: set[tuple[SessionName, str]] = set()

    def on_message(
        self, session: SessionName, text: str, *, poss_dup: bool, poss_resend: bool
    ) -> None:
        pairs = [pair.partition("=") for pair in text.rstrip("\x01").split("\x01")]
        fields: list[Field] = [(int(tag), value) for tag, _, value in pairs]
        by_tag = dict(fields)
        msg_type = by_tag[35]
        if msg_type not in ("D", "d", "C"):
            self.engine.send(session, "j", _unsupported(by_tag))
            return
        if msg_type == "D":
            order = session, by_tag[11]
            if poss_resend and order in self._seen:
                return
            self._seen.add(order)
        body = [pair for pair in fields if pair[0] not in _HEADER_AND_TRAILER]
        self.engine.send(session, msg_type, body, poss_resend=poss_resend)

    def approve_logon(self, session: SessionName, text: str) -> str | None:
        return None

    def on_logon(self, session: SessionName, text: str) -> None:
        pass

    def on_logout(self, session: SessionName) -> None:
        self._seen = {order for order in self._seen if order[0] != session}

    def on_session_reject(self, session: SessionName, text: str) -> None:
        pass

    def on_refusal(self, session: SessionName, text: str) -> None:
        pass

    def on_fault(self, fault: BaseException) -> None:
        print(f"fault: {fault!r}", flush=True)


def _unsupported(refused: dict[int, str]) -> list[Field]:
    fields = [(45, refused[34]), (58, "Unsupported Message Type"), (372, refused[35]), (380, "3")]
    if refused[8] == "FIXT.1.1":
        fields.append((1137, "9"))  # DefaultApplVerID: FIX 5.0 SP2
    return fields


def engine(port: int, store: Path) -> QuickfixEngine:
    """Set up the sessions of the scripts, as their authors did."""
    sessions = [
        FixSession(
            name=SessionName(name),
            version=version,
            ours="ISLD",
            theirs=name.upper().replace("FIX", "TW"),
            link=Listen(port=port),
            reset_on_logon=True,
            validation=Validation(custom_fields=True),
            never_resent=frozenset(),
        )
        for name, version in SESSIONS.items()
    ]
    echo = Echo()
    echo.engine = QuickfixEngine(EngineSettings(sessions=sessions, store=store), echo)
    return echo.engine


if __name__ == "__main__":
    acceptor = engine(int(sys.argv[1]), Path(sys.argv[2]))
    acceptor.start()
    print("ready", flush=True)
    sys.stdin.read()
    acceptor.stop()
