"""Orders between FIX and the domain: what comes in, what goes out, and that nothing is lost."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.fix.codec import Reading, parse_instant, show_instant
from adapters.fix.codec_broker import BrokerCodec
from adapters.fix.codec_desk import DeskCodec
from adapters.fix.dialect import Dialect
from adapters.fix.sessions import Version
from domain.events import MessageRefused, OrderAsked, ReplaceAsked
from domain.fixed import NANO, Price, Quantity
from domain.ids import AccountId, ClOrdId, InstrumentId, Micros, OrderId, RouteId
from domain.messages import SendOrder, SendReplace
from domain.order import Capacity, Order, OrdType, Origin, Party, Side, TimeInForce
from tests.adapters.fix.orders import AT, LISTINGS, NEW, SESSION, fix, orders, text_of

VERSIONS = list(Version)


def dialect(version: Version = Version.FIX44, **changes: object) -> Dialect:
    strategy_tag = 5847 if version is Version.FIX42 else 847
    usual = Dialect(version=version, passes=frozenset({6001}), strategy_tag=strategy_tag)
    return replace(usual, **changes)  # type: ignore[arg-type]


def desk(version: Version = Version.FIX44, **changes: object) -> DeskCodec:
    return DeskCodec(SESSION, dialect(version, **changes), LISTINGS)


def read(bars: str, **changes: object) -> Order:
    asked = desk(**changes).read(fix(bars))  # type: ignore[arg-type]
    assert isinstance(asked, OrderAsked), asked
    return asked.order


def faults(bars: str, **changes: object) -> tuple[str, ...]:
    refused = desk(**changes).read(fix(bars))  # type: ignore[arg-type]
    assert isinstance(refused, MessageRefused), refused
    return refused.faults


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
def test_an_order_written_and_read_is_the_same_order(version: Version, data: st.DataObject) -> None:
    order = data.draw(orders(version))
    assert order.transact_at is not None
    name = OrderId(order.cl_ord_id)
    codec = BrokerCodec(RouteId("gate"), dialect(version), LISTINGS)
    send = SendOrder(route=RouteId("gate"), order_id=name, order=order, at=order.transact_at)
    wire = codec.write(send)
    assert desk(version).read(text_of(wire.msg_type, wire.fields, version)) == OrderAsked(
        order=order
    )


@given(order=orders(Version.FIX44))
def test_a_replace_written_and_read_is_the_same_replace(order: Order) -> None:
    assert order.transact_at is not None
    codec = BrokerCodec(RouteId("gate"), dialect(), LISTINGS)
    send = SendReplace(
        route=RouteId("gate"),
        order_id=OrderId(order.cl_ord_id),
        target=OrderId("first"),
        broker_order_id=None,
        order=order,
        at=order.transact_at,
    )
    wire = codec.write(send)
    asked = desk().read(text_of(wire.msg_type, wire.fields))
    assert asked == ReplaceAsked(orig_cl_ord_id=ClOrdId("first"), order=order)


def test_a_plain_limit_order_is_read() -> None:
    assert read(NEW) == Order(
        session=SESSION,
        cl_ord_id=ClOrdId("a1"),
        account=AccountId("ACC"),
        instrument=InstrumentId("MSFT.XNAS"),
        side=Side.BUY,
        type=OrdType.LIMIT,
        quantity=Quantity(100 * NANO),
        price=Price(15_540_000_000),
        tif=TimeInForce.DAY,
        transact_at=Micros(AT // 10**6 * 10**6),
    )


def test_mifid_parties_and_flags_are_read_in_4_4() -> None:
    order = read(
        f"{NEW}|528=P|529=B|1031=Y|1724=5|453=3|448=CLIENT|447=D|452=3|448=ALGO7|447=D|452=12|2376=22"
        "|448=JANE|447=P|452=122|2376=24|2593=2|2594=4|2595=Y|2594=2|2595=Y"
    )
    assert order.parties == (
        Party("CLIENT", "D", 3),
        Party("ALGO7", "D", 12, 22),
        Party("JANE", "P", 122, 24),
    )
    assert (order.capacity, order.origin) == (Capacity.PRINCIPAL, Origin.ALGO)
    assert order.extra == ((529, "B"), (1031, "Y"), (1724, "5"), (2594, "2"), (2595, "Y"))


def test_4_2_says_client_firm_and_capacity_by_tags_of_its_own() -> None:
    order = read(f"{NEW}|21=1|47=A|109=CLIENT|76=FIRM", version=Version.FIX42)
    assert order.parties == (Party("CLIENT", "D", 3), Party("FIRM", "D", 1))
    assert order.capacity is Capacity.AGENCY


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("55=MSFT", "MSFT.XNAS"),
        ("55=VOD|207=XLON", "VOD.XLON"),
        ("55=AAPL|207=XETR", "AAPL.XETR"),
        ("55=AAPL|100=XETR", "AAPL.XETR"),
        ("55=AAPL|207=DE", "AAPL.XETR"),
        ("55=AAPL.XETR", "AAPL.XETR"),
        ("55=[N/A]|48=GB00BH4HKS39|22=4", "VOD.XLON"),
        ("48=US0378331005|22=4|207=XETR", "AAPL.XETR"),
        ("48=VOD.L|22=5", "VOD.XLON"),
        ("55=VOD|48=GB00BH4HKS39|22=4|15=GBP", "VOD.XLON"),
        ("55=MSFT|48=unheard|22=8", "MSFT.XNAS"),
        ("55=TSLA", "TSLA"),
        ("55=VOD|207=XPAR", "VOD@XPAR"),
        ("55=AAPL.XETR|207=XLON", "AAPL.XETR@XLON"),
        ("48=XS0|22=4", "XS0"),
    ],
)
def test_an_instrument_is_found_by_what_names_it(said: str, wanted: str) -> None:
    order = read(NEW.replace("55=MSFT", said), exchanges={"DE": "XETR"})
    assert order.instrument == InstrumentId(wanted)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("55=AAPL", "Symbol (55) is listed on several venues: say on which (207)"),
        ("55=[N/A]", "Symbol (55) is missing"),
        (
            "55=MSFT|48=GB00BH4HKS39|22=4",
            "SecurityID (48) and Symbol (55) `MSFT` name different instruments",
        ),
        ("55=VOD|15=GBX", "Currency (15) is `GBX`, and prices are in GBP"),
    ],
)
def test_an_unclear_instrument_is_a_fault(said: str, fault: str) -> None:
    assert faults(NEW.replace("55=MSFT", said)) == (fault,)


def test_a_desk_may_choose_the_broker_by_destination() -> None:
    order = read(f"{NEW}|100=BRK", routes={"BRK": RouteId("broker-x")})
    assert (order.route, order.instrument) == ("broker-x", "MSFT.XNAS")


def test_tags_may_be_renamed_by_agreement() -> None:
    order = read(f"{NEW}|6847=vwap", renames={6847: 847})
    assert order.strategy == "vwap"


def test_the_sender_becomes_a_party_where_that_is_agreed() -> None:
    said = NEW.replace("49=DESK", "49=DESK|50=jane")
    assert read(said).parties == ()
    assert read(said, sender_role=36).parties == (Party("jane", "D", 36),)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (("11=a1|", ""), "ClOrdID (11) is missing"),
        (("11=a1", "11=" + "x" * 129), "ClOrdID (11) is longer than 128 characters"),
        (("1=ACC|", ""), "Account (1) is missing"),
        (("54=1", "54=Z"), "Side (54) is `Z`, wanted one of 1, 2, 5, 6"),
        (("54=1|", ""), "Side (54) is missing"),
        (("38=100", "38=0"), "OrderQty (38) is `0`, wanted more than 0"),
        (("38=100", "38=-5"), "OrderQty (38) is `-5`, wanted more than 0"),
        (
            ("38=100", "38=1e3"),
            "OrderQty (38) is `1e3`, wanted a plain decimal (15 digits, 9 after the point)",
        ),
        (
            ("44=15.54", "44=1.0123456789"),
            "Price (44) is `1.0123456789`, wanted a plain decimal (15 digits, 9 after the point)",
        ),
        (("44=15.54|", ""), "Price (44) is missing"),
        (("40=2", "40=1"), "Price (44) does not belong to OrdType (40) `1`"),
        (("40=2", "40=4"), "StopPx (99) is missing"),
        (("40=2", "40=P"), "OrdType (40) is `P`, wanted one of 1, 2, 3, 4"),
        (("59=0", "59=7"), "TimeInForce (59) is `7`, wanted one of 0, 1, 3, 4, 6"),
        (("59=0", "59=6"), "ExpireTime (126) is missing"),
        (
            ("59=0", "59=0|126=20260105-21:00:00"),
            "ExpireTime (126) does not belong to TimeInForce (59) `0`",
        ),
        (
            ("60=20260105-14:30:00.000", "60=20260230-14:30"),
            "TransactTime (60) is `20260230-14:30`, wanted an instant, 20260105-14:30:00.000",
        ),
        (("59=0", "59=0|528=X"), "OrderCapacity (528) is `X`, wanted one of A, P, R"),
        (
            ("59=0", "59=0|200=202603"),
            "tag `200` is neither understood nor agreed upon with this session",
        ),
        (("59=0", "59=0|38=900"), "OrderQty (38) is given more than once"),
        (("59=0", "59=0|58="), "tag `58` has no value"),
        (("11=a1", "11=a\x02"), "ClOrdID (11) holds characters that cannot be printed"),
        (("11=a1", "11=a\udcff"), "ClOrdID (11) holds characters that cannot be printed"),
        (
            ("59=0", "59=0|453=2|448=X|447=D|452=3"),
            "NoPartyIDs (453) is `2`, and 1 entries follow",
        ),
        (("59=0", "59=0|448=X|447=D|452=3"), "NoPartyIDs (453) is ``, and 1 entries follow"),
        (("59=0", "59=0|453=1|448=X|452=3"), "PartyIDSource (447) is missing in a party"),
        (
            ("59=0", "59=0|453=1|448=X|447=D|452=three"),
            "PartyRole (452) is `three`, wanted a whole number",
        ),
        (("59=0", "59=0|1028=?"), "ManualOrderIndicator (1028) is `?`, wanted one of Y, N"),
    ],
)
def test_a_fault_is_named(change: tuple[str, str], wanted: str) -> None:
    assert faults(NEW.replace(*change)) == (wanted,)


def test_all_faults_are_told_at_once() -> None:
    assert len(faults("35=D|34=7|11=a1|38=-1|40=9|59=9|60=now|9999=x")) == 8


def test_a_custom_tag_passes_only_where_both_sides_agreed() -> None:
    asked = f"{NEW}|6001=gold"
    order = read(asked)
    assert order.extra == ((6001, "gold"),)
    send = SendOrder(route=RouteId("b"), order_id=OrderId("G1"), order=order, at=AT)
    for passes in (frozenset({6001}), frozenset[int]()):
        codec = BrokerCodec(RouteId("b"), Dialect(version=Version.FIX44, passes=passes), LISTINGS)
        assert ((6001, "gold") in codec.write(send).fields) is bool(passes)
    assert faults(asked, passes=frozenset()) == (
        "tag `6001` is neither understood nor agreed upon with this session",
    )
    assert read(asked, passes=frozenset(), drops=frozenset({6001})).extra == ()


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("20260105-14:30:00", 1_767_623_400_000_000),
        ("20260105-14:30:00.123", 1_767_623_400_123_000),
        ("20260105-14:30:00.123456789012", 1_767_623_400_123_456),
        ("20161231-23:59:60", 1_483_228_800_000_000),
        ("20260105-14:30", None),
        ("20260105-24:30:00", None),
        ("20260105-14:30:61", None),
        ("20260105-14:30:00.", None),
        ("20260105-14:30:00.1234567890123", None),
        ("20260105-14:30:00Z", None),
        ("٢0260105-14:30:00", None),
        ("19690105-14:30:00", None),
        ("", None),
    ],
)
def test_an_instant_is_read_or_refused(text: str, micros: int | None) -> None:
    assert parse_instant(text) == micros


@given(at=st.integers(0, 4 * 10**15).map(Micros))
def test_an_instant_written_and_read_is_the_same(at: Micros) -> None:
    assert parse_instant(show_instant(at, Version.FIX50SP2)) == at
    assert parse_instant(show_instant(at, Version.FIX44)) == at // 1000 * 1000


def test_a_field_without_equals_is_a_fault_and_no_crash() -> None:
    reading = Reading("35=D\x0155\x01")
    assert reading.values == {"35": "D"}
    assert reading.faults == ["a field without `=`"]
