"""`ordergate policy test`: the cases beside a policy, and whether they try its limits' edges."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from adapters.facts.load import read_facts
from domain.reference import Reference
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.beside import ENDING, Tested, read_trial_files, trials_beside
from gateway.cli.check import Gathered
from rules.edges import Tried
from rules.fault import Faults
from rules.kind import Rule
from rules.parse import parse_policy


def try_cases(
    policies: Annotated[list[Path], typer.Argument(help="Policies to test.", show_default=False)],
    trials: Annotated[
        list[Path] | None,
        typer.Option(help="Trials to put to each policy, instead of those beside it."),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(help="Reference facts: names a policy uses must be known there."),
    ] = None,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="A limit that is not tried at its edges fails too.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show only what is not as wanted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put every policy to the cases beside it: NAME.trials.yaml, or the files of NAME.trials.

    A case that does not find what it wants is told with file and line. So is every rule that no
    case tries under its limit, exactly at it, and over it: a limit that nobody tries at its edge
    can be wrong by a digit unseen. A number counts as tried at its edge when some case passes
    that would not if the number were one smallest step otherwise.

    Ends with 1 when a case fails, when there is none, or, with --strict, when a limit is not
    tried.
    """
    gathered = Gathered()
    tested: list[Tested] = []
    with answering():
        reference: Reference | None = None
        if facts is not None:
            with gathered:
                reference = read_facts(facts)
        for path in policies:
            with gathered:
                policy = parse_policy(path.read_bytes(), file=str(path), reference=reference)
                files = trials_beside(path) if trials is None else trials
                tested.append(Tested.of(policy, str(path), read_trial_files(files)))
        if gathered.faults:
            raise Faults(gathered.faults)
    good = all(one.passed and one.trials for one in tested)
    if strict:
        good = good and not any(tried.gaps for one in tested for tried in one.edges.tried.values())
    if as_json:
        show_json({"passed": good, "policies": [_told(one) for one in tested]})
    else:
        for one in tested:
            _show(one, quiet=quiet, strict=strict)
    end(Ending.YES if good else Ending.NO)


def _told(tested: Tested) -> dict[str, Any]:
    return {
        "policy": tested.policy.name,
        "version": tested.policy.version,
        "digest": tested.policy.digest,
        "file": tested.file,
        "cases": [
            {
                "trial": trial.name,
                "it": taken.it,
                "file": trial.file,
                "line": taken.line,
                "passed": not taken.differences,
                "differences": list(taken.differences),
            }
            for trial, taken in tested.cases()
        ],
        "rules": [
            {
                "rule": rule.id,
                "kind": rule.kind,
                "line": None if rule.mark is None else rule.mark.line,
                "cases": tried.cases,
                "under": tried.under,
                "at": tried.at,
                "over": tried.over,
                "untried": list(tried.gaps),
            }
            for rule, tried in _rules(tested)
        ],
    }


def _rules(tested: Tested) -> list[tuple[Rule[Any], Tried]]:
    return [(rule, tested.edges.tried[rule.id]) for rule in tested.policy.rules]


def _show(tested: Tested, *, quiet: bool, strict: bool) -> None:
    policy = tested.policy
    screen.print(f"[bold]{policy.name}[/] version {policy.version}, {escape(tested.file)}")
    if not tested.trials:
        wanted = Path(tested.file).with_suffix(ENDING)
        screen.print(f"[bold red]no cases:[/] wanted them in {escape(str(wanted))}")
        return
    failed = 0
    for trial, taken in tested.cases():
        failed += bool(taken.differences)
        name = trial.name if trial.name.endswith(taken.it) else f"{trial.name}: {taken.it}"
        place = escape(f"{trial.file}:{taken.line}")
        if taken.differences:
            screen.print(f"[bold red]fails[/]   {escape(name)}")
            for said in taken.differences:
                screen.print(f"        {place}: [red]{escape(said)}[/]")
        elif not quiet:
            screen.print(f"[green]passes[/]  {escape(name)}  [dim]{place}[/]")
    cases = sum(1 for _ in tested.cases())
    style = "bold red" if failed else "bold green"
    screen.print(f"[{style}]{cases - failed} of {cases} cases find what they want[/]\n")
    _show_edges(tested, quiet=quiet, strict=strict)


def _show_edges(tested: Tested, *, quiet: bool, strict: bool) -> None:
    table = Table("rule", "kind", box=None, pad_edge=False, header_style="dim")
    for heading in ("under", "at", "over"):
        table.add_column(heading, justify="right")
    for rule, tried in _rules(tested):
        if quiet and not tried.gaps:
            continue
        at = ", ".join(f"{name} {count}" for name, count in sorted(tried.at.items()))
        no_edge = "[dim]no edge[/]" if not tried.numbers else "0"
        table.add_row(rule.id, rule.kind, str(tried.under), at or no_edge, str(tried.over))
    if table.row_count:
        screen.print(table)
    style = "red" if strict else "yellow"
    for rule, tried in _rules(tested):
        if tried.gaps and rule.mark is not None:
            place = escape(f"{tested.file}:{rule.mark.line}")
            gaps = ", ".join(tried.gaps)
            screen.print(f"{place}: [{style}]no case tries `{rule.id}` {gaps}[/]")
    untried = sum(1 for _, tried in _rules(tested) if tried.gaps)
    total = len(tested.policy.rules)
    style = style if untried else "green"
    screen.print(f"[{style}]{total - untried} of {total} rules are tried under, at and over[/]")
