"""`python -m gateway.reference`: write again what is derived from the code.

A page that repeats the code is written by the code, and a test compares the two, so that neither
the editors' schema nor the reference of rule kinds can fall behind.
"""

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.kinds_page import kind_page, kinds_page, named_kinds
from gateway.lifecycle_page import lifecycle_page
from gateway.records_page import records_page
from rules import condition
from rules.condition.names import VOCABULARY
from rules.condition.sense import FUNCTIONS
from rules.schema import policy_schema

ROOT = Path(__file__).parents[1]

_NOTICE = "<!-- Written by `make docs` from the code. -->"


def pages() -> Mapping[str, str]:
    """Give every derived file, by its path from the root."""
    return {
        "policies/policy.schema.json": json.dumps(policy_schema(), indent=2) + "\n",
        "docs/reference/conditions.md": "\n".join(_conditions()),
        "docs/reference/kinds.md": "\n".join((_NOTICE, "", *kinds_page())),
        "docs/reference/lifecycle.md": "\n".join((_NOTICE, "", *lifecycle_page())),
        "docs/reference/records.md": "\n".join((_NOTICE, "", *records_page())),
        **{
            f"docs/reference/kinds/{name}.md": "\n".join((_NOTICE, "", *kind_page(name, kind)))
            for name, kind in named_kinds()
        },
    }


def main() -> None:
    """Write them all."""
    for name, text in pages().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


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
