"""Between the engine and the gate: who is told what, and what happens when somebody is away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.fix.codec_desk import DeskCodec
from adapters.fix.dialect import Dialect
from adapters.fix.links import FixLinks, LinkSettings
from adapters.fix.port import Field, NextNumbers, Sent, SessionName
from adapters.fix.sessions import Version
from domain.events import (
    Body,
    CancelAsked,
    Event,
    ExecutionReported,
    MessageRejected,
    NotSent,
    OrderAsked,
    ReportUnreadable,
    RouteChanged,
    SessionChanged,
)
from domain.fixed import Quantity
from domain.ids import ClOrdId, ExecId, InstrumentId, OrderId, RouteId, SessionId
from domain.lifecycle import ExecType
from domain.messages import CancelRefused, Report, SendDontKnow, SendOrder, SendStatusRequest
from domain.reference import DeskSession, Route
from tests.adapters.fix.orders import AT, LISTINGS, NEW, fix
from tests.builders import reference

DESK, BROKER = SessionName("desk-a"), SessionName("broker-x")


class FakeEngine:
    """An engine whose sessions are up or down as the test says."""

    def __init__(self) -> None:
        self.sent: list[tuple[SessionName, str, dict[int, str], bool]] = []
        self.verdict = Sent.SENT
        self.numbers = dict.fromkeys((DESK, BROKER), NextNumbers(1, 1))
        self.started = False

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.started = False

    def send(
        self,
        session: SessionName,
        msg_type: str,
        fields: Sequence[Field],
        *,
        header: Sequence[Field] = (),
        poss_resend: bool = False,
    ) -> Sent:
        if self.verdict is Sent.SENT:
            self.sent.append((session, msg_type, dict(fields), poss_resend))
            now = self.numbers[session]
            self.numbers[session] = replace(now, outgoing=now.outgoing + 1)
        return self.verdict

    def turn(self) -> bool:
        return False

    def logged_on(self, session: SessionName) -> bool:
        return self.verdict is Sent.SENT

    def log_on(self, session: SessionName) -> None: ...
    def log_out(self, session: SessionName, reason: str) -> None: ...
    def reset(self, session: SessionName) -> None: ...

    def next_numbers(self, session: SessionName) -> NextNumbers:
        return self.numbers[session]

    def next_outgoing(self, session: SessionName) -> int:
        return self.numbers[session].outgoing

    def set_next_numbers(
        self, session: SessionName, *, outgoing: int | None = None, incoming: int | None = None
    ) -> None:
        assert not self.started
        assert incoming is not None
        self.numbers[session] = replace(self.numbers[session], incoming=incoming)


class FakeInbox:
    """An inbox that keeps what it is given; `settle` records it all."""

    def __init__(self) -> None:
        self.bodies: list[Body] = []
        self.full = False
        self._answers: list[Callable[[Event, Any], None]] = []

    def ask(self, body: Body, answer: Callable[[Event, Any], None] | None = None) -> bool:
        if not self.full:
            self.tell(body, answer)
        return not self.full

    def tell(self, body: Body, answer: Callable[[Event, Any], None] | None = None) -> None:
        self.bodies.append(body)
        if answer is not None:
            self._answers.append(answer)

    def settle(self) -> None:
        answers, self._answers = self._answers, []
        for answer in answers:
            answer(Event(0, AT, self.bodies[0]), None)


class House:
    """The links of a gate with one desk and one broker."""

    def __init__(
        self, store: Path, aliases: Mapping[tuple[str, str], InstrumentId] | None = None
    ) -> None:
        self.engine, self.inbox = FakeEngine(), FakeInbox()
        self.faults: list[BaseException] = []
        self.links = FixLinks(
            LinkSettings(
                desks={SessionId(DESK): Dialect(version=Version.FIX44)},
                brokers={RouteId(BROKER): Dialect(version=Version.FIX42)},
                store=store,
                aliases=aliases or {},
            ),
            instruments=LISTINGS.by_id.values(),
            inbox=self.inbox,
            fail=self.faults.append,
            engine=lambda _: self.engine,
        )

    def bring(self, session: SessionName, bars: str) -> None:
        self.links.on_message(session, fix(bars), poss_dup=False, poss_resend=False)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def order_asked() -> OrderAsked:
    codec = DeskCodec(SessionId(DESK), Dialect(version=Version.FIX44), LISTINGS)
    asked = codec.read(fix(NEW))
    assert isinstance(asked, OrderAsked)
    return asked


ORDER = order_asked().order
SEND = SendOrder(route=RouteId(BROKER), order_id=OrderId("G4"), order=ORDER, at=AT)


def report(record: int, text: str = "") -> Report:
    return Report(
        session=SessionId(DESK),
        order_id=OrderId("G4"),
        exec_id=ExecId(f"E{record}"),
        type=ExecType.NEW,
        status="0",
        cl_ord_id=ClOrdId("a1"),
        order=ORDER,
        filled=Quantity(0),
        leaves=ORDER.quantity,
        text=text,
        at=AT,
    )


REFUSED = CancelRefused(
    session=SessionId(DESK),
    order_id=None,
    cl_ord_id=ClOrdId("a2"),
    orig_cl_ord_id=ClOrdId("a1"),
    status="8",
    response_to="1",
    reason=1,
    text="no",
    at=AT,
)


def test_what_sessions_say_reaches_the_inbox(house: House) -> None:
    links = house.links
    links.on_logon(DESK, "")
    links.on_logon(BROKER, "")
    house.bring(DESK, NEW)
    house.bring(DESK, "35=F|34=8|11=a2|41=a1")
    house.bring(BROKER, "35=8|34=3|17=X1|37=B1|150=0|39=0|11=G4|14=0|151=100")
    links.on_logout(BROKER)
    links.on_logout(DESK)
    kinds = [type(body) for body in house.inbox.bodies]
    assert kinds == [
        SessionChanged,
        RouteChanged,
        OrderAsked,
        CancelAsked,
        ExecutionReported,
        RouteChanged,
        SessionChanged,
    ]
    assert links.sessions == {"desk-a"}
    assert links.health == {"desk-a": True, "broker-x": True}


def test_new_listings_are_read_and_written_from_then_on(house: House) -> None:
    house.links.send(SEND)  # the instrument has been said before
    moved = [replace(each, mic="XPAR") for each in LISTINGS.by_id.values()]
    house.links.relist(moved)
    house.links.send(SEND)
    exchanges = [fields[207] for _, _, fields, _ in house.engine.sent]
    assert exchanges[1] == "XPAR" != exchanges[0]
    house.links.relist([])
    house.bring(DESK, NEW)
    asked = house.inbox.bodies[-1]
    assert isinstance(asked, OrderAsked)
    assert asked.order.instrument not in LISTINGS.by_id, "an unknown name goes on, to be denied"


def test_facts_without_what_the_settings_name_do_not_fit(tmp_path: Path) -> None:
    alias = {("5", "VOD.L"): InstrumentId("VOD.XLON")}
    house = House(tmp_path, aliases=alias)
    facts = reference(
        instruments=LISTINGS.by_id,
        sessions={SessionId(DESK): DeskSession(id=SessionId(DESK), desk="cash")},
        routes=(Route(id=RouteId(BROKER)),),
    )
    assert house.links.unfit(facts) == ()
    lacking = house.links.unfit(replace(facts, sessions={}, routes=(), instruments={}))
    ending = ": take it out of the settings and start the gate again"
    assert lacking == (
        f"the facts lack instrument `VOD.XLON` of an alias{ending}",
        f"the facts lack route `broker-x` of a FIX broker{ending}",
        f"the facts lack session `desk-a` of a FIX desk{ending}",
    )


def test_a_full_inbox_turns_a_desk_away_in_clear_words(house: House) -> None:
    house.inbox.full = True
    house.bring(DESK, NEW)
    assert house.engine.sent == [
        (
            DESK,
            "j",
            {
                45: "7",
                372: "D",
                380: "4",
                58: "the gate is behind and did not take this in; it may be sent again",
                379: "a1",
            },
            False,
        )
    ]


def test_a_full_inbox_never_turns_a_broker_away(house: House) -> None:
    house.inbox.full = True
    house.bring(BROKER, "35=8|34=3|11=G4")
    assert len(house.inbox.bodies) == 1


def test_an_order_goes_to_its_broker_in_the_brokers_version(house: House) -> None:
    house.links.send(replace(SEND, again=True))
    ((session, kind, fields, poss_resend),) = house.engine.sent
    assert (session, kind, fields[11], fields[21], poss_resend) == (BROKER, "D", "G4", "1", True)


@pytest.mark.parametrize("verdict", [Sent.NOT_LOGGED_ON, Sent.SILENCED])
def test_what_did_not_leave_is_told(house: House, verdict: Sent) -> None:
    house.engine.verdict = verdict
    house.links.send(SEND)
    assert house.inbox.bodies == [NotSent(route=RouteId(BROKER), order_id=OrderId("G4"))]


def test_what_cannot_be_written_is_rejected(house: House) -> None:
    house.engine.verdict = Sent.MALFORMED
    house.links.send(SEND)
    (body,) = house.inbox.bodies
    assert isinstance(body, MessageRejected)


def test_a_question_that_did_not_leave_says_nothing_of_its_order(house: House) -> None:
    house.engine.verdict = Sent.NOT_LOGGED_ON
    question = SendStatusRequest(
        route=RouteId(BROKER), order_id=OrderId("G4"), broker_order_id=None, order=ORDER
    )
    house.links.send(question)
    execution = ExecutionReported(
        route=RouteId(BROKER),
        order_id=OrderId("?"),
        exec_id=ExecId("X"),
        type=ExecType.TRADE,
        status="2",
        filled=Quantity(1),
        leaves=Quantity(0),
    )
    house.links.send(SendDontKnow(route=RouteId(BROKER), execution=execution))
    assert house.inbox.bodies == []


def test_a_refused_message_is_found_by_its_number(house: House) -> None:
    house.links.send(SEND)
    # Two heartbeats take numbers 2 and 3.
    house.engine.numbers[BROKER] = NextNumbers(4, 1)
    house.links.send(replace(SEND, order_id=OrderId("G5")))
    for number in (1, 4):
        house.links.on_session_reject(BROKER, fix(f"35=3|34=9|45={number}|372=D|58=no"))
    named = [body.order_id for body in house.inbox.bodies if isinstance(body, MessageRejected)]
    assert named == ["G4", "G5"]


def test_a_desk_that_was_away_is_told_everything_in_order(house: House) -> None:
    house.engine.verdict = Sent.NOT_LOGGED_ON
    for record in (4, 5):
        house.links.send(report(record))
    house.links.send(REFUSED)
    assert house.engine.sent == []
    house.engine.verdict = Sent.SENT
    house.links.on_logon(DESK, "")
    assert house.engine.sent == []  # its return is not recorded yet
    house.inbox.settle()
    assert [fields.get(17, fields[11]) for _, _, fields, _ in house.engine.sent] == [
        *("E4", "E5", "a2"),
    ]


def test_after_a_crash_a_desk_is_told_again_what_it_may_not_know(tmp_path: Path) -> None:
    before = House(tmp_path)
    for record in (3, 4, 5):
        before.links.send(report(record))
    after = House(tmp_path)
    for message in (report(3), REFUSED, report(4), report(5), REFUSED, report(6)):
        after.links.recall(message)
    after.links.on_logon(DESK, "")
    after.inbox.settle()
    said = [(kind, fields.get(17), again) for _, kind, fields, again in after.engine.sent]
    assert said == [("8", "E5", True), ("9", None, True), ("8", "E6", True)]


def test_after_a_stop_in_good_order_nothing_is_told_again(tmp_path: Path) -> None:
    before = House(tmp_path)
    before.links.send(report(3))
    before.links.stop()
    after = House(tmp_path)
    after.links.recall(report(3))
    after.links.on_logon(DESK, "")
    after.inbox.settle()
    assert after.engine.sent == []


def test_a_lost_mark_does_not_bring_back_all_of_history(tmp_path: Path) -> None:
    before = House(tmp_path)
    before.links.send(report(3))
    (tmp_path / f"{DESK}.told").unlink()
    after = House(tmp_path)
    for record in (3, 4):
        after.links.recall(report(record))
    after.links.on_logon(DESK, "")
    after.inbox.settle()
    assert after.engine.sent == []
    after.links.send(report(5))
    again = House(tmp_path)
    for record in (4, 5):
        again.links.recall(report(record))
    again.links.on_logon(DESK, "")
    again.inbox.settle()
    assert [fields[17] for _, _, fields, _ in again.engine.sent] == ["E5"]


def test_what_was_received_but_not_recorded_is_asked_for_again(tmp_path: Path) -> None:
    before = House(tmp_path)
    before.bring(BROKER, "35=8|34=3|11=G4")
    before.inbox.settle()
    before.bring(BROKER, "35=8|34=4|11=G4")
    after = House(tmp_path)
    after.engine.numbers[BROKER] = NextNumbers(9, 6)
    after.links.start()
    assert after.engine.numbers[BROKER].incoming == 4
    assert after.engine.numbers[DESK].incoming == 1


def test_numbers_that_began_again_are_followed(tmp_path: Path) -> None:
    before = House(tmp_path)
    before.bring(BROKER, "35=8|34=500|11=G4")
    before.bring(BROKER, "35=8|34=501|11=G4")
    before.inbox.settle()
    before.bring(BROKER, "35=8|34=502|11=G4")
    before.bring(BROKER, "35=8|34=2|11=G4")  # reset meanwhile
    before.inbox.settle()
    before.bring(BROKER, "35=8|34=3|11=G4")
    after = House(tmp_path)
    after.engine.numbers[BROKER] = NextNumbers(9, 4)
    after.links.start()
    assert after.engine.numbers[BROKER].incoming == 3


def test_what_the_engine_refused_of_a_broker_is_told_and_of_a_desk_is_not(house: House) -> None:
    for session in (BROKER, DESK):
        refusal = fix("35=3|34=2|45=7|372=8|373=13|58=Tag appears more than once")
        house.links.on_refusal(session, refusal)
    (body,) = house.inbox.bodies
    assert isinstance(body, ReportUnreadable)
    assert body.faults == ("message 7 was refused: Tag appears more than once",)
