"""`python -m gateway.reference`: write again what is derived from the code.

A page that repeats the code is written by the code, and a test compares the two, so that neither
the editors' schema nor the reference of rule kinds can fall behind.
"""

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.lifecycle_page import lifecycle_page
from gateway.records_page import records_page
from rules import condition
from rules.condition.names import VOCABULARY
from rules.condition.sense import FUNCTIONS
from rules.house import HOUSE
from rules.kind import Kind
from rules.registry import KINDS
from rules.schema import policy_schema

ROOT = Path(__file__).parents[1]

_NOTICE = "<!-- Written by `make docs` from the code. -->"


def pages() -> Mapping[str, str]:
    """Give every derived file, by its path from the root."""
    kinds = sorted(KINDS.items())
    house = [(rule.id, kind) for kind, rule in HOUSE]
    return {
        "policies/policy.schema.json": json.dumps(policy_schema(), indent=2) + "\n",
        "docs/reference/conditions.md": "\n".join(_conditions()),
        "docs/reference/kinds.md": "\n".join(_kinds()),
        "docs/reference/lifecycle.md": "\n".join((_NOTICE, "", *lifecycle_page())),
        "docs/reference/records.md": "\n".join((_NOTICE, "", *records_page())),
        **{
            f"docs/reference/kinds/{name}.md": "\n".join(_kind(name, kind))
            for name, kind in (*kinds, *house)
        },
    }


def main() -> None:
    """Write them all."""
    for name, text in pages().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _kinds() -> Iterator[str]:
    yield from (_NOTICE, "", "# Kinds of rules", "")
    yield "What a rule of each kind asks. Its page says what it may be told and every way it can"
    yield "say no; how a policy is written is in [policy.md](../formats/policy.md)."
    yield from ("", "| kind | asks that | demanded by |", "|---|---|---|")
    for name, kind in sorted(KINDS.items()):
        yield _row(name, kind)
    yield from ("", "## The house's own rules", "")
    yield "In force whatever the policy says; a policy cannot name, change or leave out these."
    yield from ("", "| rule | asks that | demanded by |", "|---|---|---|")
    for kind, rule in HOUSE:
        yield _row(rule.id, kind)
    yield ""


def _row(name: str, kind: Kind[Any]) -> str:
    asks = " ".join((inspect.getdoc(kind) or "").split()).removesuffix(".")
    return f"| [`{name}`](kinds/{name}.md) | {asks} | {'; '.join(kind.citations)} |"


def _kind(name: str, kind: Kind[Any]) -> Iterator[str]:
    yield from (_NOTICE, "", f"# {name}", "", inspect.getdoc(kind) or "")
    if kind.citations:
        yield from ("", f"Demanded by {'; '.join(kind.citations)}.")
    theory = inspect.getdoc(inspect.getmodule(type(kind)))
    yield from ("", "```text", theory or "", "```")
    fields = kind.parameters.model_fields
    if fields:
        yield from ("", "## Parameters", "", inspect.getdoc(kind.parameters) or "", "")
        required = [f"`{name}`" for name, field in fields.items() if field.is_required()]
        optional = [f"`{name}`" for name, field in fields.items() if not field.is_required()]
        said = [("must have", required), ("may have", optional)]
        words = [f"{verb} {', '.join(names)}" for verb, names in said if names]
        yield f"A rule {'; it '.join(words)}."
    yield from ("", "## Reasons", "", "| reason | FIX 103 | meaning |", "|---|---|---|")
    for reason in kind.reasons:
        yield f"| `{reason.name}` | {reason.fix.value} | {reason.meaning} |"
    yield ""


def _conditions() -> Iterator[str]:
    yield from (_NOTICE, "", "# Conditions", "")
    yield "The language of [`condition`](kinds/condition.md) rules: what can be written in `when`."
    yield from ("", "```text", inspect.getdoc(condition) or "", "```", "", "## Names", "")
    yield from ("| name | type | meaning |", "|---|---|---|")
    for name, meaning in VOCABULARY.items():
        values = sorted(meaning.values or ())
        choices = f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""
        maybe = "" if meaning.always else " May be unknown."
        yield f"| `{name}` | {meaning.type} | {meaning.text}{choices}{maybe} |"
    yield from ("", "## Functions", "", "| function | meaning |", "|---|---|")
    for name, text in FUNCTIONS.items():
        yield f"| `{name}` | {text} |"
    yield ""


if __name__ == "__main__":
    main()
