"""The settings file: which journal, policy, facts, doors and sessions make up one gate.

A settings file is YAML, named `ordergate.yaml` by custom; docs/formats/settings.md lists its keys.
Paths in it are relative to the folder it stands in. Secrets are not in it: passwords of brokers
come from the environment, desks' are kept as scrypt digests and API keys as SHA-256.

It is read whole or refused whole, with every fault and its place. Given the reference facts, names
they do not know are faults too.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from domain.ids import SessionId
from domain.reference import Reference
from gateway.fix_settings import FixSettings, fix_settings
from gateway.settings_text import ApiText, SettingsText
from gateway.withdrawal import OnStop, Withdrawal
from rules.fault import Faults, nearest
from rules.written import Written

SOCKET_PATH_MAX = 107
"""Bytes of a Unix socket's path: the kernel's `sun_path` less its final zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Who holds a key: the session its orders come through, and what it may do besides.

    An `operator` halts and resumes; `compliance` reads what rules noticed silently.
    """

    name: str
    session: SessionId
    operator: bool
    compliance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Where the REST door listens. `keys` are by the SHA-256 of the key, in hexadecimal."""

    host: str
    port: int
    keys: Mapping[str, ApiKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One gate, as its settings file describes it; paths are absolute."""

    name: str
    journal: Path
    key: Path
    origin: str
    checkpoint_every_us: int
    policy: Path
    facts: Path
    facts_watch: bool
    door: Path
    marks_every_us: int
    inbox_capacity: int
    withdrawal: Withdrawal
    api: ApiSettings | None
    fix: FixSettings | None


PARTS = frozenset({"api", "fix"})
"""The parts of a settings file that name secrets in the environment."""


def read_settings(
    path: Path,
    *,
    environ: Mapping[str, str],
    reference: Reference | None = None,
    secrets_of: Container[str] = PARTS,
) -> Settings:
    """Read a settings file.

    A process needs the secrets of what it runs: the gate those of `fix`, the API those of `api`.
    What is not in `secrets_of` is read without, and must not be run.

    Raises
    ------
    OSError
        If the file cannot be read.
    Faults
        With everything that is wrong with it.
    """
    written = Written.yaml(path.read_bytes(), file=str(path))
    text = written.read(SettingsText)
    if text is None:
        raise Faults(written.faults)
    folder = path.parent.absolute()
    for key, name in (("policy", text.policy), ("facts", text.facts)):
        if not (folder / name).is_file():
            written.fault((key,), f"`{name}` is no file")
    door = folder / text.door
    if len(str(door).encode()) > SOCKET_PATH_MAX:
        written.fault(("door",), f"`{door}` is too long for a socket: {SOCKET_PATH_MAX} bytes")
    fix = None
    if text.fix is not None:
        theirs = environ if "fix" in secrets_of else None
        fix = fix_settings(written, text.fix, folder, environ=theirs, reference=reference)
    speaks_fix = frozenset(desk.id for desk in text.fix.desks) if text.fix is not None else ()
    api = None
    if text.api is not None:
        theirs = environ if "api" in secrets_of else None
        api = _api(written, text.api, theirs, speaks_fix, reference)
    settings = Settings(
        name=text.gate,
        journal=folder / text.journal.path,
        key=folder / text.journal.key,
        origin=text.journal.origin or f"ordergate/{text.gate}",
        checkpoint_every_us=text.journal.checkpoint_every,
        policy=folder / text.policy,
        facts=folder / text.facts,
        facts_watch=text.facts_watch,
        door=door,
        marks_every_us=text.marks_every,
        inbox_capacity=text.inbox,
        withdrawal=Withdrawal(OnStop(text.on_stop), text.stop_within),
        api=api,
        fix=fix,
    )
    if written.faults:
        raise Faults(written.faults)
    return settings


def read_door(path: Path) -> Path:
    """Read from a settings file where its gate's local door is.

    Raises
    ------
    OSError, Faults
        As `read_settings`, but only for what is wrong with the file by itself.
    """
    written = Written.yaml(path.read_bytes(), file=str(path))
    text = written.read(SettingsText)
    if text is None:
        raise Faults(written.faults)
    return path.parent.absolute() / text.door


def _api(
    written: Written,
    text: ApiText,
    environ: Mapping[str, str] | None,
    speaks_fix: Container[str],
    reference: Reference | None,
) -> ApiSettings:
    keys: dict[str, ApiKey] = {}
    for number, key in enumerate(text.keys):
        path = ("api", "keys", number)
        digest = key.sha256
        if (key.sha256 is None) == (key.env is None):
            written.fault(path, "a key is given by `sha256` or by `env`, one of the two")
        elif key.env is not None and environ is not None:
            if not environ.get(key.env):
                written.fault((*path, "env"), f"`{key.env}` is not set in the environment")
            digest = sha256(environ.get(key.env, "").encode()).hexdigest()
        if key.session in speaks_fix:
            said = f"`{key.session}` is a FIX session: only it may ask in its name"
            written.fault((*path, "session"), said)
        if reference is not None and key.session not in reference.sessions:
            known = nearest(key.session, reference.sessions)
            written.fault((*path, "session"), f"the facts know no session `{key.session}`: {known}")
        holder = ApiKey(
            name=key.name,
            session=SessionId(key.session),
            operator=key.operator,
            compliance=key.compliance,
        )
        if digest is not None and keys.setdefault(digest, holder) is not holder:
            written.fault(path, f"`{keys[digest].name}` has the same key")
    return ApiSettings(host=text.host, port=text.port, keys=keys)
