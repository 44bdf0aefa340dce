"""The parts of the facts the controls stand on: read from every kind of file, and held together."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.facts.load import files_of, read_facts
from domain.fixed import NANO
from domain.ids import AccountId, InstrumentId
from domain.instrument import Right
from domain.limits import Limit
from domain.listed import Entry, InstrumentList
from domain.market import Figures
from domain.people import Person, PersonId, Role
from domain.permission import Entitlement, Locate
from domain.scope import Level, Scope
from gateway.records import read_reference, write_reference
from rules.fault import Faults
from rules.term import read_moment

Writes = Callable[[Mapping[str, str]], Path]

GE, IBM, CALL = InstrumentId("GE"), InstrumentId("IBM"), InstrumentId("GE-C")
BASE = """\
base: USD
version: 12
as_of: 2026-03-02T01:00:00+01:00
calendars: {XNYS: {always_open: true}}
instruments:
  - {id: GE, symbol: GE, mic: XNYS, asset_class: equity, currency: USD, tick: 0.01, issuer: GE Co}
  - {id: IBM, symbol: IBM, mic: XNYS, asset_class: equity, currency: USD, tick: 0.01}
  - {id: GE-C, symbol: GEC, mic: XNYS, asset_class: option, currency: USD, tick: 0.01,
     underlying: GE, right: call, strike: 100, expires: 2026-06-19}
accounts: {house: {cash: {ann: {A1: {client: C7}, A2: {}}}}}
strategies: {momentum: {desk: cash}}
sessions: {ALPHA: {desk: cash}}
"""
"""Eleven lines of the file, and what stands on them begins at the twelfth."""

WRITTEN = {
    "facts.yaml": BASE
    + """\
lists:
  restricted:
    owner: control-room
    entries:
      - IBM
      - {issuer: GE Co, since: 2026-03-02, until: 2026-03-09T14:30:00Z}
  watch: [GE, IBM]
people:
  ann: {name: Ann, roles: trader}
  rob: {roles: [risk, supervisor]}
entitlements:
  - {scope: desk:cash, asset_classes: [equity, option], venues: XNYS}
  - {scope: strategy:momentum, instruments: GE}
locates:
  - {id: "77", instrument: GE, quantity: 500, account: A1, expires: 2026-03-03}
  - {id: ETB, instrument: IBM}
limits:
  - {name: credit, scope: firm:house, hard: 5000000, soft: 4000000.50}
  - {name: credit, scope: account:A1, hard: 0}
figures:
  - {instrument: GE, adv: 5100000, sigma: 1.8%}
  - {instrument: GE-C, at: 2026-03-01, delta: -0.5}
"""
}
"""Everything in the file itself."""

AS_CSV = {
    "facts.yaml": BASE
    + """\
lists: {restricted: {owner: control-room}}
lists_from: lists.csv
people_from: people.csv
entitlements_from: entitlements.csv
locates_from: locates.csv
limits_from: limits.csv
figures_from: figures.csv
""",
    "lists.csv": """\
list,instrument,issuer,since,until
restricted,IBM,,,
restricted,,GE Co,2026-03-02,2026-03-09T14:30:00Z
watch,GE,,,
watch,IBM,,,
""",
    "people.csv": "id,name,roles\nann,Ann,trader\nrob,,risk; supervisor\n",
    "entitlements.csv": """\
scope,asset_classes,venues,instruments
desk:cash,equity;option,XNYS,
strategy:momentum,,,GE
""",
    "locates.csv": """\
id,instrument,quantity,account,expires
77,GE,500,A1,2026-03-03
ETB,IBM,,,
""",
    "limits.csv": """\
name,scope,hard,soft
credit,firm:house,5000000,4000000.50
credit,account:A1,0,
""",
    "figures.csv": "instrument,at,adv,sigma,delta\nGE,,5100000,1.8%,\nGE-C,2026-03-01,,,-0.5\n",
}

AS_JSON = {
    "facts.yaml": AS_CSV["facts.yaml"].replace(".csv", ".json"),
    "lists.json": """\
[{"list": "restricted", "instrument": "IBM", "issuer": null},
 {"list": "restricted", "issuer": "GE Co", "since": "2026-03-02", "until": "2026-03-09T14:30:00Z"},
 {"list": "watch", "instrument": "GE"}, {"list": "watch", "instrument": "IBM"}]
