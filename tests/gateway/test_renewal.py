"""New facts for a running gate: a real gate with its journal and its file of facts."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.facts.load import read_facts
from audit.reader import Reader
from domain.events import FactsRefused, OrderAsked, ReferenceLoaded, RouteChanged
from domain.ids import AccountId, InstrumentId, SessionId
from domain.instrument import Instrument
from domain.messages import Message
from domain.reference import Reference
from gateway.gate import Gate, Plan
from gateway.inbox import Inbox
from gateway.library import Library
from gateway.local_door import DoorRefused, LocalCaller
from gateway.reading_apart import read_apart, read_here
from gateway.records import read_record, write_body
from gateway.renewal import FAULTS_TOLD, FactsFile
from gateway.replay import replay
from gateway.snapshot import snapshot
from gateway.state import State
from gateway.whatif import WhatIf
from tests.builders import NORTH, order, quote, reference

PATIENCE_S = 20.0

POLICY = """\
policy: test
version: 1
rules:
  - {id: restricted, kind: restricted_list, list: restricted}
  - {id: size, kind: max_order_quantity, limit: 1000, scope: {desk: cash}}
"""

FACTS = """\
version: {version}
as_of: {as_of}
base: USD
calendars: {{XNYS: {{always_open: true}}}}
instruments_from: instruments.csv
accounts: {{house: {{cash: {{ann: {{A1: {{}}}}}}}}}}
sessions: {{REST: {{desk: cash}}}}
routes: [{{id: NORTH}}]
lists: {{{list}: [{restricted}]}}
"""
HEAD = "id,symbol,mic,asset_class,currency,tick\n"


@dataclass
class Line:
    """A broker's session that takes everything, and what it was told."""

    inbox: Inbox
    lacking: tuple[str, ...] = ()
    listed: list[list[str]] = field(default_factory=list)
    sessions: frozenset[str] = frozenset()
    health: dict[str, object] = field(default_factory=dict)

    def start(self) -> None:
        self.inbox.tell(RouteChanged(route=NORTH, up=True))

    def stop(self) -> None:
        pass

    def turn(self) -> bool:
        return False

    def recall(self, message: Message) -> None:
        pass

    def send(self, message: Message) -> None:
        pass

    def relist(self, instruments: Iterable[Instrument]) -> None:
        self.listed.append([each.id for each in instruments])

    def unfit(self, facts: Reference) -> tuple[str, ...]:
        return self.lacking


