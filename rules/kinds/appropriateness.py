"""Whether a client knows what it is buying.

Asked by MiFID II article 25(3) and Delegated Regulation (EU) 2017/565 articles 55 and 56 of a
complex product without advice, and by article 54(2)(c) of every recommendation. Knowledge is of
a class of products (the product's `family`, such as ``cfd``), and one of these is enough:

    a test that the client passed no longer ago than `test_age`
    schooling or a profession that brought the knowledge, if `education` lets it count
    trades >= `trades`   and   years >= `years`, as far as either is given

A rule gives at least one of them. A professional client or eligible counterparty is presumed to
know. If the profile says nothing of the family the firm cannot assess the client, and that is
said instead: without advice both are warnings, after which the client may insist (article 25(3)).
"""

from collections.abc import Iterator
from typing import Self

from pydantic import model_validator

from domain.client import ClientClass, Experience
from domain.finding import OrdRejReason
from domain.fixed import show_fixed
from domain.ids import Micros
from rules.fields import Count, FixedQuantity, PositiveDuration
from rules.kind import Reason
from rules.suitability.answers import PASSED, Answer, failed, passed, warning
from rules.suitability.applicable import Duties, Duty
from rules.suitability.protection import NO_CLIENT, NO_PRODUCT, Asked, Protection, Warned

INSUFFICIENT = Reason(
    "knowledge_is_insufficient",
    OrdRejReason.OTHER,
    "the client's knowledge and experience of this class of products is less than wanted",
)

NOT_ASSESSED = Reason(
    "knowledge_cannot_be_assessed",
    OrdRejReason.OTHER,
    "the client's profile says nothing of its knowledge of this class of products",
)


class Knowing(Warned):
    """At least one of `test_age`, `education`, `trades` and `years` says what is enough."""

    applies_to: Duties = frozenset({Duty.SUITABILITY, Duty.APPROPRIATENESS})
    test_age: PositiveDuration | None = None
    education: bool = False
    trades: Count | None = None
    years: FixedQuantity | None = None

    @model_validator(mode="after")
    def _some_way(self) -> Self:
        if self.test_age is self.trades is self.years is None and not self.education:
            raise ValueError("wanted at least one of `test_age`, `education`, `trades` and `years`")
        return self


class Appropriateness(Protection[Knowing]):
    """The client knows the class of products it is buying."""

    name = "appropriateness"
    parameters = Knowing
    reasons = (NO_CLIENT, NO_PRODUCT, *warning(INSUFFICIENT, NOT_ASSESSED), PASSED)
    citations = ("MiFID II Art 25(3)", "2017/565 Art 55", "2017/565 Art 54(2)(c)")

    def lasts(self, parameters: Knowing) -> bool:
        """A test grows old."""
        return parameters.test_age is None

    def ask(self, parameters: Knowing, asked: Asked) -> Iterator[Answer]:
        """Find one way in which the client knows."""
        family = asked.product.family
        known = asked.client.experience.get(family)
        if asked.client.category is not ClientClass.RETAIL:
            yield passed(f"a {asked.client.category} client is presumed to know `{family}`")
        elif known is None:
            text = (
                f"the client cannot be assessed: nothing is known of its experience of `{family}`"
            )
            yield failed(NOT_ASSESSED, text)
        else:
            text = (
                f"the client's knowledge of `{family}`: {_told(parameters, known, asked.case.at)}"
            )
            enough = _enough(parameters, known, asked.case.at)
            yield passed(text) if enough else failed(INSUFFICIENT, text)


def _enough(parameters: Knowing, known: Experience, at: Micros) -> bool:
    trades, years = parameters.trades, parameters.years
    age = None if known.tested_at is None else at - known.tested_at
    if age is not None and parameters.test_age is not None and 0 <= age <= parameters.test_age:
        return True
    if parameters.education and known.educated:
        return True
    if trades is years is None:
        return False
    return known.trades >= (trades or 0) and known.years >= (years or 0)


def _told(parameters: Knowing, known: Experience, at: Micros) -> str:
    told = [f"{known.trades} trades in {show_fixed(known.years)} years"]
    if known.educated:
        told.append("schooled in it")
    if parameters.test_age is not None and known.tested_at is not None:
        told.append(f"tested {(at - known.tested_at) // 86_400_000_000} days ago")
    return ", ".join(told)