""",
    "people.json": """\
[{"id": "ann", "name": "Ann", "roles": "trader"}, {"id": "rob", "roles": ["risk", "supervisor"]}]
""",
    "entitlements.json": """\
[{"scope": "desk:cash", "asset_classes": ["equity", "option"], "venues": "XNYS"},
 {"scope": "strategy:momentum", "instruments": ["GE"]}]
""",
    "locates.json": """\
[{"id": "77", "instrument": "GE", "quantity": 500, "account": "A1", "expires": "2026-03-03"},
 {"id": "ETB", "instrument": "IBM", "quantity": null}]
""",
    "limits.json": """\
[{"name": "credit", "scope": "firm:house", "hard": 5000000, "soft": 4000000.50},
 {"name": "credit", "scope": "account:A1", "hard": "0"}]
""",
    "figures.json": """\
[{"instrument": "GE", "adv": 5100000, "sigma": "1.8%"},
 {"instrument": "GE-C", "at": "2026-03-01", "delta": -0.5}]
""",
}

AS_YAML = {
    **AS_CSV,
    "facts.yaml": AS_CSV["facts.yaml"].replace("limits.csv", "limits.yaml"),
    "limits.yaml": """\
- {name: credit, scope: firm:house, hard: 5000000, soft: 4000000.50}
- {name: credit, scope: account:A1, hard: 0}
""",
}


@pytest.mark.parametrize("files", [WRITTEN, AS_CSV, AS_JSON, AS_YAML])
def test_every_part_is_read_alike_from_every_kind_of_file(
    write: Writes, files: Mapping[str, str]
) -> None:
    facts = read_facts(write(files))

    midnight = read_moment("2026-03-02")
    assert (facts.version, facts.as_of) == ("12", midnight)
    assert facts.accounts[AccountId("A1")].client == "C7"
    call = facts.instruments[CALL]
    assert (call.underlying, call.right, call.strike) == (GE, Right.CALL, 100 * NANO)
    assert call.expires == read_moment("2026-06-19T00:00:00Z")
    assert facts.lists == {
        "restricted": InstrumentList(
            owner="control-room",
            entries=(
                Entry(instrument=IBM),
                Entry(issuer="GE Co", since=midnight, until=read_moment("2026-03-09T14:30:00Z")),
            ),
        ),
        "watch": InstrumentList(entries=(Entry(instrument=GE), Entry(instrument=IBM))),
    }
    ann, rob = PersonId("ann"), PersonId("rob")
    assert facts.people == {
        ann: Person(id=ann, name="Ann", roles=frozenset({Role.TRADER})),
        rob: Person(id=rob, roles=frozenset({Role.RISK, Role.SUPERVISOR})),
    }
    assert facts.entitlements == (
        Entitlement(
            scope=Scope("desk:cash"),
            asset_classes=frozenset({"equity", "option"}),
            venues=frozenset({"XNYS"}),
        ),
        Entitlement(scope=Scope("strategy:momentum"), instruments=frozenset({GE})),
    )
    assert facts.locates == {
        "77": Locate(
            id="77",
            instrument=GE,
            quantity=500 * NANO,  # type: ignore[arg-type]
            account=AccountId("A1"),
            expires=read_moment("2026-03-03"),
        ),
        "ETB": Locate(id="ETB", instrument=IBM),
    }
    assert facts.limits == (
        Limit(
            name="credit",
            scope=Scope("firm:house"),
            hard=5_000_000 * NANO,  # type: ignore[arg-type]
            soft=4_000_000 * NANO + NANO // 2,  # type: ignore[arg-type]
        ),
        Limit(name="credit", scope=Scope("account:A1"), hard=0),  # type: ignore[arg-type]
    )
    assert facts.figures == {
        GE: Figures(instrument=GE, at=midnight, adv=5_100_000 * NANO, sigma=NANO * 18 // 1000),  # type: ignore[arg-type]
        CALL: Figures(instrument=CALL, at=read_moment("2026-03-01"), delta=-NANO // 2),  # type: ignore[arg-type]
    }
    again = read_reference(write_reference(facts))
    assert write_reference(again) == write_reference(facts)


def faults(path: Path) -> list[str]:
    with pytest.raises(Faults) as refusal:
        read_facts(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in refusal.value.faults]


def test_what_may_not_be_written_is_told_with_its_place(write: Writes) -> None:
    path = write(
        {
            "facts.yaml": BASE
            + """\
