"""FIX on the wire: framing, and no meaning.

A message is ``8=version|9=length|body|10=checksum|``, with SOH (byte 1) where a bar stands. The
length counts the bytes behind the SOH of 9 up to and with the SOH before 10; the checksum is the
sum of all bytes before ``10=``, modulo 256, in three digits. Source: FIX session layer 1.1,
"message format".
"""

import re
from collections.abc import Sequence
from datetime import datetime

from adapters.fix.port import Field

OWN_TAGS = frozenset({8, 9, 10, 34, 35, 43, 49, 52, 56, 97, 122})
"""Tags that only the session layer writes."""

_HEAD = re.compile(rb"8=FIXT?\.\d\.\d\x019=(\d{1,6})\x0135=")
_HEAD_MAX = len(b"8=FIXT.1.1|9=123456|35=")
_TRAILER = len(b"10=123|")


class Garbled(ValueError):
    """Bytes that no FIX message begins with."""


def body_of(fields: Sequence[Field]) -> str | None:
    """Write fields one after the other, or give None where that would be no FIX.

    A value must not be empty or hold SOH, which would forge the fields behind it, or NUL, which
    ends the text for many a C program; a tag must be positive and not the session layer's.
    """
    if not fields:
        return None
    tags, values = zip(*fields, strict=True)
    body = "\x01".join([f"{tag}={value}" for tag, value in fields])
    if (
        body.count("\x01") != len(fields) - 1
        or "\x00" in body
        or "" in values
        or min(tags) < 1
        or not OWN_TAGS.isdisjoint(tags)
    ):
        return None
    return body


def framed(begin_string: str, body: bytes) -> bytes:
    """Put 8 and 9 before a body that begins with 35 and ends with SOH, and 10 behind it."""
    message = b"8=%s\x019=%d\x01%s" % (begin_string.encode(), len(body), body)
    return b"%s10=%03d\x01" % (message, sum(message) % 256)


def logon(begin_string: str, sender: str, target: str, number: int, at: datetime) -> bytes:
    """Write a plain Logon (35=A)."""
    sent = at.strftime("%Y%m%d-%H:%M:%S")
    names = f"49={sender}\x0152={sent}\x0156={target}\x01"
    default = "1137=9\x01" if begin_string == "FIXT.1.1" else ""  # FIX 5.0 SP2
    body = f"35=A\x0134={number}\x01{names}98=0\x01108=30\x01{default}"
    return framed(begin_string, body.encode())


def first_message(received: bytes) -> bytes | None:
    """Cut the first message off, or give None while it is not complete. Raises Garbled."""
    head = _HEAD.match(received)
    if head is None:
        if len(received) >= _HEAD_MAX or not _may_become_a_head(received):
            raise Garbled("this is not the beginning of a FIX message")
        return None
    end = head.end(1) + 1 + int(head[1]) + _TRAILER
    if len(received) < end:
        return None
    message = received[:end]
    if message[-_TRAILER:] != b"10=%03d\x01" % (sum(message[:-_TRAILER]) % 256):
        raise Garbled("length or checksum are wrong")
    return message


def value_of(message: bytes, tag: int) -> str:
    """Give the value of the first field with this tag, or an empty text."""
    begin = message.find(b"\x01%d=" % tag)
    if begin < 0:
        return ""
    begin = message.index(b"=", begin) + 1
    return message[begin : message.index(b"\x01", begin)].decode("utf-8", "surrogateescape")


def _may_become_a_head(received: bytes) -> bool:
    example = b"8=FIX"
    return received[: len(example)] == example[: len(received)]
