"""How commands find a running gate, say who speaks, and ask it: the local door's other side."""

import getpass
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.clock import now
from domain.events import Body
from domain.fixed import parse_fixed
from domain.ids import Micros
from domain.scope import Scope, parse_scope
from gateway.local_door import LocalCaller
from gateway.records import write_body
from gateway.settings import read_door
from rules.fields import read_duration

DEFAULT_SETTINGS = Path("ordergate.yaml")

Ask = Callable[[dict[str, object]], Any]
"""Puts one line to the gate and gives its answer."""


def _scope(text: str) -> Scope:
    try:
        return parse_scope(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _span(text: str) -> int:
    try:
        return read_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def decimal(text: str) -> int:
    """Read an amount, a quantity or a fraction."""
    try:
        return parse_fixed(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _login() -> str:
    """Name whoever is at the keyboard; a container may know only a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


Where = Annotated[
    Scope,
    typer.Argument(parser=_scope, metavar="SCOPE", help="Such as desk:us-equities or firm:house."),
]
By = Annotated[
    str,
    typer.Option(default_factory=_login, show_default="your login", help="Who orders it."),
]
Why = Annotated[str, typer.Option(help="Why: it stands in the journal for ever.")]
Lasting = Annotated[
    int | None,
    typer.Option("--for", parser=_span, metavar="SPAN", help="How long it is good, such as 5m."),
]
SettingsFile = Annotated[
    Path, typer.Option("-s", "--settings", help="The settings of the gate to speak to.")
]
Door = Annotated[
    Path | None, typer.Option(help="The gate's local door, where the settings are not at hand.")
]


def until(lasting: int | None) -> Micros | None:
    """Give the instant at which something that is good so long from now ends."""
    return None if lasting is None else Micros(now() + lasting)


@contextmanager
def at_the_gate(settings: Path, door: Path | None, *, patience_s: float = 10.0) -> Iterator[Ask]:
    """Speak to the gate behind a door, or behind the one that settings name."""
    path = read_door(settings) if door is None else door
    try:
        caller = LocalCaller(path, timeout_s=patience_s)
    except (FileNotFoundError, ConnectionRefusedError) as fault:
        raise ConnectionRefusedError(f"no gate is running at `{path}`") from fault
    try:
        yield caller.ask
    finally:
        caller.close()


def tell(ask: Ask, body: Body) -> dict[str, Any]:
    """Put an event to the gate; give the record's number, time and outcome."""
    told: dict[str, Any] = ask({"event": json.loads(write_body(body))})
    return told


def surprises(told: dict[str, Any]) -> list[str]:
    """What an operator should know of an outcome: why it was refused, or waits."""
    found: list[str] = told["outcome"].get("surprises", [])
    return found