lists:
  restricted:
    - {instrument: IBM, issuer: GE Co}
    - {instrument: IBM, since: 2026-03-02, until: 2026-03-02}
    - {isuer: GE Co}
people:
  ann: {roles: tradr}
  bob: {}
entitlements:
  - {scope: cash, asset_classes: stock}
locates:
  - {id: "1", instrument: GE, quantity: -1, expires: 2026-02-30}
limits:
  - {name: credit, scope: firm:house, hard: 1, soft: 1.000000001}
  - {name: credit, scope: firm:house, hard: -1}
figures:
  - {instrument: GE, sigma: 0, at: 2026-03-01T00:00:00}
"""
        }
    )
    assert faults(path) == [
        "facts.yaml:15:7: `entries`: wanted either `instrument` or `issuer`",
        "facts.yaml:16:7: `entries`: `until` must be later than `since`",
        "facts.yaml:17:8: `isuer` is not a key of an entry of a list: did you mean `issuer`?",
        "facts.yaml:19:16: `roles`: `tradr` is not a role: did you mean `trader`?",
        "facts.yaml:20:8: `roles` is missing, which a person must have",
        (
            "facts.yaml:22:13: `scope`: `cash` is not a scope: wanted `level:name`, the level one "
            f"of {', '.join(Level)}"
        ),
        (
            "facts.yaml:22:34: `asset_classes`: `stock` is not an asset class: known are `bond`, "
            "`crypto`, `equity`, `fund`, `future`, `fx`, `index`, `option`"
        ),
        "facts.yaml:24:41: `quantity` must not be negative, was -1",
        "facts.yaml:24:54: `expires`: `2026-02-30`: day is out of range for month",
        "facts.yaml:26:5: `limits`: `soft` must not be more than `hard`",
        "facts.yaml:27:45: `hard` must be at least 0, was -1",
        "facts.yaml:29:29: `sigma` must be positive, was 0",
        (
            "facts.yaml:29:36: `at`: `2026-03-01T00:00:00` says no zone: wanted an offset, or a "
            "name after it"
        ),
    ]


def test_names_that_refer_to_nothing_or_stand_twice_are_told_with_row_and_column(
    write: Writes,
) -> None:
    path = write(
        {
            "facts.yaml": BASE.replace("as_of: 2026-03-02T01:00:00+01:00", "#")
            + """\
lists:
  restricted: [IBM, IBN]
lists_from: lists.csv
people: {ann: {roles: trader}}
people_from: people.json
entitlements:
  - {scope: venue:XNYS}
  - {scope: desk:cahs, venues: XPAR, instruments: [GE, GM]}
locates_from: locates.json
limits_from: limits.csv
figures:
  - {instrument: GE, adv: 1}
""",
            "lists.csv": "list,instrument,issuer\nrestricted,IBM,\nrestricted,,GE\n",
            "people.json": '[\n  {"id": "ann", "roles": "risk"}\n]',
            "locates.json": """\
[{"id": "1", "instrument": "GE"},
 {"id": "1",
  "instrument": "GF", "account": "A9"}]
""",
            "limits.csv": """\
