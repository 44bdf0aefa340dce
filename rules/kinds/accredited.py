"""Whether a client may buy what was offered without registration.

Asked by Regulation D, rules 501(a) and 506: a security of an exempt offering is for accredited
investors, and the firm has evidence of it. With *evidence_at* the day of the evidence,

    passes when    a basis is on file, and 0 <= now - evidence_at <= evidence_age

Asked only of exempt offerings. How long evidence is good is the firm's to say.
"""

from collections.abc import Iterator

from domain.finding import OrdRejReason
from rules.fields import PositiveDuration
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed
from rules.suitability.days import days
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Tested

NOT_ACCREDITED = Reason(
    "client_is_not_accredited",
    OrdRejReason.OTHER,
    "the offering is exempt from registration, and the client is no accredited investor on file",
)

EVIDENCE_STALE = Reason(
    "accreditation_evidence_is_too_old",
    OrdRejReason.STALE,
    "the evidence that the client is an accredited investor is older than the rule allows",
)


class Evidence(Tested):
    """`evidence_age` is how old the evidence may be."""

    evidence_age: PositiveDuration


class Accredited(Protection[Evidence]):
    """Only accredited investors buy what is not registered."""

    name = "accredited"
    parameters = Evidence
    reasons = (NO_CLIENT, NO_PRODUCT, NOT_ACCREDITED, EVIDENCE_STALE, PASSED)
    citations = ("Reg D 501(a)", "Reg D 506")

    def has_question(self, _parameters: Evidence, asked: Asked) -> bool:
        """Only an exempt offering asks who buys it."""
        return asked.product.exempt_offering

    def ask(self, parameters: Evidence, asked: Asked) -> Iterator[Answer]:
        """Look at the evidence and its date."""
        found, at = asked.client.accredited, asked.case.at
        if found is None or found.evidence_at > at:
            yield failed(NOT_ACCREDITED, "the client is no accredited investor on file")
            return
        age = at - found.evidence_at
        old, limit = days(age), days(parameters.evidence_age)
        text = f"accredited by {found.basis}, on evidence {old} days old"
        if age > parameters.evidence_age:
            yield failed(EVIDENCE_STALE, text, old, limit, "days")
        else:
            yield passed(text, old, limit, "days")
