"""The end of the demo: what happened, what was caught, and who agrees with whom."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from domain.fixed import NANO
from domain.lifecycle import Status
from gateway.demo.plan import End
from gateway.demo.reckoning import Reckoning, Verdict
from gateway.demo.screen import took
from gateway.demo.stage import KEY
from gateway.demo.watch import Watch, percentile

LISTED_MAX = 12


def show(reckoning: Reckoning, watch: Watch, folder: Path, took_s: float, console: Console) -> None:
    """Show the reckoning."""
    side_by_side = Table.grid(padding=(0, 1))
    side_by_side.add_row(
        _panel("orders", _orders(reckoning, watch, took_s)),
        _panel("positions, by three books", _positions(reckoning)),
    )
    console.print(side_by_side)
    console.print(_panel("slips, and the rule meant for each", _slips(reckoning)))
    if reckoning.let_through:
        console.print(_listed("LET THROUGH", reckoning.let_through, "bold red"))
    if reckoning.astray:
        console.print(_listed("honest orders that went another way", reckoning.astray, "yellow"))
    console.print()
    for line in _verdicts(reckoning, watch.tally.restarts, folder):
        console.print(line, soft_wrap=True)


def _orders(reckoning: Reckoning, watch: Watch, took_s: float) -> RenderableType:
    tally, brokers = watch.tally, reckoning.brokers
    ends = Counter(working.status for working in reckoning.state.book.orders.values())
    table = _table()
    table.add_row(
        "orders sent", f"{tally.asked:,}", f"{tally.asked / max(took_s, 1e-9):.0f} a second"
    )
    table.add_row("  accepted", Text(f"{tally.accepted:,}", "bold green"))
    table.add_row("  denied", Text(f"{tally.denied:,}", "bold red"))
    table.add_row("  sent before", f"{tally.repeated:,}", "first answer again")
    table.add_row("cancels, replaces", f"{tally.requests:,}")
    table.add_row("filled", f"{ends[Status.FILLED]:,}", f"in {brokers.trades:,} trades")
    table.add_row("cancelled", f"{ends[Status.CANCELED]:,}")
    table.add_row("broker rejects", f"{ends[Status.REJECTED]:,}")
    for name, micros in (("broker and back", watch.took_us), ("denial", watch.denied_in_us)):
        p50, p99 = took(percentile(micros, 0.5)), took(percentile(micros, 0.99))
        table.add_row(name, p50, f"p99 {p99}")
    return table


def _slips(reckoning: Reckoning) -> RenderableType:
    table = _table()
    planted = Counter((each.step.words, each.step.rule) for each in reckoning.slips)
    caught = Counter(
        (each.step.words, each.step.rule) for each in reckoning.slips if each.as_planned
    )
    for (words, rule), times in planted.items():
        got = caught[words, rule]
        style = "green" if got == times else "bold red"
        table.add_row(words, Text(f"{got} of {times}", style), Text(rule or "", "dim"))
    return table


def _positions(reckoning: Reckoning) -> RenderableType:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("share")
    for name in ("journal", "brokers", "trades"):
        table.add_column(name, justify="right")
    table.add_column("")
    for name, position in reckoning.positions.items():
        whole = [quantity // NANO for quantity in (position.gate, position.brokers, position.known)]
        agreed = position.gate == position.brokers
        same = agreed and position.gate == position.known
        table.add_row(
            Text(name.partition(".")[0], "bold"),
            *(f"{quantity:,}" for quantity in whole),
            Text("✓", "green") if same else Text("differs", "yellow" if agreed else "bold red"),
        )
    return table


def _verdicts(reckoning: Reckoning, restarts: int, folder: Path) -> Iterator[Text]:
    """Say what held and what did not, with the commands that ask again; nothing is wrapped."""
    journal = reckoning.journal
    yield _verdict(_caught(reckoning), good=not reckoning.let_through)
    yield _verdict(
        f"{len(reckoning.brokers.worked):,} orders reached the brokers, none of them twice"
        if not reckoning.worked_twice
        else f"worked more than once: {', '.join(reckoning.worked_twice)}",
        good=not reckoning.worked_twice,
    )
    yield _verdict("the gate holds exactly what the brokers traded", good=reckoning.agreed)
    if restarts:
        times = "once" if restarts == 1 else f"{restarts} times"
        yield _verdict(f"the gate was killed and started again {times}", good=True)
    yield _verdict(
        f"the journal is {'whole' if journal.ok else 'DAMAGED'}: {journal.records:,} records, "
        f"{journal.checkpoints:,} signed heads, the last over {journal.signed:,} records",
        good=journal.ok,
    )
    yield from (Text(f"    {fault}", "red") for fault in journal.faults[:LISTED_MAX])
    yield _again(f"verify {folder / 'journal'} --key {folder / KEY}")
    yield _verdict(
        reckoning.difference
        or f"every record, decided again, has the same outcome; state {reckoning.digest[:23]}…",
        good=reckoning.difference is None,
    )
    yield _again(f"replay {folder / 'journal'}")


def _verdict(text: str, *, good: bool) -> Text:
    return Text.assemble(("✓ ", "bold green") if good else ("✗ ", "bold red"), text)


def _again(arguments: str) -> Text:
    return Text(f"    {_command()} {arguments}", "cyan")


def _caught(reckoning: Reckoning) -> str:
    slips, through = len(reckoning.slips), len(reckoning.let_through)
    if not through:
        return f"all {slips} slips were stopped, each by the rule meant for it"
    return f"{through} of {slips} slips were NOT stopped by the rule meant for them"


def _listed(title: str, verdicts: Iterable[Verdict], style: str) -> RenderableType:
    found = tuple(verdicts)
    lines = [
        Text(
            f"{each.step.order.cl_ord_id}: planned {_planned(each)}, came to {each.came_to}", style
        )
        for each in found[:LISTED_MAX]
    ]
    if len(found) > LISTED_MAX:
        lines.append(Text(f"and {len(found) - LISTED_MAX} more", style))
    return _panel(title, Group(*lines))


def _planned(verdict: Verdict) -> str:
    step = verdict.step
    return f"denied by {step.rule}" if step.end is End.DENIED else step.end.value


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, style="dim")
    return table


def _panel(title: str, content: RenderableType) -> Panel:
    return Panel(
        content,
        title=f"[bold]{title}[/]",
        title_align="left",
        border_style="bright_black",
        box=box.ROUNDED,
        padding=(0, 1),
        expand=False,
    )


def _command() -> str:
    """Name this program as a shell here would find it."""
    here = Path(sys.argv[0])
    if shutil.which(here.name) == str(here.absolute()):
        return here.name
    return os.path.relpath(here) if here.name == "ordergate" else "ordergate"
