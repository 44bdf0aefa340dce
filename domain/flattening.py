"""Flattening: the gate itself closes what is held in a scope, until nothing is.

It asks in a session of its own, which is no desk's: nobody else may ask in its name, nobody hears
its reports, and an order of it may only bring a position nearer to zero, whatever trading state
holds (`rules.house`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.events import FlattenOrdered
from domain.ids import Micros, SessionId

GATE: Final = SessionId("gate")
"""The session the gate asks in itself."""


class End(StrEnum):
    """How a flattening ended: nothing is held or works, people decided otherwise, or it gave up."""

    FLAT = "flat"
    CALLED_OFF = "called_off"
    GIVEN_UP = "given_up"


@dataclass(slots=True)
class Flattening:
    """How far one has come: the steps taken, and the closing orders asked for in them."""

    ordered: FlattenOrdered
    at: Micros
    steps: int = 0
    asked: int = 0
    end: End | None = None
    ended_at: Micros | None = None

    def ends(self, end: End, at: Micros) -> None:
        """Put down how it ended, and when."""
        self.end, self.ended_at = end, at
