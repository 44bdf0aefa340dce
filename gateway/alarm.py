"""The alarm: tells a running gate's alerts in its log, on a thread of its own.

The writer hands each record over once it is durable and goes on: a slow log must not hold an order
up. Nor may a storm of denials fill memory: what would wait behind `WAITING_MAX` is left out of the
log, which says how much that was. The journal has it all, and `ordergate alerts` reads it there.
"""

from queue import SimpleQueue
from threading import Thread
from typing import Final

import structlog

from domain.events import Event
from gateway.alerts import Alert, Urgency, alerts_of
from gateway.outcome import Outcome

WAITING_MAX: Final = 10_000

log = structlog.get_logger()


class Alarm:
    """Rings for records."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Alert | None] = SimpleQueue()
        self._left_out = 0
        """Counted by the writer alone."""
        self._thread = Thread(target=self._run, name="alarm", daemon=True)

    def start(self) -> None:
        """Begin telling."""
        self._thread.start()

    def ring(self, event: Event, outcome: Outcome) -> None:
        """Have a durable record's alerts told. For the writer's thread: quick, never refuses."""
        for alert in alerts_of(event, outcome):
            if self._waiting.qsize() < WAITING_MAX:
                self._waiting.put(alert)
            else:
                self._left_out += 1

    def stop(self) -> None:
        """Tell what still waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        told = 0
        while True:
            alert = self._waiting.get()
            if alert is not None:
                _tell(alert)
            if (left_out := self._left_out) > told and self._waiting.empty():
                log.error("alerts_were_left_out", count=left_out - told)
                told = left_out
            if alert is None:
                return


def _tell(alert: Alert) -> None:
    say = log.error if alert.urgency is Urgency.ALARM else log.warning
    if alert.urgency is Urgency.NOTICE:
        say = log.info
    order = {} if alert.order_id is None else {"order": alert.order_id}
    say(
        alert.what,
        alert=alert.urgency.value,
        record=alert.record,
        at=alert.at,
        text=alert.text,
        **order,
    )
