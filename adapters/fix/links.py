"""All FIX sessions of a gate, desks and brokers, on one engine.

The session's name in the engine's settings is the desk's `SessionId` or the broker's `RouteId`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import assert_never

from adapters.fix.broker import Broker, SentNumbers
from adapters.fix.codec_broker import BrokerCodec
from adapters.fix.codec_desk import DeskCodec
from adapters.fix.desk import Desk, Inbox
from adapters.fix.dialect import Dialect
from adapters.fix.listings import Listings
from adapters.fix.mark import Mark
from adapters.fix.port import FixEngine, FixHandler, SessionName
from adapters.fix.received import Received
from domain.ids import InstrumentId, RouteId, SessionId
from domain.instrument import Instrument
from domain.messages import (
    AskOrder,
    CancelRefused,
    MassCancelAnswered,
    Message,
    MessageRefusal,
    Report,
    SendCancel,
    SendDontKnow,
    SendOrder,
    SendReplace,
    SendStatusRequest,
    SetFlattenTimer,
    SetKillTimer,
    SetTimer,
)
from domain.reference import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Who is linked, how they speak, and the folder where their marks are kept.

    `aliases` are further names of instruments: source (22) and id (48).
    """

    desks: Mapping[SessionId, Dialect]
    brokers: Mapping[RouteId, Dialect]
    store: Path
    aliases: Mapping[tuple[str, str], InstrumentId] = field(
        default_factory=lambda: MappingProxyType({})
    )


class FixLinks:
    """The FIX side of a gate: the engine's handler, and the writer's way out."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        instruments: Iterable[Instrument],
        inbox: Inbox,
        fail: Callable[[BaseException], None],
        engine: Callable[[FixHandler], FixEngine],
    ) -> None:
        """Make the engine, by `engine`, and the sessions. `fail` is told what must not happen."""
        self._fail = fail
        self._engine = engine(self)
        settings.store.mkdir(parents=True, exist_ok=True)
        self._aliases = settings.aliases
        listings = Listings(instruments, self._aliases)
        self._desks: dict[SessionId, Desk] = {}
        for session, dialect in settings.desks.items():
            self._desks[session] = Desk(
                SessionName(session),
                codec=DeskCodec(session, dialect, listings),
                engine=self._engine,
                inbox=inbox,
                received=_received(settings.store, session),
                told=Mark(settings.store / f"{session}.told"),
            )
        self._brokers: dict[RouteId, Broker] = {}
        for route, dialect in settings.brokers.items():
            sent = SentNumbers()
            self._brokers[route] = Broker(
                SessionName(route),
                codec=BrokerCodec(route, dialect, listings, sent.find),
                sent=sent,
                engine=self._engine,
                inbox=inbox,
                received=_received(settings.store, route),
            )
        self._lines: dict[SessionName, Desk | Broker] = {
            **{SessionName(session): desk for session, desk in self._desks.items()},
            **{SessionName(route): broker for route, broker in self._brokers.items()},
        }

    # ----------------------------------------------------------------------------- the writer

    def start(self) -> None:
        """Listen and dial, having said which messages are wanted again."""
        for name, line in self._lines.items():
            # INVARIANT (ask again for what was not recorded)
            expected = line.received.expected(self._engine.next_numbers(name).incoming)
            if expected is not None:
                self._engine.set_next_numbers(name, incoming=expected)
        self._engine.start()

    def turn(self) -> bool:
        """Do the sessions' work on the writer's thread; say whether a message arrived."""
        return self._engine.turn()

    def stop(self) -> None:
        """Log out and release ports."""
        self._engine.stop()
        for desk in self._desks.values():
            desk.rest()

    def recall(self, message: Message) -> None:
        """Take a message of the journal, before the start: desks are told what they may not know.

        Brokers are not: the core knows which of their orders are in doubt, and asks.
        """
        if isinstance(message, Report | CancelRefused | MassCancelAnswered | MessageRefusal):
            desk = self._desks.get(message.session)
            if desk is not None:
                desk.recall(message)

    def send(self, message: Message) -> None:
        """Send a recorded message to its desk or broker, where that speaks FIX."""
        match message:
            case Report() | CancelRefused() | MassCancelAnswered() | MessageRefusal():
                desk = self._desks.get(message.session)
                if desk is not None:
                    desk.send(message)
            case SendOrder() | SendCancel() | SendReplace() | SendStatusRequest() | SendDontKnow():
                self._brokers[message.route].send(message)
            case SetTimer() | SetKillTimer() | SetFlattenTimer() | AskOrder():
                pass
            case _:
                assert_never(message)

    def relist(self, instruments: Iterable[Instrument]) -> None:
        """Know these instruments from now on; on the writer's thread, between two messages."""
        listings = Listings(instruments, self._aliases)
        for line in self._lines.values():
            line.codec.relist(listings)

    def unfit(self, facts: Reference) -> tuple[str, ...]:
        """Say what facts lack of what the settings name, which needs a new start to change."""
        routes = {route.id for route in facts.routes}
        lacking = [
            *(f"session `{name}` of a FIX desk" for name in self._desks.keys() - facts.sessions),
            *(f"route `{name}` of a FIX broker" for name in self._brokers.keys() - routes),
            *(
                f"instrument `{name}` of an alias"
                for name in set(self._aliases.values()) - facts.instruments.keys()
            ),
        ]
        said = "the facts lack {}: take it out of the settings and start the gate again"
        return tuple(said.format(what) for what in sorted(lacking))

    @property
    def health(self) -> dict[str, object]:
        """Which sessions are up."""
        return {name: self._engine.logged_on(name) for name in self._lines}

    @property
    def sessions(self) -> frozenset[str]:
        """The desk sessions that speak FIX."""
        return frozenset(self._desks)

    # ----------------------------------------------------------------------------- the engine

    def on_message(
        self, session: SessionName, text: str, *, poss_dup: bool, poss_resend: bool
    ) -> None:
        """Hand a message to the session's desk or broker."""
        self._lines[session].on_message(text, poss_dup=poss_dup, poss_resend=poss_resend)

    def approve_logon(self, session: SessionName, text: str) -> str | None:  # noqa: ARG002
        """Say nothing against a peer the engine has let in."""
        return None

    def on_logon(self, session: SessionName, text: str) -> None:  # noqa: ARG002
        """Tell that a session is up; the watchdog's is nobody's business."""
        if session in self._lines:
            self._lines[session].on_logon()

    def on_logout(self, session: SessionName) -> None:
        """Tell that a session is down."""
        if session in self._lines:
            self._lines[session].on_logout()

    def on_session_reject(self, session: SessionName, text: str) -> None:
        """Hand over that a message of ours was refused as such."""
        if session in self._lines:
            self._lines[session].on_session_reject(text)

    def on_refusal(self, session: SessionName, text: str) -> None:
        """Hand over that the engine refused a message which nobody here has seen."""
        self._lines[session].on_refusal(text)

    def on_fault(self, fault: BaseException) -> None:
        """Pass on that the engine, or one of our own callbacks, has failed."""
        self._fail(fault)


def _received(store: Path, name: str) -> Received:
    return Received(Mark(store / f"{name}.received"))
