"""The settings file: what a good one becomes, and what is said of a bad one."""

import re
from datetime import time
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.facts.load import read_facts
from adapters.fix.hours import ALWAYS, Daily, Day, Weekly
from adapters.fix.login import digest_of
from adapters.fix.sessions import Dial, Listen, unchecked
from domain.ids import InstrumentId, RouteId, SessionId
from gateway import settings_text
from gateway.settings import read_door, read_settings
from rules.fault import Faults
from rules.written import Text

ROOT = Path(__file__).parents[2]

FACTS = """\
base: USD
calendars: {XNYS: {always_open: true}}
instruments: [{symbol: GE, mic: XNYS, asset_class: equity, currency: USD, tick: 0.01}]
accounts: {house: {cash: {ann: {A1: {}}}}}
sessions: {ALPHA: {desk: cash}, BETA: {desk: cash}, REST: {desk: cash}}
routes: [{id: NORTH}, {id: SOUTH}]
"""

SETTINGS = """\
gate: us-desk
journal: {path: journal, key: keys/journal.pem, checkpoint_every: 500ms}
policy: policy.yaml
facts: facts.yaml
door: run/gate.sock
api:
  port: 8181
  keys:
    - {name: console, session: REST, operator: true, env: CONSOLE_KEY}
    - {name: robot, session: REST, compliance: true, sha256: SHA}
fix:
  store: fix
  inner_ports: 20700
  doors:
    - listen: 0.0.0.0:9876
      allow: [10.0.0.0/8, 127.0.0.1]
      tls: {certificate: door.pem, key: door.key}
      logon_within: 3s
      desks: [ALPHA]
    - {listen: "[::1]:9877", allow: ["::1"], desks: [BETA]}
  desks:
    - id: ALPHA
      version: FIX.4.4
      ours: GATE
      theirs: ALPHA
      login: {username: alpha, password: PASSWORD}
      certificate_name: alpha.example
      hours: {opens: sunday 18:00, closes: friday 17:00, zone: America/New_York}
      reset_on: [logon, disconnect]
      strategy_tag: none
      renames: [9001=847]
      passes: [9100]
      exchanges: {N: XNYS}
      routes: {NB: NORTH}
    - id: BETA
      version: FIX.5.0SP2
      ours: GATE
      theirs: BETA
      hours: {opens: 08:00, closes: 17:30, zone: Europe/London, days: [monday, tuesday]}
      validation: {sending_time: 0s, custom_fields: true}
  brokers:
    - id: NORTH
      version: FIX.4.2
      validation: {sending_time: 60s}
      ours: GATE
      theirs: NORTH
      host: fix.north.example
      port: 4001
      heartbeat: 10s
      tls: {server_name: fix.north.example}
      username: gate
      password_env: NORTH_PASSWORD
      logon_fields: [96=raw]
    - {id: SOUTH, version: FIX.4.4, ours: GATE, theirs: SOUTH, host: 127.0.0.1, port: 4002}
  aliases:
    - {source: "5", id: GE.N, instrument: GE.XNYS}
"""

ENVIRON = {"CONSOLE_KEY": "a key", "NORTH_PASSWORD": "a password"}
PASSWORD = digest_of("alpha's")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("policy.yaml", "door.pem", "door.key"):
        (tmp_path / name).touch()
    (tmp_path / "facts.yaml").write_text(FACTS)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "ordergate.yaml"
    path.write_text(dedent(text).replace("PASSWORD}", f"{PASSWORD}}}").replace("SHA", "a" * 64))
    return path


def faults(path: Path, environ: dict[str, str] | None = None, *, facts: bool = True) -> list[str]:
    reference = read_facts(path.parent / "facts.yaml") if facts else None
    with pytest.raises(Faults) as refusal:
        read_settings(path, environ=environ or ENVIRON, reference=reference)
    return [str(fault).replace(f"{path.parent}/", "") for fault in refusal.value.faults]


def test_a_settings_file_says_what_makes_up_a_gate(folder: Path) -> None:
    path = write(folder, SETTINGS)
    reference = read_facts(folder / "facts.yaml")
    settings = read_settings(path, environ=ENVIRON, reference=reference)

    assert (settings.name, settings.origin) == ("us-desk", "ordergate/us-desk")
    assert settings.journal == folder / "journal"
    assert settings.key == folder / "keys/journal.pem"
    assert settings.door == folder / "run/gate.sock"
    assert settings.checkpoint_every_us == 500_000
    assert settings.api is not None
    assert (settings.api.host, settings.api.port) == ("127.0.0.1", 8181)
    console, robot = settings.api.keys.items()
    assert console[0] == sha256(b"a key").hexdigest()
    assert (console[1].name, console[1].session, console[1].operator) == ("console", "REST", True)
    assert (robot[0], robot[1].operator) == ("a" * 64, False)
    assert (console[1].compliance, robot[1].compliance) == (False, True)


