"""`ordergate policy coverage`: which controls a policy has, and which paragraphs nothing serves."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from adapters.clock import now
from adapters.facts.load import read_facts
from audit.reader import Reader
from domain.ids import Micros
from domain.reference import Reference
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.beside import Tested, read_trial_files, trials_beside
from gateway.cli.check import Gathered
from gateway.cli.lines import instant
from gateway.coverage_page import coverage_page
from gateway.fired import fired
from rules.controls.control import Control
from rules.controls.coverage import Answered, Coverage, Served, Standing, coverage
from rules.controls.paragraphs import LAWS
from rules.fault import Faults, nearest
from rules.parse import parse_policy
from rules.term import read_moment

_PLAIN: dict[str, Any] = {"box": None, "pad_edge": False, "header_style": "dim"}
_STYLES = {
    Served.RULES: "green",
    Served.GATE: "cyan",
    Served.OTHER: "dim",
    Served.NOTHING: "bold red",
}


def _moment(text: str) -> Micros:
    try:
        return read_moment(text)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from None


def cover(
    policy: Annotated[Path, typer.Argument(help="The policy.")],
    facts: Annotated[
        Path | None,
        typer.Option(help="Reference facts: names the policy uses must be known there."),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="A journal: when each rule found something, how often.")
    ] = None,
    on: Annotated[
        Micros | None,
        typer.Option(
            help="The day, or instant, whose rules count: 2026-06-04 America/New_York. "
            "Left out: now.",
            parser=_moment,
            metavar="MOMENT",
            show_default=False,
        ),
    ] = None,
    law: Annotated[
        list[str] | None,
        typer.Option(
            help=f"A law that binds the firm: {' or '.join(LAWS)}. Left out: both.",
            show_default=False,
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the report as one HTML file, to read or print.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say which control and which regulation each rule answers, how it is tried, when it fired.

    Cases are those beside the policy, as for `policy test`. Every paragraph of RTS 6 articles 12
    to 18 and of SEC 15c3-5 is told with what serves it: rules of this policy, by their citations;
    the gate, whatever the policy says; or another part of the firm. Those that nothing serves are
    what the policy leaves open.

    Ends with 1 when the policy leaves a paragraph open that a gate can serve. Say with --law which
    of the two binds the firm, if it is not both.
    """
    for name in law or ():
        if name not in LAWS:
            raise typer.BadParameter(f"`{name}` is not listed: {nearest(name, LAWS)}")
    gathered = Gathered()
    with answering():
        reference: Reference | None = None
        tested: Tested | None = None
        if facts is not None:
            with gathered:
                reference = read_facts(facts)
        with gathered:
            read = parse_policy(policy.read_bytes(), file=str(policy), reference=reference)
            tested = Tested.of(read, str(policy), read_trial_files(trials_beside(policy)))
        if gathered.faults or tested is None:
            raise Faults(gathered.faults)
        past = None
        if journal is not None:
            past = fired(record.body for record in Reader.open(journal).records())
        at = Micros(now()) if on is None else on
        laws = tuple(law or LAWS)
        found = coverage(tested.policy, at, laws=laws, tried=tested.edges.tried, fired=past)
        if html is not None:
            page = coverage_page(tested.policy, found, at, file=policy.name)
            html.write_text(page, encoding="utf-8")
    if as_json:
        show_json(_told(tested, found, at))
    else:
        _show(tested, found, at)
    end(Ending.NO if found.open_paragraphs else Ending.YES)


def _told(tested: Tested, found: Coverage, at: Micros) -> dict[str, Any]:
    policy = tested.policy
    return {
        "policy": policy.name,
        "version": policy.version,
        "digest": policy.digest,
        "file": tested.file,
        "at": at,
        "controls": [
            {"id": one.asked.id, **_answered(one), "articles": list(one.asked.articles)}
            for _, section in found.sections
            for one in section
        ],
        "paragraphs": [_answered(one) for one in found.paragraphs],
        "open": [one.asked.name for one in found.open_paragraphs],
        "rules": [_standing(one) for one in found.rules],
    }


