"""How old a client's profile may be when the firm advises on it.

Asked by Delegated Regulation (EU) 2017/565 article 54(7): what is known of a client must be up to
date. With *as_of* the day of the profile,

    passes when    now - as_of <= limit

Every order is asked, sales as well: advice to sell rests on the profile like any other. How old
is too old is the firm's to say. A profile from the future denies.
"""

from collections.abc import Iterator

from domain.finding import OrdRejReason
from rules.fields import PositiveDuration
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed, unknown
from rules.suitability.applicable import Duties, Duty
from rules.suitability.days import days
from rules.suitability.protection import NO_CLIENT, Asked, Protection, Tested

TOO_OLD = Reason(
    "client_profile_is_too_old",
    OrdRejReason.STALE,
    "the client's profile is older than the rule allows",
)

AHEAD = Reason(
    "client_profile_is_from_the_future",
    OrdRejReason.OTHER,
    "the client's profile is dated after the order",
)


class Age(Tested):
    """`limit` is the age a profile may have."""

    applies_to: Duties = frozenset({Duty.SUITABILITY})
    limit: PositiveDuration


class ProfileAge(Protection[Age]):
    """The client's profile is recent enough to advise on."""

    name = "profile_age"
    parameters = Age
    reasons = (NO_CLIENT, TOO_OLD, AHEAD, PASSED)
    citations = ("2017/565 Art 54(7)",)
    needs_product = False
    opening_only = False

    def ask(self, parameters: Age, asked: Asked) -> Iterator[Answer]:
        """Compare two instants."""
        age = asked.case.at - asked.client.as_of
        if age < 0:
            yield unknown(AHEAD, "the client's profile is dated after the order")
            return
        old, limit = days(age), days(parameters.limit)
        text = f"the client's profile is {old} days old"
        if age > parameters.limit:
            yield failed(TOO_OLD, text, old, limit, "days")
        else:
            yield passed(text, old, limit, "days")