def test_sessions_are_told_how_to_link_and_speak(folder: Path) -> None:
    settings = read_settings(write(folder, SETTINGS), environ=ENVIRON)
    assert settings.fix is not None
    alpha, beta, north, south = settings.fix.engine.sessions

    assert isinstance(alpha.link, Listen)
    assert alpha.link.port == 20700
    assert alpha.link.login is not None
    assert (alpha.link.login.username, alpha.link.login.password) == ("alpha", PASSWORD)
    assert alpha.hours == Weekly(
        opens_on=Day.SUNDAY,
        opens=time(18),
        closes_on=Day.FRIDAY,
        closes=time(17),
        zone=ZoneInfo("America/New_York"),
    )
    resets = (alpha.reset_on_logon, alpha.reset_on_logout, alpha.reset_on_disconnect)
    assert resets == (True, False, True)
    assert isinstance(beta.link, Listen)
    assert (beta.link.port, beta.link.login) == (20701, None)
    assert isinstance(beta.hours, Daily)
    assert beta.hours.days == {Day.MONDAY, Day.TUESDAY}
    assert (beta.validation.sending_time_s, beta.validation.custom_fields) == (None, True)
    assert beta.validation.contents
    assert north.validation == unchecked(60)
    assert north.link == Dial(
        host="127.0.0.1",
        port=20702,
        logon_fields=[(96, "raw"), (553, "gate"), (554, "a password")],
    )
    assert (north.heartbeat_s, north.hours) == (10, ALWAYS)
    assert south.link == Dial(host="127.0.0.1", port=4002, logon_fields=[])

    links = settings.fix.links
    dialect = links.desks[SessionId("ALPHA")]
    assert (dialect.strategy_tag, dict(dialect.renames)) == (None, {9001: 847})
    assert (sorted(dialect.passes), dict(dialect.exchanges)) == ([9100], {"N": "XNYS"})
    assert dict(dialect.routes) == {"NB": "NORTH"}
    assert set(links.brokers) == {RouteId("NORTH"), RouteId("SOUTH")}
    assert links.aliases == {("5", "GE.N"): InstrumentId("GE.XNYS")}


def test_the_door_lets_each_desk_in_where_it_is_told(folder: Path) -> None:
    settings = read_settings(write(folder, SETTINGS), environ=ENVIRON)
    assert settings.fix is not None
    door = settings.fix.door
    assert door is not None
    first, second = door.entrances
    assert (first.host, first.port, first.engine_port) == ("0.0.0.0", 9876, 20700)
    assert (second.host, second.port, second.engine_port) == ("::1", 9877, 20701)
    assert [(guest.sender, guest.target) for guest in first.guests] == [("ALPHA", "GATE")]
    assert first.guests[0].certificate_name == "alpha.example"
    assert list(first.allowed) == ["10.0.0.0/8", "127.0.0.1/32"]
    assert first.logon_s == 3
    assert first.tls is not None
    assert first.tls.certificate == str(folder / "door.pem")
    (outward,) = door.exits
    assert (outward.port, outward.host, outward.host_port) == (20702, "fix.north.example", 4001)


def test_a_gate_needs_neither_fix_nor_api(folder: Path) -> None:
    text = "gate: g\njournal: {path: j, key: k.pem}\npolicy: policy.yaml\nfacts: facts.yaml\n"
    settings = read_settings(write(folder, text), environ={})
    assert (settings.fix, settings.api, settings.facts_watch) == (None, None, False)
    watching = read_settings(write(folder, f"{text}facts_watch: true\n"), environ={})
    assert watching.facts_watch is True


def test_inner_ports_never_meet_when_there_is_no_door(folder: Path) -> None:
    text = SETTINGS.replace(SETTINGS[SETTINGS.index("  doors:") : SETTINGS.index("  desks:\n")], "")
    settings = read_settings(write(folder, text), environ=ENVIRON)
    assert settings.fix is not None
    ports = [session.link.port for session in settings.fix.engine.sessions]
    assert ports == [20700, 20700, 20701, 4002]