class House:
    """A gate, its file of facts, and its local door."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read = read_here
        self.file = folder / "facts.yaml"
        (folder / "policy.yaml").write_text(POLICY)
        self.write("IBM")
        self.open()

    def open(self, *, look_every_s: float | None = None) -> None:
        """Open the gate."""
        lines: list[Line] = []

        def links(inbox: Inbox, *_: object) -> Line:
            lines.append(Line(inbox))
            return lines[0]

        self.gate = Gate(
            Plan(
                journal=self.folder / "journal",
                key=self.folder / "key.pem",
                origin="test",
                policy=self.folder / "policy.yaml",
                reference=read_facts(self.file),
                facts=FactsFile(path=self.file, read=self.read, look_every_s=look_every_s),
                door=self.folder / "gate.sock",
                links=links,
            )
        )
        self.gate.start()
        self.line = lines[0]

    def write(
        self,
        *instruments: str,
        restricted: str = "",
        version: str = "1",
        as_of: str = "2026-03-02",
        listed: str = "restricted",
    ) -> None:
        """Write the file of facts and its table."""
        rows = "".join(f"{name},{name},XNYS,equity,USD,0.01\n" for name in instruments)
        (self.folder / "instruments.csv").write_text(HEAD + rows)
        self.file.write_text(
            FACTS.format(version=version, as_of=as_of, restricted=restricted, list=listed)
        )

    def ask(self, line: dict[str, object]) -> dict[str, Any]:
        caller = LocalCaller(self.folder / "gate.sock")
        try:
            return caller.ask(line)
        finally:
            caller.close()

    def load(self, **more: object) -> dict[str, Any]:
        return self.ask({"load": "facts", "by": "rob", **more})

    def order(self, name: str, instrument: str) -> dict[str, Any]:
        """Ask for an order; give its decision."""
        terms = order(
            name,
            session=SessionId("REST"),
            account=AccountId("A1"),
            instrument=InstrumentId(instrument),
        )
        body = OrderAsked(order=terms, quote=quote(InstrumentId(instrument)))
        told = self.ask({"event": msgspec.json.decode(write_body(body))})
        found: dict[str, Any] = told["outcome"]["decision"]
        return found

    def events(self) -> list[Any]:
        """What the journal holds so far."""
        reader = Reader.open(self.folder / "journal")
        return [read_record(record.body)[0].body for record in reader.records()]

    def until(self, check: Callable[[], bool]) -> None:
        """Wait until the gate has noticed."""
        deadline = time.monotonic() + PATIENCE_S
        while not check():
            assert time.monotonic() < deadline, self.events()[-3:]
            time.sleep(0.01)

    @property
    def version(self) -> str:
        """Of the facts in force."""
        found: str = self.ask({"look": "state"})["state"]["facts_version"]
        return found


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # Short, because a socket's path may only have 107 bytes.
    found = House(tmp_path_factory.mktemp("renewal"))
    yield found
    found.gate.stop()
    assert found.gate.wait() is None


def test_a_new_instrument_trades_after_a_load_and_a_removed_one_no_longer(house: House) -> None:
    assert house.order("1", "MSFT")["verdict"] == "deny"
    house.write("MSFT", version="2")
    told = house.load()
    assert (told["version"], told["digest"][:7]) == ("2", "sha256:")
    assert house.line.listed == [["IBM"], ["MSFT"]], "the sessions know what is in force"
    assert house.order("2", "MSFT")["verdict"] == "allow"
    decision = house.order("3", "IBM")
    assert decision["verdict"] == "deny"
    assert "IBM" in decision["findings"][0]["text"]
    last = [body for body in house.events() if isinstance(body, ReferenceLoaded)][-1]
    assert (last.digest, last.version, last.by) == (told["digest"], "2", "rob")


def test_a_change_of_a_list_meets_the_next_order(house: House) -> None:
    assert house.order("1", "IBM")["verdict"] == "allow"
    house.write("IBM", restricted="IBM")
    house.load()
    decision = house.order("2", "IBM")
    assert (decision["verdict"], decision["findings"][0]["rule"]) == ("deny", "restricted")
    house.write("IBM")
    house.load()
    assert house.order("3", "IBM")["verdict"] == "allow"


def test_faulty_facts_are_refused_whole_and_those_in_force_stay(house: House) -> None:
    house.write("IBM", "MSFT", restricted="IBM, XXX", version="2")
    with (house.folder / "instruments.csv").open("a") as table:
        table.write("GE,GE,XNYS,equity,USD,-1\n")
    told = house.load()
    faults = [fault.replace(f"{house.folder}/", "") for fault in told["faults"]]
    assert faults == [
        "facts.yaml:9:27: no instrument is called `XXX`: known are `IBM`, `MSFT`",
        "instruments.csv:4:6: `tick` must be positive, was -1",
    ]
    assert house.version == "1"
    assert house.line.listed == [["IBM"]]
    assert house.order("1", "IBM")["verdict"] == "allow"
    assert house.order("2", "MSFT")["verdict"] == "deny"
    refused = house.events()[told["seq"]]
    assert refused == FactsRefused(file=str(house.file), faults=tuple(told["faults"]), by="rob")


def test_of_very_many_faults_the_record_holds_the_first_and_their_number(house: House) -> None:
    house.write(*(f"I{number}" for number in range(FAULTS_TOLD + 20)))
    table = house.folder / "instruments.csv"
    table.write_text(table.read_text().replace("USD", "usd"))
    told = house.load()
    assert len(told["faults"]) == FAULTS_TOLD + 20
    refused = house.events()[told["seq"]]
    assert len(refused.faults) == FAULTS_TOLD + 1
    assert refused.faults[-1] == "and 20 more"


def test_a_missing_file_is_refused_and_recorded(house: House) -> None:
    house.file.unlink()
    told = house.load()
    assert told["faults"] == [f"{house.file}: No such file or directory"]
    assert house.version == "1"


def test_older_facts_are_refused_unless_it_is_said_that_they_may_be(house: House) -> None:
    house.write("IBM", version="0", as_of="2026-03-01")
    told = house.load()
    said = "facts_are_older: as of 2026-03-01, and those in force as of 2026-03-02"
    assert told["faults"] == [said]
    house.write("IBM", version="undated")
    house.file.write_text(house.file.read_text().replace("as_of: 2026-03-02\n", ""))
    assert house.load()["faults"][0].startswith("facts_tell_no_instant")
    assert house.version == "1"
    assert house.load(older=True)["version"] == "undated"
    assert house.version == "undated"


def test_a_draft_that_is_tried_may_be_older() -> None:
    whatif = WhatIf()
    for version, as_of in (("new", 2), ("draft", 1), ("undated", None)):
        whatif.put_facts(reference(version=version, as_of=as_of))
        known = whatif.state.book.reference
        assert known is not None
        assert known.version == version


def test_facts_that_forget_what_is_in_use_are_refused(house: House) -> None:
    house.order("1", "IBM")
    house.write("MSFT")
    told = house.load()
    assert told["faults"] == ["facts_forget_what_is_in_use: instrument:IBM"]
    assert house.order("2", "IBM")["verdict"] == "allow"


def test_facts_the_policy_in_force_does_not_fit_are_refused(house: House) -> None:
    house.write("IBM", listed="watch")
    house.file.write_text(house.file.read_text().replace("cash", "equities"))
    faults = house.load()["faults"]
    assert faults == [
        "the policy in force:4:51: `list`: no list is called `restricted`: known are `watch`",
        "the policy in force:5:69: the reference facts know no desk `cash`: known are `equities`",
    ]


def test_facts_that_need_a_new_start_are_refused_with_the_reason(house: House) -> None:
    house.line.lacking = ("the facts lack session `ALPHA`",)
    house.write("MSFT")
    assert house.load()["faults"] == ["the facts lack session `ALPHA`"]
    assert house.order("1", "IBM")["verdict"] == "allow"


def test_the_same_facts_again_make_no_record(house: House) -> None:
    before = len(house.events())
    assert house.load()["unchanged"] is True
    assert len(house.events()) == before


def test_who_loads_must_say_so(house: House) -> None:
    lines: list[dict[str, object]] = [{}, {"by": ""}, {"by": 1}, {"by": "rob", "older": 1}]
    for line in lines:
        with pytest.raises(DoorRefused, match="`by` must say who loads"):
            house.ask({"load": "facts", **line})


def test_facts_are_read_alike_by_a_process_of_its_own(house: House) -> None:
    assert read_apart(house.file) == read_here(house.file)
    table = house.folder / "instruments.csv"
    table.write_text(table.read_text().replace("USD", "usd"))
    faulty = read_apart(house.file)
    assert faulty.faults
    assert faulty == read_here(house.file)
    house.file.unlink()
    assert read_apart(house.file).faults == (f"{house.file}: No such file or directory",)


def test_a_process_that_fails_is_a_refusal_with_its_last_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    house.gate.stop()
    house.read = read_apart
    house.open()
    (fault,) = house.load()["faults"]
    assert fault == f"{house.file}: the reading process ended with 1: "
    assert house.version == "1"


def test_watched_facts_are_loaded_when_their_table_changes(house: House) -> None:
    house.gate.stop()
    house.open(look_every_s=0.01)
    table = house.folder / "instruments.csv"
    table.write_text(table.read_text() + "MSFT,MSFT,XNYS,equity,USD,0.01\n")
    house.until(lambda: house.line.listed[-1] == ["IBM", "MSFT"])
    assert house.order("1", "MSFT")["verdict"] == "allow"
    table.write_text("nonsense\n1,2\n")
    house.until(lambda: isinstance(house.events()[-1], FactsRefused))
    house.write("GE", "MSFT", version="3")
    house.until(lambda: house.version == "3")
    assert house.line.listed[-1] == ["GE", "MSFT"]


def test_the_journal_alone_tells_it_all_again(house: House) -> None:
    house.order("1", "IBM")
    house.write("IBM", "MSFT", restricted="MSFT")
    house.load()
    house.order("2", "MSFT")
    house.write("MSFT")
    house.load()
    house.write("IBM", "MSFT", as_of="2026-03-03")
    house.load()
    house.order("3", "MSFT")
    house.gate.stop()
    reader = Reader.open(house.folder / "journal")
    again = State(Library(reader.object))
    for _ in replay(again, (record.body for record in reader.records())):
        pass
    assert snapshot(again) == snapshot(house.gate.state)


def test_a_start_with_facts_that_are_refused_goes_on_with_those_in_force(house: House) -> None:
    house.order("1", "IBM")
    house.gate.stop()
    house.write("MSFT")
    house.open()
    assert house.line.listed == [["IBM"]]
    assert house.order("2", "IBM")["verdict"] == "allow"
