"""A state as canonical JSON, and its digest: how two gates are found to be equal, or not.

Everything that can change an answer is written, and nothing else: bound checks and other
things found again from the rest are left out, and so are nodes of the account tree that never
counted anything, since asking about an account makes one. Where the order of things can be seen
from outside (requests of a mass cancel are numbered in the order the orders came), it is kept.

Two states with one digest hold the same orders, positions, holds, doubts and memories, and will
answer every event alike. The digest is of the JSON's bytes, by SHA-256.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256

from domain.book import Book
from domain.exposure import Node
from domain.working import Working
from gateway.state import State

INTEGER_MAX = 2**53
"""Larger integers are written as strings (RFC 8785: readers may hold numbers as doubles)."""


def snapshot(state: State) -> bytes:
    """Write a state down."""
    book = state.book
    found = {
        "acknowledged": {
            "\x1f".join(key): _plain(seen) for key, seen in state.consents.acknowledged.items()
        },
        "at": state.at,
        "book": _book(book),
        "down": _plain(state.down),
        "flattenings": _plain(state.flattenings),
        "limits": {
            f"{name}\x1f{place}": _plain(now) for (name, place), now in state.limits.changed.items()
        },
        "overrides": _plain(state.consents.overrides),
        "kills": {str(seq): _plain(kill) for seq, kill in state.kills.items()},
        "mark": state.mark,
        "memories": {key: _plain(memory.snapshot()) for key, memory in state.memories.items()},
        "next_seq": state.next_seq,
        "policy": None if state.policy is None else state.policy.digest,
        "reference": None if book.reference is None else book.reference.digest,
        "releases": _plain(state.releases),
        "routes": sorted(state.routes),
        "states": _plain(state.states),
        "terms_since": state.terms_since,
        "up": sorted(state.up),
    }
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(state: State) -> str:
    """Give the SHA-256 of a state's snapshot, in hex."""
    return sha256(snapshot(state)).hexdigest()


def _book(book: Book) -> dict[str, object]:
    return {
        "by_desk": {
            f"{session}\x1f{name}": working.order_id
            for (session, name), working in book.by_desk.items()
        },
        "day": _plain(book.day),
        "day_trades": _plain(book.day_trades),
        "figures": _plain(book.figures),
        "funds": _plain(book.funds),
        "listings": _plain(book.listings),
        "live": {name: working.order_id for name, working in book.live.items()},
        "located": _plain(book.located),
        "nodes": {place: _node(node) for place, node in book.nodes.items() if node.lines},
        "orders": _plain(book.orders),
        "quotes": _plain(book.quotes),
        "rates": _plain(book.rates),
        "resting": {
            f"{owner}\x1f{instrument}\x1f{'buys' if buying else 'sells'}": _names(resting.values())
            for (owner, instrument, buying), resting in book.resting.items()
            if resting
        },
        "statuses": _plain(book.statuses),
        "working": _names(book.working.values()),
    }


def _node(node: Node) -> object:
    return _plain(node)


def _names(orders: Iterable[Working]) -> list[str]:
    return [working.order_id for working in orders]


def _plain(value: object) -> object:
    """Bring a value down to what JSON has. Sets are sorted; absent fields are left out."""
    match value:
        case None | bool():
            return value
        case Enum():
            return value.value
        case str():
            return value
        case int():
            return value if abs(value) <= INTEGER_MAX else str(value)
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case set() | frozenset():
            return sorted(_plain(each) for each in value)  # type: ignore[type-var]
        case tuple() | list():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            told = (
                (each.name, getattr(value, each.name)) for each in fields(value) if each.compare
            )
            return {name: _plain(each) for name, each in told if each is not None}
        case _:
            raise AssertionError(f"a state holds no {type(value).__name__}")
