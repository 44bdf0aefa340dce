"""Running a gate from its settings: the FIX side put in its place, signals, and the end.

The front door is a process of its own; whoever finds it gone opens it again, because a gate behind
a closed door is a gate nobody can reach. A watchdog, another process, asks the engine for
heartbeats and ends a gate that answers none. The gate itself is never restarted from within: a
process that failed ends with a reason, and its supervisor starts it anew from the journal.
"""

import faulthandler
import os
import signal
from collections.abc import Callable
from dataclasses import replace

import structlog

from adapters.clock import Timers
from adapters.fix.door import FrontDoor
from adapters.fix.engine import QuickfixEngine
from adapters.fix.links import FixLinks
from adapters.fix.sessions import EngineSettings, Listen
from adapters.fix.watchdog import Watchdog, WatchSettings, sessions_for
from domain.reference import Reference
from gateway.fix_settings import FixSettings
from gateway.gate import Gate, Links, NoLinks, Plan
from gateway.inbox import Inbox
from gateway.reading_apart import read_apart
from gateway.renewal import FactsFile
from gateway.settings import Settings

DOOR_WATCH_US = 500_000
LOOK_EVERY_S = 1.0
"""How often watched facts are looked at."""

log = structlog.get_logger()


class GuardedLinks:
    """The FIX sessions behind their front door."""

    def __init__(
        self,
        settings: FixSettings,
        inbox: Inbox,
        reference: Reference,
        fail: Callable[[BaseException], None],
    ) -> None:
        self._settings = settings
        self._door: FrontDoor | None = None
        self._watch = Timers()
        self._fail = fail
        self._watching = watching(settings.engine)
        self._watchdog: Watchdog | None = None
        engine = settings.engine
        if self._watching is not None:
            watched = sessions_for(self._watching)
            engine = replace(engine, sessions=[*engine.sessions, *watched])
        self._links = FixLinks(
            settings.links,
            instruments=reference.instruments.values(),
            inbox=inbox,
            fail=fail,
            engine=lambda handler: QuickfixEngine(engine, handler, turned=True),
        )
        self.turn = self._links.turn
        self.recall = self._links.recall
        self.relist = self._links.relist
        self.unfit = self._links.unfit
        self.send = self._links.send

    def start(self) -> None:
        """Run the sessions, have them watched, then open the door."""
        self._links.start()
        if self._watching is not None:
            self._watchdog = Watchdog(self._watching)
        if self._settings.door is not None:
            self._door = FrontDoor(self._settings.door)
            self._watch.start()
            self._watch.every(DOOR_WATCH_US, self._reopen)

    def stop(self) -> None:
        """Close the door, then log out."""
        if self._door is not None:
            self._watch.stop()
            self._door.close()
        if self._watchdog is not None:
            self._watchdog.close()
        self._links.stop()

    @property
    def health(self) -> dict[str, object]:
        """Which sessions are up, and whether the door is open."""
        door = {} if self._door is None else {"front door": self._door.is_at_work()}
        return {**self._links.health, **door}

    @property
    def sessions(self) -> frozenset[str]:
        """The desk sessions that speak FIX."""
        return self._links.sessions

    def _reopen(self) -> None:
        assert self._settings.door is not None
        if self._door is not None and not self._door.is_at_work():
            log.warning("front_door_fell")
            try:
                self._door = FrontDoor(self._settings.door)
            except OSError as fault:
                self._fail(fault)


def watching(engine: EngineSettings) -> WatchSettings | None:
    """Say how an engine is watched: as a desk, on the port the first of its desks comes to.

    One thread does the work of all sessions, so one answer speaks for all. An engine without
    desks is not watched.
    """
    ports = [each.link.port for each in engine.sessions if isinstance(each.link, Listen)]
    return WatchSettings(pid=os.getpid(), inward_port=ports[0]) if ports else None


def plan_of(settings: Settings, reference: Reference) -> Plan:
    """Make a gate's plan from its settings."""

    def links(inbox: Inbox, facts: Reference, fail: Callable[[BaseException], None]) -> Links:
        return NoLinks() if settings.fix is None else GuardedLinks(settings.fix, inbox, facts, fail)

    return Plan(
        journal=settings.journal,
        key=settings.key,
        origin=settings.origin,
        policy=settings.policy,
        reference=reference,
        door=settings.door,
        facts=FactsFile(
            path=settings.facts,
            read=read_apart,
            look_every_s=LOOK_EVERY_S if settings.facts_watch else None,
        ),
        links=links,
        inbox_capacity=settings.inbox_capacity,
        marks_every_us=settings.marks_every_us,
        checkpoint_every_us=settings.checkpoint_every_us,
        withdrawal=settings.withdrawal,
    )


def run(
    settings: Settings, reference: Reference, opened: Callable[[Gate], None] = lambda _: None
) -> int:
    """Run a gate until it is told to stop (SIGINT, SIGTERM) or fails.

    `opened` is called once it is open for business. Gives 0 after a stop in good order, 3 after a
    fault.
    """
    faulthandler.enable()  # the watchdog's SIGABRT shows where each thread stood
    gate = Gate(plan_of(settings, reference))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: gate.end())
    try:
        gate.start()
        opened(gate)
        fault = gate.wait()
    finally:
        gate.stop()
    return 0 if fault is None else 3
