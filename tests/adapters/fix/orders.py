"""What the codec's tests share: a few listings, messages as people write them, any order at all."""

from collections.abc import Sequence

from hypothesis import strategies as st

from adapters.fix.codec import SOH
from adapters.fix.listings import Listings
from adapters.fix.port import Field
from adapters.fix.sessions import Version
from domain.fixed import NANO, Price, Quantity
from domain.ids import (
    AccountId,
    CalendarId,
    ClOrdId,
    InstrumentId,
    Micros,
    SessionId,
    StrategyId,
)
from domain.instrument import AssetClass, Instrument, TickBand
from domain.money import Currency
from domain.order import Capacity, Order, OrdType, Origin, Party, Side, TimeInForce

SESSION = SessionId("desk-a")
AT = Micros(1_767_623_400_123_456)  # 2026-01-05 14:30:00.123456


def listing(symbol: str, mic: str, currency: str = "USD", isin: str | None = None) -> Instrument:
    return Instrument(
        id=InstrumentId(f"{symbol}.{mic}"),
        symbol=symbol,
        mic=mic,
        asset_class=AssetClass.EQUITY,
        currency=Currency(currency),
        ticks=(TickBand(Price(0), Price(NANO // 100)),),
        calendar=CalendarId("NYSE"),
        isin=isin,
    )


LISTINGS = Listings(
    (
        listing("AAPL", "XNAS", isin="US0378331005"),
        listing("AAPL", "XETR", "EUR", isin="US0378331005"),
        listing("MSFT", "XNAS", isin="US5949181045"),
        listing("VOD", "XLON", "GBP", isin="GB00BH4HKS39"),
    ),
    {("5", "VOD.L"): InstrumentId("VOD.XLON")},
)

NEW = (
    "35=D|34=7|49=DESK|56=GATE|52=20260105-14:30:00.000|11=a1|1=ACC|55=MSFT|54=1|38=100|40=2|"
    "44=15.54|59=0|60=20260105-14:30:00.000"
)


def fix(bars: str) -> str:
    """A message as people write it, `|` for SOH, without its envelope."""
    return f"8=FIX.4.4|9=100|{bars}|10=000|".replace("|", SOH)


def text_of(msg_type: str, fields: Sequence[Field], version: Version = Version.FIX44) -> str:
    """A written message as the wire would carry it."""
    head = (
        (8, version.begin_string),
        (9, "1"),
        (35, msg_type),
        (34, "7"),
        (49, "US"),
        (56, "THEM"),
    )
    return "".join(f"{tag}={value}{SOH}" for tag, value in (*head, *fields, (10, "000")))


names = st.text("abcXYZ0189-_. é", min_size=1, max_size=20).filter(lambda text: text.strip())
quantities = st.integers(1, 10**18).map(Quantity)
prices = st.integers(-(10**18), 10**18).map(Price)
instants = st.integers(0, 4 * 10**15).map(Micros)
parties = st.builds(
    Party,
    id=names,
    source=st.sampled_from("DPN"),
    role=st.integers(0, 200),
    qualifier=st.none() | st.integers(0, 30),
)


@st.composite
def orders(draw: st.DrawFn, version: Version) -> Order:
    """Any order the version has words for."""
    kind = draw(st.sampled_from(OrdType))
    tif = draw(st.sampled_from(TimeInForce))
    step = 1 if version is Version.FIX50SP2 else 1000
    origins: dict[Version, list[Origin | None]] = {
        Version.FIX42: [None],
        Version.FIX44: [None, Origin.ALGO],
        Version.FIX50SP2: [None, *Origin],
    }
    capacities: list[Capacity | None] = [None, Capacity.AGENCY, Capacity.PRINCIPAL]
    if version is Version.FIX42:
        client, firm = draw(st.none() | names), draw(st.none() | names)
        sides = [(client, 3), (firm, 1)]
        named = tuple(Party(name, "D", role) for name, role in sides if name is not None)
        extra = draw(st.lists(st.sampled_from([(58, "now"), (6001, "x"), (21, "3")]), unique=True))
    else:
        capacities.append(Capacity.RISKLESS_PRINCIPAL)
        named = tuple(draw(st.lists(parties, max_size=4)))
        extra = draw(st.lists(st.sampled_from([(58, "now"), (6001, "x"), (18, "1")]), unique=True))
        attributes = draw(st.lists(st.sampled_from(["0", "2", "3"]), unique=True))
        extra += [field for kind_ in attributes for field in ((2594, kind_), (2595, "Y"))]
    instant = instants.map(lambda at: Micros(at // step * step))
    return Order(
        session=SESSION,
        cl_ord_id=ClOrdId(draw(names)),
        account=AccountId(draw(names)),
        instrument=draw(st.sampled_from(sorted(LISTINGS.by_id))),
        side=draw(st.sampled_from(Side)),
        type=kind,
        quantity=draw(quantities),
        price=draw(prices) if kind.has_price else None,
        stop_price=draw(prices) if kind.has_stop else None,
        tif=tif,
        expire_at=draw(instant) if tif is TimeInForce.GTD else None,
        strategy=draw(st.none() | names.map(StrategyId)),
        capacity=draw(st.sampled_from(capacities)),
        origin=draw(st.sampled_from(origins[version])),
        parties=named,
        locate_id=draw(st.none() | names),
        transact_at=draw(instant),
        extra=tuple(extra),
    )
