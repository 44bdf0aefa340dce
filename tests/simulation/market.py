"""What a simulated market says: prices, exchange rates, and how its venues let it be traded."""

import random

from domain.fixed import NANO, Price, Ratio
from domain.ids import InstrumentId, Micros
from domain.market import FxRate, Phase, Quote, TradingStatus
from tests.builders import GBP
from tests.simulation.scene import SECOND


def draw_quote(chance: random.Random, name: InstrumentId, now: int) -> Quote:
    """Draw a price around a hundred, now and then an old one."""
    return Quote(
        instrument=name,
        at=Micros(now - chance.choice([0, 0, 5 * SECOND])),
        last=Price(chance.randint(9_000, 11_000) * NANO // 100),
    )


def draw_rate(chance: random.Random, now: int) -> FxRate:
    """Draw what a pound is worth."""
    rate = Ratio(chance.randint(110, 140) * NANO // 100)
    return FxRate(currency=GBP, rate=rate, at=Micros(now))


def draw_status(chance: random.Random, name: InstrumentId, now: int) -> TradingStatus:
    """Draw a venue's word: mostly open, with a wide band, a narrow one or half of one."""
    low, high = chance.choice([*[(80, 120)] * 5, (97, 120), (80, 103), (None, 120)])
    phases = [Phase.CONTINUOUS, Phase.HALTED, Phase.POST_CLOSE]
    return TradingStatus(
        instrument=name,
        at=Micros(now),
        phase=chance.choices(phases, [8, 2, 1])[0],
        band_low=None if low is None else Price(low * NANO),
        band_high=Price(high * NANO),
    )
