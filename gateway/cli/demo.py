"""`ordergate demo`: a real account's trades through a real gate, to watch."""

import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from gateway.cli.answers import Ending, answering, complaints, end, screen

WIDTH = 100
"""Columns where there is no terminal to ask."""


def demo(
    orders: Annotated[
        int | None, typer.Option(min=1, help="How many of the account's trades; left out: all.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=90, help="Messages a second.")] = 16,
    trades: Annotated[
        Path | None,
        typer.Option(help="Other trades of the same shares: CSV, also packed as .gz."),
    ] = None,
    kill: Annotated[
        int, typer.Option(min=0, help="How often to kill the gate, without a warning, on the way.")
    ] = 0,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", help="Where journal, books and logs go; left out: a new folder."),
    ] = None,
    *,
    plain: Annotated[
        bool, typer.Option("--plain", "--no-live", help="Lines instead of the live view.")
    ] = False,
) -> None:
    """Watch two desks, the gate and two brokers work through a real account's orders.

    Every trade of the account in the last months of 2008 becomes an order over FIX, and beside them
    somebody keeps slipping: fat fingers, duplicates, restricted names, prices between ticks. Each
    slip must be stopped, by the rule meant for it; the gate's journal, the brokers' own books and
    the account's trades must agree in the end, and the journal must verify. Ends with 1 when any
    of this fails, with 3 when a process fell or the demo was interrupted. A gate that is killed
    (try it) is started again, and nothing of this may change.
    """
    # The FIX engine belongs to the demo, not to every command.
    from gateway.demo.show import Wishes, play  # noqa: PLC0415
    from gateway.demo.stage import Fallen  # noqa: PLC0415
    from gateway.demo.trades import Unreadable  # noqa: PLC0415

    wishes = Wishes(
        trades=trades, orders=orders, pace=speed, kills=kill, live=not plain, folder=folder
    )
    console = Console(highlight=False, width=None if screen.is_terminal else WIDTH)
    # Whoever ends the demo ends the processes it has started with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with answering():
        try:
            good = play(wishes, console)
        except (Fallen, Unreadable) as fault:
            complaints.print(f"[red]the demo came to a halt:[/] {escape(str(fault))}")
            end(Ending.NO_ANSWER)
        except KeyboardInterrupt:
            complaints.print("\ninterrupted: desks, gate and brokers were stopped")
            end(Ending.NO_ANSWER)
    end(Ending.YES if good else Ending.NO)