def test_passwords_are_not_shown(folder: Path) -> None:
    shown = repr(read_settings(write(folder, SETTINGS), environ=ENVIRON))
    assert "a password" not in shown
    assert PASSWORD not in shown


def test_every_fault_is_told_with_its_place(folder: Path) -> None:
    text = """\
        gate: us desk
        journal: {path: journal}
        policy: policy.yaml
        facts: facts.yaml
        api:
          host: 0.0.0.0
          keys: [{name: console, session: REST, sha256: abc}]
        fix:
          doors: [{listen: 0.0.0.0, allow: [10.0.0.1/8]}]
          desks:
            - id: ALPHA
              version: FIX.4.3
              ours: OUR GATE
              theirs: ALPHA
              login: {username: alpha, password: secret}
              hours: {opens: sundy 18:00, closes: 17, zone: America/Nowhere, days: [mon]}
              reset_on: [logn]
              renames: [9001]
              pases: [1]
        """
    assert faults(write(folder, text)) == [
        (
            "ordergate.yaml:1:7: `gate`: wanted letters, digits, `.`, `_` and `-`, at most 64, "
            "a letter or digit first, found `us desk`"
        ),
        "ordergate.yaml:2:10: `key` is missing, which the journal must have",
        (
            "ordergate.yaml:6:9: `host`: `0.0.0.0` is not the loopback device: wanted 127.0.0.1 "
            "or ::1"
        ),
        ("ordergate.yaml:7:49: `sha256`: wanted the SHA-256 of the key: 64 hexadecimal digits"),
        (
            "ordergate.yaml:9:20: `listen`: `0.0.0.0` is not an address and a port, such as "
            "0.0.0.0:9876"
        ),
        "ordergate.yaml:9:37: `allow`: 10.0.0.1/8 has host bits set",
        (
            "ordergate.yaml:12:16: `version`: wanted `FIX.4.2`, `FIX.4.4` or `FIX.5.0SP2`, found "
            "`FIX.4.3`"
        ),
        (
            "ordergate.yaml:13:13: `ours`: `OUR GATE` is not a CompID: wanted letters, digits, "
            "`.`, `_` and `-`"
        ),
        (
            "ordergate.yaml:15:42: `password`: a stored password is "
            "`scrypt$n$r$p$salt$digest`, this one is not"
        ),
        ("ordergate.yaml:16:22: `opens`: `sundy` is not a day of the week: did you mean `sunday`?"),
        ("ordergate.yaml:16:43: `closes`: `17` is not a time such as 18:00 or sunday 18:00"),
        (
            "ordergate.yaml:16:53: `zone`: `America/Nowhere` is not a time zone such as "
            "America/New_York"
        ),
        ("ordergate.yaml:16:77: `days`: `mon` is not a day of the week: did you mean `monday`?"),
        (
            "ordergate.yaml:17:18: `reset_on`: wanted `logon`, `logout` or `disconnect`, found "
            "`logn`"
        ),
        "ordergate.yaml:18:17: `renames`: `9001` is not a tag and a value, such as 9001=847",
        "ordergate.yaml:19:7: `pases` is not a key of a desk: did you mean `passes`?",
    ]


def test_what_parts_say_of_each_other_is_compared(folder: Path) -> None:
    (folder / "policy.yaml").unlink()
    text = SETTINGS
    for good, bad in (
        ("door.key}", "nokey.pem}"),
        ("desks: [BETA]", "desks: [ALPHA, BETTA]"),
        ("routes: {NB: NORTH}", "routes: {NB: NORTHH}"),
        (
            "id: SOUTH, version: FIX.4.4, ours: GATE, theirs: SOUTH",
            "id: NORTH, version: FIX.4.4, ours: GATE, theirs: ALPHA",
        ),
        ("instrument: GE.XNYS", "instrument: GE.N"),
        ("session: REST, operator", "session: ALPHA, operator"),
        ("sha256: SHA}", "sha256: SHA, env: K}"),
        ("closes: friday 17:00", "closes: 17:00"),
    ):
        assert good in text
        text = text.replace(good, bad)
    assert faults(write(folder, text)) == [
        "ordergate.yaml:3:9: `policy.yaml` is no file",
        "ordergate.yaml:9:32: `ALPHA` is a FIX session: only it may ask in its name",
        "ordergate.yaml:10:7: a key is given by `sha256` or by `env`, one of the two",
        "ordergate.yaml:17:41: `nokey.pem` is no file",
        "ordergate.yaml:20:54: desk `ALPHA` has two doors, this one and number 1",
        "ordergate.yaml:20:61: no desk is called `BETTA`: did you mean `BETA`?",
        (
            "ordergate.yaml:28:14: hours are daily (two times, and `days`) or weekly (two times "
            "with their day)"
        ),
        "ordergate.yaml:34:20: no broker is called `NORTHH`: did you mean `NORTH`?",
        "ordergate.yaml:35:7: no door lets desk `BETA` in",
        "ordergate.yaml:54:12: session `NORTH` is already in line 42",
        "ordergate.yaml:54:57: session `FIX.4.4:GATE->ALPHA` is already in line 22",
        (
            "ordergate.yaml:56:43: the reference facts know no instrument `GE.N`: did you mean "
            "`GE.XNYS`?"
        ),
    ]


