"""What judging says: findings, and the decision they add up to.

All rules that apply are asked, and the verdict is the worst finding, so the order of rules
cannot matter and a desk sees every reason at once. A finding is a value with everything a
person needs to understand a no: which rule, under which policy, what was seen, what the limit
was, what room was left, who demands it, and how FIX says it.

Some things are noticed without a word: a control room watches a name, and a desk that was told so
would know what the firm knows. A *silent* warning is recorded like any other and is compliance's
to read; a desk is told the decision as if it had not been found.

And some tests must be on record when they are passed, with what they were made of: such a finding's
verdict is *allow*. It is no answer to anybody.

INVARIANT (no silent no): what stops an order is told, whatever it says of itself.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

from domain.ids import Digest, RuleId
from domain.scope import Scope


class Verdict(StrEnum):
    """What is to become of an order, from mild to severe.

    REVIEW wants a person; until somebody has looked, the order does not leave.
    """

    ALLOW = "allow"
    WARN = "warn"
    REVIEW = "review"
    DENY = "deny"


GRAVITY = {verdict: rank for rank, verdict in enumerate(Verdict)}
"""allow < warn < review < deny."""


class OrdRejReason(IntEnum):
    """FIX 103, the members we say. 16 and above exist from 5.0 on; the codec says 99 before."""

    BROKER_OPTION = 0
    UNKNOWN_SYMBOL = 1
    EXCHANGE_CLOSED = 2
    EXCEEDS_LIMIT = 3
    TOO_LATE = 4
    UNKNOWN_ORDER = 5
    DUPLICATE = 6
    STALE = 8
    UNSUPPORTED = 11
    INCORRECT_QUANTITY = 13
    UNKNOWN_ACCOUNT = 15
    PRICE_EXCEEDS_BAND = 16
    INVALID_PRICE_INCREMENT = 18
    REFERENCE_PRICE_NOT_AVAILABLE = 19
    NOTIONAL_EXCEEDS_THRESHOLD = 20
    ALGORITHM_RISK_THRESHOLD = 21
    SHORT_SELL_NOT_PERMITTED = 22
    INSUFFICIENT_CREDIT_LIMIT = 25
    EXCEEDED_CLIP_SIZE_LIMIT = 26
    EXCEEDED_MAX_NOTIONAL = 27
    OTHER = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule's answer, when it is anything but a silent yes.

    `reason` is a sentence in the present tense as an identifier
    (``position_exceeds_limit``); its meaning never changes. `observed`, `limit` and
    `headroom` are exact decimals or names, in `unit`; headroom is what was left before this
    order, in the limit's unit, and None where the question makes no sense.
    """

    rule: RuleId
    kind: str
    verdict: Verdict
    reason: str
    text: str
    scope: Scope | None = None
    observed: str | None = None
    limit: str | None = None
    headroom: str | None = None
    unit: str | None = None
    citation: str | None = None
    fix_reason: OrdRejReason = OrdRejReason.OTHER
    silent: bool = False

    @property
    def is_told(self) -> bool:
        """Whether a desk may know of it."""
        # INVARIANT (no silent no)
        if self.verdict is Verdict.ALLOW:
            return False
        return not self.silent or self.verdict is not Verdict.WARN


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer to one order, replace or signal."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    policy: Digest | None

    @property
    def passes(self) -> bool:
        """Whether the order may leave the house."""
        return self.verdict is Verdict.ALLOW or self.verdict is Verdict.WARN

    @property
    def told(self) -> "Decision":
        """The decision as a desk may know it: without what was noticed silently."""
        findings = tuple(finding for finding in self.findings if finding.is_told)
        return self if len(findings) == len(self.findings) else decided(findings, self.policy)

    @property
    def gravest(self) -> Finding | None:
        """The finding a one-line answer quotes: the worst, the first of equals."""
        return max(self.findings, key=_gravity, default=None)


def decided(findings: tuple[Finding, ...], policy: Digest | None) -> Decision:
    """Add findings up: the worst wins, none is allow."""
    if not findings:
        return _allowed(policy)
    worst = max((finding.verdict for finding in findings), key=GRAVITY.__getitem__)
    return Decision(verdict=worst, findings=findings, policy=policy)


@lru_cache(maxsize=16)
def _allowed(policy: Digest | None) -> Decision:
    """Give the silent yes: one value for all the orders it is said to."""
    return Decision(verdict=Verdict.ALLOW, findings=(), policy=policy)


def _gravity(finding: Finding) -> int:
    return GRAVITY[finding.verdict]
