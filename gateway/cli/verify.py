"""`ordergate verify`: whether the journal is what was written."""

from pathlib import Path
from typing import Annotated

import typer

from audit.note import PublicKey
from audit.report import Report
from audit.verify import verify as judge
from gateway.cli.answers import (
    AsJson,
    Ending,
    answering,
    complaints,
    end,
    screen,
    show_json,
)


def verify(
    journal: Annotated[Path, typer.Argument(help="The journal's folder.")],
    key: Annotated[
        str | None,
        typer.Option(help="The public key that must have signed: its line, or a file with it."),
    ] = None,
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out whether each record is canonical JSON.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check every link, root and signature of a journal, and tell every fault with its place.

    Without --key the journal's own word is taken for whose key it is, which proves only that nobody
    without that key wrote it. That the newest records were not cut off with their checkpoint can
    only be seen by comparing the head with one kept elsewhere. Ends with 1 when anything is wrong.
    """
    with answering():
        public = None if key is None else _public(key)
        with complaints.status("reading the journal"):
            report = judge(journal, public, form=not quick)
    if as_json:
        show_json(report.as_json())
    else:
        _show(report)
    end(Ending.YES if report.ok else Ending.NO)


def _public(given: str) -> PublicKey:
    path = Path(given)
    text = path.read_text(encoding="utf-8") if path.is_file() else given
    try:
        return PublicKey.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--key") from error


def _show(report: Report) -> None:
    screen.print(
        f"{report.origin}: {report.records:,} records in {report.batches:,} batches, "
        f"{report.segments:,} segments, {report.bytes:,} bytes; {report.objects:,} objects; "
        f"{report.checkpoints:,} checkpoints, the last of {report.signed:,} records"
    )
    screen.print(f"head {report.head}\nroot {report.root}", style="dim")
    for sentence in report.unchecked:
        screen.print(f"not checked: {sentence}", style="yellow", markup=False)
    for fault in report.faults:
        screen.print(str(fault), style="red", markup=False)
    if report.faults_omitted:
        screen.print(f"and {report.faults_omitted:,} faults more", style="red")
    if report.ok:
        screen.print("[bold green]the journal is whole[/]")
    else:
        screen.print("[bold red]the journal is damaged[/]")
