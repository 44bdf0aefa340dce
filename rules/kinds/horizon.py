"""Whether a client wants its money back before a product is meant to give it.

Asked by MiFID II articles 16(3) and 24(2) of every target market, and by Delegated Regulation
(EU) 2017/565 article 54(4)(a), the length of time for which the client wishes to hold. Both in
years,

    passes when    recommended holding period <= the client's horizon

A product without a recommended holding period, or a profile without a horizon, denies.
"""

from collections.abc import Iterator

from domain.finding import OrdRejReason
from domain.fixed import show_fixed
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown, warning
from rules.suitability.applicable import EVERY, Duties, Duty, NoDuties
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Warned

TOO_LONG = Reason(
    "holding_period_exceeds_horizon",
    OrdRejReason.OTHER,
    "the product is recommended to be held longer than the client wants to",
)

NO_PERIOD = Reason(
    "holding_period_is_unknown",
    OrdRejReason.OTHER,
    "the product has no recommended holding period",
)

NO_HORIZON = Reason(
    "horizon_is_unknown",
    OrdRejReason.OTHER,
    "the client's profile states no horizon",
)


class Term(Warned):
    """A failure warns, whatever the duty, unless `warns_for` leaves duties out."""

    applies_to: Duties = frozenset({Duty.SUITABILITY})
    warns_for: NoDuties = EVERY


class Horizon(Protection[Term]):
    """The product is not meant to be held longer than the client wants to."""

    name = "horizon"
    parameters = Term
    reasons = (NO_CLIENT, NO_PRODUCT, *warning(TOO_LONG), NO_PERIOD, NO_HORIZON, PASSED)
    citations = ("MiFID II Art 24(2)", "2017/565 Art 54(4)(a)")

    def lasts(self, _parameters: Term) -> bool:
        """Nothing but the facts is asked."""
        return True

    def ask(self, _parameters: Term, asked: Asked) -> Iterator[Answer]:
        """Compare two spans of years."""
        holding, horizon = asked.product.holding, asked.client.horizon
        if holding is None:
            yield unknown(NO_PERIOD, "the product has no recommended holding period")
        elif horizon is None:
            yield unknown(NO_HORIZON, "the client's profile states no horizon")
        else:
            figures = show_fixed(holding), show_fixed(horizon), "years"
            text = f"recommended holding period {figures[0]} years and horizon {figures[1]} years"
            yield passed(text, *figures) if holding <= horizon else failed(TOO_LONG, text, *figures)
