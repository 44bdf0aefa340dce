"""The live view: what the gate does, while it does it, on one screen of a terminal.

Drawn from a `Watch` several times a second; a hundred columns and thirty rows are enough. On the
left the orders as they are judged, and under a denied one what somebody did and every reason in
words; on the right what follows: positions, what is left of the limits, and who is connected.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from domain.finding import Decision
from domain.fixed import NANO, Price, parse_fixed, show_fixed
from domain.ids import InstrumentId
from domain.lifecycle import Status
from domain.order import Order, Side
from domain.scope import Level, scope
from domain.working import Working
from gateway.demo.plan import ACCOUNT, SESSIONS
from gateway.demo.watch import Line, Watch, percentile
from gateway.state import State
from gateway.views import rooms

SIDES = {
    Side.BUY: ("buy", "cyan"),
    Side.SELL: ("sell", "magenta"),
    Side.SELL_SHORT: ("short", "magenta"),
    Side.SELL_SHORT_EXEMPT: ("short", "magenta"),
}
STANDING = {
    Status.PENDING_NEW: ("sent", "yellow"),
    Status.NEW: ("working", "yellow"),
    Status.PARTIALLY_FILLED: ("filling", "yellow"),
    Status.FILLED: ("filled", "green"),
    Status.CANCELED: ("cancelled", "dim"),
    Status.REJECTED: ("broker rejects", "dark_orange"),
    Status.DENIED: ("denied", "bold red"),
}
BARS = (
    ("exposure", "USD gross", "gross USD"),
    ("exposure.desk", "USD net", "net USD"),
    ("position", "units long", "{} long"),
    ("open.orders", "orders", "open orders"),
)
"""Which limits are shown: rule, unit, and how they are called here; of the largest holding."""
NEAR, FULL = 60, 85
"""Per cent of a limit from which a bar is yellow, and red."""
LEFT, RIGHT = 62, 38
HEAD_ROWS = 3
BELOW_ROWS = 9
REASON_ROWS = 2


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture of a watch, of `total` orders that will come."""

    watch: Watch
    total: int
    title: str
    is_down: Callable[[], bool] = lambda: False
    """Whether the gate is away, which its journal cannot tell."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as large as the terminal is."""
        height = options.height or console.height
        with self.watch.projection.reading() as state, self.watch.lock:
            picture = self._layout(state, height)
            # Drawn here and now, while nothing moves.
            yield from console.render(picture, options.update_height(height))

    def _layout(self, state: State, height: int) -> Layout:
        order_rows = height - HEAD_ROWS - BELOW_ROWS - 2
        layout = Layout()
        head, body = Layout(self._head(), size=HEAD_ROWS), Layout()
        layout.split_column(head, body)
        left, right = Layout(ratio=1), Layout(size=RIGHT)
        body.split_row(left, right)
        below = Layout(size=BELOW_ROWS)
        left.split_column(
            Layout(_panel("orders", _Orders(self.watch, state, order_rows))),
            below,
        )
        below.split_row(
            Layout(_panel("working orders", _working(state, BELOW_ROWS - 2)), ratio=3),
            Layout(_panel("stopped by", self._stopped(BELOW_ROWS - 2)), ratio=2),
        )
        right.split_column(
            Layout(_panel("positions", _positions(state)), size=len(_held(state)) + 3),
            Layout(_panel("headroom", _headroom(state)), size=2 * len(BARS) + 2),
            Layout(_panel("sessions", self._links(state))),
        )
        return layout

    def _head(self) -> RenderableType:
        watch, tally = self.watch, self.watch.tally
        top = _grid("left", "right")
        top.add_row(
            Text.assemble(("ordergate", "bold cyan"), f"  {self.title}"),
            Text.assemble(
                (f"{tally.accepted:,}", "bold green"),
                " accepted  ",
                (f"{tally.denied:,}", "bold red"),
                " denied  ",
                (f"{tally.trades:,}", "bold"),
                " trades",
            ),
        )
        bar = Table.grid(expand=True, padding=(0, 1))
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True)
        bar.add_row(
            f"order {tally.asked:,} of {self.total:,}",
            ProgressBar(total=max(1, self.total), completed=tally.asked, complete_style="cyan"),
            Text.assemble(
                (f"{watch.per_second:.0f}", "bold"),
                " orders/s  to broker and back ",
                (took(percentile(watch.took_us, 0.5)), "bold"),
                ", p99 ",
                (took(percentile(watch.took_us, 0.99)), "bold"),
            ),
        )
        head = Table.grid(expand=True)
        head.add_row(top)
        head.add_row(bar)
        return head

    def _stopped(self, rows: int) -> RenderableType:
        table = Table.grid(expand=True, padding=(0, 1))
        table.add_column(justify="right", width=3)
        table.add_column(no_wrap=True, ratio=1)
        for rule, times in self.watch.tally.stopped_by.most_common(rows):
            table.add_row(Text(str(times), "bold red"), Text(rule, no_wrap=True))
        return table

    def _links(self, state: State) -> RenderableType:
        down = self.is_down()
        table = Table.grid(padding=(0, 1))
        reference = state.book.reference
        routes = () if reference is None else tuple(route.id for route in reference.routes)
        for desk, route in zip(SESSIONS.values(), routes, strict=False):
            here = _dot(up=not down and desk in state.up)
            there = _dot(up=not down and route in state.routes)
            table.add_row(here, desk, Text("→", "dim"), there, route)
        journal = Text.assemble((f"{state.next_seq:,}", "bold"), " records in the journal")
        if down:
            return Group(table, journal, Text("the gate is down", "bold red"))
        policy = "" if state.policy is None else f"policy {state.policy.digest[7:19]}…"
        return Group(table, journal, Text(policy, "dim"))


