"""Leaving the market in good order when the gate is stopped (RTS 6 article 14(3)).

What works at the brokers goes on working when a gate stops, unless its settings say otherwise
(`on_stop`). A withdrawal is an operator's act like any other, recorded and followed: desks are
refused at the inbox, every firm's orders are cancelled, and the links stay up until the brokers
have confirmed or the time allowed is over. Whoever starts the gate again finds in the journal what
was not confirmed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from domain.events import CancelOrdered, Event
from domain.ids import OrderId
from domain.scope import Scope
from gateway.inbox import Inbox
from gateway.outcome import Outcome
from gateway.state import State

POLL_S: Final = 0.01

T = TypeVar("T")


class OnStop(StrEnum):
    """What becomes of working orders when the gate stops."""

    LEAVE = "leave"
    CANCEL_DAY = "cancel_day"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """How to leave. With CANCEL_DAY what is good till cancelled stays."""

    on_stop: OnStop = OnStop.LEAVE
    within_us: int = 10_000_000

    def carry_out(
        self, inbox: Inbox, *, given_up: Callable[[], bool]
    ) -> tuple[OrderId, ...] | None:
        """Withdraw; give the orders whose end was not confirmed, None when nobody knows.

        `given_up` says that the writer has failed and will answer nothing.
        """
        if self.on_stop is OnStop.LEAVE:
            return ()
        until = time.monotonic() + self.within_us / 1e6
        inbox.shut()
        firms = _read(inbox, _firms, until, given_up)
        records: list[int] = []

        def ordered(event: Event, _: Outcome) -> None:
            records.append(event.seq)

        for firm in firms or ():
            body = CancelOrdered(
                scope=firm,
                keep_gtc=self.on_stop is OnStop.CANCEL_DAY,
                by="gate",
                reason="the gate stops",
            )
            inbox.tell(body, ordered)
        while True:
            left = _read(inbox, lambda state: _waiting(state, records), until, given_up)
            if not left or time.monotonic() >= until:
                return left
            time.sleep(POLL_S)


def _firms(state: State) -> tuple[Scope, ...]:
    """Name the firms that have something working."""
    orders = (working.order for working in state.book.working.values())
    return tuple(sorted({state.book.path(order.account, None)[0][0] for order in orders}))


def _waiting(state: State, records: list[int]) -> tuple[OrderId, ...]:
    """Name the orders that kills still wait for."""
    return tuple(sorted({name for record in records for name in state.kills[record].waiting}))


def _read(
    inbox: Inbox, reader: Callable[[State], T], until: float, given_up: Callable[[], bool]
) -> T | None:
    """Read the state on the writer's thread; None when it does not come to it."""
    found: SimpleQueue[T] = SimpleQueue()
    inbox.look(lambda state: found.put(reader(state)))
    while not given_up():
        try:
            return found.get(timeout=POLL_S)
        except Empty:
            if time.monotonic() >= until:
                return None
    return None
