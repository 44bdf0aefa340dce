"""The figures a rule measures by, and the noes of a rule that has none to measure by.

A figure of an instrument (its average daily volume, its volatility) comes with the facts or the
market's events and goes bad in silence. It counts while it is there and its instant is no further
from now than the rule's `max_figures_age`, either way; else the rule denies (fail closed).
"""

from typing import Final, Literal

from domain.finding import OrdRejReason
from domain.fixed import show_fixed
from rules.case import Case
from rules.kind import Reason

NO_FIGURE: Final = Reason(
    "figure_is_missing",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "a figure of the instrument that the rule measures by is not known",
)

STALE_FIGURE: Final = Reason(
    "figure_is_stale",
    OrdRejReason.REFERENCE_PRICE_NOT_AVAILABLE,
    "a figure of the instrument that the rule measures by is older than it allows",
)

FigureName = Literal["adv", "sigma"]

_MEANT: Final = {"adv": "average daily volume", "sigma": "volatility"}


def figure(case: Case, name: FigureName, max_age: int) -> int | None:
    """Give a figure of the case's instrument; None where it is not believed."""
    place = case.place
    found = place.book.figures.get(place.instrument.id)
    if found is None or not -max_age <= case.at - found.at <= max_age:
        return None
    return found.adv if name == "adv" else found.sigma


def disbelief(case: Case, name: FigureName, max_age: int) -> tuple[Reason, str]:
    """Say why a figure is not believed."""
    instrument, meant = case.place.instrument.id, _MEANT[name]
    found = case.place.book.figures.get(instrument)
    if found is None or getattr(found, name) is None:
        return NO_FIGURE, f"no {meant} of `{instrument}` is known"
    age = case.at - found.at
    when = "old" if age > 0 else "ahead of now"
    told = f"{show_fixed(abs(age) * 1000)} s {when}, over {show_fixed(max_age * 1000)} s"
    return STALE_FIGURE, f"the {meant} of `{instrument}` is {told}"
