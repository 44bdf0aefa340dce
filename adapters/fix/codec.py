"""FIX as text: ``tag=value`` pairs, each ended by SOH (byte 1), and the few forms values take.

A message is read once: its text is split at SOH and each piece at its first ``=`` into one mapping
from tag to value. That is all an order without groups needs, and costs 3 µs for twenty fields; the
ordered list of pairs, which repeating groups need, is made only when somebody asks for it.

Tags are kept as text while reading, because that is how they come (turning twenty into numbers
costs as much as splitting). What is written is a list of ``(number, value)`` pairs, as the port
wants it.

Values:

* *decimals*: ``-15.54``; at most fifteen digits before the point and nine after; no exponent.
* *instants* (UTCTimestamp): ``20260105-14:30:00``, with up to twelve decimals; we keep
  microseconds. Written with three decimals, the most 4.2 and 4.4 know, and with six in 5.0SP2.
* *text*: printable. Control characters and bytes that are not UTF-8 are a fault: they would forge
  fields on the way out, and spoil a journal that people read.

Reading never stops at the first fault: a `Reading` collects them all, in words for the desk.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from adapters.fix.port import Field
from adapters.fix.sessions import Version
from domain.fixed import parse_fixed
from domain.ids import Micros

SOH = "\x01"
_NOTHING = "=\x01"
ID_LENGTH_MAX = 128
"""Longer names (11, 1, 55, …) are mistakes, and would be kept for ever."""

NAMES = {
    "1": "Account",
    "6": "AvgPx",
    "11": "ClOrdID",
    "14": "CumQty",
    "15": "Currency",
    "17": "ExecID",
    "20": "ExecTransType",
    "22": "SecurityIDSource",
    "31": "LastPx",
    "32": "LastQty",
    "35": "MsgType",
    "37": "OrderID",
    "38": "OrderQty",
    "39": "OrdStatus",
    "40": "OrdType",
    "41": "OrigClOrdID",
    "44": "Price",
    "47": "Rule80A",
    "48": "SecurityID",
    "54": "Side",
    "55": "Symbol",
    "59": "TimeInForce",
    "60": "TransactTime",
    "99": "StopPx",
    "100": "ExDestination",
    "126": "ExpireTime",
    "150": "ExecType",
    "151": "LeavesQty",
    "447": "PartyIDSource",
    "448": "PartyID",
    "452": "PartyRole",
    "453": "NoPartyIDs",
    "528": "OrderCapacity",
    "530": "MassCancelRequestType",
    "1028": "ManualOrderIndicator",
    "2376": "PartyRoleQualifier",
    "2593": "NoOrderAttributes",
    "2594": "OrderAttributeType",
    "2595": "OrderAttributeValue",
}
"""How people call the tags we find fault with."""

_INSTANT = re.compile(r"\d{8}-\d{2}:\d{2}:([0-5]\d|60)\Z", re.ASCII)
_DECIMALS_MAX = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_QUOTED_MAX = 60
_nanos = lru_cache(maxsize=8192)(parse_fixed)
"""Lots are round and prices stay near the market: the same decimals come again and again."""


class Wire(NamedTuple):
    """An application message ready for the port: its type (35), its body, and 97=Y or not."""

    msg_type: str
    fields: list[Field]
    poss_resend: bool = False


class Reading:
    """One message being read: what it says, and what is wrong with it."""

    __slots__ = ("_pairs", "faults", "repeats", "text", "values")

    def __init__(self, text: str) -> None:
        """Take the text apart. A tag given twice keeps its last value here; see `check`."""
        self.text = text
        self.faults: list[str] = []
        self._pairs: list[tuple[str, str]] | None = None
        try:
            pieces = text.removesuffix(SOH).split(SOH)
            self.values = dict([piece.split("=", 1) for piece in pieces])
        except ValueError:
            self.values = dict(self.pairs)
            self.faults.append("a field without `=`")
        self.repeats = text.count(SOH) != len(self.values)
        """Some tag is given more than once."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """All fields in the order they came."""
        if self._pairs is None:
            pieces = [pair.partition("=") for pair in self.text.split(SOH)]
            self._pairs = [(tag, value) for tag, equals, value in pieces if equals]
        return self._pairs

    def check(self, repeatable: frozenset[str]) -> None:
        """Find what is wrong with the message as such: bad characters, no value, tags twice."""
        if not self.text.replace(SOH, "").isprintable():
            for tag, value in self.pairs:
                if not (tag + value).isprintable():
                    self.fault(tag, "holds characters that cannot be printed")
        if _NOTHING in self.text:
            for tag, value in self.pairs:
                if not value:
                    self.fault(tag, "has no value")
        if self.repeats:
            once = [tag for tag, _ in self.pairs if tag not in repeatable]
            if len(set(once)) != len(once):
                for tag, times in Counter(once).items():
                    if times > 1:
                        self.fault(tag, "is given more than once")

    def fault(self, tag: str, what: str) -> None:
        """Note a fault, said of a field."""
        fault = f"{named(tag)} {what}"
        if fault not in self.faults:
            self.faults.append(fault)

    def wanted(self, tag: str, known: Iterable[str]) -> None:
        """Note that a field is missing, or is none of the values we know."""
        value = self.values.get(tag)
        if not value:
            self.fault(tag, "is missing")
        else:
            self.fault(tag, f"is `{shown(value)}`, wanted one of {', '.join(known)}")

    def name(self, tag: str) -> str | None:
        """Read an identifier that must be there; None, and a fault, when it is not."""
        value = self.values.get(tag)
        if value and len(value) <= ID_LENGTH_MAX:
            return value
        self.fault(tag, f"is longer than {ID_LENGTH_MAX} characters" if value else "is missing")
        return None

    def echo(self, tag: str) -> str | None:
        """Read an identifier for quoting it in an answer: None where it cannot be quoted."""
        value = self.values.get(tag)
        return value if value and len(value) <= ID_LENGTH_MAX and value.isprintable() else None

    def decimal(self, tag: str) -> int | None:
        """Read a decimal as nanos; None, and a fault, when it is missing or none."""
        value = self.values.get(tag)
        if not value:
            self.fault(tag, "is missing")
            return None
        try:
            return _nanos(value)
        except ValueError:
            wanted = "a plain decimal (15 digits, 9 after the point)"
            self.fault(tag, f"is `{shown(value)}`, wanted {wanted}")
            return None

    def whole(self, tag: str, value: str) -> int | None:
        """Read a small whole number."""
        if value.isdecimal() and value.isascii() and len(value) <= 9:
            return int(value)
        self.fault(tag, f"is `{shown(value)}`, wanted a whole number")
        return None

    def instant(self, tag: str) -> Micros | None:
        """Read an instant; None, and a fault, when it is missing or none."""
        value = self.values.get(tag)
        if not value:
            self.fault(tag, "is missing")
            return None
        at = parse_instant(value)
        if at is None:
            self.fault(tag, f"is `{shown(value)}`, wanted an instant, 20260105-14:30:00.000")
        return at


def parse_instant(text: str) -> Micros | None:
    """Read a UTCTimestamp; None when it is none. Second 60 is the first of the next minute."""
    micros = _micros(text[:17])
    if micros is None or len(text) == 17:
        return micros
    decimals = text[18:]
    if text[17] != "." or not decimals.isdecimal() or not decimals.isascii():
        return None
    if len(decimals) > _DECIMALS_MAX:
        return None
    return Micros(micros + int(decimals[:6].ljust(6, "0")))


def show_instant(at: Micros, version: Version) -> str:
    """Write an instant as precisely as the version allows, cutting off the rest."""
    seconds, micros = divmod(at, 1_000_000)
    if version is Version.FIX50SP2:
        return f"{_second(seconds)}.{micros:06d}"
    return f"{_second(seconds)}.{micros // 1000:03d}"


def number_of(text: str) -> int:
    """Read MsgSeqNum (34) straight from a text; 0 where there is none."""
    begin = text.find("\x0134=") + 4
    digits = text[begin : text.find(SOH, begin)] if begin > 3 else ""
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) < 16 else 0


def renamed(text: str, renames: Mapping[str, str]) -> str:
    """Give a message the standard's tags in place of those of its session."""
    pieces = (pair.partition("=") for pair in text.split(SOH))
    return SOH.join(f"{renames.get(tag, tag)}{equals}{value}" for tag, equals, value in pieces)


def named(tag: str) -> str:
    """Name a tag as people do: ``OrderQty (38)``."""
    name = NAMES.get(tag)
    return f"{name} ({tag})" if name else f"tag `{shown(tag)}`"


def shown(text: str) -> str:
    """Make foreign text fit to be quoted: printable, and not too long."""
    if len(text) > _QUOTED_MAX:
        text = f"{text[:_QUOTED_MAX]}…"
    return text if text.isprintable() else printable(text)


def printable(text: str) -> str:
    """Put ``?`` in place of whatever cannot be printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@lru_cache(maxsize=256)
def _micros(text: str) -> Micros | None:
    """Read an instant without decimals; the same seconds come again and again."""
    found = _INSTANT.match(text)
    if found is None:
        return None
    try:
        minute = datetime.strptime(f"{text[:14]}+0000", "%Y%m%d-%H:%M%z")
    except ValueError:  # a 30th of February
        return None
    since = (minute - _EPOCH) // _MICRO + int(found[1]) * 1_000_000
    return Micros(since) if since >= 0 else None


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    return f"{_EPOCH + timedelta(seconds=seconds):%Y%m%d-%H:%M:%S}"
