"""Whether the firm has looked at a product before it sells it.

Asked by FINRA rule 2111 (reasonable basis: fit for at least some investors), by Reg BI, and by
MiFID II article 16(3), the firm's own approval of what it distributes. A product is approved by the
facts about it, or where `list` names one, by an entry of that list that holds today:

    passes when    the product is approved
"""

from collections.abc import Iterator

from domain.finding import OrdRejReason
from rules.fields import ListName
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Tested

NOT_APPROVED = Reason(
    "product_is_not_approved",
    OrdRejReason.OTHER,
    "the firm has not approved the product for its clients",
)


class Approval(Tested):
    """`list` is the list of what is approved; left out, the product's own facts say it."""

    list: ListName | None = None


class ApprovedProducts(Protection[Approval]):
    """The firm has approved the product."""

    name = "approved_products"
    parameters = Approval
    reasons = (NO_CLIENT, NO_PRODUCT, NOT_APPROVED, PASSED)
    citations = ("FINRA 2111", "Reg BI", "MiFID II Art 16(3)")

    def lasts(self, parameters: Approval) -> bool:
        """Entries of a list come and go."""
        return parameters.list is None

    def ask(self, parameters: Approval, asked: Asked) -> Iterator[Answer]:
        """Look at the product, or for the instrument on the list."""
        case = asked.case
        instrument, named = case.place.instrument, parameters.list
        if named is None:
            approved, by = asked.product.approved, "the product's facts"
        else:
            entries = case.place.reference.lists[named].entries
            approved = any(each.names(instrument) and each.holds(case.at) for each in entries)
            by = f"the list `{named}`"
        if approved:
            yield passed(f"`{instrument.id}` is approved by {by}")
        else:
            yield failed(NOT_APPROVED, f"`{instrument.id}` is not approved by {by}")
