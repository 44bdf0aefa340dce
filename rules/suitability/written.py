"""How clients and products are written: docs/formats/suitability.md, as models.

One form serves reference facts and trials, YAML, JSON and the cells of a CSV table, where
everything is text: a whole number may be ``3`` or ``"3"``, a yes ``true``, ``"true"`` or ``Y``,
several names a list or ``growth;income``. Instants are written as in a rule's term (`rules.term`).

Nothing here looks beyond one entry; whether an instrument or account exists is the reader's to ask.
"""

from typing import Annotated, ClassVar, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from domain.client import (
    Accreditation,
    Client,
    ClientClass,
    Delivery,
    Document,
    Experience,
    Initiative,
    Knowledge,
    LossCapacity,
    Need,
    OptionsApproval,
    Service,
)
from domain.fixed import Quantity
from domain.ids import AccountId, ClientId, InstrumentId
from domain.product import Channel, Flag, Product, TargetMarket
from domain.risk_indicator import CREDIT, MEASURES, market_risk, summary_risk
from rules.fields import FixedQuantity, Fraction, Numeral, PositiveQuantity
from rules.frame import Word
from rules.term import Moment
from rules.written import Text

_YES: Final = {"true": True, "Y": True, "false": False, "N": False}


def _whole(given: object) -> object:
    return int(given) if isinstance(given, str) and given.isascii() and given.isdigit() else given


def _yes(given: object) -> object:
    return _YES.get(given, given) if isinstance(given, str) else given


def _named(given: object) -> object:
    number = isinstance(given, int | Numeral) and not isinstance(given, bool)
    return str(given) if number else given


def _parted(given: object) -> object:
    if isinstance(given, str):
        given = tuple(name.strip() for name in given.split(";"))
    return frozenset(given) if isinstance(given, tuple) else given


Yes = Annotated[bool, BeforeValidator(_yes)]
Version = Annotated[str, BeforeValidator(_named), Field(min_length=1, max_length=64)]
Measure = Annotated[int, BeforeValidator(_whole), Field(ge=MEASURES[0], le=MEASURES[-1])]
Credit = Annotated[int, BeforeValidator(_whole), Field(ge=CREDIT[0], le=CREDIT[-1])]
Number = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=1_000_000_000)]
Name = Annotated[str, Field(min_length=1, max_length=64)]

ClassName = Annotated[ClientClass, Field(strict=False)]
ServiceName = Annotated[Service, Field(strict=False)]
InitiativeName = Annotated[Initiative, Field(strict=False)]
Loss = Annotated[LossCapacity, Field(strict=False)]
Knowing = Annotated[Knowledge, Field(strict=False)]
Needs = Annotated[frozenset[Annotated[Need, Field(strict=False)]], BeforeValidator(_parted)]
DocumentName = Annotated[Document, Field(strict=False)]
FlagText = Annotated[Flag, Field(strict=False)] | None


class ExperienceText(Text):
    called: ClassVar[str] = "a client's experience"

    level: Knowing | None = None
    trades: Number = 0
    years: FixedQuantity = Quantity(0)
    educated: Yes = False
    tested: Moment | None = None

    def experience(self) -> Experience:
        """Make the noun."""
        return Experience(
            level=self.level,
            trades=self.trades,
            years=self.years,
            educated=self.educated,
            tested_at=self.tested,
        )


class ExperienceRow(ExperienceText):
    """Experience as a table has it."""

    client: Word
    family: Word


class DeliveryText(Text):
    called: ClassVar[str] = "a delivery to a client"

    document: DocumentName
    instrument: Name
    at: Moment
    version: Version | None = None

    def delivery(self) -> Delivery:
        """Make the noun."""
        return Delivery(
            document=self.document,
            instrument=InstrumentId(self.instrument),
            at=self.at,
            version=self.version,
        )


class DeliveryRow(DeliveryText):
    """A delivery as a table has it."""

    client: Word


