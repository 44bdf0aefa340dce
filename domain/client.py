"""A client as the firm knows it: the profile an order for the client is held against.

The words are those of MiFID II (article 25; Delegated Regulation (EU) 2017/565, articles 54 to
57) and of the European MiFID template (EMT), because a product's target market is told in the
same words. A profile is one version of what the client said on `as_of`; a new answer is a new
version, and an order's record names the version it was judged by.

What is None was not asked or not answered. No rule takes it for a yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.fixed import Quantity
from domain.ids import AccountId, ClientId, InstrumentId, Micros


class ClientClass(StrEnum):
    """How much protection the law gives (MiFID II, Annex II)."""

    RETAIL = "retail"
    PROFESSIONAL = "professional"
    ELIGIBLE_COUNTERPARTY = "eligible_counterparty"


class Service(StrEnum):
    """What the firm does for the client when it takes the order."""

    ADVICE = "advice"
    PORTFOLIO_MANAGEMENT = "portfolio_management"
    EXECUTION_ONLY = "execution_only"


class Initiative(StrEnum):
    """Who had the idea. Only what the client asked for may go without a test (article 25(4))."""

    CLIENT = "client"
    FIRM = "firm"


class LossCapacity(StrEnum):
    """How much of the money put in the client can lose, from least to most."""

    NONE = "none"
    LIMITED = "limited"
    FULL = "full"
    BEYOND = "beyond"


class Knowledge(StrEnum):
    """How much the client knows of a class of products (EMT 02010 to 02040)."""

    BASIC = "basic"
    INFORMED = "informed"
    ADVANCED = "advanced"
    EXPERT = "expert"


class Need(StrEnum):
    """What the client wants the investment for."""

    PRESERVATION = "preservation"
    GROWTH = "growth"
    INCOME = "income"
    HEDGING = "hedging"
    LEVERAGE = "leverage"
    OTHER = "other"


class Document(StrEnum):
    """What must have reached the client before an order."""

    KID = "kid"
    """The key information document of a packaged product (PRIIPs Regulation, article 13)."""
    COSTS = "costs"
    """The costs and charges, before the service (MiFID II, article 24(4))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What the client knows of one class of products.

    `trades` were made and `years` passed in it; `educated` says that schooling or a profession
    brought the knowledge; `tested_at` is when the client last passed the firm's test.
    """

    level: Knowledge | None = None
    trades: int = 0
    years: Quantity = Quantity(0)
    educated: bool = False
    tested_at: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsApproval:
    """What the client may do in options, and the papers behind it (FINRA rule 2360(b)(16)).

    `odd_at` is when the options disclosure document was delivered, `approved_by` the registered
    options principal, `agreement_at` when the signed agreement came back.
    """

    level: int
    odd_at: Micros | None = None
    approved_at: Micros | None = None
    approved_by: str | None = None
    agreement_at: Micros | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accreditation:
    """Why the client may buy what is not registered (Regulation D, rule 501(a)), and since when."""

    basis: str
    evidence_at: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A document about an instrument that reached the client."""

    document: Document
    instrument: InstrumentId
    at: Micros
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One version of a client's profile.

    `services` are those of accounts for which it is not `service`. `per_se` says of a
    professional that the law makes it one, not its own wish. `horizon` is in years.
    """

    id: ClientId
    version: str
    as_of: Micros
    category: ClientClass
    per_se: bool = False
    service: Service
    services: Mapping[AccountId, Service] = field(default_factory=dict)
    initiative: Initiative = Initiative.CLIENT
    risk_tolerance: int | None = None
    loss_capacity: LossCapacity | None = None
    horizon: Quantity | None = None
    needs: frozenset[Need] = frozenset()
    experience: Mapping[str, Experience] = field(default_factory=dict)
    options: OptionsApproval | None = None
    accredited: Accreditation | None = None
    vulnerable: bool = False
    senior: bool = False
    deliveries: tuple[Delivery, ...] = ()

    def service_of(self, account: AccountId) -> Service:
        """Give what the firm does for one of the client's accounts."""
        return self.services.get(account, self.service)

    def delivered(
        self, document: Document, instrument: InstrumentId, at: Micros
    ) -> Delivery | None:
        """Give the latest delivery of a document that had happened at an instant."""
        return max(
            (
                each
                for each in self.deliveries
                if each.document is document and each.instrument == instrument and each.at <= at
            ),
            key=lambda each: each.at,
            default=None,
        )
