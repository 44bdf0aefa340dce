"""New reference facts for a running gate.

One thread has the file of facts read, in a process of its own (`gateway.reading_apart`), and nobody
waits for it: not the writer, whose orders go on being judged by the facts in force, and not the
local door. It reads when somebody asks and, where the gate watches its facts, when the file or a
table it names has changed and then stayed the same for one look, so that a file half copied is not
read. Looking is a `stat` of each file about once a second: a handful of files, seen also on network
drives and in containers, where the kernel's notices of changes do not reach.

What was read is held against everything it must fit before it is offered: the policy in force (a
list it names, an account its rules are about), and the FIX sessions, which stand in the settings
and cannot change under way. Then it is stored, and offered as `ReferenceLoaded`; the core may still
refuse what is older, or forgets something in use. INVARIANT (whole or not at all): whatever is
wrong, the facts in force stay in force, all of them, and the journal says who offered what and why
not.

Once the record is durable the FIX sessions are told of the instruments, on the writer's thread,
where messages are read and written: no message meets half a list, and nothing needs a lock.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

import structlog

from domain.events import Event, FactsRefused, ReferenceLoaded
from domain.ids import Digest
from domain.instrument import Instrument
from domain.reference import Reference
from gateway.inbox import Inbox
from gateway.library import Shelf
from gateway.outcome import Outcome
from gateway.reading_apart import Found
from gateway.records import read_reference
from rules.fault import Faults

FAULTS_TOLD = 100
"""More faults than this are counted in a record, not told."""

WATCH = "facts_watch"
"""Who loads facts that have changed, in the records."""

log = structlog.get_logger()

Stamp = tuple[str, int, int, int] | None
"""A file's path, inode, size and time of change; None where there is no file."""

Told = dict[str, Any]


class Sessions(Protocol):
    """The FIX sessions, as far as facts concern them."""

    def unfit(self, facts: Reference) -> tuple[str, ...]:
        """Say what facts lack that the sessions cannot do without until a new start."""

    def relist(self, instruments: Iterable[Instrument]) -> None:
        """Know these instruments from now on; called on the writer's thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsFile:
    """Where facts come from: a file, how it is read, and how often it is looked at, if at all."""

    path: Path
    read: Callable[[Path], Found]
    look_every_s: float | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants the file to be read."""

    by: str
    older: bool
    answer: Callable[[Told], None]


class Renewal:
    """Reads new facts, and offers them to the gate."""

    def __init__(
        self,
        file: FactsFile,
        *,
        inbox: Inbox,
        shelf: Shelf,
        sessions: Sessions,
        in_force: Callable[[], tuple[Digest | None, Digest | None]],
        fail: Callable[[BaseException], None],
    ) -> None:
        """Take a file; `in_force` gives the digests of the facts and the policy in force."""
        self._file = file
        self._inbox = inbox
        self._shelf = shelf
        self._sessions = sessions
        self._in_force = in_force
        self._fail = fail
        self._wishes: SimpleQueue[Wish | None] = SimpleQueue()
        self._files: tuple[str, ...] = (str(file.path),)
        self._seen: tuple[Stamp, ...] = ()
        self._read: tuple[Stamp, ...] = ()
        self._thread = Thread(target=self._run, name="facts", daemon=True)

    def start(self) -> None:
        """Begin to read what is asked for, and to look at the files if they are watched."""
        self._thread.start()

    def stop(self) -> None:
        """Offer nothing more."""
        self._wishes.put(None)
        self._thread.join()

    def ask(self, by: str, answer: Callable[[Told], None], *, older: bool = False) -> None:
        """Have the file read. `answer` is called once, on this or the writer's thread."""
        self._wishes.put(Wish(by, older, answer))

    def _run(self) -> None:
        try:
            while True:
                try:
                    wish = self._wishes.get(timeout=self._file.look_every_s)
                except Empty:
                    self._look()
                    continue
                if wish is None:
                    return
                self._renew(wish)
        except BaseException as fault:  # noqa: BLE001 (whatever it is, the gate must fall silent)
            self._fail(fault)

    def _look(self) -> None:
        before, self._seen = self._seen, self._stamps()
        if self._seen == before and self._seen != self._read:
            self._renew(Wish(WATCH, older=False, answer=lambda _: None))

    def _stamps(self) -> tuple[Stamp, ...]:
        return tuple(map(_stamp, self._files))

    def _renew(self, wish: Wish) -> None:
        # Taken before the reading: what changes while it goes on is seen as a change afterwards,
        # and so is a table that was not looked at before.
        self._read = self._stamps()
        known, policy = self._in_force()
        found = self._file.read(self._file.path)
        self._files = found.files
        if found.faults:
            self._refuse(wish, found.faults)
            return
        facts = read_reference(found.facts)
        faults = (*self._unfit(facts, policy), *self._sessions.unfit(facts))
        if faults:
            self._refuse(wish, faults)
            return
        digest = self._shelf.keep_reference(found.facts, facts)
        if digest == known:
            wish.answer({"digest": digest, "unchanged": True})
            return
        self._offer(wish, digest, facts)

    def _unfit(self, facts: Reference, policy: Digest | None) -> tuple[str, ...]:
        """Say what the policy in force names that facts lack."""
        try:
            if policy is not None:
                self._shelf.hold(policy, facts)
        except Faults as refusal:
            return tuple(map(str, refusal.faults))
        return ()

    def _offer(self, wish: Wish, digest: Digest, facts: Reference) -> None:
        told: Told = {"digest": digest, "version": facts.version, "as_of": facts.as_of}
        body = ReferenceLoaded(
            digest=digest,
            version=facts.version,
            as_of=facts.as_of,
            older=wish.older,
            by=wish.by,
        )

        def decided(event: Event, outcome: Outcome) -> None:
            if outcome.refused:
                log.warning("facts_refused", file=str(self._file.path), faults=outcome.surprises)
                wish.answer({"seq": event.seq, "at": event.at, "faults": outcome.surprises})
                return
            self._sessions.relist(facts.instruments.values())
            log.info("facts_loaded", digest=digest, version=facts.version, by=wish.by)
            wish.answer({"seq": event.seq, "at": event.at, **told})

        self._inbox.tell(body, decided)

    def _refuse(self, wish: Wish, faults: Sequence[str]) -> None:
        path = str(self._file.path)
        log.warning("facts_refused", file=path, faults=len(faults), first=faults[0])
        more = len(faults) - FAULTS_TOLD
        said = [*faults[:FAULTS_TOLD], *([f"and {more} more"] if more > 0 else [])]
        self._inbox.tell(
            FactsRefused(file=path, faults=tuple(said), by=wish.by),
            lambda event, _: wish.answer(
                {"seq": event.seq, "at": event.at, "faults": list(faults)}
            ),
        )


def _stamp(path: str) -> Stamp:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return path, found.st_ino, found.st_size, found.st_mtime_ns
