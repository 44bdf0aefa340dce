"""Whether a retail client had the key information document before it buys.

Asked by the PRIIPs Regulation (EU) 1286/2014 article 13: who sells a packaged product to a retail
investor provides the document in good time before. The client's profile lists what was delivered:

    passes when    a delivery had happened, and of the version in force where the product says one

Asked only of retail clients and of packaged products (`priip`).
"""

from collections.abc import Iterator

from domain.client import ClientClass, Document
from domain.finding import OrdRejReason
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Tested

MISSING = Reason(
    "key_information_document_is_not_delivered",
    OrdRejReason.OTHER,
    "no key information document of the packaged product has reached the client",
)

OUTDATED = Reason(
    "key_information_document_is_outdated",
    OrdRejReason.STALE,
    "the key information document the client has is not the version in force",
)


class KidDelivered(Protection[Tested]):
    """The client has the key information document of what it buys."""

    name = "kid_delivered"
    parameters = Tested
    reasons = (NO_CLIENT, NO_PRODUCT, MISSING, OUTDATED, PASSED)
    citations = ("PRIIPs Art 13",)

    def has_question(self, _parameters: Tested, asked: Asked) -> bool:
        """Only a packaged product, and only for retail clients."""
        return asked.product.priip and asked.client.category is ClientClass.RETAIL

    def ask(self, _parameters: Tested, asked: Asked) -> Iterator[Answer]:
        """Look for the latest delivery."""
        product, client = asked.product, asked.client
        found = client.delivered(Document.KID, product.instrument, asked.case.at)
        wanted = product.kid_version
        if found is None:
            yield failed(MISSING, "no key information document has reached the client")
        elif wanted is not None and found.version != wanted:
            had = "an unnamed version" if found.version is None else f"version {found.version}"
            text = f"the client has {had} of the key information document; {wanted} is in force"
            yield failed(OUTDATED, text, found.version, wanted)
        else:
            yield passed("the client has the key information document", found.version, wanted)
