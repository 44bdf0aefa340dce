"""Whether a product is riskier than its client wants to bear.

Asked by Delegated Regulation (EU) 2017/565 article 54(2)(a), by FINRA rule 2111 of what suits the
customer, and by the care obligation of Reg BI. The product's summary risk indicator is 1 to 7
(`domain.risk_indicator`), and so is the tolerance the client's profile states:

    passes when    indicator <= tolerance

Without a test (execution only, non-complex) a client may buy what the client likes, so only
``applies_to: [suitability, appropriateness, none]`` asks there too. A product without an
indicator, or a profile without a tolerance, denies.
"""

from collections.abc import Iterator

from domain.finding import OrdRejReason
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown, warning
from rules.suitability.applicable import Duties, Duty
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Warned

EXCEEDED = Reason(
    "risk_indicator_exceeds_tolerance",
    OrdRejReason.OTHER,
    "the product's summary risk indicator is above the client's risk tolerance",
)

NO_INDICATOR = Reason(
    "risk_indicator_is_unknown",
    OrdRejReason.OTHER,
    "the product has no summary risk indicator to hold against the client's tolerance",
)

NO_TOLERANCE = Reason(
    "risk_tolerance_is_unknown",
    OrdRejReason.OTHER,
    "the client's profile states no risk tolerance",
)


class Tolerance(Warned):
    """`applies_to` leaves out what the client may do without a test."""

    applies_to: Duties = frozenset({Duty.SUITABILITY, Duty.APPROPRIATENESS})


class RiskTolerance(Protection[Tolerance]):
    """The product is no riskier than the client wants to bear."""

    name = "risk_tolerance"
    parameters = Tolerance
    reasons = (NO_CLIENT, NO_PRODUCT, *warning(EXCEEDED), NO_INDICATOR, NO_TOLERANCE, PASSED)
    citations = ("2017/565 Art 54(2)(a)", "FINRA 2111", "Reg BI")

    def lasts(self, _parameters: Tolerance) -> bool:
        """Nothing but the facts is asked."""
        return True

    def ask(self, _parameters: Tolerance, asked: Asked) -> Iterator[Answer]:
        """Compare two numbers from 1 to 7."""
        indicator, tolerance = asked.product.sri, asked.client.risk_tolerance
        if indicator is None:
            yield unknown(NO_INDICATOR, "the product has no summary risk indicator")
        elif tolerance is None:
            yield unknown(NO_TOLERANCE, "the client's profile states no risk tolerance")
        else:
            text = f"risk indicator {indicator} and risk tolerance {tolerance}"
            figures = str(indicator), str(tolerance), "SRI"
            if indicator <= tolerance:
                yield passed(text, *figures)
            else:
                yield failed(EXCEEDED, text, *figures)