def test_secrets_must_be_in_the_environment_and_sessions_in_the_facts(folder: Path) -> None:
    (folder / "facts.yaml").write_text(FACTS.replace("REST", "WEB").replace("id: SOUTH", "id: S"))
    assert faults(write(folder, SETTINGS), {"CONSOLE_KEY": ""}) == [
        "ordergate.yaml:9:32: the facts know no session `REST`: known are `ALPHA`, `BETA`, `WEB`",
        "ordergate.yaml:9:59: `CONSOLE_KEY` is not set in the environment",
        "ordergate.yaml:10:30: the facts know no session `REST`: known are `ALPHA`, `BETA`, `WEB`",
        "ordergate.yaml:52:21: `NORTH_PASSWORD` is not set in the environment",
        "ordergate.yaml:54:12: the reference facts know no route `SOUTH`: did you mean `NORTH`?",
    ]


def test_a_process_needs_the_secrets_of_what_it_runs_only(folder: Path) -> None:
    path = write(folder, SETTINGS)
    gate = read_settings(path, environ={"NORTH_PASSWORD": "p"}, secrets_of={"fix"})
    assert gate.fix is not None
    api = read_settings(path, environ={"CONSOLE_KEY": "k"}, secrets_of={"api"}).api
    assert api is not None
    assert len(api.keys) == 2
    assert read_settings(path, environ={}, secrets_of=()).name == "us-desk"


def test_the_local_door_is_found_without_any_secret(folder: Path) -> None:
    assert read_door(write(folder, SETTINGS)) == folder / "run/gate.sock"


def test_the_example_of_the_format_page_is_one(folder: Path) -> None:
    page = (ROOT / "docs/formats/settings.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    for name in ("policies/us-equities.yaml", "tls/door.pem", "tls/door.key", "tls/desks.pem"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    environ = {"ORDERGATE_RISK_KEY": "k", "NORTH_PASSWORD": "p"}
    reference = read_facts(folder / "facts.yaml")
    settings = read_settings(write(folder, example), environ=environ, reference=reference)
    assert settings.fix is not None
    assert settings.fix.door is not None


def test_the_format_page_tells_every_key() -> None:
    page = (ROOT / "docs/formats/settings.md").read_text(encoding="utf-8")
    models = [
        one
        for one in vars(settings_text).values()
        if isinstance(one, type) and issubclass(one, Text) and one is not Text
    ]
    assert len(models) > 10
    told = {name for model in models for name in model.model_fields}
    assert sorted(name for name in told if not re.search(rf"\b{name}\b", page)) == []


@given(
    at=st.integers(0, len(SETTINGS)),
    cut=st.integers(0, 12),
    put=st.text("{}[]:,-#'\"&*!| \n\t\0\u2028aA0.=²é", max_size=6),
)
@example(at=0, cut=len(SETTINGS), put="")
@example(at=SETTINGS.index("0.0.0.0:9876"), cut=7, put="²")
@example(at=SETTINGS.index("9876"), cut=4, put="²")
@example(at=SETTINGS.index("9001=847"), cut=4, put="²")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_read_or_refused_with_places(
    folder: Path, at: int, cut: int, put: str
) -> None:
    path = write(folder, SETTINGS[:at] + put + SETTINGS[at + cut :])
    try:
        read_settings(path, environ=ENVIRON)
    except Faults as refusal:
        found = refusal.faults
    else:
        return
    assert found
    assert all(fault.line > 0 and fault.column > 0 for fault in found)


def test_what_a_broker_says_is_never_refused_by_settings(folder: Path) -> None:
    text = SETTINGS.replace("{sending_time: 60s}", "{custom_fields: true}")
    ((place, said),) = [fault.split(": ", 1) for fault in faults(write(folder, text))]
    assert said == "a broker's reports are never refused", place
