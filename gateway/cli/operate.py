"""`ordergate halt`, `resume` and `state`: an operator at a running gate's local door."""

import getpass
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from domain.events import StateOrdered
from domain.scope import Scope, TradingState, parse_scope
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.lines import instant
from gateway.local_door import LocalCaller
from gateway.records import write_body
from gateway.settings import read_door

POLL_S = 0.02


def _scope(text: str) -> Scope:
    try:
        return parse_scope(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


Where = Annotated[
    Scope,
    typer.Argument(parser=_scope, metavar="SCOPE", help="Such as desk:us-equities or firm:house."),
]


def _login() -> str:
    """Name whoever is at the keyboard; a container may know only a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


By = Annotated[
    str,
    typer.Option(default_factory=_login, show_default="your login", help="Who orders it."),
]
SettingsFile = Annotated[
    Path, typer.Option("-s", "--settings", help="The settings of the gate to speak to.")
]
Door = Annotated[
    Path | None, typer.Option(help="The gate's local door, where the settings are not at hand.")
]
DEFAULT_SETTINGS = Path("ordergate.yaml")


def halt(
    scope: Where,
    reason: Annotated[str, typer.Option(help="Why: it stands in the journal for ever.")],
    by: By,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait until all cancels are confirmed.")
    ] = 10.0,
    *,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Cancel at the broker what is working in the scope.")
    ] = False,
    reducing: Annotated[
        bool, typer.Option("--reducing", help="Let orders through that bring positions to zero.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Stop a scope at once: no new orders, and with --cancel what works there is cancelled.

    The stop holds from its record on, until it is resumed. With --cancel the confirmations are
    followed; ends with 1 when a broker refused one or they did not all come in time.
    """
    wanted = TradingState.REDUCING if reducing else TradingState.HALTED
    body = StateOrdered(scope=scope, state=wanted, cancel=cancel, by=by, reason=reason)
    with answering(), _gate(settings, door) as ask:
        began = time.monotonic()
        told = ask({"event": json.loads(write_body(body))})
        answered_ms = round((time.monotonic() - began) * 1000, 1)
        kill = _followed(ask, told["seq"], began + wait) if cancel else None
    missing = [] if kill is None else kill["waiting"]
    asked = sum(message["is"] == "SendCancel" for message in told["outcome"].get("messages", ()))
    answer = {
        "record": told["seq"],
        "at": told["at"],
        "scope": scope,
        "state": wanted,
        "cancels": asked,
        "answered_ms": answered_ms,
        "unconfirmed": missing,
        "refused": [] if kill is None else kill["refused"],
        "confirmed_ms": None
        if kill is None or kill["done_at"] is None
        else round((kill["done_at"] - kill["at"]) / 1000, 1),
    }
    if as_json:
        show_json(answer)
    else:
        _show_halt(answer)
    end(Ending.NO if missing else Ending.YES)


def resume(
    scope: Where,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it may trade again.")] = "resumed",
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Let a scope trade again. Another stop that still covers it goes on holding."""
    body = StateOrdered(scope=scope, state=TradingState.ACTIVE, cancel=False, by=by, reason=reason)
    with answering(), _gate(settings, door) as ask:
        told = ask({"event": json.loads(write_body(body))})
    if as_json:
        show_json({"record": told["seq"], "at": told["at"], "scope": scope, "state": "active"})
    else:
        screen.print(f"{scope} is [green]active[/] since record {told['seq']}")


def state(
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell what is in force at a running gate, which links are up, and how far kills have come."""
    with answering(), _gate(settings, door) as ask:
        told = {**ask({"look": "state"})["state"], "health": ask({"look": "health"})["health"]}
    if as_json:
        show_json(told)
    else:
        _show_state(told)


@contextmanager
def _gate(settings: Path, door: Path | None) -> Iterator[Callable[[dict[str, object]], Any]]:
    path = read_door(settings) if door is None else door
    try:
        caller = LocalCaller(path)
    except (FileNotFoundError, ConnectionRefusedError) as fault:
        raise ConnectionRefusedError(f"no gate is running at `{path}`") from fault
    try:
        yield caller.ask
    finally:
        caller.close()


def _followed(ask: Callable[[dict[str, object]], Any], record: int, until: float) -> dict[str, Any]:
    """Follow a kill's cancels until all are confirmed or refused, or the time is up."""
    while True:
        kills = ask({"look": "state"})["state"]["kills"]
        kill: dict[str, Any] = next(one for one in kills if one["record"] == record)
        settled = set(kill["waiting"]) <= set(kill["refused"])
        if settled or time.monotonic() >= until:
            return kill
        time.sleep(POLL_S)


def _show_halt(answer: dict[str, Any]) -> None:
    screen.print(
        f"{answer['scope']} is [bold red]{answer['state']}[/] since record {answer['record']} "
        f"(answered in {answer['answered_ms']} ms)"
    )
    if answer["cancels"] or answer["unconfirmed"]:
        screen.print(f"{answer['cancels']} cancels sent")
    if answer["confirmed_ms"] is not None:
        screen.print(f"all confirmed after {answer['confirmed_ms']} ms")
    refused = set(answer["refused"])
    for name in answer["unconfirmed"]:
        what = "refused by the broker" if name in refused else "not confirmed yet"
        screen.print(f"[bold yellow]{name} {what}[/]")


def _show_state(told: dict[str, Any]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("records", f"{told['next']:,}, the last at {instant(told['at'])}")
    table.add_row("policy", str(told["policy"]))
    table.add_row("facts", str(told["facts"]))
    table.add_row("orders", f"{told['orders']:,}, {told['working']:,} working")
    if told["in_doubt"]:
        table.add_row("in doubt", f"[bold yellow]{told['in_doubt']:,}[/]")
    table.add_row("waiting", f"{told['health']['waiting']:,} in the inbox")
    for name, up in told["health"]["links"].items():
        table.add_row("link", f"{name} {'[green]up[/]' if up else '[red]down[/]'}")
    for place, held in told["states"].items():
        table.add_row("stopped", f"{place} [bold red]{held}[/]")
    for kill in told["kills"]:
        ended = "[green]done[/]" if kill["done_at"] else f"{len(kill['waiting'])} unconfirmed"
        table.add_row("kill", f"{kill['scope']} at record {kill['record']}: {ended}")
    if told["health"]["fault"]:
        table.add_row("fault", f"[bold red]{told['health']['fault']}[/]")
    screen.print(table)
