"""`ordergate decide`: one order put to a policy, and everything said of it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer
from pydantic import Field
from rich.table import Table

from adapters.clock import now
from adapters.facts.load import read_facts
from audit.reader import Reader
from domain.events import MarketSeen
from domain.fixed import Price, Ratio, parse_fixed
from domain.ids import InstrumentId, Micros, SessionId
from domain.market import FxRate, Phase, Quote, TradingStatus
from domain.messages import SendOrder
from domain.money import Currency
from domain.order import Order
from gateway.api.models import Decimal, Model, Name, OrderModel
from gateway.cli.answers import AsJson, Ending, answering, end, screen, show_json
from gateway.cli.check import Gathered
from gateway.cli.lines import STYLES, finding_text
from gateway.records import write_outcome
from gateway.whatif import WhatIf
from rules.fault import Faults
from rules.written import Written


class QuoteModel(Model):
    """The prices to judge by."""

    called: ClassVar[str] = "a quote"

    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    close: Decimal | None = None
    at: int | None = None


class StatusModel(Model):
    """How the instrument may be traded, as the venue's feed would say it."""

    called: ClassVar[str] = "a status"

    phase: Annotated[Phase, Field(strict=False)] = Phase.CONTINUOUS
    band_low: Decimal | None = None
    band_high: Decimal | None = None
    short_restricted: bool = False


class QuestionModel(OrderModel):
    """An order as the API takes it, with what else its judgement depends on."""

    called: ClassVar[str] = "an order"

    session: Name
    quote: QuoteModel | None = None
    status: StatusModel | None = None
    rates: dict[str, Decimal] = {}  # noqa: RUF012 (pydantic copies it)
    at: int | None = None


def decide(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER", help="A file with the order as JSON; - reads standard input."
        ),
    ],
    policy: Annotated[
        Path | None, typer.Option(help="The policy; left out: the one in force in --state.")
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(help="Reference facts; left out: those in force in --state.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="A journal: judge by the book its records left.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Put one order to a policy: the verdict, every finding, and the room each limit leaves.

    Nothing is written and nothing is sent. The order has the fields of the API's POST /orders and a
    `session`; it may bring a `quote` (bid, ask, last, close), a `status` (phase, band_low,
    band_high, short_restricted), `rates` (units of the base currency for one of each) and the
    instant `at` which it is asked, in microseconds. Decimals are strings.
    Ends with 0 when the order passes, 1 when it does not.
    """
    if state is None and (policy is None or facts is None):
        raise typer.BadParameter("without --state, both --policy and --facts are needed")
    with answering():
        gathered = Gathered()
        whatif = WhatIf(None if state is None else Reader.open(state))
        question: QuestionModel | None = None
        with gathered:
            question = read_question(order)
        with gathered:
            if facts is not None:
                whatif.put_facts(read_facts(facts))
        with gathered:
            if policy is not None:
                whatif.put_policy(policy)
        if gathered.faults or question is None:
            raise Faults(gathered.faults)
        told = _ask(whatif, question)
    if as_json:
        show_json(told)
    else:
        _show(told)
    end(Ending.YES if told["verdict"] in {"allow", "warn"} else Ending.NO)


def read_question(name: str) -> QuestionModel:
    """Read an order from a file, or - for standard input.

    JSON is YAML as well, and is read so, for the places of its faults.
    """
    text = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    written = Written.yaml(text, file="standard input" if name == "-" else name)
    question = written.read(QuestionModel)
    if question is None:
        raise Faults(written.faults)
    return question


def put(whatif: WhatIf, question: QuestionModel) -> tuple[Order, Quote | None, Micros]:
    """Prepare what a question is judged by; give its order, quote and instant."""
    at = Micros(now() if question.at is None else question.at)
    instrument = InstrumentId(question.instrument)
    seen = question.quote
    quote = None if seen is None else _quote(seen, instrument, at)
    whatif.connect()
    rates = tuple(
        FxRate(currency=Currency(code), rate=Ratio(parse_fixed(rate)), at=at)
        for code, rate in question.rates.items()
    )
    told = question.status
    statuses = () if told is None else (_status(told, instrument, at),)
    whatif.tell(MarketSeen(rates=rates, statuses=statuses))
    if quote is None:
        quote = whatif.state.book.quotes.get(instrument)
    return question.order(SessionId(question.session)), quote, at


def _ask(whatif: WhatIf, question: QuestionModel) -> dict[str, Any]:
    order, quote, at = put(whatif, question)
    answer = whatif.ask(order, quote, at)
    decision = json.loads(write_outcome(answer.outcome))["decision"]
    reference = whatif.state.book.reference
    sent = [one.route for one in answer.outcome.messages if isinstance(one, SendOrder)]
    return {
        "verdict": decision["verdict"],
        "findings": decision["findings"],
        "rooms": [asdict(room) for room in answer.rooms],
        "route": sent[0] if sent else None,
        "repeat": answer.outcome.repeat,
        "policy": decision.get("policy"),
        "facts": None if reference is None else reference.digest,
        "at": at,
    }


def _quote(model: QuoteModel, instrument: InstrumentId, at: Micros) -> Quote:
    return Quote(
        instrument=instrument,
        at=at if model.at is None else Micros(model.at),
        bid=_price(model.bid),
        ask=_price(model.ask),
        last=_price(model.last),
        close=_price(model.close),
    )


def _status(model: StatusModel, instrument: InstrumentId, at: Micros) -> TradingStatus:
    return TradingStatus(
        instrument=instrument,
        at=at,
        phase=model.phase,
        band_low=_price(model.band_low),
        band_high=_price(model.band_high),
        short_restricted=model.short_restricted,
    )


def _price(text: str | None) -> Price | None:
    return None if text is None else Price(parse_fixed(text))


def _show(told: dict[str, Any]) -> None:
    verdict = told["verdict"]
    screen.print(f"[{STYLES[verdict]}]{verdict}[/]", end="")
    screen.print(f", to {told['route']}" if told["route"] else "")
    for finding in told["findings"]:
        screen.print("  ", finding_text(finding), sep="")
    if told["rooms"]:
        table = Table("rule", "scope", box=None, pad_edge=False, header_style="dim")
        for heading in ("used", "limit", "left"):
            table.add_column(heading, justify="right")
        table.add_column("unit")
        shown = ("rule", "scope", "used", "limit", "left", "unit")
        for room in told["rooms"]:
            table.add_row(*(room[key] for key in shown))
        screen.print("\nroom before this order", style="dim")
        screen.print(table)
