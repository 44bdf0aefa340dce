"""`ordergate flatten`: have a running gate close what is held in a scope, and watch it do so."""

import time
from typing import Annotated, Any

import typer

from domain.events import FlattenOrdered
from domain.fixed import Quantity, Ratio
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.at_the_gate import (
    DEFAULT_SETTINGS,
    Ask,
    By,
    Door,
    SettingsFile,
    Where,
    Why,
    at_the_gate,
    decimal,
    surprises,
    tell,
)

POLL_S = 0.05

Piece = Annotated[
    int | None,
    typer.Option(
        parser=decimal, metavar="QUANTITY", help="The most that one order closes; left out, all."
    ),
]


def flatten(
    scope: Where,
    reason: Why,
    by: By,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    slippage: Annotated[
        int,
        typer.Option(
            parser=decimal,
            metavar="FRACTION",
            help="How far from the reference price it may close.",
        ),
    ] = "0.05",  # type: ignore[assignment]  # typer reads defaults as it reads words
    piece: Piece = None,
    attempts: Annotated[int, typer.Option(min=1, help="Steps before people must look.")] = 150,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until nothing is held.")] = 10,
    *,
    market: Annotated[bool, typer.Option("--market", help="Close by market orders.")] = False,
    as_json: AsJson = False,
) -> None:
    """Close what is held in a scope: cancel what works there, then let the gate trade it to zero.

    The scope may only reduce from then on, until it is resumed. The closing orders are judged by
    the policy like a desk's. Ends with 1 when the gate would not, or not all was closed in time; it
    goes on closing then.
    """
    body = FlattenOrdered(
        scope=scope,
        slippage=Ratio(slippage),
        market=market,
        piece=None if piece is None else Quantity(piece),
        attempts=attempts,
        by=by,
        reason=reason,
    )
    with answering(), at_the_gate(settings, door) as ask:
        until = time.monotonic() + wait
        told = tell(ask, body)
        refused = surprises(told)
        came = None if refused else _followed(ask, told["seq"], until)
    answer = {"record": told["seq"], "at": told["at"], "scope": scope}
    if as_json:
        show_json({**answer, "progress": came, "surprises": refused})
    elif came is None:
        for why in refused:
            screen.print(f"! {why}", style="bold yellow", markup=False)
    else:
        screen.print(f"{scope} is being flattened since record {told['seq']}: {progress(came)}")
        for line in came["left"]:
            what = f"{line['account']} holds {line['position']} {line['instrument']}"
            screen.print(what, style="bold yellow", markup=False)
    end(Ending.YES if came is not None and came["end"] == "flat" else Ending.NO)


def progress(told: dict[str, Any]) -> str:
    """Say how far a flattening has come."""
    orders = f"{told['asked']} orders asked for in {told['steps']} steps"
    match told["end"]:
        case None:
            return f"{len(told['left'])} lines left, {orders}"
        case "flat":
            return f"[green]flat[/], {orders}, {told['done_ms']} ms"
        case ended:
            return f"[bold yellow]{ended.replace('_', ' ')}[/], {orders}"


def _followed(ask: Ask, record: int, until: float) -> dict[str, Any]:
    """Follow a flattening to its end, or until the time is up."""
    while True:
        told = ask({"look": "state"})["state"]["flattenings"]
        came: dict[str, Any] = next(each for each in told if each["record"] == record)
        if came["end"] is not None or time.monotonic() >= until:
            return came
        time.sleep(POLL_S)
