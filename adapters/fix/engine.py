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
  quickfix's own thread, or while it is down. A stopped acceptor never accepts again: an engine
  starts once.
* *SIGINT is lost* when quickfix is imported. It is given back to Python below.
"""

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_never

import quickfix as fix

from adapters.fix.hours import Always
from adapters.fix.port import Field, FixHandler, NextNumbers, Sent, SessionName
from adapters.fix.sessions import DICTIONARIES, Dial, EngineSettings, FixSession, Listen, Version
from adapters.fix.wire import body_of

if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))

_SECRETS = re.compile(r"(?<=\x01)(95|96|554|925|140[0-4])=[^\x01]*")
_POLL_S = 0.02
_PATIENCE_S = 5.0


class CannotListenError(OSError):
    """A port is taken, or cannot be kept to the loopback device."""


class QuickfixEngine:
    """Sessions run by quickfix's SocketAcceptor and SocketInitiator, one thread each."""

    def __init__(
        self,
        settings: EngineSettings,
        handler: FixHandler,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Open stores and dictionaries. Raises ValueError where quickfix refuses the settings."""
        self._settings = settings
        self._now = now
        self._lines = {session.name: _Line(session) for session in settings.sessions}
        self._application = _Application(list(self._lines.values()), handler, self._disable_all)
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._started = False
        self._broken: BaseException | None = None
        settings.store.mkdir(parents=True, exist_ok=True)
        try:
            self._connectors = list(_connectors(settings, self._application))
        except (fix.ConfigError, fix.RuntimeError) as error:
            raise ValueError(f"quickfix refuses the sessions: {error}") from error
        for line in self._lines.values():
            line.open_store(settings, now)

    def start(self) -> None:
        """Listen and connect. Raises CannotListenError, and then nothing runs."""
        if self._threads:
            raise RuntimeError("an engine starts once")
        self._keep_hours()
        for connector in self._connectors:
            self._spawn(connector.block)
        try:
            for port in sorted({line.port for line in self._lines.values() if line.port}):
                self._await_listener(port)
        except OSError as error:
            self.stop()
            raise CannotListenError(str(error)) from error
        self._started = True
        if any(not isinstance(line.session.hours, Always) for line in self._lines.values()):
            self._spawn(self._watch_hours)

    def stop(self) -> None:
        """Log every session out, wait for the peers a little, and release ports and threads."""
        self._disable_all("the gateway stops")
        self._wait_until(lambda: not any(line.connected for line in self._lines.values()))
        self._stopped.set()
        for connector in self._connectors:
            connector.stop(True)  # noqa: FBT003 - at once: the peers were waited for above
        for thread in self._threads:
            thread.join(_PATIENCE_S)
        if any(thread.is_alive() for thread in self._threads):
            _UNDEAD.append(self)

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
        message = fix.Message(line.blank(msg_type))
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
        self._lines[session].held = False
        self._keep_hours()

    def log_out(self, session: SessionName, reason: str) -> None:
        line = self._lines[session]
        line.held = True
        line.disable(reason)

    def next_numbers(self, session: SessionName) -> NextNumbers:
        quickfix = self._lines[session].quickfix
        return NextNumbers(quickfix.getExpectedSenderNum(), quickfix.getExpectedTargetNum())

    def set_next_numbers(
        self, session: SessionName, *, outgoing: int | None = None, incoming: int | None = None
    ) -> None:
        quickfix = self._lines[session].quickfix
        if outgoing is not None:
            quickfix.setNextSenderMsgSeqNum(outgoing)
        if incoming is not None:
            quickfix.setNextTargetMsgSeqNum(incoming)

    def reset(self, session: SessionName) -> None:
        """Log out and begin again at 1; not from within a handler. Raises TimeoutError."""
        line = self._lines[session]
        self._begin_again(line, "sequence numbers are reset")
        if not self._wait_until(lambda: not line.reset_wanted):
            raise TimeoutError(f"session `{session}` did not log out, and is not reset yet")
        self._keep_hours()

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
            elif line.created < began and not line.reset_wanted:
                self._begin_again(line, "a new trading session begins")
            elif not (line.held or line.reset_wanted or self._application.silent):
                line.quickfix.logon()

    def _begin_again(self, line: "_Line", reason: str) -> None:
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

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._threads.append(thread)
        thread.start()

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
        self._wait_until(lambda: self._broken is not None or self._keep_local(port))
        if self._broken is not None or not self._keep_local(port):
            raise OSError(f"cannot listen on port {port}: {self._broken or 'no answer'}")

    def _keep_local(self, port: int) -> bool:
        """Bind what listens on `port` to the loopback device; False while nothing does."""
        listener = _listener(port)
        if listener is None:
            return False
        with listener:
            if not self._settings.reachable_from_outside:
                # INVARIANT (one way in). Linux asks no privilege for this; other systems cannot.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
        return True

    def _wait_until(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True


class _Line:
    """A session as it stands: quickfix's handle, and what its callbacks have told us."""

    quickfix: fix.Session
    created: datetime
    """When the numbers began at 1."""

    def __init__(self, session: FixSession) -> None:
        self.session = session
        self.port = session.link.port if isinstance(session.link, Listen) else 0
        self.up = False
        """Messages may be sent. Anyone may clear it; only quickfix's own thread sets it."""
        self.announced = False
        """The handler was told of the logon, and is owed the logout."""
        self.held = False
        """Kept down by an operator, or for good."""
        self.reset_wanted = False
        self.logon_text = ""
        self._now: Callable[[], datetime]
        self._sender = 0
        self._refusals = 0
        self._blanks: dict[str, fix.Message] = {}

    def open_store(self, settings: EngineSettings, now: Callable[[], datetime]) -> None:
        session = self.session
        begin_string = session.version.begin_string
        key = fix.SessionID(begin_string, session.ours, session.theirs)
        self.quickfix = fix.Session.lookupSession(key)
        self._now = now
        born = settings.store / f"{begin_string}-{session.ours}-{session.theirs}.session"
        at = born.read_text(encoding="ascii")[:17]
        self.created = datetime.strptime(f"{at}+0000", "%Y%m%d-%H:%M:%S%z")

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

    def blank(self, msg_type: str) -> fix.Message:
        """Give an empty message of this type, to be copied."""
        message = self._blanks.get(msg_type)
        if message is None:
            message = fix.Message()
            message.getHeader().setField(35, msg_type)
            self._blanks[msg_type] = message
        return message

    def send(self, message: fix.Message) -> Sent:
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

    def may_go(self, message: fix.Message) -> bool:
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

    def refusal(self, text: str) -> str | None:
        """Say why a Logon is refused by the settings, or None."""
        link = self.session.link
        if isinstance(link, Dial) or link.login is None:
            return None
        fields = dict(pair.partition("=")[::2] for pair in text.split("\x01"))
        if link.login.admits(fields.get("553", ""), fields.get("554", "")):
            return None
        return "unknown user name or password"


class _Application(fix.Application):  # type: ignore[misc]
    """What quickfix calls. INVARIANT (no exception crosses)."""

    def __init__(
        self, lines: Sequence[_Line], handler: FixHandler, disable_all: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._handler = handler
        self._disable_all = disable_all
        self._by_key = {line.session.key: line for line in lines}
        self._by_address: dict[int, _Line] = {}
        self._fault_lock = threading.Lock()
        self.silent = False

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
        refused: str | None = None
        try:
            line = self._by_address[int(session_id.this)]
            text = message.toString()
            if "\x0135=A\x01" in text:
                refused = line.refusal(text)
                line.logon_text = _SECRETS.sub(r"\1=***", text)
                if refused is None and isinstance(line.session.link, Listen):
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


def _connectors(settings: EngineSettings, application: _Application) -> Iterator[Any]:
    """Give quickfix's acceptor, its initiator, or both."""
    kinds = ((Listen, fix.SocketAcceptor), (Dial, fix.SocketInitiator))
    for link, connector in kinds:
        sessions = [session for session in settings.sessions if isinstance(session.link, link)]
        if not sessions:
            continue
        words = fix.SessionSettings()
        for session in sessions:
            version = session.version.begin_string
            section = fix.Dictionary()
            for name, value in _words(settings, session).items():
                section.setString(name, value)
            words.set(fix.SessionID(version, session.ours, session.theirs), section)
        store = fix.FileStoreFactory(words)
        if settings.log is None:
            yield connector(application, store, words)
        else:
            yield connector(application, store, words, fix.FileLogFactory(str(settings.log)))


def _words(settings: EngineSettings, session: FixSession) -> dict[str, str]:
    """Say a session in quickfix's own settings."""
    validation = session.validation
    words = {
        "BeginString": session.version.begin_string,
        "SenderCompID": session.ours,
        "TargetCompID": session.theirs,
        "NonStopSession": "Y",  # the hours are kept here
        "SocketNodelay": "Y",
        "FileStorePath": str(settings.store),
        "PersistMessages": _yes(session.keeps_messages),
        "ResetOnLogon": _yes(session.reset_on_logon),
        "ResetOnLogout": _yes(session.reset_on_logout),
        "ResetOnDisconnect": _yes(session.reset_on_disconnect),
        "SendNextExpectedMsgSeqNum": _yes(session.next_expected),
        "ValidateFieldsOutOfOrder": _yes(validation.fields_out_of_order),
        "ValidateFieldsHaveValues": _yes(validation.fields_without_value),
        "ValidateUserDefinedFields": _yes(validation.custom_fields),
        "AllowUnknownMsgFields": _yes(not validation.fields_of_other_messages),
        "CheckLatency": _yes(validation.sending_time_s is not None),
    }
    if validation.sending_time_s is not None:
        words["MaxLatency"] = str(validation.sending_time_s)
    dictionary = str(session.dictionary or session.version.dictionary)
    if session.version is Version.FIX50SP2:
        words["DefaultApplVerID"] = session.version.value
        words["AppDataDictionary"] = dictionary
        words["TransportDataDictionary"] = str(DICTIONARIES / "FIXT11.xml")
    else:
        words["DataDictionary"] = dictionary
    match session.link:
        case Listen(port=port):
            words |= {"ConnectionType": "acceptor", "SocketAcceptPort": str(port)}
        case Dial(host=host, port=port, retry_s=retry_s):
            words |= {
                "ConnectionType": "initiator",
                "HeartBtInt": str(session.heartbeat_s),
                "SocketConnectHost": host,
                "SocketConnectPort": str(port),
                "ReconnectInterval": str(retry_s),
            }
        case _:
            assert_never(session.link)
    return words


def _yes(answer: bool) -> str:  # noqa: FBT001
    return "Y" if answer else "N"


def _listener(port: int) -> socket.socket | None:
    """Give a duplicate of quickfix's socket that listens on `port`, or None."""
    for descriptor in Path("/dev/fd").iterdir():
        try:
            found = socket.socket(fileno=os.dup(int(descriptor.name)))
        except OSError:  # not a socket, or gone meanwhile
            continue
        listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listens and found.getsockname()[1] == port:
            return found
        found.close()
    return None


_UNDEAD: list[QuickfixEngine] = []
"""Engines whose threads did not end: freeing them would pull the ground from under these."""
