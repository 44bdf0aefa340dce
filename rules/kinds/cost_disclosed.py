"""Whether a client was told the costs of what it buys.

Asked by MiFID II article 24(4): costs and charges are disclosed in good time before the service.
The client's profile lists what was delivered:

    passes when    a disclosure for the instrument had happened, no longer ago than `age` if given
"""

from collections.abc import Iterator

from domain.client import Document
from domain.finding import OrdRejReason
from rules.fields import PositiveDuration
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed
from rules.suitability.days import days
from rules.suitability.protection import NO_CLIENT, Asked, Protection, Tested

MISSING = Reason(
    "costs_are_not_disclosed",
    OrdRejReason.OTHER,
    "no disclosure of the instrument's costs and charges has reached the client",
)

STALE = Reason(
    "cost_disclosure_is_too_old",
    OrdRejReason.STALE,
    "the disclosure of costs and charges is older than the rule allows",
)


class Disclosure(Tested):
    """`age` is how old a disclosure may be; left out, one is good for ever."""

    age: PositiveDuration | None = None


class CostDisclosed(Protection[Disclosure]):
    """The client was told the costs of what it buys."""

    name = "cost_disclosed"
    parameters = Disclosure
    reasons = (NO_CLIENT, MISSING, STALE, PASSED)
    citations = ("MiFID II Art 24(4)",)
    needs_product = False

    def ask(self, parameters: Disclosure, asked: Asked) -> Iterator[Answer]:
        """Look for the latest disclosure."""
        case = asked.case
        found = asked.client.delivered(Document.COSTS, case.place.instrument.id, case.at)
        if found is None:
            yield failed(MISSING, "no disclosure of costs and charges has reached the client")
            return
        age, limit = case.at - found.at, parameters.age
        old = days(age)
        text = f"costs and charges were disclosed {old} days ago"
        if limit is None:
            yield passed(text, old, None, "days")
        elif age > limit:
            yield failed(STALE, text, old, days(limit), "days")
        else:
            yield passed(text, old, days(limit), "days")
