"""The demo from beginning to end: set the stage, play, watch, and reckon."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live

from adapters.facts.load import read_facts
from gateway.demo.plan import NewOrder, plan
from gateway.demo.reckoning import reckon
from gateway.demo.screen import Screen
from gateway.demo.stage import EXAMPLE, FACTS, Fallen, Stage
from gateway.demo.summary import show
from gateway.demo.trades import Account, read_account
from gateway.demo.watch import Tally, Watch

PACE = 16.0
"""Messages a second: quick enough to end within a minute, slow enough to be read."""
REFRESH = 8
PLAIN_EVERY_S = 2.0
TURN_S = 0.05
LAST_LOOK_S = 1.0
TRADES = EXAMPLE / "trades.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the person at the terminal wants. None: the sample, all of it, and a new folder."""

    trades: Path | None = None
    orders: int | None = None
    pace: float = PACE
    kills: int = 0
    live: bool = True
    folder: Path | None = None


def play(wishes: Wishes, console: Console) -> bool:
    """Play the demo, and say whether everything held that must.

    Raises
    ------
    OSError, rules.fault.Faults, gateway.demo.trades.Unreadable
        When it cannot begin as wished.
    gateway.demo.stage.Fallen
        When a process ended that should not; the others were stopped.
    """
    reference = read_facts(EXAMPLE / FACTS)
    account = read_account(wishes.trades or TRADES, reference.instruments).first(wishes.orders)
    folder = _folder(wishes.folder)
    steps = plan(account, reference)
    live = wishes.live and console.is_terminal
    with Stage(folder, account, steps, reference, wishes.pace) as stage:
        with console.status("setting the stage") if live else nullcontext() as status:

            def said(text: str) -> None:
                if status is None:
                    console.print(text)
                else:
                    status.update(text)

            stage.open(said)
            said("the desks log on")
            stage.start_desks()
        watch = Watch(stage.journal, stage.desk_log, steps)
        watch.start()
        began = time.monotonic()
        try:
            _watch(stage, watch, wishes.kills, _title(account), console, live=live)
        finally:
            took_s = time.monotonic() - began
            watch.close()
            console.print("stopping desks, gate and brokers", style="dim")
    reckoning = reckon(stage.journal, stage.key, stage.ledgers.values(), steps, account)
    show(reckoning, watch, folder, took_s, console)
    return reckoning.good


def _watch(
    stage: Stage, watch: Watch, kills: int, title: str, console: Console, *, live: bool
) -> None:
    total = sum(isinstance(step, NewOrder) for step in stage.steps)
    turns = _turns(stage, watch, [total * (each + 1) // (kills + 1) for each in range(kills)])
    if live:
        screen = Screen(watch, total, title, lambda: stage.restarts > watch.tally.restarts)
        with Live(screen, console=console, screen=True, refresh_per_second=REFRESH):
            for _ in turns:
                pass
            time.sleep(LAST_LOOK_S)
        return
    console.print(f"{title}: {total:,} orders")
    due = time.monotonic()
    for tally in turns:
        if time.monotonic() >= due:
            due += PLAIN_EVERY_S
            console.print(
                f"order {tally.asked:,} of {total:,}: {tally.accepted:,} accepted, "
                f"{tally.denied:,} denied, {tally.trades:,} trades",
                highlight=False,
            )


def _turns(stage: Stage, watch: Watch, kill_at: list[int]) -> Iterator[Tally]:
    """Look after the processes until the desks are done, killing the gate when it is time."""
    while stage.playing():
        if watch.fault is not None:
            raise Fallen(f"the journal cannot be followed: {watch.fault!r}") from watch.fault
        if kill_at and watch.tally.asked >= kill_at[0]:
            del kill_at[0]
            stage.kill_gate()
        yield watch.tally
        time.sleep(TURN_S)


def _title(account: Account) -> str:
    if not account.trades:
        return "an account without trades"
    first, last = account.trades[0].on, account.trades[-1].on
    return f"a real account, {first:%b %Y} – {last:%b %Y}"


def _folder(wished: Path | None) -> Path:
    if wished is None:
        return Path(tempfile.mkdtemp(prefix="ordergate-demo-"))
    if wished.exists() and any(wished.iterdir()):
        raise OSError(f"`{wished}` is not empty: the demo wants a folder of its own")
    return wished.absolute()