def _answered(one: Answered[Any]) -> dict[str, Any]:
    return {
        "name": one.asked.name,
        "asks": one.asked.asks,
        "served_by": str(one.served),
        "rules": [standing.rule.id for standing in one.rules],
        "gate": one.asked.gate,
        "other": one.asked.other,
    }


def _standing(one: Standing) -> dict[str, Any]:
    rule, tried, past = one.rule, one.tried, one.fired
    return {
        "rule": rule.id,
        "kind": rule.kind,
        "verdict": str(rule.verdict),
        "citation": rule.citation,
        "line": None if rule.mark is None else rule.mark.line,
        "in_force": one.in_force,
        "effective_from": rule.term.since,
        "effective_until": rule.term.until,
        "cases": None if tried is None else tried.cases,
        "untried": None if tried is None else list(tried.gaps),
        "fired": None if past is None else past.count,
        "last_fired": None if past is None else past.at,
        "last_record": None if past is None else past.record,
    }


def _show(tested: Tested, found: Coverage, at: Micros) -> None:
    policy = tested.policy
    screen.print(f"[bold]{policy.name}[/] version {policy.version}, as of {instant(at)[:16]} UTC")
    screen.print(policy.digest, style="dim")
    looked = any(one.fired is not None for one in found.rules)
    for name, section in found.sections:
        screen.print(f"\n[bold]{name}[/]")
        table = Table("", "control", **_PLAIN)
        table.add_column("served by", overflow="fold")
        table.add_column("cases", justify="right", no_wrap=True)
        if looked:
            table.add_column("last fired", no_wrap=True)
            table.add_column("times", justify="right", no_wrap=True)
        for one in section:
            _rows(table, one, looked=looked)
        screen.print(table)
    screen.print(f"\n[bold]{' and '.join(found.laws)}[/]")
    table = Table("paragraph", "asks", "served by", **_PLAIN)
    for paragraph in found.paragraphs:
        by = ", ".join(one.rule.id for one in paragraph.rules if one.in_force)
        asked = paragraph.asked
        said = by or escape(asked.gate or asked.other or "no rule")
        style = _STYLES[paragraph.served]
        table.add_row(asked.name, escape(asked.asks), f"[{style}]{said}[/]")
    screen.print(table)
    left = found.open_paragraphs
    if left:
        screen.print("\n[bold red]no rule of this policy serves[/]")
        for paragraph in left:
            screen.print(f"  {paragraph.asked.name}: {paragraph.asked.asks}", markup=False)
    else:
        screen.print("\n[bold green]every paragraph that a gate can serve is served[/]")


def _rows(table: Table, one: Answered[Control], *, looked: bool) -> None:
    """Add a control: its rules one under the other, or what serves it instead."""
    articles = escape("; ".join(one.asked.articles))
    first = one.asked.id, f"{escape(one.asked.name)}\n[dim]{articles}[/]"
    if not one.rules:
        said = one.asked.gate or one.asked.other or "no rule"
        table.add_row(*first, f"[{_STYLES[one.served]}]{escape(said)}[/]")
    cells = [_cells(standing) for standing in one.rules]
    if cells:
        columns = ("\n".join(column) for column in zip(*cells, strict=True))
        table.add_row(*first, *list(columns)[: 4 if looked else 2])


def _cells(one: Standing) -> tuple[str, str, str, str]:
    name = one.rule.id if one.in_force else f"[dim]{one.rule.id} ({one.rule.term})[/]"
    cases = ""
    if one.tried is not None and one.tried.cases:
        gaps = ", ".join(one.tried.gaps)
        cases = f"[yellow]not {gaps}[/] {one.tried.cases}" if gaps else str(one.tried.cases)
    elif one.tried is not None:
        cases = "[yellow]none[/]"
    if one.fired is None or one.fired.at is None:
        return name, cases, "[dim]never[/]", "[dim]0[/]"
    return name, cases, instant(one.fired.at)[:16], f"{one.fired.count:,}"
