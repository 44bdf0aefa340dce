"""Identifiers, one type each, so that a desk's id can never stand where ours is wanted.

Three families meet in a gateway and are easily confused:

* the desk's own ids (`ClOrdId`, FIX 11), unique within one desk session for ever;
* ours (`OrderId`), made from the journal's sequence number, sent to the broker as *its* ClOrdID;
* the broker's (`BrokerOrderId`, FIX 37 and `ExecId`, FIX 17), unique within one broker.
"""

import re
from hashlib import sha256
from typing import NewType

FirmId = NewType("FirmId", str)
DeskId = NewType("DeskId", str)
TraderId = NewType("TraderId", str)
AccountId = NewType("AccountId", str)
OwnerId = NewType("OwnerId", str)
StrategyId = NewType("StrategyId", str)
InstrumentId = NewType("InstrumentId", str)
CalendarId = NewType("CalendarId", str)
ClientId = NewType("ClientId", str)

SessionId = NewType("SessionId", str)
"""A door orders come through: a desk's FIX session, the REST door, the command line."""

RouteId = NewType("RouteId", str)
"""A broker's FIX session: where an accepted order is sent."""

ClOrdId = NewType("ClOrdId", str)
OrderId = NewType("OrderId", str)
BrokerOrderId = NewType("BrokerOrderId", str)
ExecId = NewType("ExecId", str)

RuleId = NewType("RuleId", str)
Digest = NewType("Digest", str)
"""A stored text (a policy, a set of facts) as records name it: ``sha256:`` and 64 hex digits."""

Micros = NewType("Micros", int)
"""An instant: whole microseconds since 1970-01-01 UTC."""


def digest_of(text: bytes) -> Digest:
    """Name a text by its SHA-256."""
    return Digest(f"sha256:{sha256(text).hexdigest()}")


def order_id(seq: int, part: int = 0, mark: str = "") -> OrderId:
    """Name the order, or the request on an order, that record `seq` of the journal decided.

    The name is a function of the place in the journal, so replay gives the same names, two
    orders can never share one, and a reader of a broker's log can find the record. `part`
    numbers the requests when one event makes several (a mass cancel); `mark` is the journal's.
    """
    return OrderId(f"G{mark}{seq}" if part == 0 else f"G{mark}{seq}-{part}")


def exec_id(seq: int, part: int = 0, mark: str = "") -> ExecId:
    """Name the report to a desk that record `seq` caused (FIX 17)."""
    return ExecId(f"E{mark}{seq}" if part == 0 else f"E{mark}{seq}-{part}")


_RECORD = re.compile(r"[EG][A-Z]*(\d{1,16})(?:-\d+)?\Z", re.ASCII)


def record_of(name: str) -> int | None:
    """Read the number of the record in a name of ours; None where there is none."""
    found = _RECORD.match(name)
    return None if found is None else int(found[1])
