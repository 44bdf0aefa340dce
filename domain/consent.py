"""What people have let pass: overrides of a denial, and warnings a client has acknowledged.

Both are narrow on purpose. An override is for one order with the terms that were denied, for
minutes, by two persons (RTS 6 article 15(6)); an acknowledgement is for one rule's one reason in
one instrument of one account. Neither changes a rule.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from domain.ids import AccountId, InstrumentId, Micros, OrderId, RuleId

AcknowledgementKey = tuple[AccountId, InstrumentId, RuleId, str]
"""Whose, in what, which rule, and the reason it gave."""


class OverrideStep(StrEnum):
    """What somebody says about a denied order."""

    VERIFY = "verify"
    AUTHORISE = "authorise"
    REVOKE = "revoke"


@dataclass(slots=True, kw_only=True)
class Override:
    """Leave for one denied order to be sent once more. In force once both names stand there."""

    until: Micros
    verified_by: str | None = None
    authorised_by: str | None = None
    used_by: OrderId | None = None

    def holds(self, at: Micros) -> bool:
        """Whether the next order with these terms passes."""
        given = self.verified_by is not None and self.authorised_by is not None
        return given and self.used_by is None and at < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A warning that was seen: the record that says so, by whom, and until when it is good."""

    seq: int
    by: str
    until: Micros | None


@dataclass(slots=True)
class Consents:
    """All that people have let pass."""

    overrides: dict[OrderId, Override] = field(default_factory=dict)
    acknowledged: dict[AcknowledgementKey, Acknowledgement] = field(default_factory=dict)

    def has_seen(self, key: AcknowledgementKey, at: Micros) -> Acknowledgement | None:
        """Give the acknowledgement of a warning, if it is good now."""
        found = self.acknowledged.get(key)
        return found if found and (found.until is None or at < found.until) else None
