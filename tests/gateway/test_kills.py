"""Cancels of scopes, releases by one or two persons, drills, and kills that are not confirmed."""

from dataclasses import replace
from typing import Any

import pytest

from domain.events import (
    CancelOrdered,
    GraceElapsed,
    KillOverdue,
    MarketSeen,
    RouteChanged,
    SessionChanged,
    Started,
    StateOrdered,
)
from domain.ids import ClientId, OrderId
from domain.lifecycle import ExecType
from domain.market import Phase, TradingStatus
from domain.messages import SendCancel, SendOrder, SetKillTimer, SetTimer
from domain.order import TimeInForce
from domain.people import Person, PersonId, Role
from domain.reference import Reference
from domain.release import RELEASE_US
from domain.scope import Scope, TradingState
from gateway.kills import CONFIRM_US
from gateway.outcome import NOTHING, Drilled, Outcome
from gateway.replay import replay
from gateway.snapshot import digest, snapshot
from gateway.state import State
from gateway.views import KILLS_TOLD, standing
from tests.builders import (
    A2,
    ALPHA,
    B1,
    BETA,
    IBM,
    MOMENTUM,
    NORTH,
    SECOND,
    SOUTH,
    VOD,
    Gate,
    every,
    executed,
    only,
    order,
    reference,
    traded,
)

HALTED, REDUCING, ACTIVE = TradingState.HALTED, TradingState.REDUCING, TradingState.ACTIVE
CASH = Scope("desk:cash")


def sets(gate: Gate, state: TradingState, by: str = "op", **more: Any) -> Outcome:
    terms: dict[str, Any] = {"scope": CASH, "cancel": False, "reason": "test", **more}
    return gate.does(StateOrdered(state=state, by=by, **terms))


def cancels(gate: Gate, place: str, **more: Any) -> Outcome:
    return gate.does(CancelOrdered(scope=Scope(place), by="op", reason="test", **more))


def peopled(*, two: bool) -> Reference:
    roles = {
        "rita": Role.RISK,
        "ron": Role.RISK,
        "sam": Role.SUPERVISOR,
        "tom": Role.TRADER,
        "olga": Role.OPERATIONS,
    }
    people = {
        PersonId(name): Person(id=PersonId(name), roles=frozenset({role}))
        for name, role in roles.items()
    }
    return reference(people=people, release_needs_two=two)


def fourfold() -> tuple[Gate, list[str]]:
    """Four orders work, of every desk, trader, session and venue."""
    facts = reference()
    owned = replace(facts.accounts[A2], client=ClientId("acme"))
    gate = Gate.opened(replace(facts, accounts={**facts.accounts, A2: owned}, digest="own"))  # type: ignore[arg-type]
    return gate, [
        gate.working(order("1", strategy=MOMENTUM)),
        gate.working(order("2", account=A2, tif=TimeInForce.GTC)),
        gate.working(order("3", session=BETA, account=B1)),
        gate.working(order("4", instrument=VOD)),
    ]


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("firm:house", ["1", "2", "3", "4"]),
        ("client:acme", ["2"]),
        ("client:nobody", []),
        ("trader:ann", ["1", "4"]),
        ("strategy:momentum", ["1"]),
        ("venue:XLON", ["4"]),
    ],
)
def test_a_scope_is_cancelled_and_goes_on_trading(place: str, wanted: list[str]) -> None:
    gate, _ = fourfold()
    sent = every(cancels(gate, place), SendCancel)
    assert [each.order.cl_ord_id for each in sent] == wanted
    assert not gate.state.states
    assert every(gate.ask(order("5")), SendOrder)


def test_a_single_order_is_cancelled_by_our_name_of_it() -> None:
    gate, names = fourfold()
    sent = only(cancels(gate, f"order:{names[2]}"), SendCancel)
    assert sent.order.cl_ord_id == "3"
    gate.does(executed(ExecType.CANCELED, sent.order_id))
    told = cancels(gate, f"order:{names[2]}")
    assert told.refused
    assert told.surprises == (f"cancel_is_of_no_working_order: order:{names[2]}",)
    assert len(gate.state.kills) == 1


