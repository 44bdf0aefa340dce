# ruff: noqa: N802 - quickfix calls its application by these names
"""The FIX engine on quickfix 1.16: the only module that imports it.

quickfix keeps a session well (it passes the field's transcripts) and takes a program down by a
dozen surprises. What the lines here are for:

* *An exception that leaves a callback ends the engine*, and on 3.11 leaves a process that accepts
  connections and answers nothing. INVARIANT (no exception crosses): every callback is one ``try``,
  and what a handler raises silences the engine. The two that quickfix wants raised, RejectLogon
  and DoNotSend, are raised behind that ``try``, on purpose and rarely: each leaks a few kilobytes.
* *A message dies with its callback.* Its text is taken once; no quickfix object is kept.
* *A silent engine must not swallow.* quickfix counts a message as received when its callback
  returns, so a silenced session sets the count back and hangs up: the peer will send again what
  nobody has read. INVARIANT (unread while silent).
* *A send succeeds while the peer is down*, and the stale order leaves on the next ResendRequest.
  Whether a session is up is known here from its own callbacks, and asked again in ``toApp``, which
  quickfix calls under the lock of the session: nothing is numbered for a session that is down, and
  orders are never resent. INVARIANT (no stale order).
* *Fields are sorted by tag and groups need objects*, at 1.3 µs a field and more. But a value is
  written as it stands, so the whole body is set as the value of its first field: order is kept,
  groups need nothing, and a message of 17 fields costs 6.5 µs instead of 22. For the same reason
  SOH in a value would forge fields; it is refused.
* *Anyone may connect*: quickfix listens on every address. Its listening socket is bound to the
  loopback device once it is open. INVARIANT (one way in): strangers meet the front door.
* *Sockets are dropped without a lock*, so a session is disconnected or reset within a callback, on
  quickfix's own thread, or while it is down.
* *A stopped acceptor never accepts again*, and stopping it frees memory that is in use. It is put
  to sleep instead, see `_park`; an engine starts once.
* *SIGINT is lost* when quickfix is imported. It is given back to Python below.
"""

import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import quickfix as fix

from adapters.fix import listener
from adapters.fix.hours import Always
from adapters.fix.line import Line, born
from adapters.fix.login import masked
from adapters.fix.port import Field, FixHandler, NextNumbers, Sent, SessionName
from adapters.fix.sessions import Dial, EngineSettings, FixSession, Listen
from adapters.fix.wire import body_of, logon
from adapters.fix.wording import words

if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))

_POLL_S = 0.02
_PATIENCE_S = 5.0


class CannotListenError(OSError):
    """A port is taken, or cannot be kept to the loopback device."""


