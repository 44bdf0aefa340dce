"""A release that waits for a second person.

Where the house wants two (`Reference.release_needs_two`), loosening a scope's trading state is
first a proposal. It is good for minutes, and a second, different person carries it out by ordering
the same.
"""

from dataclasses import dataclass
from typing import Final

from domain.ids import Micros
from domain.scope import TradingState

RELEASE_US: Final = 900_000_000
"""How long a proposal waits: a quarter of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The state somebody proposes for a scope, and until when another may agree."""

    state: TradingState
    by: str
    until: Micros
