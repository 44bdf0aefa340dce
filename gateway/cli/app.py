"""Every command of `ordergate`, and what its help shows."""

from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import typer

from gateway.cli.alerts import alerts
from gateway.cli.check import check
from gateway.cli.consent import acknowledge, limit, limits, override
from gateway.cli.decide import decide
from gateway.cli.demo import demo
from gateway.cli.facts import check as facts_check
from gateway.cli.facts import load as facts_load
from gateway.cli.facts import show as facts_show
from gateway.cli.flatten import flatten
from gateway.cli.operate import cancel, halt, resume, state
from gateway.cli.order import order
from gateway.cli.policy.coverage import cover
from gateway.cli.policy.explain import explain
from gateway.cli.policy.reference import reference
from gateway.cli.policy.trying import try_cases
from gateway.cli.replay import replay
from gateway.cli.run import api, run
from gateway.cli.tail import tail
from gateway.cli.verify import verify

WRITE = "What people write"
POLICY = "Compliance's tools"
JOURNAL = "What the journal holds"
GATE = "The gate"
PEOPLE = "What people let pass"

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


facts = typer.Typer(
    help="Reference facts: tell their faults, have a running gate read them anew, see them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(facts, name="facts", rich_help_panel=GATE)

policies = typer.Typer(
    help="Compliance's tools: test a policy, explain an answer, show what is covered.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(policies, name="policy", rich_help_panel=WRITE)


def _command(
    panel: str,
    command: Callable[..., Any],
    *examples: str,
    of: typer.Typer = app,
    name: str | None = None,
) -> None:
    told = cleandoc(command.__doc__ or "").split("\n\n")
    lines = ["[bold]Examples[/bold]", *(f"  [cyan]{line}[/cyan]" for line in examples)]
    of.command(
        name,
        rich_help_panel=panel,
        help="\n\n".join(" ".join(paragraph.split()) for paragraph in told),
        epilog="\n\n".join(lines),
    )(command)


_command(
    WRITE,
    check,
    "ordergate check policies/us-equities.yaml",
    "ordergate check policies/*.yaml --facts facts.yaml",
    "ordergate check policies/desk.trials.yaml",
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
    POLICY,
    try_cases,
    "ordergate policy test policies/desk.yaml",
    "ordergate policy test policies/*.yaml --strict -q",
    "ordergate policy test draft.yaml --trials policies/desk.trials.yaml",
    name="test",
    of=policies,
)
_command(
    POLICY,
    explain,
    "ordergate policy explain G17 --journal journal",
    "ordergate policy explain 1001 --session ALPHA --journal journal --policy draft.yaml",
    "ordergate policy explain order.json --policy desk.yaml --facts facts.yaml",
    of=policies,
)
_command(
    POLICY,
    cover,
    "ordergate policy coverage policies/desk.yaml",
    "ordergate policy coverage desk.yaml --journal journal --html coverage.html",
    "ordergate policy coverage desk.yaml --on '2026-06-04 America/New_York' --json | jq .open",
    name="coverage",
    of=policies,
)
_command(
    POLICY,
    reference,
    "ordergate policy reference --to kinds.md",
    "ordergate policy reference price_collar",
    of=policies,
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
    alerts,
    "ordergate alerts journal -f --urgency warning",
    "ordergate alerts journal -n 0 --json",
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
    "ordergate halt firm:house --drill --reason 'yearly test'",
)
_command(
    GATE,
    cancel,
    "ordergate cancel order:G17 --reason 'wrong account'",
    "ordergate cancel client:acme --keep-gtc --reason 'the client asked by phone'",
)
_command(
    GATE,
    flatten,
    "ordergate flatten account:A1 --by rita --reason 'the client leaves'",
    "ordergate flatten desk:us-equities --slippage 0.01 --piece 500 --wait 60 --reason wind-down",
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
    facts_check,
    "ordergate facts check facts.yaml",
    "ordergate facts check facts.yaml --json | jq .faults",
    of=facts,
)
_command(
    GATE,
    facts_load,
    "ordergate facts load -s ordergate.yaml",
    "ordergate facts load --older --by rob",
    of=facts,
)
_command(
    GATE,
    facts_show,
    "ordergate facts show --json | jq .as_of",
    of=facts,
)
_command(
    PEOPLE,
    override,
    "ordergate override verify G17 --by rita --for 10m --reason 'the client confirmed the size'",
    "ordergate override authorise G17 --by sam --reason 'one trade'",
)
_command(
    PEOPLE,
    limit,
    "ordergate limit set credit firm:house --hard 5000000 --for 8h --reason 'new line'",
    "ordergate limit restore credit firm:house --reason 'not needed'",
)
_command(
    PEOPLE,
    limits,
    "ordergate limits --json | jq '.[] | select(.changed_by != null)'",
)
_command(
    PEOPLE,
    acknowledge,
    "ordergate acknowledge cost costs_are_high --account A1 --instrument IBM --text 'insists'",
)
_command(
    GATE,
    demo,
    "ordergate demo",
    "ordergate demo --kill 3",
    "ordergate demo --orders 60 --speed 40 --plain",
    "ordergate demo --trades trades.csv.gz --speed 90 --dir /tmp/demo",
)