name,scope,hard
credit,account:A1,1
credit,account:A1,2
credit,session:BETA,2
loss,asset_class:stock,2
""",
        }
    )
    assert faults(path) == [
        "facts.yaml:14:21: no instrument is called `IBN`: did you mean `IBM`?",
        (
            "facts.yaml:19:13: wanted a scope of level firm, desk, trader, account, strategy, "
            "found `venue:XNYS`"
        ),
        "facts.yaml:20:13: no desk is called `cahs`: did you mean `cash`?",
        "facts.yaml:20:32: no venue of an instrument is called `XPAR`: known are `XNYS`",
        "facts.yaml:20:56: no instrument is called `GM`: known are `GE`, `GE-C`, `IBM`",
        "facts.yaml:24:5: figures need an instant: `at` here, or `as_of` of the file",
        "limits.csv:3:1: limit `credit` of account:A1 is already at limits.csv:2",
        "limits.csv:4:2: no session is called `BETA`: known are `ALPHA`",
        (
            "limits.csv:5:2: no asset class is called `stock`: known are `bond`, `crypto`, "
            "`equity`, `fund`, `future`, `fx`, `index`, `option`"
        ),
        "lists.csv:2:1: `IBM` stands twice in list `restricted`",
        "lists.csv:3:3: no issuer of an instrument is called `GE`: known are `GE Co`",
        "locates.json:2:2: locate `1` is already at locates.json:1",
        "locates.json:3:17: no instrument is called `GF`: known are `GE`, `GE-C`, `IBM`",
        "locates.json:3:34: no account is called `A9`: known are `A1`, `A2`",
        "people.json:2:3: `ann` is already at facts.yaml:16",
    ]


def test_an_option_has_all_its_terms_and_stands_on_something(write: Writes) -> None:
    path = write(
        {
            "facts.yaml": """\
                base: USD
                calendars: {XNYS: {always_open: true}}
                instruments_from: instruments.csv
                """,
            "instruments.csv": """\
                symbol,mic,asset_class,currency,tick,underlying,right,strike,expires
                A,XNYS,option,USD,0.01,B.XNYS,call,,2026-06-19
                B,XNYS,equity,USD,0.01,,put,1,
                C,XNYS,option,USD,0.01,,,,
                D,XNYS,future,USD,0.01,E.XNYS,,,
                E,XNYS,future,USD,0.01,D.XNYS,,,
                F,XNYS,future,USD,0.01,G.XNYS,,,
                H,XNYS,future,USD,0.01,D.XNYS,,,
                """,
        }
    )
    assert faults(path) == [
        "instruments.csv:2:1: the terms of an option go together: `strike` is missing",
        "instruments.csv:3:1: `right` and `strike` are terms of an option, not of equity",
        "instruments.csv:5:6: `D.XNYS` is written on itself",
        "instruments.csv:6:6: `E.XNYS` is written on itself",
        "instruments.csv:7:6: no instrument is called `G.XNYS`: did you mean `H.XNYS`?",
    ]


def test_the_files_of_facts_are_the_file_and_its_tables(write: Writes) -> None:
    path = write(AS_JSON)
    names = [file.name for file in files_of(path)]
    tables = ("lists", "people", "entitlements", "locates", "limits", "figures")
    assert names == ["facts.yaml", *(f"{name}.json" for name in tables)]
    path.write_text("base: [", encoding="utf-8")
    assert files_of(path) == (path,)
    path.unlink()
    assert files_of(path) == (path,)


@pytest.mark.parametrize(
    ("second", "wanted"),
    [
        ("supervisor", None),
        ("risk", None),
        (
            "compliance",
            "wanted two persons at least of the roles risk or supervisor, found 1",
        ),
    ],
)
def test_a_release_by_two_wants_two_who_may(write: Writes, second: str, wanted: str | None) -> None:
    people = f"people: {{ann: {{roles: risk}}, bob: {{roles: {second}}}}}\n"
    path = write({"facts.yaml": f"{BASE}{people}release_needs_two: true\n"})
    if wanted is None:
        assert read_facts(path).release_needs_two
    else:
        (fault,) = faults(path)
        assert fault == f"facts.yaml:14:20: {wanted}"


@pytest.mark.parametrize(
    ("files", "name"),
    [(WRITTEN, "facts.yaml"), (AS_CSV, "lists.csv"), (AS_JSON, "lists.json")],
)
@given(
    at=st.integers(0, 1000),
    cut=st.integers(0, 12),
    put=st.text("{}[]:,;-#'\"&*!| \n\t\0\u2028aA0.=é", max_size=6),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_read_or_refused_with_places(
    write: Writes, files: Mapping[str, str], name: str, at: int, cut: int, put: str
) -> None:
    text = files[name]
    at %= len(text)
    path = write({**files, name: text[:at] + put + text[at + cut :]})
    try:
        read_facts(path)
    except Faults as refusal:
        found = refusal.faults
    else:
        return
    assert found
    assert all(fault.line > 0 and fault.column > 0 for fault in found)
