"""`ordergate order`: an order's whole life."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from audit.reader import Reader
from domain.ids import ClOrdId, OrderId, SessionId
from domain.working import Working
from gateway.cli.answers import (
    AsJson,
    Ending,
    answering,
    complaints,
    end,
    screen,
    show_json,
)
from gateway.cli.lines import STYLES, Entry, shown, terms
from gateway.library import Library
from gateway.projection import Projection
from gateway.views import life


def order(
    journal: Annotated[Path, typer.Argument(help="The journal's folder.")],
    name: Annotated[str, typer.Argument(metavar="ORDER_ID", help="Our id for it.")],
    session: Annotated[
        str | None, typer.Option(help="Take ORDER_ID for the desk's ClOrdID in this session.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell an order's whole life: every record that moved it, with every finding."""
    with answering():
        reader = Reader.open(journal)
        projection = Projection.of(Library(reader.object))
        for _ in projection.take(record.body for record in reader.records()):
            pass
        book = projection.state.book
        if session is None:
            working = book.live.get(OrderId(name))
        else:
            working = book.by_desk.get((SessionId(session), ClOrdId(name)))
        if working is None:
            of = "" if session is None else f" of session `{session}`"
            complaints.print(f"no order `{name}`{of} is in the journal", markup=False)
            end(Ending.NO)
        seqs = set(projection.lives[working.order_id])
        entries = [Entry.of(record.body) for record in reader.records() if record.number in seqs]
    if as_json:
        told: dict[str, Any] = life(working)
        told["records"] = [json.loads(entry.line) for entry in entries]
        show_json(told)
    else:
        _show(working, entries)


def _show(working: Working, entries: list[Entry]) -> None:
    told = life(working)
    style = STYLES[told["verdict"]]
    screen.print(f"[bold]{told['order_id']}[/] {terms(working.order)}", highlight=False)
    screen.print(
        f"`{told['cl_ord_id']}` of {told['session']}: [{style}]{told['verdict']}[/], "
        f"{told['status'].replace('_', ' ')}, filled {told['filled']}, leaves {told['leaves']}"
        + (f", average {told['average']}" if told["average"] else "")
        + (f", at {told['route']}" if told["route"] else "")
        + ("[bold yellow], in doubt[/]" if told["in_doubt"] else "")
    )
    for entry in entries:
        screen.print(shown(entry))