class QuickfixEngine:
    """Sessions run by quickfix's SocketAcceptor and SocketInitiator.

    Each has a thread of its own; or, with `turned`, none: the owner's thread does their work in
    `turn`. Two busy threads pay for the interpreter's lock at each of quickfix's calls, which
    release it; one thread pays nothing.
    """

    def __init__(
        self,
        settings: EngineSettings,
        handler: FixHandler,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        turned: bool = False,
    ) -> None:
        """Open stores and dictionaries. Raises ValueError where quickfix refuses the settings."""
        self._settings = settings
        self._now = now
        self._lines = {session.name: Line(session, now) for session in settings.sessions}
        self._application = _Application(list(self._lines.values()), handler, self._disable_all)
        self._blanks: dict[str, fix.Message] = {}
        self._turned = turned
        self._turning = threading.Lock()
        self._stopped = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._started = False
        self._broken: BaseException | None = None
        settings.store.mkdir(parents=True, exist_ok=True)
        try:
            self._acceptor = _connector(fix.SocketAcceptor, Listen, settings, self._application)
            self._initiator = _connector(fix.SocketInitiator, Dial, settings, self._application)
        except (fix.ConfigError, fix.RuntimeError) as error:
            raise ValueError(f"quickfix refuses the sessions: {error}") from error
        for session in settings.sessions:
            line = self._lines[session.name]
            line.quickfix = fix.Session.lookupSession(_key(session))
            line.created = born(session, settings.store)

    def start(self) -> None:
        """Listen and connect. Raises CannotListenError, and then nothing runs."""
        if self._threads or self._started:
            raise RuntimeError("an engine starts once")
        for port in self._ports():
            if listener.find(port) is not None:
                raise CannotListenError(f"cannot listen on port {port}: this program already does")
        self._keep_hours()
        if self._turned:
            self._work()
        else:
            for name, connector in self._connectors().items():
                self._spawn(name, connector.block)
        try:
            for port in self._ports():
                self._await_listener(port)
        except OSError as error:
            self.stop()
            raise CannotListenError(str(error)) from error
        self._started = True
        if any(not isinstance(line.session.hours, Always) for line in self._lines.values()):
            self._spawn("hours", self._watch_hours)

    def turn(self) -> bool:
        """Do the sessions' work, and say whether a message arrived."""
        with self._turning:
            return False if self._stopped.is_set() else self._work()

    def stop(self) -> None:
        """Log every session out, wait for the peers a little, and release the ports."""
        if self._stopped.is_set():
            return
        self._disable_all("the gateway stops")
        self._wait_until(self._all_out)
        with self._turning:
            self._stopped.set()
        if self._initiator is not None:
            self._initiator.stop(True)  # noqa: FBT003 - at once: the peers were waited for above
        idle = set(self._connectors()) - self._threads.keys()
        if "accept" in idle or self._park():
            idle.add("accept")
            for port in self._ports():
                listener.close(port)
        for name in self._threads.keys() - idle:
            self._threads[name].join(_PATIENCE_S)
            if not self._threads[name].is_alive():
                idle.add(name)
        for name, connector in self._connectors().items():
            if name in idle:
                connector.__swig_destroy__(connector)  # and the sessions it owns

    def send(
        self,
        session: SessionName,
        msg_type: str,
        fields: Sequence[Field],
        *,
        header: Sequence[Field] = (),
        poss_resend: bool = False,
    ) -> Sent:
        """Send an application message, or say why nothing went out."""
        line = self._lines[session]
        if not line.up:
            return Sent.SILENCED if self._application.silent else Sent.NOT_LOGGED_ON
        body = body_of(fields)
        if body is None or (header and body_of(header) is None):
            return Sent.MALFORMED
        message = fix.Message(self._blank(msg_type))
        tag, _, rest = body.partition("=")
        try:
            message.setField(int(tag), rest)
        except TypeError:  # quickfix takes only what UTF-8 can hold
            message.setField(int(tag), rest.encode("utf-8", "replace").decode())
        if header or poss_resend:
            top = message.getHeader()
            for header_tag, value in header:
                top.setField(header_tag, value)
            if poss_resend:
                top.setField(97, "Y")
        return line.send(message)

    def logged_on(self, session: SessionName) -> bool:
        return self._lines[session].up

    def log_on(self, session: SessionName) -> None:
        self._live(session).held = False
        self._keep_hours()

    def log_out(self, session: SessionName, reason: str) -> None:
        line = self._live(session)
        line.held = True
        line.disable(reason)

    def next_numbers(self, session: SessionName) -> NextNumbers:
        quickfix = self._live(session).quickfix
        return NextNumbers(quickfix.getExpectedSenderNum(), quickfix.getExpectedTargetNum())

    def next_outgoing(self, session: SessionName) -> int:
        number: int = self._live(session).quickfix.getExpectedSenderNum()
        return number

    def set_next_numbers(
        self, session: SessionName, *, outgoing: int | None = None, incoming: int | None = None
    ) -> None:
        quickfix = self._live(session).quickfix
        if outgoing is not None:
            quickfix.setNextSenderMsgSeqNum(outgoing)
        if incoming is not None:
            quickfix.setNextTargetMsgSeqNum(incoming)

    def reset(self, session: SessionName) -> None:
        """Log out and begin again at 1; not from within a handler. Raises TimeoutError."""
        line = self._live(session)
        self._begin_again(line, "sequence numbers are reset")
        if not self._wait_until(lambda: not line.reset_wanted):
            raise TimeoutError(f"session `{session}` did not log out, and is not reset yet")
        self._keep_hours()

    def _all_out(self) -> bool:
        if self._turned:
            self.turn()
        return not any(line.connected for line in self._lines.values())

    def _connectors(self) -> dict[str, Any]:
        found = {"accept": self._acceptor, "dial": self._initiator}
        return {name: connector for name, connector in found.items() if connector is not None}

    def _work(self) -> bool:
        arrived = self._application.arrived
        try:
            if self._acceptor is not None:
                self._acceptor.poll()
            if self._initiator is not None:
                self._initiator.poll()
        except BaseException as fault:  # noqa: BLE001 - told to the owner, who stops the program
            self._broken = fault
            if self._started:
                self._application.fail(fault)
        return self._application.arrived != arrived

    def _blank(self, msg_type: str) -> fix.Message:
        """Give an empty message of this type, to be copied."""
        message = self._blanks.get(msg_type)
        if message is None:
            message = fix.Message()
            message.getHeader().setField(35, msg_type)
            self._blanks[msg_type] = message
        return message

    # -------------------------------------------------------------------------------- hours

    def _watch_hours(self) -> None:
        while not self._stopped.wait(1.0):
            self._keep_hours()

    def _keep_hours(self) -> None:
        """Log sessions on and out as their hours say, beginning again at 1 when one has opened."""
        for line in self._lines.values():
            began = line.session.hours.began(self._now())
            if began is None:
                line.disable("the trading session is closed")
                continue
            if line.created < began and not line.reset_wanted:
                self._begin_again(line, "a new trading session begins")
            if not (line.held or line.reset_wanted or self._application.silent):
                line.quickfix.logon()

    def _begin_again(self, line: Line, reason: str) -> None:
        line.reset_wanted = True
        if line.connected:
            line.disable(reason)
        elif not line.quickfix.sentLogon():  # a Logon without an answer times out by itself
            line.reset()

    def _disable_all(self, reason: str) -> None:
        for line in self._lines.values():
            line.held = True
            line.disable(reason)

    # ------------------------------------------------------------------------------ threads

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        self._threads[name] = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._threads[name].start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 - told to the owner, who stops the program
            self._broken = fault
        if self._broken is None and not self._stopped.is_set():
            self._broken = RuntimeError("a thread of the FIX engine ended by itself")
        if self._broken is not None and self._started:
            self._application.fail(self._broken)

    def _await_listener(self, port: int) -> None:
        def listens() -> bool:
            if self._settings.reachable_from_outside:
                return listener.find(port) is not None
            return listener.keep_local(port)  # INVARIANT (one way in)

        self._wait_until(lambda: self._broken is not None or listens())
        if self._broken is not None or not listens():
            raise OSError(f"cannot listen on port {port}: {self._broken or 'no answer'}")

    def _ports(self) -> list[int]:
        return sorted({line.port for line in self._lines.values() if line.port})

    def _park(self) -> bool:
        """Have quickfix's acceptor thread wait for ever, inside a callback.

        Told to stop, it frees what the caller still uses, and closes its listening socket three
        times, by a number that may be somebody else's by then. Asleep it does no harm. It is
        brought into a callback by a Logon of our own.
        """
        thread = self._threads.get("accept")
        line = next((line for line in self._lines.values() if line.port), None)
        if thread is None or line is None or not thread.is_alive():
            return False
        self._application.parking = True
        line.quickfix.setResetOnLogon(False)
        line.quickfix.logon()
        with suppress(OSError), socket.create_connection(("127.0.0.1", line.port), 1) as knock:
            session, number = line.session, line.quickfix.getExpectedTargetNum()
            version = session.version.begin_string
            knock.sendall(logon(version, session.theirs, session.ours, number, datetime.now(UTC)))
            return self._application.parked.wait(_PATIENCE_S)
        return False

    def _live(self, session: SessionName) -> Line:
        if self._stopped.is_set():
            raise RuntimeError("the engine is stopped")
        return self._lines[session]

    def _wait_until(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True


class _Application(fix.Application):  # type: ignore[misc]
    """What quickfix calls. INVARIANT (no exception crosses)."""

    def __init__(
        self, lines: Sequence[Line], handler: FixHandler, disable_all: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._handler = handler
        self._disable_all = disable_all
        self._by_key = {line.session.key: line for line in lines}
        self._by_address: dict[int, Line] = {}
        self._fault_lock = threading.Lock()
        self.silent = False
        self.arrived = 0
        self.parking = False
        self.parked = threading.Event()

    def fail(self, fault: BaseException) -> None:
        """Go silent, and tell the owner once."""
        with self._fault_lock:
            if self.silent:
                return
            self.silent = True
        with suppress(BaseException):
            self._disable_all("the gateway stops")
        with suppress(BaseException):
            self._handler.on_fault(fault)

    def onCreate(self, session_id: fix.SessionID) -> None:
        # quickfix passes the same SessionID object ever after: its address is the cheapest key.
        self._by_address[int(session_id.this)] = self._by_key[session_id.toString()]

    def fromApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        line = self._by_address[int(session_id.this)]
        self.arrived += 1
        if not self.silent:
            try:
                text = message.toString()
                self._handler.on_message(
                    line.session.name,
                    text,
                    # A header is sorted: 43 stands before 49, or is somebody's data.
                    poss_dup=0 < text.find("\x0143=Y\x01") < text.find("\x0149="),
                    poss_resend="\x0197=Y\x01" in text,
                )
            except BaseException as fault:  # noqa: BLE001
                self.fail(fault)
        if self.silent:
            # INVARIANT (unread while silent)
            line.unread()

    def toApp(self, message: fix.Message, session_id: fix.SessionID) -> None:
        try:
            leaves = self._by_address[int(session_id.this)].may_go(message)
        except BaseException as fault:  # noqa: BLE001
            self.fail(fault)
            leaves = False
        if not leaves:
            raise fix.DoNotSend

    def fromAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        if self.parking:
            self.parked.set()
            threading.Event().wait()
        refused: str | None = None
        try:
            line = self._by_address[int(session_id.this)]
            text = message.toString()
            if "\x0135=A\x01" in text:
                line.logon_text = masked(text)
                link = line.session.link
                if isinstance(link, Listen):
                    if link.login is not None:
                        refused = link.login.refuses(text)
                    if refused is None:
                        refused = self._handler.approve_logon(line.session.name, line.logon_text)
            elif "\x0135=5\x01" in text:
                line.up = False
            elif "\x0135=3\x01" in text:
                self._handler.on_session_reject(line.session.name, text)
        except BaseException as fault:  # noqa: BLE001
            self.fail(fault)
            refused = "the gateway stops"
        if refused is not None:
            raise fix.RejectLogon(refused)

    def toAdmin(self, message: fix.Message, session_id: fix.SessionID) -> None:
        try:
            line = self._by_address[int(session_id.this)]
            msg_type = message.getHeader().getField(35)
            if msg_type == "5":
                line.up = False
            elif msg_type == "3":
                self._handler.on_refusal(line.session.name, message.toString())
            elif msg_type == "A" and isinstance(line.session.link, Dial):
                for tag, value in line.session.link.logon_fields:
                    message.setField(tag, value)
        except BaseException as fault:  # noqa: BLE001
            self.fail(fault)

    def onLogon(self, session_id: fix.SessionID) -> None:
        try:
            line = self._by_address[int(session_id.this)]
            if self.silent or line.held:
                return
            line.up = line.announced = True
            self._handler.on_logon(line.session.name, line.logon_text)
        except BaseException as fault:  # noqa: BLE001
            self.fail(fault)

    def onLogout(self, session_id: fix.SessionID) -> None:
        try:
            line = self._by_address[int(session_id.this)]
            line.up = False
            if line.reset_wanted:
                line.reset()
            if line.announced:
                line.announced = False
                self._handler.on_logout(line.session.name)
        except BaseException as fault:  # noqa: BLE001
            self.fail(fault)


def _connector(
    kind: Callable[..., Any],
    link: type[Listen | Dial],
    settings: EngineSettings,
    application: _Application,
) -> Any:
    """Give quickfix's acceptor or initiator for the sessions with such a link; None without any."""
    sessions = [session for session in settings.sessions if isinstance(session.link, link)]
    if not sessions:
        return None
    agreed = fix.SessionSettings()
    for session in sessions:
        if fix.Session.doesSessionExist(_key(session)):
            raise ValueError(f"session `{session.key}` is already in use in this program")
        section = fix.Dictionary()
        for name, value in words(session, settings.store).items():
            section.setString(name, value)
        agreed.set(_key(session), section)
    store = fix.FileStoreFactory(agreed)
    if settings.log is None:
        return kind(application, store, agreed)
    return kind(application, store, agreed, fix.FileLogFactory(str(settings.log)))


def _key(session: FixSession) -> fix.SessionID:
    return fix.SessionID(session.version.begin_string, session.ours, session.theirs)
