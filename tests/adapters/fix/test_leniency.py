"""No report is lost: whatever a broker sends reaches us, however wrong, over a real engine."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("quickfix", reason="quickfix is not installed")

from adapters.fix.codec_broker import BrokerCodec
from adapters.fix.dialect import Dialect
from adapters.fix.port import Field
from adapters.fix.sessions import Validation, Version, unchecked
from domain.events import ExecutionReported, ReportUnreadable
from domain.fixed import NANO
from domain.ids import RouteId
from tests.adapters.fix.orders import LISTINGS
from tests.adapters.fix.peer import Recorder, a_broker, engine_of, session, until

pytestmark = pytest.mark.fix

KINDS = {
    Version.FIX42: [(20, "0"), (150, "1")],
    Version.FIX44: [(150, "F")],
    Version.FIX50SP2: [(150, "F")],
}


def fill(version: Version, *, without: Sequence[int] = (), **instead: str) -> list[Field]:
    """A trade of 40 of 100, as the version says it."""
    fields = [
        *((37, "B1"), (17, "X1"), *KINDS[version], (39, "1"), (11, "G4"), (55, "MSFT")),
        *((54, "1"), (38, "100"), (32, "40"), (31, "15.54"), (151, "60"), (14, "40"), (6, "15.54")),
    ]
    other = {int(name[1:]): value for name, value in instead.items()}
    return [(tag, other.get(tag, value)) for tag, value in fields if tag not in without]


def hear(
    version: Version, folder: Path, reports: Sequence[list[Field]], validation: Validation
) -> tuple[Recorder, list[str]]:
    """Have a broker say these reports; give what arrived, and what the engine refused itself."""
    handler = Recorder()
    logon = [(1137, "9")] if version is Version.FIX50SP2 else []
    with a_broker(version) as (link, answer):
        agreed = session(link, version=version, validation=validation)
        with engine_of(agreed, folder, handler), answer() as broker:
            broker.hear("A")
            broker.say("A", [(98, "0"), (108, "30"), *logon])
            for report in reports:
                broker.say("8", report)
            until(
                lambda: len(handler.messages) + len(handler.refusals) == len(reports), "the reports"
            )
    return handler, handler.refusals


@pytest.mark.parametrize("version", Version)
def test_a_truncated_fill_is_recorded_with_its_text(version: Version, tmp_path: Path) -> None:
    wrong = {
        "ExecID (17) is missing": fill(version, without=[17]),
        "LeavesQty (151) is missing": fill(version, without=[151, 38]),
        "ExecType (150) is missing": fill(version, without=[150, 20]),
        "CumQty (14) is `many`": fill(version, t14="many"),
        "OrdStatus (39) is `XX`": fill(version, t39="XX"),
        "LastPx (31) is missing": fill(version, without=[31]),
        "ClOrdID (11) is missing": fill(version, without=[6, 11, 54, 55]),
    }
    handler, refused = hear(version, tmp_path, list(wrong.values()), unchecked())
    assert refused == []
    codec = BrokerCodec(RouteId("x"), Dialect(version=version), LISTINGS)
    for fault, text in zip(wrong, handler.messages, strict=True):
        report = codec.read(text)
        assert isinstance(report, ReportUnreadable)
        assert fault in "; ".join(report.faults)
        assert report.text == text


@pytest.mark.parametrize("version", Version)
def test_what_the_gate_does_not_need_makes_no_report_unreadable(
    version: Version, tmp_path: Path
) -> None:
    reports = [
        fill(version, without=[151]),  # 100 less 40
        fill(version, without=[37, 55, 54, 6]),
        fill(version, t6="n/a", t54="?"),
        [*fill(version), (447, "D"), (1057, "maybe"), (6001, "x")],
    ]
    handler, refused = hear(version, tmp_path, reports, unchecked())
    assert refused == []
    codec = BrokerCodec(RouteId("x"), Dialect(version=version), LISTINGS)
    for text in handler.messages:
        report = codec.read(text)
        assert isinstance(report, ExecutionReported), report
        assert (report.filled, report.leaves) == (40 * NANO, 60 * NANO)


def test_entries_of_a_group_arrive_in_order(tmp_path: Path) -> None:
    parties = [(453, "2"), (448, "A"), (447, "D"), (452, "1"), (448, "B"), (447, "D"), (452, "3")]
    report = [*fill(Version.FIX44), *parties]
    handler, _ = hear(Version.FIX44, tmp_path, [report], unchecked())
    wanted = "".join(f"{tag}={value}\x01" for tag, value in parties)
    assert wanted in handler.messages[0]


def test_what_the_engine_refuses_all_the_same_is_told(tmp_path: Path) -> None:
    twice = [*fill(Version.FIX44), (58, "a"), (58, "b")]
    handler, (refusal,) = hear(Version.FIX44, tmp_path, [twice], unchecked())
    assert handler.messages == []
    report = BrokerCodec(RouteId("x"), Dialect(version=Version.FIX44), LISTINGS).refused(refusal)
    assert (report.message_type, report.text) == ("8", refusal)
    assert report.faults == ("message 2 was refused: Tag appears more than once",)


def test_a_desks_faults_are_still_refused_by_the_engine(tmp_path: Path) -> None:
    checked = replace(unchecked(), contents=True)
    handler, refusals = hear(
        Version.FIX44, tmp_path, [fill(Version.FIX44, without=[17])], validation=checked
    )
    assert handler.messages == []
    assert "Required tag missing" in refusals[0]
