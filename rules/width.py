"""How wide a band around a price is.

The half width at a price *m* is given in one of four ways:

==============  =====================================================
``percent``     a fraction of *m*
``ticks``       a number of the instrument's ticks, as large as they are at *m*
``amount``      an amount of the instrument's currency
``sigmas``      a multiple of the standard deviation of the instrument's daily return,
                as a fraction of *m*
==============  =====================================================

in whole nanos, rounded down: never wider than it says. Sigmas need a figure, which must be no older
than `max_figures_age`.
"""

from typing import Final, Self

from pydantic import model_validator

from domain.fixed import NANO, Price, Ratio, show_fixed
from domain.instrument import Instrument
from rules.fields import PositiveCount, PositiveFraction, PositivePrice, PositiveQuantity
from rules.kind import Parameters

MEASURES: Final = ("percent", "ticks", "amount", "sigmas")


class Width(Parameters):
    """Exactly one of `percent`, `ticks`, `amount` and `sigmas` gives the width."""

    percent: PositiveFraction | None = None
    ticks: PositiveCount | None = None
    amount: PositivePrice | None = None
    sigmas: PositiveQuantity | None = None

    @model_validator(mode="after")
    def _one_width(self) -> Self:
        if sum(getattr(self, name) is not None for name in MEASURES) != 1:
            raise ValueError("wanted exactly one of `percent`, `ticks`, `amount` and `sigmas`")
        return self

    @property
    def measure(self) -> str:
        """Which of the four it is given by."""
        return next(name for name in MEASURES if getattr(self, name) is not None)

    @property
    def height(self) -> int:
        """The number it is given by: of two widths of one measure the higher is the wider."""
        number: int = getattr(self, self.measure)
        return number

    def half(self, instrument: Instrument, middle: Price, sigma: Ratio | None) -> int:
        """Give the half width at a price; `sigma` is there where it is measured in sigmas."""
        if self.percent is not None:
            return abs(middle) * self.percent // NANO
        if self.ticks is not None:
            return self.ticks * instrument.tick_at(middle)
        if self.amount is not None:
            return self.amount
        assert self.sigmas is not None
        assert sigma is not None
        return abs(middle) * self.sigmas * sigma // NANO**2

    def line(self, instrument: Instrument) -> tuple[int, int] | None:
        """Give *a* and *b* where ``half * NANO`` is always ``|middle| * a + b``; else None.

        The percentage is not divided then, which compares alike: prices are whole nanos.
        """
        if self.percent is not None:
            return self.percent, 0
        if self.sigmas is not None or (self.ticks is not None and len(instrument.ticks) > 1):
            return None
        return 0, self.half(instrument, Price(0), None) * NANO

    @property
    def told(self) -> str:
        """The width in words."""
        if self.percent is not None:
            return f"{show_fixed(self.percent * 100)}%"
        if self.ticks is not None:
            return f"{self.ticks} ticks"
        if self.amount is not None:
            return show_fixed(self.amount)
        assert self.sigmas is not None
        return f"{show_fixed(self.sigmas)} sigmas"
