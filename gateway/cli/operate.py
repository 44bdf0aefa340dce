"""`ordergate halt`, `cancel`, `resume` and `state`: an operator at a running gate's local door."""

import time
from typing import Annotated, Any

import typer
from rich.table import Table

from domain.events import CancelOrdered, StateOrdered
from domain.scope import Scope, TradingState
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
    surprises,
    tell,
)
from gateway.cli.flatten import progress
from gateway.cli.lines import facts_dated, instant

POLL_S = 0.02

Wait = Annotated[
    float, typer.Option(min=0, help="Seconds to wait until all cancels are confirmed.")
]
Drill = Annotated[
    bool, typer.Option("--drill", help="Change nothing: say and record what would be cancelled.")
]


def halt(
    scope: Where,
    reason: Why,
    by: By,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    wait: Wait = 10.0,
    *,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Cancel at the broker what is working in the scope.")
    ] = False,
    reducing: Annotated[
        bool, typer.Option("--reducing", help="Let orders through that bring positions to zero.")
    ] = False,
    drill: Drill = False,
    as_json: AsJson = False,
) -> None:
    """Stop a scope at once: no new orders, and with --cancel what works there is cancelled.

    The stop holds from its record on, until it is resumed. With --cancel the confirmations are
    followed; ends with 1 when a broker refused one or they did not all come in time. With --drill
    nothing is stopped or cancelled.
    """
    wanted = TradingState.REDUCING if reducing else TradingState.HALTED
    body = StateOrdered(
        scope=scope, state=wanted, cancel=cancel or drill, drill=drill, by=by, reason=reason
    )
    with answering(), at_the_gate(settings, door) as ask:
        answer = _kill(ask, body, wait=wait)
    _show_kill({"state": wanted, **answer}, as_json=as_json)


def cancel(
    scope: Where,
    reason: Why,
    by: By,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    wait: Wait = 10.0,
    *,
    keep_gtc: Annotated[
        bool, typer.Option("--keep-gtc", help="Leave what is good till cancelled.")
    ] = False,
    drill: Drill = False,
    as_json: AsJson = False,
) -> None:
    """Cancel at the brokers what works in a scope, which goes on trading.

    A single order is the scope order:G17. The confirmations are followed as those of halt.
    """
    body = CancelOrdered(scope=scope, keep_gtc=keep_gtc, drill=drill, by=by, reason=reason)
    with answering(), at_the_gate(settings, door) as ask:
        answer = _kill(ask, body, wait=wait)
    _show_kill({"state": None, **answer}, as_json=as_json)


