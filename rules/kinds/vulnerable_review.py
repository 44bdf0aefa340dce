"""Whether a person looks at the order first, because the client needs care.

Asked by FINRA rules 2165 and 4512 of senior and specified adults, and by the firm's duties towards
vulnerable clients. Flags of the profile, of which a rule names those that matter to it:

    passes when    none of `flags` is set

The finding is for review, whatever the rule's verdict is; a policy's ``warn`` would send the
order and its ``deny`` would keep a person from being helped. Every order is asked, sales as well:
it is from selling out that such clients are most often to be kept.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from domain.finding import OrdRejReason, Verdict
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed
from rules.suitability.protection import NO_CLIENT, Asked, Protection, Tested

FLAGGED = Reason(
    "client_needs_enhanced_review",
    OrdRejReason.OTHER,
    "the client is flagged as vulnerable or senior: a person looks at the order first",
)

Flags = Annotated[tuple[Literal["vulnerable", "senior"], ...], Field(min_length=1)]


class Care(Tested):
    """`flags` are those of the profile that want a person to look."""

    flags: Flags = ("vulnerable", "senior")


class VulnerableReview(Protection[Care]):
    """A person looks at the orders of clients who need care."""

    name = "vulnerable_review"
    parameters = Care
    reasons = (NO_CLIENT, FLAGGED, PASSED)
    citations = ("FINRA 2165", "FINRA 4512")
    needs_product = False
    opening_only = False

    def lasts(self, _parameters: Care) -> bool:
        """Nothing but the facts is asked."""
        return True

    def ask(self, parameters: Care, asked: Asked) -> Iterator[Answer]:
        """Look at the flags."""
        held = {"vulnerable": asked.client.vulnerable, "senior": asked.client.senior}
        found = [flag for flag in parameters.flags if held[flag]]
        if found:
            text = f"the client is flagged as {' and '.join(found)}"
            yield failed(FLAGGED, text, verdict=Verdict.REVIEW)
        else:
            yield passed(f"the client is not flagged as {' or '.join(parameters.flags)}")