class _Orders:
    """As many of the newest lines as there is room for, the newest at the bottom."""

    def __init__(self, watch: Watch, state: State, rows: int) -> None:
        self._watch = watch
        self._state = state
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown: list[Text] = []
        for line in reversed(self._watch.lines):
            texts = list(_line(line, self._state, console, options.max_width))
            if len(shown) + len(texts) > self._rows:
                break
            shown[:0] = texts
        yield from shown


def _line(line: Line, state: State, console: Console, width: int) -> Iterator[Text]:
    if line.order is None:
        yield _cut(Text.assemble((f"{line.name:<12} ", "dim"), (line.words, "yellow")), width)
        return
    working = None if line.order_id is None else state.book.orders[line.order_id]
    text = Text.assemble((f"{line.name:<12} ", "dim"), _terms(line.order), "  ")
    denied = working is not None and working.status is Status.DENIED
    if line.repeat:
        text.append("first answer again", "yellow")
    elif working is None:
        text.append(line.words, "yellow")
    else:
        text.append(*STANDING[working.status])
    yield _cut(text, width)
    if line.words and (denied or line.repeat):
        yield _cut(Text(f"  {line.words}", "yellow"), width)
    if denied and line.decision is not None:
        yield from _reasons(line.decision, console, width)


def _reasons(decision: Decision, console: Console, width: int) -> Iterator[Text]:
    """Say why, in at most two rows."""
    text = Text("; ".join(f"{each.rule}: {each.text}" for each in decision.findings), "red")
    rows = text.wrap(console, width - 4)
    for row in rows[:REASON_ROWS]:
        row.rstrip()
        row.pad_left(4)
        yield row
    if len(rows) > REASON_ROWS:
        row.truncate(width - 1)
        row.append("…")


def _terms(order: Order) -> Text:
    side, style = SIDES[order.side]
    symbol = order.instrument.partition(".")[0]
    price = "" if order.price is None else money(order.price)
    return Text.assemble(
        (f"{side:<5}", style),
        f"{_shares(order.quantity):>7} ",
        (f"{symbol:<5}", "bold"),
        f"{price:>7}",
    )


