"""Whether a product can lose more than its client can bear.

Asked by Delegated Regulation (EU) 2017/565 article 54(2)(b): the client is able financially to
bear the risks of the investment. The profile states how much of the money put in may be lost
(none, a limited part, all, more than all), and the product's target market says for each of these
clients ``Y``, ``N`` or ``Neutral`` (the EMT's ability to bear losses):

    passes when    the flag for the client's capacity is Y or Neutral

A professional client by law (per se) may be presumed to bear what it asks for; `presume_per_se`
says whether it is. A product that was not assessed for the client's capacity denies, and so
does a profile that states none.
"""

from collections.abc import Iterator

from domain.client import ClientClass
from domain.finding import OrdRejReason
from domain.product import Flag
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown
from rules.suitability.applicable import Duties, Duty
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Tested

EXCEEDED = Reason(
    "loss_exceeds_capacity",
    OrdRejReason.OTHER,
    "the product is not for clients who can bear no more loss than this client can",
)

NO_CAPACITY = Reason(
    "loss_capacity_is_unknown",
    OrdRejReason.OTHER,
    "the client's profile states no ability to bear losses",
)

NOT_ASSESSED = Reason(
    "loss_class_is_unknown",
    OrdRejReason.OTHER,
    "the product's target market says nothing of clients with this ability to bear losses",
)


class Capacity(Tested):
    """`presume_per_se` presumes that a professional by law bears what it buys."""

    applies_to: Duties = frozenset({Duty.SUITABILITY})
    presume_per_se: bool = True


class LossCapacity(Protection[Capacity]):
    """The product cannot lose more than the client can bear."""

    name = "loss_capacity"
    parameters = Capacity
    reasons = (NO_CLIENT, NO_PRODUCT, EXCEEDED, NO_CAPACITY, NOT_ASSESSED, PASSED)
    citations = ("2017/565 Art 54(2)(b)",)

    def lasts(self, _parameters: Capacity) -> bool:
        """Nothing but the facts is asked."""
        return True

    def ask(self, parameters: Capacity, asked: Asked) -> Iterator[Answer]:
        """Look the client's capacity up in the target market."""
        client, capacity = asked.client, asked.client.loss_capacity
        if (
            client.category is not ClientClass.RETAIL
            and client.per_se
            and parameters.presume_per_se
        ):
            yield passed(f"a {client.category} client by law is presumed to bear the loss")
        elif capacity is None:
            yield unknown(NO_CAPACITY, "the client's profile states no ability to bear losses")
        elif (flag := asked.product.target.losses.get(capacity)) is None:
            text = f"the target market says nothing of clients who can bear {capacity} loss"
            yield unknown(NOT_ASSESSED, text)
        else:
            text = f"the target market says {flag} of clients who can bear {capacity} loss"
            if flag is Flag.NO:
                yield failed(EXCEEDED, text, flag, capacity)
            else:
                yield passed(text, flag, capacity)
