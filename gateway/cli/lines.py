"""A record of the journal as a person reads it: one line for what happened and what came of it.

17 2026-01-05 14:30:00.123456  ALPHA asks for `1001`: buy 100 IBM limit 15.54 day, account A1
G17 allow · SendOrder to NORTH
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from rich.text import Text

from domain.events import (
    CancelAsked,
    CancelOrdered,
    CancelRejected,
    Event,
    ExecutionReported,
    FactsRefused,
    FlattenDue,
    FlattenOrdered,
    GraceElapsed,
    KillOverdue,
    LimitChanged,
    MarketSeen,
    MassCancelAsked,
    MessageRefused,
    MessageRejected,
    NotSent,
    OrderAsked,
    OverrideGiven,
    PolicyActivated,
    PositionAdjusted,
    ReferenceLoaded,
    ReplaceAsked,
    ReportUnreadable,
    RouteChanged,
    SessionChanged,
    SignalAsked,
    Started,
    StateOrdered,
    StatusAsked,
    Stopped,
    WarningAcknowledged,
)
from domain.fixed import show_fixed
from domain.ids import Micros
from domain.order import Order
from gateway.records import read_record

STYLES = {"allow": "green", "warn": "yellow", "review": "magenta", "deny": "bold red"}
"""How verdicts look."""

MESSAGES_SHOWN = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INDENT = " " * 37


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, read: its event, and its outcome as plain JSON."""

    line: bytes
    event: Event
    outcome: Mapping[str, Any]

    @classmethod
    def of(cls, line: bytes) -> "Entry":
        """Read a record."""
        event, outcome = read_record(line)
        return cls(line, event, json.loads(outcome))

    @property
    def verdict(self) -> str | None:
        """The verdict, where something was judged."""
        decision = self.outcome.get("decision")
        return None if decision is None else str(decision["verdict"])

    @property
    def findings(self) -> list[dict[str, Any]]:
        """Every finding of the decision."""
        found: list[dict[str, Any]] = self.outcome.get("decision", {}).get("findings", [])
        return found

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was sent."""
        found: list[dict[str, Any]] = self.outcome.get("messages", [])
        return found

    def speaks_of(self, order_id: str) -> bool:
        """Say whether the record names an order, or a request on one, by our id."""
        named = {self.outcome.get("order_id")}
        for message in self.messages:
            named |= {message.get("order_id"), message.get("target")}
        return order_id in named

    def is_of_session(self, session: str) -> bool:
        """Say whether a desk's session asked, was told, or was lost or found."""
        body = self.event.body
        asked: object = getattr(body, "session", None)
        match body:
            case OrderAsked(order=order) | ReplaceAsked(order=order):
                asked = order.session
            case SignalAsked(signal=signal):
                asked = signal.order.session
            case _:
                pass
        return session == asked or any(one.get("session") == session for one in self.messages)


def shown(entry: Entry) -> Text:
    """Show a record."""
    text = Text()
    text.append(f"{entry.event.seq:>8} ", "bold")
    text.append(f"{instant(entry.event.at)}  ", "dim")
    text.append(told(entry.event))
    for part in _came_of_it(entry):
        text.append("\n" + _INDENT)
        text.append_text(part)
    return text


def instant(at: Micros) -> str:
    """Write an instant: ``2026-01-05 14:30:00.123456``, UTC."""
    return f"{_EPOCH + timedelta(microseconds=at):%Y-%m-%d %H:%M:%S.%f}"


def facts_dated(version: str | None, as_of: Micros | None) -> str:
    """Say of reference facts what their keeper says: their version, and when they were so."""
    said = [f"version {version}" if version else "", f"as of {instant(as_of)}" if as_of else ""]
    return ", ".join(filter(None, said))


def finding_text(finding: Mapping[str, Any]) -> Text:
    """Show a finding with what was seen, the limit, and the room there was."""
    text = Text(f"{finding['verdict']:<6} ", STYLES[finding["verdict"]])
    text.append(finding["rule"], "bold")
    text.append(f": {finding['text']}")
    if finding.get("silent"):
        text.append(" (silent)", "dim")
    unit = f" {finding['unit']}" if "unit" in finding else ""
    figures = [
        f"{name} {finding[name]}{unit}"
        for name in ("observed", "limit", "headroom")
        if name in finding
    ]
    if figures:
        text.append(f" ({', '.join(figures)})", "dim")
    return text


def terms(order: Order) -> str:
    """Say an order's terms as a trader would."""
    words = [
        order.side.name.lower().replace("_", " "),
        show_fixed(order.quantity),
        order.instrument,
        order.type.name.lower().replace("_", " "),
    ]
    if order.price is not None:
        words.append(show_fixed(order.price))
    if order.stop_price is not None:
        words.append(f"stop {show_fixed(order.stop_price)}")
    words.append(f"{order.tif.name.lower()}, account {order.account}")
    if order.strategy is not None:
        words.append(f"strategy {order.strategy}")
    return " ".join(words)


