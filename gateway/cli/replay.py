"""`ordergate replay`: decide every record again, and say whether it comes out the same."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from audit.reader import Reader
from gateway.cli.answers import (
    AsJson,
    Ending,
    answering,
    complaints,
    end,
    screen,
    show_json,
)
from gateway.library import Library
from gateway.replay import Difference
from gateway.replay import replay as carry_out
from gateway.snapshot import digest
from gateway.state import State


def replay(
    journal: Annotated[Path, typer.Argument(help="The journal's folder.")],
    to: Annotated[
        int | None, typer.Option(min=0, help="The last record to carry out; left out: all.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Decide every record of a journal again with this version's rules, and compare.

    Every outcome must be the recorded one, byte for byte. The first that differs ends the replay,
    since whatever follows it was decided from another state. Tells the digest of the state at the
    end: two gates that carried out the same records have the same. Ends with 1 at a difference.
    """
    with answering():
        reader = Reader.open(journal)
        told = _carry_out(reader, to)
    if as_json:
        show_json(told)
    else:
        _show(told)
    end(Ending.YES if told["difference"] is None else Ending.NO)


def _carry_out(reader: Reader, to: int | None) -> dict[str, Any]:
    most = None if to is None else to + 1
    state = State(Library(reader.object))
    difference: dict[str, Any] | None = None
    with _progress() as progress:
        # Counting reads and checks the chain, which is a small part of what deciding again costs.
        total = sum(1 for _ in islice(reader.records(), most))
        task = progress.add_task("replaying", total=total)
        lines = (record.body for record in islice(reader.records(), most))
        began = time.perf_counter()
        try:
            for _ in carry_out(state, _seen(lines, progress, task)):
                pass
        except Difference as found:
            difference = {
                "record": found.seq,
                "recorded": found.recorded,
                "decided": found.decided,
            }
        seconds = time.perf_counter() - began
    with complaints.status("taking the digest of the state"):
        state_digest = digest(state)
    return {
        "records": state.next_seq,
        "seconds": round(seconds, 3),
        "per_second": round(state.next_seq / seconds) if seconds else 0,
        "difference": difference,
        "state": state_digest,
        "orders": len(state.book.orders),
        "working": len(state.book.working),
    }


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} of {task.total:,} records"),
        TimeRemainingColumn(),
        console=complaints,
        transient=True,
    )


def _seen(lines: Iterable[bytes], progress: Progress, task: Any) -> Iterator[bytes]:  # noqa: ANN401
    """Move the bar, once in a thousand records: moving it costs as much as deciding."""
    for number, line in enumerate(lines):
        if number % 1000 == 0:
            progress.update(task, completed=number)
        yield line


def _show(told: dict[str, Any]) -> None:
    screen.print(
        f"{told['records']:,} records carried out again in {told['seconds']:.1f} s "
        f"({told['per_second']:,} a second): {told['orders']:,} orders, {told['working']:,} working"
    )
    screen.print(f"state {told['state']}", style="dim")
    found = told["difference"]
    if found is None:
        screen.print("[bold green]every outcome is the recorded one[/]")
        return
    screen.print(f"[bold red]record {found['record']} would be decided differently now[/]")
    screen.print(f"recorded: {found['recorded']}", markup=False)
    screen.print(f"decided:  {found['decided']}", markup=False)
