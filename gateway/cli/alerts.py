"""`ordergate alerts`: what people must hear of, from the journal."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from audit.reader import Reader
from gateway.alerts import Alert, Urgency, alerts_of
from gateway.cli.answers import AsJson, answering, screen, show_json
from gateway.cli.lines import instant
from gateway.records import read_outcome, read_record

PAUSE_S = 0.05
STYLES = {Urgency.NOTICE: "dim", Urgency.WARNING: "yellow", Urgency.ALARM: "bold red"}
RANK = {urgency: rank for rank, urgency in enumerate(Urgency)}


def alerts(
    journal: Annotated[Path, typer.Argument(help="The journal's folder.")],
    lines: Annotated[
        int, typer.Option("-n", "--lines", min=0, help="How many alerts; 0 shows all.")
    ] = 20,
    urgency: Annotated[Urgency, typer.Option(help="The mildest to be shown.")] = Urgency.NOTICE,
    *,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on as records are written.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what people must hear of: denials, surprises, and what was done by hand.

    The alerts are found in the journal's records, so this needs no running gate and misses nothing.
    """

    def found(line: bytes) -> Iterator[Alert]:
        event, outcome = read_record(line)
        for alert in alerts_of(event, read_outcome(outcome)):
            if RANK[alert.urgency] >= RANK[urgency]:
                yield alert

    def show(alert: Alert) -> None:
        if as_json:
            show_json(_plain(alert))
        else:
            screen.print(_shown(alert))

    with answering(), suppress(KeyboardInterrupt):  # an interrupt is how one ends it
        newest: deque[Alert] = deque(maxlen=lines or None)
        reader = Reader.open(journal)
        end = 0
        for record in reader.records():
            end = record.number + 1
            newest.extend(found(record.body))
        for alert in newest:
            show(alert)
        if follow:
            for record in reader.follow(end, _pause):
                for alert in found(record.body):
                    show(alert)


def _plain(alert: Alert) -> dict[str, object]:
    return {
        "record": alert.record,
        "at": alert.at,
        "urgency": alert.urgency,
        "what": alert.what,
        "text": alert.text,
        "order_id": alert.order_id,
    }


def _shown(alert: Alert) -> Text:
    text = Text()
    text.append(f"{alert.record:>8} ", "bold")
    text.append(f"{instant(alert.at)}  ", "dim")
    text.append(f"{alert.urgency:<8}", STYLES[alert.urgency])
    text.append(alert.what, STYLES[alert.urgency])
    order = "" if alert.order_id is None else f"{alert.order_id} "
    text.append(f"  {order}{alert.text}")
    return text


def _pause() -> bool:
    time.sleep(PAUSE_S)
    return True
