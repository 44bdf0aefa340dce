"""The desks: real FIX initiators that send a plan, one message after the other.

    python -m gateway.demo.desk --config desk.json

To a desk the gate is a broker, so the broker's codec writes its orders and reads its answers.
Before each order the last price of the share is told to the gate, as a market data feed would. In
one share the next message waits until the last order has come to its end; an order that is to rest
is not waited for. So what a sale may be marked as is known when it is sent, at any speed.

It says ``ready`` when all sessions are up, and ends when the plan is done or standard input ends.
All that was sent and told is a line of JSON each in ``desk.jsonl``: the desk's own memory, to be
held against the journal's.

*When the gate is away* the desk waits for it. What it had sent and the gate never read is sent
again by FIX's own resend (43=Y), or, with `asks_again`, not by FIX but by the desk, with PossResend
(97=Y), when there is no answer for a while. Both are safe: a ClOrdID is decided once.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from threading import Condition, Thread
from typing import assert_never

import msgspec

from adapters.facts.load import read_facts
from adapters.fix.client import DeskClient, NotLoggedOn
from adapters.fix.codec_broker import Answer
from adapters.fix.dialect import Dialect
from adapters.fix.listings import Listings
from adapters.fix.port import SessionName
from adapters.fix.sessions import ORDER_TYPES, Dial, FixSession, Version
from domain.events import (
    CancelRejected,
    ExecutionReported,
    MessageRejected,
    ReportUnreadable,
    StateOrdered,
)
from domain.fixed import Quantity, show_fixed
from domain.ids import ClOrdId, InstrumentId, Micros, SessionId
from domain.lifecycle import ENDED, Status
from domain.market import Quote
from domain.scope import TradingState
from gateway.demo.plan import Cancel, End, Kill, Market, NewOrder, Replace, Step
from gateway.local_door import DoorRefused, LocalCaller
from gateway.records import write_body, write_quote

ENDS = frozenset(status.value for status in ENDED)
PATIENCE_S = 60.0
ANSWER_WITHIN_S = 3.0
POLL_S = 0.05

Key = tuple[SessionId, ClOrdId]


class DeskSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session with the gate, as the gate's settings have it from the other side."""

    id: SessionId
    version: Version
    ours: str
    theirs: str
    port: int
    strategy_tag: int


class DeskSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the desks are told before they start. `pace` is messages a second."""

    folder: str
    plan: str
    facts: str
    door: str
    sessions: tuple[DeskSession, ...]
    pace: float
    asks_again: bool = False


@dataclass(slots=True)
class Life:
    """An order as its desk sees it: acknowledged, and come to its end."""

    name: ClOrdId
    working: bool = False
    ended: bool = False


@dataclass(slots=True)
class Call:
    """A message that wants an answer, and the order it is about.

    `again` is one whose ClOrdID was used before: its answer is the one that is flagged.
    """

    step: NewOrder | Replace | Cancel
    life: Life
    again: bool
    sent_at: float = 0.0
    answered: bool = False
    refused: bool = False


class Desks:
    """All sessions of the desks, and one trader who works through the plan."""

    def __init__(self, settings: DeskSettings) -> None:
        self._settings = settings
        self._changed = Condition()
        self._calls: dict[Key, Call] = {}
        self._lives: dict[Key, Life] = {}
        self._lanes: dict[InstrumentId, list[Life]] = defaultdict(list)
        self._door: LocalCaller | None = None
        self._due = 0.0
        folder = Path(settings.folder)
        folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._log = os.open(folder / "desk.jsonl", flags, 0o644)
        listings = Listings(read_facts(Path(settings.facts)).instruments.values())
        self._clients = {
            each.id: self._client(each, listings, folder) for each in settings.sessions
        }

    def run(self, said: Callable[[str], None]) -> None:
        """Log on, send the plan, and wait until every order has come to its end."""
        steps = [
            msgspec.json.decode(line, type=Step)
            for line in Path(self._settings.plan).read_bytes().splitlines()
        ]
        for client in self._clients.values():
            client.start()
        try:
            self._until(self._logged_on, "the gate")
            said("ready")
            self._due = time.monotonic()
            for step in steps:
                self._keep_pace()
                self._do(step)
            self._until(
                lambda: all(life.ended for life in self._lives.values()), "the last answers"
            )
        finally:
            for client in self._clients.values():
                client.stop()

    # --------------------------------------------------------------------------------- asking

    def _do(self, step: Step) -> None:
        match step:
            case NewOrder(order=order):
                self._until_free(order.instrument)
                life = Life(order.cl_ord_id)
                if step.end is not End.CANCELLED:
                    self._lanes[order.instrument].append(life)
                self._call(order.session, order.cl_ord_id, step, life)
            case Replace():
                self._change(step)
            case Cancel(order=order, cl_ord_id=name):
                life = self._lives[order.session, order.cl_ord_id]
                self._until(lambda: life.working or life.ended, f"`{life.name}` to be working")
                if not life.ended:
                    self._lanes[order.instrument].append(life)
                    self._call(order.session, name, step, life)
            case Kill(scope=place, words=words):
                halt = StateOrdered(
                    scope=place, state=TradingState.HALTED, cancel=True, by="demo", reason=words
                )
                self._ask({"event": json.loads(write_body(halt))})
            case _:
                assert_never(step)

    def _change(self, step: Replace) -> None:
        """Ask for new terms until they are taken, or the order has ended.

        A gate that has just come back may have no price to judge them by, and then refuses.
        """
        order = step.order
        life = self._lives[order.session, step.target]
        self._until(lambda: life.working or life.ended, f"`{life.name}` to be working")
        names = (f"{order.cl_ord_id}-{number}" for number in count(2))
        for name in chain((order.cl_ord_id,), map(ClOrdId, names)):
            if life.ended or self._is_taken(
                msgspec.structs.replace(step, order=replace(order, cl_ord_id=name)), life
            ):
                return
            time.sleep(POLL_S)

    def _is_taken(self, step: Replace, life: Life) -> bool:
        name = step.order.cl_ord_id
        call = self._call(step.order.session, name, step, life)
        self._until(lambda: call.answered or life.ended, f"an answer to `{name}`")
        return not call.refused

    def _call(
        self, session: SessionId, name: ClOrdId, step: NewOrder | Replace | Cancel, life: Life
    ) -> Call:
        again = isinstance(step, NewOrder) and step.end is End.REPEATED
        call = Call(step, life, again)
        with self._changed:
            self._calls[session, name] = call
            self._lives[session, name] = life
        self._send(session, name, call)
        return call

    def _send(self, session: SessionId, name: ClOrdId, call: Call, *, again: bool = False) -> None:
        """Send a message; while the gate is away, wait for it."""
        client, step = self._clients[session], call.step
        while True:
            if not isinstance(step, Cancel) and step.market is not None:
                self._tell(step.market)
            call.sent_at = time.perf_counter()
            self._note(session, sent=type(step).__name__, id=name, again=again)
            try:
                match step:
                    case NewOrder(order=order):
                        client.order(order, again=again)
                    case Replace(target=target, order=order):
                        client.replace(target, order)
                    case Cancel(order=order):
                        client.cancel(name, order)
            except NotLoggedOn:
                self._note(session, sent=None, id=name)
                self._until(lambda: client.logged_on, f"session `{session}`")
            else:
                return

    def _ask_again(self) -> None:
        """Send what has had no answer for a while once more."""
        late = time.perf_counter() - ANSWER_WITHIN_S
        for (session, name), call in list(self._calls.items()):
            if not call.answered and call.sent_at < late and self._clients[session].logged_on:
                self._send(session, name, call, again=True)

    def _tell(self, market: Market) -> None:
        """Tell the gate the last price of a share."""
        at = Micros(_now() - market.age_us)
        quote = Quote(instrument=market.instrument, at=at, last=market.price)
        self._ask({"quotes": [json.loads(write_quote(quote))]})

    def _ask(self, line: dict[str, object]) -> None:
        """Ask at the local door; a gate that is away is waited for."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._door = self._door or LocalCaller(Path(self._settings.door))
                self._door.ask(line)
            except (OSError, DoorRefused):
                self._door = None
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_S)
            else:
                return

    # -------------------------------------------------------------------------------- waiting

    def _keep_pace(self) -> None:
        self._due = max(self._due, time.monotonic() - 1) + 1 / self._settings.pace
        time.sleep(max(0.0, self._due - time.monotonic()))

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with self._changed:
                if self._changed.wait_for(condition, POLL_S):
                    return
            for client in self._clients.values():
                if client.faults:
                    raise client.faults[0]
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {PATIENCE_S:.0f} s in vain for {what}")
            if self._settings.asks_again:
                self._ask_again()

    def _until_free(self, instrument: InstrumentId) -> None:
        """Wait until what was to end in an instrument has ended."""
        lane = self._lanes[instrument]
        while lane:
            self._until_ended(lane.pop())

    def _until_ended(self, life: Life) -> None:
        self._until(lambda: life.ended, f"the end of `{life.name}`")

    def _logged_on(self) -> bool:
        return all(client.logged_on for client in self._clients.values())

    # ------------------------------------------------------------------------------ listening

    def _client(self, session: DeskSession, listings: Listings, folder: Path) -> DeskClient:
        agreed = FixSession(
            name=SessionName(session.id),
            version=session.version,
            ours=session.ours,
            theirs=session.theirs,
            link=Dial(host="127.0.0.1", port=session.port, retry_s=1),
            never_resent=ORDER_TYPES if self._settings.asks_again else frozenset(),
        )
        return DeskClient(
            agreed,
            Dialect(version=session.version, strategy_tag=session.strategy_tag),
            listings,
            folder / session.id,
            lambda answer: self._listen(session.id, answer),
        )

    def _listen(self, session: SessionId, answer: Answer) -> None:
        """Take an answer in, on the engine's thread."""
        match answer:
            case ExecutionReported(order_id=order_id, status=status, poss_dup=again):
                name = ClOrdId(order_id)
                self._note(
                    session,
                    told="8",
                    id=name,
                    type=answer.type.value,
                    status=status,
                    exec_id=answer.exec_id,
                    last_quantity=show_fixed(answer.last_quantity or Quantity(0)),
                    text=answer.text,
                    again=again,
                    took_us=self._took((session, name)),
                )
                self._answered((session, name), status, again=again)
            case CancelRejected(order_id=order_id) | MessageRejected(order_id=order_id):
                self._note(session, told="9", id=order_id, text=answer.text)
                self._refused((session, ClOrdId(order_id)))
            case ReportUnreadable():
                self._note(session, told="?", text=answer.text, faults=answer.faults)
            case _:
                assert_never(answer)

    def _answered(self, key: Key, status: str, *, again: bool) -> None:
        with self._changed:
            call = self._calls.get(key)
            if call is None or (call.again and not again):
                return
            call.answered = True
            if status in ENDS:
                call.life.ended = True
            elif status != Status.PENDING_NEW.value:
                call.life.working = True
            self._changed.notify_all()

    def _refused(self, key: Key) -> None:
        with self._changed:
            call = self._calls.get(key)
            if call is not None:
                call.answered = call.refused = True
            self._changed.notify_all()

    def _took(self, key: Key) -> int | None:
        """Give how long the first answer took; None of later ones."""
        call = self._calls.get(key)
        if call is None or call.answered:
            return None
        return int((time.perf_counter() - call.sent_at) * 1e6)

    def _note(self, session: SessionId, **said: object) -> None:
        line = {"at": _now(), "session": session, **said}
        os.write(self._log, json.dumps(line).encode() + b"\n")


def _now() -> Micros:
    return Micros(time.time_ns() // 1000)


def _end_with_standard_input() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def main() -> int:
    """Run the desks."""
    parser = argparse.ArgumentParser(prog="gateway.demo.desk", description="desks with a plan")
    parser.add_argument("--config", type=Path, required=True, help="settings, a JSON file")
    settings = msgspec.json.decode(parser.parse_args().config.read_bytes(), type=DeskSettings)
    Thread(target=_end_with_standard_input, daemon=True).start()

    def said(word: str) -> None:
        sys.stdout.write(f"{word}\n")
        sys.stdout.flush()

    try:
        Desks(settings).run(said)
    except (OSError, TimeoutError, ValueError, DoorRefused) as fault:
        sys.stderr.write(f"{type(fault).__name__}: {fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
