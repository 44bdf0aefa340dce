"""An expression as a rule's parameter: read when the policy is, bound when the rule is."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from rules.condition.grammar import Tree, tree_of
from rules.condition.sense import mistakes_of
from rules.condition.words import Mistake

LENGTH_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition that makes sense. `text` is as written, its blanks made one each."""

    text: str
    tree: Tree

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(read_expression)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1, "maxLength": LENGTH_MAX}


def read_expression(given: Any) -> Expression:  # noqa: ANN401 - whatever the policy says
    """Read a condition; its faults carry their offsets in the text."""
    if not isinstance(given, str):
        raise ValueError("wanted an expression such as `order.value > 1000000`")  # noqa: TRY004
    if len(given) > LENGTH_MAX:
        raise ValueError(f"an expression may have {LENGTH_MAX} characters, this has {len(given)}")
    try:
        tree = tree_of(given)
    except Mistake as mistake:
        raise _faulty([mistake]) from None
    mistakes = mistakes_of(tree)
    if mistakes:
        raise _faulty(mistakes)
    return Expression(" ".join(given.split()), tree)


def _faulty(mistakes: list[Mistake]) -> PydanticCustomError:
    faults = [(mistake.at, mistake.text) for mistake in mistakes]
    return PydanticCustomError("expression", "not an expression", {"faults": faults})
