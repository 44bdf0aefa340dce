"""Where a rule, a kill or a figure applies: a level and a name, written ``desk:us-equities``.

The account tree firm → desk → trader → account carries limits at every node; strategies,
clients, sessions, instruments, asset classes and venues cut across it. A single order is a scope
of kills alone: no rule and no trading state stands at one. A scope is a string because it is a key
of the hottest dictionaries of the program and a word people read in the journal.
"""

from enum import StrEnum
from typing import NewType

Scope = NewType("Scope", str)


class Level(StrEnum):
    """The levels a scope can name, widest first."""

    FIRM = "firm"
    DESK = "desk"
    TRADER = "trader"
    ACCOUNT = "account"
    STRATEGY = "strategy"
    CLIENT = "client"
    SESSION = "session"
    ASSET_CLASS = "asset_class"
    VENUE = "venue"
    INSTRUMENT = "instrument"
    ORDER = "order"


TREE = (Level.FIRM, Level.DESK, Level.TRADER, Level.ACCOUNT)
"""The levels that nest: an account's orders count at all four."""


class TradingState(StrEnum):
    """What a scope may do. The order of the members is the order of severity."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


SEVERITY = {state: rank for rank, state in enumerate(TradingState)}


def scope(level: Level, name: str) -> Scope:
    """Name a scope."""
    return Scope(f"{level}:{name}")


def parse_scope(text: str) -> Scope:
    """Read ``desk:us-equities``.

    Raises
    ------
    ValueError
        If the level is unknown or the name is empty.
    """
    level, colon, name = text.partition(":")
    if not colon or not name or level not in set(Level):
        levels = ", ".join(Level)
        message = f"`{text}` is not a scope: wanted `level:name`, the level one of {levels}"
        raise ValueError(message)
    return Scope(text)


def level_of(place: Scope) -> Level:
    """Give the level of a scope."""
    return Level(place.partition(":")[0])


def name_of(place: Scope) -> str:
    """Give the name within its level."""
    return place.partition(":")[2]
