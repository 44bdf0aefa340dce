"""What rules remember between orders: message times, recent orders, counts.

A rule with a memory (a throttle, a duplicate check) never keeps it itself. The policy says
which memories its rules need; the state owns them; `gateway.core.apply` shows each of them
every desk message after it was decided. Memories are keyed by what shapes them (kind and window,
not the limit), so a changed limit keeps the past, and only a rule with a new shape starts with
none.
"""

from abc import ABC, abstractmethod
from typing import NewType

from domain.events import Event
from domain.finding import Verdict
from domain.order import Order
from domain.scope import Scope

MemoryKey = NewType("MemoryKey", str)


class Memory(ABC):
    """Something that remembers messages. Bounded: what has left its window is forgotten."""

    __slots__ = ()

    @abstractmethod
    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],
        order: Order | None,
        verdict: Verdict | None,
    ) -> None:
        """Take in one desk message, or one `StateOrdered`, after it was decided.

        `scopes` are those the message counts in. `order` is the terms asked for, or those of
        the order a cancel is about; `verdict` is None for messages that are not judged
        (cancels). Of a trading state, `scopes` is the one it was set for, and `order` is None.
        """

    @abstractmethod
    def snapshot(self) -> object:
        """Give what is remembered as plain JSON values, equal when the memory is."""
