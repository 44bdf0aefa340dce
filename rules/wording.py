"""What pydantic found wrong, in the words of this house: the user's words in backticks."""

from collections.abc import Iterable

from pydantic_core import ErrorDetails

from rules.fault import nearest
from rules.fields import Numeral

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping, one `key: value` a line",
    "model_type": "a mapping, one `key: value` a line",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
}
_BOUNDS = {
    "greater_than": ("gt", "must be greater than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}


def said_of(error: ErrorDetails, *, owner: str, known: Iterable[str]) -> str:
    """Say one error of a reading. `owner` is what was read, `known` the keys it may have."""
    name = str(error["loc"][-1]) if error["loc"] else ""
    context = error.get("ctx", {})
    given = error["input"]
    match error["type"]:
        case "missing":
            return f"`{name}` is missing, which {owner} must have"
        case "extra_forbidden":
            return f"`{name}` is not a key of {owner}: {nearest(name, known)}"
        case "value_error":
            return _about(error, str(context["error"]))
        case "literal_error" | "enum":
            wanted = str(context["expected"]).replace("'", "`")
            return _about(error, f"wanted {wanted}, found {shown(given)}")
        case "string_pattern_mismatch":
            wanted = "letters, digits, `.`, `_` and `-`, at most 64, a letter or digit first"
            return _about(error, f"wanted {wanted}, found {shown(given)}")
        case "too_short" | "string_too_short":
            return _about(error, "must not be empty")
        case bound if bound in _BOUNDS:
            key, words = _BOUNDS[bound]
            return _about(error, f"{words} {context[key]}, was {given}")
        case wrong if wrong in _WANTED:
            hint = ""
            if wrong == "string_type" and isinstance(given, bool | int | Numeral):
                hint = "; put it in quotes"
            return _about(error, f"wanted {_WANTED[wrong]}, found {shown(given)}{hint}")
        case _:
            return _about(error, error["msg"][:1].lower() + error["msg"][1:])


def shown(value: object) -> str:
    """Show a value as it was written, as far as one line allows."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case dict():
            return "a mapping"
        case tuple():
            return "a list"
        case _:
            text = str(value)
            return f"`{text[:40]}…`" if len(text) > 41 else f"`{text}`"


def _about(error: ErrorDetails, said: str) -> str:
    names = [part for part in error["loc"] if isinstance(part, str)]
    if not names:
        return said
    return f"`{names[-1]}` {said}" if said.startswith("must ") else f"`{names[-1]}`: {said}"