def _working(state: State, rows: int) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    for justify in ("left", "right", "left", "right"):
        table.add_column(justify=justify, no_wrap=True)
    newest = sorted(state.book.working.values(), key=lambda working: working.seq)[-rows:]
    for working in newest:
        order = working.order
        side, style = SIDES[order.side]
        table.add_row(
            Text(side, style),
            _shares(working.leaves),
            Text(order.instrument.partition(".")[0], "bold"),
            "" if order.price is None else money(order.price),
            _asked(working),
        )
    return table


def _asked(working: Working) -> Text:
    """Say what a working order waits for."""
    if working.in_doubt:
        return Text("in doubt", "bold yellow")
    if working.requests:
        return Text("cancelling" if working.cancelling else "changing", "yellow")
    name, style = STANDING[working.status]
    return Text(name, style)


def _held(state: State) -> list[tuple[InstrumentId, int, int | None]]:
    """Give what the account holds: shares, and value in nanos of dollars."""
    node = state.book.nodes.get(scope(Level.ACCOUNT, ACCOUNT))
    lines = {} if node is None else node.lines
    return [
        (name, line.position, None if line.unit is None else line.position * line.unit // NANO)
        for name, line in sorted(lines.items())
        if line.at_stake or line.cash
    ]


def _positions(state: State) -> RenderableType:
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(style="bold")
    table.add_column(justify="right", ratio=1)
    table.add_column(justify="right", ratio=1, style="dim")
    table.add_column(justify="right", ratio=1)
    table.add_row(*(Text(name, "dim") for name in ("", "shares", "price", "value")))
    for name, shares, value in _held(state):
        quote = state.book.quotes.get(name)
        last = None if quote is None else quote.last
        table.add_row(
            name.partition(".")[0],
            Text(_shares(shares), "magenta" if shares < 0 else ""),
            "" if last is None else money(last),
            "?" if value is None else f"{value // NANO:,}",
        )
    return table


def _headroom(state: State) -> RenderableType:
    held = _held(state)
    if not held:
        return Text("nothing is held yet", "dim")
    largest, _, _ = max(held, key=lambda each: each[1])
    symbol, _, mic = largest.partition(".")
    found = (
        rooms(state, session=SESSIONS[mic], account=ACCOUNT, instrument=largest, strategy=None)
        or []
    )
    table = Table.grid(expand=True)
    for rule, unit, called in BARS:
        for room in found:
            if (room["rule"], room["unit"]) != (rule, unit) or room["used"] is None:
                continue
            used, limit = parse_fixed(room["used"]), parse_fixed(room["limit"])
            share = min(100, used * 100 // limit)
            style = "red" if share >= FULL else "yellow" if share >= NEAR else "green"
            row = _grid("left", "right")
            figures = f"{used // NANO:,} of {limit // NANO:,}"
            row.add_row(called.format(symbol), Text(figures, "dim"))
            table.add_row(row)
            table.add_row(ProgressBar(total=100, completed=share, complete_style=style))
    return table


def _dot(*, up: bool) -> Text:
    return Text("●", "green" if up else "red")


def _panel(title: str, content: RenderableType) -> Panel:
    return Panel(
        content,
        title=f"[bold]{title}[/]",
        title_align="left",
        border_style="bright_black",
        box=box.ROUNDED,
        padding=(0, 1),
    )


def _grid(*sides: str) -> Table:
    table = Table.grid(expand=True, padding=(0, 1))
    for side in sides:
        table.add_column(justify=side, no_wrap=True)  # type: ignore[arg-type]
    return table


def _cut(text: Text, width: int) -> Text:
    text.truncate(width, overflow="ellipsis")
    return text


def _shares(quantity: int) -> str:
    whole, part = divmod(abs(quantity), NANO)
    sign = "-" if quantity < 0 else ""
    return f"{sign}{whole:,}" if not part else show_fixed(quantity)


def money(price: Price | int) -> str:
    """Write a price with its cents, and with more only where it has more."""
    text = show_fixed(price)
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents:0<2}"


def took(micros: int | None) -> str:
    """Write how long something took."""
    return "–" if micros is None else f"{micros / 1000:.1f} ms"
