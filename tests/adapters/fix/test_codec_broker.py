"""The asking side: what the gate sends to brokers, and that nothing they report is lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fix.codec import SOH, Wire
from adapters.fix.codec_broker import Answer, BrokerCodec
from adapters.fix.codec_desk import DeskCodec
from adapters.fix.dialect import Dialect
from adapters.fix.sessions import Version
from domain.events import (
    CancelRejected,
    ExecutionReported,
    MessageRejected,
    OrderAsked,
    ReportUnreadable,
)
from domain.fixed import NANO, Price, Quantity
from domain.ids import BrokerOrderId, ClOrdId, ExecId, OrderId, RouteId, SessionId
from domain.lifecycle import ExecType
from domain.messages import (
    Report,
    SendCancel,
    SendDontKnow,
    SendOrder,
    SendReplace,
    SendStatusRequest,
)
from domain.order import Order
from tests.adapters.fix.orders import AT, LISTINGS, NEW, SESSION, fix, orders, text_of

ROUTE = RouteId("broker-x")
KNOWN = {7: OrderId("G4")}
CODECS = {v: BrokerCodec(ROUTE, Dialect(version=v), LISTINGS, KNOWN.get) for v in Version}
FIX42, FIX44, FIX50SP2 = CODECS.values()
DESKS = {v: DeskCodec(SessionId("x"), Dialect(version=v), LISTINGS) for v in Version}

FILL = "35=8|34=3|37=B1|17=X1|150=F|39=1|11=G4|55=MSFT|54=1|32=60|31=15.54|151=40|14=60|6=15.54"
FILLED = ExecutionReported(
    route=ROUTE,
    order_id=OrderId("G4"),
    broker_order_id=BrokerOrderId("B1"),
    exec_id=ExecId("X1"),
    type=ExecType.TRADE,
    status="1",
    last_quantity=Quantity(60 * NANO),
    last_price=Price(15_540_000_000),
    filled=Quantity(60 * NANO),
    leaves=Quantity(40 * NANO),
    symbol="MSFT",
    side="1",
)


def an_order() -> Order:
    asked = DESKS[Version.FIX44].read(fix(NEW))
    assert isinstance(asked, OrderAsked)
    return asked.order


def read(bars: str, codec: BrokerCodec = FIX44) -> Answer:
    return codec.read(fix(bars))


def said(wire: Wire, *tags: int) -> tuple[str | None, ...]:
    fields = dict(wire.fields)
    return tuple(fields.get(tag) for tag in tags)


def test_a_fill_is_read() -> None:
    assert read(FILL) == FILLED
    assert FIX44.read(fix(FILL), poss_dup=True) == replace(FILLED, poss_dup=True)


@pytest.mark.parametrize(
    ("transaction", "kind", "status", "wanted", "shown"),
    [
        ("0", "0", "0", ExecType.NEW, "0"),
        ("0", "1", "1", ExecType.TRADE, "1"),
        ("0", "2", "2", ExecType.TRADE, "2"),
        ("0", "F", "1", ExecType.TRADE, "1"),
        ("1", "1", "1", ExecType.TRADE_CANCEL, "1"),
        ("1", "0", "0", ExecType.TRADE_CANCEL, "0"),
        ("2", "2", "2", ExecType.TRADE_CORRECT, "2"),
        ("3", "1", "1", ExecType.STATUS, "1"),
        ("0", "5", "5", ExecType.REPLACED, "1"),
        ("0", "D", "0", ExecType.RESTATED, "0"),
    ],
)
def test_4_2_reports_become_those_of_4_4(
    transaction: str, kind: str, status: str, wanted: ExecType, shown: str
) -> None:
    bars = FILL.replace("150=F|39=1", f"20={transaction}|150={kind}|39={status}|19=X0")
    answer = read(bars, FIX42)
    assert isinstance(answer, ExecutionReported)
    assert (answer.type, answer.status) == (wanted, shown)


def test_a_replaced_order_without_fills_is_new_again() -> None:
    answer = read("35=8|37=B1|17=X1|20=0|150=5|39=5|11=G5|41=G4|151=100|14=0|38=100|44=16", FIX42)
    assert answer == ExecutionReported(
        route=ROUTE,
        order_id=OrderId("G5"),
        orig_order_id=OrderId("G4"),
        broker_order_id=BrokerOrderId("B1"),
        exec_id=ExecId("X1"),
        type=ExecType.REPLACED,
        status="0",
        filled=Quantity(0),
        leaves=Quantity(100 * NANO),
        quantity=Quantity(100 * NANO),
        price=Price(16 * NANO),
    )


@pytest.mark.parametrize(
    ("bars", "leaves"),
    [
        ("39=4|14=0", 0),
        ("39=C|14=40|38=100", 0),
        ("39=8|14=0|38=100", 0),
        ("39=2|14=100|38=100", 0),
        ("39=1|14=40|38=100", 60),
        ("39=E|14=40|38=100", 60),
    ],
)
def test_what_is_left_follows_from_the_status_and_the_sums(bars: str, leaves: int) -> None:
    answer = read(f"35=8|37=B1|17=X1|150=0|11=G4|{bars}")
    assert isinstance(answer, ExecutionReported)
    assert answer.leaves == leaves * NANO


@pytest.mark.parametrize("bars", ["39=1|14=40", "39=3|14=40|38=100", "39=1|14=40|38=100|151="])
def test_what_is_left_is_never_guessed(bars: str) -> None:
    answer = read(f"35=8|37=B1|17=X1|150=0|11=G4|{bars}")
    assert isinstance(answer, ReportUnreadable)
    assert answer.faults == ("LeavesQty (151) is missing",)


def test_a_cancel_reject_is_read() -> None:
    assert read("35=9|37=NONE|11=G5|41=G4|39=2|434=1|102=0|58=too late") == CancelRejected(
        route=ROUTE,
        order_id=OrderId("G5"),
        orig_order_id=OrderId("G4"),
        status="2",
        reason=0,
        text="too late",
    )


@pytest.mark.parametrize(
    "bars",
    ["35=3|45=7|372=D|373=5|58=no", "35=j|45=99|372=D|379=G4|58=no", "35=j|372=D|379=G4|58=no"],
)
def test_a_rejected_message_is_found_by_its_number_or_its_name(bars: str) -> None:
    assert read(bars) == MessageRejected(
        route=ROUTE, order_id=OrderId("G4"), message_type="D", text="no"
    )


@pytest.mark.parametrize(
    ("bars", "fault"),
    [
        (FILL.replace("11=G4|", ""), "ClOrdID (11) is missing"),
        (FILL.replace("17=X1|", ""), "ExecID (17) is missing"),
        (FILL.replace("|151=40", ""), "LeavesQty (151) is missing"),
        (FILL.replace("|14=60", ""), "CumQty (14) is missing"),
        (FILL.replace("|32=60", ""), "LastQty (32) is missing"),
        (FILL.replace("|31=15.54", ""), "LastPx (31) is missing"),
        (FILL.replace("32=60", "32=0"), "LastQty (32) is `0`, and a trade has more than 0"),
        (
            FILL.replace("14=60", "14=sixty"),
            "CumQty (14) is `sixty`, wanted a plain decimal (15 digits, 9 after the point)",
        ),
        (
            FILL.replace("150=F", "150=B"),
            f"ExecType (150) is `B`, wanted one of {', '.join(ExecType)}, 1, 2",
        ),
        (FILL.replace("39=1", "39=10"), "OrdStatus (39) is `10`, wanted one character"),
        (FILL.replace("150=F", "150=G"), "tag `19` is missing"),
        (
            FILL.replace("150=F", "20=9|150=0"),
            "ExecTransType (20) is `9`, wanted one of 0, 1, 2, 3",
        ),
        ("35=9|11=G5|39=2", "OrigClOrdID (41) is missing"),
        ("35=j|45=99|372=D", "which message is refused is said by neither 45 nor 379"),
        ("35=B|148=news", "message type `B` is not expected of a broker"),
    ],
)
def test_a_report_that_cannot_be_read_is_kept(bars: str, fault: str) -> None:
    text = fix(bars)
    kind = bars.partition("|")[0][3:]
    assert FIX44.read(text) == ReportUnreadable(
        route=ROUTE, message_type=kind, text=text, faults=(fault,)
    )


def test_what_only_explains_never_makes_a_report_unreadable() -> None:
    answer = read(FILL + "|103=because|58=caf\udce9\n|37=NONE")
    assert isinstance(answer, ExecutionReported)
    assert (answer.reason, answer.text, answer.broker_order_id) == (None, "caf\\xe9\n", None)


@pytest.mark.fuzz
@given(text=st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_text_at_all_can_raise_or_be_lost(text: str) -> None:
    for start in ("", f"35=8{SOH}", f"35=9{SOH}", f"35=j{SOH}"):
        answer = FIX44.read(start + text)
        if isinstance(answer, ReportUnreadable):
            assert answer.faults
            answer.text.encode()


@pytest.mark.parametrize("version", list(Version))
@given(
    kind=st.sampled_from([k for k in ExecType if k is not ExecType.STATUS]),
    filled=st.integers(0, 10**15),
    leaves=st.integers(0, 10**15),
    last=st.integers(1, 10**15),
)
def test_a_report_written_and_read_says_the_same(
    version: Version, kind: ExecType, filled: int, leaves: int, last: int
) -> None:
    report = Report(
        session=SESSION,
        order_id=OrderId("B1"),
        exec_id=ExecId("X1"),
        type=kind,
        status="1" if filled else "0",
        cl_ord_id=ClOrdId("G4"),
        orig_cl_ord_id=ClOrdId("G3"),
        order=an_order(),
        filled=Quantity(filled),
        leaves=Quantity(leaves),
        last_quantity=Quantity(last),
        last_price=Price(-last),
        exec_ref_id=ExecId("X0"),
        reason=3,
        text="so",
        at=AT,
    )
    wire = DESKS[version].write(report)
    assert CODECS[version].read(text_of(wire.msg_type, wire.fields, version)) == ExecutionReported(
        route=ROUTE,
        order_id=OrderId("G4"),
        orig_order_id=OrderId("G3"),
        broker_order_id=BrokerOrderId("B1"),
        exec_id=ExecId("X1"),
        exec_ref_id=ExecId("X0"),
        type=kind,
        status=report.status,
        last_quantity=Quantity(last),
        last_price=Price(-last),
        filled=Quantity(filled),
        leaves=Quantity(leaves),
        quantity=report.order.quantity,
        price=report.order.price,
        reason=3,
        text="so",
        symbol="MSFT",
        side="1",
    )


def test_requests_name_the_order_as_the_broker_knows_it() -> None:
    order = an_order()
    cancel = SendCancel(
        route=ROUTE,
        order_id=OrderId("G5"),
        target=OrderId("G4"),
        broker_order_id=BrokerOrderId("B1"),
        order=order,
        at=AT,
        again=True,
    )
    wire = FIX44.write(cancel)
    assert (wire.msg_type, wire.poss_resend) == ("F", True)
    assert said(wire, 11, 41, 37, 55, 54, 38) == ("G5", "G4", "B1", "MSFT", "1", "100")
    question = SendStatusRequest(
        route=ROUTE, order_id=OrderId("G4"), broker_order_id=None, order=order
    )
    wire = FIX44.write(question)
    assert (wire.msg_type, *said(wire, 11, 37, 55, 54)) == ("H", "G4", None, "MSFT", "1")
    change = SendReplace(
        route=ROUTE,
        order_id=OrderId("G6"),
        target=OrderId("G4"),
        broker_order_id=None,
        order=order,
        at=AT,
    )
    assert said(FIX44.write(change), 11, 41, 44, 1) == ("G6", "G4", "15.54", "ACC")


def test_an_unknown_trade_is_not_known() -> None:
    wire = FIX44.write(SendDontKnow(route=ROUTE, execution=FILLED))
    assert (wire.msg_type, *said(wire, 37, 17, 127, 32, 31)) == (
        *("Q", "B1", "X1", "D", "60", "15.54"),
    )


@pytest.mark.parametrize("version", Version)
def test_an_unknown_execution_is_named_as_the_broker_named_it(version: Version) -> None:
    unnamed = replace(FILLED, symbol=None, side=None)
    wires = [
        CODECS[version].write(SendDontKnow(route=ROUTE, execution=execution))
        for execution in (FILLED, unnamed)
    ]
    assert [said(wire, 55, 54) for wire in wires] == [("MSFT", "1"), ("[N/A]", "7")]


@given(order=orders(Version.FIX50SP2))
def test_4_2_is_sent_only_what_4_2_has_words_for(order: Order) -> None:
    send = SendOrder(route=ROUTE, order_id=OrderId("G4"), order=order, at=AT)
    wire = FIX42.write(send)
    assert all(tag <= 446 or tag == 5700 for tag, _ in wire.fields)
    assert said(wire, 21) == ("1",)