def test_an_order_has_no_trading_state() -> None:
    gate, names = fourfold()
    told = sets(gate, HALTED, scope=Scope(f"order:{names[0]}"), cancel=True)
    assert told.refused
    assert not every(told, SendCancel)
    assert not gate.state.states


def test_a_cancel_may_leave_what_is_good_till_cancelled() -> None:
    gate, _ = fourfold()
    sent = every(cancels(gate, "firm:house", keep_gtc=True), SendCancel)
    assert [each.order.cl_ord_id for each in sent] == ["1", "3", "4"]


def test_a_clients_trading_can_be_halted() -> None:
    gate, _ = fourfold()
    sets(gate, HALTED, scope=Scope("client:acme"))
    assert not every(gate.ask(order("5", account=A2)), SendOrder)
    assert every(gate.ask(order("6")), SendOrder)


# Confirmation.


def test_a_kill_tells_its_progress() -> None:
    gate, names = fourfold()
    cancels(gate, "venue:XNYS")
    (kill,) = gate.state.kills.values()
    assert (kill.orders, len(kill.waiting), kill.last_at, kill.done_at) == (3, 3, None, None)
    gate.does(traded(names[0], 100, name="X", filled=100, leaves=0))
    assert (len(kill.waiting), kill.last_at, kill.done_at) == (2, gate.at, None)
    for name in names[1:3]:
        gate.does(executed(ExecType.CANCELED, name))
    assert (kill.orders, kill.waiting, kill.last_at, kill.done_at) == (3, set(), gate.at, gate.at)


def test_a_kill_that_is_not_confirmed_in_time_is_told() -> None:
    gate, names = fourfold()
    halted = sets(gate, HALTED, cancel=True)
    timer = only(halted, SetKillTimer)
    assert timer.due == gate.at + CONFIRM_US
    assert timer.body == KillOverdue(record=gate.state.next_seq - 1)
    gate.refuses(every(halted, SendCancel)[0].order_id, names[0])
    (told,) = gate.does(timer.body, after=4 * SECOND).surprises
    mine = sorted([names[0], names[1], names[3]])
    assert told == (
        f"kill_is_not_confirmed: desk:cash at record {timer.record}, 5000 ms ago: 3 of 3 orders "
        f"have not ended, 1 of them refused by the broker: {', '.join(mine)}"
    )
    for name in (names[0], names[1]):
        gate.does(executed(ExecType.CANCELED, name))
    gate.does(executed(ExecType.CANCELED, names[3], route=SOUTH))
    assert gate.does(timer.body) is NOTHING
    assert gate.does(KillOverdue(record=0)) is NOTHING


def test_a_long_list_of_unconfirmed_orders_is_cut() -> None:
    gate = Gate.opened()
    for count in range(12):
        gate.working(order(str(count)))
    timer = only(cancels(gate, "firm:house"), SetKillTimer)
    (told,) = gate.does(timer.body).surprises
    assert told.count(", G") == 9
    assert told.endswith(" and 2 more")


def test_a_kill_of_nothing_needs_no_timer() -> None:
    gate = Gate.opened()
    assert not every(cancels(gate, "firm:house"), SetKillTimer)


def test_a_lost_sessions_cancels_are_followed_as_well() -> None:
    gate, _ = fourfold()
    timer = only(gate.does(SessionChanged(session=ALPHA, up=False)), SetTimer)
    assert timer.body == GraceElapsed(session=ALPHA, since=timer.since)
    outcome = gate.does(timer.body)
    assert only(outcome, SetKillTimer).due == gate.at + CONFIRM_US
    assert outcome.surprises == ("lost_session_has_its_orders_cancelled: ALPHA: 2 orders",)