class ClientText(Text):
    called: ClassVar[str] = "a client"

    version: Version
    as_of: Moment
    category: ClassName
    per_se: Yes = False
    service: ServiceName
    services: dict[Word, ServiceName] = Field(default={})
    initiative: InitiativeName = Initiative.CLIENT
    risk_tolerance: Measure | None = None
    loss_capacity: Loss | None = None
    horizon: FixedQuantity | None = None
    needs: Needs = frozenset()
    experience: dict[Word, ExperienceText] = Field(default={})
    options_level: Number | None = None
    options_odd: Moment | None = None
    options_approved: Moment | None = None
    options_approved_by: Name | None = None
    options_agreement: Moment | None = None
    accredited: Name | None = None
    accredited_evidence: Moment | None = None
    vulnerable: Yes = False
    senior: Yes = False
    deliveries: tuple[DeliveryText, ...] = ()

    @model_validator(mode="after")
    def _sense(self) -> Self:
        papers = (
            self.options_odd,
            self.options_approved,
            self.options_approved_by,
            self.options_agreement,
        )
        if self.options_level is None and any(paper is not None for paper in papers):
            raise ValueError("papers about options without an `options_level`")
        if (self.options_approved is None) != (self.options_approved_by is None):
            raise ValueError("`options_approved` and `options_approved_by` go together")
        if (self.accredited is None) != (self.accredited_evidence is None):
            raise ValueError("`accredited` and `accredited_evidence` go together")
        if self.per_se and self.category is ClientClass.RETAIL:
            raise ValueError("`per_se` is said of a professional client")
        return self

    def client(self, name: ClientId) -> Client:
        """Make the noun."""
        options = accredited = None
        if self.options_level is not None:
            options = OptionsApproval(
                level=self.options_level,
                odd_at=self.options_odd,
                approved_at=self.options_approved,
                approved_by=self.options_approved_by,
                agreement_at=self.options_agreement,
            )
        if self.accredited is not None and self.accredited_evidence is not None:
            accredited = Accreditation(basis=self.accredited, evidence_at=self.accredited_evidence)
        return Client(
            id=name,
            version=self.version,
            as_of=self.as_of,
            category=self.category,
            per_se=self.per_se,
            service=self.service,
            services={AccountId(account): each for account, each in self.services.items()},
            initiative=self.initiative,
            risk_tolerance=self.risk_tolerance,
            loss_capacity=self.loss_capacity,
            horizon=self.horizon,
            needs=self.needs,
            experience={family: each.experience() for family, each in self.experience.items()},
            options=options,
            accredited=accredited,
            vulnerable=self.vulnerable,
            senior=self.senior,
            deliveries=tuple(each.delivery() for each in self.deliveries),
        )


class ClientRow(ClientText):
    """A client as a table has it."""

    id: Word


class ProductText(Text):
    called: ClassVar[str] = "a product"

    version: Version
    family: Word
    complex: Yes
    priip: Yes
    exempt_offering: Yes
    approved: Yes = False
    sri: Measure | None = None
    mrm: Measure | None = None
    vev: Fraction | None = None
    monthly: Yes = False
    crm: Credit | None = None
    leverage: PositiveQuantity | None = None
    holding: FixedQuantity | None = None
    kid_version: Version | None = None
    investor_retail: FlagText = None
    investor_professional: FlagText = None
    investor_eligible_counterparty: FlagText = None
    knowledge_basic: FlagText = None
    knowledge_informed: FlagText = None
    knowledge_advanced: FlagText = None
    knowledge_expert: FlagText = None
    loss_none: FlagText = None
    loss_limited: FlagText = None
    loss_full: FlagText = None
    loss_beyond: FlagText = None
    need_preservation: FlagText = None
    need_growth: FlagText = None
    need_income: FlagText = None
    need_hedging: FlagText = None
    need_leverage: FlagText = None
    need_other: FlagText = None
    channel_execution_only: FlagText = None
    channel_appropriateness: FlagText = None
    channel_advice: FlagText = None
    channel_portfolio_management: FlagText = None

    @model_validator(mode="after")
    def _one_indicator(self) -> Self:
        if self.mrm is not None and self.vev is not None:
            raise ValueError("wanted either `mrm` or the `vev` it follows from")
        if self.monthly and self.vev is None:
            raise ValueError("`monthly` raises the class of a `vev`, and none is given")
        found = self._indicator()
        if (self.mrm is not None or self.vev is not None) != (self.crm is not None):
            raise ValueError("a market risk measure (`mrm` or `vev`) and `crm` go together")
        if self.sri is not None and found is not None and found != self.sri:
            raise ValueError(f"`sri` is {self.sri}, and its measures make it {found}")
        return self

    def _indicator(self) -> int | None:
        """Work the summary risk indicator out, where its measures are given."""
        mrm = self.mrm
        if self.vev is not None:
            mrm = market_risk(self.vev, monthly=self.monthly)
        return None if mrm is None or self.crm is None else summary_risk(mrm, self.crm)

    def product(self, name: InstrumentId) -> Product:
        """Make the noun."""
        return Product(
            instrument=name,
            version=self.version,
            family=self.family,
            complex=self.complex,
            priip=self.priip,
            exempt_offering=self.exempt_offering,
            approved=self.approved,
            sri=self._indicator() if self.sri is None else self.sri,
            target=TargetMarket(
                investors={
                    each: flag for each in ClientClass if (flag := self._of("investor", each))
                },
                knowledge={
                    each: flag for each in Knowledge if (flag := self._of("knowledge", each))
                },
                losses={each: flag for each in LossCapacity if (flag := self._of("loss", each))},
                needs={each: flag for each in Need if (flag := self._of("need", each))},
                channels={each: flag for each in Channel if (flag := self._of("channel", each))},
            ),
            leverage=self.leverage,
            holding=self.holding,
            kid_version=self.kid_version,
        )

    def _of(self, group: str, member: str) -> Flag | None:
        """Give the flag of one member of a group; its column is called by both."""
        flag: Flag | None = getattr(self, f"{group}_{member}")
        return flag


class ProductRow(ProductText):
    """A product as a list or a table has it."""

    instrument: Name
