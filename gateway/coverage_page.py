"""The coverage report as one HTML file: nothing is fetched, nothing runs, and it prints on A4.

What a reader wants first stands first: how much is covered, and what is left open. Then every
control with its rules, their cases and when they last fired, every paragraph, and every rule.
"""

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from typing import Any

from domain.ids import Micros
from gateway.cli.lines import instant
from rules.controls.control import Control
from rules.controls.coverage import Answered, Coverage, Served, Standing
from rules.policy import Policy

_CAUTION = (
    "Controls and paragraphs are told in Ordergate's own words; the laws' texts alone bind. The "
    "report says which questions the policy asks, not whether its limits are wise."
)
_TAGS = {
    Served.RULES: "rules",
    Served.GATE: "the gate",
    Served.OTHER: "another's",
    Served.NOTHING: "no rule",
}


def coverage_page(policy: Policy, found: Coverage, at: Micros, *, file: str) -> str:
    """Write the report of a policy that was read from `file`, as of an instant."""
    style = files("gateway").joinpath("coverage.css").read_text(encoding="utf-8")
    title = f"Coverage of {escape(policy.name)}"
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>\n{style}</style></head>",
        "<body><main>",
        *_head(policy, at, title, file),
        *_sums(found),
        *_open(found),
        *_controls(found),
        *_paragraphs(found),
        *_rules(found),
        f"<footer>{_CAUTION}</footer>",
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _head(policy: Policy, at: Micros, title: str, file: str) -> Iterator[str]:
    yield f"<header><h1>{title}</h1>"
    owner = f", owned by {escape(policy.owner)}" if policy.owner else ""
    yield f"<p>Version {policy.version}{owner}. As of {instant(at)[:16]} UTC.</p>"
    if policy.description:
        yield f"<p>{escape(policy.description)}</p>"
    yield f"<p><code>{escape(file)} {policy.digest}</code></p></header>"


def _sums(found: Coverage) -> Iterator[str]:
    controls = [one for _, section in found.sections for one in section]
    in_force = [one for one in found.rules if one.in_force]
    by_rules = sum(one.served is Served.RULES for one in controls)
    bare = sum(one.served is Served.NOTHING for one in controls)
    left = len(found.open_paragraphs)
    tried = [one.tried for one in found.rules if one.tried is not None]
    gaps = sum(bool(one.gaps) for one in tried)
    yield '<dl class="sums">'
    yield _sum("rules in force", len(in_force))
    yield _sum("controls served by rules", by_rules)
    yield _sum("controls without a rule", bare, "doubt" if bare else "")
    yield _sum("paragraphs left open", left, "bad" if left else "")
    yield _sum("rules not tried under, at and over", gaps, "doubt" if gaps else "")
    if any(one.fired is not None for one in found.rules):
        yield _sum(
            "rules that never fired", sum(not (one.fired and one.fired.count) for one in in_force)
        )
    yield "</dl>"


def _sum(name: str, number: int, look: str = "") -> str:
    return f'<div class="{look}"><dt>{name}</dt><dd>{number}</dd></div>'


def _open(found: Coverage) -> Iterator[str]:
    left = found.open_paragraphs
    if not left:
        laws = " and ".join(found.laws)
        whole = f"Every paragraph of {laws} that a gate can serve is served"
        yield f'<section class="open whole"><h2>{whole}</h2></section>'
        return
    yield '<section class="open"><h2>Paragraphs that no rule of this policy serves</h2><ul>'
    for one in left:
        yield f"<li><strong>{escape(one.asked.name)}</strong>: {escape(one.asked.asks)}</li>"
    yield "</ul></section>"


def _controls(found: Coverage) -> Iterator[str]:
    looked = any(one.fired is not None for one in found.rules)
    past = ("last fired", "times") if looked else ()
    for name, section in found.sections:
        served = sum(one.served is not Served.NOTHING for one in section)
        yield f"<h2>{name}<small>{served} of {len(section)} served</small></h2>"
        yield _table_head(
            "", "control", "demanded by", "served by", "cases", *past, look="controls"
        )
        for one in section:
            yield from _control(one, looked=looked)
        yield "</tbody></table>"


