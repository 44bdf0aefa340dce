"""Reference facts from files: what good ones become, and what is said of bad ones."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.facts.load import read_facts
from adapters.facts.text import (
    AccountText,
    BalanceText,
    DayText,
    EntitlementText,
    EntryText,
    FactsText,
    FiguresText,
    InstrumentText,
    LimitText,
    ListText,
    LocateText,
    PersonText,
    RouteText,
    SessionText,
    StrategyText,
)
from domain.fixed import NANO
from domain.ids import InstrumentId, SessionId
from domain.instrument import AssetClass, TickBand
from domain.listed import InstrumentList, listing
from domain.scope import Scope
from gateway.records import read_reference, write_reference
from rules.fault import Faults

ROOT = Path(__file__).parents[3]

Writes = Callable[[Mapping[str, str]], Path]

FACTS = """\
    base: USD
    tick_tables:
      us:
        - {since: 0, tick: 0.0001}
        - {since: 1, tick: 0.01}
    calendars:
      XNYS: {exchange: XNYS, years: 2008}
      always: {always_open: true}
    instruments:
      - {symbol: GE, mic: XNYS, asset_class: equity, currency: USD, tick: us, sector: industrials}
      - {id: ES, symbol: ESZ8, mic: XCME, asset_class: future, currency: USD,
         tick: 0.25, multiplier: 50, calendar: always}
    accounts:
      house:
        cash:
          ann:
            A1: {owner: fund-1, name: Growth}
            A2: {}
        programme:
          cat:
            B1: {owner: fund-1}
    strategies:
      momentum: {desk: cash, algo_id: "77"}
    sessions:
      ALPHA: {desk: cash, accounts: A1, cancel_on_disconnect: 5s, pending_new: true}
      BETA: {desk: programme, keep_gtc: false, stale_after: 0s}
    routes:
      - {id: NORTH, venues: [XNYS], resend_within: 2m}
      - {id: SOUTH, accounts: [B1]}
    lists:
      restricted: [GE.XNYS]
      watch: []
    """


def faults(path: Path) -> list[str]:
    """What is wrong with a file: places and texts, without its folder."""
    with pytest.raises(Faults) as refusal:
        read_facts(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in refusal.value.faults]


def test_a_file_becomes_reference_facts(write: Writes) -> None:
    facts = read_facts(write({"facts.yaml": FACTS}))

    assert facts.base == "USD"
    ge, es = facts.instruments.values()
    assert (ge.id, ge.symbol, ge.mic, ge.calendar) == ("GE.XNYS", "GE", "XNYS", "XNYS")
    assert ge.ticks == (TickBand(0, NANO // 10_000), TickBand(NANO, NANO // 100))  # type: ignore[arg-type]
    assert (es.id, es.asset_class, es.multiplier) == ("ES", AssetClass.FUTURE, 50 * NANO)
    assert es.ticks == (TickBand(0, NANO // 4),)  # type: ignore[arg-type]
    first, second, third = facts.accounts.values()
    assert first.path == (
        Scope("firm:house"),
        Scope("desk:cash"),
        Scope("trader:ann"),
        Scope("account:A1"),
    )
    assert (first.owner, second.owner, third.owner) == ("fund-1", "A2", "fund-1")
    assert [one.algo_id for one in facts.strategies.values()] == ["77"]
    alpha, beta = facts.sessions[SessionId("ALPHA")], facts.sessions[SessionId("BETA")]
    assert (sorted(alpha.accounts), alpha.cancel_on_disconnect_us) == (["A1"], 5_000_000)
    assert (alpha.keep_gtc, alpha.pending_new) == (True, True)
    assert (sorted(beta.accounts), beta.cancel_on_disconnect_us) == ([], None)
    assert (beta.keep_gtc, beta.pending_new) == (False, False)
    assert (alpha.stale_after_us, beta.stale_after_us) == (30_000_000, 0)
    assert [(route.id, route.resend_within_us) for route in facts.routes] == [
        ("NORTH", 120_000_000),
        ("SOUTH", 60_000_000),
    ]
    restricted = listing([InstrumentId("GE.XNYS")])
    assert facts.lists == {"restricted": restricted, "watch": InstrumentList()}


def test_facts_outlive_being_written_down(write: Writes) -> None:
    facts = read_facts(write({"facts.yaml": FACTS}))
    again = read_reference(write_reference(facts))
    assert write_reference(again) == write_reference(facts)


def test_long_tables_may_stand_beside_the_file(write: Writes) -> None:
    main = """\
        base: USD
        calendars: {XNYS: {always_open: true}}
        instruments_from: instruments.csv
        instruments:
          - {symbol: GE, mic: XNYS, asset_class: equity, currency: USD, tick: 0.01}
        accounts_from: accounts.csv
        """
    instruments = """\
        symbol,mic,isin,asset_class,currency,tick,sector
        IBM,XNYS,US4592001014,equity,USD,0.01,
        BRK B,XNYS,,equity,USD,0.05,"insurance, other"
        """
    accounts = """\
        id,firm,desk,trader,owner
        A1,house,cash,ann,fund-1
        A2,house,cash,ann,
        """
    facts = read_facts(
        write({"facts.yaml": main, "instruments.csv": instruments, "accounts.csv": accounts})
    )
    assert [*facts.instruments] == ["GE.XNYS", "IBM.XNYS", "BRK B.XNYS"]
    assert [one.sector for one in facts.instruments.values()] == [None, None, "insurance, other"]
    assert [(one.id, one.owner) for one in facts.accounts.values()] == [
        ("A1", "fund-1"),
        ("A2", "A2"),
    ]


def test_every_fault_of_what_may_be_written_is_told_with_its_place(write: Writes) -> None:
    path = write(
        {
            "facts.yaml": """\
                base: usd
                tick_tables:
                  us:
                    - {since: 0, tick: 0}
                    - {since: 1, tik: 0.01}
                calendars:
                  XNYS: {exchange: XNYS}
                  XLON: {exchange: XLON, years: 2009-2008}
                  all day: {always_open: true}
                instruments:
                  - {symbol: 700, mic: xhkg, asset_class: stock, currency: HKD, tick: -1, lot: 0}
                  - {symbol: GE, mic: XNYS, isin: US3696041034, asset_class: equity, currency: USD,
                     tick: 0.01, country: USA}
                accounts:
                  house:
                    cash:
                      ann: [A1]
                sessions:
                  ALPHA: {desk: cash, cancel_on_disconnect: 5, keep_gtc: yes}
                """
        }
    )
    assert faults(path) == [
        "facts.yaml:1:7: `base`: `usd` is not a currency: wanted 3 to 5 capitals, such as USD",
        "facts.yaml:4:24: `tick` must be positive, was 0",
        "facts.yaml:5:7: `tick` is missing, which a band of a tick table must have",
        "facts.yaml:5:18: `tik` is not a key of a band of a tick table: did you mean `tick`?",
        "facts.yaml:7:9: `XNYS`: `exchange` and `years` go together",
        "facts.yaml:8:33: `years`: `2009-2008` ends before it begins",
        (
            "facts.yaml:9:3: `all day`: wanted letters, digits, `.`, `_` and `-`, at most 64, a "
            "letter or digit first, found `all day`"
        ),
        "facts.yaml:11:14: `symbol`: wanted text, found `700`; put it in quotes",
        (
            "facts.yaml:11:24: `mic`: `xhkg` is not a MIC: wanted four capitals or digits, "
            "such as XNYS"
        ),
        (
            "facts.yaml:11:43: `asset_class`: wanted `equity`, `fund`, `bond`, `future`, `option`, "
            "`fx`, `crypto` or `index`, found `stock`"
        ),
        "facts.yaml:11:71: `tick` must be positive, was -1",
        "facts.yaml:11:80: `lot` must be positive, was 0",
        "facts.yaml:12:35: `isin`: `US3696041034` is not an ISIN: its check digit does not fit",
        "facts.yaml:13:27: `country`: `USA` is not a country: wanted two capitals, such as US",
        "facts.yaml:17:12: `ann`: wanted a mapping, one `key: value` a line, found a list",
        (
            "facts.yaml:19:45: `cancel_on_disconnect`: `5` is not a duration such as 500ms, 2s, "
            "5m, 1h or 1d"
        ),
        "facts.yaml:19:58: `keep_gtc`: wanted true or false, found `yes`",
    ]


def test_every_fault_between_parts_and_files_is_told_with_its_place(write: Writes) -> None:
    path = write(
        {
            "facts.yaml": """\
                base: USD
                tick_tables:
                  us: [{since: 0.5, tick: 0.1}, {since: 0.2, tick: 0.01}]
                  none: []
                calendars:
                  XNYS: {exchange: XNYSE, years: 2008}
                instruments_from: instruments.csv
                instruments:
                  - {id: G, symbol: GE, mic: XNYS, asset_class: equity, currency: USD, tick: usa}
                  - {id: H, symbol: GE, mic: XNYS, asset_class: equity, currency: USD, tick: us}
                accounts_from: nowhere.csv
                accounts:
                  house:
                    cash: {ann: {A1: {}}}
                    programme: {ann: {A1: {}}}
                  other:
                    cash: {bob: {A2: {}}}
                strategies:
                  momentum: {desk: cahs}
                sessions:
                  ALPHA: {desk: cash, accounts: [A1, A9]}
                  gate: {desk: cash}
                routes:
                  - {id: NORTH, venues: [XNYS, XPAR]}
                  - {id: NORTH, accounts: A8}
                lists:
                  restricted: [G, GG]
                """,
            "instruments.csv": """\
                symbol,mic,asset_class,currency,tick,multipler
                IBM,XNYS,equity,USD,us,1
                IBM,XNYS,equity,USD,us,
                VOD,XLON,equity,GBP,us,
                """,
        }
    )
    assert faults(path) == [
        "facts.yaml:3:16: the first band must begin at 0",
        "facts.yaml:3:41: bands must rise: this one begins no higher than the one before",
        "facts.yaml:4:9: the first band must begin at 0",
        "facts.yaml:6:20: no exchange calendar is called `XNYSE`",
        "facts.yaml:9:78: no tick table is called `usa`: did you mean `us`?",
        "facts.yaml:10:5: symbol `GE` at XNYS is already at facts.yaml:9",
        "facts.yaml:11:16: `nowhere.csv` cannot be read: No such file or directory",
        "facts.yaml:15:27: account `A1` is already at facts.yaml:14",
        (
            "facts.yaml:15:27: trader `ann` is of desk `cash` (facts.yaml:14) and cannot be of "
            "`programme` too: accounts form a tree"
        ),
        (
            "facts.yaml:17:22: desk `cash` is of firm `house` (facts.yaml:14) and cannot be of "
            "`other` too: accounts form a tree"
        ),
        "facts.yaml:19:20: no desk is called `cahs`: did you mean `cash`?",
        "facts.yaml:21:38: no account is called `A9`: known are `A1`, `A2`",
        "facts.yaml:22:9: session `gate` is the gate's own: call it otherwise",
        "facts.yaml:24:32: no venue of an instrument is called `XPAR`: known are `XLON`, `XNYS`",
        "facts.yaml:25:5: route `NORTH` is already at facts.yaml:24",
        "facts.yaml:25:27: no account is called `A8`: known are `A1`, `A2`",
        "facts.yaml:27:19: no instrument is called `GG`: did you mean `G`?",
        (
            "instruments.csv:2:6: `multipler` is not a key of an instrument: did you mean "
            "`multiplier`?"
        ),
        "instruments.csv:4:2: no calendar is called `XLON`: known are `XNYS`",
    ]


def test_a_file_that_is_not_there_is_no_fault_of_its_author(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_facts(tmp_path / "facts.yaml")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "accounts.csv:1:1: empty: wanted a line that names the columns"),
        ("id,,firm\n", "accounts.csv:1:2: a column without a name"),
        ("id,desk,id\n", "accounts.csv:1:3: two columns are called `id`"),
        ("id,firm\nA1,house,cash\n", "accounts.csv:2:1: 3 cells where there are 2 columns"),
        ('id,firm\nA1,"house\n', "accounts.csv:2:1: not CSV: unexpected end of data"),
    ],
)
def test_a_table_that_is_none_is_refused_whole(write: Writes, table: str, said: str) -> None:
    path = write({"facts.yaml": "base: USD\naccounts_from: accounts.csv\n", "accounts.csv": table})
    assert faults(path) == [said]


def test_a_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_text("base: USD\naccounts_from: accounts.csv\n")
    (tmp_path / "accounts.csv").write_bytes(b"id,name\nA1,Caf\xe9\n")
    assert faults(tmp_path / "facts.yaml") == ["accounts.csv:2:1: byte 0xe9 is not UTF-8"]


def test_the_example_of_the_format_page_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs/formats/facts.md").read_text(encoding="utf-8")
    for language, name in (
        ("yaml", "facts.yaml"),
        ("csv", "instruments.csv"),
        ("json", "locates.json"),
    ):
        (text,) = re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        (tmp_path / name).write_text(text, encoding="utf-8")
    read = read_facts(tmp_path / "facts.yaml")
    assert [*read.instruments] == ["GE.XNYS", "GE-C100", "IBM.XNYS"]
    assert [*read.locates] == ["L-2041", "ETB"]


def test_the_format_page_tells_every_key() -> None:
    page = (ROOT / "docs/formats/facts.md").read_text(encoding="utf-8")
    models = (
        *(FactsText, InstrumentText, AccountText, StrategyText, SessionText, RouteText),
        *(
            BalanceText,
            DayText,
            ListText,
            EntryText,
            PersonText,
            EntitlementText,
            LocateText,
            LimitText,
            FiguresText,
        ),
    )
    told = {name for model in models for name in model.model_fields}
    assert sorted(name for name in told if not re.search(rf"\b{name}\b", page)) == []


QUIET = FACTS.replace("XNYS: {exchange: XNYS, years: 2008}", "XNYS: {always_open: true}")


@given(
    at=st.integers(0, len(QUIET)),
    cut=st.integers(0, 12),
    put=st.text("{}[]:,-#'\"&*!| \n\t\0\u2028aA0.=²é", max_size=6),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_read_or_refused_with_places(
    write: Writes, at: int, cut: int, put: str
) -> None:
    path = write({"facts.yaml": QUIET[:at] + put + QUIET[at + cut :]})
    try:
        read_facts(path)
    except Faults as refusal:
        found = refusal.faults
    else:
        return
    assert found
    assert all(fault.line > 0 and fault.column > 0 for fault in found)
