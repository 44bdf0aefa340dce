"""`ordergate policy explain`: why an order was, or would be, answered as it was."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from adapters.facts.load import read_facts
from audit.reader import Reader
from domain.events import Body, Event, OrderAsked, ReplaceAsked, SignalAsked
from domain.order import Order
from gateway.cli.answers import (
    AsJson,
    Ending,
    answering,
    complaints,
    end,
    screen,
    show_json,
)
from gateway.cli.check import Gathered
from gateway.cli.decide import QuestionModel, put, read_question
from gateway.cli.lines import STYLES, Entry, finding_text, instant, terms
from gateway.records import write_outcome
from gateway.whatif import Explanation, WhatIf
from rules.explanation import Explained
from rules.fault import Faults


def explain(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER",
            help="With --journal, our id of an order or replace; else a file with JSON, or -.",
        ),
    ],
    journal: Annotated[
        Path | None, typer.Option(help="A journal that holds ORDER: explain it as it was then.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="Take ORDER for the desk's ClOrdID in this session.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Judge by this policy instead of the one in force.")
    ] = None,
    facts: Annotated[
        Path | None, typer.Option(help="Judge by these facts instead of those in force.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="A journal: judge a new order by the book it left.")
    ] = None,
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Leave out the rules that were not asked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say why, rule by rule: what each found, saw and allows, who demands it, and where it stands.

    Of an order in a journal, the records before it are carried out again, so every rule sees what
    it saw then. Of a new order, given as for `decide`, --policy and --facts, or --state, say what
    it is judged by. Rules that passed are told with the room they had, and rules that were not
    asked with the reason.

    Ends with 0 when the order passes, 1 when it does not or there is no such order.
    """
    if journal is None and state is None and (policy is None or facts is None):
        raise typer.BadParameter("wanted --journal, --state, or both --policy and --facts")
    if journal is not None and state is not None:
        raise typer.BadParameter("--state is for a new order, --journal for one it holds")
    with answering():
        entry: Entry | None = None
        question: QuestionModel | None = None
        gathered = Gathered()
        if journal is not None:
            reader = Reader.open(journal)
            entry = _found(reader, order, session)
            if entry is None:
                complaints.print(f"no order or replace `{order}` is in the journal", markup=False)
                end(Ending.NO)
            whatif = WhatIf(reader, before=entry.event.seq)
        else:
            whatif = WhatIf(None if state is None else Reader.open(state))
            with gathered:
                question = read_question(order)
        with gathered:
            if facts is not None:
                whatif.put_facts(read_facts(facts))
        with gathered:
            if policy is not None:
                whatif.put_policy(policy)
        if gathered.faults:
            raise Faults(gathered.faults)
        event = _event(whatif, entry, question)
        explanation = whatif.explain(event)
    told = {
        **_told(explanation, None if policy is None else str(policy)),
        "at": event.at,
        "record": None if entry is None else event.seq,
        "recorded": None if entry is None else entry.verdict,
    }
    if as_json:
        show_json(told)
    else:
        _show(told, terms(_order_of(event.body)), quiet=quiet)
    end(Ending.YES if told["verdict"] in {"allow", "warn"} else Ending.NO)


def _found(reader: Reader, name: str, session: str | None) -> Entry | None:
    """Find the record that asked for an order or a replace, and was its first answer."""
    for record in reader.records():
        if name.encode() not in record.body:
            continue
        entry = Entry.of(record.body)
        match entry.event.body:
            case OrderAsked() | SignalAsked() | ReplaceAsked() as body if not entry.outcome.get(
                "repeat"
            ):
                order = _order_of(body)
                if session is None:
                    if entry.speaks_of(name):
                        return entry
                elif (order.session, order.cl_ord_id) == (session, name):
                    return entry
            case _:
                pass
    return None


def _order_of(body: Body) -> Order:
    match body:
        case OrderAsked(order=order) | ReplaceAsked(order=order):
            return order
        case SignalAsked(signal=signal):
            return signal.order
        case _:
            raise AssertionError("only a desk's question has an order")


