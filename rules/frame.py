"""The frame every policy shares, as an author writes it: the policy's head and a rule's.

These models are the door: what they check becomes a `Policy`, and the JSON Schema of editors is
made from them (`rules.schema`). Their first sentences are the descriptions editors show.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from domain.instrument import AssetClass
from rules.fault import nearest
from rules.fields import Names, PositiveCount
from rules.term import Moment

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Answer = Literal["deny", "review", "warn"]


def _asset_classes(names: frozenset[str]) -> frozenset[str]:
    for name in sorted(names - set(AssetClass)):
        raise ValueError(f"`{name}` is not an asset class: {nearest(name, AssetClass)}")
    return names


_CLASS = {"enum": sorted(AssetClass)}

AssetClasses = Annotated[
    Names,
    AfterValidator(_asset_classes),
    WithJsonSchema(
        {"anyOf": [_CLASS, {"type": "array", "items": _CLASS, "minItems": 1, "uniqueItems": True}]}
    ),
]


class Frame(BaseModel):
    """What is written and not listed here is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ScopeText(Frame):
    """Where a rule applies: every level that is written must match, by one of its names."""

    firm: Names | None = None
    desk: Names | None = None
    trader: Names | None = None
    account: Names | None = None
    strategy: Names | None = None
    client: Names | None = None
    session: Names | None = None
    asset_class: AssetClasses | None = None
    venue: Names | None = None
    instrument: Names | None = None


class RuleText(Frame):
    """What every rule has, whatever its kind."""

    id: Word = Field(description="The rule's name in every answer and record; unique, for ever.")
    kind: str
    scope: ScopeText = Field(default=ScopeText(), description="Where it applies; left out: always.")
    verdict: Answer | None = Field(
        default=None, description="What a breach means; deny, if unsaid."
    )
    silent: bool = Field(
        default=False, description="Whether desks are not told of it; only what warns may be."
    )
    effective_from: Moment | None = Field(
        default=None, description="The day or instant it comes into force; always was, if unsaid."
    )
    effective_until: Moment | None = Field(
        default=None, description="The day or instant it is no longer in force."
    )
    citation: str | None = Field(
        default=None, description="Who demands it, if not as the kind says."
    )
    note: str | None = Field(default=None, description="Why it is as it is, for the next reader.")


class PolicyText(Frame):
    """A policy: the rules every order is judged by."""

    policy: Word = Field(description="The policy's name.")
    version: PositiveCount = Field(description="Raised with every change that is put in force.")
    description: str = Field(default="", description="What it is for.")
    owner: str = Field(default="", description="Who answers for it.")
    defaults: dict[str, Any] = Field(
        default={}, description="A verdict, and optional parameters of kinds, for rules without."
    )
    rules: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]
