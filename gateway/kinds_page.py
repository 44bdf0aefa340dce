"""The reference of rule kinds, written from the kinds: an index, a page for each, or all on one."""

import inspect
from collections.abc import Iterator
from typing import Any

from rules.house import HOUSE
from rules.kind import Kind
from rules.registry import KINDS

FORMAT = "[policy.md](../formats/policy.md)"


def kinds_page() -> Iterator[str]:
    """Write the index; each kind has a page of its own in a folder beside it."""
    yield from _index("kinds/{}.md", f"how a policy is written is in {FORMAT}")


def kind_page(name: str, kind: Kind[Any], *, depth: int = 1) -> Iterator[str]:
    """Write what there is to know about one kind, under headings from a depth on."""
    heading = "#" * depth
    yield from (f"{heading} {name}", "", inspect.getdoc(kind) or "")
    if kind.citations:
        yield from ("", f"Demanded by {'; '.join(kind.citations)}.")
    theory = inspect.getdoc(inspect.getmodule(type(kind)))
    yield from ("", "```text", theory or "", "```")
    fields = kind.parameters.model_fields
    if fields:
        yield from ("", f"{heading}# Parameters", "", inspect.getdoc(kind.parameters) or "", "")
        required = [f"`{name}`" for name, field in fields.items() if field.is_required()]
        optional = [f"`{name}`" for name, field in fields.items() if not field.is_required()]
        said = [("must have", required), ("may have", optional)]
        words = [f"{verb} {', '.join(names)}" for verb, names in said if names]
        yield f"A rule {'; it '.join(words)}."
    yield from ("", f"{heading}# Reasons", "", "| reason | FIX 103 | meaning |", "|---|---|---|")
    for reason in kind.reasons:
        yield f"| `{reason.name}` | {reason.fix.value} | {reason.meaning} |"
    yield ""


def whole_page() -> Iterator[str]:
    """Write the index and every kind on one page that needs no other."""
    yield from _index("#{}", "all stand below")
    for name, kind in named_kinds():
        yield f'<a id="{name}"></a>\n'
        yield from kind_page(name, kind, depth=2)


def named_kinds() -> Iterator[tuple[str, Kind[Any]]]:
    """Give every kind by its name, and then the house's by the ids of their rules."""
    yield from sorted(KINDS.items())
    yield from ((rule.id, kind) for kind, rule in HOUSE)


def _index(link: str, more: str) -> Iterator[str]:
    yield from ("# Kinds of rules", "")
    yield "What a rule of each kind asks. Its page says what it may be told and every way it can"
    yield f"say no; {more}."
    yield from ("", "| kind | asks that | demanded by |", "|---|---|---|")
    for name, kind in sorted(KINDS.items()):
        yield _row(name, kind, link)
    yield from ("", "## The house's own rules", "")
    yield "In force whatever the policy says; a policy cannot name, change or leave out these."
    yield from ("", "| rule | asks that | demanded by |", "|---|---|---|")
    for kind, rule in HOUSE:
        yield _row(rule.id, kind, link)
    yield ""


def _row(name: str, kind: Kind[Any], link: str) -> str:
    asks = " ".join((inspect.getdoc(kind) or "").split()).removesuffix(".")
    return f"| [`{name}`]({link.format(name)}) | {asks} | {'; '.join(kind.citations)} |"
