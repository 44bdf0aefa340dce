"""What a FIX session is, before any engine runs it.

A session is a pair of CompIDs speaking one version of FIX, whose messages are numbered from 1 each
way. We either listen for the other side (a desk) or dial it (a broker). What follows is settled
between the parties before the first connection and read from the settings file; nothing here is
quickfix's.

Dictionaries say which tags a message may hold and which of them form repeating groups. Ours are
beside this file; a session may bring its own, for a venue with custom groups.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from adapters.fix.hours import ALWAYS, Hours
from adapters.fix.login import StoredLogin
from adapters.fix.port import Field, SessionName

DICTIONARIES = Path(__file__).parent / "dictionaries"

ORDER_TYPES = frozenset({"D", "F", "G", "H", "q", "r", "AF", "AB", "AC", "E", "s", "t", "u"})
"""Messages (35) that ask for something to be done: too late is worse than not at all."""


class Version(StrEnum):
    """The version of the application messages (1128, 1137)."""

    FIX42 = "FIX.4.2"
    FIX44 = "FIX.4.4"
    FIX50SP2 = "FIX.5.0SP2"

    @property
    def begin_string(self) -> str:
        """The version of the session (8): since 5.0 it is numbered by itself."""
        return "FIXT.1.1" if self is Version.FIX50SP2 else self.value

    @property
    def dictionary(self) -> Path:
        return DICTIONARIES / f"{self.value.replace('.', '')}.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The other side connects to us, through the front door, on this loopback port."""

    port: int
    login: StoredLogin | None = None
    """What a Logon must hold in 553 and 554; None where CompIDs and TLS suffice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """We connect to the other side: by the door's outward port, or straight on a private line."""

    host: str
    port: int
    retry_s: int = 5
    logon_fields: Sequence[Field] = field(default=(), repr=False)
    """Further fields of our Logon, such as 553 and 554."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Which faults the engine itself answers with a Reject (35=3)."""

    fields_out_of_order: bool = True
    fields_without_value: bool = True
    custom_fields: bool = False
    """Reject unknown tags from 5000 up. Off: brokers and desks do agree on tags of their own."""
    fields_of_other_messages: bool = True
    """Reject tags that FIX knows, but not in this message."""
    contents: bool = True
    """Reject a message without a field it must have, or with a value of a wrong form."""
    sending_time_s: int | None = 120
    """How far from now a SendingTime (52) may be; None trusts any clock."""


def unchecked(sending_time_s: int | None = 120) -> Validation:
    """Leave every fault of a message to whoever reads it: INVARIANT (no report is lost)."""
    return Validation(
        fields_out_of_order=False,
        fields_without_value=False,
        custom_fields=False,
        fields_of_other_messages=False,
        contents=False,
        sending_time_s=sending_time_s,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FixSession:
    """One session, as both parties agreed on it."""

    name: SessionName
    version: Version
    ours: str
    """Our CompID: 49 in what we send, 56 in what we receive."""
    theirs: str
    link: Listen | Dial
    heartbeat_s: int = 30
    """HeartBtInt (108) of our Logon. Who is dialled takes the caller's."""
    hours: Hours = ALWAYS
    reset_on_logon: bool = False
    reset_on_logout: bool = False
    reset_on_disconnect: bool = False
    next_expected: bool = False
    """Say in the Logon which number we expect next (789), instead of asking for resends later."""
    dictionary: Path | None = None
    """The application dictionary, where ours does not do."""
    validation: Validation = Validation()
    never_resent: frozenset[str] = ORDER_TYPES
    """Types (35) that a ResendRequest gets a gap fill for."""
    keeps_messages: bool = True
    """Keep what was sent, for resends. Off spares a write each, where nothing is ever resent."""

    @property
    def key(self) -> str:
        """What tells sessions apart on the wire."""
        return f"{self.version.begin_string}:{self.ours}->{self.theirs}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """All sessions of one engine, and where it keeps their numbers and messages."""

    sessions: Sequence[FixSession]
    store: Path
    log: Path | None = None
    """Where quickfix writes every message and event. It writes passwords too: for test beds."""
    reachable_from_outside: bool = False
    """Leave the ports open to other machines, where a packet filter keeps strangers away."""

    def __post_init__(self) -> None:
        """Refuse what no engine could run, all faults at once."""
        faults = [] if self.sessions else ["no session"]
        names = [session.name for session in self.sessions]
        faults += [f"two sessions are called `{name}`" for name in _repeated(names)]
        keys = [session.key for session in self.sessions]
        faults += [f"two sessions are `{key}`" for key in _repeated(keys)]
        faults += [
            f"session `{session.name}`: a CompID is letters, digits and `._-`, not `{comp_id}`"
            for session in self.sessions
            for comp_id in (session.ours, session.theirs)
            if not _COMP_ID.fullmatch(comp_id)
        ]
        if faults:
            raise ValueError("; ".join(faults))


_COMP_ID = re.compile(r"[A-Za-z0-9._-]+")  # it names files, so no slash


def _repeated(values: Sequence[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)