def resume(
    scope: Where,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it may trade again.")] = "resumed",
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Let a scope trade again. Another stop that still covers it goes on holding.

    Where the house wants two persons, the first is told that the second is waited for; that, and a
    refusal, end with 1.
    """
    body = StateOrdered(scope=scope, state=TradingState.ACTIVE, cancel=False, by=by, reason=reason)
    with answering(), at_the_gate(settings, door) as ask:
        told = tell(ask, body)
    held_back = surprises(told)
    if as_json:
        state = None if held_back else "active"
        answer = {"record": told["seq"], "at": told["at"], "scope": scope, "state": state}
        show_json({**answer, "surprises": held_back})
    elif held_back:
        _show_surprises(held_back)
    else:
        screen.print(f"{scope} is [green]active[/] since record {told['seq']}")
    end(Ending.NO if held_back else Ending.YES)


def state(
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell what is in force at a running gate, which links are up, and how far kills have come."""
    with answering(), at_the_gate(settings, door) as ask:
        told = {**ask({"look": "state"})["state"], "health": ask({"look": "health"})["health"]}
    if as_json:
        show_json(told)
    else:
        _show_state(told)


def _kill(ask: Ask, body: StateOrdered | CancelOrdered, *, wait: float) -> dict[str, Any]:
    """Order a kill or a drill of one, and follow its cancels."""
    began = time.monotonic()
    told = tell(ask, body)
    answered_ms = round((time.monotonic() - began) * 1000, 1)
    sent = [each for each in told["outcome"].get("messages", ()) if each["is"] == "SendCancel"]
    refused = bool(surprises(told))
    follows = not body.drill and not refused and (isinstance(body, CancelOrdered) or body.cancel)
    kill = _followed(ask, told["seq"], began + wait) if follows else None
    return {
        "record": told["seq"],
        "at": told["at"],
        "scope": body.scope,
        "drill": body.drill,
        "would_cancel": told["outcome"].get("drilled", []),
        "cancels": len(sent),
        "answered_ms": answered_ms,
        "unconfirmed": [] if kill is None else kill["waiting"],
        "refused": [] if kill is None else kill["refused"],
        "confirmed_ms": None if kill is None else kill["done_ms"],
        "surprises": surprises(told),
    }


def _followed(ask: Ask, record: int, until: float) -> dict[str, Any]:
    """Follow a kill's cancels until all are confirmed or refused, or the time is up."""
    while True:
        kills = ask({"look": "state"})["state"]["kills"]
        kill: dict[str, Any] = next(one for one in kills if one["record"] == record)
        settled = set(kill["waiting"]) <= set(kill["refused"])
        if settled or time.monotonic() >= until:
            return kill
        time.sleep(POLL_S)


def _show_kill(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(answer)
    elif answer["drill"]:
        _show_drill(answer)
    else:
        _show_cancels(answer)
    end(Ending.NO if answer["unconfirmed"] or answer["surprises"] else Ending.YES)


def _show_drill(answer: dict[str, Any]) -> None:
    rows = answer["would_cancel"]
    total = sum(len(row["orders"]) for row in rows)
    screen.print(
        f"[bold]drill[/]: {total} orders would be cancelled in {answer['scope']}; nothing was "
        f"changed, record {answer['record']} says so"
    )
    for row in rows:
        away = ", [bold yellow]which is away[/]" if row.get("away") else ""
        count = f"{len(row['orders'])} of session {row['session']} at {row['route']}"
        screen.print(f"  {count}{away}")


def _show_cancels(answer: dict[str, Any]) -> None:
    _show_surprises(answer["surprises"])
    scope: Scope = answer["scope"]
    if answer["state"] is not None and not answer["surprises"]:
        screen.print(
            f"{scope} is [bold red]{answer['state']}[/] since record {answer['record']} "
            f"(answered in {answer['answered_ms']} ms)"
        )
    if answer["cancels"] or answer["unconfirmed"] or answer["state"] is None:
        screen.print(f"{answer['cancels']} cancels sent")
    if answer["confirmed_ms"] is not None:
        screen.print(f"all confirmed after {answer['confirmed_ms']} ms")
    refused = set(answer["refused"])
    for name in answer["unconfirmed"]:
        what = "refused by the broker" if name in refused else "not confirmed yet"
        screen.print(f"[bold yellow]{name} {what}[/]")


def _show_surprises(told: list[str]) -> None:
    for surprise in told:
        screen.print(f"! {surprise}", style="bold yellow", markup=False)


def _show_state(told: dict[str, Any]) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("records", f"{told['next']:,}, the last at {instant(told['at'])}")
    table.add_row("policy", str(told["policy"]))
    table.add_row("facts", str(told["facts"]))
    if dated := facts_dated(told["facts_version"], told["facts_as_of"]):
        table.add_row("", dated)
    table.add_row("orders", f"{told['orders']:,}, {told['working']:,} working")
    if told["in_doubt"]:
        table.add_row("in doubt", f"[bold yellow]{told['in_doubt']:,}[/]")
    table.add_row("waiting", f"{told['health']['waiting']:,} in the inbox")
    for name, up in told["health"]["links"].items():
        table.add_row("link", f"{name} {'[green]up[/]' if up else '[red]down[/]'}")
    for place, held in told["states"].items():
        table.add_row("stopped", f"{place} [bold red]{held}[/]")
    for place, release in told["releases"].items():
        by = f"proposed by {release['by']} until {instant(release['until'])}"
        table.add_row("release", f"{place} {release['state']}, {by}")
    for kill in told["kills"]:
        table.add_row("kill", f"{kill['scope']} at record {kill['record']}: {_progress(kill)}")
    for each in told["flattenings"]:
        what = f"{each['scope']} at record {each['record']}: {progress(each)}"
        table.add_row("flattening", what)
    if told["health"]["fault"]:
        table.add_row("fault", f"[bold red]{told['health']['fault']}[/]")
    screen.print(table)


def _progress(kill: dict[str, Any]) -> str:
    if kill["done_ms"] is not None:
        return f"[green]done[/], {kill['orders']} orders in {kill['done_ms']} ms"
    refused = f", {len(kill['refused'])} refused" if kill["refused"] else ""
    last = "" if kill["last_ms"] is None else f", the last confirmed after {kill['last_ms']} ms"
    return f"{len(kill['waiting'])} of {kill['orders']} unconfirmed{refused}{last}"
