"""The answering side: what desks ask becomes an event, what we answer suits their version."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fix.codec import SOH, Wire
from adapters.fix.codec_desk import DeskCodec, Request
from adapters.fix.dialect import Dialect
from adapters.fix.sessions import Version
from domain.events import (
    CancelAsked,
    MassCancelAsked,
    MessageRefused,
    OrderAsked,
    ReplaceAsked,
    StatusAsked,
)
from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, ClOrdId, ExecId, InstrumentId, Micros, OrderId
from domain.lifecycle import ExecType
from domain.messages import CancelRefused, MassCancelAnswered, MessageRefusal, Report
from domain.order import Side, TimeInForce
from tests.adapters.fix.orders import AT, LISTINGS, NEW, SESSION, fix

CODECS = {v: DeskCodec(SESSION, Dialect(version=v), LISTINGS) for v in Version}
FIX42, FIX44, FIX50SP2 = CODECS.values()


def read(bars: str) -> Request:
    return FIX44.read(fix(bars))


def order_asked() -> OrderAsked:
    asked = read(NEW)
    assert isinstance(asked, OrderAsked)
    return asked


REPORT = Report(
    session=SESSION,
    order_id=OrderId("G7"),
    exec_id=ExecId("E9"),
    type=ExecType.TRADE,
    status="1",
    cl_ord_id=ClOrdId("a1"),
    order=order_asked().order,
    filled=Quantity(60 * NANO),
    leaves=Quantity(40 * NANO),
    average=Price(15_540_000_000),
    last_quantity=Quantity(60 * NANO),
    last_price=Price(15_540_000_000),
    at=AT,
)
REFUSAL = MessageRefusal(
    session=SESSION,
    ref_seq=7,
    message_type="D",
    cl_ord_id=ClOrdId("a1"),
    orig_cl_ord_id=None,
    exec_id=ExecId("E9"),
    text="Side (54) is missing",
    at=AT,
)


def said(wire: Wire, *tags: int) -> tuple[str | None, ...]:
    fields = dict(wire.fields)
    return tuple(fields.get(tag) for tag in tags)


def test_requests_become_events() -> None:
    first, second = ClOrdId("a1"), ClOrdId("a2")
    assert read("35=F|11=a2|41=a1|55=MSFT|54=1") == CancelAsked(
        session=SESSION, cl_ord_id=second, orig_cl_ord_id=first
    )
    assert read("35=H|11=a1|55=MSFT|54=1") == StatusAsked(
        session=SESSION, cl_ord_id=first, symbol="MSFT", side="1"
    )
    sent_at = Micros(AT // 1_000_000 * 1_000_000)
    replaced = read(NEW.replace("35=D", "35=G").replace("11=a1", "11=a2|41=a1"))
    order = replace(REPORT.order, cl_ord_id=second)
    assert replaced == ReplaceAsked(orig_cl_ord_id=first, order=order, sent_at=sent_at)
    also_by_our_id = NEW.replace("35=D", "35=G").replace("11=a1", "37=G4|11=a2|41=a1")
    assert read(also_by_our_id) == replaced


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("52=20260105-14:30:05", 5),
        ("52=20260105-14:30:05|43=Y|122=20260105-14:30:01.5", 1.5),
        ("52=20260105-14:30:05|43=N|122=20260105-14:30:01", 5),
        ("52=20260105-14:30:05|43=Y", 5),
        ("52=then", None),
    ],
)
@pytest.mark.parametrize("kind", ["D", "G"])
def test_a_message_sent_again_is_as_old_as_it_was_first_sent(
    header: str, seconds: float | None, kind: str
) -> None:
    bars = NEW.replace("52=20260105-14:30:00.000", header).replace("35=D", f"35={kind}")
    asked = read(f"{bars}|41=a0" if kind == "G" else bars)
    assert isinstance(asked, OrderAsked | ReplaceAsked)
    began = AT // 1_000_000 * 1_000_000
    assert asked.sent_at == (None if seconds is None else began + seconds * 1_000_000)


def test_a_mass_cancel_is_of_all_or_of_one_security() -> None:
    name = ClOrdId("m1")
    assert read("35=q|11=m1|530=7") == MassCancelAsked(session=SESSION, cl_ord_id=name)
    assert read("35=q|11=m1|530=1|55=MSFT|54=2|1=ACC") == MassCancelAsked(
        session=SESSION,
        cl_ord_id=name,
        instrument=InstrumentId("MSFT.XNAS"),
        side=Side.SELL,
        account=AccountId("ACC"),
    )


def test_a_possible_resend_is_marked() -> None:
    asked = FIX44.read(fix(NEW), poss_resend=True)
    assert isinstance(asked, OrderAsked)
    assert asked.poss_resend


@pytest.mark.parametrize(
    ("bars", "refused"),
    [
        ("35=AE|34=9|11=x", (9, "AE", "x", None, "message type `AE` is not supported")),
        ("35=F|34=9|11=a2", (9, "F", "a2", None, "OrigClOrdID (41) is missing")),
        ("35=H|34=nine", (0, "H", None, None, "ClOrdID (11) is missing")),
        (
            "35=q|34=9|11=m1|530=3",
            (9, "q", "m1", None, "MassCancelRequestType (530) is `3`, wanted one of 1, 7"),
        ),
        ("35=q|34=9|11=m1|530=1", (9, "q", "m1", None, "Symbol (55) is missing")),
        (
            "35=q|34=9|11=m1|530=7|54=Z",
            (9, "q", "m1", None, "Side (54) is `Z`, wanted one of 1, 2, 5, 6"),
        ),
        (
            NEW.replace("35=D", "35=G") + "|41=a\x07",
            (7, "G", "a1", None, "OrigClOrdID (41) holds characters that cannot be printed"),
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_fault(
    bars: str, refused: tuple[int, str, str | None, str | None, str]
) -> None:
    number, kind, name, orig, fault = refused
    refusal = read(bars)
    assert isinstance(refusal, MessageRefused)
    assert replace(refusal, symbol=None, side=None) == MessageRefused(
        session=SESSION,
        ref_seq=number,
        message_type=kind,
        cl_ord_id=None if name is None else ClOrdId(name),
        orig_cl_ord_id=None if orig is None else ClOrdId(orig),
        faults=(fault,),
    )


@pytest.mark.parametrize(
    ("kind", "status", "in_42", "later"),
    [
        (ExecType.NEW, "0", ("0", "0", "0"), ("0", "0")),
        (ExecType.PENDING_NEW, "A", ("0", "A", "A"), ("A", "A")),
        (ExecType.TRADE, "1", ("0", "1", "1"), ("F", "1")),
        (ExecType.TRADE, "6", ("0", "1", "6"), ("F", "6")),
        (ExecType.TRADE_CORRECT, "1", ("2", "1", "1"), ("G", "1")),
        (ExecType.TRADE_CANCEL, "0", ("1", "0", "0"), ("H", "0")),
        (ExecType.STATUS, "1", ("3", "1", "1"), ("I", "1")),
        (ExecType.REPLACED, "0", ("0", "5", "5"), ("5", "0")),
        (ExecType.REPLACED, "1", ("0", "5", "1"), ("5", "1")),
        (ExecType.CANCELED, "4", ("0", "4", "4"), ("4", "4")),
        (ExecType.RESTATED, "0", ("0", "D", "0"), ("D", "0")),
        (ExecType.EXPIRED, "C", ("0", "C", "C"), ("C", "C")),
    ],
)
def test_what_happened_is_said_as_the_version_says_it(
    kind: ExecType, status: str, in_42: tuple[str, ...], later: tuple[str, ...]
) -> None:
    report = replace(REPORT, type=kind, status=status)
    assert said(FIX42.write(report), 20, 150, 39) == in_42
    for codec in (FIX44, FIX50SP2):
        assert said(codec.write(report), 20, 150, 39) == (None, *later)


def test_a_last_fill_is_2_in_4_2_and_a_late_one_is_not() -> None:
    last = replace(REPORT, status="2", filled=Quantity(100 * NANO), leaves=Quantity(0))
    assert said(FIX42.write(last), 20, 150, 39) == ("0", "2", "2")
    late = replace(REPORT, status="4", leaves=Quantity(0))
    assert said(FIX42.write(late), 20, 150, 39) == ("0", "1", "4")


@pytest.mark.parametrize(
    ("reason", "in_42", "in_44", "in_50"),
    [
        (0, "0", "0", "0"),
        (8, "8", "8", "8"),
        (11, "0", "11", "11"),
        (12, "0", "99", "99"),
        (15, "0", "15", "15"),
        (16, "0", "99", "16"),
        (17, "0", "99", "99"),
        (27, "0", "99", "27"),
        (99, "0", "99", "99"),
    ],
)
def test_a_reason_the_version_lacks_becomes_other(
    reason: int, in_42: str, in_44: str, in_50: str
) -> None:
    report = replace(REPORT, type=ExecType.REJECTED, status="8", reason=reason, text="why")
    wires = [codec.write(report) for codec in CODECS.values()]
    assert [said(wire, 103, 58) for wire in wires] == [
        (in_42, "why"),
        (in_44, "why"),
        (in_50, "why"),
    ]


def test_a_report_says_all_a_desk_books_by() -> None:
    wire = FIX44.write(replace(REPORT, orig_cl_ord_id=ClOrdId("a0"), exec_ref_id=ExecId("E8")))
    assert (wire.msg_type, wire.poss_resend) == ("8", False)
    assert dict(wire.fields) == {
        37: "G7",
        17: "E9",
        150: "F",
        39: "1",
        11: "a1",
        41: "a0",
        1: "ACC",
        55: "MSFT",
        207: "XNAS",
        15: "USD",
        48: "US5949181045",
        22: "4",
        54: "1",
        38: "100",
        40: "2",
        59: "0",
        44: "15.54",
        151: "40",
        14: "60",
        6: "15.54",
        60: "20260105-14:30:00.123",
        32: "60",
        31: "15.54",
        19: "E8",
    }


def test_a_repeated_answer_is_a_possible_resend() -> None:
    assert FIX44.write(replace(REPORT, repeat=True)).poss_resend


def test_text_that_would_forge_fields_is_made_printable() -> None:
    wire = FIX44.write(replace(REPORT, text=f"no{SOH}39=2\n\udcff"))
    assert said(wire, 58) == ("no?39=2??",)


@pytest.mark.parametrize(
    ("kind", "name", "orig", "wanted"),
    [
        ("D", "a1", None, "8"),
        ("D", None, None, "j"),
        ("G", "a2", "a1", "9"),
        ("G", "a2", None, "j"),
        ("F", "a2", "a1", "9"),
        ("F", None, "a1", "j"),
        ("H", "a1", None, "8"),
        ("H", None, None, "j"),
        ("q", "m1", None, "j"),
        ("AE", "x", None, "j"),
    ],
)
def test_a_refusal_is_answered_as_the_message_wants(
    kind: str, name: str | None, orig: str | None, wanted: str
) -> None:
    refusal = replace(
        REFUSAL,
        message_type=kind,
        cl_ord_id=None if name is None else ClOrdId(name),
        orig_cl_ord_id=None if orig is None else ClOrdId(orig),
    )
    for codec in CODECS.values():
        assert codec.write(refusal).msg_type == wanted


def test_a_refused_order_is_a_rejected_one() -> None:
    assert said(FIX44.write(REFUSAL), 150, 39, 11, 103, 58, 151, 14) == (
        *("8", "8", "a1", "99", "Side (54) is missing", "0", "0"),
    )
    assert said(FIX42.write(REFUSAL), 20, 150, 39, 103) == ("0", "8", "8", "0")


def test_the_status_of_an_unknown_order_is_rejected_as_unknown() -> None:
    refusal = replace(REFUSAL, message_type="H")
    assert said(FIX44.write(refusal), 150, 39, 103) == ("I", "8", "5")
    assert said(FIX42.write(refusal), 20, 150, 39, 103) == ("3", "8", "8", "5")


def test_a_business_reject_names_its_message() -> None:
    wire = FIX44.write(replace(REFUSAL, message_type="AE", text="no"))
    assert dict(wire.fields) == {45: "7", 372: "AE", 380: "3", 379: "a1", 58: "no"}
    wire = FIX44.write(replace(REFUSAL, cl_ord_id=None))
    assert said(wire, 380, 379) == ("0", None)


@pytest.mark.parametrize(
    ("reason", "wanted"), [(1, ["1", "1", "1"]), (6, ["2", "6", "6"]), (18, ["2", "99", "18"])]
)
def test_a_refused_cancel_is_a_9(reason: int, wanted: list[str]) -> None:
    refused = CancelRefused(
        session=SESSION,
        order_id=None,
        cl_ord_id=ClOrdId("a2"),
        orig_cl_ord_id=ClOrdId("a1"),
        status="8",
        response_to="1",
        reason=reason,
        text="",
        at=AT,
    )
    wires = [codec.write(refused) for codec in CODECS.values()]
    assert [said(wire, 102) for wire in wires] == [(reason,) for reason in wanted]
    assert said(wires[0], 37, 11, 41, 39, 434, 58) == ("NONE", "a2", "a1", "8", "1", "NONE")


def test_a_mass_cancel_is_answered_in_the_words_of_the_request() -> None:
    answered = MassCancelAnswered(
        session=SESSION,
        cl_ord_id=ClOrdId("m1"),
        order_id=OrderId("G9"),
        request_type="7",
        affected=3,
        at=AT,
    )
    assert said(FIX44.write(answered), 37, 11, 530, 531, 533, 1369) == (
        *("G9", "m1", "7", "7", "3", None),
    )
    assert said(FIX50SP2.write(answered), 1369) == ("G9",)


def test_renamed_tags_go_out_under_the_other_sides_numbers() -> None:
    codec = DeskCodec(SESSION, Dialect(version=Version.FIX44, renames={9058: 58}), LISTINGS)
    wire = codec.write(replace(REPORT, text="hello"))
    assert said(wire, 58, 9058) == (None, "hello")


_tags = st.sampled_from([1, 11, 35, 38, 40, 44, 47, 48, 54, 55, 59, 60, 126, 453, 448, 452, 2593])
_values = st.text(max_size=12) | st.sampled_from(["D", "G", "q", "1", "2", "6", "100"])


@pytest.mark.fuzz
@given(text=st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_text_at_all_can_raise(text: str) -> None:
    for codec in CODECS.values():
        assert isinstance(codec.read(text), Request)
        assert isinstance(codec.read(f"35=D{SOH}{text}"), Request)


@pytest.mark.fuzz
@given(kind=st.sampled_from("DGFqHZ"), fields=st.lists(st.tuples(_tags, _values)))
def test_no_message_can_raise(kind: str, fields: list[tuple[int, str]]) -> None:
    text = fix("|".join([f"35={kind}", *(f"{tag}={value}" for tag, value in fields)]))
    for codec in CODECS.values():
        asked = codec.read(text)
        assert isinstance(asked, Request)
        if isinstance(asked, MessageRefused):
            assert asked.faults
            assert all(fault.isprintable() for fault in asked.faults)


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(
    ("about", "wanted"),
    [
        ("55=MSFT|54=1", ("MSFT", "1")),
        ("55=NOPE|54=9", ("NOPE", "9")),
        ("55=a\x07|54=Z", ("[N/A]", "7")),
        ("200=202603", ("[N/A]", "7")),
    ],
)
@pytest.mark.parametrize("kind", ["D", "H"])
def test_a_refusal_says_the_security_and_the_side_as_the_desk_did(
    version: Version, about: str, wanted: tuple[str, str], kind: str
) -> None:
    asked = CODECS[version].read(fix(f"35={kind}|34=7|11=a1|11=a1|{about}"))
    assert isinstance(asked, MessageRefused)
    refusal = replace(REFUSAL, message_type=kind, symbol=asked.symbol, side=asked.side)
    wire = CODECS[version].write(refusal)
    assert (wire.msg_type, said(wire, 55, 54)) == ("8", wanted)


@pytest.mark.parametrize("version", Version)
def test_a_refused_cancel_says_how_its_order_stands(version: Version) -> None:
    refusal = replace(REFUSAL, message_type="F", orig_cl_ord_id=ClOrdId("a0"))
    known = replace(refusal, order_id=OrderId("G4"), status="1")
    for each, wanted in ((refusal, ("NONE", "8")), (known, ("G4", "1"))):
        wire = CODECS[version].write(each)
        assert (wire.msg_type, *said(wire, 37, 39)) == ("9", *wanted)


def test_a_status_is_no_execution_in_4_2_and_answers_its_request_by_name_later() -> None:
    told = replace(REPORT, type=ExecType.STATUS, request_id="q1")
    assert said(FIX42.write(told), 17, 20, 790) == ("0", "3", None)
    for codec in (FIX44, FIX50SP2):
        assert said(codec.write(told), 17, 790) == ("E9", "q1")
    unknown = replace(REFUSAL, message_type="H", request_id="q1")
    assert said(FIX42.write(unknown), 17, 790) == ("0", None)
    assert said(FIX44.write(unknown), 17, 790) == ("E9", "q1")
    asked = read("35=H|11=a1|790=q1")
    assert isinstance(asked, StatusAsked)
    assert asked.request_id == "q1"


def test_an_order_that_lasts_until_a_time_is_told_with_it() -> None:
    told = replace(REPORT, order=replace(REPORT.order, tif=TimeInForce.GTD, expire_at=AT))
    assert said(FIX44.write(told), 126) == ("20260105-14:30:00.123",)


def test_a_mass_cancel_of_what_nobody_knows_is_refused_in_its_own_kind() -> None:
    answered = MassCancelAnswered(
        session=SESSION,
        cl_ord_id=ClOrdId("m1"),
        order_id=OrderId("G7"),
        request_type="1",
        affected=0,
        reason=1,
        at=AT,
    )
    assert said(FIX44.write(answered), 531, 532, 533) == ("0", "1", "0")
    assert said(FIX44.write(replace(answered, reason=None)), 531, 532, 533) == ("1", None, "0")