def _control(one: Answered[Control], *, looked: bool) -> Iterator[str]:
    asked = one.asked
    rows = f' rowspan="{len(one.rules)}"' if len(one.rules) > 1 else ""
    first = (
        f'<td class="id"{rows}>{asked.id}</td>'
        f"<th{rows}>{escape(asked.name)}<small>{escape(asked.asks)}</small></th>"
        f'<td class="when"{rows}>{"<br>".join(map(escape, asked.articles))}</td>'
    )
    columns = 3 if looked else 1
    if not one.rules:
        yield f'<tr>{first}<td colspan="{columns + 1}">{_elsewhere(one)}</td></tr>'
    row = "<tr>"
    for standing in one.rules:
        yield f"{row}{first}{_standing(standing, looked=looked)}</tr>"
        row, first = '<tr class="more">', ""


def _elsewhere(one: Answered[Any]) -> str:
    said = one.asked.gate or one.asked.other
    more = f"<small>{_ticked(said)}</small>" if said else ""
    return _tag(one.served) + more


def _standing(one: Standing, *, looked: bool) -> str:
    rule = one.rule
    term = "" if one.in_force else f"<small>in force {escape(str(rule.term))}</small>"
    look = "" if one.in_force else ' class="out"'
    name = f"<td{look}><code>{escape(rule.id)}</code>{term}</td>"
    cases = '<td class="number"></td>'
    if one.tried is not None and one.tried.cases:
        gaps = ", ".join(one.tried.gaps)
        doubt = f' <span class="tag doubt">not {gaps}</span>' if gaps else ""
        cases = f'<td class="number">{doubt} {one.tried.cases}</td>'
    elif one.tried is not None:
        cases = '<td class="number"><span class="tag doubt">none</span></td>'
    return name + cases + (_past(one) if looked else "")


def _past(one: Standing) -> str:
    if one.fired is None or one.fired.at is None:
        return '<td class="when never">never</td><td class="number never">0</td>'
    return (
        f'<td class="when">{instant(one.fired.at)[:16]}</td>'
        f'<td class="number">{one.fired.count:,}</td>'
    )


def _paragraphs(found: Coverage) -> Iterator[str]:
    yield f"<h2>{' and '.join(found.laws)}"
    yield "<small>paragraph by paragraph, by what a rule's citation names</small></h2>"
    yield _table_head("paragraph", "asks the firm to", "served by")
    for one in found.paragraphs:
        by = _elsewhere(one)
        if one.served is Served.RULES:
            names = (escape(each.rule.id) for each in one.rules if each.in_force)
            by = " ".join(f"<code>{name}</code>" for name in names)
        asked = one.asked
        yield f'<tr><th class="when">{escape(asked.name)}</th>'
        yield f"<td>{escape(asked.asks)}</td><td>{by}</td></tr>"
    yield "</tbody></table>"


def _rules(found: Coverage) -> Iterator[str]:
    looked = any(one.fired is not None for one in found.rules)
    past = ("last fired", "times") if looked else ()
    yield "<h2>Every rule<small>in the policy's order</small></h2>"
    yield _table_head("rule", "line", "kind", "verdict", "demanded by", "cases", *past)
    for one in found.rules:
        rule = one.rule
        name, _, rest = _standing(one, looked=looked).partition("</td>")
        yield f"<tr>{name}</td>"
        yield f'<td class="number">{"" if rule.mark is None else rule.mark.line}</td>'
        yield f"<td><code>{rule.kind}</code></td><td>{rule.verdict}</td>"
        yield f"<td>{escape(rule.citation or '')}</td>{rest}</tr>"
    yield "</tbody></table>"


def _table_head(*headings: str, look: str = "") -> str:
    right = {"cases", "times", "line"}
    cells = (
        f'<th class="number">{one}</th>' if one in right else f"<th>{one}</th>" for one in headings
    )
    return f'<table class="{look}"><thead><tr>{"".join(cells)}</tr></thead><tbody>'


def _tag(served: Served) -> str:
    return f'<span class="tag {served}">{_TAGS[served]}</span>'


def _ticked(text: str) -> str:
    """Write what stands between backticks as code."""
    pieces: Iterable[str] = escape(text).split("`")
    return "".join(
        f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces)
    )
