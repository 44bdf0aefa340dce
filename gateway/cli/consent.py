"""`ordergate override`, `limit`, `limits` and `acknowledge`: what people let pass, at the door.

Who may is asked by the gate, of the people its facts know; `--by` names one of them. What it would
not take ends with 1 and says why; the refusal stands in the journal too.
"""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from domain.consent import OverrideStep
from domain.events import Body, LimitChanged, OverrideGiven, WarningAcknowledged
from domain.fixed import Amount
from domain.ids import AccountId, InstrumentId, OrderId, RuleId
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.at_the_gate import (
    DEFAULT_SETTINGS,
    By,
    Door,
    Lasting,
    SettingsFile,
    Where,
    Why,
    at_the_gate,
    decimal,
    surprises,
    tell,
    until,
)
from gateway.cli.lines import instant


class Step(StrEnum):
    """What is done to a limit."""

    SET = "set"
    RESTORE = "restore"


def override(
    step: Annotated[OverrideStep, typer.Argument(help="Which step.")],
    order_id: Annotated[str, typer.Argument(help="The denied order, such as G17.")],
    reason: Why,
    by: By,
    lasting: Lasting = None,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Let one denied order pass when its desk sends it once more: risk verifies, then a supervisor.

    The two are different persons. It is good for one new order with the same terms, for five
    minutes or as long as --for says at verify, an hour at most. Either may revoke.
    """
    body = OverrideGiven(
        order_id=OrderId(order_id),
        step=step,
        until=until(lasting) if step is OverrideStep.VERIFY else None,
        by=by,
        reason=reason,
    )
    _done(body, settings, door, f"{step} of {order_id}", as_json=as_json)


def limit(
    step: Annotated[Step, typer.Argument(help="Set it, or restore what the facts say.")],
    name: Annotated[str, typer.Argument(help="The limit's name in the facts, such as credit.")],
    scope: Where,
    reason: Why,
    by: By,
    hard: Annotated[
        int | None,
        typer.Option(
            parser=decimal, metavar="AMOUNT", help="What nobody passes, in base currency."
        ),
    ] = None,
    soft: Annotated[
        int | None, typer.Option(parser=decimal, metavar="AMOUNT", help="What warns before it.")
    ] = None,
    lasting: Lasting = None,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Change a limit of the facts during the day, or take the change back.

    It is good as long as --for says, or else until newer facts are loaded.
    """
    if (hard is None) is (step is Step.SET):
        wanted = "`set` wants --hard" if step is Step.SET else "`restore` takes no --hard"
        raise typer.BadParameter(wanted)
    body = LimitChanged(
        name=name,
        scope=scope,
        hard=None if hard is None else Amount(hard),
        soft=None if soft is None else Amount(soft),
        until=until(lasting),
        by=by,
        reason=reason,
    )
    _done(body, settings, door, f"{step} {name} of {scope}", as_json=as_json)


def limits(
    settings: SettingsFile = DEFAULT_SETTINGS, door: Door = None, *, as_json: AsJson = False
) -> None:
    """Tell the limits of the facts as they hold now, and who changed which."""
    with answering(), at_the_gate(settings, door) as ask:
        told = ask({"look": "limits"})["limits"]
    if as_json:
        show_json(told)
    else:
        _show_limits(told)


def acknowledge(
    rule: Annotated[str, typer.Argument(help="The rule that warned.")],
    reason: Annotated[str, typer.Argument(help="The reason it gave, such as costs_are_high.")],
    account: Annotated[str, typer.Option(help="The account the order is for.")],
    instrument: Annotated[str, typer.Option(help="What it trades.")],
    text: Annotated[str, typer.Option(help="What was said, and how the client answered.")],
    by: By,
    lasting: Lasting = None,
    settings: SettingsFile = DEFAULT_SETTINGS,
    door: Door = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Record that a client has seen a warning and insists: the order may be sent once more.

    It is good for that rule's reason in that account and instrument.
    """
    body = WarningAcknowledged(
        account=AccountId(account),
        instrument=InstrumentId(instrument),
        rule=RuleId(rule),
        reason=reason,
        text=text,
        until=until(lasting),
        by=by,
    )
    what = f"acknowledgement of {reason} of {rule}"
    _done(body, settings, door, what, as_json=as_json)


def _done(body: Body, settings: SettingsFile, door: Door, what: str, *, as_json: bool) -> None:
    """Put an event to the gate and tell whether it was taken."""
    with answering(), at_the_gate(settings, door) as ask:
        told = tell(ask, body)
    refused = surprises(told)
    if as_json:
        show_json({"record": told["seq"], "at": told["at"], "taken": not refused, "why": refused})
    elif refused:
        for why in refused:
            screen.print(f"! {why}", style="bold yellow", markup=False)
    else:
        screen.print(f"{what} [green]stands[/] since record {told['seq']}")
    end(Ending.NO if refused else Ending.YES)


def _show_limits(told: list[dict[str, Any]]) -> None:
    table = Table.grid(padding=(0, 2))
    for each in told:
        soft = "" if each["soft"] is None else f", warns at {each['soft']}"
        by = ""
        if each["changed_by"] is not None:
            end_of_it = "" if each["until"] is None else f" until {instant(each['until'])}"
            by = (
                f"[yellow]by {each['changed_by']}{end_of_it}; the facts say {each['facts_hard']}[/]"
            )
        table.add_row(each["name"], each["scope"], f"{each['hard']}{soft}", by)
    screen.print(table)
