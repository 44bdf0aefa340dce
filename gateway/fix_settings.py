"""The FIX part of the settings: who is linked, by which ports and in which dialects.

Between the front door and the engine lie loopback ports that nobody outside sees. They are counted
from `inner_ports`: one for each door, in the order written, then one for each broker dialled with
TLS. Without a door the first is for desks on this machine, which meet the engine itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from adapters.fix.dialect import Dialect
from adapters.fix.door import ClientTls, DoorSettings, Entrance, Exit, Guest, ServerTls
from adapters.fix.hours import ALWAYS, WORKING_DAYS, Daily, Hours, Weekly
from adapters.fix.links import LinkSettings
from adapters.fix.login import StoredLogin
from adapters.fix.port import Field, SessionName
from adapters.fix.sessions import Dial, EngineSettings, FixSession, Listen, Validation, unchecked
from domain.ids import InstrumentId, RouteId, SessionId
from domain.reference import Reference
from gateway.settings_text import (
    BrokerText,
    DeskText,
    DoorText,
    FixText,
    HoursText,
    SessionText,
    ValidationText,
)
from rules.fault import nearest
from rules.needs import Path as Steps
from rules.written import Written

LOOPBACK = "127.0.0.1"
SECOND = 1_000_000
USERNAME, PASSWORD = 553, 554


@dataclass(frozen=True, slots=True, kw_only=True)
class FixSettings:
    """What the engine, the links and the front door are told; without doors and TLS, no door."""

    engine: EngineSettings
    links: LinkSettings
    door: DoorSettings | None


def fix_settings(
    written: Written,
    text: FixText,
    folder: Path,
    *,
    environ: Mapping[str, str] | None,
    reference: Reference | None,
) -> FixSettings | None:
    """Make the FIX settings; None, and faults in `written`, when they cannot be.

    Without `environ` passwords are left out.
    """
    return _Reading(written, text, folder, environ, reference).settings()


class _Reading:
    """One reading of the `fix` part."""

    def __init__(
        self,
        written: Written,
        text: FixText,
        folder: Path,
        environ: Mapping[str, str] | None,
        reference: Reference | None,
    ) -> None:
        self.written = written
        self.text = text
        self.folder = folder
        self.environ = environ
        self.reference = reference

    def settings(self) -> FixSettings | None:
        text, before = self.text, len(self.written.faults)
        at_door = self.doors()
        exits: list[Exit] = []
        sessions: list[FixSession] = []
        for number, desk in enumerate(text.desks):
            link = Listen(port=text.inner_ports + at_door.get(desk.id, 0), login=_login(desk))
            sessions.append(self.session(desk, ("fix", "desks", number), link))
        for number, broker in enumerate(text.brokers):
            path: Steps = ("fix", "brokers", number)
            inner = text.inner_ports + max(1, len(text.doors)) + len(exits)
            if broker.tls is not None:
                exits.append(self.exit(broker, path, inner))
            sessions.append(self.session(broker, path, self.dial(broker, path, inner)))
        self.unique(sessions)
        self.names()
        if len(self.written.faults) > before:
            return None
        store = self.folder / text.store
        entrances = [self.entrance(number, door) for number, door in enumerate(text.doors)]
        return FixSettings(
            engine=EngineSettings(
                sessions=sessions,
                store=store / "sessions",
                log=None if text.log is None else self.folder / text.log,
            ),
            links=LinkSettings(
                desks={SessionId(desk.id): _dialect(desk) for desk in text.desks},
                brokers={RouteId(broker.id): _dialect(broker) for broker in text.brokers},
                store=store / "marks",
                aliases={
                    (alias.source, alias.id): InstrumentId(alias.instrument)
                    for alias in text.aliases
                },
            ),
            door=DoorSettings(entrances=entrances, exits=exits) if entrances or exits else None,
        )

    def doors(self) -> dict[str, int]:
        """Give each desk the number of its door."""
        doors, desks = self.text.doors, [desk.id for desk in self.text.desks]
        found: dict[str, int] = {}
        for number, door in enumerate(doors):
            path = ("fix", "doors", number)
            for name in desks if door.desks is None else door.desks:
                if name not in desks:
                    said = f"no desk is called `{name}`: {nearest(name, desks)}"
                    self.written.fault((*path, "desks"), said, name=name)
                elif found.setdefault(name, number) != number:
                    said = f"desk `{name}` has two doors, this one and number {found[name] + 1}"
                    self.written.fault((*path, "desks"), said, name=name)
            if door.tls is not None:
                for key in ("certificate", "key", "client_ca"):
                    self.file(getattr(door.tls, key), (*path, "tls", key))
        for number, desk in enumerate(self.text.desks):
            if doors and desk.id not in found:
                self.written.fault(("fix", "desks", number), f"no door lets desk `{desk.id}` in")
        return found

    def entrance(self, number: int, door: DoorText) -> Entrance:
        host, port = door.listen
        tls = door.tls
        return Entrance(
            host=host,
            port=port,
            engine_port=self.text.inner_ports + number,
            guests=[
                Guest(
                    sender=desk.theirs,
                    target=desk.ours,
                    certificate_name=desk.certificate_name,
                )
                for desk in self.text.desks
                if door.desks is None or desk.id in door.desks
            ],
            allowed=door.allow,
            tls=None
            if tls is None
            else ServerTls(
                certificate=str(self.folder / tls.certificate),
                key=str(self.folder / tls.key),
                client_ca=self.path_text(tls.client_ca),
            ),
            logon_s=door.logon_within / SECOND,
            strangers_max=door.strangers,
            strangers_of_address_max=door.strangers_of_address,
        )

    def exit(self, broker: BrokerText, path: Steps, inner: int) -> Exit:
        assert broker.tls is not None
        for key in ("ca", "certificate", "key"):
            self.file(getattr(broker.tls, key), (*path, "tls", key))
        return Exit(
            port=inner,
            host=broker.host,
            host_port=broker.port,
            tls=ClientTls(
                server_name=broker.tls.server_name,
                ca=self.path_text(broker.tls.ca),
                certificate=self.path_text(broker.tls.certificate),
                key=self.path_text(broker.tls.key),
            ),
        )

    def dial(self, broker: BrokerText, path: Steps, inner: int) -> Dial:
        fields: list[Field] = list(broker.logon_fields)
        if broker.username is not None:
            fields.append((USERNAME, broker.username))
        if broker.password_env is not None and self.environ is not None:
            password = self.environ.get(broker.password_env, "")
            if not password:
                said = f"`{broker.password_env}` is not set in the environment"
                self.written.fault((*path, "password_env"), said)
            fields.append((PASSWORD, password))
        direct = broker.tls is None
        return Dial(
            host=broker.host if direct else LOOPBACK,
            port=broker.port if direct else inner,
            retry_s=_seconds(broker.retry),
            logon_fields=fields,
        )

    def session(self, text: SessionText, path: Steps, link: Listen | Dial) -> FixSession:
        self.file(text.dictionary, (*path, "dictionary"))
        return FixSession(
            name=SessionName(text.id),
            version=text.version,
            ours=text.ours,
            theirs=text.theirs,
            link=link,
            heartbeat_s=_seconds(text.heartbeat),
            hours=ALWAYS if text.hours is None else self.hours(text.hours, (*path, "hours")),
            reset_on_logon="logon" in text.reset_on,
            reset_on_logout="logout" in text.reset_on,
            reset_on_disconnect="disconnect" in text.reset_on,
            next_expected=text.next_expected,
            dictionary=None if text.dictionary is None else self.folder / text.dictionary,
            validation=self.validation(text.validation, link, (*path, "validation")),
            keeps_messages=text.keeps_messages,
        )

    def validation(self, text: ValidationText, link: Listen | Dial, path: Steps) -> Validation:
        """Say what the engine refuses: of brokers nothing but what it cannot do without."""
        sending_time_s = None if text.sending_time == 0 else _seconds(text.sending_time)
        if isinstance(link, Dial):
            for name in sorted(text.model_fields_set - {"sending_time"}):
                self.written.fault((*path, name), "a broker's reports are never refused")
            return unchecked(sending_time_s)
        return Validation(
            fields_out_of_order=text.fields_out_of_order,
            fields_without_value=text.fields_without_value,
            custom_fields=text.custom_fields,
            fields_of_other_messages=text.fields_of_other_messages,
            sending_time_s=sending_time_s,
        )

    def hours(self, text: HoursText, path: Steps) -> Hours:
        (opens_on, opens), (closes_on, closes) = text.opens, text.closes
        zone = ZoneInfo(text.zone)
        if opens_on is None and closes_on is None:
            days = WORKING_DAYS if text.days is None else frozenset(text.days)
            return Daily(opens=opens, closes=closes, zone=zone, days=days)
        if opens_on is None or closes_on is None or text.days is not None:
            said = "hours are daily (two times, and `days`) or weekly (two times with their day)"
            self.written.fault(path, said)
            return ALWAYS
        return Weekly(opens_on=opens_on, opens=opens, closes_on=closes_on, closes=closes, zone=zone)

    def unique(self, sessions: list[FixSession]) -> None:
        """Note two sessions of one name, or of one pair of CompIDs."""
        desks = len(self.text.desks)
        seen: dict[str, Steps] = {}
        for number, session in enumerate(sessions):
            path: Steps = ("fix", "desks", number)
            if number >= desks:
                path = ("fix", "brokers", number - desks)
            for name, key in ((str(session.name), "id"), (session.key, "theirs")):
                first = seen.setdefault(name, path)
                if first is not path:
                    line = self.written.line(first)
                    self.written.fault((*path, key), f"session `{name}` is already in line {line}")

    def names(self) -> None:
        """Note names that the facts, or other parts, do not know."""
        brokers = [broker.id for broker in self.text.brokers]
        for number, desk in enumerate(self.text.desks):
            path: Steps = ("fix", "desks", number)
            for code, route in desk.routes.items():
                if route not in brokers:
                    said = f"no broker is called `{route}`: {nearest(route, brokers)}"
                    self.written.fault((*path, "routes", code), said)
            if self.reference is not None:
                self.known(desk.id, "session", self.reference.sessions, path)
        if self.reference is not None:
            routes = [str(route.id) for route in self.reference.routes]
            for number, broker in enumerate(self.text.brokers):
                self.known(broker.id, "route", routes, ("fix", "brokers", number))
            for number, alias in enumerate(self.text.aliases):
                path = ("fix", "aliases", number)
                self.known(
                    alias.instrument, "instrument", self.reference.instruments, path, "instrument"
                )

    def known(
        self, name: str, what: str, known: Iterable[str], path: Steps, key: str = "id"
    ) -> None:
        if name not in known:
            said = f"the reference facts know no {what} `{name}`: {nearest(name, known)}"
            self.written.fault((*path, key), said)

    def file(self, name: str | None, path: Steps) -> None:
        if name is not None and not (self.folder / name).is_file():
            self.written.fault(path, f"`{name}` is no file")

    def path_text(self, name: str | None) -> str | None:
        return None if name is None else str(self.folder / name)


def _login(desk: DeskText) -> StoredLogin | None:
    if desk.login is None:
        return None
    return StoredLogin(desk.login.username, desk.login.password)


def _dialect(text: SessionText) -> Dialect:
    return Dialect(
        version=text.version,
        renames=MappingProxyType(dict(text.renames)),
        passes=frozenset(text.passes),
        drops=frozenset(text.drops),
        strategy_tag=text.strategy_tag,
        locate_tag=text.locate_tag,
        exchanges=MappingProxyType(dict(text.exchanges)),
        routes=MappingProxyType({code: RouteId(name) for code, name in text.routes.items()}),
        sender_role=text.sender_role,
    )


def _seconds(micros: int) -> int:
    """Give whole seconds, one at least: FIX knows no smaller ones here."""
    return max(1, micros // SECOND)
