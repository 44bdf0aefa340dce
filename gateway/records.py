"""Records: events and outcomes as canonical JSON, one line each.

The bytes follow the journal's profile (docs/formats/journal.md): keys in ASCII order, no blanks,
no floats, integers within 2^53, exact decimals as strings, instants as integer microseconds. How
values of `domain.events` and `domain.messages` are written is said in `gateway.forms`. A record is

    {"at":…,"event":{"is":"OrderAsked",…},"outcome":{…},"seq":…,"v":1}
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from domain.events import Body, Event
from domain.finding import Decision
from domain.ids import Micros, OrderId, digest_of
from domain.market import Figures, FxRate, Quote, TradingStatus
from domain.reference import Reference
from gateway.forms import reader, writer
from gateway.outcome import Outcome

VERSION = 1


class RecordUnreadable(ValueError):
    """A line of the journal is not a record this version knows."""


write_body: Callable[[Body], str] = writer(Body)
"""Write an event's body."""

write_outcome: Callable[[Outcome], str] = writer(Outcome)
"""Write an outcome: what replay compares."""

write_quote: Callable[[Quote], str] = writer(Quote)

_write_reference: Callable[[Reference], str] = writer(Reference)


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """A record, its parts still text."""

    at: int
    event: msgspec.Raw
    outcome: msgspec.Raw
    seq: int
    v: int


class _Outcome(msgspec.Struct):
    """What an outcome's record holds whole."""

    decision: msgspec.Raw = msgspec.Raw()
    order_id: str | None = None
    repeat: bool = False
    surprises: tuple[str, ...] = ()


class _Reading:
    """How values of one annotation are read from JSON text, or from JSON parsed already."""

    def __init__(self, hint: Any, what: str) -> None:  # noqa: ANN401 (an annotation)
        self._shape, self._make = reader(hint)
        self._parse = msgspec.json.Decoder(self._shape).decode
        self._what = what

    def text(self, text: bytes | msgspec.Raw) -> Any:  # noqa: ANN401
        try:
            return self._make(self._parse(text))
        except ValueError as fault:
            raise self._unreadable(fault) from fault

    def parsed(self, found: object) -> Any:  # noqa: ANN401
        try:
            return self._make(msgspec.convert(found, self._shape))
        except ValueError as fault:
            raise self._unreadable(fault) from fault

    def _unreadable(self, fault: ValueError) -> RecordUnreadable:
        return RecordUnreadable(f"not {self._what}: {fault}")


_parse_line = msgspec.json.Decoder(_Line).decode
_parse_outcome = msgspec.json.Decoder(_Outcome).decode
_DECISION = _Reading(Decision, "a decision")
_BODY = _Reading(Body, "an event")
_QUOTE = _Reading(Quote, "a quote")
_RATE = _Reading(FxRate, "an exchange rate")
_STATUS = _Reading(TradingStatus, "a trading status")
_FIGURES = _Reading(Figures, "an instrument's figures")
_REFERENCE = _Reading(Reference, "reference facts")


def write_record(event: Event, outcome: Outcome) -> bytes:
    """Write one record, without the line's end."""
    return (
        f'{{"at":{event.at},"event":{write_body(event.body)},'
        f'"outcome":{write_outcome(outcome)},"seq":{event.seq},"v":{VERSION}}}'
    ).encode()


def read_record(line: bytes, *, mark: str = "") -> tuple[Event, str]:
    """Read a record of the journal with that mark: its event, and its outcome's exact text.

    Raises
    ------
    RecordUnreadable
        If the line is not JSON, of another version, or names a type or field nobody knows.
    """
    try:
        found = _parse_line(line)
    except ValueError as fault:
        raise RecordUnreadable(f"not a record: {fault}") from fault
    if found.v != VERSION:
        raise RecordUnreadable(f"record version `{found.v}` is not `{VERSION}`")
    event = Event(found.seq, Micros(found.at), _BODY.text(found.event), mark)
    return event, bytes(found.outcome).decode()


def read_outcome(text: str) -> Outcome:
    """Read an outcome as far as its record holds it whole: its decision and what it tells.

    Its messages and changes follow only from deciding again (`gateway.replay`).

    Raises
    ------
    RecordUnreadable
        If the text is not an outcome this version knows.
    """
    try:
        found = _parse_outcome(text)
    except ValueError as fault:
        raise RecordUnreadable(f"not an outcome: {fault}") from fault
    return Outcome(
        decision=_DECISION.text(found.decision) if bytes(found.decision) else None,
        order_id=None if found.order_id is None else OrderId(found.order_id),
        repeat=found.repeat,
        surprises=found.surprises,
    )


def read_body(found: object) -> Body:
    """Read an event's body from parsed JSON: the form in which doors outside send them.

    Raises
    ------
    RecordUnreadable
        If it is not a body this version knows, or holds text that is not Unicode.
    """
    body: Body = _BODY.parsed(found)
    try:
        # JSON can spell half a surrogate pair, which no record can hold.
        write_body(body).encode()
    except UnicodeEncodeError as fault:
        raise RecordUnreadable(f"not an event: {fault}") from fault
    return body


def read_quote(found: object) -> Quote:
    """Read a quote from parsed JSON; raises RecordUnreadable."""
    quote: Quote = _QUOTE.parsed(found)
    return quote


def read_rate(found: object) -> FxRate:
    """Read an exchange rate from parsed JSON; raises RecordUnreadable."""
    rate: FxRate = _RATE.parsed(found)
    return rate


def read_status(found: object) -> TradingStatus:
    """Read a trading status from parsed JSON; raises RecordUnreadable."""
    status: TradingStatus = _STATUS.parsed(found)
    return status


def read_figures(found: object) -> Figures:
    """Read an instrument's figures from parsed JSON; raises RecordUnreadable."""
    figures: Figures = _FIGURES.parsed(found)
    return figures


def write_reference(reference: Reference) -> bytes:
    """Write reference facts as canonical JSON; their digest is the SHA-256 of these bytes."""
    return _write_reference(reference).encode()


def read_reference(data: bytes) -> Reference:
    """Read reference facts.

    Raises
    ------
    RecordUnreadable
        If the bytes are not facts this version knows.
    """
    reference: Reference = _REFERENCE.text(data)
    return replace(reference, digest=digest_of(data))
