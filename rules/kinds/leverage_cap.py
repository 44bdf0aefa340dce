"""How much leverage a retail client may be sold, by class of product.

Asked by ESMA's product intervention of 2018 (Decision (EU) 2018/796) on contracts for difference
and by the national measures that replaced it, from 30:1 for major currency pairs to 2:1 for
cryptocurrencies. Leverage is how many times the money put in is at stake, from the product's facts;
the caps are the policy's, for the product's `family`:

    passes when    leverage <= the cap of the family

A family without a cap is not asked. A product of a capped family whose leverage is not known
denies.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from domain.client import ClientClass
from domain.finding import OrdRejReason
from domain.fixed import show_fixed
from rules.fields import PositiveQuantity
from rules.frame import Word
from rules.kind import Parameters, Reason
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Tested

EXCEEDED = Reason(
    "leverage_exceeds_cap",
    OrdRejReason.EXCEEDS_LIMIT,
    "the product's leverage is above what clients of this class may be sold",
)

NO_LEVERAGE = Reason(
    "leverage_is_unknown",
    OrdRejReason.OTHER,
    "a cap is set for the product's family, and its leverage is not known",
)


class Cap(Parameters):
    """The most leverage of one family of products; ``30`` is 30:1."""

    family: Word
    limit: PositiveQuantity


class Caps(Tested):
    """`caps` by family; `clients` are the classes of client they protect."""

    caps: Annotated[tuple[Cap, ...], Field(min_length=1)]
    clients: Annotated[
        tuple[Annotated[ClientClass, Field(strict=False)], ...], Field(min_length=1)
    ] = (ClientClass.RETAIL,)


class LeverageCap(Protection[Caps]):
    """The product's leverage is within the cap of its family."""

    name = "leverage_cap"
    parameters = Caps
    reasons = (NO_CLIENT, NO_PRODUCT, EXCEEDED, NO_LEVERAGE, PASSED)
    citations = ("ESMA 2018/796",)

    def lasts(self, _parameters: Caps) -> bool:
        """Nothing but the facts is asked."""
        return True

    def has_question(self, parameters: Caps, asked: Asked) -> bool:
        """Only protected clients, and only families with a cap."""
        return asked.client.category in parameters.clients and any(
            cap.family == asked.product.family for cap in parameters.caps
        )

    def ask(self, parameters: Caps, asked: Asked) -> Iterator[Answer]:
        """Compare with every cap of the family."""
        product, leverage = asked.product, asked.product.leverage
        for cap in parameters.caps:
            if cap.family != product.family:
                continue
            if leverage is None:
                yield unknown(
                    NO_LEVERAGE, f"the leverage of a product of `{cap.family}` is unknown"
                )
                return
            figures = show_fixed(leverage), show_fixed(cap.limit), "times"
            text = f"leverage {figures[0]}:1 in `{cap.family}`, where {figures[1]}:1 is the cap"
            yield (
                passed(text, *figures)
                if leverage <= cap.limit
                else failed(EXCEEDED, text, *figures)
            )