def test_the_newest_kills_are_told_and_every_one_that_waits() -> None:
    gate, _ = fourfold()
    first = only(cancels(gate, "strategy:momentum"), SetKillTimer).record
    for _ in range(KILLS_TOLD + 1):
        cancels(gate, "desk:nowhere")
    told = standing(gate.state)["kills"]
    assert [kill["record"] for kill in told] == [first, *range(first + 2, first + KILLS_TOLD + 2)]
    assert (told[0]["orders"], told[0]["done_ms"], told[-1]["done_ms"]) == (1, None, 0)


def test_a_kill_is_followed_across_a_restart() -> None:
    gate, names = fourfold()
    done = only(cancels(gate, "strategy:momentum"), SetKillTimer)
    gate.does(executed(ExecType.CANCELED, names[0]))
    left = only(cancels(gate, "session:BETA"), SetKillTimer)
    again = only(gate.does(Started(version="0", host="test")), SetKillTimer)
    assert done.record != left.record == again.record
    assert again.due == gate.at + CONFIRM_US


# Releases.


def test_where_no_people_are_known_whoever_is_at_the_door_may_release() -> None:
    gate = Gate.opened()
    sets(gate, HALTED)
    assert sets(gate, ACTIVE) is NOTHING
    assert not gate.state.states


@pytest.mark.parametrize("by", ["rita", "sam"])
def test_risk_or_a_supervisor_releases(by: str) -> None:
    gate = Gate.opened(peopled(two=False))
    sets(gate, HALTED)
    assert sets(gate, ACTIVE, by) is NOTHING
    assert not gate.state.states


@pytest.mark.parametrize("by", ["tom", "olga", "op"])
@pytest.mark.parametrize("wanted", [ACTIVE, REDUCING])
def test_nobody_else_loosens_and_everybody_tightens(by: str, wanted: TradingState) -> None:
    gate = Gate.opened(peopled(two=False))
    assert sets(gate, REDUCING, by) is NOTHING
    assert sets(gate, HALTED, by) is NOTHING
    told = sets(gate, wanted, by)
    assert told.refused
    assert told.surprises[0].startswith(f"release_is_refused: desk:cash by {by}: `{by}` is n")
    assert gate.state.states == {CASH: HALTED}


def test_a_release_by_two_waits_for_the_second() -> None:
    gate = Gate.opened(peopled(two=True))
    sets(gate, HALTED, "tom")
    (told,) = sets(gate, ACTIVE, "rita").surprises
    assert told == "release_waits_for_second_person: desk:cash active, proposed by rita"
    assert gate.state.states == {CASH: HALTED}
    assert sets(gate, ACTIVE, "rita").refused
    assert sets(gate, ACTIVE, "sam") is NOTHING
    assert not gate.state.states
    assert not gate.state.releases


def test_a_release_that_waits_is_part_of_the_state_and_is_replayed() -> None:
    gate = Gate.opened(peopled(two=True))
    sets(gate, HALTED)
    sets(gate, ACTIVE, "rita")
    assert b'"releases":{"desk:cash":{"by":"rita","state":"active"' in snapshot(gate.state)
    state = State(gate.shelf)
    for _ in replay(state, gate.records):
        pass
    assert digest(state) == digest(gate.state)


def test_a_kill_needs_no_second_person() -> None:
    gate = Gate.opened(peopled(two=True))
    gate.working(order())
    assert every(sets(gate, HALTED, "nobody", cancel=True), SendCancel)
    assert gate.state.states == {CASH: HALTED}


@pytest.mark.parametrize("late", [RELEASE_US - 1, RELEASE_US])
def test_a_proposal_is_good_for_minutes(late: int) -> None:
    gate = Gate.opened(peopled(two=True))
    sets(gate, HALTED)
    sets(gate, ACTIVE, "rita")
    body = StateOrdered(scope=CASH, state=ACTIVE, cancel=False, by="sam", reason="x")
    assert gate.does(body, after=late).refused is (late == RELEASE_US)


def test_another_state_is_another_proposal() -> None:
    gate = Gate.opened(peopled(two=True))
    sets(gate, HALTED)
    sets(gate, ACTIVE, "rita")
    assert sets(gate, REDUCING, "sam").refused
    assert sets(gate, ACTIVE, "ron").refused
    assert sets(gate, ACTIVE, "sam") is NOTHING