def _event(whatif: WhatIf, entry: Entry | None, question: QuestionModel | None) -> Event:
    """Give the question as the gate was asked it, or would be."""
    if entry is not None:
        # Policies and facts put in its way are records of their own, so it comes a little later.
        return whatif.event(entry.event.body, entry.event.at)
    assert question is not None, "a question with faults ended the command"
    order, quote, at = put(whatif, question)
    return whatif.event(OrderAsked(order=order, quote=quote), at)


def _told(explanation: Explanation, file: str | None) -> dict[str, Any]:
    decision = json.loads(write_outcome(explanation.outcome))["decision"]
    policy = explanation.policy
    return {
        "verdict": decision["verdict"],
        "policy": None
        if policy is None
        else {"name": policy.name, "version": policy.version, "digest": policy.digest},
        "file": file,
        "findings": decision.get("findings", []),
        "rules": [_rule(one, decision.get("findings", [])) for one in explanation.rules],
    }


def _rule(one: Explained, findings: list[dict[str, Any]]) -> dict[str, Any]:
    rule = one.rule
    return {
        "rule": rule.id,
        "kind": rule.kind,
        "answer": str(one.answer),
        "verdict": None if one.verdict is None else str(one.verdict),
        "why": one.why,
        "line": None if rule.mark is None else rule.mark.line,
        "citation": rule.citation,
        "findings": [shown for shown in findings if shown["rule"] == rule.id],
        "rooms": [asdict(room) for room in one.rooms],
    }


def _show(told: dict[str, Any], order: str, *, quiet: bool) -> None:
    verdict, policy = told["verdict"], told["policy"]
    screen.print(f"[{STYLES[verdict]}]{verdict}[/]  {escape(order)}")
    at = f"asked {instant(told['at'])} UTC"
    record = "" if told["record"] is None else f", record {told['record']}"
    screen.print(f"{at}{record}", style="dim")
    if told["recorded"] not in {None, verdict}:
        screen.print(f"[yellow]the record says[/] {told['recorded']}")
    if policy is not None:
        screen.print(
            f"{policy['name']} version {policy['version']}, {policy['digest']}", style="dim"
        )
    of_rules = {rule["rule"] for rule in told["rules"]}
    doors = [finding for finding in told["findings"] if finding["rule"] not in of_rules]
    if doors:
        screen.print("\n[bold]said before any rule was asked[/]")
    for finding in doors:
        screen.print("  ", finding_text(finding), sep="")
    if not told["rules"]:
        return
    where = told["file"] or (policy["name"] if policy else "")
    for heading, answer in (("found", "found"), ("passed", "passed"), ("not asked", "not asked")):
        rules = [rule for rule in told["rules"] if rule["answer"] == answer]
        if not rules or (quiet and answer == "not asked"):
            continue
        screen.print(f"\n[bold]{heading}[/]")
        for rule in rules:
            _show_rule(rule, where)


def _show_rule(rule: dict[str, Any], where: str) -> None:
    line = "the house's own" if rule["line"] is None else f"{where}:{rule['line']}"
    tail = escape("  ".join(filter(None, (rule["kind"], line, rule["citation"]))))
    match rule["answer"]:
        case "not asked":
            screen.print(f"  {rule['rule']}: {escape(rule['why'])}  [dim]{escape(line)}[/]")
        case "passed":
            screen.print(f"  [green]allow[/]  [bold]{rule['rule']}[/]  [dim]{tail}[/]")
            for finding in rule["findings"]:
                screen.print(f"         {finding['text']}", markup=False)
        case _:
            for finding in rule["findings"]:
                screen.print("  ", finding_text(finding), sep="")
            screen.print(f"         [dim]{tail}[/]")
    for room in rule["rooms"]:
        of = f"{room['left']} {room['unit']} left of {room['limit']}, {room['used']} used"
        screen.print(f"         {of} [dim]in {escape(room['scope'])}[/]")