def told(event: Event) -> str:
    """Say what happened."""
    match event.body:
        case OrderAsked(order=order):
            return f"{order.session} asks for `{order.cl_ord_id}`: {terms(order)}"
        case SignalAsked(signal=signal):
            order = signal.order
            return f"{order.session} signals `{order.cl_ord_id}`: {terms(order)}"
        case ReplaceAsked(orig_cl_ord_id=orig, order=order):
            change = f"`{orig}` by `{order.cl_ord_id}`"
            return f"{order.session} asks to replace {change}: {terms(order)}"
        case CancelAsked() as body:
            return f"{body.session} asks to cancel `{body.orig_cl_ord_id}` by `{body.cl_ord_id}`"
        case MassCancelAsked() as body:
            of = [str(part) for part in (body.account, body.instrument) if part is not None]
            return f"{body.session} asks to cancel everything {' '.join(of)}".rstrip()
        case StatusAsked() as body:
            return f"{body.session} asks how `{body.cl_ord_id}` stands"
        case MessageRefused() as body:
            faults = "; ".join(body.faults)
            return f"{body.session} sent message {body.ref_seq} that cannot be read: {faults}"
        case ExecutionReported() as body:
            return f"{body.route} reports on {body.order_id}: {_execution(body)}"
        case CancelRejected() as body:
            return f"{body.route} refuses {body.order_id}: {body.text or f'reason {body.reason}'}"
        case MessageRejected() as body:
            what = f"message {body.message_type} of {body.order_id}"
            return f"{body.route} rejects {what}: {body.text}"
        case ReportUnreadable() as body:
            return f"{body.route} sent a report that cannot be read: {'; '.join(body.faults)}"
        case NotSent() as body:
            return f"{body.order_id} could not be sent to {body.route}"
        case MarketSeen() as body:
            told = {
                "quotes": body.quotes,
                "rates": body.rates,
                "statuses": body.statuses,
                "figures": body.figures,
            }
            return (
                f"market: {', '.join(f'{len(news)} {what}' for what, news in told.items() if news)}"
            )
        case SessionChanged() as body:
            return f"session {body.session} is {'up' if body.up else 'lost'}"
        case GraceElapsed() as body:
            return f"the grace of session {body.session} is over"
        case RouteChanged() as body:
            return f"route {body.route} is {'up' if body.up else 'lost'}"
        case StateOrdered() as body:
            and_cancel = " and cancels what works there" if body.cancel else ""
            sets = "drills" if body.drill else "sets"
            return f"{body.by} {sets} {body.scope} {body.state}{and_cancel}: {body.reason}"
        case CancelOrdered() as body:
            cancels = "drills to cancel" if body.drill else "cancels"
            but_gtc = ", but for GTC" if body.keep_gtc else ""
            return f"{body.by} {cancels} what works in {body.scope}{but_gtc}: {body.reason}"
        case KillOverdue(record=record):
            return f"the cancels that record {record} ordered should be confirmed by now"
        case FlattenOrdered() as body:
            return f"{body.by} flattens {body.scope}: {body.reason}"
        case FlattenDue(record=record):
            return f"the next step of the flattening that record {record} ordered is due"
        case PositionAdjusted() as body:
            change = f"{show_fixed(body.quantity)} {body.instrument} at {show_fixed(body.price)}"
            return f"{body.by} adjusts account {body.account} by {change}: {body.reason}"
        case LimitChanged(hard=None) as body:
            return f"{body.by} gives limit {body.name} of {body.scope} back: {body.reason}"
        case LimitChanged() as body:
            assert body.hard is not None
            limit = f"limit {body.name} of {body.scope} to {show_fixed(body.hard)}"
            return f"{body.by} sets {limit}: {body.reason}"
        case OverrideGiven() as body:
            return f"{body.by} says {body.step} of denied {body.order_id}: {body.reason}"
        case WarningAcknowledged() as body:
            what = f"`{body.reason}` of {body.rule}"
            return f"{body.by} has seen {what} for {body.account} in {body.instrument}"
        case PolicyActivated() as body:
            return f"policy `{body.name}` ({body.digest[:19]}…) is in force, by {body.by}"
        case ReferenceLoaded() as body:
            dated = facts_dated(body.version, body.as_of)
            named = f"{body.digest[:19]}…" + (f", {dated}," if dated else "")
            return f"reference facts {named} are in force, by {body.by}"
        case FactsRefused() as body:
            return f"{body.by} offers facts that cannot be used: {'; '.join(body.faults)}"
        case Started() as body:
            return f"gate {body.version} started on {body.host}"
        case Stopped() as body:
            return f"gate stopped: {body.reason}"
        case _ as unreachable:
            assert_never(unreachable)


def _execution(body: ExecutionReported) -> str:
    words = [body.type.name.lower().replace("_", " ")]
    if body.last_quantity is not None and body.last_price is not None:
        words.append(f"{show_fixed(body.last_quantity)} at {show_fixed(body.last_price)}")
    words.append(f"(filled {show_fixed(body.filled)}, leaves {show_fixed(body.leaves)})")
    if body.text is not None:
        words.append(body.text)
    return " ".join(words)


def _came_of_it(entry: Entry) -> Iterator[Text]:
    head = Text()
    if "order_id" in entry.outcome:
        head.append(f"{entry.outcome['order_id']} ", "cyan")
    if entry.verdict is not None:
        head.append(f"{entry.verdict} ", STYLES[entry.verdict])
    if entry.outcome.get("repeat"):
        head.append("repeat ", "yellow")
    head.append(_sent(entry.messages), "dim")
    if head.plain:
        yield head
    for finding in entry.findings:
        yield finding_text(finding)
    for surprise in entry.outcome.get("surprises", []):
        yield Text(f"! {surprise}", "bold yellow")


def _sent(messages: list[dict[str, Any]]) -> str:
    parts = []
    for message in messages[:MESSAGES_SHOWN]:
        match message["is"]:
            case "SetTimer" | "SetKillTimer" | "SetFlattenTimer":
                parts.append("timer set")
            case "AskOrder":
                parts.append(f"asks itself for `{message['order']['cl_ord_id']}`")
            case "Report":
                parts.append(f"39={message['status']} to {message['session']}")
            case name:
                to = message.get("route", message.get("session"))
                parts.append(f"{name} to {to}")
    if len(messages) > MESSAGES_SHOWN:
        parts.append(f"and {len(messages) - MESSAGES_SHOWN} more")
    return " · ".join(parts)
