"""`ordergate tail`: the journal's newest records, in words."""

import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from audit.reader import Reader
from gateway.cli.answers import AsJson, answering, screen
from gateway.cli.lines import Entry, shown

PAUSE_S = 0.05


def tail(
    journal: Annotated[Path, typer.Argument(help="The journal's folder.")],
    lines: Annotated[
        int, typer.Option("-n", "--lines", min=0, help="How many records; 0 shows all.")
    ] = 20,
    order: Annotated[
        str | None, typer.Option(help="Only records that name this order of ours, such as G17.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Only this desk session.")] = None,
    *,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on as records are written.")
    ] = False,
    denied: Annotated[bool, typer.Option("--denied", help="Only what was not let out.")] = False,
    silent: Annotated[
        bool, typer.Option("--silent", help="Only what rules noticed and told no desk.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the newest records of a journal, also while it is being written.

    With --json the records are written as they stand in the journal, one a line.
    """

    def wanted(entry: Entry) -> bool:
        return (
            (order is None or entry.speaks_of(order))
            and (session is None or entry.is_of_session(session))
            and (not denied or entry.verdict in {"deny", "review"})
            and (not silent or any(finding.get("silent") for finding in entry.findings))
        )

    def show(entry: Entry) -> None:
        if as_json:
            typer.echo(entry.line)
        else:
            screen.print(shown(entry))

    filtered = order is not None or session is not None or denied or silent
    with answering(), suppress(KeyboardInterrupt):  # an interrupt is how one ends it
        newest: deque[bytes] = deque(maxlen=lines or None)
        reader = Reader.open(journal)
        end = 0
        for record in reader.records():
            end = record.number + 1
            if not filtered or wanted(Entry.of(record.body)):
                newest.append(record.body)
        for line in newest:
            show(Entry.of(line))
        if follow:
            for record in reader.follow(end, _pause):
                entry = Entry.of(record.body)
                if wanted(entry):
                    show(entry)


def _pause() -> bool:
    time.sleep(PAUSE_S)
    return True
