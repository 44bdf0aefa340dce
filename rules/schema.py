"""The JSON Schema of policies, for editors: what may be written where, as it is typed.

A schema cannot say everything a reading does (names of lists, expressions, one id twice), but what
it refuses, a reading refuses. A rule is one of its kinds, told apart by ``kind``; the parameters
of the kind stand beside the frame every rule has.
"""

from typing import Any

from rules.frame import PolicyText, RuleText
from rules.kind import Kind
from rules.parse import defaults_known
from rules.registry import KINDS

Schema = dict[str, Any]

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect every editor reads."""


def policy_schema() -> Schema:
    """Give the schema of a whole policy."""
    kinds = sorted(KINDS.items())
    policy = _plain(PolicyText.model_json_schema())
    rule = _plain(RuleText.model_json_schema())
    scope = rule.pop("$defs")["ScopeText"]
    named = {f"kind_{name}": _rule(kind, rule) for name, kind in kinds}
    policy["properties"]["rules"]["items"] = {"oneOf": [_ref(key) for key in named]}
    policy["properties"]["defaults"] = _defaults(rule)
    return {
        "$schema": DIALECT,
        "title": "Ordergate policy",
        **policy,
        "$defs": {"ScopeText": scope, **_frame(rule), **named},
    }


def _rule(kind: Kind[Any], rule: Schema) -> Schema:
    own = _parameters(kind)
    frame = {name: _ref(f"rule_{name}") for name in rule["properties"] if name != "kind"}
    return {
        "type": "object",
        "description": _first_sentence(kind.__doc__),
        "properties": {
            "id": frame.pop("id"),
            "kind": {"const": kind.name, "description": _first_sentence(kind.__doc__)},
            **frame,
            **own["properties"],
        },
        # What `defaults` may fill in is optional, so what is required must stand here.
        "required": [*rule["required"], *own.get("required", [])],
        "additionalProperties": False,
    }


def _frame(rule: Schema) -> Schema:
    held = rule["properties"].items()
    return {f"rule_{name}": schema for name, schema in held if name != "kind"}


def _defaults(rule: Schema) -> Schema:
    """What `defaults` may hold: a verdict, or an optional parameter as any of its kinds has it."""
    properties: Schema = {"verdict": rule["properties"]["verdict"]}
    for name, kinds in sorted(defaults_known(KINDS.values()).items()):
        ways: list[Schema] = []
        for kind in kinds:
            way = _parameters(kind)["properties"][name]
            way.pop("default", None)
            if way not in ways:
                ways.append(way)
        properties[name] = ways[0] if len(ways) == 1 else {"anyOf": ways}
    return {
        "type": "object",
        "description": "What rules that leave it out are given: a verdict, optional parameters.",
        "properties": properties,
        "additionalProperties": False,
    }


def _parameters(kind: Kind[Any]) -> Schema:
    """Give a kind's parameters, with the parts they are made of written out where they stand."""
    schema = _plain(kind.parameters.model_json_schema())
    parts = schema.pop("$defs", {})

    def written_out(held: Any) -> Any:  # noqa: ANN401 - any part of a schema
        match held:
            case {"$ref": str(ref), **rest}:
                return {**written_out(parts[ref.rpartition("/")[2]]), **rest}
            case dict():
                return {key: written_out(one) for key, one in held.items()}
            case list():
                return [written_out(one) for one in held]
            case _:
                return held

    return dict(written_out(schema))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _first_sentence(text: str | None) -> str:
    assert text is not None, "a kind says in its docstring what it asks"
    return text.strip().partition("\n\n")[0]


def _plain(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Leave out what editors would show and no author needs: titles, nulls, inner defaults."""
    match schema:
        case {"anyOf": list(ways), **rest} if {"type": "null"} in ways:
            others = [way for way in ways if way != {"type": "null"}]
            rest.pop("default", None)
            inner = others[0] if len(others) == 1 else {"anyOf": others}
            return _plain({**inner, **rest})
        case dict():
            inner_default = "default" in schema and not isinstance(schema["default"], str | bool)
            return {
                key: _plain(held)
                for key, held in schema.items()
                if not (key == "title" and isinstance(held, str))
                and not (key == "default" and inner_default)
            }
        case list():
            return [_plain(one) for one in schema]
        case _:
            return schema