def test_a_new_stop_answers_the_proposal() -> None:
    gate = Gate.opened(peopled(two=True))
    sets(gate, HALTED)
    sets(gate, ACTIVE, "rita")
    sets(gate, HALTED, "tom")
    assert sets(gate, ACTIVE, "sam").refused


def test_who_proposed_must_still_hold_the_role() -> None:
    gate = Gate.opened(peopled(two=True))
    sets(gate, HALTED)
    sets(gate, ACTIVE, "rita")
    facts = peopled(two=True)
    left = {name: person for name, person in facts.people.items() if name != "rita"}
    gate.does(gate.shelf.put_reference(replace(facts, people=left, digest="left")))  # type: ignore[arg-type]
    assert sets(gate, ACTIVE, "sam").refused
    assert sets(gate, ACTIVE, "ron") is NOTHING


def test_where_two_are_wanted_and_no_people_known_nobody_releases() -> None:
    gate = Gate.opened(reference(release_needs_two=True))
    sets(gate, HALTED)
    assert "name no people" in sets(gate, ACTIVE).surprises[0]


def test_a_release_that_waits_still_cancels_what_it_was_to_cancel() -> None:
    gate = Gate.opened(peopled(two=True))
    gate.working(order())
    sets(gate, HALTED)
    outcome = sets(gate, REDUCING, "rita", cancel=True)
    assert len(every(outcome, SendCancel)) == 1
    assert outcome.surprises
    assert gate.state.states == {CASH: HALTED}


# Drills.


def test_a_drill_says_what_a_kill_would_cancel_and_changes_nothing() -> None:
    gate, names = fourfold()
    gate.does(RouteChanged(route=SOUTH, up=False))
    for outcome in (
        sets(gate, HALTED, scope=Scope("firm:house"), cancel=True, drill=True),
        cancels(gate, "firm:house", drill=True),
    ):
        one, two, three, four = map(OrderId, names)
        assert outcome.drilled == (
            Drilled(session=ALPHA, route=NORTH, orders=(one, two)),
            Drilled(session=ALPHA, route=SOUTH, orders=(four,), away=True),
            Drilled(session=BETA, route=NORTH, orders=(three,)),
        )
        assert outcome.messages == ()
    assert not gate.state.kills
    assert not gate.state.states


def test_a_drill_leaves_no_trace_in_the_state_but_its_record() -> None:
    drilled, idle = fourfold()[0], fourfold()[0]
    sets(drilled, HALTED, cancel=True, drill=True)
    idle.does(KillOverdue(record=0))
    assert digest(drilled.state) == digest(idle.state)


# What else operators must hear of.


def test_a_route_lost_with_working_orders_is_told() -> None:
    gate, _ = fourfold()
    (told,) = gate.does(RouteChanged(route=NORTH, up=False)).surprises
    assert told == "route_is_lost_with_working_orders: NORTH: 3 orders work there"
    assert gate.does(RouteChanged(route=NORTH, up=False)).surprises == ()


def test_a_route_lost_with_nothing_working_is_not() -> None:
    gate = Gate.opened()
    assert gate.does(RouteChanged(route=NORTH, up=False)).surprises == ()


def test_a_halt_by_the_venue_is_told_once_where_own_orders_work() -> None:
    gate, names = fourfold()

    def said(name: Any, phase: Phase) -> tuple[str, ...]:
        status = TradingStatus(instrument=name, at=gate.at, phase=phase)
        return gate.does(MarketSeen(statuses=(status,))).surprises

    assert said(IBM, Phase.CONTINUOUS) == ()
    (told,) = said(IBM, Phase.HALTED)
    assert told == "venue_halts_an_instrument_with_working_orders: IBM: 3 orders work"
    assert said(IBM, Phase.HALTED) == ()
    cancels(gate, "instrument:VOD")
    gate.does(executed(ExecType.CANCELED, names[3], route=SOUTH))
    assert said(VOD, Phase.HALTED) == ()
