"""What may be written in a settings file: docs/formats/settings.md, as models.

These models are the door; `gateway.settings` turns what they let in into what the rooms take.
"""

import ipaddress
import re
from datetime import time
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from adapters.fix.hours import Day
from adapters.fix.login import StoredLogin
from adapters.fix.sessions import Version
from rules.fault import nearest
from rules.fields import Duration, PositiveCount, PositiveDuration
from rules.frame import Word
from rules.written import Text

TAG_MAX = 99_999

_TURN = re.compile(r"(?:([a-z]+) )?([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)")


def _comp_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", text):
        raise ValueError(f"`{text}` is not a CompID: wanted letters, digits, `.`, `_` and `-`")
    return text


def _loopback(host: str) -> str:
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"`{host}` is not the loopback device: wanted 127.0.0.1 or ::1")
    return host


def _network(text: str) -> str:
    return str(ipaddress.ip_network(text))


def _not_empty(networks: tuple[str, ...]) -> tuple[str, ...]:
    if not networks:
        raise ValueError("must not be empty: nobody could come in")
    return networks


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"`{name}` is not a time zone such as America/New_York") from None
    return name


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(f"`{text}` is not an address and a port, such as 0.0.0.0:9876")
    return str(ipaddress.ip_address(host.strip("[]"))), int(port)


def _tag_and_value(text: str) -> tuple[int, str]:
    tag, equals, value = text.partition("=")
    if not tag.isdecimal() or not 0 < int(tag) <= TAG_MAX or not equals or not value.isprintable():
        raise ValueError(f"`{text}` is not a tag and a value, such as 9001=847")
    return int(tag), value


def _tag_and_tag(text: str) -> tuple[int, int]:
    theirs, ours = _tag_and_value(text)
    return theirs, _tag_and_value(f"{ours}=")[0]


def _turn(text: str) -> tuple[Day | None, time]:
    """Read ``18:00`` or ``sunday 18:00``."""
    found = _TURN.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is not a time such as 18:00 or sunday 18:00")
    return None if found[1] is None else _day(found[1]), time.fromisoformat(found[2])


def _day(name: str) -> Day:
    known = {day.name.lower(): day for day in Day}
    if name not in known:
        raise ValueError(f"`{name}` is not a day of the week: {nearest(name, known)}")
    return known[name]


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError("wanted the SHA-256 of the key: 64 hexadecimal digits")
    return text


def _login(text: str) -> str:
    StoredLogin("", text)
    return text


def _strategy_tag(given: object) -> object:
    return None if given == "none" else given


CompId = Annotated[str, AfterValidator(_comp_id)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Tag = Annotated[int, Field(ge=1, le=TAG_MAX)]
File = Annotated[str, Field(min_length=1)]
Address = Annotated[tuple[str, int], BeforeValidator(lambda given: _listen(str(given)))]
TagPair = Annotated[tuple[int, int], BeforeValidator(lambda given: _tag_and_tag(str(given)))]
TagValue = Annotated[tuple[int, str], BeforeValidator(lambda given: _tag_and_value(str(given)))]
Turn = Annotated[tuple[Day | None, time], BeforeValidator(lambda given: _turn(str(given)))]


class JournalText(Text):
    called: ClassVar[str] = "the journal"

    path: File
    key: File
    origin: str | None = None
    checkpoint_every: PositiveDuration = 1_000_000


class KeyText(Text):
    called: ClassVar[str] = "an API key"

    name: Word
    session: Word
    operator: bool = False
    compliance: bool = False
    sha256: Annotated[str, AfterValidator(_digest)] | None = None
    env: Word | None = None


class ApiText(Text):
    called: ClassVar[str] = "the API"

    host: Annotated[str, AfterValidator(_loopback)] = "127.0.0.1"
    port: Port = 8080
    keys: tuple[KeyText, ...] = ()


class HoursText(Text):
    called: ClassVar[str] = "session hours"

    opens: Turn
    closes: Turn
    zone: Annotated[str, AfterValidator(_zone)]
    days: tuple[Annotated[Day, BeforeValidator(lambda given: _day(str(given)))], ...] | None = None


class LoginText(Text):
    called: ClassVar[str] = "a login"

    username: str
    password: Annotated[str, AfterValidator(_login)]


class ValidationText(Text):
    called: ClassVar[str] = "a validation"

    fields_out_of_order: bool = True
    fields_without_value: bool = True
    custom_fields: bool = False
    fields_of_other_messages: bool = True
    sending_time: Duration = 120_000_000


class SessionText(Text):
    """What desks and brokers have in common."""

    called: ClassVar[str] = "a FIX session"

    id: Word
    version: Annotated[Version, Field(strict=False)]
    ours: CompId
    theirs: CompId
    heartbeat: PositiveDuration = 30_000_000
    hours: HoursText | None = None
    reset_on: tuple[Literal["logon", "logout", "disconnect"], ...] = ()
    next_expected: bool = False
    dictionary: File | None = None
    validation: ValidationText = ValidationText()
    keeps_messages: bool = True
    strategy_tag: Annotated[Tag | None, BeforeValidator(_strategy_tag)] = 847
    locate_tag: Tag = 5700
    passes: tuple[Tag, ...] = ()
    drops: tuple[Tag, ...] = ()
    renames: tuple[TagPair, ...] = ()
    exchanges: dict[str, str] = Field(default={})
    routes: dict[str, Word] = Field(default={})
    sender_role: PositiveCount | None = None


class DeskText(SessionText):
    called: ClassVar[str] = "a desk"

    login: LoginText | None = None
    certificate_name: str | None = None


class BrokerTlsText(Text):
    called: ClassVar[str] = "a broker's TLS"

    server_name: str
    ca: File | None = None
    certificate: File | None = None
    key: File | None = None


class BrokerText(SessionText):
    called: ClassVar[str] = "a broker"

    host: str
    port: Port
    retry: PositiveDuration = 5_000_000
    username: str | None = None
    password_env: Word | None = None
    logon_fields: tuple[TagValue, ...] = ()
    tls: BrokerTlsText | None = None


class DoorTlsText(Text):
    called: ClassVar[str] = "a door's TLS"

    certificate: File
    key: File
    client_ca: File | None = None


class DoorText(Text):
    called: ClassVar[str] = "a door"

    listen: Address
    tls: DoorTlsText | None = None
    allow: Annotated[
        tuple[Annotated[str, AfterValidator(_network)], ...], AfterValidator(_not_empty)
    ]
    logon_within: PositiveDuration = 5_000_000
    strangers: PositiveCount = 64
    strangers_of_address: PositiveCount = 8
    desks: tuple[Word, ...] | None = None


class AliasText(Text):
    called: ClassVar[str] = "an alias"

    source: str
    id: str
    instrument: str


class FixText(Text):
    called: ClassVar[str] = "the FIX side"

    store: File = "fix"
    log: File | None = None
    inner_ports: Port = 20_700
    doors: tuple[DoorText, ...] = ()
    desks: tuple[DeskText, ...] = ()
    brokers: tuple[BrokerText, ...] = ()
    aliases: tuple[AliasText, ...] = ()


class SettingsText(Text):
    called: ClassVar[str] = "a settings file"

    gate: Word
    journal: JournalText
    policy: File
    facts: File
    facts_watch: bool = False
    door: File = "gate.sock"
    marks_every: PositiveDuration = 1_000_000
    inbox: PositiveCount = 10_000
    on_stop: Literal["leave", "cancel_day", "cancel"] = "leave"
    stop_within: PositiveDuration = 10_000_000
    api: ApiText | None = None
    fix: FixText | None = None
