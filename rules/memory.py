"""What rules remember between orders: message times, recent orders, counts.

A rule with a memory (a throttle, a duplicate check) never keeps it itself. The policy says
which memories its rules need; the state owns them; `gateway.core.apply` shows each of them the
events it `hears`, after they were decided: desks' messages and trading states, unless it says
otherwise, and trades and marks if it says so. Memories are keyed by what shapes them (kind and
window, not the limit), so a changed limit keeps the past, and only a rule with a new shape starts
with none.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, NewType

from domain.events import (
    Body,
    CancelAsked,
    Event,
    MassCancelAsked,
    OrderAsked,
    ReplaceAsked,
    SignalAsked,
    StateOrdered,
)
from domain.finding import Verdict
from domain.order import Order
from domain.scope import Scope

MemoryKey = NewType("MemoryKey", str)

MESSAGES: Final[frozenset[type[Body]]] = frozenset(
    {OrderAsked, SignalAsked, ReplaceAsked, CancelAsked, MassCancelAsked}
)
"""What is a message to the market: a new order, a replace or a cancel, whatever became of it."""


class Memory(ABC):
    """Something that remembers events. Bounded: what has left its window is forgotten.

    `hears` are the types of the events it is shown. `ExecutionReported` may be among them, which
    then means new trades of known orders, and `MarketSeen`.
    """

    __slots__ = ()

    hears: ClassVar[frozenset[type[Body]]] = MESSAGES | {StateOrdered}

    @abstractmethod
    def note(
        self,
        event: Event,
        scopes: tuple[Scope, ...],
        order: Order | None,
        verdict: Verdict | None,
    ) -> None:
        """Take in one event of a type it hears, after it was decided.

        `scopes` are those the event counts in. `order` is the terms asked for, or those of the
        order a cancel or a trade is about. `verdict` is None of what is not judged: cancels, and
        a ClOrdID that was decided before. Of a trading state, `scopes` is the one it was set
        for; marks have none; and of both `order` is None.
        """

    @abstractmethod
    def snapshot(self) -> object:
        """Give what is remembered as plain JSON values, equal when the memory is."""


def listening(memories: Iterable[Memory]) -> Mapping[type[Body], tuple[Memory, ...]]:
    """Find which memories hear each type of event, so that what nobody hears costs nothing."""
    found: dict[type[Body], tuple[Memory, ...]] = {}
    for memory in memories:
        for heard in memory.hears:
            found[heard] = (*found.get(heard, ()), memory)
    return found
