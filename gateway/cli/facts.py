"""`ordergate facts`: check a file of reference facts, have a gate read it, see what is in force."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.at_the_gate import DEFAULT_SETTINGS, By, Door, SettingsFile, at_the_gate
from gateway.cli.check import check as check_all
from gateway.cli.lines import facts_dated

PATIENCE_S = 120.0
"""How long a gate may take to read its facts: calendars and long tables take seconds."""


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of facts.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Read reference facts with their tables, and tell every fault with file, row and column."""
    check_all(facts=file, as_json=as_json)


def load(
    by: By,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    older: Annotated[
        bool, typer.Option("--older", help="Take facts that are older than those in force, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Have a running gate read its facts anew, and follow them from the next order on.

    Ends with 1 when they are refused; the facts in force stay in force then. Whatever comes of it
    stands in the journal.
    """
    with answering(), at_the_gate(settings, door, patience_s=PATIENCE_S) as ask:
        told = ask({"load": "facts", "by": by, "older": older})
    told.pop("id")
    if as_json:
        show_json(told)
    else:
        _show_load(told)
    end(Ending.NO if "faults" in told else Ending.YES)


def show(
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell which facts are in force at a running gate, and how much they hold.

    Their text is the journal's object of that digest.
    """
    with answering(), at_the_gate(settings, door) as ask:
        told = ask({"look": "facts"})["facts"]
    if as_json:
        show_json(told)
        return
    table = Table.grid(padding=(0, 2))
    table.add_row("facts", told["digest"])
    if dated := facts_dated(told["version"], told["as_of"]):
        table.add_row("", dated)
    table.add_row("base", told["base"])
    for what, count in told["held"].items():
        table.add_row(what.replace("_", " "), f"{count:,}")
    screen.print(table)


def _show_load(told: dict[str, Any]) -> None:
    if "faults" in told:
        for fault in told["faults"]:
            screen.print(fault, markup=False)
        screen.print(f"[bold red]refused[/] at record {told['seq']}: the facts in force stay")
    elif told.get("unchanged"):
        screen.print(f"{told['digest']} is in force already")
    else:
        screen.print(f"{told['digest']} [green]in force[/] since record {told['seq']}")
        if dated := facts_dated(told["version"], told["as_of"]):
            screen.print(dated)
