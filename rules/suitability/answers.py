"""What a test of a client and a product can answer: passed, failed, or not to be made.

An answer is not yet a finding: it knows neither the rule nor the versions, nor whether somebody has
acknowledged what it warns of. `rules.suitability.protection` says it in the rule's name.
"""

from dataclasses import dataclass, replace
from functools import cache

from domain.finding import OrdRejReason, Verdict
from rules.kind import Reason

PASSED = Reason(
    "client_test_is_passed",
    OrdRejReason.OTHER,
    "the test was made and the order passes it: recorded with its inputs, told to no desk",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one question found. `verdict` None is the rule's, or milder where the duty says so."""

    reason: Reason
    text: str
    observed: str | None = None
    limit: str | None = None
    unit: str | None = None
    verdict: Verdict | None = None


def passed(
    text: str, observed: str | None = None, limit: str | None = None, unit: str | None = None
) -> Answer:
    """Say that a test is passed, and with which inputs."""
    return Answer(
        reason=PASSED,
        text=text,
        observed=observed,
        limit=limit,
        unit=unit,
        verdict=Verdict.ALLOW,
    )


def failed(
    reason: Reason,
    text: str,
    observed: str | None = None,
    limit: str | None = None,
    unit: str | None = None,
    *,
    verdict: Verdict | None = None,
) -> Answer:
    """Say that a test is failed; `verdict` where that is neither the rule's nor the duty's."""
    return Answer(
        reason=reason, text=text, observed=observed, limit=limit, unit=unit, verdict=verdict
    )


def unknown(reason: Reason, text: str) -> Answer:
    """Say that a test cannot be made: a no, however mild the rule."""
    return Answer(reason=reason, text=text, verdict=Verdict.DENY)


@cache
def unacknowledged(reason: Reason) -> Reason:
    """Give the reason for which a warning stops an order until it is acknowledged."""
    return replace(
        reason,
        name=f"{reason.name}_unacknowledged",
        meaning=f"{reason.meaning}; nobody has acknowledged the warning",
    )


def warning(*reasons: Reason) -> tuple[Reason, ...]:
    """Give reasons that can be warnings, each with what it is called until it is acknowledged."""
    return tuple(each for reason in reasons for each in (reason, unacknowledged(reason)))
