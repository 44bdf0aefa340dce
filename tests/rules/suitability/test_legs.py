"""Legs against an oracle that tries every way to give covers to shorts, one contract at a time."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from domain.fixed import NANO, Price, Quantity
from domain.ids import CalendarId, InstrumentId, Micros
from domain.instrument import AssetClass, Instrument, Right, TickBand
from domain.money import Currency
from rules.suitability.legs import Leg, Strategy, strategies

HUNDRED = Quantity(100 * NANO)
DAYS = range(1, 5)


def listing(name: str, *, right: Right | None = None, expires: int = 0) -> Instrument:
    return Instrument(
        id=InstrumentId(name),
        symbol=name,
        mic="XNYS",
        asset_class=AssetClass.EQUITY if right is None else AssetClass.OPTION,
        currency=Currency("USD"),
        ticks=(TickBand(Price(0), Price(1)),),
        multiplier=Quantity(NANO) if right is None else HUNDRED,
        calendar=CalendarId("always"),
        underlying=None if right is None else InstrumentId("ACME"),
        right=right,
        expires=None if right is None else Micros(expires),
    )


def leg(instrument: Instrument, contracts: int) -> Leg:
    return Leg(instrument, contracts * NANO, contracts * NANO)


def fewest_uncovered(shorts: tuple[int, ...], longs: tuple[int, ...], lots: int) -> int:
    """Try everything: each short takes a lot of shares, a long that lives as long, or nothing."""

    @cache
    def left(number: int, longs: tuple[int, ...], lots: int) -> int:
        if number == len(shorts):
            return 0
        ways = [1 + left(number + 1, longs, lots)]
        if lots:
            ways.append(left(number + 1, longs, lots - 1))
        for place, expires in enumerate(longs):
            if expires >= shorts[number]:
                rest = longs[:place] + longs[place + 1 :]
                ways.append(left(number + 1, rest, lots))
        return min(ways)

    return left(0, longs, lots)


POSITIONS = st.dictionaries(st.sampled_from(DAYS), st.integers(-3, 3), max_size=4)


@given(held=POSITIONS, shares=st.integers(-100, 399), right=st.sampled_from(Right))
def test_no_cover_is_wasted(held: dict[int, int], shares: int, right: Right) -> None:
    legs = [leg(listing("ACME"), shares)] + [
        leg(listing(f"O{expires}", right=right, expires=expires), contracts)
        for expires, contracts in held.items()
    ]
    found = strategies(legs)
    shorts = tuple(day for day, count in held.items() for _ in range(-count))
    longs = tuple(sorted(day for day, count in held.items() for _ in range(count)))
    lots = max(0, shares) // 100 if right is Right.CALL else 0
    assert found[Strategy.UNCOVERED] == fewest_uncovered(shorts, longs, lots) * NANO
    assert found[Strategy.COVERED_CALL] == min(lots, len(shorts)) * NANO
    written = Strategy.UNCOVERED, Strategy.COVERED_CALL, Strategy.SPREAD
    assert sum(found[each] for each in written) == len(shorts) * NANO
    bought = Strategy.LONG_OPTION, Strategy.PROTECTIVE_PUT
    assert sum(found[each] for each in bought) == len(longs) * NANO


@given(held=POSITIONS, shares=st.integers(0, 399))
def test_the_order_of_the_legs_does_not_matter(held: dict[int, int], shares: int) -> None:
    legs = [leg(listing("ACME"), shares)] + [
        leg(listing(f"O{expires}", right=Right.CALL, expires=expires), contracts)
        for expires, contracts in held.items()
    ]
    assert strategies(legs) == strategies(legs[::-1])


def test_shares_cover_calls_of_one_multiplier_after_another() -> None:
    small = listing("S", right=Right.CALL, expires=1)
    large = Instrument(
        **{name: getattr(small, name) for name in Instrument.__slots__}
        | {"id": InstrumentId("L"), "multiplier": Quantity(150 * NANO)}
    )
    found = strategies([leg(listing("ACME"), 249), leg(small, -1), leg(large, -1)])
    assert found[Strategy.COVERED_CALL] == NANO
    assert found[Strategy.UNCOVERED] == NANO
