"""Every command of `ordergate`, and what its help shows."""

from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import typer

from gateway.cli.check import check
from gateway.cli.decide import decide
from gateway.cli.demo import demo
from gateway.cli.operate import halt, resume, state
from gateway.cli.order import order
from gateway.cli.replay import replay
from gateway.cli.run import api, run
from gateway.cli.tail import tail
from gateway.cli.verify import verify

WRITE = "What people write"
JOURNAL = "What the journal holds"
GATE = "The gate"

app = typer.Typer(
    name="ordergate",
    help="A pre-trade compliance and risk gateway: every order judged by a policy, written down, "
    "and only then sent.",
    epilog="Ends with 0 when the answer is yes, 1 when it is no, 2 when the question was not "
    "understood, 3 when there is no answer.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _command(panel: str, command: Callable[..., Any], *examples: str) -> None:
    told = cleandoc(command.__doc__ or "").split("\n\n")
    lines = ["[bold]Examples[/bold]", *(f"  [cyan]{line}[/cyan]" for line in examples)]
    app.command(
        rich_help_panel=panel,
        help="\n\n".join(" ".join(paragraph.split()) for paragraph in told),
        epilog="\n\n".join(lines),
    )(command)


_command(
    WRITE,
    check,
    "ordergate check policies/us-equities.yaml",
    "ordergate check policies/*.yaml --facts facts.yaml",
    "ordergate check draft.yaml --trials trials.yaml",
    "ordergate check --settings ordergate.yaml",
)
_command(
    WRITE,
    decide,
    "ordergate decide --policy us.yaml --facts facts.yaml order.json",
    "ordergate decide --policy draft.yaml --state journal order.json",
    "ordergate decide --state journal --json - < order.json",
)
_command(
    JOURNAL,
    verify,
    "ordergate verify journal --key keys/journal.pem.pub",
    "ordergate verify journal --json | jq .head",
)
_command(
    JOURNAL,
    replay,
    "ordergate replay journal",
    "ordergate replay journal --to 65535 --json",
)
_command(
    JOURNAL,
    tail,
    "ordergate tail journal -f",
    "ordergate tail journal --denied -n 100",
    "ordergate tail journal --session ALPHA --json | jq .event",
)
_command(
    JOURNAL,
    order,
    "ordergate order journal G17",
    "ordergate order journal 1001 --session ALPHA",
)
_command(
    GATE,
    run,
    "ordergate run ordergate.yaml",
)
_command(
    GATE,
    api,
    "ordergate api ordergate.yaml",
)
_command(
    GATE,
    halt,
    "ordergate halt desk:us-equities --cancel --reason 'runaway algo'",
    "ordergate halt firm:house --reducing --by risk --reason 'end of day' --door run/gate.sock",
)
_command(
    GATE,
    resume,
    "ordergate resume desk:us-equities --reason 'fixed and tested'",
)
_command(
    GATE,
    state,
    "ordergate state -s ordergate.yaml",
    "ordergate state --json | jq .kills",
)
_command(
    GATE,
    demo,
    "ordergate demo",
    "ordergate demo --kill 3",
    "ordergate demo --orders 60 --speed 40 --plain",
    "ordergate demo --trades trades.csv.gz --speed 90 --dir /tmp/demo",
)
